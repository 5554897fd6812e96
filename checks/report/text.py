"""The report for people: what fails first, each with its place and the next command; everything else in few lines.

The shape follows ruff and zizmor: a block a failing required item, a line a failing recommended one, and counts at the end.
`verbose` shows every item with all its evidence, `quiet` the counts alone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from msgspec import Struct

from checks.model import OFFLINE_NOTE, Finding, ManualTask, Outcome, Proof, Report, Result, Severity, Verdict
from checks.report.excerpt import Excerpt, Source, excerpt
from checks.report.safe import cells, printable, redact
from checks.report.signs import GLYPHS, is_applied, place, strengths, waits_for_sentry

_ASCII = {Outcome.PASS: "+", Outcome.FAIL: "x", Outcome.UNKNOWN: "?", Outcome.NOT_APPLICABLE: "-", Outcome.ERROR: "!"}
_WORDS = {Outcome.NOT_APPLICABLE: "n/a"}
_RED, _GREEN, _YELLOW, _BOLD, _DIM = "31", "32", "33", "1", "2"
_COLORS = {
    Outcome.PASS: _GREEN,
    Outcome.FAIL: _RED,
    Outcome.UNKNOWN: _YELLOW,
    Outcome.NOT_APPLICABLE: _DIM,
    Outcome.ERROR: _RED,
}
WIDTH = 110
"""The columns of a report that no terminal shows."""

_FEW = 12
"""A selection of so few items is shown whole: a person who names items wants to read all that was seen."""

_DETAILED = 4
"""With more failing items than these, each shows one place: a first audit has to fit on a screen."""


class Style(Struct, frozen=True, kw_only=True):
    """How text is written: with terminal colors, with links that terminals open (OSC 8), in ASCII only, in so many columns."""

    color: bool = False
    links: bool = False
    ascii_only: bool = False
    width: int = WIDTH

    def paint(self, text: str, code: str) -> str:
        """Return the text in a color (an SGR code), where colors are wanted."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color else text

    def link(self, text: str, url: str) -> str:
        """Return the text as a link, where the terminal opens links (https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda)."""
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if self.links else text

    def glyph(self, result: Result) -> str:
        """Return the sign of an outcome; a pass that is only wired has its own."""
        if result.outcome is Outcome.PASS and result.proof is Proof.WIRED:
            return "o" if self.ascii_only else "◐"
        return (_ASCII if self.ascii_only else GLYPHS)[result.outcome]

    @property
    def bar(self) -> str:
        """The rule between a line's number and its text."""
        return "|" if self.ascii_only else "│"

    @property
    def arrow(self) -> str:
        """The sign before what to do."""
        return "->" if self.ascii_only else "→"


def tasks_text(tasks: tuple[ManualTask, ...], style: Style) -> list[str]:
    """Return the tasks of the person: open ones with the page, the command or the value, done ones with what showed it."""
    still = sum(not t.done for t in tasks)
    lines = [style.paint(f"For you: {still} of {len(tasks)} still to do", _BOLD)] if tasks else []
    for task in tasks:
        box = ("[x]" if task.done else "[ ]") if style.ascii_only else ("☑" if task.done else "☐")
        lines.append(f"  {box} {printable(task.title)}" + (f": {printable(task.seen)}" if task.done else ""))
        if not task.done:
            where = f"Where: {task.place}" if task.place else None
            copy = f"Copy the DSN from {task.value_url}" if task.value_url else None
            more = [task.url, where, task.command, task.value if task.command is None else None, copy]
            lines += [f"      {printable(x)}" for x in more if x]
    return [*lines, ""] if lines else []


def word(result: Result) -> str:
    """Return how an outcome is written: `pass`, `fail`, `unknown`, `n/a`, `error` or `waived`."""
    return "waived" if result.waiver else _WORDS.get(result.outcome, result.outcome.value)


