"""The variables that the application gets while it is observed: declared ones, and harmless values for the others.

No variable of the caller is passed on but those that a program needs to start at all, so no secret of the caller can be seen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from checks.patterns import lazy_pattern
from checks.production.values import FromEnvironment, members
from checks.repository.backends import Backend
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.settings import settings_chain

_NEEDED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "COMSPEC", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ")
"""Variables of the caller that programs need to start: none of them holds a secret."""


_SHAPES = ("1", "False", "https://sentry-setup.invalid", "{}", "c2VudHJ5LXNldHVwLWhhcm1sZXNzLXZhbHVlLW9mLTMyYg==")
"""What is tried for a variable whose reader refused a text: a number, a truth, a URL, JSON, and a key of 32 bytes in base64.

A switch that is a number is off with 0."""
_DSN = lazy_pattern(r"https?://[0-9a-f]{8,}(:[0-9a-f]+)?@[^/]+(/[^/]+)*/\d+$")


class Variables(Struct, frozen=True, kw_only=True):
    """What the child gets, by where it comes from. `given` are the person's own (`--env`), `invented` made up here.

    `dsns` are the variables that the code gives the SDK as its DSN, whatever they are called: each is the sandbox's.
    """

    declared: dict[str, str]
    given: dict[str, str]
    invented: dict[str, str]
    dsns: frozenset[str] = frozenset()

    def with_invented(self, name: str, value: str) -> Variables:
        """Return the variables with one more that was made up."""
        return replace(self, invented=self.invented | {name: value})

    def environ(self, caller: Mapping[str, str], settings: str, dsn: str = "") -> dict[str, str]:
        """Return the child's environment but for its home; what the person gave beats what is declared, and that what is made up.

        Every variable that is a DSN, by its name or its value, is the sandbox's.
        """
        kept = {name: caller[name] for name in _NEEDED if name in caller}
        own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
        if settings:
            own["DJANGO_SETTINGS_MODULE"] = settings
        found = {**kept, **dict.fromkeys(self.dsns, ""), **self.invented, **self.declared, **own, **self.given}
        if dsn:
            found |= {n: dsn for n, v in found.items() if is_dsn(n) or n in self.dsns or _DSN.match(v)} | {
                "SENTRY_DSN": dsn
            }
        return found

    def reshaped(self, message: str, read: list[str]) -> Variables | None:
        """Return the variables with another shape for one whose made-up value the start refused; None where none is to blame.

        It is the one whose value the error names, else the one that was read last.
        """
        mine = [n for n in self.invented if not is_dsn(n)]
        named = [n for n in mine if self.invented[n] and self.invented[n] in message and len(self.invented[n]) > 8]
        name = named[0] if named else next((n for n in reversed(read) if n in mine), None)
        if name is None or (not named and read and read[-1] != name):
            return None
        first, present = harmless(name), self.invented[name]
        shapes = [s for s in (("0", *_SHAPES) if first == "False" else _SHAPES) if s != first]
        at = shapes.index(present) + 1 if present in shapes else 0
        return self.with_invented(name, shapes[at]) if at < len(shapes) else None


def is_dsn(name: str) -> bool:
    """Whether a variable holds a DSN, by its name."""
    return "SENTRY" in name.upper() and "DSN" in name.upper()


def first_variables(facts: Facts, backend: Backend, given: Mapping[str, str]) -> Variables:
    """Return the variables of a start: what production's deploying files write down; what they leave to a secret is made up."""
    declared: dict[str, str] = {}
    left: dict[str, str] = {}
    for deployment in deployments_of_backend(facts, backend.root):
        if deployment.environment == "production":
            for name, variable in deployment.variables.items():
                if variable.value is not None and "$" not in variable.value:
                    declared.setdefault(name, variable.value)
                else:
                    left.setdefault(name, harmless(name))
    invented = {n: v for n, v in left.items() if n not in declared and n not in given and n not in _NEEDED}
    dsns = _dsn_variables(facts, backend)
    invented = {n: v for n, v in invented.items() if n not in dsns} | {n: "" for n in dsns if is_dsn(n)}
    invented["SENTRY_DSN"] = ""  # the sandbox's, another at each start
    return Variables(declared=declared, given=dict(given), invented=invented, dsns=dsns)


def _dsn_variables(facts: Facts, backend: Backend) -> frozenset[str]:
    """Return the variables that the code takes the SDK's DSN from, as reading understood it."""
    options = [i.initialization.options.get("dsn") for i in settings_chain(facts, backend).inits]
    values = [v for bound in options if bound is not None for v in members(bound.value)]
    return frozenset(v.name for v in values if isinstance(v, FromEnvironment))


def harmless(name: str) -> str:
    """Return a value that starts most applications, for a variable by its name; it reaches nobody.

    The scheme of a URL follows what the variable is for: `sqlite` opens no connection, and 127.0.0.1:9 (discard) refuses one.
    """
    upper = name.upper()
    if upper == "DJANGO_CONFIGURATION":
        return "Production"  # the class of settings (https://django-configurations.readthedocs.io)
    if "DATABASE" in upper and ("URL" in upper or "DSN" in upper):
        return "sqlite://:memory:"
    if "REDIS" in upper or "BROKER" in upper or "CACHE" in upper or "RESULT_BACKEND" in upper:
        return "redis://127.0.0.1:9/0" if not upper.endswith(("PORT", "HOST")) else _part(upper)
    if "CELERY" in upper and upper.endswith("BACKEND"):
        return (
            "cache+memory://"  # https://docs.celeryq.dev/en/stable/userguide/configuration.html#cache-backend-settings
        )
    if "EMAIL" in upper and upper.endswith("BACKEND"):
        return "django.core.mail.backends.dummy.EmailBackend"
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
    return f"sentry-setup-harmless-value-of-{upper.lower()}".ljust(52, "-")


def _part(upper: str) -> str:
    return "9" if upper.endswith("PORT") else "127.0.0.1"


def own_environment() -> dict[str, str]:
    """Return the environment of this process."""
    return dict(os.environ)
