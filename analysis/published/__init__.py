"""Published tables, recomputed from their own means, spreads and numbers of runs."""
