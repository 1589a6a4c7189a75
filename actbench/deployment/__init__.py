"""Deployment: runtimes, quantised functions, translation and converted models."""
