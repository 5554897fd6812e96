"""The wizard's command: refuses without a terminal and names what works there."""

from __future__ import annotations

import argparse
import os
import sys

from checks.cli import repository_root
from checks.errors import ExitCode, UsageError
from setup_wizard.answer_sources import read_answers


def run_wizard(arguments: argparse.Namespace) -> ExitCode:
    """Open the wizard. Raises `UsageError` without a terminal."""
    root, answers = repository_root(arguments.path), read_answers(arguments)
    if not has_screen():
        raise UsageError(
            "the wizard needs a terminal", hint="without one, use `sentry-setup plan` and `sentry-setup apply --yes`"
        )
    # Textual's log and its console for developers hold every key and paste, tokens included; it looks at these when imported.
    for name in ("TEXTUAL", "TEXTUAL_LOG"):
        os.environ.pop(name, None)

    from setup_wizard.session import Session
    from setup_wizard.ui.app import run_app

    return ExitCode(run_app(Session(root, answers, open_page=_open_page)))


_IN_A_BROWSER = "textual.drivers.web_driver:WebDriver"


def has_screen() -> bool:
    """Return whether there is a terminal, or a browser behind `textual serve`, which says so in the environment."""
    if os.environ.get("TEXTUAL_DRIVER") == _IN_A_BROWSER:
        return True
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _open_page(url: str) -> bool:
    import webbrowser

    return webbrowser.open(url)
