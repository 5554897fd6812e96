"""GitHub's filters of branches and tags: which names they let in, and names to try where a filter is a pattern.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

_SPECIAL = "*?+[]!\\"
_MAX_NAMES, _MAX_TRIED, _MAX_PATTERN = 48, 800, 60


def default_branches(named: Sequence[str]) -> tuple[str, ...]:
    """Return the names that the default branch may have: of `main` and `master` the one that is named, where only one is."""
    return tuple(b for b in ("main", "master") if b in named) or ("main", "master")


def is_documentation(pattern: str) -> bool:
    """Return whether a pattern of paths matches documentation only."""
    return pattern.endswith((".md", ".rst", ".mdx")) or pattern.split("/")[0] in ("docs", "doc", "documentation")


def is_plain(pattern: str) -> bool:
    """Return whether a filter names one branch or tag."""
    return not set(_SPECIAL) & set(pattern)


def lets_in(patterns: Sequence[str], name: str) -> bool:
    """Return whether filters let a name in: the last one that matches decides, and `!` leaves out."""
    found = False
    for pattern in patterns:
        if _matches(pattern.removeprefix("!"), name):
            found = not pattern.startswith("!")
    return found


def names_to_try(
    patterns: Sequence[str], ignored: Sequence[str], usual: Iterable[str], asked: Sequence[str], *, parts: bool
) -> list[str]:
    """Return names that filters let in: those that they write, `usual` ones, those that conditions ask for, and one of each pattern.

    Where conditions ask for `parts` of a name, a pattern is also tried with each text at any place of such a name, and with two
    of the texts one behind the other: what `startsWith` and `endsWith` ask for may be true of one name.
    """
    written = [p for p in patterns if is_plain(p)]
    open_ = [p for p in patterns if not is_plain(p) and not p.startswith("!")]
    samples = [_one_of(p) for p in open_]
    texts = [*asked, *(a + b for a in asked for b in asked if a != b)] if parts else []
    placed = [n for t in texts for s in samples for n in (*_instead(s, t), *_within(s, t))]
    tried = dict.fromkeys([*written, *usual, *samples, *asked, *placed, *texts])
    found = (
        n
        for n in itertools.islice(tried, _MAX_TRIED)
        if n and (not patterns or lets_in(patterns, n)) and not lets_in(ignored, n)
    )
    return list(itertools.islice(found, _MAX_NAMES))


def _instead(sample: str, text: str) -> list[str]:
    """Return a name with a text instead of its beginning, as long as either may be."""
    return [text + sample[at:] for at in range(len(sample) + 1)]


def _within(sample: str, text: str) -> list[str]:
    """Return a name with a text at each place of it, its end first."""
    return [sample[:at] + text + sample[at:] for at in range(len(sample), 0, -1)]


class _Part(Struct, frozen=True):
    """A part of a pattern: the letters that it may be (or with `other` those that it may not be), once, or `?`, `+`, `*` of them."""

    letters: frozenset[str]
    other: bool = False
    times: str = ""

    @property
    def sample(self) -> str:
        """A short text that it matches."""
        return "" if self.times == "?" else "1" if self.other else min(self.letters, default="")

    def after(self, name: str, places: set[int]) -> set[int]:
        """Return where a name may be read on behind this part, of the places where the part may begin."""
        many = self.times in ("+", "*")
        found: set[int] = set()
        for at, letter in enumerate(name):
            if (at in places or (many and at in found)) and (letter in self.letters) != self.other:
                found.add(at + 1)
        return found | places if self.times in ("?", "*") else found


@lru_cache(256)
def _parts(pattern: str) -> list[_Part]:
    found: list[_Part] = []
    at = 0
    text = pattern[:_MAX_PATTERN]
    while at < len(text):
        letter = text[at]
        close = text.find("]", at)
        if letter == "\\" and at + 1 < len(text):
            at += 1
            found.append(_Part(frozenset(text[at])))
        elif letter == "*":
            whole = text[at : at + 2] == "**"
            at += whole
            found.append(_Part(frozenset() if whole else frozenset("/"), other=True, times="*"))
        elif letter in "?+" and found and not found[-1].times:
            found.append(_Part(found.pop().letters, times=letter))
        elif letter == "[" and close > at:
            found.append(_Part(_letters(text[at + 1 : close])))
            at = close
        else:
            found.append(_Part(frozenset(letter)))
        at += 1
    return found


def _letters(inner: str) -> frozenset[str]:
    """Return the letters of `[a-z_]`."""
    found: set[str] = set()
    at = 0
    while at < len(inner):
        last = inner[at + 2] if inner[at + 1 : at + 2] == "-" and at + 2 < len(inner) else inner[at]
        found |= {chr(c) for c in range(ord(inner[at]), min(ord(last), ord(inner[at]) + 256) + 1)}
        at += 1 if last == inner[at] else 3
    return frozenset(found)


def _matches(pattern: str, name: str) -> bool:
    places = {0}
    for part in _parts(pattern):
        places = part.after(name, places)
    return len(name) in places


def _one_of(pattern: str) -> str:
    return "".join(p.sample for p in _parts(pattern))
