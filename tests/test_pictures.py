"""The README's animated picture: how frames become one file, and that the file in the repository is fit for a page."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.pictures.animation import Frame, animated

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / ".github" / "demo.svg"
SVG = "{http://www.w3.org/2000/svg}"


class Page(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("the title", id="title")
        yield Static("first", id="body")


async def frames() -> list[Frame]:
    app = Page()
    async with app.run_test(size=(30, 5)) as pilot:
        await pilot.pause()
        taken = [Frame(svg=app.export_screenshot(), seconds=1, caption="n   next")]
        app.query_one("#body", Static).update("second <&>")
        await pilot.pause()
        taken.append(Frame(svg=app.export_screenshot(), seconds=3))
    return taken


async def test_what_frames_share_is_written_once_and_each_frame_has_its_time():
    made = animated(await frames(), "a run")
    tree = ElementTree.fromstring(made)
    texts = ["".join(t.itertext()).strip() for t in tree.iter(SVG + "text")]
    assert texts.count("the title") == 1 and "first" in texts and "second <&>" in texts and "n   next" in texts
    rules = next(tree.iter(SVG + "style")).text or ""
    assert "{0%{visibility:visible}25%{visibility:hidden}}" in rules
    assert "{0%{visibility:hidden}25%{visibility:visible}}" in rules
    assert "prefers-reduced-motion" in rules


async def test_no_background_is_painted_over_a_text():
    kinds = [n.tag for n in ElementTree.fromstring(animated(await frames(), "a run")).iter()]
    assert kinds.index(SVG + "text") > max(n for n, k in enumerate(kinds) if k == SVG + "rect")


def test_the_picture_in_the_repository_is_light_and_loads_nothing():
    text = PICTURE.read_text("utf-8")
    ElementTree.fromstring(text)
    assert len(text) < 256 * 1024
    assert not re.search(r"<script|<image|<foreignObject|@import|url\(|\bon\w+=", text)
    assert "/tmp" not in text and "sntrys_" not in text
    for seen in ("Ready for production", "Nothing has been written yet", "Proof", "sentry-setup launch"):
        assert seen in text, seen


def test_the_readme_shows_it():
    assert "](.github/demo.svg)" in (ROOT / "README.md").read_text("utf-8")
