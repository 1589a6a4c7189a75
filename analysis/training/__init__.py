"""Sections on training experiments: load, summarise, draw."""
