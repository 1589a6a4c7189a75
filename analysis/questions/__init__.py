"""One script for each experiment: its documents, summarised, drawn and put into a section."""
