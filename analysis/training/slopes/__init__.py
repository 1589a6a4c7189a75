"""Sections on the slope sweep, and the single runs of the source that it repeats."""
