"""One module per thing the wizard can set up; each names the checks that prove it."""
