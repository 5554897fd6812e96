"""The only HTTP client: tokens, regions, pages, retries, typed models, DSN."""
