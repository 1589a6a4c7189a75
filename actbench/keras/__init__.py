"""Keras layers, registration of records, and `accelerate`."""
