"""What a report that is passed on shows, as plain values: HTML and Markdown render the same facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from checks.guide import why_and_fix
from checks.model import Evidence, Finding, Outcome, Proof, Report, Result, Severity, Verdict
from checks.report.excerpt import Excerpt, Source, excerpt
from checks.report.signs import place, step_command, strengths, waits_for_sentry

MOST_FACTS = 40
"""Facts shown for one item; the rest is counted."""


class State(Struct, frozen=True, kw_only=True):
    """One of the states that a reader filters by: its key, its sign and its word."""

    key: str
    sign: str
    word: str


STATES = {
    s.key: s
    for s in (
        State(key="error", sign="!", word="error"),
        State(key="fail", sign="✗", word="failing"),
        State(key="unknown", sign="?", word="unknown"),
        State(key="waived", sign="~", word="waived"),
        State(key="pass", sign="✓", word="passing"),
        State(key="proven", sign="✓", word="proven"),
        State(key="wired", sign="◐", word="wired"),
        State(key="not-applicable", sign="–", word="not applicable"),
    )
}
"""Worst first. *Wired*: the repository says so. *Proven*: it was observed. Both are passing."""

_PASSING = ("pass", "proven", "wired")


WORTH_FIXING = ("wrong", "open")
"""The kinds of facts that say what is missing: what fails, and what could not be determined."""

_KINDS = {Outcome.NOT_APPLICABLE: "none", Outcome.PASS: "seen", Outcome.UNKNOWN: "open"}
_ORDER = ("wrong", "open", "seen", "none")


class Fact(Struct, frozen=True, kw_only=True):
    """A finding or evidence: what, where (with a link where the forge is known), what to do, and the source line of a failure.

    `kind` is `wrong` for what fails, `open` for what is unknown, `seen` for evidence, and `none` for what does not apply.
    """

    text: str
    kind: str
    target: str = ""
    place: str = ""
    url: str | None = None
    hint: str = ""
    excerpt: Excerpt | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """An item of the report."""

    id: str
    title: str
    severity: Severity
    state: State
    docs_url: str
    why: str
    fix: str
    command: str | None
    facts: tuple[Fact, ...]
    more: int
    waiver: str
    known: bool
    needs_sentry: bool = False

    @property
    def counts(self) -> bool:
        """Whether the item makes the audit fail."""
        return self.severity is Severity.REQUIRED and self.state.key in ("fail", "error")


class Section(Struct, frozen=True, kw_only=True):
    """A section of the checklist, with how many items are in each state."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def tally(self) -> str:
        """The counts as words: `3 failing, 2 passing (2 wired)`."""
        return tally(self.entries)


class Blocked(Struct, frozen=True, kw_only=True):
    """What blocks a launch: the item and the fact."""

    id: str
    fact: Fact


class Decision(Struct, frozen=True, kw_only=True):
    """The decision of a launch: GO or NO-GO, what blocks, and what changed since an earlier report."""

    go: bool
    blocking: tuple[tuple[str, Finding], ...] = ()
    changes: tuple[str, ...] = ()


