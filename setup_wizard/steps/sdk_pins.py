"""Whether what a manifest pins leaves room for what sentry-sdk needs: where it does not, an installation of both fails."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from checks.parsers.requirements import Dependency, parse_requirements
from checks.repository.backends import Backend
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts, join, parent
from setup_wizard.editors.base import Refused

_NEEDED = {"urllib3": "1.26.11"}
"""What sentry-sdk 2 installs, with the oldest version that it takes; its certifi may be of any.

https://github.com/getsentry/sentry-python/blob/2.0.0/setup.py
"""
_LISTS = (".txt", ".in")


def pin_too_old(facts: Facts, backend: Backend, home: str, line: str) -> Refused | None:
    """Return why `line` (sentry-sdk's) cannot be added to a manifest: a version beside it that cannot be installed with it."""
    for path in _installed_together(facts, backend, home):
        declared = _declared(facts, backend, path)
        for name, oldest in _NEEDED.items():
            found = [d for d in declared if d.name == name]
            if found and all(_keeps_out(facts, path, d, oldest) for d in found):
                place, asked = f"{path}:{found[0].line}", found[0].specifier.strip()
                needed = f"sentry-sdk needs {name}>={oldest}, so nothing can install both"
                reason = f"{place} asks for {name} {asked}, and {needed}; raise that version first"
                return Refused(reason, f"{name}>={oldest}\n{line}", place)
    return None


def _installed_together(facts: Facts, backend: Backend, home: str) -> tuple[str, ...]:
    """Return the manifest with what it takes in (`-r`, `-c`), and the lists that take it in, with what these take in."""
    own = _closure(facts, home)
    lists = python_manifests(facts, backend.root).files
    above = (closure for path in lists if path != home and home in (closure := _closure(facts, path)))
    return tuple(dict.fromkeys([*own, *(path for closure in above for path in closure)]))


def _closure(facts: Facts, path: str) -> list[str]:
    found = [path]
    for current in found:
        both = facts.parsed("requirements", current, parse_requirements) if current.endswith(_LISTS) else None
        targets = [join(parent(current), i.target) for i in both[1]] if isinstance(both, tuple) else []
        found += [t for t in dict.fromkeys(targets) if t in facts.paths and t not in found]
    return found


def _declared(facts: Facts, backend: Backend, path: str) -> list[Dependency]:
    """Return what a file declares; of a manifest with groups, what is installed without asking."""
    if path.endswith(_LISTS):
        both = facts.parsed("requirements", path, parse_requirements)
        return both[0] if isinstance(both, tuple) else []
    declared = python_manifests(facts, backend.root).declarations
    return [d.dependency for d in declared if d.path == path and not d.development and not d.dependency.optional]


def _keeps_out(facts: Facts, path: str, declared: Dependency, oldest: str) -> bool:
    """Return whether a requirement surely takes no version from the oldest on; one with a marker may not count."""
    rows = (facts.text(path) or "").splitlines()
    row = rows[declared.line - 1] if 0 < declared.line <= len(rows) else ""
    written = declared.specifier.strip()
    if ";" in row or "marker" in row or not written:
        return False
    try:
        asked = SpecifierSet(f"=={written}" if written[0].isdigit() else written)
        named = [Version(s.version.removesuffix(".*")) for s in asked if s.operator != "==="]
    except (InvalidSpecifier, InvalidVersion):
        return False
    least = Version(oldest)
    major, minor, micro = least.release
    tried = [Version(f"{major}.{minor}.{micro + n}") for n in range(20)]
    tried += [Version(f"{major}.{minor + n}") for n in range(1, 100)] + [Version(f"{major + n}") for n in range(1, 9)]
    tried += [v for v in named if v >= least] + [Version("9999")]
    return not any(asked.contains(v, prereleases=True) for v in tried)
