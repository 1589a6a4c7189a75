"""The process and its surroundings: standard streams, import path, child processes."""
