"""The wizard: plans, shows, applies, verifies and undoes what the auditor found missing."""
