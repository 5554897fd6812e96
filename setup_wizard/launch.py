"""The command `launch`: strict and online, with a fresh test event; ends in GO or NO-GO."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from checks.audit import require_target, run_audit
from checks.builds.command import verified
from checks.builds.evidence import read_build_report, with_build
from checks.builds.judging import BuildReport
from checks.builds.report import build_json
from checks.checklist import CHECKLIST
from checks.cli import check_format, render, repository_root, use_color, write_report
from checks.config import load_config, parse_set
from checks.errors import ExitCode, SentrySetupError, UsageError
from checks.given_reports import with_reports
from checks.model import Finding, Outcome, Proof, Report, Result
from checks.progress import Waiting
from checks.report.excerpt import Source
from checks.report.json_v1 import report_v1
from checks.report.safe import printable, redact
from checks.report.signs import place
from checks.report.text import Style, summing_line
from checks.report.view import Decision, number
from checks.repository.facts import Facts
from checks.repository.origin import read_origin
from checks.repository.tree import DirectoryTree
from checks.sentry_api import errors as e
from checks.sentry_api.client import SentryClient
from checks.sentry_api.gather import read_token
from checks.sentry_api.hosts import choose_url
from checks.sentry_api.snapshot import Snapshot
from setup_wizard.headless import say
from setup_wizard.left import tick_stored
from setup_wizard.plan.effects import SentryEffects
from setup_wizard.plan.model import SendTestEvent
from setup_wizard.receiver import launch_at_receiver
from setup_wizard.services.connection import Connection, connect

FORMATS = ("text", "json", "markdown", "html")
_ALSO_BLOCKING = ("quota-headroom", "release-consistent")
"""Recommended items that a launch does not go without."""


class Blocker(Struct, frozen=True, kw_only=True):
    """What stands in the way of a launch: the item, why, where, and what to do."""

    item: str
    finding: Finding


class Launch(Struct, frozen=True, kw_only=True):
    """The decision: what blocks (nothing: GO), the waivers that were relied on, what changed since an earlier report."""

    report: Report
    blocking: tuple[Blocker, ...]
    waived: tuple[Result, ...]
    changes: tuple[str, ...]

    @property
    def go(self) -> bool:
        """Whether nothing blocks."""
        return not self.blocking


def decide(
    report: Report, facts: Facts, *, sent: frozenset[str], changes: Sequence[str] = (), problems: Sequence[Blocker] = ()
) -> Launch:
    """Decide a launch. `sent` are the backends whose fresh test event was seen, `problems` what went wrong while sending."""
    blocking: list[Blocker] = list(problems)
    told = {b.item for b in problems}
    for result in report.results:
        required = result.unchecked or result.undecided
        also = result.item.id in _ALSO_BLOCKING and result.outcome is Outcome.FAIL and not result.waiver
        if (required or also) and result.item.id not in told:
            blocking += [Blocker(item=result.item.id, finding=f) for f in result.findings[:3]]
            told.add(result.item.id)
    missing = [b.name for b in facts.backends if b.name not in sent]
    if missing and "test-event" not in told:
        message = f"no fresh test event was sent for {', '.join(missing)}"
        blocking.append(Blocker(item="test-event", finding=Finding(message=message, hint="pass `--yes` to send one")))
    blocking += _unproven(report, told)
    today = dt.date.today()
    blocking += [
        Blocker(
            item=s.id,
            finding=Finding(
                message=f"the sign-off of {s.by} expired on {s.until}",
                path=facts.config.path,
                hint="review it again, and renew the sign-off",
            ),
        )
        for s in facts.config.sign_offs
        if s.until < today and not any(o.id == s.id and o.until >= today for o in facts.config.sign_offs)
    ]
    waived = tuple(r for r in report.results if r.waiver)
    order = {item.id: n for n, item in enumerate(CHECKLIST)}
    ordered = sorted(blocking, key=lambda b: order.get(b.item, 0))
    return Launch(report=report, blocking=tuple(ordered), waived=waived, changes=tuple(changes))


def _unproven(report: Report, told: set[str]) -> list[Blocker]:
    """A launch wants what Sentry can show to be shown, not only to be written in the repository."""
    found = []
    for result in report.unproven if report.online else ():
        if result.item.id in told:
            continue
        parts = [v.target.name for v in result.verdicts if v.target and result.proof_of(v) is Proof.WIRED]
        of = f" for {', '.join(parts)}" if parts else ""
        message = f"not proven yet{of}: the repository says so, but this was not seen: {result.item.proven_by}"
        hint = "deploy, wait until it reports, then run `launch` again"
        found.append(Blocker(item=result.item.id, finding=Finding(message=message, hint=hint)))
    return found


def compare(report: Report, text: str, name: str) -> list[str]:
    """Say which items changed since an earlier JSON report. Raises `UsageError` when it is none."""
    try:
        data = json.loads(text)
        before = {i["id"]: "waived" if i["waiver"] else i["outcome"] for i in (data.get("report") or data)["items"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name} is not a JSON report", hint="make it with `audit --format json` or `launch --format json`"
        ) from error
    lines = []
    for result in report.results:
        now, then = "waived" if result.waiver else result.outcome.value, before.get(result.item.id)
        if then is None:
            lines.append(f"{result.item.id}: new, {now}")
        elif then != now:
            lines.append(f"{result.item.id}: {then} → {now}")
    return lines


def run_launch(arguments: argparse.Namespace) -> ExitCode:
    """Run `launch`: 0 for GO, 1 for NO-GO."""
    form = check_format(arguments.format)
    if form not in FORMATS:
        raise UsageError(f"`launch` has no format `{form}`", hint=f"one of {', '.join(FORMATS)}")
    root, answers = repository_root(arguments.path), parse_set(arguments.assignments)
    since = _read(arguments.since) if arguments.since else None
    builds = [verified(folder) for folder in arguments.build]
    reports = (arguments.runtime_report, tuple(arguments.build_report))
    launch = asyncio.run(
        _launch(
            root, answers, os.environ, consent=arguments.yes or _asked(), since=since, builds=builds, reports=reports
        )
    )
    if arguments.report:
        write_report(Path(arguments.report), _html(launch))
    sys.stdout.write(redact(show(launch, form)))
    return ExitCode.OK if launch.go else ExitCode.UNCHECKED


def _of_build(build: BuildReport) -> list[Blocker]:
    """Return what is wrong with a finished build that no item has: a bundle without a debug id, a file that was not read."""
    return [
        Blocker(
            item="source-maps",
            finding=Finding(message=f"{build.folder}: {path or j.title}: {message}", hint=j.hint),
        )
        for j in build.judged
        if j.id in ("debug-ids", "readable")
        for path, message in j.findings[:3]
    ]


def _read(file: str) -> tuple[str, str]:
    try:
        return Path(file).read_text("utf-8"), file
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", hint="name a JSON report") from error


def _asked() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write("Send a test message and a test error to each backend's project? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _launch(
    root: Path,
    answers: dict[str, str],
    environ: Mapping[str, str],
    *,
    consent: bool,
    since: tuple[str, str] | None,
    builds: Sequence[BuildReport] = (),
    reports: tuple[str | None, Sequence[str]] = (None, ()),
) -> Launch:
    tree = DirectoryTree(root)
    plain = load_config(tree)
    config = plain.with_answers(answers)
    require_target(Facts(tree, config))
    url = choose_url(
        answers.get("sentry.url"),
        environ,
        plain.answers.get("sentry.url"),
        allow_http=config.consents("sentry.allow_http"),
    )
    plain_facts = Facts(tree, config)
    snapshot, sent, problems = await _look(url, plain_facts, root, environ, consent=consent)
    with Waiting("Checking every item"):
        facts = Facts(tree, config, snapshot)
        report = await asyncio.to_thread(run_audit, facts, CHECKLIST)
    manual = await asyncio.to_thread(tick_stored, root, report.manual)
    report = replace(report, origin=read_origin(root), manual=manual)
    report = await asyncio.to_thread(with_reports, report, facts, *reports)
    for build in builds:
        seen = read_build_report(build_json(build), build.folder)
        report = replace(report, results=with_build(report.results, seen))
        problems = [*problems, *_of_build(build)]
    changes = compare(report, *since) if since else []
    return decide(report, facts, sent=sent, changes=changes, problems=problems)


async def _look(
    url: str, facts: Facts, root: Path, environ: Mapping[str, str], *, consent: bool
) -> tuple[Snapshot | None, frozenset[str], list[Blocker]]:
    """Send the test events with consent, then read Sentry; a server that only takes events is read as far as it goes."""
    token = read_token(url, environ, facts)
    try:
        connection = await connect(url, token, facts.config)
    except (e.NotSentryError, e.NotFoundError, e.ForbiddenError):
        async with SentryClient(url, token, ca_file=facts.config.given.get("sentry.ca_file")) as client:
            found = await launch_at_receiver(client, facts, consent=consent, say=say)
        if found is None:
            raise
        snapshot, sent, problems = found
        return snapshot, sent, [Blocker(item=item, finding=finding) for item, finding in problems]
    try:
        sent, blockers = await _send(connection, facts, root, environ) if consent else (frozenset(), [])
        with Waiting("Reading Sentry"):
            return (await connection.known(facts)).snapshot, sent, blockers
    finally:
        await connection.close()


async def _send(
    connection: Connection, facts: Facts, root: Path, environ: Mapping[str, str]
) -> tuple[frozenset[str], list[Blocker]]:
    """Send the test events of each backend: through its DSN, and with consent through the application itself."""
    from checks.repository.names import project_slug

    through = facts.config.consents("test_event.application")
    environment = facts.config.answers.get("environment", "production")
    sent: set[str] = set()
    problems: list[Blocker] = []
    for backend in facts.backends:
        effects = SentryEffects(connection, facts.config, say, 1.0)
        slug = project_slug(facts, "backend", backend.name)
        try:
            await effects.send_test_event(
                SendTestEvent(target=backend.name, slug=slug, environment=environment, release=None)
            )
            if through:
                await effects.send_through_application(root, backend, slug, environ)
            sent.add(backend.name)
        except SentrySetupError as error:
            problems.append(
                Blocker(item="test-event", finding=Finding(message=f"{backend.name}: {error.message}", hint=error.hint))
            )
    return frozenset(sent), problems


def show(launch: Launch, form: str) -> str:
    """Return the decision in a format."""
    if form == "json":
        return json.dumps(launch_v1(launch), indent=2) + "\n"
    if form == "html":
        return _html(launch)
    if form == "markdown":
        from checks.report.markdown import render_markdown

        return render_markdown(launch.report, _decision(launch))
    color = use_color()
    lines = [render(launch.report, "text", color=color, source=_source(launch)).rstrip("\n"), ""]
    if launch.changes:
        lines += ["Changed since the earlier report:", *(f"  {printable(c)}" for c in launch.changes), ""]
    if launch.waived:
        lines += ["Waived:", *(f"  {r.item.id}: {printable(r.waiver.reason)}" for r in launch.waived if r.waiver), ""]
    if launch.blocking:
        lines += ["Blocking:", *(f"  {line}" for line in _blocking(launch)), ""]
    lines.append(Style(color=color).paint(_word(launch), "1;32" if launch.go else "1;31"))
    return "\n".join(lines) + "\n"


def _word(launch: Launch) -> str:
    return "GO" if launch.go else f"NO-GO: {number(len(launch.blocking), 'blocker')}"


def _blocking(launch: Launch) -> list[str]:
    lines = []
    for blocker in launch.blocking:
        where = f"{place(blocker.finding)}  " if blocker.finding.path else ""
        hint = f" → {printable(blocker.finding.hint)}" if blocker.finding.hint else ""
        lines.append(f"{blocker.item}: {where}{printable(blocker.finding.message)}{hint}")
    return lines


def _html(launch: Launch) -> str:
    from checks.report.html import render_html

    return render_html(launch.report, _decision(launch), _source(launch))


def _source(launch: Launch) -> Source:
    """Return how the lines that findings point at are read."""
    tree = DirectoryTree(Path(launch.report.root))
    return Facts(tree, load_config(tree)).line


def _decision(launch: Launch) -> Decision:
    blocking = tuple((b.item, b.finding) for b in launch.blocking)
    return Decision(go=launch.go, blocking=blocking, changes=launch.changes)


def launch_v1(launch: Launch) -> dict[str, object]:
    """Return the decision as plain data, with the whole report below `report`."""
    return {
        "schema_version": 1,
        "verdict": "GO" if launch.go else "NO-GO",
        "blocking": [
            {
                "item": b.item,
                "message": b.finding.message,
                "path": b.finding.path,
                "line": b.finding.line,
                "column": b.finding.column,
                "hint": b.finding.hint,
            }
            for b in launch.blocking
        ],
        "waived": [
            {"item": r.item.id, "reason": r.waiver.reason, "until": r.waiver.until} for r in launch.waived if r.waiver
        ],
        "changes": list(launch.changes),
        "summary": summing_line(launch.report),
        "report": report_v1(launch.report),
    }
