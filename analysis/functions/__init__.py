"""Curves of the functions themselves."""
