"""What activations and trainings cost; see README.md."""
