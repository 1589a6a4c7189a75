"""Numerical building blocks: operations, jets, double-double, series, dispatch."""
