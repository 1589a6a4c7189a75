"""Conformance: compare a function of any framework with its formula, in every format."""
