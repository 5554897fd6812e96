"""What `verify-runtime` prints: the report as plain data, as text, and as annotations of GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks.patterns import lazy_pattern
from checks.report.safe import printable, redact
from checks.repository.git import is_clean, run_git
from checks.repository.sdk_options import LATEST
from checks.runtime.report import RUNTIME_SCHEMA
from checks.version import __version__
from setup_wizard.runtime.arrived import merged
from setup_wizard.runtime.observe import Observed, Process, asked_for

_VARIABLE = lazy_pattern(r"\b[A-Z][A-Z0-9_]{2,}\b")
_NUMBER = lazy_pattern(r"\d+")
_WHAT = {
    "web": "an exception in a view",
    "command": "an exception in a management command",
    "worker": "an exception in a task",
    "script": "an exception of the program",
}


def report_v1(root: Path, observed: list[Observed]) -> dict[str, object]:
    """Return the report as plain data: names of variables, never their values.

    The keys of a backend are those of its first process; `processes` has all of them.
    """
    revision = run_git(root, "rev-parse", "HEAD")
    return {
        "schema_version": RUNTIME_SCHEMA,
        "tool": {"name": "sentry-setup", "version": __version__},
        "revision": revision.decode().strip() if revision else None,
        "clean": is_clean(root),
        "backends": [_backend(o) for o in observed],
    }


def _backend(seen: Observed) -> dict[str, object]:
    return {
        "name": seen.name,
        "root": seen.root,
        "settings": seen.settings,
        "framework": seen.framework,
        **(_process(seen.processes[0]) if seen.processes else {}),
        "observations": merged([(p.role.kind, p.observations, p.answers) for p in seen.processes]),
        "variables": {
            "declared": sorted(seen.variables.declared),
            "given": sorted(seen.variables.given),
            "invented": sorted(seen.variables.invented),
            "dsn": sorted(seen.variables.dsns),
            "unset": _unset(seen),
        },
        "refused_connections": list(dict.fromkeys(r for p in seen.processes for r in p.refused)),
        "changed_files": seen.changed,
        "processes": [
            {"name": p.role.name, "kind": p.role.kind, "target": p.role.target, **_process(p)} for p in seen.processes
        ],
    }


def _unset(seen: Observed) -> list[str]:
    """Return the variables that the application asked for and that no one sets: what it does with them is not seen."""
    have = {*seen.variables.declared, *seen.variables.given, *seen.variables.invented, *seen.variables.dsns}
    return sorted({name for p in seen.processes for name in p.read} - have)[:500]


def _process(seen: Process) -> dict[str, object]:
    return {
        "started": seen.started,
        "reports": seen.reports,
        "problem": seen.problem,
        "versions": seen.versions,
        "options": seen.options,
        "initialized_at": seen.inits,
        "hard_coded_dsn": seen.dsn_replaced,
        "answers": seen.answers,
        "observations": seen.observations,
        "redirected_files": seen.redirected,
        "listened": seen.listened,
        "programs": seen.programs,
        "outlived": list(seen.outlived),
        "isolated": seen.not_isolated is None,
        "not_isolated": seen.not_isolated,
    }


def shown(name: str, report: dict[str, object], observed: list[Observed]) -> str:
    """Return the report in a format, without anything that looks like a secret."""
    if name == "json":
        return redact(json.dumps(report, indent=2)) + "\n"
    lines = [line for o in observed for line in (_github(o) if name == "github" else _text(o))]
    return redact("\n".join(lines)) + "\n"


def _github(seen: Observed) -> Iterator[str]:
    if seen.works:
        yield f"::notice::{printable(_sentence(seen))}"
    for process in seen.processes:
        if not process.works:
            place = process.problem or {}
            where = f" file={printable(str(place['path']))},line={place.get('line') or 1}" if place.get("path") else ""
            yield f"::error{where}::{printable(_failure(seen, process))}"


def _sentence(seen: Observed) -> str:
    broken = next((p for p in seen.processes if not p.works), None)
    return _failure(seen, broken) if broken is not None else f"{seen.name} reports its errors under {seen.settings}"


def _failure(seen: Observed, process: Process) -> str:
    """Return what is wrong with a process, as a sentence."""
    first = process is seen.processes[0]
    name = seen.name if first else f"the {process.role.name} of {seen.name}"
    problem: dict[str, Any] = process.problem or {}
    if problem.get("type") == "NotPossible":
        return f"{name} cannot be run here: {problem.get('message')}"
    if problem and not process.started:
        return f"{name} does not start under {seen.settings}: {problem.get('type')}: {problem.get('message')}"
    if problem:
        return f"{name} stopped while it was observed: {problem.get('message')}"
    if process.options is None or not process.options.get("dsn"):
        return f"{name} starts under {seen.settings} without the SDK, or with it switched off"
    startup = process.observations.get("startup")
    if isinstance(startup, dict):
        return f"{_WHAT[process.role.kind]} of {name} did not arrive, and its startup failed: {startup.get('failed')}"
    if process.role.kind == "web" and not process.observations.get("reached"):
        answer = process.observations.get("view") or {}
        found = answer.get("status") or answer.get("raised")
        why = _stopped_request(process)
        because = f" ({why['type']}: {why['message']})" if why else ""
        return f"no request reached a view of {name}: what comes before it answered {found}{because}"
    lost = _WHAT[process.role.kind]
    unsent = process.observations.get("undelivered")
    if isinstance(unsent, dict):
        return f"{lost} of {name} did not arrive: the SDK could not send it ({unsent.get('type')}: {unsent.get('message')})"
    if _loses_exceptions(process.versions):
        return f"{lost} of {name} did not arrive: sentry-sdk {process.versions['sentry-sdk']} reports no exception under Python 3.13"
    return f"{lost} of {name} did not arrive"


def _loses_exceptions(versions: dict[str, Any]) -> bool:
    """Return whether the SDK fails at every exception of a function: it copies `frame.f_locals`, which 3.13 refuses (1.24 to 2.10).

    https://docs.python.org/3/whatsnew/3.13.html#defined-mutation-semantics-for-locals
    """
    sdk, python = (_numbers(versions.get(n)) for n in ("sentry-sdk", "python"))
    return (1, 24) <= sdk < (2, 11) and python >= (3, 13)


def _numbers(version: object) -> tuple[int, ...]:
    return tuple(int(n) for n in _NUMBER.findall(str(version or "")))


def _stopped_request(process: Process) -> dict[str, Any] | None:
    """Return what was raised before a request reached the view."""
    found = (process.observations.get("failed") or {}).get("view")
    return found if isinstance(found, dict) and not process.observations.get("reached") else None


def _text(seen: Observed) -> Iterator[str]:
    yield f"{'✓' if seen.works else '✗'} {printable(_sentence(seen))}"
    for process in seen.processes:
        yield from _lines(seen, process)
    if seen.variables.invented:
        names = ", ".join(map(printable, sorted(seen.variables.invented)))
        yield f"    harmless values were used for: {names}"
    for label, found in (
        ("connections refused", [r for p in seen.processes for r in p.refused]),
        ("kept to loopback", [r for p in seen.processes for r in p.listened]),
        ("files that it tried to write into the repository", [r for p in seen.processes for r in p.redirected]),
        ("programs that it started", [r for p in seen.processes for r in p.programs]),
        ("processes that outlived it, and were ended", [r for p in seen.processes for r in p.outlived]),
        ("changed files of the repository", seen.changed),
    ):
        if found:
            yield f"    {label}: {', '.join(map(printable, dict.fromkeys(found)))}"
    open_ones = dict.fromkeys(p.not_isolated for p in seen.processes if p.not_isolated is not None)
    if open_ones:
        yield f"    not isolated by the system ({', '.join(map(printable, open_ones))}): only its Python code was guarded"


def _advice(seen: Observed, problem: dict[str, Any]) -> str:
    """Return what to do about what stopped a start or a request."""
    missing, message = problem.get("missing"), str(problem.get("message", ""))
    if problem.get("type") == "ModuleNotFoundError" and isinstance(missing, str):
        if seen.settings == missing or seen.settings.startswith(f"{missing}."):
            return f"{missing} is not in this repository: name the settings that production uses, `--settings MODULE`"
        return f"install the package that provides `{missing}` for the interpreter that runs it, or choose another: `--python EXE`"
    read = {n for p in seen.processes for n in p.read}
    refused = [a["name"] for a in asked_for(problem)]
    named = next(iter(refused), None) or next((n for n in (missing, *_VARIABLE.findall(message)) if n in read), None)
    if named is not None:
        return f"give the variable: `--env {named}=VALUE`, or write it into a file for `--env-file FILE`"
    if "refuses connections while it verifies" in message:
        return "it needs a service that is not connected here: let the application start without a connection to it"
    return "fix what it raises, or give the variables that production has: `--env NAME=VALUE`, `--env-file FILE`"


def _lines(seen: Observed, process: Process) -> Iterator[str]:
    role, problem = process.role, process.problem or _stopped_request(process) or {}
    target = f" ({role.target})" if role.target else ""
    if process.works:
        yield f"    ✓ {printable(role.name + target)}: {_WHAT[role.kind]} arrived"
    else:
        yield f"    ✗ {printable(role.name + target)}: {printable(_failure(seen, process))}"
    if problem.get("path"):
        yield f"      {printable(str(problem['path']))}:{problem.get('line')}"
    if problem.get("what"):
        yield f"      → {printable(str(problem['what']))}"
    elif problem and problem.get("type") != "Stopped":
        yield f"      → {printable(_advice(seen, problem))}"
    unsent = process.observations.get("undelivered") if process.started and not process.reports else None
    if isinstance(unsent, dict):
        if unsent.get("path"):
            yield f"      {printable(str(unsent['path']))}:{unsent.get('line')}"
        yield "      → let the application connect to 127.0.0.1 while it is verified: the local Sentry listens there"
    elif not process.works and _loses_exceptions(process.versions):
        yield f"      → use `sentry-sdk>={LATEST},<3`"
    if not process.options:
        return
    names = ("environment", "release", "traces_sample_rate", "send_default_pii")
    options = ", ".join(f"{name}={process.options[name]}" for name in names if name in process.options)
    yield f"      SDK {process.versions.get('sentry-sdk')}: {printable(options)}"
    if process.dsn_replaced:
        yield f"      the code itself contains a DSN, of {printable(process.dsn_replaced)}: events went to the sandbox instead"
    if len(process.inits) > 1:
        places = ", ".join(str(p or "the SDK itself") for p in process.inits)
        yield f"      initialized {len(process.inits)} times: {printable(places)}"
    counts = process.observations.get("arrived", {})
    twice = [name for name in ("view", "command", "task", "script") if counts.get(name, 0) > 1]
    if twice:
        yield f"      sent {counts[twice[0]]} times: {', '.join(twice)}"
    for name, answers in process.answers.items():
        shown_answers = ", ".join(f"{k} {v.get('raised') if isinstance(v, dict) else v}" for k, v in answers.items())
        yield f"      {name}: {printable(shown_answers)}"
    if role.kind == "web":
        yield from _of_requests(process)


def _of_requests(process: Process) -> Iterator[str]:
    counts = process.observations.get("arrived", {})
    yield (
        f"      arrived: view {counts.get('view', 0)}, logged error {counts.get('logged', 0)},"
        f" disallowed host {counts.get('disallowed-host', 0)}, 404 {counts.get('missing', 0)}"
    )
    urls = process.observations.get("urls")
    if isinstance(urls, dict):
        reason = f"{urls.get('type')}: {urls.get('message')}"
        yield f"      its own URLs are skipped, because their module does not load: {printable(reason)}"
    if process.reports:
        left = ", ".join(process.observations.get("left", [])) or "no personal data"
        yield f"      sent with the event from a request: {left}"
        variables = process.observations.get("left-in-variables")
        if variables:
            yield f"      in local variables of its frames, too: {', '.join(variables)}"
        continued = "continued" if process.observations.get("trace-continued") else "not continued"
        yield f"      an incoming trace was {continued}"
