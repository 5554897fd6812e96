"""Observes one backend: starts each of its processes under production settings, reads what the SDK resolved and what arrived."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, field

from checks.errors import UsageError
from checks.patterns import lazy_pattern
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from setup_wizard.runtime.arrived import arrived
from setup_wizard.runtime.environment import Variables, first_variables, harmless, is_dsn
from setup_wizard.runtime.masking import masked, masked_text
from setup_wizard.runtime.process import LOADER, Ended, Isolation, changed_files, child_package, fingerprint, run_child
from setup_wizard.runtime.roles import Role, roles_of
from setup_wizard.sandbox.server import running_sandbox, serving
from setup_wizard.sandbox.state import SandboxState

_ATTEMPTS = 60
"""How many variables are made up, one after another, before it is given up."""
_NAME = lazy_pattern(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[A-Z]{3,}\b")
_PROBES = {"web": "view", "command": "command", "worker": "task", "script": "script"}
"""The probe that a process of a kind has to report."""


class Process(Struct, frozen=True, kw_only=True):
    """What one process showed. `options` are the SDK's own after `init` (None: it was not initialized).

    `refused` are connections, `redirected` files of the repository that it wanted to write, `listened` addresses that it
    listened on (kept to loopback), `programs` those that it started, `inits` the places that made a client with a DSN.
    `read` are the variables that it asked for, `outlived` processes that it left and that were ended; `not_isolated` says why the
    system did not isolate it.
    """

    role: Role
    started: bool
    problem: dict[str, Any] | None
    options: dict[str, Any] | None
    observations: dict[str, Any]
    versions: dict[str, Any]
    inits: list[str | None]
    answers: dict[str, Any]
    dsn_replaced: str | None
    refused: list[str]
    redirected: list[str]
    listened: list[str]
    programs: list[str]
    read: list[str] = field(default_factory=list)
    outlived: tuple[str, ...] = ()
    not_isolated: str | None = None

    @property
    def reports(self) -> bool:
        """Whether its exception arrived."""
        return bool(self.observations.get("arrived", {}).get(_PROBES[self.role.kind]))

    @property
    def works(self) -> bool:
        """Whether it started, nothing stopped it, and its exception arrived."""
        return self.started and not self.problem and self.reports


class Observed(Struct, frozen=True, kw_only=True):
    """What running a backend showed, process by process; the first is what answers requests."""

    name: str
    root: str
    settings: str
    framework: str
    processes: list[Process]
    variables: Variables
    changed: list[str]

    @property
    def works(self) -> bool:
        """Whether every process works."""
        return all(p.works for p in self.processes)


class _Run(Struct, frozen=True, kw_only=True):
    """One start of a process, and the sandbox's project that its events go to."""

    ended: Ended
    project: str
    trace: str


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
    stop: threading.Event | None = None,
) -> Observed:
    """Run a backend against a Sentry on loopback and return what was seen. Raises `UsageError` without a settings module."""
    module = settings or (backend.settings.name if backend.settings else None)
    if module is None:
        raise UsageError(
            "the production settings module is not known", hint="name it: `--settings shop.settings.production`"
        )
    roles = roles_of(facts, backend, settings, root)
    before = fingerprint(root)
    state = SandboxState()
    with running_sandbox(state), ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        running = _Running(
            root=root, state=state, python=python, caller=caller, timeout=timeout, say=say, stop=stop,
            settings=module if backend.is_django else "", pool=pool,
        )  # fmt: skip
        variables, runs = running.until_started(roles, first_variables(facts, backend, given))
    return Observed(
        name=backend.name,
        root=backend.root,
        settings=module,
        framework=backend.framework,
        processes=[_process(role, runs.get(role.name), state, variables) for role in roles],
        variables=variables,
        changed=changed_files(before, fingerprint(root)),
    )


