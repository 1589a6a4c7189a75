"""Quantised functions: exact tables, and int8 functions of runtimes."""
