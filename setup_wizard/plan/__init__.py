"""Plans as data, the overlay they are made on, and apply, journal and undo."""
