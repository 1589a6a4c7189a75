"""Sections on cost: run time and memory, from the documents of the benchmarks."""
