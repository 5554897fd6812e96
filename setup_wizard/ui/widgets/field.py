"""A question's field: the control that fits its answers, with where the answer was found, or what is wrong with it, below."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Checkbox, Input, Select, Static, Switch

from setup_wizard.questions import Question
from setup_wizard.ui.text import MUTED, problem, safe

_YES_NO = {"no", "yes"}


class Tick(Checkbox):
    """A checkbox whose mark says its state; Textual's says it by color only. Up and down go to the next one before they scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "toggle_button", "Tick", id="tick.toggle"),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Previous", show=False),
    ]

    @property
    def _button(self) -> Content:
        return Content("[✓]" if self.value else "[ ]")


class Field(Horizontal):
    """One question: a switch for yes and no, a list with a search for choices, a checkbox for each deploy job, else a text field.

    `number` is its place on the screen; the control is `#q{number}`, the line below it `#f{number}`.
    """

    class Answered(Message):
        """The answer changed."""

    def __init__(self, number: int, question: Question) -> None:
        super().__init__(classes="question")
        self.number, self.question = number, question
        self.pairs = tuple(p.strip() for p in question.value.split(",") if p.strip()) if self._jobs else ()

    @property
    def _jobs(self) -> bool:
        return self.question.key == "release.jobs"

    def compose(self) -> ComposeResult:
        """Lay the field out."""
        asked, identity = self.question, f"q{self.number}"
        yield Static(asked.label, classes="label", markup=False)
        with Vertical(classes="answer"):
            if set(asked.choices) == _YES_NO:
                with Horizontal(classes="switched"):
                    yield Switch(asked.value == "yes", id=identity, animate=False)
                    yield Static(asked.value, id=f"s{self.number}")
            elif asked.choices and asked.value in asked.choices:
                yield Select(((safe(c), c) for c in asked.choices), value=asked.value, allow_blank=False, id=identity)
            else:
                for pair in self.pairs:
                    job, _, environment = pair.partition(":")
                    yield Tick(Content(f"{safe(job)} deploys to {safe(environment)}"), True, name=pair, compact=True)
                yield Input(asked.value, id=identity, select_on_focus=False, placeholder=self._placeholder())
            yield Static(self._note(), id=f"f{self.number}", classes="found")

    def _placeholder(self) -> str:
        if self._jobs:
            return "job:environment, …"
        return "" if self.question.required else "optional"

    def _note(self) -> Content:
        more = "; add another one as job:environment" if self.pairs else ""
        return Content.assemble((safe(self.question.found) + more, MUTED))

    @property
    def value(self) -> str:
        """The answer as it would be given on a command line."""
        control = self.query_one(f"#q{self.number}")
        if isinstance(control, Switch):
            return "yes" if control.value else "no"
        if isinstance(control, Select):
            return str(control.value)
        assert isinstance(control, Input)
        return control.value.strip()

    def focus_control(self) -> None:
        """Take the cursor to the control."""
        self.query_one(f"#q{self.number}").focus()

    @property
    def wrong(self) -> str | None:
        """What is wrong with the answer, or None."""
        return self.question.problem(self.value)

    @on(Checkbox.Changed)
    def ticked(self, event: Checkbox.Changed) -> None:
        """Take a job's pair into the text, or out of it: the text is the answer."""
        event.stop()
        pair = event.checkbox.name or ""
        text = self.query_one(f"#q{self.number}", Input)
        pairs = [p for p in re.split(r"\s*,\s*", text.value.strip()) if p and p != pair]
        text.value = ",".join([*pairs, pair] if event.value else pairs)

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Switch.Changed)
    def changed(self, event: Message) -> None:
        """Say below the field what is wrong with it, and beside a switch which way it is."""
        event.stop()
        for said in self.query(f"#s{self.number}").results(Static):
            said.update(self.value)
        wrong = self.wrong
        self.query_one(f"#f{self.number}", Static).update(problem(wrong) if wrong else self._note())
        self.set_class(bool(wrong), "-wrong")
        self.post_message(self.Answered())
