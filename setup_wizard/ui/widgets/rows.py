"""Rows of a lead and a body: the body wraps beside its lead, so that a place, a glyph or a number keeps its own column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.segment import Segment
from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

_BESIDE = 14
"""The fewest cells in which a body is still read beside its lead."""


OPENS = " ↗"
"""What follows a link."""


class Rows(Visual):
    """Rows of `(lead, body)`; a lead that leaves its body no room has a line of its own, and the body stands below it.

    `grounds` are styles that fill the whole width of the body, by the number of the row.
    """

    def __init__(
        self,
        rows: Iterable[tuple[Content | str, Content | str]],
        *,
        below: int = 4,
        grounds: Mapping[int, str] | None = None,
    ) -> None:
        self.rows = tuple((_content(lead), _content(body)) for lead, body in rows)
        self.below = below
        self.grounds = grounds or {}

    def __str__(self) -> str:
        """The rows as plain text."""
        return "\n".join(f"{lead.plain}{body.plain}" for lead, body in self.rows)

    def _laid(self, width: int) -> Iterable[tuple[Content, Content, int, str | None]]:
        for number, (lead, body) in enumerate(self.rows):
            beside, ground = lead.cell_length, self.grounds.get(number)
            if body.plain and beside and width - beside < min(_BESIDE, body.cell_length):
                yield lead, Content(""), 0, ground
                below = min(self.below, width - 1)
                yield Content(""), _whole(body, width - below), below, ground
            else:
                yield lead, _whole(body, width - beside), beside, ground

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width in which nothing wraps."""
        return max((lead.cell_length + body.cell_length for lead, body in self.rows), default=0)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return the number of lines in a width."""
        return sum(
            (body if beside or not lead.plain else lead).get_height({}, max(width - beside, 1))
            for lead, body, beside, _ in self._laid(width)
        )

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Return the lines."""
        strips: list[Strip] = []
        for lead, body, beside, named in self._laid(width):
            ground = style + options.get_style(named) if named else style
            if not beside:
                whole = (body if not lead.plain else lead).render_strips(width, None, ground, options)
                strips += [x.extend_cell_length(width, ground.rich_style) for x in whole] if named else whole
                continue
            lines = body.render_strips(max(width - beside, 1), None, ground, options)
            if named:
                lines = [line.extend_cell_length(width - beside, ground.rich_style) for line in lines]
            leads = lead.render_strips(beside, 1, style, options) if lead.plain else []
            blank = Strip([Segment(" " * beside, style.rich_style)], beside)
            first = leads[0].adjust_cell_length(beside, style.rich_style) if leads else blank
            strips += [Strip.join([first if n == 0 else blank, line]) for n, line in enumerate(lines)]
        return strips if height is None else strips[:height]


def _whole(body: Content, width: int) -> Content:
    """Return a body without the sign that ends a link, where the sign would be in a line of its own."""
    if not body.plain.endswith(OPENS):
        return body
    bare, room = body[: -len(OPENS)], max(width, 1)
    return bare if bare.get_height({}, room) < body.get_height({}, room) else body


def _content(text: Content | str) -> Content:
    return text if isinstance(text, Content) else Content(text)
