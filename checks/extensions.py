"""Items of other distributions: the entry points `sentry_setup.items`, each naming a tuple of `Item`.

https://packaging.python.org/en/latest/specifications/entry-points/. They are installed beside this tool by the person who runs it; the
audited repository has no say in it, and nothing of it is imported.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator

from checks.errors import UsageError
from checks.model import Item

GROUP = "sentry_setup.items"


@functools.cache
def extra_items() -> tuple[Item, ...]:
    """Return the items that installed distributions add, by the name of their entry point. Raises `UsageError`.

    An id starts with the entry point's name and a dash (`acme-no-print` of `acme`), so that it is never one of ours.
    """
    if not any(_declares(folder) for folder in sys.path):
        return ()
    from importlib.metadata import entry_points

    found: dict[str, Item] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        named = f"the entry point `{point.name} = {point.value}` of {GROUP}"
        try:
            items = point.load()
        except Exception as error:
            raise UsageError(f"{named} cannot be loaded: {type(error).__name__}: {error}", hint=_HINT) from error
        if not isinstance(items, tuple) or not all(isinstance(i, Item) for i in items):
            raise UsageError(f"{named} is not a tuple of items (`checks.library.Item`)", hint=_HINT)
        for item in items:
            if not item.id.startswith(f"{point.name}-") or item.id in found:
                raise UsageError(
                    f"{named} has the id `{item.id}`: it must be unique and start with `{point.name}-`", hint=_HINT
                )
            found[item.id] = item
    return tuple(found.values())


_HINT = "correct or uninstall the package that declares it"


def _declares(folder: str) -> bool:
    """Tell whether a distribution in a folder has such an entry point; importlib.metadata takes as long as a third of an audit."""
    return any(GROUP.encode() in _read(path) for path in _entry_files(folder))


def _entry_files(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".dist-info", ".egg-info")):
                    yield os.path.join(entry.path, "entry_points.txt")  # noqa: PTH118 - in each audit's start
    except OSError:
        return


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""
