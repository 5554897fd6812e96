"""Whether what a manifest asks of a package leaves a version out, and which versions a backend surely runs."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from checks.parsers.requirements import Dependency
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts


def surely_older(facts: Facts, root: str, package: str, oldest: str) -> tuple[str, str, int] | None:
    """Return `(version, path, line)` of what says that a backend runs an older version of a package, None where it may be newer."""
    manifests = python_manifests(facts, root)
    locked = manifests.locked.get(package)
    if locked is not None:
        try:
            return locked if Version(locked[0]) < Version(oldest) else None
        except InvalidVersion:
            return None
    declared = [d for d in manifests.of(package) if not d.development]
    if not declared or not all(keeps_out(facts, d.path, d.dependency, oldest) for d in declared):
        return None
    return declared[0].dependency.specifier.strip().removeprefix("=="), declared[0].path, declared[0].dependency.line


def keeps_out(facts: Facts, path: str, declared: Dependency, oldest: str) -> bool:
    """Return whether a requirement surely takes no version from the oldest on; one with a marker may not count."""
    rows = (facts.text(path) or "").splitlines()
    row = rows[declared.line - 1] if 0 < declared.line <= len(rows) else ""
    written = declared.specifier.strip()
    if ";" in row or "marker" in row or not written:
        return False
    try:
        asked = SpecifierSet(f"=={written}" if written[0].isdigit() else _of_poetry(written))
        named = [Version(s.version.removesuffix(".*")) for s in asked if s.operator != "==="]
    except (InvalidSpecifier, InvalidVersion):
        return False
    least = Version(oldest)
    major, minor, micro = (*least.release, 0, 0)[:3]
    tried = [Version(f"{major}.{minor}.{micro + n}") for n in range(20)]
    tried += [Version(f"{major}.{minor + n}") for n in range(1, 100)] + [Version(f"{major + n}") for n in range(1, 9)]
    tried += [v for v in named if v >= least] + [Version("9999")]
    return not any(asked.contains(v, prereleases=True) for v in tried)


def _of_poetry(written: str) -> str:
    """Return a caret or tilde of Poetry as what it means (https://python-poetry.org/docs/dependency-specification/)."""
    if written[0] not in "^~" or written.startswith("~=") or "," in written:
        return written
    release = Version(written[1:].strip()).release
    kept = 2 if written[0] == "~" else next((n for n, part in enumerate(release) if part), len(release) - 1) + 1
    fixed = release[: min(kept, len(release))]
    end = ".".join(map(str, (*fixed[:-1], fixed[-1] + 1)))
    return f">={written[1:].strip()},<{end}"
