"""Markdown for a job summary and for pull-request comments: the facts of the HTML page, what fails first, the rest folded."""

from __future__ import annotations

from collections.abc import Iterable

from checks.model import Report, Severity
from checks.report.safe import printable, redact
from checks.report.view import STATES, WORTH_FIXING, Decision, Entry, Fact, Page, view

LIMIT = 900_000
"""Bytes; GitHub refuses a step summary above one MiB."""


def render_markdown(report: Report, decision: Decision | None = None) -> str:
    """Return the report as GitHub-flavored Markdown; text of the repository is escaped. A `decision` makes it a launch's."""
    text = redact("\n".join(_lines(view(report, decision)))) + "\n"
    if len(text.encode()) <= LIMIT:
        return text
    kept = text.encode()[:LIMIT].decode("utf-8", errors="ignore").rpartition("\n")[0]
    return f"{kept}\n\nThe rest is left out: GitHub accepts no larger summary.\n"


def _lines(page: Page) -> Iterable[str]:
    kind = "launch check" if page.launch else "checklist"
    yield f"## {'✓' if page.good else '✗'} {page.verdict}: Sentry {kind} of {_html(page.name)}"
    yield ""
    yield f"**{page.sentence}** {page.tally}."
    made = [page.date, f"revision <code>{page.revision[:10]}</code>" if page.revision else ""]
    yield "<sub>" + " · ".join(m for m in made if m) + "</sub>"
    yield ""
    if page.blocking:
        yield from ("### What blocks the launch", "")
        for blocked in page.blocking:
            yield f"- `{blocked.id}`: {_fact(blocked.fact)}"
        yield ""
    if page.changes:
        yield from ("### Changed since the earlier report", "")
        yield from (f"- {_escape(change)}" for change in page.changes)
        yield ""
    entries = page.entries
    yield from _details("Fix first", page.first)
    yield from _table("Already in the baseline", [e for e in entries if e.counts and e.known])
    failing = [e for e in entries if e.state.key in ("fail", "error") and not e.counts]
    yield from _table("Recommended and optional", failing)
    unknown = [e for e in entries if e.state.key == "unknown" and e.severity is Severity.REQUIRED]
    here = [e for e in unknown if not e.needs_sentry]
    yield from _table("Unknown", here)
    if asks := [e for e in unknown if e.needs_sentry]:
        yield from () if here else ("### Unknown", "")
        count = f"{len(asks)} {'more ' if here else ''}{'needs' if len(asks) == 1 else 'need'} Sentry"
        yield from (f"**{count}** (run with `--online`): {', '.join(map(_link, asks))}", "")
    yield from _table("Waived", [e for e in entries if e.state.key == "waived"])
    yield from ("<details><summary>All items</summary>", "")
    for section in page.sections:
        yield from (f"**{section.name}**: {section.tally}", "", "| item | outcome | evidence |", "|---|---|---|")
        for entry in section.entries:
            fact = _fact(entry.facts[0], hint=False) if entry.facts else ""
            yield f"| {_link(entry)} | {entry.state.sign} {entry.state.word} | {fact} |"
        yield ""
    yield "Wired: the repository says so. Proven: it was observed in Sentry, in a finished build or in a run."
    yield from ("", "</details>", "")
    yield from (f"> {_escape(note)}." for note in page.notes)


def _details(title: str, entries: Iterable[Entry]) -> Iterable[str]:
    """Yield each item with its places, what to do, why it matters, and the command to copy."""
    for number, entry in enumerate(entries):
        if not number:
            yield from (f"### {title}", "")
        yield from (f"#### {STATES[entry.state.key].sign} {_escape(entry.title)} ({_link(entry)})", "")
        for fact in entry.facts:
            if fact.kind in WORTH_FIXING:
                yield f"- {'unknown: ' if fact.kind == 'open' else ''}{_fact(fact)}"
        if entry.more:
            yield f"- and {entry.more} more"
        yield from ("", f"<details><summary>Why, and how to fix it</summary>\n\n{_escape(entry.why)}", "")
        yield from ([f"To fix: {_escape(entry.fix)}", ""] if entry.fix else [])
        yield from ("</details>", "")
        yield from (["```bash", entry.command, "```", ""] if entry.command else [])


def _table(title: str, entries: list[Entry]) -> Iterable[str]:
    if not entries:
        return
    yield from (f"### {title}", "", "| item | what |", "|---|---|")
    for entry in entries:
        facts = [f for f in entry.facts if f.kind in WORTH_FIXING]
        rows = [_escape(entry.waiver)] if entry.waiver else []
        rows += [_fact(f, hint=not entry.waiver) for f in facts[:5]]
        rows += [f"and {len(facts) - 5 + entry.more} more"] if len(facts) > 5 else []
        weight = f" ({entry.severity.value})" if entry.severity is Severity.OPTIONAL else ""
        yield f"| {_link(entry)}{weight} | {'<br>'.join(rows)} |"
    yield ""


def _link(entry: Entry) -> str:
    return f"[`{entry.id}`]({entry.docs_url})"


def _fact(fact: Fact, *, hint: bool = True) -> str:
    target = f"{_escape(fact.target)}: " if fact.target else ""
    place = f"<code>{_html(fact.place)}</code>" if fact.place else ""
    if place and fact.url:
        place = f'<a href="{_html(fact.url)}">{place}</a>'
    text = f"{target}{place} {_escape(fact.text)}".strip() if place else f"{target}{_escape(fact.text)}"
    return text + (f"<br>→ {_escape(fact.hint)}" if hint and fact.hint else "")


_ENTITIES = str.maketrans({c: f"&#{ord(c)};" for c in "&<>|`*_@[]#~\"'"})
"""Everything that GitHub reads as markup, a table cell, a link, a mention or a reference."""


def _html(text: str) -> str:
    return printable(text).translate(_ENTITIES)


def _escape(text: str) -> str:
    """Escape markup, links, mentions and table cells; backticks around plain words stay code."""
    out = []
    for index, part in enumerate(text.split("`")):
        code = index % 2 == 1 and index < text.count("`")
        out.append(f"<code>{_html(part)}</code>" if code else _html(part))
    return "".join(out)
