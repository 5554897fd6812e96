"""Pages that a framework makes of the modules of a folder: each loads its own module beside the entries, before it renders.

https://nextjs.org/docs/pages/building-your-application/routing/pages-and-layouts
"""

from __future__ import annotations

from checks.repository.browser import file_stem, is_test, reached_from
from checks.repository.facts import Facts, inside, join
from checks.repository.frontends import Frontend

_ENDS = (".tsx", ".ts", ".jsx", ".js")


def route_pages(facts: Facts, frontend: Frontend) -> tuple[str, ...]:
    """Return the modules of a frontend that are pages: not those that wrap each page, nor what answers requests on the server."""
    framework = frontend.framework
    folders = [join(frontend.root, f) for f in framework.routes] if framework is not None else []
    found = (p for f in folders for p in facts.paths if inside(p, f) and not inside(p, f"{f}/api"))
    return tuple(sorted(p for p in found if p.endswith(_ENDS) and file_stem(p)[:1] != "_" and not is_test(p)))


def loaded_by_routes(facts: Facts, frontend: Frontend, path: str) -> tuple[list[str], list[str]]:
    """Return the pages that import a module, and those that do not."""
    with_it: list[str] = []
    without: list[str] = []
    for page in route_pages(facts, frontend):
        (with_it if path in reached_from(facts, frontend, (page,)) else without).append(page)
    return with_it, without
