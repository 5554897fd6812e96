"""Whether what a manifest pins leaves room for what sentry-sdk needs: where it does not, an installation of both fails."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

from checks.parsers.requirements import Dependency, parse_requirements
from checks.repository.backends import Backend
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts, join, parent
from checks.repository.pins import keeps_out
from setup_wizard.editors.base import Refused

_NEEDED = {"urllib3": "1.26.11"}
"""What sentry-sdk 2 installs, with the oldest version that it takes; its certifi may be of any.

https://github.com/getsentry/sentry-python/blob/2.0.0/setup.py
"""
_EXTRAS = {"starlette": "0.19.1", "quart": "0.16.1", "aiohttp": "3.5"}
"""What an extra of sentry-sdk 2.75.0 asks for that is newer than what its integration works with."""
_LISTS = (".txt", ".in")


def pin_too_old(facts: Facts, backend: Backend, home: str, line: str) -> Refused | None:
    """Return why `line` (sentry-sdk's) cannot be added to a manifest: a version beside it that cannot be installed with it."""
    known = backend.facts
    own = {known.distributions[0]: _EXTRAS.get(known.extra, known.oldest)} if known.oldest else {}
    for path in _installed_together(facts, backend, home):
        declared = _declared(facts, backend, path)
        for name, oldest in (_NEEDED | own).items():
            found = [d for d in declared if d.name == name]
            if found and all(keeps_out(facts, path, d, oldest) for d in found):
                place, asked = f"{path}:{found[0].line}", found[0].specifier.strip()
                needed = f"sentry-sdk needs {name}>={oldest}, so nothing can install both"
                if name in own:
                    needed = f"sentry-sdk needs {name}>={oldest} to report from {known.title}"
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


def is_old_sdk(facts: Facts, backend: Backend) -> bool:
    """Return whether the installed SDK is older than 2.72, which began to warn at `send_default_pii`."""
    manifests = python_manifests(facts, backend.root)
    locked = manifests.locked.get("sentry-sdk")
    declared = manifests.of("sentry-sdk")
    text = (
        locked[0]
        if locked
        else next(
            (d.dependency.specifier.removeprefix("==") for d in declared if d.dependency.specifier.startswith("==")), ""
        )
    )
    try:
        return Version(text) < Version("2.72")
    except InvalidVersion:
        return False
