"""Pages that load Sentry's script from its CDN: the loader initializes itself, a bundle does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, inside
from checks.repository.frontends import Frontend

LOADER = lazy_pattern(r"https://(?:js(?:-de)?\.sentry-cdn\.com|browser\.sentry-cdn\.com)/", re.IGNORECASE)
"""The loader script and the CDN bundles (https://docs.sentry.io/platforms/javascript/install/loader/)."""


_BUNDLE = "browser.sentry-cdn.com"


def only_loaded(facts: Facts, place: tuple[str, int]) -> str | None:
    """Return why a page at which a script is loaded may not start the SDK, None for the loader, which does it with its own key."""
    path, line = place
    rows = (facts.text(path) or "").splitlines()[line - 1 : line]
    if not any(_BUNDLE in row.lower() for row in rows):
        return None
    return "the page loads a bundle of the SDK from the CDN, which does not initialize itself"


def loader(facts: Facts, frontend: Frontend) -> tuple[str, int] | None:
    """Return the place at which a page of the frontend loads Sentry's script from the CDN, or None."""
    pages = (p for p in facts.with_suffix("html", "htm", "ejs", "pug") if inside(p, frontend.root))
    return next(_loaders(facts, pages), None)


def template_loader(facts: Facts) -> tuple[str, int] | None:
    """Return the place at which a Django template loads Sentry's script from the CDN, or None."""
    return facts.memoize(template_loader, "", lambda: next(_loaders(facts, _templates(facts)), None))


def _templates(facts: Facts) -> Iterator[str]:
    for path in facts.with_suffix("html", "jinja", "j2"):
        if re.search(r"(^|/)(templates|jinja2)/", path):
            yield path


def _loaders(facts: Facts, paths: Iterator[str]) -> Iterator[tuple[str, int]]:
    for path in paths:
        data = facts.read(path) if "node_modules/" not in path else None
        if data is None or b"sentry-cdn" not in data:
            continue
        text = re.sub(r"<!--.*?-->", lambda m: "\n" * m.group(0).count("\n"), facts.text(path) or "", flags=re.DOTALL)
        match = LOADER.search(text)
        if match:
            yield path, text.count("\n", 0, match.start()) + 1
