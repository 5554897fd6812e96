"""The configuration: `[tool.sentry-setup]` of pyproject.toml or a `sentry-setup.toml`, loaded and validated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from checks.errors import UsageError, nearest
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError, decode
from checks.repository.tree import Tree, UnreadableFileError

PYPROJECT = "pyproject.toml"
OWN_FILE = "sentry-setup.toml"

ANSWER_KEYS: tuple[str, ...] = (
    "sentry.url",
    "sentry.org",
    "sentry.team",
    "sentry.allow_http",
    "sentry.ca_file",
    "sentry.login",
    "environments",
    "environment",
    "backend.root",
    "backend.settings",
    "backend.project",
    "backend.dsn",
    "backend.init",
    "backend.logs",
    "backend.profiles",
    "backend.crons",
    "backend.ai",
    "frontend.root",
    "frontend.project",
    "frontend.dsn",
    "frontend.trace_targets",
    "frontend.replay",
    "frontend.logs",
    "frontend.feedback",
    "frontend.telemetry",
    "frontend.guard",
    "release.workflow",
    "release.jobs",
    "release.strategy",
    "release.place",
    "release.token",
    "alerts.email_target",
    "alerts.slack_channel",
    "alerts.pagerduty_service",
    "alerts.test",
    "team.emails",
    "team.role",
    "test_event.application",
    "performance.sample_rate",
    "dependencies.tool",
    "ci.package",
    "ci.runtime",
    "uptime.url",
    "ci.verify",
)
"""The keys of `--set`, `--answers` and the configuration, part of the command-line contract."""

_YES, _NO = ("yes", "true", "1", "on"), ("no", "false", "0", "off")

CONSENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "test_event.application": (("yes", "true", "1"), ("no", "false", "0")),
    "alerts.test": (("yes", "true", "1"), ("no", "false", "0")),
    "release.token": (("create",), ("by-hand",)),
    "sentry.allow_http": (("true", "yes", "1"), ("false", "no", "0")),
    "sentry.login": (("stored",), ("ask",)),
}
"""Keys that let something happen outside of files, with the words that agree and those that do not.

What a repository's own configuration says about them is ignored.
"""

NAMED = ("backend", "frontend")


class Part(Struct, frozen=True, kw_only=True):
    """What is configured for one backend or frontend; None where nothing is said."""

    root: str | None = None
    settings: str | None = None
    project: str | None = None
    dsn: str | None = None


class Waiver(Struct, frozen=True, kw_only=True):
    """A waiver: it suppresses a fail of one item until (and including) a date."""

    id: str
    reason: str
    until: dt.date


class SignOff(Struct, frozen=True, kw_only=True):
    """A manual sign-off: a person's judgment of an item that no check can decide. It expires."""

    id: str
    by: str
    note: str
    date: dt.date
    until: dt.date


class Config(Struct, frozen=True, kw_only=True):
    """Everything configured: answers by dotted key, waivers, sign-offs, and the file they stand in (None: no file).

    `backends` and `frontends` map a name (empty for the bare form) to what is set for it; `given` are the answers that a person
    gave to this command.
    """

    answers: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    path: str | None = None

    @property
    def backends(self) -> dict[str, Part]:
        """The backends whose root or settings are set."""
        return {n: p for n, p in self._parts("backend").items() if p.root is not None or p.settings is not None}

    @property
    def frontends(self) -> dict[str, Part]:
        """The frontends whose root is set."""
        return {n: p for n, p in self._parts("frontend").items() if p.root is not None}

    def _parts(self, kind: str) -> dict[str, Part]:
        grouped: dict[str, dict[str, str]] = {}
        for key, value in self.answers.items():
            words = key.split(".")
            if words[0] == kind:
                grouped.setdefault(".".join(words[1:-1]), {})[words[-1]] = value
        return {
            name: Part(
                root=_clean(v.get("root")), settings=v.get("settings"), project=v.get("project"), dsn=v.get("dsn")
            )
            for name, v in grouped.items()
        }

    def get(self, key: str, name: str | None = None) -> str | None:
        """Return an answer; for `backend.x` and `frontend.x` the one of the named part before the bare one."""
        kind, _, last = key.partition(".")
        if name and kind in NAMED:
            named = self.answers.get(f"{kind}.{name}.{last}")
            if named is not None:
                return named
        return self.answers.get(key)

    def chosen(self, key: str, name: str | None = None) -> bool | None:
        """Return a yes (True) or no (False), or None where nobody chose. Raises `UsageError` for another word."""
        value = (self.get(key, name) or "").strip().lower()
        if value and value not in (*_YES, *_NO):
            raise UsageError(f"`{key}={value}` is not `yes` or `no`", hint="write yes or no")
        return value in _YES if value else None

    def with_answers(self, answers: dict[str, str]) -> Config:
        """Return the configuration with a person's answers on top."""
        return replace(self, answers={**self.answers, **answers}, given={**self.given, **answers})

    def consents(self, key: str) -> bool:
        """Return whether a person agreed to something (`CONSENTS`) for this command. Raises `UsageError` for another word."""
        agreeing, declining = CONSENTS[key]
        value = self.given.get(key, "").strip().lower()
        if value and value not in (*agreeing, *declining):
            known = f"write {agreeing[0]} or {declining[0]}"
            raise UsageError(f"`{key}={value}` is neither", hint=nearest(value, (*agreeing, *declining)) or known)
        return value in agreeing


