"""The grammar of bash within a budget, and the few words of three-valued logic that reading a script needs."""

from __future__ import annotations

import re
import time
from itertools import pairwise

from tree_sitter import Node, Parser

from checks.parsers.grammars import language
from checks.parsers.text import ParseError

MAX_SCRIPT_BYTES = 64 * 1024
"""Characters of a script that are read."""

REDIRECTS = ("file_redirect", "herestring_redirect", "heredoc_redirect")
"""Kinds of nodes among a command's words that are none of them."""
_STEPS = 200
SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ash"})
"""Programs that run a script of this grammar."""
_USERS = frozenset({"su", "runuser"})
"""Programs that start a user's shell, which runs what stands behind `-c`."""


def parse_bash(data: bytes) -> Node:
    """Parse within a budget: error recovery has no other bound."""
    left, until = _STEPS + len(data) // 4, time.thread_time() + 0.5 + 6e-6 * len(data)

    def tired(*_: object) -> bool:
        nonlocal left
        left -= 1
        return left < 0 or time.thread_time() > until

    try:
        tree = Parser(language("tree_sitter_bash")).parse(
            lambda at, _: data[at : at + MAX_SCRIPT_BYTES], progress_callback=tired
        )
    except ValueError:
        raise ParseError("a syntax error") from None
    if tree.root_node.has_error:
        line = next((n.start_point[0] + 1 for n in _errors(tree.root_node)), None)
        raise ParseError("not read as shell", line)
    root = Parser(language("tree_sitter_bash")).parse(data).root_node
    for _ in range(_MOST_JOINED):
        at = _joined(root, data)
        if at is None:
            break
        data = data[:at] + b";" + data[at:]
        apart = Parser(language("tree_sitter_bash")).parse(data).root_node
        if apart.has_error:
            break
        root = apart
    return root


_MOST_JOINED = 20


def _joined(root: Node, data: bytes) -> int | None:
    """Return where the last word of a line ends to which the grammar adds the next one: the end of a longer pipeline before a heredoc.

    A `;` there changes neither the lines nor what is said.
    """
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "command":
            for one, other in pairwise(node.children):
                if "comment" in (one.type, other.type):
                    continue  # the lines of a Dockerfile's comment are none of its command
                between = data[one.end_byte : other.start_byte]
                if b"\n" in between.replace(b"\\\n", b"").replace(b"\\\r\n", b""):
                    return one.end_byte
        stack.extend(reversed(node.children))
    return None


def _errors(root: Node) -> list[Node]:
    stack, found = [root], []
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found.append(node)
        stack.extend(c for c in reversed(node.children) if c.has_error or c.is_missing)
    return found


def functions_of(text: str) -> dict[str, str]:
    """Return the bodies of the functions that a script defines at its top, by name. Raises `ParseError`."""
    found: dict[str, str] = {}
    for node in parse_bash(text.encode()).named_children:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if node.type == "function_definition" and name is not None and body is not None:
            found[(name.text or b"").decode("utf-8", "replace")] = (body.text or b"").decode("utf-8", "replace")
    return found


def inner_script(words: list[str]) -> str | None:
    """Return the script of `bash -c '…'`, `su -c '…' user` and `eval …`."""
    while words and words[0] in ("sudo", "exec"):
        words = words[1:]
    if len(words) > 1 and words[0] == "eval":
        return " ".join(words[1:])
    if words and words[0].rpartition("/")[2] in SHELLS | _USERS:
        at = next((i for i, w in enumerate(words) if re.fullmatch(r"-[a-z]*c|--command", w)), None)
        return words[at + 1] if at is not None and at + 1 < len(words) else None
    return None


def and_(left: bool | None, right: bool | None) -> bool | None:
    """Return whether both hold."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def or_(left: bool | None, right: bool | None) -> bool | None:
    """Return whether one of two holds."""
    return not_(and_(not_(left), not_(right)))


def not_(value: bool | None) -> bool | None:
    """Return the opposite; of what is not known, nothing is known."""
    return None if value is None else not value
