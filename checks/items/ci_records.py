"""What a release step of CI tells Sentry beside the release: the deploy with its environment, and the commits."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from checks.ci.commands import job_commands
from checks.frontends.vite_plugin import effective_plugin
from checks.model import (
    Evidence,
    Finding,
    Verdict,
    failed,
    in_repository,
    passed,
    unknown,
)
from checks.parsers.command_words import arguments
from checks.parsers.github_evaluation import with_variables
from checks.repository.commands import Ran
from checks.repository.facts import Facts
from checks.repository.release_kinds import VERSION
from checks.repository.release_steps import ReleaseStep, find_release_steps, of_browser, release_flags, sentry_words
from checks.repository.release_text import agree, shell_parts
from checks.repository.release_version import release_version, version_named
from checks.targets.applicability import no_release_steps
from checks.targets.production_environment import production_environments


def _in_job(facts: Facts, found: ReleaseStep) -> list[Ran]:
    """Return the commands of a release's job that run, or may, when code is deployed."""
    return [r for _, r in job_commands(facts, found.workflow, found.job) if r.runs is not False]


def deploy_recorded(facts: Facts) -> Sequence[Verdict]:
    """A recorded deploy shows which environment runs which release, and emails the authors of the deployed commits.

    To fix: `sentry-cli deploys new --release "$SENTRY_RELEASE" -e production` after the deploy, or the action's `environment`.
    """
    steps = find_release_steps(facts)
    told = Told()
    environments: list[tuple[str, ReleaseStep]] = []
    for found in (s for s in steps if s.problem is None):
        if found.kind == "action":
            environment = found.step.inputs.get("environment")
            if environment:
                fact = f"the action records the deploy to {environment}"
                told.evidence.append(in_repository(fact, found.path, found.line))
                environments.append((environment, found))
        else:
            ran = _judge_record(facts, found, told)
            environments += [(_environment(ran), found)] if ran is not None else []
    _judge_environments(facts, environments, told)
    for frontend in facts.frontends:
        plugin = effective_plugin(facts, frontend)
        if plugin is None or plugin.problem is not None or plugin.records_deploy is False:
            continue
        if plugin.records_deploy and plugin.uncertainty is None:
            told.evidence.append(in_repository("the plugin records the deploy", plugin.path, plugin.line))
        else:
            message = "whether `release.deploy` of the plugin records the deploy cannot be determined"
            hint = "write its value in the call of the plugin"
            told.uncertainties.append(Finding(message=message, path=plugin.path, line=plugin.line, hint=hint))
    verdict = told.verdict()
    if verdict is not None or not steps:
        return [verdict or no_release_steps(facts)]
    first = steps[0]
    message = f"job {first.job.id} creates a release and records no deploy"
    return [failed(Finding(message=message, path=first.path, line=first.line, hint="add `sentry-cli deploys new`"))]


class Told(Struct):
    """What release steps say of one thing, collected: what is done, what is wrong, what cannot be determined."""

    evidence: list[Evidence] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    uncertainties: list[Finding] = field(default_factory=list)

    def verdict(self) -> Verdict | None:
        """Return what follows: something wrong fails, something done passes; None where nothing was said."""
        if self.findings:
            return failed(*self.findings, evidence=self.evidence)
        if self.evidence:
            return passed(*self.evidence)
        first = self.uncertainties[0] if self.uncertainties else None
        return unknown(first.message, path=first.path, line=first.line, hint=first.hint) if first else None

    def depends(self, found: ReleaseStep, does: str, ran: Ran) -> None:
        """Note that a job may do something: what a command is behind decides."""
        message = f"whether job {found.job.id} {does} cannot be determined: `{ran.why}` decides"
        hint = "run it in every deploy"
        self.uncertainties.append(Finding(message=message, path=found.path, line=found.line, hint=hint))


def _judge_record(facts: Facts, found: ReleaseStep, told: Told) -> Ran | None:
    """Judge the commands of a release's job that record its deploy; return the one that does."""
    recording = [r for r in _in_job(facts, found) if _records(r)]
    ran = next((r for r in recording if r.runs), None)
    if ran is None:
        if recording:
            told.depends(found, "records the deploy", recording[0])
        return None
    created, deployed = release_version(facts, found), version_named(facts, found, ran) or ""
    parts = shell_parts(created), shell_parts(deployed)
    if not deployed or created == deployed or agree(*parts) is not False:
        told.evidence.append(in_repository(f"job {found.job.id} records the deploy", found.path, found.line))
        return ran
    message = f"job {found.job.id} creates the release `{created}`, and records the deploy of `{deployed}`"
    # What a variable of one's own holds is only guessed by its name.
    sure = not any(p.kind == VERSION for p in (*parts[0], *parts[1]))
    if not sure:
        message = f"{message}: whether these are the same cannot be determined"
    hint = "name the same release in both commands"
    (told.findings if sure else told.uncertainties).append(
        Finding(message=message, path=found.path, line=found.line, hint=hint)
    )
    return None


def _environment(ran: Ran) -> str:
    """Return the environment that a command records a deploy to, "" where it is not seen."""
    plain, flags = arguments(ran.words, release_flags())
    given = [*flags.get("-e", []), *flags.get("--env", []), *(plain[3:4] if ran.words[0] == "sentry" else [])]
    return with_variables(given[0], ran.env) if given else ""


def _judge_environments(facts: Facts, recorded: list[tuple[str, ReleaseStep]], told: Told) -> None:
    """Note where no deploy is recorded under the name that production reports to Sentry."""
    names = production_environments(facts) if facts.backends else None
    of_backends = [(name, s) for name, s in recorded if not any(of_browser(p) for p in s.projects or ())]
    if not names or not of_backends or any(not n or "$" in n or n in names for n, _ in of_backends):
        return
    name, found = of_backends[0]
    real = sorted(names)[0]
    message = f"CI records deploys to `{name}`, and production reports the environment `{real}`"
    told.findings.append(
        Finding(message=message, path=found.path, line=found.line, hint=f"record the deploy to `{real}`")
    )


def _records(ran: Ran) -> bool:
    """Return whether a command records a deploy: `deploys new`, `releases deploys X new`, `sentry release deploy`."""
    plain = sentry_words(ran.words)
    if ran.words[0] == "sentry":
        return plain[:2] == ["release", "deploy"]
    return "deploys" in plain[:2] and "new" in plain


def commits_associated(facts: Facts) -> Sequence[Verdict]:
    """A release with its commits shows the change and the person behind a new issue.

    To fix: `sentry-cli releases set-commits --auto "$SENTRY_RELEASE"`, with the repository linked in Sentry.
    """
    steps = find_release_steps(facts)
    told = Told()
    for found in (s for s in steps if s.problem is None):
        if found.kind == "action":
            if found.step.inputs.get("set_commits", "auto") != "skip":
                told.evidence.append(in_repository("the action sends the commits", found.path, found.line))
            continue
        sending = [r for r in _in_job(facts, found) if "set-commits" in sentry_words(r.words)[:2]]
        if any(r.runs for r in sending):
            told.evidence.append(in_repository(f"job {found.job.id} sends the commits", found.path, found.line))
        elif sending:
            told.depends(found, "sends the commits", sending[0])
    verdict = told.verdict()
    if verdict is not None or not steps:
        return [verdict or no_release_steps(facts)]
    first = steps[0]
    message = f"job {first.job.id} creates a release without its commits"
    return [failed(Finding(message=message, path=first.path, line=first.line, hint="add `set-commits --auto`"))]
