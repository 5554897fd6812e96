"""Finish: what is left for the person, what changed, and the ways on: a branch, CI, a report, the launch check."""

from __future__ import annotations

import asyncio
import shlex
from collections import Counter
from typing import TYPE_CHECKING, ClassVar, cast

from msgspec.structs import replace
from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Checkbox, Collapsible, Static

from checks.checklist import CHECKLIST
from checks.errors import SentrySetupError
from checks.model import Outcome, Proof, Report
from checks.report.text import render_text, standing, summing_line
from setup_wizard.plan.changed import Changed
from setup_wizard.session import Past, Session
from setup_wizard.state import WizardState, progress, waiting
from setup_wizard.ui.board import Group, board
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.leaving import tasks_of
from setup_wizard.ui.saving import save
from setup_wizard.ui.text import MUTED, Row, created_of, created_rows, cut, problem, safe, titles
from setup_wizard.ui.widgets.changes import total_of
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.tasks import Task
from setup_wizard.ui.widgets.waiting import Waiting

if TYPE_CHECKING:
    from setup_wizard.ui.app import WizardApp


_WIDE = 100
"""Columns from which the line about what changed has room for its keys."""


def _hanging(report: str) -> list[Row]:
    """Return the lines of a report, each continued below its own first word."""
    rows: list[Row] = []
    for line in report.splitlines():
        shown = safe(line)
        body = shown.lstrip(" ✓✗◐?–→☐☑")
        rows.append((shown[: len(shown) - len(body)], body))
    return rows


