"""What a developer's machine runs that is set up from an example env file: whether the SDK starts there, and under which environment."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from yaml import Node

from checks.parsers import yaml as y
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.python import parse_python, settings_defaults
from checks.parsers.text import ParseError
from checks.production.environment import Environment
from checks.production.values import FromEnvironment, Known, members
from checks.repository.backends import Backend, module_path
from checks.repository.facts import Facts, join
from checks.repository.settings import LocatedInit, SettingsChain, run_settings

_SETTINGS = "DJANGO_SETTINGS_MODULE"


class _Local(Environment, frozen=True, kw_only=True):
    """The variables of a developer's machine: those of the file, and nothing else; a DSN is set where `dsn` says so."""

    dsn: bool = True

    def resolve(self, read: FromEnvironment) -> tuple[Known | None, bool]:
        if read.name in self.uncertain or read.name in self.declared or (self.dsn and self.is_dsn(read.name)):
            return super().resolve(read)
        return read.default, False

    def has(self, name: str) -> bool | None:
        if name in self.uncertain:
            return None
        return name in self.declared or (self.dsn and self.is_dsn(name))


def is_idle(facts: Facts, backend: Backend, example: str) -> bool:
    """Return whether more of Sentry's variables do nothing where an example is copied: no init is called there, or none runs.

    What a shell loads (direnv) goes to whatever is started in it, with the settings that it is given.
    """
    chain = _chain(facts, backend, example, dsn=None)
    if chain is None or chain.problems or (chain.machine is not None and chain.machine.suspects):
        return False
    if chain.inits:
        return all(i.runs is False for i in chain.inits)
    return not chain.opaque_imports and not any(join(f, ".envrc") in facts.paths for f in (backend.root, "."))


def names_settings(facts: Facts, example: str) -> bool:
    """Return whether an example names the settings that its copies run, whatever a file that takes them is for."""
    return any(v.name == _SETTINGS and v.value for v in parse_dotenv(facts.text(example) or ""))


def blank_counts(facts: Facts, backend: Backend, example: str) -> bool:
    """Return whether a blank DSN in an example starts what is skipped without the variable: `if dsn is None: return`."""
    blank, unset = (_chain(facts, backend, example, dsn=d) for d in ("", False))
    return _runs(blank) and not _runs(unset)


def named_environment(facts: Facts, backend: Backend, example: str) -> tuple[bool, str | None]:
    """Return whether the code has a name of its own for the environment of a developer's machine, and that name.

    The name is None where the code computes it in a way that is not followed.
    """
    chain = _chain(facts, backend, example, dsn=None)
    init = _started(chain)
    bound = init.initialization.options.get("environment") if init is not None else None
    if bound is None or chain is None or chain.machine is None:
        return False, None
    value = chain.machine.plain(bound.value)
    if isinstance(value, Known):
        return value.value not in (None, ""), value.value if isinstance(value.value, str) else None
    # What only reads the variable has no name without it.
    return not all(isinstance(m, FromEnvironment) for m in members(bound.value)), None


def _runs(chain: SettingsChain | None) -> bool:
    return chain is not None and any(i.runs for i in chain.inits)


def _started(chain: SettingsChain | None) -> LocatedInit | None:
    inits = chain.inits if chain is not None else []
    return next((i for i in reversed(inits) if i.runs), None) or next(reversed(inits), None)


def _chain(facts: Facts, backend: Backend, example: str, dsn: str | bool | None) -> SettingsChain | None:
    """Run the settings that `manage.py` takes, or the example names; None where these are not in the repository.

    `dsn` is a text that the example gives, False for a machine without the variable, None for one that is filled in.
    """
    given = {v.name: v.value or "" for v in parse_dotenv(facts.text(example) or "")}
    path = _settings(facts, backend, given)
    if path is None:
        return None
    key = f"{backend.name}:{backend.root}:{path}:{example}:{dsn}:{hash(tuple(sorted(given.items())))}"

    def run() -> SettingsChain:
        declared: dict[str, str | None] = {n: v for n, v in given.items() if "DSN" not in n.upper()}
        if isinstance(dsn, str):
            declared |= dict.fromkeys(("SENTRY_DSN", *(n for n in given if "DSN" in n.upper())), dsn)
        uncertain = _composed(facts) - set(declared)
        return run_settings(
            facts, backend, path, _Local(declared=declared, uncertain=frozenset(uncertain), dsn=dsn is None)
        )

    return facts.memoize(_chain, key, run)


def _settings(facts: Facts, backend: Backend, given: Mapping[str, str]) -> str | None:
    named = [given[_SETTINGS]] if given.get(_SETTINGS) else []
    text = facts.text(backend.manage) or "" if backend.manage is not None else ""
    named += [name for name, _ in settings_defaults(text)] or _without_arguments(text)
    return module_path(facts, backend.root, named[0]) if named else None


def _without_arguments(text: str) -> list[str]:
    """Return the default that `manage.py` takes from a name, where only its arguments may choose another (`"test" in sys.argv`)."""
    try:
        tree = parse_python(text)
    except ParseError:
        return []
    bound = {
        t.id: n.value for n in ast.walk(tree) if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=name), given]) if (
                name == _SETTINGS
            ):
                value = bound.get(given.id, given) if isinstance(given, ast.Name) else given
                if isinstance(value, ast.IfExp) and _asks_arguments(value.test):
                    value = value.orelse
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    return [value.value]
    return []


def _asks_arguments(test: ast.expr) -> bool:
    """Return whether a condition is that a word is among the command's arguments."""
    match test:
        case ast.Compare(
            left=ast.Constant(), ops=[ast.In()], comparators=[ast.Attribute(value=ast.Name(id="sys"), attr="argv")]
        ):
            return True
    return False


def _composed(facts: Facts) -> set[str]:
    """Return the variables that any compose file gives a service: what they are on a developer's machine is not followed."""
    found: set[str] = set()
    for path in facts.with_suffix("yml", "yaml"):
        document = facts.yaml(path) if "compose" in path.rpartition("/")[2] else None
        for _, _, service in y.pairs(y.get(document, "services")) if isinstance(document, Node) else ():
            entries = y.get(service, "environment")
            found |= {n for n, _, _ in y.pairs(entries)}
            found |= {(y.scalar(e) or "").partition("=")[0] for e in y.sequence(entries)}
    return found
