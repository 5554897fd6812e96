"""Which sentry-sdk a backend runs, as far as its dependency files tell."""

from __future__ import annotations

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from checks.repository.dependencies import Declaration, python_manifests
from checks.repository.facts import Facts
from checks.repository.sdk_options import LATEST


class SdkVersion(Struct, frozen=True, kw_only=True):
    """The SDK's version: `exact` where a lock or a pin tells it, else the specifier; `path` and `line` say where.

    `assumed` is the version that options are judged by: the exact one, else the newest that the specifier lets in.
    """

    exact: Version | None
    specifier: SpecifierSet
    assumed: Version
    locked: bool
    path: str
    line: int

    @property
    def text(self) -> str:
        """How the version is named in messages."""
        return str(self.exact) if self.exact else f"{self.specifier or 'any version'} (resolves to {self.assumed})"

    @property
    def capped(self) -> bool:
        """Whether 3.0 cannot come in by itself."""
        return self.locked or self.exact is not None or not self.specifier.contains("3.0.0", prereleases=True)


def sdk_version(facts: Facts, root: str) -> SdkVersion | None:
    """Return the SDK version of the backend at `root`, or None when nothing declares it."""
    manifests = python_manifests(facts, root)
    declared = manifests.of("sentry-sdk")
    locked = manifests.locked.get("sentry-sdk")
    if locked is not None:
        version = _version(locked[0])
        if version is not None:
            return SdkVersion(
                exact=version, specifier=SpecifierSet(), assumed=version, locked=True, path=locked[1], line=locked[2]
            )
    # A frozen requirements file (`==`) tells more than the range that it was made from.
    pinned = [(d, v) for d in declared if (v := _pin(d)) is not None]
    if pinned:
        declaration, version = pinned[0]
        return SdkVersion(
            exact=version,
            specifier=SpecifierSet(),
            assumed=version,
            locked=False,
            path=declaration.path,
            line=declaration.dependency.line,
        )
    if not declared:
        return None
    first = declared[0]
    specifier = _specifier(first.dependency.specifier)
    return SdkVersion(
        exact=None,
        specifier=specifier,
        assumed=_newest(specifier),
        locked=False,
        path=first.path,
        line=first.dependency.line,
    )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _pin(declaration: Declaration) -> Version | None:
    text = declaration.dependency.specifier.replace(" ", "")
    if text.startswith("==") and "," not in text and "*" not in text:
        return _version(text.lstrip("="))
    # Poetry and Pipfile write an exact version without a sign.
    return _version(text) if text[:1].isdigit() and "," not in text else None


def _specifier(text: str) -> SpecifierSet:
    """Read a specifier of pip, or poetry's `^` and `~`; anything else counts as no bound."""
    text = text.strip()
    if text.startswith("^") or (text.startswith("~") and not text.startswith("~=")):
        version = _version(text[1:].strip())
        if version is None:
            return SpecifierSet()
        upper = version.major + 1 if text.startswith("^") else f"{version.major}.{version.minor + 1}"
        return SpecifierSet(f">={version},<{upper}")
    try:
        return SpecifierSet(text if text != "*" else "")
    except InvalidSpecifier:
        return SpecifierSet()


def _newest(specifier: SpecifierSet) -> Version:
    """Return the newest release that a specifier lets in: the latest known, else the bound that shuts it out."""
    if specifier.contains(LATEST):
        return LATEST
    bounds = [
        Version(s.version) for s in specifier if s.operator in ("<", "<=", "~=", ">=", "==") and "*" not in s.version
    ]
    upper = [Version(s.version) for s in specifier if s.operator in ("<", "<=")]
    if upper:
        top = min(upper)
        # `<2` lets in the last 1.x; the options of a major are judged by its newest table entry.
        return Version("1.45.1") if top <= Version("2") else min(top, LATEST)
    majors = [s.version for s in specifier if s.operator in ("==", "~=")]
    if any(m.startswith("1.") for m in majors):
        return Version("1.45.1")
    return max(bounds, default=LATEST)


def version_label(version: SdkVersion | None) -> str:
    """Name a version in a message."""
    return version.text if version else f"{LATEST} (assumed)"
