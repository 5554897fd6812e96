"""Ember: `app/app` runs first.

https://docs.sentry.io/platforms/javascript/guides/ember/
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Ember",
    packages=("ember-source",),
    sdk="@sentry/ember",
    guide="ember",
    entries=("app/app",),
)
