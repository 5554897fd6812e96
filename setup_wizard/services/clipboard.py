"""Copying to the system's clipboard: by the system's own program, else by an escape that a terminal may or may not take."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

_PROGRAMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("pbcopy",)),
    ("", ("clip.exe",)),
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard", "-in")),
)
"""Programs, with the variable that says that there is a display for them."""


def copied(text: str, environ: Mapping[str, str]) -> bool | None:
    """Copy text; True when a program took it, None when only the terminal was asked (OSC 52), False when it takes no copies.

    Over SSH only the terminal is on the person's side. Apple's Terminal and the Linux console take no OSC 52
    (https://github.com/textualize/textual, `App.copy_to_clipboard`).
    """
    if not environ.get("SSH_CONNECTION"):
        for display, argv in _PROGRAMS:
            program = (
                shutil.which(argv[0], path=environ.get("PATH", "")) if not display or environ.get(display) else None
            )
            if program and _ran((program, *argv[1:]), text):
                return True
    return False if environ.get("TERM_PROGRAM") == "Apple_Terminal" or environ.get("TERM") == "linux" else None


def _ran(argv: tuple[str, ...], text: str) -> bool:
    try:
        done = subprocess.run(
            argv, input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
