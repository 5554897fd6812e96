"""Which pages of a build start the application: of several inputs, those whose modules import what renders it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.frontends.frameworks import FRAMEWORKS
from checks.repository.browser import SDK, pages, reached_from
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.module_imports import imported

_RENDERERS = frozenset(p for f in FRAMEWORKS if f.setup is None for p in f.packages)


def starting_pages(facts: Facts, frontend: Frontend) -> tuple[tuple[str, ...], ...]:
    """Return the pages that start the application; where no input imports a renderer, all count.

    A dictionary of words, a style sheet's module or a worker among the inputs starts nothing. An empty page, for what cannot be
    determined from the repository, stays: it may start it too. Where none of them has the SDK, those that have it come first.
    """
    return facts.memoize(starting_pages, frontend.root, lambda: _starting(facts, frontend))


def renders(facts: Facts, frontend: Frontend, page: tuple[str, ...]) -> bool:
    """Return whether the modules of a page import what renders the application."""
    names = _RENDERERS & frontend.dependencies.keys()
    return any(module.split("/")[0] in names for module in _imported(facts, frontend, page))


def _imported(facts: Facts, frontend: Frontend, page: tuple[str, ...]) -> Iterator[str]:
    return (module for path in reached_from(facts, frontend, page) for module in imported(facts, path))


def _starting(facts: Facts, frontend: Frontend) -> tuple[tuple[str, ...], ...]:
    found = pages(facts, frontend)
    if len(found) < 2:
        return found
    starting = [page for page in found if page and renders(facts, frontend, page)]
    if not starting:
        return found
    reports = [page for page in found if any(SDK.match(m) for m in _imported(facts, frontend, page))]
    if not set(reports) & set(starting):
        # A bundle that renders nothing and reports: templates load it beside the one of their own page.
        starting = [*reports, *starting]
    return (*starting, *(page for page in found if not page))
