"""The token of commands without a terminal UI: found, agreed to or typed, and the connection that is made with it."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from checks.config import Config, load_config
from checks.errors import UsageError
from checks.progress import write_line
from checks.report.safe import printable, redact
from checks.repository.facts import Facts
from checks.repository.tree import DirectoryTree
from checks.sentry_api.credentials import FoundToken, environment_token, stored_token

if TYPE_CHECKING:
    from setup_wizard.services.connection import Connection
    from setup_wizard.services.receiver import Receiver


def load(root: Path, answers: Mapping[str, str]) -> Config:
    """Return the repository's configuration with answers on top."""
    return load_config(DirectoryTree(root)).with_answers(dict(answers))


def ask_token(url: str, root: Path, *, stored: bool) -> str:
    """Return the token of the environment or the keyring, else of a login that a Sentry tool stored, else ask for it hidden.

    A stored login is used where `stored` says that it was agreed to, or after asking. Raises `UsageError` without a terminal.
    """
    from checks.sentry_api.cli_login import found_login

    found = environment_token(os.environ) or stored_token(url, os.environ)
    if found is not None:
        return found.token
    login = found_login(url, root, os.environ)
    if login is not None and (stored or (sys.stdin.isatty() and _agreed_to(login, url))):
        return login.token
    if not sys.stdin.isatty():
        hint = "set SENTRY_AUTH_TOKEN, or pass --offline"
        hint += f", or use {login.place} with `--set sentry.login=stored`" if login is not None else ""
        raise UsageError("setting up Sentry needs a token", hint=hint)
    token = getpass.getpass("Sentry token (hidden): ").strip()
    if not token:
        raise UsageError("no token was given", hint="set SENTRY_AUTH_TOKEN, or pass --offline")
    return FoundToken(place="the prompt", token=token).token


def _agreed_to(login: FoundToken, url: str) -> bool:
    """Ask whether a stored login may be used."""
    sys.stderr.write(f"Use {login.place} for {url}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def open_connection(root: Path, answers: Mapping[str, str], *, required: bool) -> Connection | Receiver | None:
    """Connect with the environment's token, also to a server that only takes events; None without one where it is not required."""
    from checks.sentry_api import errors as e
    from setup_wizard.services.connection import connect, missing_scopes, sentry_url

    config = load(root, answers)
    url = sentry_url(load_config(DirectoryTree(root)), answers, os.environ)
    stored = config.consents("sentry.login")
    if not required and not stored and environment_token(os.environ) is None and stored_token(url, os.environ) is None:
        return None
    token = ask_token(url, root, stored=stored)
    try:
        connection = await connect(url, token, config)
    except (e.NotSentryError, e.NotFoundError, e.ForbiddenError):
        from setup_wizard.services.receiver import open_receiver

        receiver = await open_receiver(url, token, Facts(DirectoryTree(root), config))
        if receiver is None:
            raise
        return receiver
    lacking = missing_scopes(connection.token)
    if lacking:
        write_line(redact(printable(f"the token lacks {', '.join(lacking)}; steps that need it are skipped")))
    return connection
