"""Insertions into JavaScript literals: an element or property more, in the file's own layout; nothing is re-printed."""

from __future__ import annotations

import re

from tree_sitter import Node

from checks.parsers import javascript as js
from setup_wizard.editors.base import indent_unit, line_indent, line_start

Splice = tuple[int, int, str]
"""`(start, end, text)` in characters: what is there is replaced."""


def trailing_comma(root: Node) -> str:
    """Return `,` where most literals over several lines end with one (or none tells), else nothing."""
    with_comma = without = 0
    for node in js.descend(root):
        if node.type in ("object", "array") and node.named_children and node.start_point[0] != node.end_point[0]:
            last = [c for c in node.children if c.type != "comment"][-2:]
            if last[0].end_point[0] != node.end_point[0]:
                with_comma, without = with_comma + (last[0].type == ","), without + (last[0].type != ",")
    return "," if with_comma >= without else ""


class Script:
    """A module's text, for insertions at the places of its nodes."""

    def __init__(self, body: str, root: Node, newline: str) -> None:
        self.body, self.raw, self.root, self.newline = body, body.encode(), root, newline
        self.unit = indent_unit(body)
        quotes = [js.text_of(n)[0] for n in js.descend(root) if n.type == "string"]
        self.comma = trailing_comma(root)
        self.quote = '"' if quotes.count('"') > quotes.count("'") else "'"

    def at(self, offset: int) -> int:
        """Turn a byte offset into one of characters."""
        return len(self.raw[:offset].decode())

    def lines(self, text: str) -> str:
        """Give a text the file's line ends."""
        return text.replace("\n", self.newline)

    def inner_indent(self, node: Node) -> str:
        """Return the indentation of what stands in a literal, one level deeper than its line where it is in one line."""
        entries = [n for n in node.named_children if n.type != "comment"]
        if entries and entries[0].start_point[0] != node.start_point[0]:
            return line_indent(self.body, self.at(entries[0].start_byte))
        return line_indent(self.body, self.at(node.start_byte)) + self.unit

    def append(self, array: Node, text: str) -> list[Splice]:
        """Add an element at the end of an array literal; `text` is indented as `inner_indent` says, less its first line."""
        elements = [n for n in array.named_children if n.type != "comment"]
        home, inner = line_indent(self.body, self.at(array.start_byte)), self.inner_indent(array)
        opening, closing = self.at(array.start_byte) + 1, self.at(array.end_byte) - 1
        if not elements:
            if any(n.type == "comment" for n in array.named_children):
                start = line_start(self.body, closing)
                if self.body[start:closing].strip() == "":
                    return [(start, start, self.lines(f"{inner}{text}{self.comma}\n"))]
                return [(closing, closing, self.lines(f"\n{inner}{text}{self.comma}\n{home}"))]
            return [(opening, closing, self.lines(f"\n{inner}{text}{self.comma}\n{home}"))]
        last = elements[-1]
        end = self.at(last.end_byte)
        if last.end_point[0] == array.end_point[0] and elements[0].start_point[0] == array.start_point[0]:
            return self.into_one_line(array, opening, end, closing, inner, home, text)
        return self.after(last, end, f"{inner}{text}", closing)

    def into_one_line(
        self, array: Node, opening: int, end: int, closing: int, inner: str, home: str, call: str
    ) -> list[Splice]:
        """Open up `[react(), tailwind()]`: one element a line, as formatters write what does not fit into one."""
        if any(n.type == "comment" for n in array.named_children) or array.start_point[0] != array.end_point[0]:
            comma = "" if self.body[end:closing].strip().startswith(",") else ","
            return [(closing, closing, self.lines(f"{comma} {call}"))]
        elements = [n for n in array.named_children if n.type != "comment"]
        starts = [self.at(n.start_byte) for n in elements]
        ends = [opening, *(self.at(n.end_byte) for n in elements)]
        parts = [
            (a, b, self.lines(f"{',' if n else ''}\n{inner}"))
            for n, (a, b) in enumerate(zip(ends, starts, strict=False))
        ]
        return [*parts, (end, closing, self.lines(f",\n{inner}{call}{self.comma}\n{home}"))]

    def after(self, node: Node, end: int, text: str, closing: int) -> list[Splice]:
        """Insert a line after an element or property, keeping a comment at its end; the comma style stays."""
        match = re.compile(r"[ \t]*,").match(self.body, end)
        comma = match is not None
        place = match.end() if match else end
        comment = re.compile(r"[ \t]*(//[^\r\n]*|/\*[^\r\n]*\*/)").match(self.body, place)
        if comment:
            place = comment.end()
        same_line = self.body[place:closing].split("\n")[0].strip()
        if same_line and not comma:
            following = node.next_named_sibling
            if following is None or following.type != "comment":
                same_line = ""
        inserted = self.lines(f"\n{text}") + ("," if comma else "")
        if comma:
            return [(place, place, inserted)]
        if place == end:
            return [(end, end, "," + inserted)]
        return [(end, end, ","), (place, place, inserted)]

    def insert_properties(self, node: Node, texts: list[str]) -> list[Splice]:
        """Add properties at the end of an object literal."""
        entries = [n for n in node.named_children if n.type != "comment"]
        opening, closing = self.at(node.start_byte) + 1, self.at(node.end_byte) - 1
        home = line_indent(self.body, opening)
        indent = home + self.unit
        if not entries:
            inner = "\n" + ",\n".join(indent + t for t in texts) + self.comma
            if any(n.type == "comment" for n in node.named_children):
                return [(opening, opening, self.lines(inner))]
            return [(opening, closing, self.lines(f"{inner}\n{home}"))]
        last = entries[-1]
        end = self.at(last.end_byte)
        if node.start_point[0] == node.end_point[0] or last.start_point[0] == node.start_point[0]:
            comma = "" if re.match(r"\s*,", self.body[end:closing]) else ","
            if comma:
                return [(end, end, self.lines(", " + ", ".join(texts)))]
            after = end + self.body[end:closing].index(",") + 1
            return [(after, after, self.lines(" " + ", ".join(texts) + ","))]
        own = line_indent(self.body, self.at(last.start_byte))
        return self.after(last, end, (",\n" + own).join([own + texts[0], *texts[1:]]), closing)
