"""Figures and tables from documents: load, summarise, draw. `python -m analysis` makes all.

Nothing is trained here and TensorFlow is not needed.
"""