def render_text(
    report: Report,
    *,
    color: bool = False,
    ascii_only: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    source: Source | None = None,
    width: int = WIDTH,
) -> str:
    """Return the report as text, ending with the summing line; `source` gives the lines that findings point at."""
    style = Style(color=color, links=color, ascii_only=ascii_only, width=width)
    lines: list[str] = []
    if not quiet:
        at = f" at {report.revision[:10]}" if report.revision else ""
        lines += [style.paint(f"Sentry checklist of {printable(report.root)}{at}", _BOLD), ""]
        lines += _every(report, style) if verbose or len(report.results) <= _FEW else _digest(report, style, source)
        lines += [f"Note: {printable(note)}." for note in report.notes if note != OFFLINE_NOTE]
        lines += tasks_text(report.manual, style)
    fresh = tuple(r for r in report.unchecked if not r.known)
    lines += list(_listed("Unchecked", fresh)) + list(_listed("Undecided", report.undecided))
    lines += _listed("Not proven yet", report.unproven)
    lines += _listed("Unchecked already in the baseline", tuple(r for r in report.unchecked if r.known))
    if not quiet:
        lines += _next(report, style)
    lines.append(summing_line(report))
    return redact("\n".join(lines)) + "\n"


def summing_line(report: Report) -> str:
    """Return `N unchecked, M undecided (needs --online)`."""
    hint = " (needs --online)" if report.undecided and not report.online else ""
    known = sum(r.known for r in report.unchecked)
    new = f" ({len(report.unchecked) - known} new)" if known else ""
    return f"{len(report.unchecked)} unchecked{new}, {len(report.undecided)} undecided{hint}"


def standing(report: Report) -> str:
    """Return the required items that do not pass, for someone who sets them up: `5 required items failing, 7 unknown: connect …`."""
    failing, unknown = len(report.unchecked), len(report.undecided)
    if not failing and not unknown:
        return "Every required item passes"
    parts = [f"{failing} required item{'s' * (failing != 1)} failing"] + [f"{unknown} unknown"] * bool(unknown)
    return ", ".join(parts) + (" (connect to Sentry to check them)" if unknown and not report.online else "")


def counts(report: Report) -> str:
    """Return the headline's counts: `30 passing (19 proven, 7 wired), 3 failing, 2 unknown`, zeros left out."""
    passing = [r for r in report.results if r.outcome is Outcome.PASS]
    failing = [r for r in report.results if r.outcome in (Outcome.FAIL, Outcome.ERROR) and not r.waiver]
    numbers = (
        (len(passing), "passing" + strengths([r.proof.value for r in passing if r.proof])),
        (len(failing), "failing"),
        (sum(r.waiver is not None for r in report.results), "waived"),
        (sum(r.outcome is Outcome.UNKNOWN for r in report.results), "unknown"),
    )
    return ", ".join(f"{n} {name}" for n, name in numbers if n) or "nothing applies"


def _listed(title: str, results: tuple[Result, ...]) -> Iterator[str]:
    if results:
        yield f"{title}: " + ", ".join(r.item.id for r in results)


def _next(report: Report, style: Style) -> list[str]:
    """Return the counts, and the command that comes next."""
    lines = [counts(report)]
    fixable = sum(is_applied(r) for r in report.results if not r.waiver)
    if fixable:
        plan, apply = (f"`{style.paint(c, _BOLD)}`" for c in ("sentry-setup plan", "sentry-setup apply --yes"))
        failing = sum(r.outcome in (Outcome.FAIL, Outcome.ERROR) and not r.waiver for r in report.results)
        them = f"{fixable} of them" if failing > 1 else "it"
        lines.append(f"`apply` can fix {them}: run {plan} to see the changes, {apply} to make them")
    return lines


# ---- the digest: failures first


def _digest(report: Report, style: Style, source: Source | None) -> list[str]:
    required = [r for r in report.results if r.unchecked or r.outcome is Outcome.ERROR]
    waived = [r for r in report.results if r.waiver]
    lines: list[str] = []
    for result in required:
        lines += _block(result, style, source, places=2 if len(required) <= _DETAILED else 1)
    lines += [""] if required else []
    worth = [r for r in report.results if r.outcome is Outcome.FAIL and not r.waiver and r not in required]
    for result in worth:
        lines.append(_line(result, style))
    unknown = [r for r in report.results if r.outcome is Outcome.UNKNOWN]
    asks = [r for r in unknown if not report.online and waits_for_sentry(r)]
    lines += _unknown([r for r in unknown if r not in asks], style)
    if asks:
        need = "needs" if len(asks) == 1 else "need"
        lines.append(_folded("?", _YELLOW, f"{len(asks)} {need} Sentry (run with `--online`)", asks, style))
    for result in waived:
        lines += [_line(result, style)]
    passing = [r for r in report.results if r.outcome is Outcome.PASS]
    for result in passing:
        if _deciding(result):
            lines.append(_line(result, style))
    if passing:
        sign = "+" if style.ascii_only else "✓"
        passes = "passes" if len(passing) == 1 else "pass"
        lines.append(_folded(sign, _GREEN, f"{len(passing)} {passes}", passing, style))
    silent = [r for r in report.results if r.outcome is Outcome.NOT_APPLICABLE]
    if silent:
        lines.append(f"{(_ASCII if style.ascii_only else GLYPHS)[Outcome.NOT_APPLICABLE]} {len(silent)} do not apply")
    return lines


