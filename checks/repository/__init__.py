"""What is read from disk: the tree of files and what is discovered in it."""
