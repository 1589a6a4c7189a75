"""Sections of the report on training: load, summarise, draw."""
