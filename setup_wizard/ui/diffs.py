"""A file's change as lines with numbers, signs and syntax colors; what is unchanged far from a change is folded."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from msgspec import Struct
from textual.content import Content, Span

from setup_wizard.plan.model import FileChange
from setup_wizard.ui.text import MUTED, Row, safe
from setup_wizard.ui.widgets.rows import Rows

CONTEXT = 3
"""Unchanged lines that are shown around a change."""

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

_SIGNS = {"+": ("$role-pass", " on $ground-added"), "-": ("$role-fail", " on $ground-removed"), " ": (MUTED, "")}


class Line(Struct, frozen=True):
    """A line of a diff: sign (`+`, `-`, a space, or `…` for folded ones), its number in its own version, and its text."""

    sign: str
    number: int
    text: str


def lines_of(change: FileChange) -> tuple[Line, ...]:
    """Return a change's lines; of a file that git ignores only what is added, its other lines may be secret."""
    before, after = _split(change.before or b""), _split(change.after)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    context = 0 if change.secret else CONTEXT
    found: list[Line] = []
    last = 0
    for group in matcher.get_grouped_opcodes(context):
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
    if found and len(after) > last:
        found.append(Line("…", 0, _folded(len(after) - last)))
    return tuple(found)


def _split(data: bytes) -> list[str]:
    """Return the lines as an editor counts them: a form feed or U+2028 ends none."""
    lines = [line.removesuffix("\r") for line in data.decode("utf-8", errors="replace").split("\n")]
    return lines[:-1] if not lines[-1] else lines


def _folded(count: int) -> str:
    return f"{count:,} unchanged line{'s' * (count != 1)}"


def counted(lines: tuple[Line, ...]) -> str:
    """Return how many lines come and go: `+9 −0`."""
    added, removed = (sum(line.sign == sign for line in lines) for sign in "+-")
    return f"+{added:,} −{removed:,}"


def rows_of(path: str, lines: tuple[Line, ...]) -> Rows:
    """Return a change for the screen: number and sign in a column of their own, the code beside them in its colors."""
    width = max((len(str(line.number)) for line in lines), default=1)
    colored = _colored(path, lines)
    rows: list[Row] = []
    for line, code in zip(lines, colored, strict=True):
        if line.sign == "…":
            rows.append((Content.assemble((" " * width + "  ⋯ ", MUTED)), Content.assemble((line.text, MUTED))))
            continue
        style, ground = _SIGNS[line.sign]
        lead = Content.assemble((f"{line.number:>{width}} ", MUTED), (f" {line.sign} ", style + ground))
        rows.append((lead, code.stylize_before(ground.strip()) if ground else code))
    return Rows(rows)


def _colored(path: str, lines: tuple[Line, ...]) -> list[Content]:
    """Return each line's text in its colors: each version is read by itself, as its language has it."""
    shown = [Content(safe(line.text.replace("\t", "    "))) for line in lines]
    language = _LANGUAGES.get(path.rsplit(".", 1)[-1].lower())
    if language is None:
        return shown
    for sign in ("+", "-"):
        mine = [n for n, line in enumerate(lines) if line.sign in (sign, " ")]
        found = list(_spans("\n".join(shown[n].plain for n in mine), language))
        if len(found) == len(mine):  # a lexer that took a character for the end of a line colors nothing
            for n, spans in zip(mine, found, strict=True):
                shown[n] = Content(shown[n].plain, spans)
    return shown


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
