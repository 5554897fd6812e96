"""Save a text into a file whose name the person chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from checks.errors import SentrySetupError

if TYPE_CHECKING:
    from textual.app import App


async def save(app: App[int], title: str, name: str, make: Callable[[], str], note: str = "") -> Path | None:
    """Ask for the name, then write what `make` returns; None where the person went back. Raises `SentrySetupError`."""
    from setup_wizard.ui.screens.ask import AskScreen

    chosen = await app.push_screen_wait(AskScreen(title, name, note))
    if chosen is None:
        return None
    path = Path(chosen).expanduser().absolute()
    try:
        await asyncio.to_thread(lambda: path.write_text(make(), "utf-8", newline="\n"))
    except OSError as error:
        raise SentrySetupError(f"{path} was not written: {error.strerror}", hint="name another file") from error
    return path
