"""Entries of a build that render nothing, and still run on a page: nothing is written into them, and the person is told of them."""

from __future__ import annotations

import posixpath

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.repository.browser import blank_entry, pages
from checks.repository.facts import parent
from checks.repository.frontends import Frontend
from checks.repository.starting_pages import starting_pages
from setup_wizard.editors.base import Refused
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.guides import named_root

_OF_PAGES = frozenset({"document", "window", "$", "jQuery", "htmx"})


def need_entry(context: Context, frontend: Frontend) -> None:
    """Raise `StepRefused` for a frontend whose entry is an empty file: nothing is started, and nothing that is built is used."""
    blank = blank_entry(context.facts, frontend)
    if blank is not None:
        why = f"{blank}, the entry of {named_root(frontend)}, is empty: nothing starts the application"
        raise StepRefused(Refused(why, "", blank))


def other_entries(context: Context, frontend: Frontend, module: str) -> list[ManualTask]:
    """Return the task for the entries of a build but those that start the application, where they use the page that they are on."""
    started = {p for page in starting_pages(context.facts, frontend) for p in page}
    found = [p[0] for p in pages(context.facts, frontend) if p and not started & set(p)]
    found = [p for p in dict.fromkeys(found) if _uses_page(context, p)]
    if not found:
        return []
    relative = posixpath.relpath(module.removesuffix(".ts"), parent(found[0]))
    relative = relative if relative.startswith("../") else f"./{relative}"
    return [
        ManualTask(
            title=f"import the SDK first in {' and '.join(found)} too, if errors of that page are to be reported",
            reason="it is an entry of the build too, but does not appear to render anything",
            place=found[0],
            path=found[0],
            snippet=f'import "{relative}";',
        )
    ]


def _uses_page(context: Context, path: str) -> bool:
    root = context.facts.parsed("javascript", path, lambda text: js.parse_javascript(text.encode(), path))
    nodes = js.descend(root) if isinstance(root, Node) else ()
    return any(n.type == "identifier" and js.text_of(n) in _OF_PAGES for n in nodes)
