"""Every claim of the source that can be tested, and what the documents say of it."""
