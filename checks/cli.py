"""The auditor's commands: audit, merge, verify-build. Argv and environment in, exit code out; nothing else does that."""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from checks.arguments import COLORS, FORMATS
from checks.errors import ExitCode, NothingToAuditError, SentrySetupError, UsageError

if TYPE_CHECKING:
    from checks.model import Report
    from checks.policy import Policy
    from checks.report.excerpt import Source
    from checks.repository.tree import Tree


def repository_root(path: str | None) -> Path:
    """Return the folder to look at: `path` as given, else the repository around the current folder.

    Raises `UsageError` when it is not a directory.
    """
    from checks.repository.git import run_git

    if path is not None:
        root = Path(path)
        if not root.is_dir():
            raise UsageError(f"{path} is not a directory", hint="name the repository's directory")
        return root.resolve()
    here = Path.cwd()
    if _is_plain_top(here):
        return here.resolve()
    top = run_git(here, "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(top.rstrip(b"\n"))).resolve() if top else here


_LARGEST_CONFIG = 64 * 1024


def _is_plain_top(folder: Path) -> bool:
    """Return whether this folder is the top of a repository, by what git itself looks for; asking git costs ten times as much."""
    try:
        info = (folder / ".git" / "config").stat()
        if not stat.S_ISREG(info.st_mode) or info.st_size > _LARGEST_CONFIG:
            return False
        config = (folder / ".git" / "config").read_bytes().lower()
    except OSError:
        return False
    return _is_git_folder(folder / ".git") and b"worktree" not in config and b"include" not in config


def _is_git_folder(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("HEAD", "objects", "refs"))


def is_bare(root: Path) -> bool:
    """Return whether a folder is a git repository without a working tree."""
    return _is_git_folder(root) and not (root / ".git").exists()


def words(text: str) -> tuple[str, ...]:
    """Split a comma-separated flag."""
    return tuple(w.strip() for w in text.split(",") if w.strip())


def check_format(name: str) -> str:
    """Return a report format's name. Raises `UsageError` for one that is not built."""
    from checks.errors import nearest

    if name not in FORMATS:
        raise UsageError(f"unknown format `{name}`", hint=nearest(name, FORMATS) or f"one of {', '.join(FORMATS)}")
    return name


def render(
    report: Report,
    name: str,
    *,
    color: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    source: Source | None = None,
) -> str:
    """Return a report in a format; color, `verbose` and `quiet` concern the text for people, `source` also the HTML page."""
    match name:
        case "json":
            from checks.report.json_v1 import render_json

            return render_json(report)
        case "sarif":
            from checks.report.sarif import render_sarif

            return render_sarif(report)
        case "github":
            from checks.report.github import render_github

            return render_github(report)
        case "junit":
            from checks.report.junit import render_junit

            return render_junit(report)
        case "markdown":
            from checks.report.markdown import render_markdown

            return render_markdown(report)
        case "html":
            from checks.report.html import render_html

            return render_html(report, source=source)
    from checks.report.text import WIDTH, render_text

    return render_text(
        report,
        color=color,
        ascii_only=not _can_print_glyphs(),
        verbose=verbose,
        quiet=quiet,
        source=source,
        width=terminal_width() or WIDTH,
    )


_NARROWEST, _WIDEST = 40, 160


def terminal_width() -> int | None:
    """Return how many columns a text on the terminal may have; None where stdout is none."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)


def _can_print_glyphs() -> bool:
    try:
        "✓◐–→│…“”".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _manner(color: str) -> tuple[bool, bool, int | None]:
    """Return what the terminal decides of the text, for which an audit is remembered."""
    return use_color(color), _can_print_glyphs(), terminal_width()


def use_color(wanted: str = "auto") -> bool:
    """Return whether stdout gets colors: as `--color` says, else FORCE_COLOR, NO_COLOR (https://no-color.org), a terminal.

    Raises `UsageError` for a word that is none of auto, always and never.
    """
    if wanted not in COLORS:
        raise UsageError(f"`--color {wanted}` is not known", hint=f"use one of {', '.join(COLORS)}")
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("FORCE_COLOR") not in (None, "", "0"):
        return True
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def exit_code(report: Report, *, strict: bool) -> ExitCode:
    """Return the audit's exit code: a crashed check beats unchecked items. `strict` also wants proof where Sentry was asked."""
    from checks.model import Outcome

    if any(r.outcome is Outcome.ERROR for r in report.results):
        return ExitCode.COULD_NOT_RUN
    if any(r.newly_unchecked for r in report.results) or (strict and (report.undecided or report.unproven)):
        return ExitCode.UNCHECKED
    return ExitCode.OK


def audit(arguments: argparse.Namespace) -> ExitCode:
    """Run `audit`."""
    from checks.cache import RecordingTree, may_remember, remembered
    from checks.repository.index_terms import WORDS
    from checks.repository.tree import DirectoryTree

    name = check_format(arguments.format)
    root = repository_root(arguments.path)
    if not arguments.rev and is_bare(root):
        raise UsageError(f"{root} is a bare repository: nothing is checked out", hint="name a revision: `--rev HEAD`")
    if arguments.rev:
        from checks.repository.revision import RevisionTree

        with closing(RevisionTree(root, arguments.rev)) as revision:
            text, code = _audit(arguments, name, revision, root)
        sys.stdout.write(text)
        return code
    tree = DirectoryTree(root)
    with closing(tree):
        remember = may_remember(arguments)
        tree.prefetch(WORDS, origin=remember)  # git works while Python imports
        entry = remembered(arguments, tree, _manner(arguments.color)) if remember else None
        said = entry.answer() if entry else None
        if said is not None:
            sys.stdout.write(said[0])
            return ExitCode(said[1])
        recording = RecordingTree(tree) if entry else None
        text, code = _audit(arguments, name, recording or tree, root)
        sys.stdout.write(text)
        if entry and recording and code in (ExitCode.OK, ExitCode.UNCHECKED):
            entry.keep(recording, text, code)
        return code


def _audit(arguments: argparse.Namespace, name: str, tree: Tree, root: Path) -> tuple[str, ExitCode]:
    """Return the report as text, and the exit code; the other reports that were asked for are written."""
    from checks.audit import require_target, run_audit
    from checks.baseline import with_baseline
    from checks.checklist import select
    from checks.config import load_config, parse_set
    from checks.progress import Waiting
    from checks.repository.facts import Facts

    outputs = [_output(o) for o in arguments.output]
    items = select(words(arguments.select), words(arguments.ignore))
    answers = parse_set(arguments.assignments)
    config, policy = load_config(tree), None
    if arguments.policy:
        from checks.policy import POLICY_ITEM, read_policy

        config, policy = read_policy(config, root, arguments.policy)
        items = (*items, POLICY_ITEM)
    baseline = _baseline(arguments.baseline, root, policy)
    facts = Facts(tree, config.with_answers(answers))
    facts.policy = policy
    if arguments.online:
        from checks.items.dsn import named_region
        from checks.sentry_api.gather import gather_for_audit
        from checks.sentry_api.needs import parts_for

        parts = parts_for(i.id for i in items)
        if parts is not None:
            with Waiting("Reading projects, alerts and events from Sentry"):
                facts.snapshot = gather_for_audit(
                    facts, os.environ, named_url=answers.get("sentry.url"), parts=parts, region=named_region(facts)
                )
    with Waiting(f"Reading the repository, then checking {len(items)} items") as waiting:
        report = run_audit(
            facts, items, on_result=lambda r: waiting.update(f"Checking {len(items)} items: {r.item.id} done")
        )
    if arguments.runtime_report is not None or arguments.build_report:
        from checks.given_reports import with_reports

        report = with_reports(report, facts, arguments.runtime_report, arguments.build_report)
    if baseline is not None:
        report = with_baseline(report, baseline)
    if {"html", "markdown", "sarif"} & {name, *(f for f, _ in outputs)}:
        report = _with_origin(report)
    for file_format, file in outputs:
        write_report(Path(file), render(report, file_format, source=facts.line))
    if "markdown" in (name, *(f for f, _ in outputs)):
        _job_summary(render(report, "markdown"))
    try:
        require_target(facts)
    except NothingToAuditError as error:
        # A checklist of items that nothing decides would bury what has to be done; a program still gets its report.
        text = render(report, name, source=facts.line) if name != "text" or report.unchecked else ""
        return text, report_error(error, as_json=name == "json")
    text = render(
        report,
        name,
        color=use_color(arguments.color),
        verbose=arguments.verbose,
        quiet=arguments.quiet,
        source=facts.line,
    )
    return text, exit_code(report, strict=arguments.strict)


def _with_origin(report: Report) -> Report:
    """Return the report with the repository's name on its forge, for readers who are elsewhere."""
    from msgspec.structs import replace

    from checks.repository.origin import read_origin

    return replace(report, origin=read_origin(Path(report.root)))


def write_report(file: Path, text: str) -> None:
    """Write a report. Raises `UsageError` when the file cannot be written."""
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror}", hint="name a file in a folder that exists"
        ) from error


