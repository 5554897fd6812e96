"""Home: the checklist left, the selected item right; one key a step away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from checks.checklist import CHECKLIST, PRODUCTION, find_item
from setup_wizard.state import Preview, WizardState, progress
from setup_wizard.ui.text import detail, heading, row, safe

SECTIONS = tuple(dict.fromkeys(i.section for i in CHECKLIST))
WIDE = 100
"""Columns from which the detail stands beside the list."""

_AFTER_PAINT = 0.05
"""Seconds; Textual hands a frame to a thread, and tells nobody when it is written."""


class SetUp(Message):
    """A person asks to set an item up."""

    def __init__(self, item_id: str) -> None:
        super().__init__()
        self.item_id = item_id


class Checklist(OptionList):
    """The list of items; its enter key stands in the footer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Set up", id="home.open")]


class HomeScreen(Screen[None]):
    """The checklist. Shows a state; asks the app to act."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "app.next", "Next unchecked", id="home.next"),
        Binding("a", "app.all", "All", id="home.all"),
        Binding("c", "app.connect", "Connect", id="home.connect"),
        Binding("r", "app.recheck", "Check again", id="home.recheck", show=False),
        Binding("slash", "app.find", "Find", id="home.find", show=False),
        Binding("u", "app.undo", "Undo", id="home.undo"),
        Binding("f", "app.finish", "Finish", id="home.finish"),
        Binding("j", "scroll(1)", "Scroll the detail", id="home.down", show=False),
        Binding("k", "scroll(-1)", "Scroll the detail back", id="home.up", show=False),
        Binding("o", "docs", "Documentation", id="home.docs", show=False),
    ]

    def __init__(self, state: WizardState) -> None:
        super().__init__()
        self.state = state
        self.lines: dict[str, Content] = {}
        self.drawn = self.told = False
        self.wide = True

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(id="title")
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield Static(id="progress")
                yield Checklist(*self._options(), id="items")
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="detail-text")
        yield Static(id="status")
        yield Vertical(id="keys")

    def _options(self) -> Iterator[Option]:
        """Yield the rows: the production checklist, then each further section under a heading that cannot be chosen."""
        for section in SECTIONS:
            if section != PRODUCTION:
                yield Option(heading(section, self.state), id=f"section:{section}", disabled=True)
            for item in CHECKLIST:
                if item.section == section:
                    yield Option(row(item, None, wide=True), id=item.id)

    def on_mount(self) -> None:
        """Focus the list and show the state; the detail and the keys, which take long to make, come after the first paint."""
        self.query_one("#items", OptionList).focus()
        self.show(self.state)
        self.set_timer(_AFTER_PAINT, self._complete)

    def _complete(self) -> None:
        self.told = True
        self.query_one("#keys").mount(Footer(show_command_palette=False))
        self._detail()

    def on_resize(self) -> None:
        """Show the rows in the width there is."""
        turned = (self.size.width >= WIDE) is not self.wide
        self.wide = self.size.width >= WIDE
        self.show(self.state, force=turned)

    def show(self, state: WizardState, *, force: bool = False) -> None:
        """Show a state; only what changed is drawn anew."""
        old, self.state = self.state, state
        if not self.is_mounted or not self.query("#items"):
            return
        wide = self.size.width >= WIDE
        items = self.query_one("#items", OptionList)
        changed_items = [i for i in CHECKLIST if force or state.results.get(i.id) is not old.results.get(i.id)]
        for item in changed_items:
            items.replace_option_prompt(item.id, row(item, state.results.get(item.id), wide=wide))
        for section in dict.fromkeys(i.section for i in changed_items):
            if section != PRODUCTION:
                items.replace_option_prompt(f"section:{section}", heading(section, state))
        self._head(state, wide=wide)
        planned = state.previews is not old.previews
        if force or planned or not self.drawn or self.selected() in {i.id for i in changed_items}:
            self._detail()
        self.drawn = True

    def _head(self, state: WizardState, *, wide: bool) -> None:
        header = state.header
        branch = f" · {safe(header.branch)}" if header.branch else ""
        changed = f" · {header.changed} changed" if header.changed else ""
        found = safe(" │ ".join(header.found)) if wide else ""
        self._put(
            "#title",
            Content.assemble(
                (" sentry-setup ", "bold reverse"),
                f"  {safe(header.repository)}{branch}{changed}",
                "    ",
                (found, "$text-muted"),
            ),
        )
        done, of = progress(state)
        self._put("#progress", Content.assemble(("  " + PRODUCTION, "bold"), f"    {done} of all {of} required"))
        self._put("#status", self._status(state))

    def _put(self, selector: str, content: Content) -> None:
        """Show a line, unless it stands there already."""
        if self.lines.get(selector) != content:
            self.lines[selector] = content
            self.query_one(selector, Static).update(content)

    def _status(self, state: WizardState) -> Content:
        if state.error:
            return Content.assemble((f"  ✗ {safe(state.error)}", "$text-error"))
        if state.busy:
            return Content(f"  … {safe(state.busy)}")
        where = (
            f"{state.organization} · {(state.url or '').partition('://')[2]}"
            if state.connected
            else "without Sentry for now (c connects)"
            if state.alone
            else "not connected to Sentry (c)"
        )
        return Content.assemble((f"  {safe(where)}", "$text-muted"))

    def selected(self) -> str:
        """Return the id of the selected item."""
        items = self.query_one("#items", OptionList)
        option = items.get_option_at_index(items.highlighted or 0)
        return option.id if option.id and not option.disabled else CHECKLIST[0].id

    def select(self, item_id: str) -> None:
        """Move to an item."""
        items = self.query_one("#items", OptionList)
        items.highlighted = items.get_option_index(item_id)

    def _detail(self) -> None:
        if not self.told:
            return
        item_id = self.selected()
        self.query_one("#detail-text", Static).update(
            detail(item_id, self.state.results.get(item_id), self._preview(item_id))
        )

    def _preview(self, item_id: str) -> Preview | None:
        return self.state.previews.get(find_item(item_id).step or "")

    def on_option_list_option_highlighted(self) -> None:
        """Show the item that was moved to."""
        self._detail()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click opens the item: its step where the detail is in view, else the detail."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Open the selected item."""
        if self.size.width >= WIDE:
            self.post_message(SetUp(self.selected()))
        else:
            self.app.push_screen(ItemScreen(self.selected(), self.state, self._preview(self.selected())))

    def action_scroll(self, direction: int) -> None:
        """Scroll what stands beside the list: evidence, step, diff."""
        self.query_one("#detail").scroll_relative(y=direction * 5, animate=False)

    def action_docs(self) -> None:
        """Open the selected item's documentation in the browser."""
        self.app.open_url(next(i.docs_url for i in CHECKLIST if i.id == self.selected()))


class ItemScreen(Screen[None]):
    """One item on a narrow screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "set_up", "Set up", id="item.open"),
        Binding("escape", "app.pop_screen", "Back", id="item.back"),
    ]

    def __init__(self, item_id: str, state: WizardState, preview: Preview | None) -> None:
        super().__init__()
        self.preview = preview
        self.item_id = item_id
        self.state = state

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with VerticalScroll(id="item"):
            yield Static(detail(self.item_id, self.state.results.get(self.item_id), self.preview))
        yield Footer(show_command_palette=False)

    def action_set_up(self) -> None:
        """Leave for the item's step."""
        self.app.pop_screen()
        self.app.post_message(SetUp(self.item_id))
