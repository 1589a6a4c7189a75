"""Conformance: which functions compute their formula, the errors, and the defects."""
