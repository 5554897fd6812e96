"""The plan: every file that would change, in one scroll; commands, calls and what is for the person; nothing done before `a`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Checkbox, Static

from checks.errors import SentrySetupError
from setup_wizard.plan.model import Command, ManualTask, Plan, StepOutcome, unified_diff
from setup_wizard.plan.parts import broken_by, plan_without
from setup_wizard.steps import Step
from setup_wizard.ui.diffs import counted, first_of
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.saving import save
from setup_wizard.ui.text import MUTED, Row, code_rows, problem, safe
from setup_wizard.ui.widgets.changes import Changes
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.stepper import Stepper
from setup_wizard.ui.widgets.tasks import Task
from setup_wizard.ui.words import inside

if TYPE_CHECKING:
    from setup_wizard.ui.app import WizardApp


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


class FileTick(Tick):
    """A file, or a part of its change, that is taken in or left out."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "toggle_button", "Leave out", id="tick.toggle")]


class PlanScreen(TellsFaults, Screen[bool | None]):
    """Shows what would happen; True to apply it, None to continue without it. `left_out`: the parts that are not to change."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    AUTO_FOCUS = "Tick"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", "Apply", id="plan.apply"),
        Binding("c", "connect", "Connect", id="home.connect"),
        Binding("n", "next", "Next", id="home.next"),
        Binding("space", "leave_out", "Leave a file out", id="plan.leave_out"),
        Binding("j", "scroll(1)", "Scroll", id="home.down", show=False),
        Binding("k", "scroll(-1)", "Scroll up", id="home.up", show=False),
        Binding("down", "app.focus_next", "Next file", show=False),
        Binding("up", "app.focus_previous", "Previous file", show=False),
        Binding("e", "save", "Save as patch", id="plan.save"),
        Binding("y", "copy", "Copy", id="task.copy", show=False),
        Binding("y", "copy_text", "Copy the text", id="task.copy"),
        Binding("escape", "back", "Back", id="plan.back"),
    ]

    def __init__(self, step: Step, plan: Plan, place: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.step, self.plan, self.place = step, plan, place
        self.step_plan = plan.steps[0]
        self.left_out: dict[str, frozenset[int]] = {}
        self.shown = Changes(plan.changes)
        self.blocks = self.shown.blocks
        self.connecting = False

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Stepper(self.step.title, 1, self.place)
        yield Static(self._summary(), id="summary")
        refused = self.step_plan.outcome is StepOutcome.REFUSED and self.step_plan.refusal is not None
        with Horizontal(id="columns"):
            with VerticalScroll(id="effects", can_focus=False) as effects:
                for number, change in enumerate(self.plan.changes):
                    yield FileTick(
                        self.shown.titled(change.path), True, name=change.path, id=f"file{number}", compact=True
                    )
                    blocks = self.blocks[change.path]
                    for part, lines in enumerate(blocks if len(blocks) > 1 else ()):
                        name = Content.assemble((f"{counted(lines)}  {safe(first_of(lines))}", MUTED))
                        kept = FileTick(name, True, name=change.path, id=f"part{number}-{part}", compact=True)
                        yield kept.add_class("piece")
                if self.step_plan.outcome is StepOutcome.PLANNED:
                    yield Button(self._apply_label(), id="apply", variant="primary", compact=True)
                elif self._disconnected:
                    yield Button("Connect to Sentry  c", id="connect", variant="primary", compact=True)
                does = [a for a in self.step_plan.actions if not isinstance(a, ManualTask)]
                if does:
                    yield Static(
                        Content.assemble(("Then" if self.plan.changes else "This will", "bold")), classes="part"
                    )
                    yield Static(Rows(self._does(a) for a in does))
                told = self.step_plan.refusal.snippet if self.step_plan.refusal else None
                tasks = [t for t in self.plan.manual if told is None or t.snippet != told]
                if tasks:
                    yield Static(Content.assemble(("For you to do", "bold")), classes="part")
                    for number, task in enumerate(tasks, 1):
                        yield Task(number, task, narrow=True)
            if refused:
                effects.display = bool(self.plan.changes or does or tasks)
                with VerticalScroll(id="refusal", classes="" if effects.display else "-whole"):
                    yield Static(self._refusal())
            elif self.plan.changes:
                yield self.shown
        yield Keys()

    def on_resize(self) -> None:
        """Fit the names of the files to their column."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        room = self.query_one("#effects").scrollable_content_region.width - 5
        for number, change in enumerate(self.plan.changes):
            for tick in self.query(f"#file{number}").results(Tick):
                tick.label = self.shown.titled(change.path, room)

    @staticmethod
    def _does(action: object) -> Row:
        title = safe(str(getattr(action, "title", action)))
        if isinstance(action, Command):
            return Content.assemble(("  $ ", MUTED)), title.removeprefix("run ")
        return Content.assemble(("  ↗ ", MUTED)), title

    def _apply_label(self) -> str:
        """Say how much `a` does: each file, each command and each call, as the line above counts them."""
        done = len(self._chosen.changes) + sum(not isinstance(a, ManualTask) for a in self.step_plan.actions)
        return f"Apply {count(done, 'change')}  a" if self.plan.changes else "Do it  a"

    def _summary(self) -> Content | Rows:
        outcome = self.step_plan.outcome
        if outcome is StepOutcome.UNCHANGED:
            return Content("Nothing needs to change.")
        if outcome is StepOutcome.REFUSED:
            return problem(f"Couldn't edit this automatically: {inside(self.step_plan.reason)}")
        if outcome is StepOutcome.SKIPPED and self.step_plan.lacks_sentry:
            return Content.assemble(
                "– This step needs Sentry.\n", ("  Connect once (c); it continues from there.", MUTED)
            )
        if outcome is StepOutcome.SKIPPED:
            return Content(f"– skipped: {safe(inside(self.step_plan.reason))}")
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
            *code_rows(refusal.snippet),
            ("", ""),
            ("", Content.assemble(("Press y to copy it, n for the next item.", MUTED))),
        ]
        return Rows(rows)

    @on(Checkbox.Changed)
    def ticked(self, event: Checkbox.Changed) -> None:
        """Leave a file or a part of it out, or take it back in."""
        path, identity = event.checkbox.name, event.checkbox.id or ""
        if path is None:
            return
        event.stop()
        number, _, part = identity.removeprefix("file").removeprefix("part").partition("-")
        change, blocks = self.plan.changes[int(number)], self.blocks[path]
        out = set(self.left_out.get(path, ()))
        changed = {int(part)} if part else set(range(len(blocks)))
        out = out - changed if event.value else out | changed
        problem_ = broken_by(change, frozenset(out))
        if problem_ is not None:
            said = f"{path} would not work like this: {problem_}. These parts belong together."
            self.app.notify(said, severity="warning", markup=False)
            with self.prevent(Checkbox.Changed):
                event.checkbox.value = not event.value
            return
        self._leave_out(number, path, frozenset(out))

    def _leave_out(self, number: str, path: str, out: frozenset[int]) -> None:
        """Keep what is left out of a file, and show it."""
        self.left_out = {p: o for p, o in {**self.left_out, path: out}.items() if o}
        blocks = self.blocks[path]
        with self.prevent(Checkbox.Changed):
            self.query_one(f"#file{number}", Tick).value = len(out) < len(blocks)
            for part in range(len(blocks)):
                for tick in self.query(f"#part{number}-{part}").results(Tick):
                    tick.value = part not in out
        self.shown.leave_out(int(number), out)
        for button in self.query("#apply").results(Button):
            button.label = self._apply_label()
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """Bring the diff of the file that the cursor went to into view."""
        identity = (self.focused.id or "") if self.focused is not None else ""
        if identity.startswith(("file", "part")):
            number, _, part = identity.removeprefix("file").removeprefix("part").partition("-")
            self.shown.bring(int(number), int(part) if part else None)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what makes sense for this plan."""
        planned = self.step_plan.outcome is StepOutcome.PLANNED
        if action == "apply":
            return planned and (bool(self._chosen.changes) or len(self.step_plan.actions) > 0)
        if action == "next":
            return not planned
        if action == "connect":
            return self._disconnected
        if action in ("scroll", "save", "leave_out"):
            return bool(self.plan.changes)
        if action == "copy_text":
            return self.step_plan.refusal is not None
        return action != "copy" or (self.step_plan.refusal is None and bool(self.plan.changes))

    def action_scroll(self, direction: int) -> None:
        """Scroll the diff."""
        self.shown.step(direction)

    def action_leave_out(self) -> None:
        """Take the cursor to the first file, where it is on none."""
        for tick in self.query(FileTick):
            tick.focus()
            return

    @property
    def patch(self) -> str:
        """The chosen changes as a patch for `git apply`; files that git ignores are in none."""
        return "".join(unified_diff(c) for c in self._chosen.changes if not c.secret)

    @property
    def _chosen(self) -> Plan:
        """The plan without what is left out."""
        return plan_without(self.plan, self.left_out)

    def action_copy(self) -> None:
        """Copy the whole plan as a patch."""
        cast("WizardApp", self.app).copy(self.patch, "the patch")

    def action_copy_text(self) -> None:
        """Copy what the person has to write."""
        refusal = self.step_plan.refusal
        assert refusal is not None
        cast("WizardApp", self.app).copy(refusal.snippet, "the snippet")

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_save(self) -> None:
        """Save the chosen changes as a patch."""
        name, note = f"sentry-setup-{self.step.id}.patch", "Apply it with: git apply FILE"
        path = await save(cast("WizardApp", self.app), "Save as a patch", name, lambda: self.patch, note)
        if path is not None:
            self.app.notify(f"Saved {path}. Nothing in the repository was changed.", markup=False)

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        self.app.notify(error.sentence, severity="error", markup=False)

    @property
    def _disconnected(self) -> bool:
        return self.step_plan.outcome is StepOutcome.SKIPPED and self.step_plan.lacks_sentry

    @on(Button.Pressed, "#connect")
    def action_connect(self) -> None:
        """Connect, then continue with this step."""
        self.connecting = True
        self.dismiss(None)

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
