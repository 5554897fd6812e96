"""Which pages of a build start the application: of several inputs, those whose modules import what renders it."""

from __future__ import annotations

from checks.frontends.frameworks import FRAMEWORKS
from checks.repository.browser import pages, reached_from
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.module_imports import imported

_RENDERERS = frozenset(p for f in FRAMEWORKS if f.setup is None for p in f.packages)


def starting_pages(facts: Facts, frontend: Frontend) -> tuple[tuple[str, ...], ...]:
    """Return the pages that start the application; where no input imports a renderer, all count.

    A dictionary of words, a style sheet's module or a worker among the inputs starts nothing. An empty page, for what cannot be
    determined from the repository, stays: it may start it too.
    """
    return facts.memoize(starting_pages, frontend.root, lambda: _starting(facts, frontend))


def _starting(facts: Facts, frontend: Frontend) -> tuple[tuple[str, ...], ...]:
    found = pages(facts, frontend)
    if len(found) < 2:
        return found
    names = _RENDERERS & frontend.dependencies.keys()
    starting = [
        page
        for page in found
        if page
        and any(
            module.split("/")[0] in names
            for path in reached_from(facts, frontend, page)
            for module in imported(facts, path)
        )
    ]
    return (*starting, *(page for page in found if not page)) if starting else found
