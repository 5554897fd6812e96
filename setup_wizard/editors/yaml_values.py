"""Insert-only edits of YAML below one key: entries of a mapping, of a list, or lines of a block of text."""

from __future__ import annotations

from collections.abc import Callable

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.parsers import yaml as y
from setup_wizard.editors.base import Edit, Edited, Refused, Text, Unchanged, line_starts, splice
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, is_block, key_node, line

Splice = tuple[int, int, str]

_YAML_BREAKS = "\x85\u2028\u2029"
"""What ends a line in YAML 1.1, and not in a text (https://yaml.org/spec/1.1/#b-char)."""


def splice_yaml(
    text: Text, path: str, find: Callable[[Lines], list[Splice]], *, snippet: str, place: str, up_to_date_reason: str
) -> Edit:
    """Make the splices (offsets in the text) that `find` asks for; what they made is looked for again before it counts."""
    if "\r" in text.body.replace("\r\n", "") or any(c in text.body for c in _YAML_BREAKS):
        return Refused(f"{path} has line ends of several kinds", snippet, place)
    try:
        splices = find(Lines(text.body, path))
    except NotFollowedError as refusal:
        return Refused(str(refusal), snippet, place)
    if not splices:
        return Unchanged(f"{path} {up_to_date_reason}")
    body = splice(text.body, splices)
    try:
        again = find(Lines(body, path))
    except NotFollowedError as refusal:
        return Refused(f"{path} would not be followed after the edit: {refusal}", snippet, place)
    if again:
        return Refused(f"{path} would not have the intended content after the edit", snippet, place)
    return Edited(text.encode(body))


class Below:
    """Places below the keys of a mapping that is written in block style. Raises `NotFollowedError` for any other."""

    def __init__(self, lines: Lines, mapping: Node | None, what: str, newline: str) -> None:
        body = "".join(lines.lines)
        if not isinstance(mapping, MappingNode) or mapping.flow_style or not mapping.value:
            raise NotFollowedError(f"{lines.path}: {what} is written in an unsupported way")
        self.lines, self.mapping, self.what, self.newline, self.body = lines, mapping, what, newline, body
        self.starts = line_starts(body)
        first = mapping.value[0][0]
        self.column = column(first)
        # An alias (`with: *inputs`) stands elsewhere: what is written there, others share.
        if any(column(k) != self.column for k, _ in mapping.value):
            raise NotFollowedError(f"{lines.path}: {what} is written in an unsupported way")

    def _refuse(self, key: str) -> NotFollowedError:
        return NotFollowedError(f"{self.lines.path}: {key} of {self.what} is written in an unsupported way")

    def at_line(self, number: int, rows: list[str]) -> Splice:
        """Return the splice that inserts lines before a line (0-based); a file without a final line end stays without one."""
        block = "".join(r + self.newline for r in rows)
        if number >= len(self.lines.lines):
            at = len(self.body)
            if self.body and not self.body.endswith("\n"):
                return at, at, self.newline + block.removesuffix(self.newline)
            return at, at, block
        return self.starts[number], self.starts[number], block

    def end(self) -> int:
        """Return the line behind the mapping."""
        return self.lines.block_end(line(self.mapping.value[0][0]), self.column - 1)

    def made(self, key: str, rows: list[str], opening: str = "") -> Splice:
        """Return the splice that adds a key with lines below it, which are indented by two."""
        own = " " * self.column
        gap = [""] if self.column == 0 and self._spaced() else []
        return self.at_line(self.end(), [*gap, f"{own}{key}:{opening}", *(f"{own}  {r}" for r in rows)])

    def _spaced(self) -> bool:
        """Return whether at least half of the mapping's keys have an empty line between them and what is before them.

        Where it has one key, those below that key tell.
        """
        spaced, mapping = 0, self.mapping
        if len(mapping.value) == 1 and isinstance(mapping.value[0][1], MappingNode):
            mapping = mapping.value[0][1]
        for key, _ in mapping.value[1:]:
            above = line(key) - 1
            while above > 0 and self.lines.comment(above):
                above -= 1
            spaced += self.lines.blank(above)
        return 0 < len(mapping.value) - 1 <= spaced * 2

    def value(self, key: str) -> tuple[ScalarNode | None, Node | None]:
        """Return a key's own node and its value, two Nones where it is missing."""
        return key_node(self.mapping, key), y.get(self.mapping, key)

    def inserted(self, key: str, rows: list[str]) -> Splice:
        """Return the splice that appends lines to the block below a key, indented as its first line is."""
        name, value = self.value(key)
        if name is None or value is None:
            raise self._refuse(key)
        end = self.lines.block_end(line(name), column(name))
        if isinstance(value, ScalarNode):
            if value.style != "|":
                return self._opened(key, name, value, rows)
            first = next((n for n in range(line(name) + 1, end) if not self.lines.blank(n)), None)
            indent = self.lines.indent_of(first) if first is not None else column(name) + 2
        elif isinstance(value, (MappingNode, SequenceNode)) and is_block(value) and value.value:
            inner = value.value[0][0] if isinstance(value, MappingNode) else value
            if line(inner) <= line(name):
                raise self._refuse(key)
            indent = self.lines.indent_of(line(inner))
            if isinstance(value, SequenceNode):
                if self.lines.lines[line(inner)].lstrip()[:1] != "-":
                    raise self._refuse(key)
                end = self.lines.sequence_end(line(name), column(name))
        else:
            raise self._refuse(key)
        return self.at_line(end, [" " * indent + r for r in rows])

    def _opened(self, key: str, name: ScalarNode, value: ScalarNode, rows: list[str]) -> Splice:
        """Return the splice that makes a block of one plain value: `a: B=1` becomes `a: |` with it below, and the new lines."""
        row = self.lines.lines[line(name)].rstrip("\r\n")
        written = row[column(name) + len(key) + 1 :]
        if line(value) != line(name) or not value.value or written.strip() != value.value:
            raise self._refuse(key)  # quoted, with a comment, or with an anchor
        start = self.starts[line(name)] + column(name) + len(key) + 1
        indent = self.newline + " " * (column(name) + 2)
        return (
            start,
            start + len(written.rstrip("\r\n")),
            f" |{indent}{value.value}" + "".join(indent + r for r in rows),
        )
