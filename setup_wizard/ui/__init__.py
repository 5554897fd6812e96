"""The terminal UI; the only user of textual."""
