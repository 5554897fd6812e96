"""The Sentry tools that CI uses: commands that exist, versions that are pinned, actions that are current."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from checks.ci.commands import place_of, step_commands
from checks.ci.model import Job, Step, Workflow
from checks.ci.sentry_cli import KNOWN, REMOVED, REMOVED_FLAGS, no_command
from checks.model import (
    Evidence,
    Finding,
    Verdict,
    failed,
    failed_or_unknown,
    in_repository,
    not_applicable,
    passed,
    unknown,
)
from checks.parsers import yaml as y
from checks.repository.commands import Ran
from checks.repository.facts import Facts
from checks.repository.node import installed
from checks.repository.release_steps import sentry_words
from checks.targets.applicability import unparsed_workflow_verdict


class CliUse(Struct, frozen=True, kw_only=True):
    """A step that runs sentry-cli: its commands, how it gets the tool, the version (None: the newest), whether it is pinned.

    `source` is empty where the step does not name the tool's source.
    """

    workflow: Workflow
    job: Job
    step: Step
    commands: tuple[Ran, ...]
    source: str
    version: Version | None
    pinned: bool

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line of its first command."""
        return place_of(self.step, self.commands[0]) if self.commands else (self.step.path, self.step.line)


def cli_uses(facts: Facts) -> list[CliUse]:
    """Return every step of CI that runs sentry-cli."""
    return facts.memoize(cli_uses, "", lambda: _cli_uses(facts))


def _cli_uses(facts: Facts) -> list[CliUse]:
    found = []
    for workflow in facts.workflows:
        for job in workflow.jobs:
            whole = [r for s in job.steps for r in step_commands(facts, s) if r.runs is not False]
            for step in job.steps:
                own = tuple(r for r in step_commands(facts, step) if r.runs is not False and r.words[0] == "sentry-cli")
                fetched = next((r for r in step_commands(facts, step) if r.runs is not False and _fetches(r)), None)
                if own or fetched is not None:
                    source, version, pinned = _source(facts, workflow, job, step, whole)
                    found.append(
                        CliUse(
                            workflow=workflow,
                            job=job,
                            step=step,
                            commands=own,
                            source=source,
                            version=version,
                            pinned=pinned,
                        )
                    )
    return found


def _fetches(ran: Ran) -> bool:
    """Return whether a command downloads the install script of https://docs.sentry.io/cli/installation/."""
    return ran.program in ("curl", "wget") and any("sentry.io/get-cli" in w for w in ran.words[1:])


def _source(
    facts: Facts, workflow: Workflow, job: Job, step: Step, whole: list[Ran]
) -> tuple[str, Version | None, bool]:
    fetch = next((n for n, r in enumerate(whole) if _fetches(r)), None)
    if fetch is not None:
        near = whole[fetch : fetch + 2]
        # The shell of `curl … | bash` reads the variable; what is set for curl alone does not reach it.
        readers = near[1:] if len(near) > 1 and near[1].piped else near
        named = next(
            (v for r in readers if (v := r.env.get("SENTRY_CLI_VERSION"))), step.env.get("SENTRY_CLI_VERSION", "")
        )
        return "the install script", _version(named), bool(named)
    for ran in whole:
        named_here = _installed_by(ran)
        if named_here is not None:
            return named_here
    if any(r.words[0] == "sentry-cli" and r.written[0] in ("npx", "yarn", "pnpm", "bunx", "npm") for r in whole):
        roots = (".", *(f.root for f in facts.frontends))
        package = next((p for r in roots if (p := installed(facts, r, "@sentry/cli"))), None)
        return ("npm", package.version, True) if package else ("npm", None, False)
    setup = next((s for s in job.steps if (s.uses or "").startswith("mathieu-bour/setup-sentry-cli")), None)
    if setup is not None:
        version = _version(setup.inputs.get("version", ""))
        return "setup-sentry-cli", version, version is not None
    for _, node in y.walk(workflow.node) if workflow.node is not None else ():
        image = y.scalar(node) or ""
        if image.startswith("getsentry/sentry-cli"):
            version = _version(image.partition(":")[2])
            return "the Docker image", version, version is not None
    return "", None, False


