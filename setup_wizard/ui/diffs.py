"""A file's change as lines with numbers, signs and syntax colors; what is unchanged far from a change is folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from textual.content import Content, Span

from setup_wizard.plan.model import FileChange
from setup_wizard.plan.parts import lines, parts_of
from setup_wizard.ui.text import MUTED, Row, safe
from setup_wizard.ui.widgets.rows import Rows

_LANGUAGES = {
    "py": "python",
    "ts": "typescript",
    "tsx": "tsx",
    "js": "javascript",
    "jsx": "jsx",
    "mjs": "javascript",
    "mts": "typescript",
    "vue": "vue",
    "json": "json",
    "yml": "yaml",
    "yaml": "yaml",
    "toml": "toml",
    "sh": "bash",
    "ini": "ini",
    "cfg": "ini",
}
"""Pygments' lexer of a suffix; guessing by the text would load every lexer there is."""

_SIGNS = {"+": ("$role-pass", "on $ground-added"), "-": ("$role-fail", "on $ground-removed"), " ": (MUTED, "")}


class Line(Struct, frozen=True):
    """A line of a diff: sign (`+`, `-`, a space, or `…` for folded ones), its number in its own version, and its text."""

    sign: str
    number: int
    text: str


def lines_of(change: FileChange) -> tuple[Line, ...]:
    """Return a change's lines, all its parts together."""
    return tuple(line for part in blocks_of(change) for line in part)


def blocks_of(change: FileChange) -> tuple[tuple[Line, ...], ...]:
    """Return the lines of each part of a change; of a file that git ignores only what is added, its other lines may be secret."""
    before, after = ([_shown(x) for x in lines(data)] for data in (change.before, change.after))
    blocks: list[tuple[Line, ...]] = []
    last = 0
    for part in parts_of(change):
        group = part.opcodes
        found: list[Line] = []
        if group[0][3] > last:
            found.append(Line("…", 0, _folded(group[0][3] - last)))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                found += [Line(" ", j1 + n + 1, text) for n, text in enumerate(after[j1:j2])]
                continue
            hidden = ["…"] * (i2 - i1) if change.secret else before[i1:i2]
            found += [Line("-", i1 + n + 1, text) for n, text in enumerate(hidden)]
            found += [Line("+", j1 + n + 1, text) for n, text in enumerate(after[j1:j2])]
        last = group[-1][4]
        blocks.append(tuple(found))
    if blocks and len(after) > last:
        blocks[-1] = (*blocks[-1], Line("…", 0, _folded(len(after) - last)))
    return tuple(blocks)


def _shown(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")


def first_of(part: tuple[Line, ...]) -> str:
    """Return a part in a line: where it is, and the first text that it brings, else takes away."""
    changed = [x for x in part if x.sign in "+-"]
    said = next((x.text.strip() for s in "+-" for x in changed if x.sign == s and x.text.strip()), "")
    return f"line {changed[0].number}  {said}" if changed else ""


def _folded(count: int) -> str:
    return f"{count:,} unchanged line{'s' * (count != 1)}"


def counted(lines: tuple[Line, ...]) -> str:
    """Return how many lines come and go: `+9 −0`."""
    added, removed = (sum(line.sign == sign for line in lines) for sign in "+-")
    return f"+{added:,} −{removed:,}"


def gutter_of(blocks: Iterable[tuple[Line, ...]]) -> int:
    """Return the cells that the longest line number takes, so that the code of all files begins in one column."""
    return max((len(str(line.number)) for part in blocks for line in part), default=1)


def rows_of(path: str, lines: tuple[Line, ...], gutter: int, *, out: bool = False) -> Rows:
    """Return a change for the screen: number and sign in a column of their own, the code beside them in its colors.

    `out`: the change is left out, so nothing of it has a color.
    """
    colored = [Content.assemble((c.plain, MUTED)) for c in _shown_of(lines)] if out else _colored(path, lines)
    rows: list[Row] = []
    grounds: dict[int, str] = {}
    for line, code in zip(lines, colored, strict=True):
        if line.sign == "…":
            rows.append((Content.assemble((" " * gutter + "  ⋯ ", MUTED)), Content.assemble((line.text, MUTED))))
            continue
        style, ground = (MUTED, "") if out else _SIGNS[line.sign]
        if ground:
            grounds[len(rows)] = ground
        rows.append(
            (Content.assemble((f"{line.number:>{gutter}} ", MUTED), (f" {line.sign} ", f"{style} {ground}")), code)
        )
    return Rows(rows, grounds=grounds)


def _shown_of(lines: tuple[Line, ...]) -> list[Content]:
    return [Content(safe(line.text.replace("\t", "    "))) for line in lines]


def _colored(path: str, lines: tuple[Line, ...]) -> list[Content]:
    """Return each line's text in its colors: each version is read by itself, as its language has it."""
    shown = _shown_of(lines)
    for sign in ("+", "-"):
        mine = [n for n, line in enumerate(lines) if line.sign in (sign, " ")]
        for n, line in zip(mine, colored(path, [shown[n].plain for n in mine]), strict=True):
            shown[n] = line
    return shown


def colored(path: str, lines: list[str]) -> list[Content]:
    """Return lines of a file in the colors of its language, which its suffix says; without colors where that is not known."""
    language = _LANGUAGES.get(path.rsplit(".", 1)[-1].lower())
    found = list(_spans("\n".join(lines), language)) if language else []
    if len(found) != len(lines):  # a lexer that took a character for the end of a line colors nothing
        return [Content(line) for line in lines]
    return [Content(line, spans) for line, spans in zip(lines, found, strict=True)]


def _spans(text: str, language: str) -> Iterator[list[Span]]:
    """Yield the colored spans of each line."""
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
    from pygments.token import Comment, Keyword, Name, Number, String  # type: ignore[import-untyped]

    styles = (
        (Comment, MUTED),
        (Keyword, "$role-accent"),
        (Name.Tag, "$role-accent"),
        (Name.Decorator, "$role-accent"),
        (String, "$role-wired"),
        (Number, "$role-unknown"),
    )
    spans: list[list[Span]] = [[]]
    column = 0
    for kind, token in get_lexer_by_name(language, stripnl=False, ensurenl=False).get_tokens(text):
        style = next((s for k, s in styles if kind in k), None)
        for n, part in enumerate(token.split("\n")):
            if n:
                spans.append([])
                column = 0
            if style and part:
                spans[-1].append(Span(column, column + len(part), style))
            column += len(part)
    yield from spans
