"""Readers of the files that deploy, one a host: each returns the services of a file and the variables declared for them."""
