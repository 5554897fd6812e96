"""Django: its settings are read by every process, so init belongs there; `checks.repository.backends` finds its projects.

https://docs.sentry.io/platforms/python/integrations/django/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="django",
    title="Django",
    kind="web",
    distributions=("django",),
    platform="python-django",
    guide="django",
    integration="DjangoIntegration",
    extra="django",
    noise="django.security.DisallowedHost",
)
