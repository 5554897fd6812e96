"""Text for screens: glyph and word for every outcome, and content that is never taken for markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from checks.checklist import find_item
from checks.model import Item, Outcome, Proof, Result
from checks.report.safe import printable, redact
from checks.report.signs import GLYPHS, place
from setup_wizard.state import Preview
from setup_wizard.ui.board import gist, offered
from setup_wizard.ui.widgets.rows import OPENS, Rows
from setup_wizard.ui.words import hint_inside, inside

STYLES = {
    Outcome.PASS: "$role-pass",
    Outcome.FAIL: "$role-fail",
    Outcome.UNKNOWN: "$role-unknown",
    Outcome.NOT_APPLICABLE: "$role-muted",
    Outcome.ERROR: "$role-fail",
}
MUTED = "$role-muted"
FAIL = "$role-fail"
PLACES = 400
"""Findings of one item that are shown with their places; the report has them all."""

Row = tuple[Content | str, Content | str]


def safe(text: str) -> str:
    """Return repository or server text fit for a screen: no escapes, no tokens."""
    return redact(printable(text))


def cut(text: str, width: int) -> str:
    """Return text in at most `width` cells, with an ellipsis where something was left out."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 1 else "…"[:width]


def style_of(result: Result) -> str:
    """Return the style of an outcome; what the repository says, and nobody saw yet, has one of its own."""
    return "$role-wired" if result.proof is Proof.WIRED else STYLES[result.outcome]


def glyph(result: Result) -> str:
    """Return the sign of an outcome; a pass that is only wired has its own."""
    return "◐" if result.proof is Proof.WIRED else GLYPHS[result.outcome]


def row(item: Item, result: Result | None, width: int, *, bare: bool = False) -> Content:
    """Return one line of the checklist in a width: glyph, title, and its place or outcome at the right (`bare`: without)."""
    if result is None:
        return Content.assemble(("  · ", MUTED), cut(item.title, width - 4))
    said = "" if bare else safe(gist(result))
    room = width - 5
    title = cut(result.title, room)
    at = _fitted(said, max(room - cell_len(title) - 2, 0))
    gap = max(room - cell_len(title) - cell_len(at), 0)
    return Content.assemble((f"  {glyph(result)} ", style_of(result)), title, " " * gap, (at, MUTED if at else ""))


def _fitted(said: str, room: int) -> str:
    """Return a place in the room there is: the whole path, else its last part; a sentence is cut, half a name says nothing."""
    if cell_len(said) <= room:
        return said
    if " " in said:
        return cut(said, room) if room >= 16 else ""
    last = said.rsplit("/", 1)[-1]
    return last if cell_len(last) <= room else ""


def split(left: Content | str, right: Content | str, width: int) -> Content:
    """Return one line with a part at each side; the left part is cut where both have no room."""
    ours, theirs = (x if isinstance(x, Content) else Content(x) for x in (left, right))
    room = width - theirs.cell_length - 1
    if ours.cell_length > room:
        ours = ours.truncate(max(room, 1), ellipsis=True)
    return Content.assemble(ours, " " * max(width - ours.cell_length - theirs.cell_length, 1), theirs)


_DJANGO_GUIDE = "https://docs.sentry.io/platforms/python/integrations/django/"


def documentation(item: Item, guide: str) -> str:
    """Return where to read on about an item: the page about the backends' own framework (`guide`) where it has one."""
    return item.docs_url.replace(_DJANGO_GUIDE, guide) if guide else item.docs_url


def detail(
    item_id: str, result: Result | None, preview: Preview | None = None, guide: str = "", *, begun: bool = False
) -> Rows:
    """Return an item in full: what is wrong, why it matters, each place, what enter will do (`preview`), and where to read on.

    `begun`: its step is under way, so it is the step that does it.
    """
    item = find_item(item_id)
    if result is None:  # why it matters is in the module of its check, which the audit is about to import
        return Rows([("", Content.assemble((item.title, "bold"))), ("", Content.assemble(("checking …", MUTED)))])
    from checks.guide import why_and_fix

    why, fix = why_and_fix(item)
    head = Content.assemble((f"{glyph(result)} ", style_of(result)))
    rows: list[Row] = [
        (head, Content.assemble((result.title, "bold"))),
        ("  ", Content.assemble((state_of(result), MUTED))),
        ("", ""),
        ("", why),
        ("", ""),
        *_places(result),
    ]
    if offered(result):
        rows += [("", ""), ("", Content.assemble(("Enter asks what you want.", MUTED)))]
    elif result.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE) and not result.waiver:
        if "`sentry-setup apply" not in fix:  # in here, enter does what that command does
            rows += [("", ""), ("", Content.assemble(("To fix: ", "bold"), fix))]
        will = list(_will(item, preview, begun=begun))
        rows += [("", ""), *will] if will else []
    rows += [("", ""), (Content.assemble(("Read: ", MUTED)), link(documentation(item, guide)))]
    grounds: dict[int, str] = {}
    if preview and preview.diff and result.outcome is not Outcome.PASS:
        rows.append(("", ""))
        for line, ground in _diff(preview.diff):
            if ground:
                grounds[len(rows)] = ground
            rows.append(line)
    return Rows(rows, grounds=grounds)


def code_rows(text: str, indent: str = "  ", path: str = "") -> list[Row]:
    """Return lines of code, in the colors of the file at `path`; one that wraps continues below its own indentation."""
    from setup_wizard.ui.diffs import colored

    rows: list[Row] = []
    for line in colored(path, [safe(x.replace("\t", "    ")) for x in text.splitlines()]):
        inner = len(line.plain) - len(line.plain.lstrip(" "))
        rows.append((indent + " " * inner, line[inner:] if inner else line))
    return rows


