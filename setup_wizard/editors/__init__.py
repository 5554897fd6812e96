"""Pure functions from bytes to `Edited`, `Unchanged` or `Refused`."""
