"""What a finished frontend build holds: debug ids, maps, links, tokens, the DSN. Files in, a judgement out; nothing is run."""