def _clean(root: str | None) -> str | None:
    if root is None:
        return None
    return "/".join(p for p in root.replace("\\", "/").split("/") if p not in ("", ".")) or "."


def bare_key(key: str) -> str:
    """Return a key without the name of its backend or frontend: `backend.api.dsn` is `backend.dsn`."""
    words = key.split(".")
    return f"{words[0]}.{words[-1]}" if words[0] in NAMED and len(words) > 2 else key


def check_key(key: str) -> None:
    """Raise `UsageError`, naming the nearest key, unless `key` is an answer key."""
    if bare_key(key) not in ANSWER_KEYS:
        raise UsageError(
            f"unknown key `{key}`", hint=nearest(key, ANSWER_KEYS) or "`sentry-setup schema` lists the keys"
        )


def parse_set(assignments: Iterable[str]) -> dict[str, str]:
    """Parse `KEY=VALUE` flags. Raises `UsageError`."""
    found = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"`--set {assignment}` has no value", hint="write `--set KEY=VALUE`")
        check_key(key)
        found[key] = value
    return found


def flatten(table: dict[str, object], where: str, prefix: str = "") -> dict[str, str]:
    """Turn nested tables into answers by dotted key. Raises `UsageError` for an unknown key or a value of a wrong type."""
    found: dict[str, str] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            found |= flatten(value, where, f"{name}.")
            continue
        try:
            check_key(name)
        except UsageError as error:
            raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            found[name] = ",".join(value)
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, (str, int, float)):
            found[name] = str(value)
        else:
            raise UsageError(f"{where}: `{name}` is not a string, a number or a list of strings")
    return found


def load_config(tree: Tree) -> Config:
    """Load the configuration of a tree; an empty one where there is none. Raises `UsageError`."""
    own, pyproject = _read(tree, OWN_FILE), _read(tree, PYPROJECT)
    table = pyproject.get("tool") if pyproject else None
    section = table.get("sentry-setup") if isinstance(table, dict) else None
    if own is not None and section is not None:
        raise UsageError(f"both {OWN_FILE} and [tool.sentry-setup] in {PYPROJECT} are set", hint="keep one of them")
    if own is not None:
        return _validate(own, OWN_FILE)
    if isinstance(section, dict):
        return _validate(section, PYPROJECT)
    if section is not None:
        raise UsageError(f"{PYPROJECT}: `tool.sentry-setup` is not a table", hint="write [tool.sentry-setup]")
    return Config()


def _read(tree: Tree, path: str) -> dict[str, object] | None:
    try:
        data = tree.read(path)
        return None if data is None else load_toml(decode(data))
    except UnreadableFileError as error:
        raise UsageError(str(error)) from error
    except ParseError as error:
        if path == PYPROJECT:
            return None
        raise UsageError(f"{path}: {error.message}", hint="fix the file, or remove it") from error


def _validate(section: dict[str, object], path: str) -> Config:
    section = dict(section)
    waivers = tuple(_waiver(entry, path) for entry in _entries(section.pop("waivers", []), "waivers", path))
    sign_offs = tuple(_sign_off(entry, path) for entry in _entries(section.pop("sign-offs", []), "sign-offs", path))
    return Config(answers=flatten(section, path), waivers=waivers, sign_offs=sign_offs, path=path)


def check_ids(config: Config) -> None:
    """Raise `UsageError` for a waiver or sign-off of an unknown item, and for a sign-off where evidence decides."""
    from checks.checklist import find_item

    for waiver in config.waivers:
        _known(waiver.id, config.path)
    for sign_off in config.sign_offs:
        _known(sign_off.id, config.path)
        if not find_item(sign_off.id).signable:
            raise UsageError(
                f"{config.path}: `{sign_off.id}` takes no sign-off: its evidence decides", hint=SIGNABLE_HINT
            )


SIGNABLE_HINT = "sign-offs are for what only a person can judge; use `waive` for an item that you don't want"


def _known(item_id: str, path: str | None) -> None:
    from checks.checklist import find_item

    try:
        find_item(item_id)
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from None


def _entries(value: object, name: str, path: str) -> list[dict[str, object]]:
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise UsageError(f"{path}: `{name}` is not a list of tables", hint=f"write [[{name}]]")
    return value


def _take(entry: dict[str, object], allowed: tuple[str, ...], where: str) -> dict[str, object]:
    for key in entry:
        if key not in allowed:
            raise UsageError(f"{where}: unknown key `{key}`", hint=nearest(key, allowed))
    return entry


def _text(entry: dict[str, object], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{where}: `{key}` is missing or empty")
    return value


def _date(entry: dict[str, object], key: str, where: str) -> dt.date:
    value = entry.get(key)
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"{where}: `{key}` is not a valid date", hint="write it as 2027-01-31") from None


def _waiver(entry: dict[str, object], path: str) -> Waiver:
    where = f"{path}: a waiver"
    _take(entry, ("id", "reason", "until"), where)
    return Waiver(
        id=_text(entry, "id", where), reason=_text(entry, "reason", where), until=_date(entry, "until", where)
    )


def _sign_off(entry: dict[str, object], path: str) -> SignOff:
    where = f"{path}: a sign-off"
    _take(entry, ("id", "by", "note", "date", "until"), where)
    date = _date(entry, "date", where)
    until = _date(entry, "until", where) if "until" in entry else date + dt.timedelta(days=90)
    return SignOff(
        id=_text(entry, "id", where),
        by=_text(entry, "by", where),
        note=str(entry.get("note", "")),
        date=date,
        until=until,
    )
