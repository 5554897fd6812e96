"""The auditor: reads a repository (and, when asked, a Sentry organization) and says what is checked and what is not."""
