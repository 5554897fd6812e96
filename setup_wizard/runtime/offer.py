"""`verify-runtime` as the wizard and the demo offer it: the command, named before anything is run, and what it showed."""

from __future__ import annotations

import importlib.util
import shlex
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from checks.repository.facts import Facts
from setup_wizard.runtime.environment import own_environment
from setup_wizard.runtime.observe import observe
from setup_wizard.runtime.shown import report_v1, shown
from setup_wizard.services.application import interpreter


def runtime_command(root: Path, facts: Facts, python: str | None = None, given: Mapping[str, str] | None = None) -> str:
    """Return the command that runs the application; several backends each have an interpreter of their own.

    Raises `SentrySetupError` where no Python is found.
    """
    found = python or (interpreter(root, facts.backends[0]) if len(facts.backends) == 1 else None)
    words = ["sentry-setup", "verify-runtime", str(root), *(["--python", found] if found else [])]
    words += [w for name, value in (given or {}).items() for w in ("--env", f"{name}={value}")]
    return shlex.join(words)


def run_application(
    root: Path,
    facts: Facts,
    python: str | None,
    given: Mapping[str, str],
    say: Callable[[str], None],
    stop: threading.Event | None = None,
) -> tuple[bool, tuple[str, ...]]:
    """Run each backend as that command does; returns whether all work, and what was seen, a line each. Blocks; `stop` ends it.

    It runs the repository's code: the caller has a person's word. Raises `SentrySetupError`.
    """
    observed = [
        observe(
            root,
            facts,
            backend,
            settings=None,
            python=python or interpreter(root, backend),
            given=given,
            caller=own_environment(),
            say=say,
            stop=stop,
        )
        for backend in facts.backends
    ]
    lines = shown("text", report_v1(root, observed), observed).splitlines()
    return all(o.works for o in observed), tuple(lines)


def not_importable(*modules: str) -> tuple[str, ...]:
    """Return those modules that this environment does not have."""
    return tuple(m for m in modules if importlib.util.find_spec(m) is None)
