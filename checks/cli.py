"""The auditor's commands: audit, list, explain, schema. Argv and environment in, exit code out; nothing else does that."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from checks.errors import ExitCode, SentrySetupError, UsageError
from checks.model import Outcome, Report

FORMATS = ("text", "json")


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of `audit`."""
    parser.add_argument("path", nargs="?", default=None, metavar="PATH", help="the repository (default: this one)")
    parser.add_argument("--online", action="store_true", help="ask Sentry too (needs a token in SENTRY_READ_TOKEN)")
    parser.add_argument("--strict", action="store_true", help="undecided required items count as unchecked")
    parser.add_argument("--select", default="", metavar="ID,…", help="only these items")
    parser.add_argument("--ignore", default="", metavar="ID,…", help="all but these items")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="assignments",
        help="an answer, e.g. backend.settings=shop.settings.production",
    )
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text or json")
    parser.add_argument(
        "--output", action="append", default=[], metavar="FORMAT=FILE", help="also write the report to a file"
    )


def repository_root(path: str | None) -> Path:
    """Return the folder to look at: `path` as given, else the repository around the current folder.

    Raises `UsageError` when it is no folder.
    """
    from checks.repository.tree import run_git

    if path is not None:
        root = Path(path)
        if not root.is_dir():
            raise UsageError(f"{path} is no folder", hint="name the repository's folder")
        return root.resolve()
    top = run_git(Path.cwd(), "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(top.rstrip(b"\n"))).resolve() if top else Path.cwd()


def words(text: str) -> tuple[str, ...]:
    """Split a comma-separated flag."""
    return tuple(w.strip() for w in text.split(",") if w.strip())


def check_format(name: str) -> str:
    """Return a report format's name. Raises `UsageError` for one that is not built."""
    from checks.errors import nearest

    if name not in FORMATS:
        raise UsageError(f"unknown format `{name}`", hint=nearest(name, FORMATS) or f"one of {', '.join(FORMATS)}")
    return name


def render(report: Report, name: str, *, colour: bool = False) -> str:
    """Return a report in a format."""
    if name == "json":
        from checks.report.json_v1 import render_json

        return render_json(report)
    from checks.report.text import render_text

    return render_text(report, colour=colour, ascii_only=not _can_print_glyphs())


def _can_print_glyphs() -> bool:
    try:
        "✓–→“”".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def use_colour() -> bool:
    """Tell whether stdout wants colour (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def exit_code(report: Report, *, strict: bool) -> ExitCode:
    """Return the audit's exit code: a crashed check beats unchecked items."""
    if any(r.outcome is Outcome.ERROR for r in report.results):
        return ExitCode.COULD_NOT_RUN
    if report.unchecked or (strict and report.undecided):
        return ExitCode.UNCHECKED
    return ExitCode.OK


def audit(arguments: argparse.Namespace) -> ExitCode:
    """Run `audit`."""
    from checks.audit import run_audit
    from checks.checklist import select
    from checks.config import load_config, parse_set
    from checks.repository.facts import Facts
    from checks.repository.tree import DirectoryTree

    name = check_format(arguments.format)
    outputs = [_output(o) for o in arguments.output]
    items = select(words(arguments.select), words(arguments.ignore))
    answers = parse_set(arguments.assignments)
    tree = DirectoryTree(repository_root(arguments.path))
    config = load_config(tree).with_answers(answers)
    facts = Facts(tree, config)
    if arguments.online:
        from checks.sentry_api.gather import gather_for_audit

        facts.snapshot = gather_for_audit(facts, os.environ, named_url=answers.get("sentry.url"))
    report = run_audit(facts, items)
    for file_format, file in outputs:
        try:
            Path(file).write_text(render(report, file_format), "utf-8")
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    sys.stdout.write(render(report, name, colour=use_colour()))
    return exit_code(report, strict=arguments.strict)


def _output(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    if not equals or not file:
        raise UsageError(f"`--output {text}` names no file", hint="write `--output json=report.json`")
    return check_format(name), file


def list_items(arguments: argparse.Namespace) -> ExitCode:
    """Run `list`: every item, one line each."""
    from checks.checklist import CHECKLIST

    for item in CHECKLIST:
        print(f"{item.id:22} {item.severity.value:12} {item.step or '-':18} {item.title}")
    return ExitCode.OK


def explain(arguments: argparse.Namespace) -> ExitCode:
    """Run `explain ID`: what, why, how to fix, documentation."""
    from checks.checklist import SUPPORT, find_item, why_and_fix

    item = find_item(arguments.id)
    why, fix = why_and_fix(item)
    print(f"{item.id} ({item.severity.value}): {item.title}\n\n{why}\n\nTo fix: {fix}\n")
    if item.step:
        print(f"Set up by: sentry-setup apply {item.step} --yes")
    print(f"Read more: {item.docs_url}\n")
    print("\n".join(SUPPORT))
    return ExitCode.OK


def schema(arguments: argparse.Namespace) -> ExitCode:
    """Run `schema`: the keys of configuration, answers and the JSON report."""
    from checks.config import ANSWER_KEYS
    from checks.schema import report_schema

    print(json.dumps({"answer_keys": list(ANSWER_KEYS), "report_v1": report_schema()}, indent=2))
    return ExitCode.OK


def report_error(error: SentrySetupError, *, as_json: bool) -> ExitCode:
    """Write an error to stderr, as JSON when JSON was asked for."""
    from checks.report.safe import printable, redact

    if as_json:
        data = {"error": {"code": error.code, "message": redact(error.message), "hint": error.hint}}
        sys.stderr.write(json.dumps(data) + "\n")
    else:
        hint = f"\n  → {printable(error.hint)}" if error.hint else ""
        sys.stderr.write(redact(f"sentry-setup: {printable(error.message)}{hint}\n"))
    return error.exit_code
