"""The release that a browser's init names itself: its events carry that one, whatever the build or CI says."""

from __future__ import annotations

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.inits import browser_inits
from checks.parsers import javascript as js
from checks.repository.browser import reached
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.release_kinds import FULL, kind_of_javascript


class BrowserRelease(Struct, frozen=True):
    """The expression of `release` in an init call, its place, and its kind (None: a text of its own, or not known).

    `written` says that some of it is written out.
    """

    text: str
    path: str
    line: int
    kind: str | None
    written: bool


def init_release(facts: Facts, frontend: Frontend) -> BrowserRelease | None:
    """Return the release of the first init call that is loaded and names one; None without one."""
    loaded = reached(facts, frontend)
    for init in browser_inits(facts, frontend):
        value = init.option("release")
        if value is None or init.path not in loaded:
            continue
        text = js.text_of(value)
        kind, written = kind_of_javascript(text), _is_text(js.unwrap(value))
        return BrowserRelease(" ".join(text.split()), init.path_of("release"), js.line_of(value), kind, written)
    return None


def browser_release(facts: Facts, frontend: Frontend) -> BrowserRelease | None:
    """Return the release that init names where it is not the full commit.

    A variable whose name says nothing may hold the commit: it is none.
    """
    found = init_release(facts, frontend)
    if found is None or found.kind == FULL or (found.kind is None and not found.written):
        return None
    return found


def _is_text(value: Node) -> bool:
    """Return whether an expression is a text that is written out, whole or in part."""
    if value.type == "template_string":
        return any(c.type != "template_substitution" for c in value.named_children)
    if value.type == "binary_expression":
        return any(_is_text(js.unwrap(c)) for c in value.named_children) and js.text_of(value).count("+") > 0
    return bool(js.string_of(value))
