"""Tables and figures of audits."""
