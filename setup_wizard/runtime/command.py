"""The command `verify-runtime`: runs each backend, prints what was seen, and writes the report that the audit may cite."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from checks.audit import require_target
from checks.cli import repository_root, write_report
from checks.config import load_config
from checks.errors import ExitCode, NothingToAuditError, UsageError
from checks.report.safe import printable
from checks.repository.facts import Facts
from checks.repository.tree import DirectoryTree
from setup_wizard.runtime.environment import own_environment
from setup_wizard.runtime.observe import observe
from setup_wizard.runtime.shown import report_v1, shown
from setup_wizard.services.application import interpreter

FORMATS = ("text", "json", "github")


def run_verify_runtime(arguments: argparse.Namespace) -> ExitCode:
    """Run `verify-runtime`: 0 when every process of every backend started and its error arrived, 1 when not, 3 without a backend."""
    if arguments.format not in FORMATS:
        raise UsageError(f"unknown format `{arguments.format}`", hint=f"use one of {', '.join(FORMATS)}")
    root = repository_root(arguments.path)
    tree = DirectoryTree(root)
    facts = Facts(tree, load_config(tree))
    require_target(facts)
    if not facts.backends:
        raise NothingToAuditError(facts.tree.root, sought="backend")
    python = arguments.python
    if python is not None and Path(python).parent != Path():
        # The processes run in other folders; `absolute` leaves the link of a virtual environment what it is.
        python = str(Path(python).absolute())
    if python is not None and shutil.which(python) is None:
        raise UsageError(
            f"`--python {arguments.python}` is not a program that can be started",
            hint="name the Python of the application's virtual environment",
        )
    given = _given(arguments.env, arguments.env_file)
    observed = [
        observe(
            root,
            facts,
            backend,
            settings=arguments.settings,
            python=python or interpreter(root, backend),
            given=given,
            caller=own_environment(),
            timeout=arguments.timeout,
            say=_say,
        )
        for backend in facts.backends
    ]
    report = report_v1(root, observed)
    for output in arguments.output:
        name, equals, file = output.partition("=")
        if not equals or name not in FORMATS:
            raise UsageError(f"`--output {output}` names no format and file", hint="write `--output json=runtime.json`")
        write_report(Path(file), shown(name, report, observed))
    sys.stdout.write(shown(arguments.format, report, observed))
    return ExitCode.OK if all(o.works for o in observed) else ExitCode.UNCHECKED


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
