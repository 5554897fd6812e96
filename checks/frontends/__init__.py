"""What runs in browsers: frameworks, what builds them, where they begin, and what their code is in production."""
