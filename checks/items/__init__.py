"""The checks, one module per family."""
