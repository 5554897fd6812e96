"""Where a new entry of a list belongs, and how its version is written: both as the neighbours have it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_FEW = 5
"""A list shorter than this counts as sorted only when every entry is in order."""


def sorted_place(names: Sequence[str], name: str) -> int | None:
    """Return the index at which a sorted list takes a name; None where the list has no order.

    Four of five neighbours in order are an order: one entry that somebody put at the wrong place does not undo it. Names are
    compared as pip compares them (https://packaging.python.org/en/latest/specifications/name-normalization/).
    """
    keys, new = [_key(n) for n in names], _key(name)
    inverted = sum(a > b for a, b in pairwise(keys))
    if len(keys) < 3 or (inverted and len(keys) < _FEW) or inverted * 5 > len(keys):
        return None
    wrong = [sum(k > new for k in keys[:i]) + sum(k < new for k in keys[i:]) for i in range(len(keys) + 1)]
    least = min(wrong)
    return max(i for i, count in enumerate(wrong) if count == least)


def version_like(specifiers: Sequence[str], ranged: str, pinned: str) -> str:
    """Return the version to ask for: pinned (`==2.75.0`), compatible (`~=2.75`), or `ranged` where neither is the custom.

    Only entries that ask for a version count; without a `pinned` there is nothing to choose.
    """
    written = [s.strip() for s in specifiers if s.strip()] if pinned else []
    if written and sum(s.startswith("==") for s in written) * 5 >= len(written) * 4:
        return pinned
    if written and sum(s[0].isdigit() for s in written) * 5 >= len(written) * 4:
        return pinned.removeprefix(
            "=="
        )  # poetry's way of pinning (https://python-poetry.org/docs/dependency-specification/)
    if written and sum(s.startswith("~=") for s in written) * 2 > len(written):
        return "~=" + ".".join(pinned.removeprefix("==").split(".")[:2])
    if written and sum(s.startswith("^") for s in written) * 2 > len(written):
        return "^" + ".".join(pinned.removeprefix("==").split(".")[:2])
    return ranged


def _key(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
