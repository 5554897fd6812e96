"""GitHub's secret store through its own client `gh`: which secrets there are, and storing one without showing it to anybody."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from checks.errors import SentrySetupError
from checks.report.safe import printable, redact

_SECONDS = 60


class SecretStoreError(SentrySetupError):
    """`gh` is not there, not signed in, or refuses."""

    code = "secret-store"


def can_store() -> bool:
    """Return whether `gh` is installed."""
    return shutil.which("gh") is not None


def stored_secrets(root: Path) -> frozenset[str]:
    """Return the names of the repository's Actions secrets; blocks. Raises `SecretStoreError`."""
    return frozenset(line.split()[0] for line in _gh(root, ["secret", "list"], None).splitlines() if line.split())


def stored_variables(root: Path) -> frozenset[str]:
    """Return the names of the repository's Actions variables; blocks. Raises `SecretStoreError`."""
    return frozenset(line.split()[0] for line in _gh(root, ["variable", "list"], None).splitlines() if line.split())


def store_secret(root: Path, name: str, value: str) -> None:
    """Store a secret; blocks. The value goes through standard input, where no list of processes shows it.

    https://cli.github.com/manual/gh_secret_set . Raises `SecretStoreError`.
    """
    _gh(root, ["secret", "set", name], value)


def _gh(root: Path, argv: list[str], given: str | None) -> str:
    program = shutil.which("gh")
    by_hand = "or store it by hand: gh secret set SENTRY_AUTH_TOKEN"
    if program is None:
        raise SecretStoreError("gh is not installed", hint=f"install it from https://cli.github.com, {by_hand}")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SENTRY_")} | {"GH_PROMPT_DISABLED": "1"}
    command = " ".join(["gh", *argv])
    try:
        done = subprocess.run(
            [program, *argv],
            cwd=root,
            env=environment,
            input=given or "",
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise SecretStoreError(f"{command} did not end within {_SECONDS} seconds", hint=by_hand) from None
    except OSError as error:
        raise SecretStoreError(f"{command} cannot be started: {error.strerror or error}", hint=by_hand) from error
    if done.returncode:
        said = printable(redact((done.stderr.strip().splitlines() or ["no reason given"])[-1]))[:200]
        raise SecretStoreError(f"{command}: {said}", hint=f"run `gh auth login`, then run the command again; {by_hand}")
    return done.stdout
