"""The report: figures and tables of all stored results, as a web page.

The command is `actbench report`, or `python -m analysis`. Nothing is trained or measured, and
TensorFlow is not imported.
"""
