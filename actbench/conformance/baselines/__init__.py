"""Audits against a baseline: changes, known failures, JUnit files."""
