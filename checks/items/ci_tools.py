"""The Sentry tools that CI uses: commands that exist, versions that are pinned, actions that are current."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.patterns import lazy_pattern
from checks.repository.ci import Job, Step, Workflow
from checks.repository.facts import Facts
from checks.repository.node import installed
from checks.repository.release_steps import script

_CLI = lazy_pattern(
    r"(?<![\w/-])sentry-cli\b(?!==|[\"']?\s*[,\])])|@sentry/cli(?:@[\w.^~-]+)?\s+\w|getsentry/sentry-cli(?::[\w.-]+)?\s+\w|sentry\.io/get-cli"
)
_REMOVED: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (lazy_pattern(r"releases\s+(?:\S+\s+)*?files\b"), "`releases files`", "sentry-cli sourcemaps upload"),
    (lazy_pattern(r"sentry-cli\s+(?:--?\S+\s+)*files\b"), "`sentry-cli files`", "sentry-cli sourcemaps upload"),
    (lazy_pattern(r"sourcemaps\s+explain\b"), "`sourcemaps explain`", "look at the event in Sentry"),
    (lazy_pattern(r"sentry-cli\s+(?:--?\S+\s+)*send-metric\b"), "`send-metric`", "remove it"),
    (lazy_pattern(r"--api-key\b"), "`--api-key`", "SENTRY_AUTH_TOKEN"),
    (lazy_pattern(r"finalize\s+[^\n;&|]*--started\b"), "`finalize --started`", "remove the flag"),
    (lazy_pattern(r"--use-artifact-bundle\b"), "`--use-artifact-bundle`", "remove the flag"),
)
"""Removed in sentry-cli 3.0 (https://github.com/getsentry/sentry-cli/blob/master/CHANGELOG.md)."""


_BY_NPM = lazy_pattern(
    r"npx\s+(?:--?\S+\s+)*(?:sentry-cli|@sentry/cli)|(?:yarn|pnpm(?: exec)?)\s+sentry-cli|npm\s+(?:i|install)\s[^\n]*@sentry/cli"
)


class CliUse(Struct, frozen=True, kw_only=True):
    """A step that runs sentry-cli: how it gets it, the version (None: whatever is newest), and whether it is pinned.

    `source` is empty where the step does not say where the tool comes from.
    """

    workflow: Workflow
    job: Job
    step: Step
    text: str
    source: str
    version: Version | None
    pinned: bool


def cli_uses(facts: Facts) -> list[CliUse]:
    """Return every step of CI that runs sentry-cli."""
    return facts.once("cli uses", "", lambda: _cli_uses(facts))


def _cli_uses(facts: Facts) -> list[CliUse]:
    found = []
    for workflow in facts.workflows:
        for job in workflow.jobs:
            whole = "\n".join(script(s) for s in job.steps)
            for step in job.steps:
                text = script(step)
                if _CLI.search(text):
                    found.append(_use(facts, workflow, job, step, text, whole))
    return found


def _use(facts: Facts, workflow: Workflow, job: Job, step: Step, text: str, whole: str) -> CliUse:
    values = dict(step.env)
    version: Version | None = None
    source, pinned = "", False
    piped = re.search(r"sentry\.io/get-cli", whole)
    if piped:
        named = re.search(r"SENTRY_CLI_VERSION=[\"']?(\d[\w.]*)", whole)
        text_version = named.group(1) if named else values.get("SENTRY_CLI_VERSION", "")
        source, version, pinned = "the install script", _version(text_version), bool(text_version)
    for pattern, name in (
        (r"sentry-cli\s*(==|~=|>=)?\s*(\d[\w.]*)?", "pip"),
        (r"@sentry/cli@([~^]?)v?(\w[\w.]*)", "npm"),
        (r"getsentry/sentry-cli(:)([\w.-]+)", "the Docker image"),
    ):
        if name == "pip" and not re.search(
            r"pip3?\s+install[^\n;&|]*sentry-cli|uvx?\s+[^\n;&|]*sentry-cli==|pipx\s+\w+[^\n;&|]*sentry-cli", whole
        ):
            continue
        match = re.search(pattern if name != "pip" else r"sentry-cli[\"']?(?:\[[^\]]*\])?(==|~=|>=)?(\d[\w.]*)?", whole)
        if match and not source:
            version = _version(match.group(2) or "")
            source, pinned = name, version is not None and match.group(1) in ("==", "~=", "", ":")
    if not source and _BY_NPM.search(whole):
        package = next(
            (p for r in (".", *(f.root for f in facts.frontends)) if (p := installed(facts, r, "@sentry/cli"))), None
        )
        source = "npm"
        version, pinned = (package.version, True) if package else (None, False)
    if not source and any((s.uses or "").startswith("mathieu-bour/setup-sentry-cli") for s in job.steps):
        setup = next(s for s in job.steps if (s.uses or "").startswith("mathieu-bour/setup-sentry-cli"))
        version = _version(setup.inputs.get("version", ""))
        source, pinned = "setup-sentry-cli", version is not None
    image = re.search(r"getsentry/sentry-cli:?([\w.-]*)", facts.text(workflow.path) or "")
    if not source and image:
        version = _version(image.group(1))
        source, pinned = "the Docker image", version is not None
    return CliUse(workflow=workflow, job=job, step=step, text=text, source=source, version=version, pinned=pinned)


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def unread(facts: Facts) -> Verdict | None:
    """Return the verdict of a CI item where a CI file cannot be read, or None."""
    for workflow in facts.workflows:
        if workflow.problem is not None:
            return unknown(
                f"{workflow.path} cannot be read: {workflow.problem.message}",
                path=workflow.path,
                line=workflow.problem.line,
                hint="mend the file",
            )
    return None


def ci_cli_syntax(facts: Facts) -> Sequence[Verdict]:
    """sentry-cli 3 removed commands that older guides still show: the step fails, and with it the release.

    To fix: `sourcemaps upload` for `releases files`, SENTRY_AUTH_TOKEN for an API key, or pin sentry-cli 2.
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    uses = cli_uses(facts)
    for use in uses:
        old = use.version is not None and use.version < Version("3")
        problems = [(name, instead) for pattern, name, instead in _REMOVED if pattern.search(use.text)]
        if "SENTRY_API_KEY" in use.step.env or re.search(r"\bSENTRY_API_KEY=", use.text):
            problems.append(("SENTRY_API_KEY", "SENTRY_AUTH_TOKEN"))
        if problems and not old:
            which = f"sentry-cli {use.version}" if use.version else "sentry-cli 3, which is installed unpinned,"
            findings += [
                Finding(
                    message=f"job {use.job.id}: {name} was removed from {which}",
                    path=use.step.path,
                    line=use.step.line,
                    hint=f"use {instead}",
                )
                for name, instead in problems
            ]
        else:
            evidence.append(
                in_repository(f"job {use.job.id} runs commands that sentry-cli has", use.step.path, use.step.line)
            )
    if findings:
        return [failed(*findings, evidence=evidence)]
    if evidence:
        return [passed(*evidence)]
    return [unread(facts) or not_applicable("CI runs no sentry-cli")]


def ci_cli_pinned(facts: Facts) -> Sequence[Verdict]:
    """A tool that is fetched anew each time runs whatever its publisher serves, with your token in its environment.

    To fix: `pip install sentry-cli==3.8.2`, or `SENTRY_CLI_VERSION=3.8.2` before the install script.
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    doubt: CliUse | None = None
    for use in cli_uses(facts):
        if use.pinned:
            evidence.append(
                in_repository(f"{use.source} installs sentry-cli {use.version}", use.step.path, use.step.line)
            )
        elif use.source:
            message = f"job {use.job.id} takes the newest sentry-cli from {use.source}"
            findings.append(Finding(message=message, path=use.step.path, line=use.step.line, hint="name a version"))
        else:
            doubt = doubt or use
    if findings:
        return [failed(*findings, evidence=evidence)]
    if doubt is not None:
        return [
            unknown(
                f"where job {doubt.job.id} gets sentry-cli from cannot be told",
                path=doubt.step.path,
                line=doubt.step.line,
                hint="install it in the job, by version",
            )
        ]
    if evidence:
        return [passed(*evidence)]
    return [unread(facts) or not_applicable("CI runs no sentry-cli")]


def ci_action_pinned(facts: Facts) -> Sequence[Verdict]:
    """A branch can be changed under you, and the old majors of the release action run on a Node that GitHub has dropped.

    To fix: `uses: getsentry/action-release@ff07929a6537bac57790c3451cf4d364aca38528 # v3.7.0`.
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    for workflow in facts.workflows:
        for job in workflow.jobs:
            for step in job.steps:
                name, _, ref = (step.uses or "").partition("@")
                if name != "getsentry/action-release":
                    continue
                problem = None
                major = re.match(r"v?(\d+)(\.|$)", ref)
                if not ref or ref in ("master", "main", "latest"):
                    problem = f"the action follows the branch `{ref or 'master'}`"
                elif major and int(major.group(1)) < 3:
                    problem = f"the action's version {ref} is outdated"
                elif not major and not re.fullmatch(r"[0-9a-f]{40}", ref):
                    problem = f"`{ref}` is neither a version nor a full commit"
                old = [i for i in ("version", "version_prefix") if i in step.inputs]
                if problem is not None:
                    findings.append(
                        Finding(message=problem, path=step.path, line=step.line, hint="use v3, or its commit")
                    )
                elif old:
                    message = f"the input `{old[0]}` is deprecated"
                    hint = f"use `{old[0].replace('version', 'release')}`"
                    findings.append(Finding(message=message, path=step.path, line=step.line, hint=hint))
                else:
                    evidence.append(in_repository(f"getsentry/action-release is at {ref[:12]}", step.path, step.line))
    if findings:
        return [failed(*findings, evidence=evidence)]
    if evidence:
        return [passed(*evidence)]
    return [unread(facts) or not_applicable("CI does not use getsentry/action-release")]
