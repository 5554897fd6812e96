"""What is left for a person: each task with its value to copy, its page, and a tick that comes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from setup_wizard.plan.model import ManualTask
from setup_wizard.ui.leaving import value_of
from setup_wizard.ui.text import MUTED, Row, safe
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from setup_wizard.ui.app import WizardApp


class Task(Vertical):
    """One task; `y` copies its value, `o` opens its page, and either ticks it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy the value", id="task.copy"),
        Binding("o", "open", "Open the page", id="task.open"),
    ]

    def __init__(self, number: int, task: ManualTask) -> None:
        super().__init__(classes="task")
        self.number, self.task_ = number, task

    def compose(self) -> ComposeResult:
        """Lay the task out."""
        task = self.task_
        rows: list[Row] = [("", Content.assemble((safe(task.title), "bold")))]
        if task.reason:
            rows.append(("", Content.assemble((safe(task.reason), MUTED))))
        if task.place and task.place not in task.title:
            rows.append((Content.assemble(("at ", MUTED)), safe(task.place)))
        if task.command:
            rows.append((Content.assemble(("$ ", MUTED)), Content.assemble((safe(task.command), "$role-accent"))))
        rows += [("  ", safe(line)) for line in task.snippet.splitlines()]
        if task.url:
            rows.append((Content.assemble(("↗ ", MUTED)), safe(task.url)))
        with Horizontal(classes="told"):
            yield Tick(Content(str(self.number)), compact=True)
            yield Static(Rows(rows), classes="said")
        with Horizontal(classes="buttons"):
            if value_of(task):
                yield Button("copy  y", name="copy", compact=True)
            if task.url:
                yield Button("open  o", name="open", compact=True)

    def on_mount(self) -> None:
        """Buttons are for the mouse; the keys act on the task that has the cursor."""
        for button in self.query(Button):
            button.can_focus = False

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        """Act by a button."""
        event.stop()
        self.action_copy() if event.button.name == "copy" else self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the task has."""
        return (
            bool(self.task_.url if action == "open" else value_of(self.task_)) if action in ("open", "copy") else True
        )

    def action_copy(self) -> None:
        """Copy the value."""
        if cast("WizardApp", self.app).copy(value_of(self.task_), "the value"):
            self.query_one(Tick).value = True

    def action_open(self) -> None:
        """Open the page in the browser."""
        if self.task_.url:
            self.app.open_url(self.task_.url)
            self.query_one(Tick).value = True
