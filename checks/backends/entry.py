"""The module that a process of a backend starts with, and the backend that several of them are."""

from __future__ import annotations

import ast

from msgspec import Struct

from checks.backends.applications import Application
from checks.backends.frameworks import framework_named
from checks.hosts.started import Started


class Entry(Struct, frozen=True, kw_only=True):
    """The module that a process starts with: its dotted name, file, and the place that names it.

    `attribute` is the object in it; `called` says that it is a function, which makes one. `script` says that the module runs as
    `__main__`. `source` is the folder that its imports start from, `template` that of the file which deploys it as a function.
    `started` is what the command says (None: nothing starts it), `rank` as in `commands`, 9 without one. `runner` is the program
    that hands the application to a server by its name; `imported` says that the server's own processes only import that program
    (None: not known here).
    """

    framework: str
    module: str
    path: str
    attribute: str
    found_in: str
    found_line: int | None
    called: bool = False
    script: bool = False
    application: Application | None = None
    started: Started | None = None
    rank: int = 9
    source: str = "."
    template: str = ""
    runner: str = ""
    imported: bool | None = False

    @property
    def kind(self) -> str:
        """Whether it answers requests (`web`), works tasks off (`worker`), or another of `Framework.kind`."""
        return framework_named(self.framework).kind


def written_call(entry: Entry) -> ast.Call | None:
    """Return the call that a command writes to make the application, with its arguments; None where it writes none."""
    text = entry.started.call if entry.started is not None else ""
    try:
        call = ast.parse(text, mode="eval").body if text else None
    except (SyntaxError, ValueError):
        return None
    return call if isinstance(call, ast.Call) and (call.args or call.keywords) else None


class Found(Struct, frozen=True, kw_only=True):
    """A backend: its root, the entry that it is judged by, and the other processes of the same code."""

    root: str
    entry: Entry
    others: tuple[Entry, ...] = ()