class _Running(Struct, frozen=True, kw_only=True):
    """What every start of a process of one backend has in common."""

    root: Path
    state: SandboxState
    python: str
    caller: Mapping[str, str]
    timeout: float
    say: Callable[[str], None]
    settings: str
    pool: ThreadPoolExecutor
    stop: threading.Event | None = None
    told: set[str] = field(default_factory=set)

    def until_started(self, roles: list[Role], variables: Variables) -> tuple[Variables, dict[str, _Run]]:
        """Start every process, with one more made-up variable as long as a start fails for one. Returns the last run of each.

        All are started at once; while one lacks a variable it is tried alone, then all that lacked one again.
        """
        runs: dict[str, _Run] = {}
        pending = [r for r in roles if r.not_possible is None]
        alone = False
        for _ in range(_ATTEMPTS):
            tried = pending[:1] if alone else pending
            if not tried or (runs and self.stop is not None and self.stop.is_set()):
                break
            with_all = list(self.pool.map(lambda role, now=variables: self.run(role, now), tried))
            runs |= {role.name: run for role, run in zip(tried, with_all, strict=True)}
            found = next((v for run in with_all if (v := self.completed(run.ended, variables)) is not None), None)
            done = {r.name for r in tried if self.completed(runs[r.name].ended, variables) is None}
            pending = [r for r in pending if r.name not in done]
            alone = found is not None and bool(tried) and tried[0].name not in done
            variables = found or variables
        return variables, runs

    def run(self, role: Role, variables: Variables) -> _Run:
        """Start a process once, with a project of its own at the sandbox."""
        name = f"observed-{secrets.token_hex(4)}"
        project = self.state.add_project(name, name, "python", self.state.team, default_alert=False)
        dsn, trace = self.state.dsn(project), secrets.token_hex(16)
        asked = {
            **role.asked(),
            "dsn": dsn,
            "trace": trace,
            "root": os.path.realpath(self.root),
            "package": child_package(),
        }
        environ = variables.environ(self.caller, self.settings, dsn)
        isolation = Isolation(
            root=self.root, port=urlsplit(dsn).port or 0, serve=lambda listener: serving(self.state, listener)
        )
        ended = run_child(
            self.python,
            LOADER,
            asked,
            self.root / role.folder,
            environ,
            self.timeout,
            isolation=isolation,
            stop=self.stop,
        )
        return _Run(ended=ended, project=project.id, trace=trace)

    def completed(self, ended: Ended, variables: Variables) -> Variables | None:
        """Return the variables that the next start gets, or None where no variable would help this one."""
        name = _missing(ended, variables)
        if name is not None:
            if not is_dsn(name) and name not in self.told:
                self.told.add(name)
                self.say(f"{name} has no value in any file: a harmless placeholder is used")
            return variables.with_invented(name, harmless(name))
        seen = ended.seen or {}
        problem = _stopped_by(seen)
        if problem is None or problem.get("type") == "NotPossible":
            return None
        for asked in asked_for(problem):
            made = variables.invented.get(asked["name"])
            if made is not None and asked.get("offered") and made != asked["offered"]:
                return variables.with_invented(asked["name"], str(asked["offered"]))
        read = [] if seen.get("started") else _texts(seen.get("read"))
        return variables.reshaped(str(problem.get("message", "")), read)


def _stopped_by(seen: dict[str, Any]) -> dict[str, Any] | None:
    """Return what kept an application from starting, or its first request from reaching the view; None where nothing did."""
    found = seen.get("problem")
    if seen.get("started"):
        observations = seen.get("observations") or {}
        found = None if observations.get("reached") else (observations.get("failed") or {}).get("view")
    return found if isinstance(found, dict) else None


def _missing(ended: Ended, variables: Variables) -> str | None:
    """Return the next variable to make up: one that the start failed for, or a DSN's that was read under another name."""
    seen = ended.seen or {}
    have = {*variables.declared, *variables.given, *variables.invented, *variables.dsns}
    read = _texts(seen.get("read"))
    other = next((n for n in read if is_dsn(n) and n not in have and n != "SENTRY_DSN"), None)
    if other is not None:
        return other
    problem = _stopped_by(seen)
    if problem is None:
        return None
    asked = next((a["name"] for a in asked_for(problem) if a.get("missing") and a["name"] not in have), None)
    if asked is not None:
        return str(asked)
    missing = problem.get("missing")
    if isinstance(missing, str) and missing in read and missing not in have:
        return missing
    message = str(problem.get("message", ""))
    names = _NAME.findall(message)
    named = next((n for n in names if n in read and n not in have), None)
    if named is None:  # a setting that must not be empty comes from a variable whose name ends with its own
        named = next((r for n in names for r in read if r.endswith(f"_{n}") and r not in have), None)
    started = bool(seen.get("started"))
    if named is None and "NoneType" in message and not started and read and read[-1] not in have:
        return read[-1]  # what was read last is not there, and the code continues with None
    return named


def asked_for(problem: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what settings of pydantic asked for when they refused to be made, by the variables' names."""
    found = problem.get("variables")
    return (
        [a for a in found if isinstance(a, dict) and isinstance(a.get("name"), str)] if isinstance(found, list) else []
    )


def _texts(found: object) -> list[str]:
    return [n for n in found if isinstance(n, str)] if isinstance(found, list) else []


def _process(role: Role, run: _Run | None, state: SandboxState, variables: Variables) -> Process:
    values = variables.declared | variables.given
    seen = masked((run.ended.seen if run is not None else None) or {}, values)
    problem = seen.get("problem")
    if run is None:
        message, what = role.not_possible or ("it was not started", "")
        problem = {"type": "NotPossible", "message": message, "what": what}
    elif run.ended.stopped or not run.ended.seen:
        last = (run.ended.output.strip().splitlines() or ["no output"])[-1]
        ended = f"it ended without a report: {masked_text(last, values)[:300]}"
        problem = {"type": "Stopped", "message": run.ended.stopped or ended}
    project = run.project if run is not None else ""
    events = [e.payload for e in state.events if e.project_id == project]
    transactions = [payload for owner, payload in state.transactions if owner == project]
    return Process(
        role=role,
        started=bool(seen.get("started")),
        problem=problem,
        options=seen.get("options"),
        observations=arrived(seen.get("observations") or {}, events, transactions, run.trace if run else ""),
        versions=seen.get("versions") or {},
        inits=list(seen.get("inits") or []),
        answers=seen.get("answers") or {},
        dsn_replaced=seen.get("dsn_replaced"),
        refused=_texts(seen.get("refused")),
        redirected=_texts(seen.get("redirected")),
        listened=_texts(seen.get("listened")),
        programs=_texts(seen.get("programs")),
        read=_texts(seen.get("read")),
        outlived=run.ended.left if run is not None else (),
        not_isolated=run.ended.not_isolated if run is not None else None,
    )
