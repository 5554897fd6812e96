"""Lines that remember where in them something begins, so that a report can point at the very place.

A line travels as a plain number through what is read, judged and found. A parser that knows more returns a `Line`, which is
that number and says more to who asks: the column is worked out at the end, for the few places that are reported.
"""

from __future__ import annotations

import ast


class Line(int):
    """A line of a file, counted from 1, with the place within it: a byte, a character, or the text that begins there.

    `byte` is an offset in UTF-8 bytes, as `ast` and tree-sitter count; `column` counts characters from 1; `text` is looked for.
    """

    byte: int | None
    column: int | None
    text: str

    def __new__(cls, number: int, *, byte: int | None = None, column: int | None = None, text: str = "") -> Line:
        """Return a line with the place within it, which one of the three names."""
        line = super().__new__(cls, number)
        line.byte, line.column, line.text = byte, column, text
        return line

    def column_in(self, text: str) -> int | None:
        """Return the column (characters from 1) in the line's text; None where the place is not in it, or not the only one.

        Examples:
            >>> Line(1, byte=3).column_in("é = 1"), Line(1, text="= 1").column_in("é = 1")
            (3, 3)
            >>> Line(1, text="a").column_in("a or a"), Line(1, byte=9).column_in("a")
            (None, None)
        """
        if self.text:
            return text.find(self.text) + 1 if text.count(self.text) == 1 else None
        if self.byte is not None:
            data = text.encode("utf-8", "surrogatepass")
            return len(data[: self.byte].decode("utf-8", "ignore")) + 1 if self.byte < len(data) else None
        return self.column if self.column is not None and self.column <= len(text) else None


def shifted(line: int, by: int) -> int:
    """Return a line so many lines below, as a text that lies within another text is: only what begins there stays known."""
    number = int(line) + by
    return Line(number, text=line.text) if isinstance(line, Line) and line.text else number


def line_of(node: ast.AST) -> int:
    """Return where a statement, an expression or a handler of Python begins; line 1 for what was not written in a file."""
    return Line(getattr(node, "lineno", 1), byte=getattr(node, "col_offset", None))


def line_at(text: str, at: int) -> int:
    """Return the line and the column of a place in a text, both counted in characters."""
    return Line(text.count("\n", 0, at) + 1, column=at - text.rfind("\n", 0, at))


def line_with(text: str, needle: str) -> int | None:
    """Return the first line that contains a text, and where; None where there is none."""
    at = text.find(needle)
    return line_at(text, at) if at >= 0 else None


def written(node: ast.AST) -> str:
    """Return an expression or statement as Python would write it; kept with the node, for it is asked for at each step of a run."""
    text: str | None = getattr(node, "_written", None)
    if text is None:
        text = node._written = ast.unparse(node)  # type: ignore[attr-defined]
    return text
