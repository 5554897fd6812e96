"""Colors: every role readable on everything that text stands on, in every theme; and every text that a screen draws."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.color import Color
from textual.command import CommandList, CommandPalette
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.theme import BUILTIN_THEMES
from textual.widgets import Button, Input
from textual.widgets._toast import Toast

from setup_wizard.session import Past, Review
from setup_wizard.steps import find_steps
from setup_wizard.ui.screens.ask import AskScreen
from setup_wizard.ui.screens.commit import CommitScreen
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.screens.connect import ConnectScreen
from setup_wizard.ui.screens.empty import EmptyScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.help import HelpScreen
from setup_wizard.ui.screens.performance import PerformanceScreen
from setup_wizard.ui.screens.pick import PickScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.practice import PracticeScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from setup_wizard.ui.themes import BACKGROUNDS, HIGH_CONTRAST, READABLE, ROLES, contrast, variables, worst
from tests.pictures.contrast import table
from tests.support.ui import frozen, on, settled, until

THEMES = {t.name: t for t in (*BUILTIN_THEMES.values(), HIGH_CONTRAST)}
COMPUTED = [n for n, t in THEMES.items() if not t.ansi]

_LINES = set("─│┌┐└┘├┤╭╮╰╯▁▂▃▄▅▆▇█▏▎▍▌▋▊▉▐░▔▕▖▗▘▝▊▎┃━╸╺ ")
"""What draws borders, bars and the cursor: no text (WCAG 2.2, 1.4.11 asks less of it)."""


def test_contrast_is_computed_as_wcag_says():
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", COMPUTED)
def test_every_role_is_readable_on_every_background(name):
    made = variables(THEMES[name])
    grounds = tuple(Color.parse(made[f"ground-{g}"]) for g in BACKGROUNDS)
    low = {r: round(worst(Color.parse(made[f"role-{r}"]), grounds), 2) for r in ROLES}
    assert min(low.values()) >= READABLE, low
    assert low["muted"] <= low["fail"] and low["muted"] <= low["text"], "muted is never louder than what fails"


@pytest.mark.parametrize("name", COMPUTED)
def test_the_text_of_a_button_is_readable(name):
    made = {k: Color.parse(v) for k, v in variables(THEMES[name]).items() if k.startswith(("ground-", "role-"))}
    assert contrast(made["role-text"], made["ground-button"]) >= READABLE


async def test_each_button_is_seen_by_its_ground_in_high_contrast(sample, monkeypatch):
    app = frozen(sample, monkeypatch)
    async with app.run_test(size=(120, 40)) as pilot:
        app.theme = "high-contrast"
        app.push_screen(ConfirmScreen.run("sentry-setup verify-runtime"))
        await until(pilot, on(app, ConfirmScreen))
        await pilot.pause()
        grounds = [button.background_colors for button in app.screen.query(Button)]
        assert len(grounds) == 2 and min(contrast(around, own) for around, own in grounds) >= 3


@pytest.mark.parametrize("name", [n for n in THEMES if n not in COMPUTED])
def test_a_theme_of_the_terminals_own_colors_takes_those(name):
    made = variables(THEMES[name])
    assert all(made[f"role-{r}"].startswith("ansi_") for r in ROLES)


def unreadable(app, region: Region | None = None) -> list[tuple[str, float]]:
    """Return the texts on the screen, or in a part of it, whose contrast is too low."""
    found = []
    strips = app.screen._compositor.render_strips()
    if region is not None:
        strips = [strip.crop(region.x, region.right) for strip in strips[region.y : region.bottom]]
        assert any(segment.text.strip() for strip in strips for segment in strip)
    for strip in strips:
        for segment in strip:
            text, style = segment.text.strip(), segment.style
            if not text or set(text) <= _LINES or style is None or style.color is None or style.bgcolor is None:
                continue
            fore, back = (Color.from_rich_color(c) for c in (style.color, style.bgcolor))
            fore, back = (back, fore) if style.reverse else (fore, back)
            ratio = contrast(fore, back)
            if ratio < READABLE:
                found.append((text, round(ratio, 2)))
    return found


async def nothing_measured() -> tuple[Review, ...]:
    return (Review(slug="orchard-backend", found="there is no project orchard-backend", present_rate=None),)


OTHERS = [pytest.param(t, marks=pytest.mark.thorough) for t in ("solarized-light", "nord")]


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "high-contrast", *OTHERS])
async def test_every_text_that_is_drawn_is_readable(sample, monkeypatch, theme):
    app = frozen(sample, monkeypatch)
    app.session.answers["sentry.org"] = "acme"
    app.session.performance = nothing_measured  # type: ignore[method-assign]
    seen: dict[str, list[tuple[str, float]]] = {}
    async with app.run_test(size=(120, 40), notifications=True) as pilot:

        async def look(name: str, ready: Callable[[], bool] = lambda: True) -> None:
            await until(pilot, ready)
            await pilot.pause(0.1)
            dialog = isinstance(app.screen, ModalScreen)  # what is behind it is dimmed
            parts = [w.region for w in app.screen.query(".panel, Keys")] if dialog else [None]
            seen[name] = [low for part in parts for low in unreadable(app, part)]

        app.theme = theme
        await until(pilot, settled(app))
        for severity in ("information", "warning", "error"):
            app.notify("a toast", title="Its title", severity=severity)
        await look("toasts", lambda: len(app.screen.query(Toast)) == 3)
        app.clear_notifications()
        app.home.folded.clear()
        app.home.select("debug-off")
        await look("home, all unfolded, a pass")
        step = find_steps(["release-tracking"])[0]
        app.push_screen(QuestionsScreen(step, app.session.questions(step)))
        await look("questions", on(app, QuestionsScreen))
        await pilot.press("tab")
        await look("questions, the next field")
        app.screen.query(Input).last().value = "not a job"
        await look("questions, a wrong answer")
        step = find_steps(["sdk"])[0]
        plan = await app.session.plan(step)
        app.push_screen(PlanScreen(step, plan))
        await look("plan", on(app, PlanScreen))
        await pilot.press("space")
        await look("plan, a file left out")
        for screen in (
            ConnectScreen(app.session),
            HelpScreen(),
            PickScreen("Find", [("a", "A"), ("b", "B")]),
            AskScreen("Save", "a.patch", "a note"),
            ConfirmScreen.run("sentry-setup verify-runtime"),
            CommitScreen(app.session, ("a.py",)),
            EmptyScreen(sample),
            PracticeScreen(app.session, "noise-filtered", app.wizard.results["noise-filtered"]),
            PerformanceScreen(app.session),
            FinishScreen(app.session, app.wizard, Past(committable=("a.py",))),
        ):
            app.push_screen(screen)
            await look(type(screen).__name__, on(app, type(screen)))
        app.push_screen(ProofScreen(app.session, step, plan))
        await look("proof", lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        await pilot.press("ctrl+p")
        await look("palette", lambda: isinstance(app.screen, CommandPalette) and bool(app.screen.query("CommandList")))
        seen["palette"] = unreadable(app, app.screen.query_one(CommandList).region)  # what is behind it is dimmed
    assert len(seen) == 19 and {k: v for k, v in seen.items() if v} == {}


def test_the_table_of_contrasts_is_readable_throughout():
    made = table()
    assert set(made) == set(COMPUTED) and min(min(r.values()) for r in made.values()) >= READABLE
