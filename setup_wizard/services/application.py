"""Sends the test event through the application's own production settings; runs its code, so only with consent."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from checks.repository.backends import Backend
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG
from setup_wizard.services.test_event import NotSentError, SentEvents

_SCRIPT = """
import json, sys
import django
django.setup()
import sentry_sdk
nonce, nonce_tag, kind_tag = sys.argv[1:4]
found = {}
with sentry_sdk.new_scope() as scope:
    scope.set_tag(nonce_tag, nonce)
    scope.set_tag(kind_tag, "message")
    found["message"] = sentry_sdk.capture_message("Test message of sentry-setup through the application (%s)" % nonce)
    scope.set_tag(kind_tag, "error")
    try:
        1 / 0
    except ZeroDivisionError as error:
        found["error"] = sentry_sdk.capture_exception(error)
sentry_sdk.flush(10)
print("SENTRY-SETUP " + json.dumps(found))
"""
_TOKENS = ("SENTRY_AUTH_TOKEN", "SENTRY_READ_TOKEN")


def interpreter(root: Path, backend: Backend) -> str:
    """Return the Python that the application runs with: a virtual environment beside it, else the one on the path.

    Raises `NotSentError` when there is none.
    """
    for folder in dict.fromkeys((root / backend.root, root)):
        for name in (".venv", "venv", "env"):
            for tail in ("bin/python", "Scripts/python.exe"):
                if (folder / name / tail).is_file():
                    return str(folder / name / tail)
    found = shutil.which("python3") or shutil.which("python")
    if found is None:
        raise NotSentError(
            "no Python was found to run the application with", hint="make a virtual environment `.venv` in the project"
        )
    return found


def send_through_application(
    root: Path, backend: Backend, environ: Mapping[str, str], *, timeout: float = 60.0
) -> SentEvents:
    """Run a short script under the production settings; blocks for at most `timeout` seconds. Raises `NotSentError`.

    The application gets the caller's environment without our tokens; SENTRY_DSN and what the settings need are there.
    """
    if backend.settings is None:
        raise NotSentError("the production settings module is not known", hint="set `backend.settings`")
    nonce = secrets.token_hex(4)
    given = {k: v for k, v in environ.items() if k not in _TOKENS} | {"DJANGO_SETTINGS_MODULE": backend.settings.name}
    command = [interpreter(root, backend), "-c", _SCRIPT, nonce, NONCE_TAG, KIND_TAG]
    try:
        done = subprocess.run(
            command,
            cwd=root / backend.root,
            env=given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotSentError(
            f"the application could not be run: {error.__class__.__name__}",
            hint="see that its virtual environment works",
        ) from error
    line = next((x for x in done.stdout.splitlines() if x.startswith("SENTRY-SETUP ")), None)
    if line is None:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise NotSentError(
            f"the application did not start under {backend.settings.name}: {last[:200]}",
            hint="set what its settings need, then try again",
        )
    ids = json.loads(line.removeprefix("SENTRY-SETUP "))
    if not ids.get("message") or not ids.get("error"):
        raise NotSentError(
            "the application's SDK sent nothing: it is off, or a filter dropped the event",
            hint="is SENTRY_DSN set where this runs?",
        )
    return SentEvents(message=ids["message"], error=ids["error"], nonce=nonce)


def own_environment() -> dict[str, str]:
    """Return the environment of this process."""
    return dict(os.environ)
