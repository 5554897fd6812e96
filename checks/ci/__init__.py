"""What a CI does: the commands of its steps, when they run, which jobs deploy."""
