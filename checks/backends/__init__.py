"""What a backend is: its framework and entry, how the code that makes applications is found, and what its server runs."""
