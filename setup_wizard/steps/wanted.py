"""What the build of an image has to be handed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Wanted(Struct, frozen=True, kw_only=True):
    """What an image is given while it is built: arguments with the value that a GitHub workflow hands in, and the token's variable.

    `secret` is the value of the token in a workflow, "" where no token is wanted. `literals` are values as a person stores them.
    """

    arguments: Mapping[str, str] = {}
    token: str | None = None
    secret: str = ""
    guarded: bool = False
    literals: Mapping[str, str] = {}
