"""What a server's run of an entry comes upon: the application objects that it makes, and switches of debugging."""

from __future__ import annotations

from msgspec import Struct

from checks.production.values import Value


class Created(Struct, frozen=True, kw_only=True):
    """An application object that production makes: its framework and its place."""

    framework: str
    path: str
    line: int


class Debugging(Struct, frozen=True, kw_only=True):
    """A switch of debugging that production runs: how the code writes it, its value, its place."""

    what: str
    value: Value
    path: str
    line: int
