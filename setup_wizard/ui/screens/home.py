"""Home: the checklist left, what to do first; the selected item right; one key a step away."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from checks.checklist import CHECKLIST, find_item
from checks.model import Item, Outcome, Result
from setup_wizard.state import Header, Preview, WizardState, progress
from setup_wizard.ui.board import FOLDED, Group, board, offered
from setup_wizard.ui.text import FAIL, MUTED, cut, detail, documentation, row, safe
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.waiting import Waiting
from setup_wizard.ui.words import inside

WIDE = 100
"""Columns from which the detail is beside the list."""

_AFTER_PAINT = 0.05
"""Seconds; Textual hands a frame to a thread, and tells nobody when it is written."""

_BETWEEN_PAINTS = 0.08
"""Seconds between two drawings of the list while results come in."""

_GROUP = "group:"
_OPEN = "home.open"


class SetUp(Message):
    """A person asks to set an item up."""

    def __init__(self, item_id: str) -> None:
        super().__init__()
        self.item_id = item_id


class Chosen(Message):
    """An item was clicked."""


class Checklist(OptionList):
    """The list of items: a click selects, enter or a double click acts."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Fix this", id=_OPEN)]

    async def _on_click(self, event: events.Click) -> None:
        event.prevent_default()
        clicked = event.style.meta.get("option")
        if clicked is None or self.get_option_at_index(clicked).disabled:
            return
        self.highlighted = clicked
        self.post_message(Chosen())
        if event.chain > 1 or (self.get_option_at_index(clicked).id or "").startswith(_GROUP):
            self.action_select()


