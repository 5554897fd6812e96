"""Runs the application under its production settings against a Sentry on loopback, and reports what arrived.

This is the one command whose purpose is to run the repository's code; nothing else runs it unasked.
"""