def link(url: str) -> Content:
    """Return an address that a terminal opens (OSC 8) and Textual too."""
    shown = safe(url)
    return Content.styled(shown.removeprefix("https://") + OPENS, f'$role-accent link="{shown}"')


def titles(steps: Iterable[str]) -> str:
    """Return the titles of steps; the id of one that this version does not have."""
    from setup_wizard.steps import PRACTICES, STEPS

    known = {s.id: s.title for s in (*STEPS, *PRACTICES)}
    return ", ".join(known.get(s, safe(s)) for s in steps)


def created_of(records: Iterable[Mapping[str, str]]) -> list[str]:
    """Return what a run's journal has of Sentry in the words of `created_rows`."""
    return [f"{r['kind']} {r['name']}  {r['url']}" for r in records]


def created_rows(created: Iterable[str]) -> list[Row]:
    """Return what was created in Sentry (`project shop  https://…`): the name, and its page as a link beside it or below."""
    rows: list[Row] = []
    for said in created:
        name, _, page = said.rpartition("  ")
        linked = bool(name) and page.startswith(("https://", "http://"))
        rows.append((f"  {safe(name)}  ", link(page)) if linked else ("  ", safe(said)))
    return rows


def state_of(result: Result) -> str:
    """Return severity and outcome in words: `required, failing`."""
    words = {Outcome.PASS: "passing", Outcome.FAIL: "failing", Outcome.NOT_APPLICABLE: "not applicable"}
    said = words.get(result.outcome, result.outcome.value)
    proof = f", {result.proof.value}" if result.proof else ""
    waived = f", waived: {safe(result.waiver.reason)}" if result.waiver else ""
    return f"{result.item.severity.value}, {said}{proof}{waived}"


def _places(result: Result) -> Iterable[Row]:
    rows: list[tuple[str, str, str, str | None]] = []
    for verdict in result.verdicts:
        name = f"{safe(verdict.target.name)}: " if verdict.target and len(result.verdicts) > 1 else ""
        for evidence in verdict.evidence:
            where = safe(place(evidence)) if evidence.path else ""
            rows.append((GLYPHS[Outcome.PASS], where, f"{name}{safe(evidence.fact)}", None))
        for finding in verdict.findings:
            where = safe(place(finding)) if finding.path else ""
            said = f"{name}{safe(inside(finding.message))}"
            rows.append((GLYPHS[verdict.outcome], where, said, safe(hint_inside(finding.hint, result.item.id))))
    styles = {GLYPHS[o]: s for o, s in STYLES.items()}
    hints = [h for *_, h in rows if h]
    for glyph, where, what, hint in rows[:PLACES]:
        line = Content.assemble((where, "bold"), "  " if where else "", what)
        yield Content.assemble((f"  {glyph} ", styles[glyph])), line
        if hint and len(set(hints)) > 1:
            yield "    → ", Content.assemble((hint, MUTED))
    if len(rows) > PLACES:
        yield "    ", Content.assemble((f"… and {len(rows) - PLACES:,} more; the report lists them", MUTED))
    if len(set(hints)) == 1:
        yield "    → ", Content.assemble((hints[0], MUTED))


def _will(item: Item, preview: Preview | None, *, begun: bool) -> Iterable[Row]:
    lines = [x for x in preview.lines if not (begun and x.startswith("ask "))] if preview else []
    if lines:
        yield "", Content.assemble(("This step will" if begun else "Enter will", "bold"))
        for line in lines:
            verb, _, rest = safe(line).partition(" ")
            yield Content.assemble((f"  {verb:5} ", "$role-accent")), rest.strip()
    elif item.step is None:
        yield "", Content.assemble(("Enter shows a snippet for this repository, where there is one.", MUTED))


def _diff(text: str) -> Iterable[tuple[Row, str | None]]:
    """Yield a unified diff's rows, each with its ground; the sign stays, so color is never the only mark."""
    before, first = "", True
    for line in text.splitlines():
        shown = safe(line.replace("\t", "    "))
        if line.startswith("--- "):
            before = shown.removeprefix("--- ").removeprefix("a/")
        elif line.startswith("+++ "):
            name = shown.removeprefix("+++ ").removeprefix("b/")
            made = "  new file" if before == "/dev/null" else ""
            if not first:
                yield ("", ""), None
            first = False
            yield ("", Content.assemble((name, "bold"), (made, MUTED))), "on $ground-panel"
        elif line.startswith("@@"):
            yield ("", Content.assemble(("⋯", MUTED))), None
        elif line.startswith("\\"):
            yield ("  ", Content.assemble((shown[1:].strip(), MUTED))), None
        elif line.startswith("+"):
            yield (Content.assemble(("+ ", "$role-pass on $ground-added")), shown[1:]), "on $ground-added"
        elif line.startswith("-"):
            yield (Content.assemble(("- ", f"{FAIL} on $ground-removed")), shown[1:]), "on $ground-removed"
        else:
            yield ("  ", shown[1:]), None


def problem(message: str, hint: str | None = None) -> Rows:
    """Return what went wrong, and the one next action below it."""
    rows: list[Row] = [(Content.assemble(("✗ ", FAIL)), Content.assemble((safe(message), FAIL)))]
    return Rows([*rows, ("  → ", safe(hint))] if hint else rows)
