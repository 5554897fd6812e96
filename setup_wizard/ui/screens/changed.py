"""All that the runs in the journal changed, in one scroll: the files with their counts, and their diffs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from checks.errors import SentrySetupError
from setup_wizard.plan.changed import Changed
from setup_wizard.plan.model import unified_diff
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.saving import save
from setup_wizard.ui.text import MUTED, safe
from setup_wizard.ui.widgets.changes import Changes, total_of
from setup_wizard.ui.widgets.keys import Keys

if TYPE_CHECKING:
    from setup_wizard.ui.app import WizardApp


class ChangedScreen(TellsFaults, Screen[None]):
    """The diff of everything; nothing is done here."""

    AUTO_FOCUS = "#files"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll(1)", "Scroll", id="home.down"),
        Binding("k", "scroll(-1)", "Scroll up", id="home.up"),
        Binding("e", "save", "Save as patch", id="plan.save"),
        Binding("y", "copy", "Copy the patch", id="task.copy"),
        Binding("escape,d", "back", "Back", id="changed.back"),
    ]

    def __init__(self, changed: Changed) -> None:
        super().__init__()
        self.changed = changed
        self.shown = Changes(changed.changes)

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        count = len(self.changed.changes)
        said = f"  {count:,} file{'s' * (count != 1)}  {total_of(self.changed.changes)}"
        yield Static(Content.assemble((" What changed ", "bold reverse"), (said, "bold")), id="headline")
        with Horizontal(id="columns"):
            with Vertical(id="effects"):
                yield OptionList(*(Option(self.shown.titled(c.path)) for c in self.changed.changes), id="files")
                if self.changed.edited:
                    yield Static(self._edited(), classes="part")
            yield self.shown
        yield Keys()

    def _edited(self) -> Content:
        """Name the files whose diff would hold more than the runs did."""
        names = "\n".join(f"  {safe(path)}" for path in self.changed.edited)
        return Content.assemble(
            ("Edited later", "bold"), f"\n{names}\n", ("`git diff` shows these with the later edits.", MUTED)
        )

    def on_resize(self) -> None:
        """Fit the names of the files to their column."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        files = self.query_one("#files", OptionList)
        for number, change in enumerate(self.changed.changes):
            files.replace_option_prompt_at_index(
                number, self.shown.titled(change.path, files.scrollable_content_region.width)
            )

    @on(OptionList.OptionHighlighted)
    def moved(self, event: OptionList.OptionHighlighted) -> None:
        """Bring the diff of the file that the cursor is on to the top, where it is beside the files."""
        event.stop()
        self.shown.bring(event.option_index)

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        """Go to the diff of a file, also where it is below the files."""
        event.stop()
        self.shown.query_one(f"#head{event.option_index}").scroll_visible(top=True, animate=False)

    def action_scroll(self, direction: int) -> None:
        """Scroll the diffs."""
        self.shown.step(direction)

    @property
    def patch(self) -> str:
        """What changed as a patch for `git apply`; files that git ignores are not in it."""
        return "".join(unified_diff(c) for c in self.changed.changes if not c.secret)

    def action_copy(self) -> None:
        """Copy the patch."""
        cast("WizardApp", self.app).copy(self.patch, "the patch")

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_save(self) -> None:
        """Save the patch."""
        path = await save(
            cast("WizardApp", self.app),
            "Save as a patch",
            "sentry-setup.patch",
            lambda: self.patch,
            "Undo it elsewhere with: git apply --reverse FILE",
        )
        if path is not None:
            self.app.notify(f"Saved {path}", markup=False)

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        self.app.notify(error.sentence, severity="error", markup=False)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)
