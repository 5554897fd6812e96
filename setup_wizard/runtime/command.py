"""The command `verify-runtime`: runs each backend, prints what was seen, and writes the report that the audit may cite."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from checks.audit import require_target
from checks.cli import repository_root, write_report
from checks.config import load_config
from checks.errors import ExitCode, NothingToAuditError, UsageError
from checks.report.safe import printable, redact
from checks.repository.facts import Facts
from checks.repository.git import is_clean, run_git
from checks.repository.tree import DirectoryTree
from checks.runtime.report import RUNTIME_SCHEMA
from checks.version import __version__
from setup_wizard.runtime.environment import own_environment
from setup_wizard.runtime.observe import Observed, observe
from setup_wizard.services.application import interpreter

FORMATS = ("text", "json", "github")


def run_verify_runtime(arguments: argparse.Namespace) -> ExitCode:
    """Run `verify-runtime`: 0 when every backend started and its errors arrived, 1 when not, 3 where there is no backend."""
    if arguments.format not in FORMATS:
        raise UsageError(f"unknown format `{arguments.format}`", hint=f"use one of {', '.join(FORMATS)}")
    root = repository_root(arguments.path)
    tree = DirectoryTree(root)
    facts = Facts(tree, load_config(tree))
    require_target(facts)
    if not facts.backends:
        raise NothingToAuditError(facts.tree.root)
    django = [b for b in facts.backends if b.is_django]
    for other in facts.backends:
        if not other.is_django:
            _say(f"{other.name} is a {other.facts.title} application: only Django's are run here")
    if not django:
        raise UsageError("only Django applications can be run", hint="`sentry-setup launch` sends a test event instead")
    given = _given(arguments.env, arguments.env_file)
    observed = [
        observe(
            root,
            facts,
            backend,
            settings=arguments.settings,
            python=arguments.python or interpreter(root, backend),
            given=given,
            caller=own_environment(),
            say=_say,
        )
        for backend in django
    ]
    report = _report(root, observed)
    for output in arguments.output:
        name, equals, file = output.partition("=")
        if not equals or name not in FORMATS:
            raise UsageError(f"`--output {output}` names no format and file", hint="write `--output json=runtime.json`")
        write_report(Path(file), _shown(name, report, observed))
    sys.stdout.write(_shown(arguments.format, report, observed))
    return ExitCode.OK if all(_works(o) for o in observed) else ExitCode.UNCHECKED


def _say(text: str) -> None:
    sys.stderr.write(f"sentry-setup: {printable(text)}\n")


def _given(pairs: list[str], file: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    if file is not None:
        from dotenv import dotenv_values

        if not Path(file).is_file():
            raise UsageError(f"{file} is not a file", hint="name an env file")
        found |= {k: v for k, v in dotenv_values(file, interpolate=False).items() if v is not None}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"`--env {name}` has no value", hint="write `--env NAME=VALUE`")
        found[name] = value
    return found


def _works(seen: Observed) -> bool:
    return seen.started and not seen.problem and bool(seen.observations.get("arrived", {}).get("view"))


def _report(root: Path, observed: list[Observed]) -> dict[str, object]:
    """Return the report as plain data: names of variables, never their values."""
    revision = run_git(root, "rev-parse", "HEAD")
    return {
        "schema_version": RUNTIME_SCHEMA,
        "tool": {"name": "sentry-setup", "version": __version__},
        "revision": revision.decode().strip() if revision else None,
        "clean": is_clean(root),
        "backends": [
            {
                "name": o.name,
                "root": o.root,
                "settings": o.settings,
                "started": o.started,
                "problem": o.problem,
                "versions": o.versions,
                "options": o.options,
                "observations": o.observations,
                "variables": {
                    "declared": sorted(o.variables.declared),
                    "given": sorted(o.variables.given),
                    "invented": sorted(o.variables.invented),
                },
                "refused_connections": o.refused,
                "changed_files": o.changed,
            }
            for o in observed
        ],
    }


def _shown(name: str, report: dict[str, object], observed: list[Observed]) -> str:
    if name == "json":
        return redact(json.dumps(report, indent=2)) + "\n"
    lines = [line for o in observed for line in (_github(o) if name == "github" else _text(o))]
    return redact("\n".join(lines)) + "\n"


def _github(seen: Observed) -> list[str]:
    if _works(seen):
        return [f"::notice::{printable(seen.name)} reports its errors under {printable(seen.settings)}"]
    place = seen.problem or {}
    where = f" file={printable(str(place['path']))},line={place.get('line') or 1}" if place.get("path") else ""
    return [f"::error{where}::{printable(_sentence(seen))}"]


def _sentence(seen: Observed) -> str:
    if seen.problem and not seen.started:
        return f"{seen.name} does not start under {seen.settings}: {seen.problem.get('type')}: {seen.problem.get('message')}"
    if seen.problem:
        return f"{seen.name} stopped while it was observed: {seen.problem.get('message')}"
    if seen.options is None or not seen.options.get("dsn"):
        return f"{seen.name} starts under {seen.settings} without the SDK, or with it switched off"
    if not seen.observations.get("arrived", {}).get("view"):
        return f"an exception in a view of {seen.name} did not arrive"
    return f"{seen.name} reports its errors under {seen.settings}"


def _text(seen: Observed) -> list[str]:
    sign = "✓" if _works(seen) else "✗"
    lines = [f"{sign} {printable(_sentence(seen))}"]
    place = seen.problem or {}
    if place.get("path"):
        lines.append(f"    {printable(str(place['path']))}:{place.get('line')}")
    if seen.problem and not seen.started:
        lines.append("    → install what it imports, or give the variable: `--env NAME=VALUE`, `--env-file FILE`")
    arrived = seen.observations.get("arrived", {})
    if seen.options:
        names = ("environment", "release", "traces_sample_rate", "send_default_pii")
        shown = ", ".join(f"{name}={seen.options[name]}" for name in names if name in seen.options)
        lines.append(f"    SDK {seen.versions.get('sentry-sdk')}: {printable(shown)}")
        lines.append(
            f"    arrived: view {arrived.get('view', 0)}, logged error {arrived.get('logged', 0)},"
            f" disallowed host {arrived.get('disallowed-host', 0)}, 404 {arrived.get('missing', 0)}"
        )
        lines.append(
            f"    of a request left with the event: {', '.join(seen.observations.get('left', [])) or 'nothing personal'}"
        )
    if seen.variables.invented:
        lines.append(f"    harmless values were used for: {', '.join(map(printable, sorted(seen.variables.invented)))}")
    if seen.refused:
        lines.append(f"    connections refused: {', '.join(map(printable, seen.refused))}")
    if seen.changed:
        lines.append(f"    changed files of the repository: {', '.join(map(printable, seen.changed))}")
    return lines
