"""What brings a distribution into a lock file: the dependencies that packages have upon each other.

https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile, https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock,
https://pdm-project.org/latest/usage/lockfile/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from packaging.utils import canonicalize_name

from checks.parsers import requirements as r
from checks.parsers.text import ParseError
from checks.repository.facts import Facts

GRAPHS = ("uv.lock", "poetry.lock", "pdm.lock")
"""Lock files that say which package needs which."""


def brought_by(facts: Facts, path: str, name: str, declared: Set[str]) -> str | None:
    """Return the declared distribution through which a lock file installs another one everywhere, None where none does."""
    try:
        lock = r.load_toml(facts.text(path) or "")
    except ParseError:
        return None
    packages = lock.get("package")
    parents: dict[str, set[str]] = {}
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict):
            owner = canonicalize_name(str(package.get("name", "")))
            for needed in _needed(package):
                parents.setdefault(needed, set()).add(owner)
    waiting, seen = [name], {name}
    while waiting:
        for parent in sorted(parents.get(waiting.pop(), ())):
            if parent in declared:
                return parent
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return None


def _needed(package: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a package needs on every machine, without one of its own extras."""
    held = package.get("dependencies")
    if isinstance(held, dict):
        for name, wanted in held.items():
            if isinstance(wanted, str) or (isinstance(wanted, dict) and not {"optional", "markers"} & wanted.keys()):
                yield canonicalize_name(name)
    for entry in held if isinstance(held, list) else ():
        if isinstance(entry, str) and ";" not in entry:
            found = r.parse_requirements(entry)[0]
            yield from (d.name for d in found)
        elif isinstance(entry, dict) and "marker" not in entry:
            yield canonicalize_name(str(entry.get("name", "")))
