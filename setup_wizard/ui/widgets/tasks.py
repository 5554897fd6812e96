"""What is left for a person: each task with its value to copy, its page, its command, and a tick that evidence sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Checkbox, Static

from setup_wizard.plan.model import ManualTask
from setup_wizard.services.person_run import runnable
from setup_wizard.ui.leaving import sentence, value_of
from setup_wizard.ui.text import MUTED, Row, code_rows, link, safe
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from setup_wizard.ui.app import WizardApp


def _named_in(snippet: str, command: str | None) -> bool:
    """Return whether a command holds the one value that a text assigns (`NAME=value`), so that it need not be shown twice."""
    name, _, value = snippet.strip().partition("=")
    return bool(value and command) and "\n" not in value and name in str(command) and value in str(command)


class Task(Vertical):
    """One task; `y` copies its value, `o` opens its page, `x` runs its command after asking.

    `narrow`: it is in a column, where its page has a line of its own and is not beside the buttons. `folds`: it is one line, and
    shows its value, page and command where the cursor was last.

    Copying and opening do nothing yet, so neither ticks it: what was seen to be done does (`done`, `seen`), a command that ended
    well, or the person (`ticked`).
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy the value", id="task.copy"),
        Binding("o", "open", "Open the page", id="task.open"),
        Binding("x", "run", "Run it for me", id="task.run"),
    ]

    class Ran(Message):
        """A task's command ended well."""

    def __init__(
        self,
        number: int,
        task: ManualTask,
        *,
        done: bool = False,
        seen: str = "",
        ticked: bool = False,
        narrow: bool = False,
        folds: bool = False,
    ) -> None:
        super().__init__(classes="task -folds" if folds else "task")
        self.number, self.task_, self.done, self.seen, self.narrow = number, task, done, seen, narrow
        self.ticked = done or ticked
        self.words = None if done else runnable(task.command)

    def compose(self) -> ComposeResult:
        """Lay the task out; one that is done is a line."""
        task = self.task_
        rows: list[Row] = [("", Content.assemble((sentence(safe(task.title)), MUTED if self.done else "bold")))]
        if self.done:
            rows.append(("", Content.assemble((safe(self.seen), "$role-pass"))))
        else:
            rows += self._told()
        with Horizontal(classes="told"):
            yield Tick(Content(str(self.number)), self.ticked, compact=True)
            yield Static(Rows(rows), classes="said")
            yield Static(self._line(), classes="line")
        if not self.done:
            with Horizontal(classes="buttons"):
                if value_of(task):
                    yield Button("copy  y", name="copy", compact=True)
                if task.url:
                    yield Button("open  o", name="open", compact=True)
                if self.words:
                    yield Button("run it for me  x", name="run", compact=True)
                if task.url and not self.narrow:
                    yield Static(Rows([("", link(task.url))]), classes="page")

    def _line(self) -> Content:
        """Return the task as one line: what it is, then its value, or what was seen."""
        title, first = sentence(safe(self.task_.title)), value_of(self.task_).partition("\n")[0]
        if self.done:
            return Content.assemble((title, MUTED), "  ", (safe(self.seen), "$role-pass"))
        return Content.assemble((title, "bold"), "  ", (safe(first), MUTED))

    def _told(self) -> list[Row]:
        task = self.task_
        rows: list[Row] = []
        if task.reason:
            rows.append(("", Content.assemble((safe(task.reason), MUTED))))
        if task.place and task.place not in task.title:
            rows.append((Content.assemble(("at ", MUTED)), safe(task.place)))
        if task.command:
            rows.append((Content.assemble(("$ ", MUTED)), Content.assemble((safe(task.command), "$role-accent"))))
        if not _named_in(task.snippet, task.command):
            rows += code_rows(task.snippet)
        if task.url and self.narrow:
            rows.append(("", link(task.url)))
        return rows

    def on_mount(self) -> None:
        """Buttons are for the mouse; the keys act on the task that has the cursor."""
        for button in self.query(Button):
            button.can_focus = False

    def on_click(self) -> None:
        """Take the cursor to the task, and unfold it."""
        self.query_one(Tick).focus()
        self.unfold()

    def on_descendant_focus(self) -> None:
        """Unfold the task that the cursor comes to; while the mouse is held down nothing moves below it, or its click is lost."""
        if getattr(self.app, "_mouse_down_widget", None) is None:
            self.unfold()

    @on(Checkbox.Changed)
    def unfold(self) -> None:
        """Show all of this task, and one line of each other; it stays so while the cursor is on none."""
        for task in self.screen.query(Task):
            task.set_class(task is self, "-open")

    @on(Button.Pressed)
    async def pressed(self, event: Button.Pressed) -> None:
        """Do what the button's key does."""
        event.stop()
        await self.run_action(event.button.name or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the task has."""
        offered = {
            "open": not self.done and bool(self.task_.url),
            "copy": not self.done and bool(value_of(self.task_)),
            "run": self.words is not None,
        }
        return offered.get(action, True)

    def action_copy(self) -> None:
        """Copy the value."""
        cast("WizardApp", self.app).copy(value_of(self.task_), "the value")

    def action_open(self) -> None:
        """Open the page in the browser."""
        if self.task_.url:
            self.app.open_url(self.task_.url)

    @work(exclusive=True, group="run", exit_on_error=False)
    async def action_run(self) -> None:
        """Ask, with the very command; then run it in this terminal, and tick the task where it ended well."""
        from setup_wizard.ui.screens.confirm import ConfirmScreen

        if self.words is None or not await self.app.push_screen_wait(ConfirmScreen.command(self.task_.command or "")):
            return
        code = cast("WizardApp", self.app).hand_over(self.words)
        if code is None:
            return
        if code:
            self.app.notify(f"{self.words[0]} ended with {code}.", severity="error", markup=False)
            return
        self.query_one(Tick).value = True
        self.post_message(self.Ran())