def _job_summary(text: str) -> None:
    """Add the Markdown report to the summary of the GitHub job that runs this, if one does."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file:
        try:
            with Path(file).open("a", encoding="utf-8") as summary:
                summary.write(text)
        except OSError as error:
            sys.stderr.write(f"sentry-setup: the job summary cannot be written: {error.strerror}\n")


def _output(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    if not equals or not file:
        raise UsageError(f"`--output {text}` names no file", hint="write `--output json=report.json`")
    return check_format(name), file


def _baseline(file: str | None, root: Path, policy: Policy | None) -> dict[str, frozenset[str]] | None:
    """Read the baseline; with `--policy`, one that lies in the repository is read from that revision."""
    from checks.baseline import read_baseline

    if file is None:
        return None
    inside = Path(file).resolve()
    if policy is not None and inside.is_relative_to(root):
        path = inside.relative_to(root).as_posix()
        return read_baseline(policy.text(path), f"{path} of {policy.name}")
    try:
        return read_baseline(Path(file).read_text("utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", hint="name a JSON report of an earlier audit") from error


def merge(arguments: argparse.Namespace) -> ExitCode:
    """Run `merge`: many JSON reports in, one out; 1 when a repository has something unchecked."""
    from checks.report.merged import merge_reports
    from checks.report.safe import redact

    def texts() -> Iterator[tuple[str, str]]:
        for name in arguments.reports:
            try:
                yield name, Path(name).read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"{name} cannot be read", hint="name JSON reports") from error

    merged = merge_reports(texts())
    sys.stdout.write(redact(json.dumps(merged, indent=2)) + "\n")
    repositories = merged["repositories"]
    assert isinstance(repositories, list)
    return ExitCode.UNCHECKED if any(r["unchecked"] for r in repositories) else ExitCode.OK


def verify_build(arguments: argparse.Namespace) -> ExitCode:
    """Run `verify-build DIR`."""
    from checks.builds.command import run_verify_build

    return run_verify_build(arguments.folder, arguments.format)


def report_error(error: SentrySetupError, *, as_json: bool) -> ExitCode:
    """Write an error to stderr, as JSON when JSON was asked for."""
    from checks.report.safe import printable, redact

    if as_json:
        said: dict[str, object] = {"code": error.code, "message": redact(error.message), "hint": error.hint}
        if error.details:
            said["details"] = [redact(d) for d in error.details]
        sys.stderr.write(json.dumps({"error": said}) + "\n")
    else:
        lines = [f"sentry-setup: {printable(error.message)}", *(f"  {printable(d)}" for d in error.details)]
        lines += [f"  → {printable(error.hint)}"] if error.hint else []
        sys.stderr.write(redact("\n".join(lines)) + "\n")
    return error.exit_code