class Page(Struct, frozen=True, kw_only=True):
    """A whole report."""

    name: str
    page_url: str | None
    date: str
    revision: str
    verdict: str
    good: bool
    launch: bool
    sentence: str
    tally: str
    sections: tuple[Section, ...]
    blocking: tuple[Blocked, ...]
    changes: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every item, in order."""
        return tuple(e for s in self.sections for e in s.entries)

    @property
    def first(self) -> tuple[Entry, ...]:
        """The items to fix first: those that make the audit fail and that the baseline does not have."""
        return tuple(e for e in self.entries if e.counts and not e.known)

    def count(self, key: str) -> int:
        """Return how many items are in a state; proven and wired ones pass, too."""
        return sum(e.state.key == key or (key == "pass" and e.state.key in _PASSING) for e in self.entries)


def tally(entries: Iterable[Entry]) -> str:
    """Return how many entries are in each state, worst first: `3 failing, 2 unknown, 5 passing (4 wired)`."""
    keys = [e.state.key for e in entries]
    numbers = Counter("pass" if k in _PASSING else k for k in keys)
    more = {"pass": strengths(keys)}
    return ", ".join(f"{numbers[s.key]} {s.word}{more.get(s.key, '')}" for s in STATES.values() if numbers[s.key])


def number(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 file`, `1,545 files`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def state_of(result: Result) -> State:
    """Return the state of an item, a waiver before its outcome and the proof of a pass."""
    if result.waiver:
        return STATES["waived"]
    proof: Proof | None = result.proof
    return STATES[proof.value if proof else result.outcome.value]


def view(report: Report, decision: Decision | None = None, source: Source | None = None) -> Page:
    """Return what a report shows; `decision` makes it the report of a launch, `source` gives the lines of failures."""
    names = dict.fromkeys(r.item.section for r in report.results)
    sections = tuple(
        Section(name=n, entries=tuple(_entry(report, r, source) for r in report.results if r.item.section == n))
        for n in names
    )
    fresh = [r for r in report.unchecked if not r.known]
    open_ = len(report.undecided)
    if decision is not None:
        verdict, good = ("GO", True) if decision.go else ("NO-GO", False)
        blocks = "blocks" if len(decision.blocking) == 1 else "block"
        sentence = (
            "Nothing blocks the launch."
            if good
            else f"{number(len(decision.blocking), 'finding')} {blocks} the launch."
        )
    else:
        verdict, good = ("Passing", True) if not fresh else ("Failing", False)
        fail = "fails" if len(fresh) == 1 else "fail"
        sentence = "No required item fails." if good else f"{number(len(fresh), 'required item')} {fail}."
    if open_ and decision is None:
        can = "" if report.online else " Run with --online to connect to Sentry."
        sentence += f" {number(open_, 'required item')} {'is' if open_ == 1 else 'are'} unknown.{can}"
    if (wired := len(report.unproven)) and decision is None:
        sentence += f" {number(wired, 'required item')} {'is' if wired == 1 else 'are'} not proven yet."
    return Page(
        name=report.name,
        page_url=report.origin.page if report.origin else None,
        date=report.date or "",
        revision=report.revision or "",
        verdict=verdict,
        good=good,
        launch=decision is not None,
        sentence=sentence,
        tally=tally(e for s in sections for e in s.entries),
        sections=sections,
        blocking=tuple(Blocked(id=i, fact=_fact(report, f, kind="wrong")) for i, f in decision.blocking)
        if decision
        else (),
        changes=decision.changes if decision else (),
        notes=report.notes,
    )


def _entry(report: Report, result: Result, source: Source | None) -> Entry:
    item = result.item
    why, fix = why_and_fix(item)
    facts = _each_once(f for v in result.verdicts for f in _facts(report, result, v, source))
    failing = result.outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR)
    until = f" until {result.waiver.until}" if result.waiver and result.waiver.until else ""
    return Entry(
        id=item.id,
        title=result.title,
        severity=item.severity,
        state=state_of(result),
        docs_url=item.docs_url,
        why=why,
        fix=fix if failing else "",
        command=step_command(result),
        facts=facts[:MOST_FACTS],
        more=max(0, len(facts) - MOST_FACTS),
        waiver=f"Waived{until}: {result.waiver.reason}" if result.waiver else "",
        known=result.known,
        needs_sentry=not report.online and result.outcome is Outcome.UNKNOWN and waits_for_sentry(result),
    )


def _each_once(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return facts, worst first: one that several targets share names them all, and a hint follows its first fact."""
    targets: dict[Fact, list[str]] = {}
    for fact in facts:
        targets.setdefault(replace(fact, target=""), []).append(fact.target)
    hints: set[str] = set()
    found = []
    for fact, names in sorted(targets.items(), key=lambda pair: _ORDER.index(pair[0].kind)):
        hint = fact.hint if fact.hint not in hints else ""
        hints.add(fact.hint)
        found.append(replace(fact, target=", ".join(dict.fromkeys(n for n in names if n)), hint=hint))
    return tuple(found)


def _facts(report: Report, result: Result, verdict: Verdict, source: Source | None) -> Iterable[Fact]:
    target = verdict.target.name if verdict.target and len(result.verdicts) > 1 else ""
    for finding in verdict.findings:
        kind = _KINDS.get(verdict.outcome, "wrong")
        shown = source if kind in WORTH_FIXING and result.outcome is Outcome.FAIL else None
        yield _fact(report, finding, target=target, kind=kind, source=shown)
    for evidence in verdict.evidence:
        yield _fact(report, evidence, target=target, kind="seen")


def _fact(
    report: Report, fact: Finding | Evidence, *, kind: str, target: str = "", source: Source | None = None
) -> Fact:
    link = report.origin.link(fact.path, fact.line, report.revision) if report.origin and fact.path else None
    text, hint = (fact.fact, "") if isinstance(fact, Evidence) else (fact.message, fact.hint or "")
    seen = excerpt(source, fact) if isinstance(fact, Finding) else None
    return Fact(text=text, kind=kind, target=target, place=place(fact), url=link, hint=hint, excerpt=seen)
