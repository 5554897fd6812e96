"""Observes one backend: starts it under production settings, reads what the SDK resolved and what arrived."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec import Struct

from checks.errors import UsageError
from checks.patterns import lazy_pattern
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from setup_wizard.runtime.environment import Variables, declared_variables, harmless
from setup_wizard.runtime.process import Ended, changed_files, fingerprint, run_child
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState

_ATTEMPTS = 40
"""How many variables are made up, one after another, before it is given up."""
_MARKERS = {
    "cookies": "sentry-setup-cookie-marker",
    "authorization": "sentry-setup-authorization-marker",
    "body": "sentry-setup-body-marker",
    "query": "sentry-setup-query-marker",
}
_NAME = lazy_pattern(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[A-Z]{3,}\b")


class Observed(Struct, frozen=True, kw_only=True):
    """What running a backend showed. `options` are the SDK's own after `init` (None: it was not initialized)."""

    name: str
    root: str
    settings: str
    started: bool
    problem: dict[str, Any] | None
    options: dict[str, Any] | None
    observations: dict[str, Any]
    versions: dict[str, Any]
    variables: Variables
    refused: list[str]
    changed: list[str]


def observe(
    root: Path,
    facts: Facts,
    backend: Backend,
    *,
    settings: str | None,
    python: str,
    given: Mapping[str, str],
    caller: Mapping[str, str],
    timeout: float = 120.0,
    say: Callable[[str], None] = lambda _: None,
) -> Observed:
    """Run a backend against a Sentry on loopback and return what was seen. Raises `UsageError` without a settings module."""
    module = settings or (backend.settings.name if backend.settings else None)
    if module is None:
        raise UsageError(
            "the production settings module is not known", hint="name it: `--settings shop.settings.production`"
        )
    script = files("setup_wizard.runtime").joinpath("child.py").read_text("utf-8")
    before = fingerprint(root)
    state = SandboxState()
    project = state.add_project("observed", "observed", "python-django", state.team, default_alert=False)
    with running_sandbox(state) as sandbox:
        dsn = sandbox.public_url.replace("//", f"//{project.key}@") + f"/{project.id}"
        variables = Variables(declared=declared_variables(facts, backend), given=dict(given), invented={})
        variables = variables.with_invented("SENTRY_DSN", dsn)
        ended = Ended(seen=None, stopped=None, output="")
        for _ in range(_ATTEMPTS):
            # Events of an attempt before this one belong to other variables.
            state.events.clear()
            environ = variables.environ(caller, module) | {"SENTRY_DSN": dsn}
            environ |= {n: dsn for n in variables.invented if _is_dsn(n)}
            ended = run_child(python, script, {"dsn": dsn}, root / backend.root, environ, timeout)
            missing = _missing(ended, variables)
            if missing is None:
                break
            say(f"{missing} has no value in any file: a harmless placeholder is used")
            variables = variables.with_invented(missing, dsn if _is_dsn(missing) else harmless(missing))
        events = [e.payload for e in state.events]
    seen = ended.seen or {}
    problem = seen.get("problem")
    if ended.stopped or not ended.seen:
        last = (ended.output.strip().splitlines() or ["no output"])[-1]
        problem = {"type": "Stopped", "message": ended.stopped or f"it ended without a report: {last[:300]}"}
    return Observed(
        name=backend.name,
        root=backend.root,
        settings=module,
        started=bool(seen.get("started")),
        problem=problem,
        options=seen.get("options"),
        observations=_observations(seen.get("observations") or {}, events),
        versions=seen.get("versions") or {},
        variables=variables,
        refused=list(seen.get("refused") or []),
        changed=changed_files(before, fingerprint(root)),
    )


def _is_dsn(name: str) -> bool:
    return "SENTRY" in name.upper() and "DSN" in name.upper()


def _missing(ended: Ended, variables: Variables) -> str | None:
    """Return the next variable to make up: one that the start failed for, or a DSN's that was read under another name."""
    seen = ended.seen or {}
    have = {*variables.declared, *variables.given, *variables.invented}
    read = [n for n in seen.get("read", []) if isinstance(n, str)]
    other = next((n for n in read if _is_dsn(n) and n not in have), None)
    if other is not None:
        return other
    problem = seen.get("problem")
    if seen.get("started") or not isinstance(problem, dict):
        return None
    missing = problem.get("missing")
    if isinstance(missing, str) and missing in read and missing not in have:
        return missing
    named = _NAME.findall(str(problem.get("message", "")))
    return next((n for n in named if n in read and n not in have), None)


def _observations(seen: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the child noted, with what arrived: how many events of each kind, and what personal data left with them."""
    found = dict(seen)
    view = [e for e in events if _raised(e) == "Probe"]
    logged = [e for e in events if "sentry-setup probe: logged" in json.dumps(e)]
    text = json.dumps(view)
    found["arrived"] = {
        "view": len(view),
        "logged": len(logged),
        "disallowed-host": sum("DisallowedHost" in json.dumps(e) for e in events),
        "missing": sum("sentry-setup-probe-missing" in json.dumps(e) for e in events),
        "all": len(events),
    }
    found["left"] = sorted(kind for kind, marker in _MARKERS.items() if marker in text)
    if view:
        found["event"] = {k: view[0].get(k) for k in ("environment", "release", "transaction", "server_name")}
    return found


def _raised(event: dict[str, Any]) -> str | None:
    values = (event.get("exception") or {}).get("values") or []
    return values[-1].get("type") if values and isinstance(values[-1], dict) else None
