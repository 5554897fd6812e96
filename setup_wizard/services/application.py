"""Sends the test event through the application's own production settings; runs its code, so only with consent."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from checks.repository.backends import Backend
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG
from setup_wizard.runtime.process import LOADER, child_package, run_child
from setup_wizard.runtime.roles import role_of
from setup_wizard.services.test_event import FINGERPRINTS, NotSentError, SentEvents

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
            "no Python was found to run the application with",
            hint="create a virtual environment `.venv` in the project",
        )
    return found


def send_through_application(
    root: Path, backend: Backend, environ: Mapping[str, str], *, timeout: float = 60.0
) -> SentEvents:
    """Start the application as it is deployed and let its SDK send; blocks for at most `timeout` seconds. Raises `NotSentError`.

    The application gets the caller's environment without our tokens; SENTRY_DSN and what the settings need are there.
    """
    if backend.settings is None:
        raise NotSentError("the production settings module is not known", hint="set `backend.settings`")
    role = None if backend.entry is None else role_of(backend.entry)
    if role is not None and role.not_possible is not None:
        raise NotSentError(
            f"{backend.name} cannot be run here: {role.not_possible[0]}", hint="send the event without it"
        )
    nonce = secrets.token_hex(4)
    given = {k: v for k, v in environ.items() if k not in _TOKENS}
    asked: dict[str, object] = {"target": "", "framework": "django"} if role is None else role.asked()
    asked |= {"kind": "send", "of": "web" if role is None else role.kind, "dsn": "", "package": child_package()}
    asked |= {"nonce": nonce, "nonce_tag": NONCE_TAG, "kind_tag": KIND_TAG, "root": os.path.realpath(root)}
    asked |= {"fingerprints": FINGERPRINTS}
    if role is None:
        given |= {"DJANGO_SETTINGS_MODULE": backend.settings.name}
    folder = root / (backend.root if role is None else role.folder)
    ended = run_child(interpreter(root, backend), LOADER, asked, folder, given, timeout, own_home=False)
    if ended.stopped:
        raise NotSentError(
            f"the application could not be run: {ended.stopped}", hint="check that its virtual environment works"
        )
    seen = ended.seen or {}
    problem = seen.get("problem")
    if problem or not ended.seen:
        last = (ended.output.strip().splitlines() or ["no output"])[-1]
        why = f"{problem['type']}: {problem['message']}" if isinstance(problem, dict) else last
        raise NotSentError(
            f"the application did not start under {backend.settings.name}: {why[:200]}",
            hint="set what its settings need, then try again",
        )
    ids = seen.get("sent") or {}
    if not ids.get("message") or not ids.get("error"):
        raise NotSentError(
            "the application's SDK sent nothing: it is off, or a filter dropped the event",
            hint="is SENTRY_DSN set where this runs?",
        )
    return SentEvents(message=ids["message"], error=ids["error"], nonce=nonce)


def own_environment() -> dict[str, str]:
    """Return the environment of this process."""
    return dict(os.environ)
