"""The environment that production runs in: variables as deploying files declare them, and what is assumed of the others."""

from __future__ import annotations

import re

from msgspec import Struct

from checks.patterns import lazy_pattern
from checks.production.steps import SECRET, SECRET_DSN, CannotTell, Secret, apply_steps
from checks.production.values import FromEnvironment, Known

_SWITCH = lazy_pattern(
    r"(^|_)(DEBUG|DEV|DEVELOPMENT|LOCAL|TEST|TESTS|TESTING|PYTEST|CI|DISABLED?|PYTEST_CURRENT_TEST|RUNNING_TESTS)(_|$)"
)
_HOSTS_OWN = {
    "render": r"RENDER(_|$)|IS_PULL_REQUEST$|PORT$",
    "heroku": r"DYNO$|HEROKU_|PORT$",
    "fly": r"FLY_|PRIMARY_REGION$",
    "railway": r"RAILWAY_|PORT$",
    "kubernetes": r"KUBERNETES_|HOSTNAME$",
}
"""Variables that a host sets by itself, by the host's name."""


def is_dsn_name(name: str) -> bool:
    """Return whether a variable's name says that it holds a DSN."""
    return "DSN" in name.upper()


class Environment(Struct, frozen=True, kw_only=True):
    """The variables of production: `declared` with their text (None: a secret), whether these are all, and the hosts.

    `kept` are variables that an env file of the repository may give, `loaded` those that one gives which the code loads, each with its
    text and that file.

    `argv` is the command line of the process. `servers` are the programs that are seen to start the application (`gunicorn`,
    `uwsgi` …), `dsns` variables whose names do not say that they hold a DSN, while `init` is given one from them.
    """

    declared: dict[str, str | None] = {}
    closed: bool = False
    hosts: tuple[str, ...] = ()
    uncertain: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    loaded: dict[str, tuple[str, str]] = {}
    servers: frozenset[str] = frozenset()
    dsns: frozenset[str] = frozenset()
    argv: tuple[str, ...] = ("gunicorn", "wsgi:application")

    def resolve(self, read: FromEnvironment) -> tuple[Known | None, bool]:
        """Return what a read gives, and whether that is an assumption. Without a plain value, None.

        A DSN is taken to be set (another check tells whether it is). A variable that nothing declares has its default;
        one without a default is unset where the files declare all, or where it switches development on.
        """
        text: object
        if read.name in self.uncertain or (read.name in self.kept and read.name not in self.loaded):
            return None, False
        assumed = False
        if read.name in self.declared:
            declared = self.declared[read.name]
            text = self._secret(read.name) if declared is None else declared
        elif read.name in self.loaded:
            # A host's own variables come before those of a file.
            text, assumed = self.loaded[read.name][0], not self.closed
        elif self.is_dsn(read.name) or self._of_host(read.name):
            text = self._secret(read.name)
        elif self.closed or _SWITCH.search(read.name):
            return read.default, False
        elif read.default is None or not read.given:
            return None, False
        else:
            return read.default, True
        try:
            value = apply_steps(text, read.cast)
        except (CannotTell, ValueError, TypeError, AttributeError, LookupError, ArithmeticError):
            return None, False
        return Known(value), assumed

    def _secret(self, name: str) -> Secret:
        return SECRET_DSN if self.is_dsn(name) else SECRET

    def is_dsn(self, name: str) -> bool:
        """Return whether a variable holds a DSN, by its name or by what is done with it."""
        return is_dsn_name(name) or name in self.dsns

    def has(self, name: str) -> bool | None:
        """Return whether a variable is set in production; None when that cannot be determined."""
        if (
            name in self.declared
            or name in self.uncertain | self.kept
            or name in self.loaded
            or self.is_dsn(name)
            or self._of_host(name)
        ):
            return True
        return False if self.closed or _SWITCH.search(name) else None

    def says(self, name: str, default: Known | None) -> str:
        """Say what is known of a variable, for a message."""
        if name in self.declared and self.declared[name] is not None:
            return f"`{name}` is {self.declared[name]!r}"
        if name in self.declared:
            return f"`{name}` is set to a value that is not written here"
        if name in self.loaded:
            return f"`{name}` is {self.loaded[name][0]!r} in {self.loaded[name][1]}"
        given = f" and defaults to {default.value!r}" if default is not None and default.value is not None else ""
        return f"`{name}` is not declared{given}"

    def _of_host(self, name: str) -> bool:
        return any(re.match(_HOSTS_OWN.get(host, "(?!)"), name) for host in self.hosts)
