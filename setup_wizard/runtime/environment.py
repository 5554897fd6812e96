"""The variables that the application gets while it is observed: declared ones, and harmless values for the others.

No variable of the caller is passed on but those that a program needs to start at all, so no secret of the caller can be seen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct

from checks.repository.backends import Backend
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts

_NEEDED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "COMSPEC", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ")
"""Variables of the caller that programs need to start: none of them holds a secret."""


class Variables(Struct, frozen=True, kw_only=True):
    """What the child gets, by where it comes from. `given` are the person's own (`--env`), `invented` made up here."""

    declared: dict[str, str]
    given: dict[str, str]
    invented: dict[str, str]

    def with_invented(self, name: str, value: str) -> Variables:
        """Return the variables with one more that was made up."""
        return Variables(declared=self.declared, given=self.given, invented=self.invented | {name: value})

    def environ(self, caller: Mapping[str, str], settings: str) -> dict[str, str]:
        """Return the child's environment but for its home; what the person gave beats what is declared, and that what is made up."""
        kept = {name: caller[name] for name in _NEEDED if name in caller}
        own = {
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": settings,
        }
        return {**kept, **self.invented, **self.declared, **own, **self.given}


def declared_variables(facts: Facts, backend: Backend) -> dict[str, str]:
    """Return the variables that production's deploying files write down with their value; secrets have none there."""
    found: dict[str, str] = {}
    for deployment in deployments_of_backend(facts, backend.root):
        if deployment.environment == "production":
            for name, declared in deployment.variables.items():
                if declared.value is not None and "$" not in declared.value:
                    found.setdefault(name, declared.value)
    return found


def harmless(name: str) -> str:
    """Return a value that starts most applications, for a variable by its name; it reaches nobody.

    The scheme of a URL follows what the variable is for: `sqlite` opens no connection, and 127.0.0.1:9 (discard) refuses one.
    """
    upper = name.upper()
    if "DATABASE" in upper and ("URL" in upper or "DSN" in upper):
        return "sqlite://:memory:"
    if "REDIS" in upper or "BROKER" in upper or "CACHE" in upper or "RESULT_BACKEND" in upper:
        return "redis://127.0.0.1:9/0" if not upper.endswith(("PORT", "HOST")) else _part(upper)
    if "EMAIL" in upper and "URL" in upper:
        return "consolemail://"
    if upper.endswith(("URL", "URI", "ENDPOINT", "ORIGIN", "ORIGINS")):
        return "https://sentry-setup.invalid"
    if "HOSTS" in upper or "DOMAIN" in upper:
        return "localhost"
    if upper.endswith(("_PORT", "_HOST")):
        return _part(upper)
    if upper.endswith(("_TIMEOUT", "_SECONDS", "_SIZE", "_LIMIT", "_COUNT", "_AGE", "_DAYS", "_ID")):
        return "1"
    if upper.startswith(("ENABLE", "USE_", "IS_")) or upper.endswith(("_ENABLED", "DEBUG", "_SSL", "_TLS")):
        return "False"
    return "sentry-setup-harmless-value-of-fifty-characters-long"


def _part(upper: str) -> str:
    return "9" if upper.endswith("PORT") else "127.0.0.1"


def own_environment() -> dict[str, str]:
    """Return the environment of this process."""
    return dict(os.environ)
