"""Bytes to located facts: pure functions without I/O."""