def _installed_by(ran: Ran) -> tuple[str, Version | None, bool] | None:
    """Return what a command says of the version that it installs or runs, or None."""
    words, plain = ran.written, [w for w in ran.words[1:] if not w.startswith("-")]
    for word in words:
        word = word.strip("\"'")
        if word.startswith("getsentry/sentry-cli") and ran.words[0] == "sentry-cli":
            version = _version(word.partition(":")[2])
            return "the Docker image", version, version is not None
        if word.startswith("@sentry/cli@"):
            text = word.removeprefix("@sentry/cli@").removeprefix("v")
            version = _version(text)
            return "npm", version or _version(text.lstrip("~^")), version is not None
        name = next((op for op in ("==", "~=", ">=") if word.startswith("sentry-cli" + op)), None)
        if name is not None:
            version = _version(word.partition(name)[2])
            return "pip", version, version is not None and name != ">="
    installs = "install" in plain or words[:1] in (("uvx",), ("pipx",)) or plain[:1] == ["add"]
    if installs and "sentry-cli" in words and ran.program in ("pip", "pip3", "pipx", "uv", "sentry-cli"):
        return "pip", None, False
    if installs and "@sentry/cli" in words and ran.program in ("npm", "yarn", "pnpm", "bun"):
        return "npm", None, False
    if ran.program in ("npm",) and plain[:1] == ["i"] and "@sentry/cli" in words:
        return "npm", None, False
    return None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _removed(use: CliUse) -> list[tuple[str, str]]:
    """Return `(name, what to use instead)` of what a step uses and sentry-cli 3 has no more."""
    found: list[tuple[str, str]] = []
    for ran in use.commands:
        plain, flags = tuple(sentry_words(ran.words)), {w.partition("=")[0] for w in ran.words}
        found += [(name, instead) for words, name, instead in REMOVED if plain[: len(words)] == words]
        found += [(n, i) for flag, word, n, i in REMOVED_FLAGS if flag in flags and (not word or word in plain)]
    if "SENTRY_API_KEY" in use.step.env or any("SENTRY_API_KEY" in r.env for r in use.commands):
        found.append(("SENTRY_API_KEY", "SENTRY_AUTH_TOKEN"))
    return list(dict.fromkeys(found))


def _missing(use: CliUse) -> Finding | None:
    """Return what is wrong with a step that runs a command which sentry-cli does not have, or may not have."""
    for ran in use.commands:
        command = no_command(sentry_words(ran.words))
        if command is None:
            continue
        path, line = place_of(use.step, ran)
        hint = "see `sentry-cli --help`; source maps are uploaded by `sentry-cli sourcemaps upload`"
        if use.version is not None and use.version <= KNOWN:
            message = f"job {use.job.id}: sentry-cli {use.version} has no command `{command}`"
        else:
            message = f"job {use.job.id}: sentry-cli {KNOWN} has no command `{command}`, and which version runs it is not known"
        return Finding(message=message, path=path, line=line, hint=hint)
    return None


def ci_cli_syntax(facts: Facts) -> Sequence[Verdict]:
    """sentry-cli 3 removed commands that older guides still show: the step fails, and with it the release.

    A command that no version has fails as well.

    To fix: `sourcemaps upload` for `releases files`, SENTRY_AUTH_TOKEN for an API key, or pin sentry-cli 2.
    """
    findings: list[Finding] = []
    uncertainties: list[Finding] = []
    evidence: list[Evidence] = []
    uses = cli_uses(facts)
    for use in uses:
        old = use.version is not None and use.version < Version("3")
        problems = _removed(use)
        missing = _missing(use)
        if missing is not None:
            (findings if use.version is not None and use.version <= KNOWN else uncertainties).append(missing)
            continue
        if problems and not old:
            which = f"sentry-cli {use.version}" if use.version else "sentry-cli 3, which is installed unpinned,"
            findings += [
                Finding(
                    message=f"job {use.job.id}: {name} was removed from {which}",
                    path=use.place[0],
                    line=use.place[1],
                    hint=f"use {instead}",
                )
                for name, instead in problems
            ]
        else:
            evidence.append(in_repository(f"job {use.job.id} runs commands that sentry-cli has", *use.place))
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence)
    if decided is not None:
        return [decided]
    if evidence:
        return [passed(*evidence)]
    return [unparsed_workflow_verdict(facts) or not_applicable("CI runs no sentry-cli")]


def ci_cli_pinned(facts: Facts) -> Sequence[Verdict]:
    """An unpinned tool runs whatever its publisher serves that day, with your token in its environment.

    To fix: `pip install sentry-cli==3.8.2`, or `SENTRY_CLI_VERSION=3.8.2` before the install script.
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    uncertainty: CliUse | None = None
    for use in cli_uses(facts):
        if use.pinned:
            evidence.append(in_repository(f"{use.source} installs sentry-cli {use.version}", *use.place))
        elif use.source:
            message = f"job {use.job.id} installs the newest sentry-cli from {use.source}"
            findings.append(Finding(message=message, path=use.place[0], line=use.place[1], hint="name a version"))
        else:
            uncertainty = uncertainty or use
    if findings:
        return [failed(*findings, evidence=evidence)]
    if uncertainty is not None:
        return [
            unknown(
                f"where job {uncertainty.job.id} gets sentry-cli from cannot be determined",
                path=uncertainty.place[0],
                line=uncertainty.place[1],
                hint="install it in the job, by version",
            )
        ]
    if evidence:
        return [passed(*evidence)]
    return [unparsed_workflow_verdict(facts) or not_applicable("CI runs no sentry-cli")]


def ci_action_pinned(facts: Facts) -> Sequence[Verdict]:
    """A branch can change without notice, and old majors of the release action run on a Node version that GitHub has dropped.

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
                number = ref.removeprefix("v").partition(".")[0]
                major = int(number) if number.isdecimal() and len(ref) < 40 else None
                if not ref or ref in ("master", "main", "latest"):
                    problem = f"the action follows the branch `{ref or 'master'}`"
                elif major is not None and major < 3:
                    problem = f"the action's version {ref} is outdated"
                elif major is None and not (len(ref) == 40 and set(ref) <= set("0123456789abcdef")):
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
    return [unparsed_workflow_verdict(facts) or not_applicable("CI does not use getsentry/action-release")]
