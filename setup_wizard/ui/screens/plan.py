"""The plan: every file that would change, in one scroll; commands, calls and what is for the person; nothing done before `a`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Checkbox, Footer, Static

from checks.errors import SentrySetupError
from setup_wizard.plan.model import Command, ManualTask, Plan, StepOutcome, unified_diff
from setup_wizard.steps import Step
from setup_wizard.ui.diffs import counted, lines_of, rows_of
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import MUTED, Row, problem, safe
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.stepper import Stepper
from setup_wizard.ui.widgets.tasks import Task

if TYPE_CHECKING:
    from setup_wizard.ui.app import WizardApp


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


class PlanScreen(TellsFaults, Screen[bool | None]):
    """Shows what would happen; True to apply it, None to continue without it. `left_out` holds the files that are not to change."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    AUTO_FOCUS = "Tick"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", "Apply", id="plan.apply"),
        Binding("n", "next", "Next", id="home.next"),
        Binding("space", "leave_out", "Leave a file out", id="plan.leave_out"),
        Binding("j", "scroll(1)", "Scroll", id="home.down", show=False),
        Binding("k", "scroll(-1)", "Scroll up", id="home.up", show=False),
        Binding("down", "app.focus_next", "Next file", show=False),
        Binding("up", "app.focus_previous", "Previous file", show=False),
        Binding("e", "save", "Save as patch", id="plan.save"),
        Binding("y", "copy", "Copy", id="task.copy", show=False),
        Binding("escape", "back", "Back", id="plan.back"),
    ]

    def __init__(self, step: Step, plan: Plan, place: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.step, self.plan, self.place = step, plan, place
        self.step_plan = plan.steps[0]
        self.left_out: frozenset[str] = frozenset()
        self.lines = {c.path: lines_of(c) for c in plan.changes}

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Stepper(self.step.title, 1, self.place)
        yield Static(self._summary(), id="summary")
        refused = self.step_plan.outcome is StepOutcome.REFUSED and self.step_plan.refusal is not None
        with Horizontal(id="columns"):
            with VerticalScroll(id="effects", can_focus=False):
                for number, change in enumerate(self.plan.changes):
                    name = Content.assemble(safe(change.path), (f"  {counted(self.lines[change.path])}", MUTED))
                    yield Tick(name, True, name=change.path, id=f"file{number}", compact=True)
                if self.step_plan.outcome is StepOutcome.PLANNED:
                    yield Button(self._apply_label(), id="apply", variant="primary", compact=True)
                does = [a for a in self.step_plan.actions if not isinstance(a, ManualTask)]
                if does:
                    yield Static(Content.assemble(("Then", "bold")), classes="part")
                    yield Static(Rows(self._does(a) for a in does))
                told = self.step_plan.refusal.snippet if self.step_plan.refusal else None
                tasks = [t for t in self.plan.manual if told is None or t.snippet != told]
                if tasks:
                    yield Static(Content.assemble(("For you to do", "bold")), classes="part")
                    for number, task in enumerate(tasks, 1):
                        yield Task(number, task)
            if refused:
                with VerticalScroll(id="refusal"):
                    yield Static(self._refusal())
            elif self.plan.changes:
                with VerticalScroll(id="diff", can_focus=False):
                    for number, change in enumerate(self.plan.changes):
                        lines = self.lines[change.path]
                        made = "  new file" if change.before is None else ""
                        head = Content.assemble((safe(change.path), "bold"), (f"  {counted(lines)}{made}", MUTED))
                        yield Static(head, id=f"head{number}", classes="head")
                        yield Static(rows_of(change.path, lines), classes="code")
        yield Footer(show_command_palette=False)

    @staticmethod
    def _does(action: object) -> Row:
        title = safe(str(getattr(action, "title", action)))
        if isinstance(action, Command):
            return Content.assemble(("  $ ", MUTED)), title.removeprefix("run ")
        return Content.assemble(("  ↗ ", MUTED)), title

    def _apply_label(self) -> str:
        changed = len(self.plan.changes) - len(self.left_out)
        return f"Apply {count(changed, 'change')}  a" if self.plan.changes else "Do it  a"

    def _summary(self) -> Content | Rows:
        outcome = self.step_plan.outcome
        if outcome is StepOutcome.UNCHANGED:
            return Content("Nothing has to be changed.")
        if outcome is StepOutcome.REFUSED:
            return problem(f"Couldn't edit this automatically: {self.step_plan.reason}")
        if outcome is StepOutcome.SKIPPED:
            return Content(f"– skipped: {safe(self.step_plan.reason)}")
        actions = self.step_plan.actions
        commands = sum(isinstance(a, Command) for a in actions)
        yours = sum(isinstance(a, ManualTask) for a in actions)
        calls = len(actions) - commands - yours
        counts = (
            (len(self.plan.changes), "file"),
            (commands, "command"),
            (calls, "call to Sentry", "calls to Sentry"),
            (yours, "thing for you", "things for you"),
        )
        said = " · ".join(count(n, *words) for n, *words in counts if n)
        return Content.assemble((said, "bold"), ("   Nothing has been written yet.", MUTED))

    def _refusal(self) -> Rows:
        refusal = self.step_plan.refusal
        assert refusal is not None
        rows: list[Row] = [
            ("Add this to ", Content.assemble((safe(refusal.place), "bold"))),
            ("", ""),
            *(("  ", safe(line)) for line in refusal.snippet.splitlines()),
            ("", ""),
            ("", Content.assemble(("Press y to copy it, n for the next item.", MUTED))),
        ]
        return Rows(rows)

    @on(Checkbox.Changed)
    def ticked(self, event: Checkbox.Changed) -> None:
        """Leave a file out, or take it back in."""
        path = event.checkbox.name
        if path is None:
            return
        event.stop()
        self.left_out = self.left_out - {path} if event.value else self.left_out | {path}
        number = (event.checkbox.id or "file0").removeprefix("file")
        self.query_one(f"#head{number}").set_class(not event.value, "-out")
        for button in self.query("#apply").results(Button):
            button.label = self._apply_label()
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """Bring the diff of the file that the cursor went to into view."""
        identity = (self.focused.id or "") if self.focused is not None else ""
        if identity.startswith("file"):
            head = self.query_one(f"#head{identity.removeprefix('file')}")
            self.query_one("#diff").scroll_to_widget(head, top=True, animate=False)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what makes sense for this plan."""
        planned = self.step_plan.outcome is StepOutcome.PLANNED
        if action == "apply":
            return planned and (len(self.left_out) < len(self.plan.changes) or len(self.step_plan.actions) > 0)
        if action == "next":
            return not planned
        if action in ("scroll", "save", "leave_out"):
            return bool(self.plan.changes)
        return action != "copy" or self.step_plan.refusal is not None or bool(self.plan.changes)

    def action_scroll(self, direction: int) -> None:
        """Scroll the diff."""
        self.query_one("#diff").scroll_relative(y=direction * 5, animate=False)

    def action_leave_out(self) -> None:
        """Leave out the file whose diff is at the top, where the cursor is on no file."""
        for tick in self.query(Tick):
            if tick.name:
                tick.focus()
                return

    @property
    def patch(self) -> str:
        """The chosen changes as a patch for `git apply`; files that git ignores are in none."""
        chosen = self.plan.without(self.left_out).changes
        return "".join(unified_diff(c) for c in chosen if not c.secret)

    def action_copy(self) -> None:
        """Copy the snippet, or the whole plan as a patch."""
        refusal = self.step_plan.refusal
        cast("WizardApp", self.app).copy(
            refusal.snippet if refusal else self.patch, "the snippet" if refusal else "the patch"
        )

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_save(self) -> None:
        """Save the chosen changes as a patch."""
        from setup_wizard.ui.screens.ask import AskScreen

        name = await self.app.push_screen_wait(
            AskScreen("Save as a patch", f"sentry-setup-{self.step.id}.patch", "Apply it with: git apply FILE")
        )
        if name is None:
            return
        path = Path(name).expanduser().absolute()
        try:
            path.write_text(self.patch, "utf-8", newline="\n")
        except OSError as error:
            self.fail(SentrySetupError(f"{path} was not written: {error.strerror}", hint="name another file"))
            return
        self.app.notify(f"Saved {path}. Nothing in the repository was changed.", markup=False)

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        self.app.notify(error.sentence, severity="error", markup=False)

    @on(Button.Pressed, "#apply")
    def pressed(self, event: Button.Pressed) -> None:
        """The button applies."""
        event.stop()
        self.action_apply()

    def action_apply(self) -> None:
        """Agree."""
        self.dismiss(True)

    def action_next(self) -> None:
        """Continue with the next item: this one is done by hand, or not now."""
        self.dismiss(None)

    def action_back(self) -> None:
        """Go back; nothing was changed."""
        self.dismiss(False)
