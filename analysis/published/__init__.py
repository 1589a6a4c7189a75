"""Published tables of results, recomputed from their means, standard deviations and runs."""
