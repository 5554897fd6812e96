"""Finds the browser applications of a repository: what is built for browsers and deployed."""

from __future__ import annotations

from msgspec import Struct

from checks.errors import UsageError
from checks.frontends.candidates import Candidate, candidate, candidates, manifest_of
from checks.frontends.documentation import is_documentation, named_by_deploy
from checks.frontends.framework import Framework
from checks.frontends.frameworks import framework_of
from checks.model import Target
from checks.repository.facts import Facts, parent
from checks.repository.names import names_of_roots
from checks.repository.path_words import has_part

__all__ = ["Frontend", "LeftOut", "find_frontends", "left_out", "manifest_of"]

_NOT_AN_APPLICATION = frozenset(
    {
        *("node_modules", "storybook", "e2e", "test", "tests", "__tests__", "cypress", "playwright", "email"),
        *("emails", "example", "examples", "fixture", "fixtures"),
    }
)
_ONLY_WHERE_NAMED = frozenset({"doc", "docs", "website", "documentation"})

_WRITTEN = {
    **{"next": "Next.js", "vite": "Vite", "astro": "Astro", "angular": "Angular", "rspack": "Rspack"},
    **{"rollup": "Rollup", "parcel": "Parcel", "remix": "Remix", "ember": "Ember", "bun": "Bun"},
}
"""Bundlers whose names have capitals."""


class Frontend(Struct, frozen=True, kw_only=True):
    """A browser application: name, root, manifest, bundler, its Vite config (None for other bundlers), dependencies."""

    name: str
    root: str
    manifest: str
    bundler: str
    vite_config: str | None
    dependencies: dict[str, str]
    scripts: dict[str, str]

    @property
    def target(self) -> Target:
        """The frontend as a target of checks."""
        return Target(name=self.name, root=self.root)

    @property
    def build_name(self) -> str:
        """How a message names what builds it: `Next.js build`, `webpack build`, or only `build`."""
        if self.framework is not None and self.framework.builds_as:
            return f"{self.framework.builds_as} build"
        return f"{_WRITTEN.get(self.bundler, self.bundler)} build" if self.bundler != "unknown" else "build"

    @property
    def framework(self) -> Framework | None:
        """The framework that it is made with, or None."""
        return framework_of(self.dependencies)


class LeftOut(Struct, frozen=True, kw_only=True):
    """A package that builds for browsers and is no frontend here, and why."""

    root: str
    why: str


def find_frontends(facts: Facts) -> tuple[Frontend, ...]:
    """Return the configured frontends, else everything that is built for browsers and deployed.

    Raises `UsageError` when the configuration names a root without a package.json.
    """
    if facts.config.frontends:
        found = []
        for name, part in facts.config.frontends.items():
            given = candidate(facts, part.root or ".", forced=True)
            if given is None:
                raise UsageError(
                    f"frontend root `{part.root}` has no readable package.json", hint="correct `frontend.root`"
                )
            found.append(_frontend(given, name or "frontend"))
        return tuple(found)
    kept, _ = _survey(facts)
    if len(kept) == 1:
        return (_frontend(kept[0], "frontend"),)
    return tuple(_frontend(c, name) for c, name in zip(kept, names_of_roots([c.root for c in kept]), strict=True))


def left_out(facts: Facts) -> tuple[LeftOut, ...]:
    """Return what builds for browsers and was not taken for a frontend; nothing where the configuration names them."""
    return () if facts.config.frontends else _survey(facts)[1]


def is_surveyed(facts: Facts) -> bool:
    """Return whether the frontends have been looked for already."""
    return facts.has(_survey)


def _survey(facts: Facts) -> tuple[tuple[Candidate, ...], tuple[LeftOut, ...]]:
    return facts.memoize(_survey, "", lambda: _sorted_out(facts))


def _is_no_application(folder: str) -> bool:
    return folder != "." and has_part(folder, _NOT_AN_APPLICATION, (".", "{{"))


def _sorted_out(facts: Facts) -> tuple[tuple[Candidate, ...], tuple[LeftOut, ...]]:
    kept, others = [], []
    for found in candidates(facts):
        if _is_no_application(found.root) or _is_no_application(parent(found.manifest)):
            continue
        if is_documentation(facts, found):
            others.append(LeftOut(root=found.root, why="a documentation site"))
        elif has_part(found.root, _ONLY_WHERE_NAMED) and not named_by_deploy(facts, found.root):
            others.append(LeftOut(root=found.root, why="neither Django nor a deploy names it"))
        else:
            kept.append(found)
    return tuple(kept), tuple(others)


def _frontend(found: Candidate, name: str) -> Frontend:
    return Frontend(
        name=name,
        root=found.root,
        manifest=found.manifest,
        bundler=found.bundler,
        vite_config=found.vite_config,
        dependencies=found.dependencies,
        scripts=found.scripts,
    )