def _unknown(results: Sequence[Result], style: Style) -> list[str]:
    """Return a line for each unknown item; those that are unknown for one and the same reason share it."""
    reasons: dict[str, list[Result]] = {}
    for result in results:
        findings = _deciding(result)
        reasons.setdefault(_told(findings[0][1]) if findings else result.item.id, []).append(result)
    lines: list[str] = []
    for reason, sharing in reasons.items():
        if len(sharing) == 1:
            lines.append(_line(sharing[0], style))
            continue
        sign = style.paint(style.glyph(sharing[0]), _COLORS[Outcome.UNKNOWN])
        lines.append(f"{sign} {len(sharing)} items  {_clip(reason, style, style.width - 14)}")
        lines.append(f"    {style.paint(_names(sharing, style, style.width - 4), _DIM)}")
    return lines


def _folded(sign: str, color: str, head: str, results: Sequence[Result], style: Style) -> str:
    """Return one line that names the items as far as it has room."""
    names = _names(results, style, style.width - len(f"{sign} {head}: "))
    return f"{style.paint(sign, color)} {head}: {style.paint(names, _DIM)}"


def _names(results: Sequence[Result], style: Style, room: int) -> str:
    """Return the ids of some items in so many columns: where they do not fit, those that do, and how to see the rest."""
    names = ", ".join(r.item.id for r in results)
    if len(names) <= room:
        return names
    more = f"{'...' if style.ascii_only else '…'} (--verbose)"
    kept = names[: max(room - len(more), 0)].rpartition(", ")[0]
    return f"{kept}, {more}" if kept else more


def _head(result: Result, style: Style) -> str:
    sign = style.paint(style.glyph(result), _COLORS[result.outcome])
    return f"{sign} {style.paint(result.title, _BOLD)} [{style.link(result.item.id, result.item.docs_url)}]"


def _deciding(result: Result) -> list[tuple[Verdict, Finding]]:
    """Return the findings of the verdicts that made the outcome, each message once."""
    found: dict[tuple[str, str | None, int | None], tuple[Verdict, Finding]] = {}
    for verdict in result.verdicts:
        for finding in verdict.findings if verdict.outcome is result.outcome else ():
            found.setdefault((finding.message, finding.path, finding.line), (verdict, finding))
    return list(found.values())


def _block(result: Result, style: Style, source: Source | None, *, places: int) -> list[str]:
    """Return a failing required item: its title, each kind of finding with its place and line, and what to do."""
    lines = [_head(result, style)]
    findings = _deciding(result)
    shown, hidden = findings[:places], len(findings) - places
    for _, finding in shown:
        lines += _filled(_told(finding), style, most=2)
        seen = excerpt(source, finding)
        lines += _excerpt(seen, style, brief=places == 1) if seen is not None else []
    hint = next((f.hint for _, f in shown if f.hint and f.hint.strip()), None)
    more = f"and {hidden} more"
    whole = f"{more} (`audit --select {result.item.id}`)"
    if hint:
        lines += _filled(f"{style.arrow} {printable(hint)}", style, most=4, hanging=len(style.arrow) + 1)
    if hidden > 0:
        joined = (f"{lines[-1]}{';' if style.ascii_only else ' ·'} {m}" for m in (whole, more) if hint)
        fitting = next((line for line in joined if len(line) <= style.width), None)
        lines[-1:] = [fitting] if fitting is not None else [lines[-1], *_filled(whole, style, most=2)]
    return lines


