"""What is deployed: a backend as items and the wizard both need to know it."""