class HomeScreen(Screen[None]):
    """The checklist. Shows a state; asks the app to act."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Fix this", id=_OPEN),  # before a browser's tab is clicked the list has no focus
        Binding("n", "app.next", "Next", id="home.next"),
        Binding("A", "app.all", "Fix all", id="home.all"),
        Binding("c", "app.connect", "Connect", id="home.connect"),
        Binding("slash", "app.find", "Find", id="home.find"),
        Binding("u", "app.undo", "Undo", id="home.undo"),
        Binding("f", "app.finish", "Finish", id="home.finish"),
        Binding("r", "app.recheck", "Check again", id="home.recheck", show=False),
        Binding("j", "scroll(1)", "Scroll the detail", id="home.down", show=False),
        Binding("k", "scroll(-1)", "Scroll the detail back", id="home.up", show=False),
        Binding("o", "docs", "Documentation", id="home.docs", show=False),
    ]

    def __init__(self, state: WizardState) -> None:
        super().__init__()
        self.state = state
        self.folded = set(FOLDED)
        self.lines: dict[str, Content] = {}
        self.told = self.chosen = False
        self.pending: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Horizontal(id="title"):
            yield Static(Content.assemble((" sentry-setup ", "bold reverse")), id="product")
            yield Static(id="repository")
            yield Static(id="found")
            yield Static(id="connection")
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield Static(id="progress")
                yield Checklist(*self._options(52), id="items")
            with Vertical(id="right"):
                with VerticalScroll(id="detail", can_focus=False):
                    yield Static(id="detail-text")
                yield Vertical(id="act")
        yield Waiting(id="status", indent="  ")
        yield Vertical(id="keys")

    def _options(self, width: int) -> list[Option]:
        """Return the rows of each group under its heading, which folds and unfolds it."""
        rows: list[Option] = []
        before = True
        for group, items in board(self.state).items():
            shut = group in self.folded
            if rows and not (before and shut):
                rows.append(Option("", disabled=True))
            before = shut and group is not Group.SENTRY
            rows.append(Option(self._heading(group, items, width, shut=shut), id=_GROUP + group))
            if not shut:
                rows += [
                    Option(row(i, self.state.results.get(i.id), width, bare=self._waits(group, i)), id=i.id)
                    for i in items
                ]
            elif group is Group.SENTRY:
                named = cut(" · ".join(i.title for i in items), width - 5)
                rows.append(Option(Content.assemble(("  ? ", "$role-unknown"), (named, MUTED)), disabled=True))
        return rows

    def _waits(self, group: Group, item: Item) -> bool:
        """Return whether a row says nothing beside its title: its heading says it once, or Sentry is being asked right now."""
        result = self.state.results.get(item.id)
        asked = self.state.connected and self.state.busy is not None and item.online
        return group is Group.SENTRY or (asked and result is not None and result.outcome is Outcome.UNKNOWN)

    def _heading(self, group: Group, items: tuple[Item, ...], width: int, *, shut: bool) -> Content:
        """Return a group's heading with its count, and what would shorten it."""
        said = f"{len(items):3} {'▸' if shut else '▾'}"
        if group is Group.CHECKING:
            said = "…"
        room = width - 2 - len(group) - len(said)
        asides = ("press c once to check all of these", "press c to check these", "press c")
        aside = next((a for a in asides if len(a) + 3 <= room), "") if group is Group.SENTRY else ""
        gap = max(room - (len(aside) + 2 if aside else 0), 1)
        return Content.assemble((f" {group}", "bold"), ("  " + aside if aside else "", MUTED), " " * gap, (said, MUTED))

    def on_mount(self) -> None:
        """Focus the list and show the state; the detail and the keys, which take long to make, come after the first paint."""
        self.query_one("#items", OptionList).focus()
        self._head()
        self.set_timer(_AFTER_PAINT, self._complete)

    def _complete(self) -> None:
        from setup_wizard.ui.widgets.keys import Keys

        self.told = True
        self.query_one("#keys").mount(Keys())
        self.query_one("#act").mount(Button("Fix this", id="fix", variant="primary", compact=True))
        self._redraw()

    def on_key(self) -> None:
        """From the first key on the selection is a person's own: results that come in leave it."""
        self.chosen = True

    def on_chosen(self) -> None:
        """A click is a choice as a key is."""
        self.chosen = True

    def on_resize(self) -> None:
        """Show the rows in the width there is."""
        self.call_after_refresh(self._redraw)

    def show(self, state: WizardState) -> None:
        """Show a state; results that come in one after the other are drawn together."""
        old, self.state = self.state, state
        if not self.is_mounted or not self.query("#items"):
            return
        self._head()
        if state.results is old.results and state.connected is old.connected:
            if state.previews is not old.previews:
                self._detail()
        elif self.pending is None:
            self.pending = self.set_timer(_BETWEEN_PAINTS, self._redraw)

    def _redraw(self) -> None:
        """Draw the list again, with the same item selected."""
        self.pending = None
        items = self.query_one("#items", OptionList)
        width = items.scrollable_content_region.width or 52
        chosen = self._highlighted() if self.chosen else None
        with self.prevent(OptionList.OptionHighlighted):
            items.set_options(self._options(width))
            ids = [o.id for o in items.options]
            first = next((n for n, o in enumerate(items.options) if o.id and not o.id.startswith(_GROUP)), None)
            there = ids.index(chosen) if chosen and chosen in ids else first
            items.highlighted = there if there is not None else next((n for n, i in enumerate(ids) if i), None)
        self._head()
        self._detail()

    def _head(self) -> None:
        state, header = self.state, self.state.header
        branch = f" · {safe(header.branch)}" if header.branch else ""
        changed = f" · {header.changed:,} changed" if header.changed else ""
        self._put("#repository", Content.assemble((safe(header.repository), "bold"), (f"{branch}{changed}", MUTED)))
        self._put("#found", Content.assemble((safe(brief(header, full=self.size.width >= 160)), MUTED)))
        self._put("#connection", self._connection(state))
        done, of = progress(state)
        width = max(min(self.size.width // 14, 24), 8)
        full = width * done // of if of else 0
        checking = len(state.results) < len(CHECKLIST)
        said = f"checking, {len(state.results)} of {len(CHECKLIST)}" if checking else f"{done} of {of} required done"
        bar = ("" if checking else "█" * full, "$role-pass"), ("░" * (width if checking else width - full), MUTED)
        self._put("#progress", Content.assemble(" ", ("Ready for production", "bold"), "  ", *bar, f"  {said}"))
        self._status(state)

    def _put(self, selector: str, content: Content) -> None:
        """Show a line, unless it is shown already."""
        before = self.lines.get(selector)
        if before != content:
            self.lines[selector] = content
            same_room = before is not None and before.cell_length == content.cell_length
            self.query_one(selector, Static).update(content, layout=not same_room)

    @staticmethod
    def _connection(state: WizardState) -> Content:
        if state.connected:
            where = f"{state.organization} · {(state.url or '').partition('://')[2]}"
            return Content.assemble(("● ", "$role-pass"), safe(where))
        return Content.assemble(("○ without Sentry" if state.alone else "○ not connected", MUTED))

    def _status(self, state: WizardState) -> None:
        status = self.query_one("#status", Waiting)
        if state.busy and not state.error:
            if status.sentence != state.busy:
                status.wait(state.busy)
            return
        error = Content.assemble((safe(inside(state.error or "")), FAIL))
        if self.lines.get("#status") != error or status.sentence is not None:
            self.lines["#status"] = error
            status.tell(Rows([(Content.assemble(("  ✗ ", FAIL)), error)]) if error.plain else "")

    def _highlighted(self) -> str | None:
        option = self.query_one("#items", OptionList).highlighted_option
        return option.id if option else None

    def selected(self) -> str:
        """Return the id of the selected item; under a folded heading, that of the group's first."""
        chosen = self._highlighted() or ""
        if chosen.startswith(_GROUP):
            return board(self.state).get(Group(chosen.removeprefix(_GROUP)), CHECKLIST)[0].id
        return chosen or CHECKLIST[0].id

    def select(self, item_id: str) -> None:
        """Move to an item, and unfold its group."""
        group = next((g for g, items in board(self.state).items() if item_id in [i.id for i in items]), None)
        if group in self.folded:
            self.folded.discard(group)
            self._redraw()
        items = self.query_one("#items", OptionList)
        ids = [o.id for o in items.options]
        self.chosen = True
        items.highlighted = ids.index(item_id) if item_id in ids else items.highlighted

    def _detail(self) -> None:
        if not self.told:
            return
        item_id, heading = self.selected(), (self._highlighted() or "").startswith(_GROUP)
        shown = self.query_one("#detail-text", Static)
        if heading:
            shown.update(self._about(Group((self._highlighted() or "").removeprefix(_GROUP))))
        else:
            guide = self.state.header.guide
            shown.update(detail(item_id, self.state.results.get(item_id), self._preview(item_id), guide))
        self.query_one("#detail").scroll_home(animate=False)
        result = self.state.results.get(item_id)
        does = "" if heading else what_enter_does(item_id, result)
        for button in self.query("#fix").results(Button):
            button.display = bool(does)
            button.label = act_label(does) if does else button.label
        if heading:
            does = "Unfold" if Group((self._highlighted() or "").removeprefix(_GROUP)) in self.folded else "Fold"
        elif self.size.width < WIDE:
            does = "Open"
        name_enter(self.query_one("#items"), does)
        name_enter(self, does)

    def _about(self, group: Group) -> Content:
        """Return what a group holds, by the titles of its items."""
        items = board(self.state).get(group, ())
        said = {
            Group.SENTRY: "Connect to Sentry once (c) to check all of these.\n\n",
            Group.WORTH: "Recommended or optional: these never fail an audit.\n\n",
            Group.OFFERED: "Off by default, and not required. Each says what it costs; press Enter to choose.\n\n",
            Group.UNDECIDED: "Neither the repository nor Sentry shows these yet. Each says what is needed.\n\n",
        }.get(group, "")
        titles = "\n".join(
            f"  {self.state.results[i.id].title if i.id in self.state.results else i.title}" for i in items
        )
        return Content.assemble((f"{group.capitalize().replace('sentry', 'Sentry')}\n\n", "bold"), said, titles)

    def _preview(self, item_id: str) -> Preview | None:
        return self.state.previews.get(find_item(item_id).step or "")

    @on(OptionList.OptionHighlighted, "#items")
    def moved(self, event: OptionList.OptionHighlighted) -> None:
        """Show the item that was moved to."""
        event.stop()
        self._detail()

    @on(OptionList.OptionSelected, "#items")
    def acted(self, event: OptionList.OptionSelected) -> None:
        """Enter or a double click: a heading folds, an item opens."""
        event.stop()
        if (event.option_id or "").startswith(_GROUP):
            self.folded ^= {Group((event.option_id or "").removeprefix(_GROUP))}
            self.chosen = True
            self._redraw()
        else:
            self.action_open()

    @on(Button.Pressed, "#fix")
    def pressed(self, event: Button.Pressed) -> None:
        """The button acts as enter does."""
        event.stop()
        self.query_one("#items").focus()
        self.action_open()

    def action_select(self) -> None:
        """Do with the selected row what enter does in the list."""
        self.query_one("#items", OptionList).action_select()

    def action_open(self) -> None:
        """Open the selected item: its step where the detail is in view, else the detail."""
        if self.size.width >= WIDE:
            self.post_message(SetUp(self.selected()))
        else:
            from setup_wizard.ui.screens.item import ItemScreen

            self.app.push_screen(ItemScreen(self.selected(), self.state, self._preview(self.selected())))

    def action_scroll(self, direction: int) -> None:
        """Scroll what is beside the list: evidence, step, diff."""
        self.query_one("#detail").scroll_relative(y=direction * 5, animate=False)

    def action_docs(self) -> None:
        """Open the selected item's documentation in the browser."""
        self.app.open_url(documentation(find_item(self.selected()), self.state.header.guide))


def what_enter_does(item_id: str, result: Result | None) -> str:
    """Return what enter does with an item, as its button and the footer say it; nothing where there is nothing to do."""
    if result is not None and offered(result):
        return "Choose"
    if result is None or result.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        return ""
    return "Fix this" if find_item(item_id).step else "Show how"


def act_label(does: str) -> str:
    """Return the text of the button that does what enter does."""
    return f"{does}  ⏎"


def name_enter(node: Widget, does: str) -> None:
    """Name the key that opens an item, whichever it is, in the footer and the palette; without a name the footer leaves it out."""
    keys = node._bindings.key_to_bindings
    for key, bindings in keys.items():
        named = [replace(b, description=does or "Details", show=bool(does)) if b.id == _OPEN else b for b in bindings]
        if named != bindings:
            keys[key] = named
            node.refresh_bindings()


def brief(header: Header, *, full: bool) -> str:
    """Return what was found as one line: every version where there is room, else the kinds with their counts."""
    if full:
        return " · ".join(header.found)
    words: dict[str, int] = {}
    for found in header.found:
        first = found.split()[0]
        words[first] = words.get(first, 0) + 1
    return " · ".join(f"{n} × {w}" if n > 1 else w for w, n in words.items())
