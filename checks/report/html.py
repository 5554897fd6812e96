"""One HTML page to pass on: no scripts, nothing loaded from elsewhere; for phones, desktops, dark screens and paper."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from checks.model import Report
from checks.report.excerpt import Source
from checks.report.safe import printable, redact
from checks.report.view import STATES, Decision, number, view
from checks.version import __version__

_FOLDER = Path(__file__).parent / "templates"


def render_html(report: Report, decision: Decision | None = None, source: Source | None = None) -> str:
    """Return the whole report; a `decision` makes it the report of a launch, with GO or NO-GO first,
    and `source` gives the lines that failures point at.

    Everything of the repository and of Sentry is escaped by the template engine, control characters too.
    """
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, Markup) else printable(str(value)),
    )
    environment.filters["prose"] = prose
    page = environment.get_template("report.html.j2").render(
        page=view(report, decision, source),
        states=list(STATES.values()),
        number=number,
        version=__version__,
        style=Markup((_FOLDER / "report.css").read_text("utf-8")),
    )
    return redact(page).rstrip("\n") + "\n"


def prose(text: str) -> Markup:
    """Escape a text; words between backticks become code, and a lower-case first word starts the sentence."""
    parts = printable(text).split("`")
    out = Markup("")
    for index, part in enumerate(parts):
        code = index % 2 == 1 and index < len(parts) - 1
        out += Markup("<code>{}</code>").format(part) if code else escape(part if index % 2 == 0 else f"`{part}")
    return out
