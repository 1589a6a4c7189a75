"""Running an experiment: its jobs, where they are trained, and the documents of its trials."""
