"""Deployment: export, runtimes, int8, and reports on whole models."""
