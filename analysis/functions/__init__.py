"""Sections on the functions themselves: curves, derivatives, limits."""
