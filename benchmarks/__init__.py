"""Benchmarks of activations and of training; see README.md in this folder."""