def _filled(text: str, style: Style, *, most: int, hanging: int = 0) -> list[str]:
    """Return a text in so many lines at most: a place or a command is not cut where another line shows it whole."""
    return textwrap.wrap(
        text,
        max(style.width, 30),
        initial_indent="    ",
        subsequent_indent="    " + " " * hanging,
        max_lines=most,
        placeholder=" ..." if style.ascii_only else " …",
        break_on_hyphens=False,
    )


def _excerpt(shown: Excerpt, style: Style, *, brief: bool) -> list[str]:
    """Return a source line, and below it the marker; no marker where its place is not known, or cut off.

    In a report of many failures, a place at the line's start has none either: it would say nothing more.
    """
    text = _clip(shown.text, style, style.width - 12)
    lines = [style.paint(f"    {shown.line:>4} {style.bar} {text}", _DIM)]
    if shown.before is not None and len(shown.before) < max(len(text) - 1, 1) and (shown.before.strip() or not brief):
        lines.append(f"         {style.bar} {' ' * cells(shown.before)}{style.paint('^', _RED)}")
    return lines


def _told(finding: Finding) -> str:
    where = place(finding)
    return f"{where}  {printable(finding.message)}" if where else printable(finding.message)


def _line(result: Result, style: Style) -> str:
    """Return an item in one line: sign, id, the first finding with its place."""
    sign = style.paint(style.glyph(result), _COLORS[result.outcome])
    name = style.link(result.item.id, result.item.docs_url)
    findings = _deciding(result)
    said = _told(findings[0][1]) if findings else result.title
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    if result.waiver:
        until = f" until {result.waiver.until}" if result.waiver.until else ""
        return f"{sign} {name}  waived{until}: {printable(result.waiver.reason)}"
    return f"{sign} {name}  {_clip(said, style, style.width - len(result.item.id) - len(more) - 4)}{more}"


def _clip(text: str, style: Style, width: int) -> str:
    mark, width = "..." if style.ascii_only else "…", max(width, 12)
    return text if len(text) <= width else text[: width - len(mark)].rstrip() + mark


# ---- everything, for `--verbose` and for few items


def _every(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    for section in dict.fromkeys(r.item.section for r in report.results):
        results = [r for r in report.results if r.item.section == section]
        lines += [style.paint(section, _BOLD), ""]
        shown = [r for r in results if r.outcome is not Outcome.NOT_APPLICABLE or len(report.results) <= _FEW]
        for result in shown:
            lines += _whole(result, style)
        lines += _not_applicable([r for r in results if r not in shown], style)
        lines.append("")
    return lines


def _not_applicable(results: list[Result], style: Style) -> list[str]:
    if not results:
        return []
    glyph = (_ASCII if style.ascii_only else GLYPHS)[Outcome.NOT_APPLICABLE]
    text = ", ".join(r.item.id for r in results)
    return textwrap.wrap(
        text, 100, initial_indent=f"{glyph} n/a      ", subsequent_indent=" " * 11, break_on_hyphens=False
    )


def _whole(result: Result, style: Style) -> list[str]:
    said_word = result.proof.value if result.proof and not result.waiver else word(result)
    head = style.paint(f"{style.glyph(result)} {said_word:8}", _COLORS[result.outcome])
    weight = "" if result.item.severity is Severity.REQUIRED else f"  ({result.item.severity})"
    lines = [f"{head} {style.link(result.item.id, result.item.docs_url):23} {result.title}{weight}"]
    if result.waiver:
        until = f" until {result.waiver.until}" if result.waiver.until else ""
        lines.append(f"           waived{until}: {printable(result.waiver.reason)}")
    several = len(result.verdicts) > 1
    said: set[str] = set()
    for verdict in result.verdicts:
        name = f"[{printable(verdict.target.name)}] " if several and verdict.target else ""
        for evidence in verdict.evidence:
            line = f"{place(evidence)}  {printable(evidence.fact)}" if evidence.path else printable(evidence.fact)
            lines.append(f"           {name}{line}")
        for finding in verdict.findings:
            line = _told(finding)
            if verdict.outcome is Outcome.UNKNOWN and line in said:
                continue
            said.add(line)
            bare = verdict.outcome is Outcome.UNKNOWN and several and finding.path is None
            lines.append(f"           {'' if bare else name}{line}")
            if finding.hint and finding.hint not in said:
                said.add(finding.hint)
                lines.append(f"             {style.arrow} {printable(finding.hint)}")
    return lines
