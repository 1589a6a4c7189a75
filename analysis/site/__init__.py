"""The report as a web page: its sections, its template and its files."""