class FinishScreen(TellsFaults, Screen[str | None]):
    """What is left and what was done; dismissed with the step to continue with, or None."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-roomy")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "commit", "Commit on a branch", id="finish.commit"),
        Binding("d", "diff", "Diff", id="finish.diff"),
        Binding("u", "undo", "Undo", id="home.undo"),
        Binding("g", "audit_in_ci", "Audit in CI", id="finish.ci"),
        Binding("h", "page", "HTML report", id="finish.page"),
        Binding("r", "again", "Check again", id="home.recheck", show=False),
        Binding("y", "copy", "Copy the report", id="task.copy", show=False),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding("escape", "back", "Back", id="finish.back"),
    ]

    def __init__(self, session: Session, state: WizardState, past: Past) -> None:
        super().__init__()
        self.session = session
        self.pushed: tuple[Row, ...] = ()
        self._load(state, past)

    def _load(self, state: WizardState, past: Past) -> None:
        """Take a state and what the runs did: what the screen tells follows from them."""
        self.state, self.past, self.committable = state, past, past.committable
        results = tuple(state.results[i.id] for i in CHECKLIST if i.id in state.results)
        self.report = Report(root=state.header.repository, revision=None, results=results, online=state.connected)
        self.tasks = tasks_of(state)
        self.text = f"{total}\n\n" if (total := self._total()) else ""
        self.text += "\n".join(f"{lead.plain}{body.plain}" for lead, body in Rows(self._changed()).rows)
        undo = [f"sentry-setup undo {run.id}   {titles(run.steps)}" for run in reversed(past.runs)]
        # The last line of an audit's text is for its readers: here it is said in the wizard's words.
        self.whole = (
            render_text(self.report, verbose=True).removesuffix(f"{summing_line(self.report)}\n")
            + f"{standing(self.report)}\n"
        )
        self.text += "\n\n".join(["", *(["\n".join(undo)] if undo else []), self.whole])

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(self._headline(), id="headline")
        if total := self._total():
            keys = "   d shows the diff, u undoes the last step" if self._diff else "   u undoes the last step"
            # Where there is no room, the footer and the buttons have them.
            yield Static(Content.assemble(total, (keys if self.app.size.width >= _WIDE else "", MUTED)), id="total")
        with VerticalScroll(id="report", can_focus=True):
            yield Waiting(id="message")
            with Container(classes="halves"):
                with Vertical(classes="half"):
                    if self.tasks:
                        yield Static(self._lead())
                        narrow = self.app.size.width < _WIDE
                        for number, left in enumerate(self.tasks, 1):
                            ticked, seen = left.task.title in self.state.ticked, left.seen
                            yield Task(
                                number, left.task, done=left.done, seen=seen, ticked=ticked, folds=True, narrow=narrow
                            )
                    yield Static(Rows(self._left()), id="left-over", classes="part" if self.tasks else "")
                with Vertical(classes="half"):
                    yield Static(Rows([*self.pushed, *self._ways()]), id="further")
                    if self.committable:
                        yield Button("Commit on a branch  b", id="commit", variant="primary", compact=True)
                    yield Static(Rows(self._changed()), classes="part", id="changed")
                    with Horizontal(classes="buttons", id="about-changed"):
                        if self._diff:
                            yield Button("Show the diff  d", id="show-diff", compact=True)
                        if self.past.runs:
                            yield Button("Undo the last step  u", id="undo", compact=True)
            with Collapsible(title="The whole report", collapsed=True):
                yield Static(Rows(_hanging(self.whole)), id="whole")
        yield Keys()

    def _lead(self) -> Content:
        """Say how many tasks are open, and what comes after them."""
        still = sum(not left.done for left in self.tasks)
        lead = f"Do {'this' if still == 1 else f'these {still}'}, then run " if still else "All of these are done: run "
        again = "   r checks them again" if still and self.state.connected else ""
        return Content.assemble((lead, "bold"), ("sentry-setup launch", "bold $role-accent"), (again, MUTED))

    def _headline(self) -> Content:
        """Say how far it is, in the words of the checklist."""
        done, of = progress(self.state)
        groups = board(self.state)
        passing = [r for r in self.report.results if r.outcome is Outcome.PASS]
        proven = sum(r.proof is Proof.PROVEN for r in passing)
        failing = len(groups.get(Group.TODO, ()))
        name = safe(self.state.header.repository)
        said = f"{name} is wired for Sentry" if done == of else f"{name}: {done} of {of} required items done"
        parts = [
            f"{proven} proven",
            f"{failing} to do" if failing else "",
            f"{still} for you" if (still := sum(not left.done for left in self.tasks)) else "",
        ]
        return Content.assemble((f" {said} ", "bold reverse"), ("   " + " · ".join(p for p in parts if p), MUTED))

    def _left(self) -> list[Row]:
        """Name the items that do not pass yet; of those that only need Sentry, their number."""
        groups = board(self.state)
        shown: list[Row] = []
        for group in (Group.TODO, Group.UNDECIDED):
            for item in groups.get(group, ()):
                result = self.state.results[item.id]
                mark = ("✗ ", "$role-fail") if group is Group.TODO else ("? ", "$role-unknown")
                shown.append((Content.assemble("  ", mark), result.title))
        sentry = len(groups.get(Group.SENTRY, ()))
        if sentry:
            shown.append(
                (Content.assemble(("  ? ", "$role-unknown")), f"{sentry} items need Sentry: press c on the checklist")
            )
        shown += [
            (Content.assemble(("  – ", MUTED)), Content.assemble(r.title, ("  can be checked after these", MUTED)))
            for r in waiting(self.state)
        ]
        head: list[Row] = [("", Content.assemble(("Not done yet" if shown else "Every required item passes", "bold")))]
        return head + shown

    def _total(self) -> Content | None:
        """Say in a line how much all runs changed: files with their lines, and what was created in Sentry."""
        runs, changed = self.past.runs, self.past.changed or Changed()
        files = len(changed.changes) + len(changed.edited)
        lines = f" ({total_of(changed.changes)})" if changed.changes else ""
        parts = [f"{files:,} file{'s' * (files != 1)}{lines}"] if files else []
        kinds = Counter(c["kind"] for run in runs for c in run.created)
        parts += [f"{n:,} {kind}{'s' * (n != 1)}" for kind, n in kinds.items()]
        if not parts:
            return None
        return Content.assemble(("Changed  ", "bold"), ", ".join(parts))

    def _changed(self) -> list[Row]:
        """Say what the runs in the journal did, those of earlier sittings too."""
        runs = self.past.runs
        shown: list[Row] = [("", Content.assemble(("What changed" if runs else "Nothing has changed yet", "bold")))]
        names = {run.id: titles(run.steps) for run in runs}
        room = min(max((cell_len(n) for n in names.values()), default=0), 24)
        for run in runs:
            for number, path in enumerate(sorted({record.path for record in run.files})):
                name = cut(names[run.id], room) if number == 0 else ""
                shown.append((Content.assemble((f"  {name}{' ' * (room - cell_len(name))}  ", MUTED)), safe(path)))
        created = created_of(c for run in runs for c in run.created)
        if created:
            shown += [
                ("", ""),
                ("", Content.assemble(("Created in Sentry", "bold"), (" (undo never deletes there)", MUTED))),
            ]
            shown += created_rows(created)
        return shown

    @property
    def _diff(self) -> bool:
        """Whether there is a diff to show."""
        changed = self.past.changed
        return changed is not None and bool(changed.changes or changed.edited)

    @property
    def _in_ci(self) -> bool:
        """Whether a run added the audit to CI."""
        return any("ci-audit" in run.steps for run in self.past.runs)

    def _ways(self) -> list[Row]:
        """Name the ways on, by their keys."""
        ways = []
        if self.committable:
            files = f"{len(self.committable)} file{'s' * (len(self.committable) != 1)}"
            ways.append(("b", f"commit {files} on a branch; git push and the pull request's command come after it"))
        if not self._in_ci:
            ways.append(("g", "add the audit to CI, so that this keeps working"))
        ways.append(("h", "save the report as a page to share"))
        head: list[Row] = [("", Content.assemble(("Keep it", "bold")))]
        return head + [(Content.assemble((f"  {key}  ", "bold $role-accent")), said) for key, said in ways]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to commit, to show and to undo only what there is, and the audit in CI only once."""
        there = {
            "commit": bool(self.committable),
            "diff": self._diff,
            "undo": bool(self.past.runs),
            "audit_in_ci": not self._in_ci,
        }
        return there.get(action, True)

    def on_mount(self) -> None:
        """Begin at the first task; look again when a person comes back to this terminal, from the page where they did something."""
        self._begin()
        self.watch(self.app, "app_focus", self._returned, init=False)

    def _begin(self) -> None:
        """Take the cursor to the first task, where there is one: its keys act, and not those of the whole report."""
        ticks = list(self.query(Tick))
        first = next((t for t in ticks if not t.value), ticks[0] if ticks else self.query_one("#report"))
        first.focus(scroll_visible=False)

    def _returned(self, focused: bool) -> None:
        if focused and self.is_current and self.state.connected and any(not left.done for left in self.tasks):
            self.action_again()

    @on(Checkbox.Changed)
    def ticked(self) -> None:
        """Keep what the person ticked, for this list when it is shown again and for what is printed at the end."""
        app = cast("WizardApp", self.app)
        ticked = frozenset(t.task_.title for t in self.query(Task) if t.query_one(Tick).value)
        app.show(replace(app.wizard, ticked=ticked))

    def on_task_ran(self, message: Task.Ran) -> None:
        """Look again after a command that did something."""
        message.stop()
        if self.state.connected:
            self.action_again()

    @on(Button.Pressed, "#commit")
    def pressed(self, event: Button.Pressed) -> None:
        """The button commits as its key does."""
        event.stop()
        self.action_commit()

    @on(Button.Pressed, "#show-diff")
    def action_diff(self) -> None:
        """Show the diff of everything that changed."""
        from setup_wizard.ui.screens.changed import ChangedScreen

        if self.past.changed is not None:
            self.app.push_screen(ChangedScreen(self.past.changed))

    @on(Button.Pressed, "#undo")
    def undo_pressed(self, event: Button.Pressed) -> None:
        """The button undoes as its key does."""
        event.stop()
        self.action_undo()

    @work(exclusive=True, group="undo", exit_on_error=False)
    async def action_undo(self) -> None:
        """Undo the last step after asking, and show what is left then."""
        if await cast("WizardApp", self.app).undo_asked():
            await self._again("checking again what is left")

    @work(exclusive=True, group="commit", exit_on_error=False)
    async def action_commit(self) -> None:
        """Commit the changed files on a branch of their own, and hand over the commands that share it."""
        from setup_wizard.ui.screens.commit import CommitScreen

        branch = await self.app.push_screen_wait(CommitScreen(self.session, self.committable))
        if branch:
            self.committable = ()
            self.query("#commit").remove()
            self.refresh_bindings()
            command = f"git push -u origin {shlex.quote(branch)} && gh pr create --fill"
            self.pushed = (
                ("", Content.assemble((f"Committed on {safe(branch)}, which is checked out now.", "bold"))),
                (Content.assemble(("  $ ", MUTED)), Content.assemble((safe(command), "$role-accent"))),
                ("", ""),
            )
            self.query_one("#further", Static).update(Rows([*self.pushed, *self._ways()]))
            self.query_one("#further").scroll_visible(animate=False)
            cast("WizardApp", self.app).copy(command, "the command that pushes it")

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_page(self) -> None:
        """Save the report as a page."""
        from checks.report.html import render_html

        def made() -> str:
            return render_html(self.report, source=self.session.facts().line)

        path = await save(cast("WizardApp", self.app), "Save the report as", "sentry-setup-report.html", made)
        if path is not None:
            self.app.notify(f"Saved {path}", markup=False)

    def action_audit_in_ci(self) -> None:
        """Continue with the step that adds the audit to CI."""
        self.dismiss("ci-audit")

    @work(exclusive=True, group="again", exit_on_error=False)
    async def action_again(self) -> None:
        """Check everything again, and tick what was seen to be done; the person's own ticks stay."""
        await self._again("checking again what is left")

    async def _again(self, said: str) -> None:
        app = cast("WizardApp", self.app)
        self.query_one(Waiting).wait(said)
        await app.check()
        left = await asyncio.to_thread(self.session.seen_done, app.wizard.left)
        app.show(replace(app.wizard, left=left))
        self._load(app.wizard, await asyncio.to_thread(self.session.past))
        report = self.query_one("#report")
        at = report.scroll_y
        await self.recompose()
        self.query_one("#report").scroll_to(y=at, animate=False)
        self._begin()
        self.query_one(Waiting).tell(problem(app.wizard.error) if app.wizard.error else "")

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        self.app.notify(error.sentence, severity="error", markup=False)

    def action_back(self) -> None:
        """Go back to the checklist."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy the report."""
        cast("WizardApp", self.app).copy(self.text, "the report")
