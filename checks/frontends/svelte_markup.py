"""Svelte's error boundaries, read from the markup of a component; their handlers are JavaScript and parsed as such.

https://svelte.dev/docs/svelte/svelte-boundary
"""

from __future__ import annotations

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.repository.browser import script_part
from checks.repository.facts import Facts

_OPENING = "<svelte:boundary"


class Boundary(Struct, frozen=True):
    """A `<svelte:boundary>`: its line, its `onerror` expression (None: none), and whether it shows something for an error.

    `readable` is False where its attributes come from a spread or cannot be parsed.
    """

    line: int
    handler: Node | None
    fails: bool
    readable: bool = True


def boundaries(facts: Facts, path: str) -> list[Boundary]:
    """Return the boundaries of a component; each catches errors only with `onerror` or `failed`."""
    text = facts.text(path) or ""
    found, at = [], text.find(_OPENING)
    while at != -1:
        end, attributes = _tag(text, at + len(_OPENING))
        line = text.count("\n", 0, at) + 1
        closing = text.find("</svelte:boundary", end)
        body = text[end : closing if closing != -1 else len(text)]
        fails = "failed" in attributes or "{#snippet failed" in body
        readable = not any(name.startswith("{...") for name in attributes)
        given = attributes.get("onerror") or attributes.get("{onerror}")
        handler = _handler(text, path, *given) if given is not None else None
        found.append(Boundary(line, handler, fails, readable and (given is None or handler is not None)))
        at = text.find(_OPENING, end)
    return found


def _tag(text: str, at: int) -> tuple[int, dict[str, tuple[int, int]]]:
    """Return the end of a tag, and its attributes with the place of each one's expression."""
    attributes: dict[str, tuple[int, int]] = {}
    while at < len(text) and text[at] != ">":
        char = text[at]
        if char.isspace() or char == "/":
            at += 1
        elif char == "{":
            end = _closing(text, at)
            attributes[text[at:end].replace(" ", "")] = (at + 1, end - 1)
            at = end
        else:
            begin = at
            while at < len(text) and not text[at].isspace() and text[at] not in "=>{":
                at += 1
            name = text[begin:at]
            value = (at, at)
            if text[at : at + 1] == "=":
                at += 1
                if text[at : at + 1] == "{":
                    value, at = (at + 1, _closing(text, at) - 1), _closing(text, at)
                elif text[at : at + 1] in ("'", '"'):
                    stop = text.find(text[at], at + 1)
                    value, at = (at + 1, stop), (stop + 1 if stop != -1 else len(text))
            attributes[name] = value
            at = max(at, begin + 1)
    return min(at + 1, len(text)), attributes


def _closing(text: str, at: int) -> int:
    """Return the place behind the brace that closes the one at a place; quotes inside are skipped."""
    depth, quote = 0, ""
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"`":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return at


def _handler(text: str, path: str, start: int, end: int) -> Node | None:
    """Parse an attribute's expression behind the component's own script, so that its names are those of the script."""
    begin = f"{script_part(text, path)}\n;("
    try:
        root = js.parse_javascript(f"{begin}{text[start:end]})".encode(), path)
    except ParseError:
        return None
    last = next((n for n in reversed(root.named_children) if n.type != "comment"), None)
    return js.unwrap(last.named_children[0]) if last is not None and last.type == "expression_statement" else None
