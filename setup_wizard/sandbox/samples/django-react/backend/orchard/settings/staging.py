"""Settings of staging: production's, with a shorter memory."""
from .production import *  # noqa: F403

SECURE_HSTS_SECONDS = 60
