"""What `verify-runtime` reported, read back as evidence; running the application is the wizard's."""
