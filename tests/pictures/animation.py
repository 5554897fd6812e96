"""Screenshots of the wizard in, one animated SVG out: what two frames share is written once, and CSS shows it when it is due.

A page may embed the picture as an image, where no script runs and nothing is loaded (https://www.w3.org/TR/SVG2/conform.html#secure-animated-mode).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from msgspec import Struct

_SVG = "{http://www.w3.org/2000/svg}"
_RULE = re.compile(r"\.[\w-]+-(r\d+) \{ ([^}]*) \}")
_FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
_CAPTION = 36


class Frame(Struct, frozen=True, kw_only=True):
    """A screenshot as Textual exports it, how many seconds it stays, and what is said below it."""

    svg: str
    seconds: float
    caption: str = ""


def animated(frames: Sequence[Frame], title: str) -> str:
    """Return one SVG that shows the frames in turn, for ever; who prefers no motion sees the first."""
    width, height = _size(frames[0].svg)
    styles: dict[str, str] = {}
    seen: dict[str, set[int]] = {}
    for number, frame in enumerate(frames):
        for element in (*_elements(frame.svg, styles), _caption(frame.caption, height)):
            if element:
                seen.setdefault(element, set()).add(number)
    groups: dict[frozenset[int], list[str]] = {}
    for element, shown in seen.items():
        groups.setdefault(frozenset(shown), []).append(element)
    rules, grounds, texts = [], [], []
    for number, (shown, elements) in enumerate(groups.items()):
        if len(shown) < len(frames):
            rules.append(_timing(number, shown, [f.seconds for f in frames]))
        # Every background before every text: what one group paints would hide what another has written.
        for kind, into in (("<rect", grounds), ("<text", texts)):
            inner = "".join(e for e in elements if e.startswith(kind))
            into.append(f'<g class="g{number}">{inner}</g>' if inner else "")
    looks = "".join(f".{name}{{{rule}}}" for rule, name in styles.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + _CAPTION}" role="img" aria-label="{html.escape(title)}">\n'
        f"<title>{html.escape(title)}</title>\n"
        f"<style>text{{font:20px {_FONT};white-space:pre}}{looks}.c{{fill:#8b949e;font-size:17px}}{''.join(rules)}"
        "@media(prefers-reduced-motion:reduce){g{animation:none!important}}</style>\n"
        f'<rect width="{width}" height="{height + _CAPTION}" rx="8" fill="#0d1117"/>\n'
        + "\n".join(g for g in grounds + texts if g)
        + "\n</svg>\n"
    )


def _size(svg: str) -> tuple[int, int]:
    found = re.search(r'id="[\w-]+-clip-terminal">\s*<rect x="0" y="0" width="([\d.]+)" height="([\d.]+)"', svg)
    assert found, "not a screenshot of Textual"
    return round(float(found[1])), round(float(found[2]))


def _elements(svg: str, styles: dict[str, str]) -> Iterable[str]:
    """Return the background and the text runs of a screenshot, as markup that is the same for the same cells."""
    looks = dict(_RULE.findall(svg))
    inner = next(g for g in ElementTree.fromstring(svg).iter(_SVG + "g") if "clip-terminal" in g.get("clip-path", ""))
    for node in inner.iter():
        if node.tag == _SVG + "rect":
            x, y, width = (_short(node.get(n, "0")) for n in ("x", "y", "width"))
            yield f'<rect fill="{node.get("fill")}" x="{x}" y="{y}" width="{width}" height="24.65"/>'
        elif node.tag == _SVG + "text" and (node.text or "").strip("\xa0 "):
            rule = looks[node.get("class", "").rpartition("-")[2]].replace(" ", "").rstrip(";")
            name = styles.setdefault(rule, f"t{len(styles)}")
            x, y, length = (_short(node.get(n, "0")) for n in ("x", "y", "textLength"))
            text = html.escape((node.text or "").replace("\xa0", " "), quote=False)
            yield f'<text class="{name}" x="{x}" y="{y}" textLength="{length}" xml:space="preserve">{text}</text>'


def _short(number: str) -> str:
    return f"{float(number):.1f}".rstrip("0").rstrip(".")


def _caption(text: str, height: int) -> str:
    return f'<text class="c" x="14" y="{height + 24}">{html.escape(text, quote=False)}</text>' if text else ""


def _timing(number: int, shown: frozenset[int], seconds: Sequence[float]) -> str:
    """Return the rules that show a group during its frames; without animation it is seen if the first frame has it."""
    whole, began, stops, last = sum(seconds), 0.0, [], None
    for frame, length in enumerate(seconds):
        state = "visible" if frame in shown else "hidden"
        if state != last:
            stops.append(f"{100 * began / whole:.3g}%{{visibility:{state}}}")
        began, last = began + length, state
    rest = "" if 0 in shown else "visibility:hidden;"
    return (
        f".g{number}{{{rest}animation:k{number} {whole:g}s step-end infinite}}@keyframes k{number}{{{''.join(stops)}}}"
    )
