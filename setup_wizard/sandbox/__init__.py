"""A local Sentry for trying, demos and tests: in memory, on loopback only."""
