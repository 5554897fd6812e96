"""Insert-only edits of YAML: places found with a real parser's marks, whole lines inserted, nothing re-printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from setup_wizard.editors.base import Edit, Edited, Refused, Text, Unchanged

_EXPLICIT_KEY = lazy_pattern(r"(?m)^[ ]*(?:- +)*\?(?: |$)")
_MARK = lazy_pattern(r"(?:---|\.\.\.)(?:\s|$)")
"""The end of a document, or the beginning of another: what is appended would belong to that one."""


class NotFollowedError(Exception):
    """A YAML shape that an editor does not follow."""


class Lines:
    """A YAML text as lines with their ends, and its parsed document. Raises `NotFollowedError` for what is no YAML."""

    def __init__(self, body: str, path: str) -> None:
        self.path = path
        self.lines = body.splitlines(keepends=True)
        if any(len(line.rstrip("\r\n").splitlines()) > 1 for line in self.lines) or re.search(
            "[\x85\u2028\u2029\x0b\x0c]", body
        ):
            raise NotFollowedError(f"{path} has unusual line ends")
        try:
            document = y.parse_yaml(body, exact=True)
        except ParseError as error:
            raise NotFollowedError(
                f"{path}: {error.message}" + (f", line {error.line}" if error.line else "")
            ) from error
        if not isinstance(document, MappingNode):
            raise NotFollowedError(f"{path} is not a mapping")
        if _EXPLICIT_KEY.search(body):
            raise NotFollowedError(f"{path} writes keys with a question mark")
        first = document.start_mark.line
        if any(_MARK.match(row) for row in self.lines[first + 1 :]):
            raise NotFollowedError(f"{path} contains several documents or document markers")
        self.document: MappingNode = document

    def indent_of(self, line: int) -> int:
        """Return the number of spaces that begin a line (0-based number)."""
        return len(self.lines[line]) - len(self.lines[line].lstrip(" "))

    def blank(self, line: int) -> bool:
        """Return whether a line is empty."""
        return not self.lines[line].strip()

    def comment(self, line: int) -> bool:
        """Return whether a line is nothing but a comment."""
        return self.lines[line].lstrip(" ").startswith("#")

    def block_end(self, first: int, column: int) -> int:
        """Return the number of the line after a block: the lines below `first` that are indented deeper than `column`.

        A comment may stand anywhere: one that is not indented deeper neither ends the block nor belongs to it.
        """
        end = first + 1
        for number in range(first + 1, len(self.lines)):
            if self.blank(number):
                continue
            if self.indent_of(number) > column:
                end = number + 1
            elif not self.comment(number):
                break
        return end

    def sequence_end(self, key_line: int, key_column: int) -> int:
        """Return the line after a block sequence below a key, also where its dashes stand in the key's column."""
        end = key_line + 1
        for number in range(key_line + 1, len(self.lines)):
            if self.blank(number):
                continue
            indent = self.indent_of(number)
            dash = self.lines[number].lstrip().startswith("-")
            if indent > key_column or (indent == key_column and dash):
                end = number + 1
            elif not self.comment(number):
                break
        return end


def key_node(mapping: Node | None, key: str) -> ScalarNode | None:
    """Return the node of a mapping's own key. Raises `NotFollowedError` for one that occurs twice."""
    entries = mapping.value if isinstance(mapping, MappingNode) else []
    found = [node for node, _ in entries if isinstance(node, ScalarNode) and node.value == key]
    if len(found) > 1:
        raise NotFollowedError(f"`{key}` occurs twice")
    return found[0] if found else None


def is_block(node: Node | None) -> bool:
    """Return whether a collection is written in block style, without flow braces."""
    return isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style


def column(node: Node) -> int:
    """Return the 0-based column at which a node begins."""
    return int(node.start_mark.column)


def line(node: Node) -> int:
    """Return the 0-based line on which a node begins."""
    return int(node.start_mark.line)


Finder = Callable[[Lines], Mapping[int, str]]
"""Finds what is to be inserted: whole lines, by the number (0-based) of the line before which they go."""


def insert_blocks(text: Text, path: str, find: Finder, *, snippet: str, place: str, up_to_date_reason: str) -> Edit:
    """Insert what `find` asks for; a file without a final line end stays without one. `up_to_date_reason` says that nothing is missing.

    What was inserted is looked for again: where the parser does not see it as meant, nothing is changed.
    """
    try:
        lines = Lines(text.body, path)
        blocks = find(lines)
    except NotFollowedError as refusal:
        return Refused(str(refusal), snippet, place)
    if not blocks:
        return Unchanged(f"{path} {up_to_date_reason}")
    out = list(lines.lines)
    for number, block in sorted(blocks.items(), reverse=True):
        if number == len(out) and out and not out[-1].endswith("\n"):
            out[-1] += text.newline
            block = block.removesuffix(text.newline)
        out.insert(number, block)
    body = "".join(out)
    try:
        after = Lines(body, path)
    except NotFollowedError:
        return Refused(f"{path} would not parse after the edit", snippet, place)
    with suppress(NotFollowedError):  # the place may be named by a line that has moved
        if find(after):
            return Refused(f"{path} would not have the intended content after the edit", snippet, place)
    return Edited(text.encode(body))
