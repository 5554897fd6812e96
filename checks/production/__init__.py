"""What the repository's Python means in production: modules are interpreted in the order they run, and nothing is executed."""
