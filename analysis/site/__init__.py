"""The report: sections, page template, README tables."""
