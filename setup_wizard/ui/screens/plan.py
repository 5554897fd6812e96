"""The plan: files left, diff right, commands and calls below; nothing is done until it is applied."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from setup_wizard.plan.model import ByHand, Plan, unified_diff
from setup_wizard.steps import Step
from setup_wizard.ui.text import diff, safe


class PlanScreen(Screen[bool | None]):
    """Shows what would happen; True to apply it, None to go on without it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", "Apply", id="plan.apply"),
        Binding("n", "next", "Next unchecked", id="plan.next"),
        Binding("j", "scroll(1)", "Scroll diff", id="plan.down"),
        Binding("k", "scroll(-1)", "Scroll up", id="plan.up", show=False),
        Binding("y", "copy", "Copy", id="plan.copy"),
        Binding("escape", "back", "Back", id="plan.back"),
    ]

    def __init__(self, step: Step, plan: Plan, place: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.left_out: frozenset[str] = frozenset()
        self.step = step
        self.plan = plan
        self.step_plan = plan.steps[0]

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(
            Content.assemble(
                (f" {self.step.title} ", "bold reverse"),
                ("   1 questions · ", "$role-muted"),
                ("2 plan", "bold"),
                (" · 3 proof", "$role-muted"),
            ),
            id="title",
        )
        yield Static(self._summary(), id="summary")
        if self.step_plan.outcome == "refused" and self.step_plan.refusal is not None:
            with VerticalScroll(id="refusal"):
                yield Static(self._refusal())
        elif self.plan.changes:
            with Horizontal(id="columns"):
                yield OptionList(
                    *(Option(Content(self._file(i)), id=str(i)) for i in range(len(self.plan.changes))), id="files"
                )
                with VerticalScroll(id="diff", can_focus=False):
                    yield Static(id="diff-text")
        yield Static(self._effects(), id="effects")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the first file's diff."""
        files = self.query("#files")
        if files:
            files.first().focus()
            self._show(0)

    def _file(self, number: int) -> str:
        change = self.plan.changes[number]
        lines = unified_diff(change).splitlines()
        added = sum(1 for x in lines if x.startswith("+") and not x.startswith("+++"))
        removed = sum(1 for x in lines if x.startswith("-") and not x.startswith("---"))
        return safe(change.path) + f"  +{added}" + (f" -{removed}" if removed else "")

    def _summary(self) -> Content:
        if self.step_plan.outcome == "unchanged":
            return Content("Nothing has to be changed.")
        if self.step_plan.outcome in ("refused", "skipped"):
            mark = "✗ not done automatically: " if self.step_plan.outcome == "refused" else "– skipped: "
            return Content(mark + safe(self.step_plan.reason))
        calls = sum(1 for a in self.step_plan.actions if not isinstance(a, ByHand))
        yours = len(self.step_plan.actions) - calls
        counted = (
            (len(self.plan.changes), "file", "files"),
            (calls, "call or command", "calls and commands"),
            (yours, "thing for you", "things for you"),
        )
        words = [f"{n} {one if n == 1 else many}" for n, one, many in counted if n]
        return Content(f"{', '.join(words)}. Nothing is done yet.")

    def _refusal(self) -> Content:
        refusal = self.step_plan.refusal
        assert refusal is not None
        return Content.assemble(
            "Write this yourself at ",
            (safe(refusal.place), "bold"),
            ":\n\n",
            "\n".join(safe(x) for x in refusal.snippet.splitlines()),
        )

    def _effects(self) -> Content:
        parts: list[str | tuple[str, str]] = []
        for action in self.step_plan.actions:
            if isinstance(action, ByHand):
                parts += [("  you   ", "bold"), safe(action.title) + "\n"]
                for line in (action.reason, *action.snippet.splitlines(), action.command):
                    if line:
                        parts.append((f"        {safe(line)}\n", "$role-muted"))
            else:
                parts += [("  then  ", "bold"), safe(action.title) + "\n"]
        return Content.assemble(*parts) if parts else Content("")

    def _show(self, number: int) -> None:
        if self.plan.changes:
            self.query_one("#diff-text", Static).update(diff(unified_diff(self.plan.changes[number])))
            self.query_one("#diff").scroll_home(animate=False)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the diff of the file that was moved to."""
        self._show(event.option_index)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what makes no sense for this plan."""
        if action in ("apply", "next"):
            return (self.step_plan.outcome == "planned") is (action == "apply")
        if action == "scroll":
            return bool(self.plan.changes)
        return True

    def action_scroll(self, direction: int) -> None:
        """Scroll the diff."""
        self.query_one("#diff").scroll_relative(y=direction * 5, animate=False)

    def action_copy(self) -> None:
        """Copy the snippet, or the whole plan as a patch."""
        refusal = self.step_plan.refusal
        self.app.copy_to_clipboard(refusal.snippet if refusal else "".join(unified_diff(c) for c in self.plan.changes))
        self.app.notify("Copied.")

    def action_apply(self) -> None:
        """Agree."""
        self.dismiss(True)

    def action_next(self) -> None:
        """Go on with the next item: this one is done by hand, or not now."""
        self.dismiss(None)

    def action_back(self) -> None:
        """Go back; nothing was changed."""
        self.dismiss(False)
