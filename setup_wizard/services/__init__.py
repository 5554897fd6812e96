"""Every outside effect: git, package managers, credentials, the test event."""
