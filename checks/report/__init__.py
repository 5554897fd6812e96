"""How a report is shown: one small module per format."""
