"""Whether a release runs when code is deployed, by the branches of both, and whether its action is given the names it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.ci.commands import step_commands
from checks.ci.deploying import deploying_jobs
from checks.ci.model import Job, Step, Workflow
from checks.parsers import yaml as y
from checks.repository.commands import Ran
from checks.repository.facts import Facts

_ACTION = "getsentry/action-release@"


def runs_apart(facts: Facts, workflow: Workflow, job: Job, step: Step) -> tuple[str, str] | None:
    """Return for what a release runs and for what all that deploys runs, where no run has both."""
    deploying = [(f, j) for f, j, what in deploying_jobs(facts) if what.deploys and not what.weak]
    found = []
    for flow, other in deploying:
        if flow.path == workflow.path:
            apart = None if other is job else workflow.ci.apart(workflow, job, step, other)
        else:
            apart = _by_pushes(workflow, flow)
        if apart is None:
            return None
        found.append(apart)
    if not found:
        return None
    return found[0][0], ", ".join(dict.fromkeys(theirs for _, theirs in found))


def _by_pushes(workflow: Workflow, other: Workflow) -> tuple[str, str] | None:
    """Return the branches that start two workflows where none is in both: pushes to written branches alone have to start them."""
    own, theirs = _pushed_branches(workflow), _pushed_branches(other)
    if own is None or theirs is None or own & theirs:
        return None
    return f"pushes to {', '.join(sorted(own))}", f"pushes to {', '.join(sorted(theirs))}"


def _pushed_branches(workflow: Workflow) -> frozenset[str] | None:
    """Return the branches whose pushes, and nothing else, start a workflow; None where a pattern or another event does too."""
    push = y.get(workflow.node, "on", "push")
    branches = y.strings(y.get(push, "branches"))
    plain = branches and not any(set("*?[+!") & set(b) for b in branches)
    return frozenset(branches) if set(workflow.triggers) == {"push"} and plain and y.get(push, "tags") is None else None


def missing_name(
    facts: Facts, workflow: Workflow, job: Job, step: Step, values: Mapping[str, str], made: Sequence[Ran]
) -> tuple[str, str] | None:
    """Return the variable without which Sentry's action, or `releases new`, ends with an error where nothing sets it, and what asks for it.

    `checkEnvironmentVariables` and `getProjects` in https://github.com/getsentry/action-release/blob/v3/src/options.ts, and
    https://docs.sentry.io/cli/configuration/#configuration-values
    """
    wanted: list[str] = []
    if (step.uses or "").startswith(_ACTION):
        wanted = ["SENTRY_ORG"] if step.inputs.get("projects", "").strip() else ["SENTRY_ORG", "SENTRY_PROJECT"]
    elif workflow.ci.hands_secrets and any(_lacks_project(c) for c in made) and not facts.named(*_FILES):
        wanted = ["SENTRY_PROJECT"]
    what = "the action" if (step.uses or "").startswith(_ACTION) else "the command"
    settings = any(n in values for n in ("SENTRY_PROPERTIES", "SENTRY_CLI_CONFIG"))
    missing = next((n for n in wanted if not settings and not values.get(n) and not _handed_on(facts, job, step)), None)
    return (missing, what) if missing else None


_FILES = (".sentryclirc", "sentry.properties")


def _lacks_project(command: Ran) -> bool:
    named = any(w in ("-p", "--project") or w.startswith(("--project=", "-p")) for w in command.words)
    creates = command.words[0] == "sentry-cli" and {"releases", "new"} <= set(command.words)
    return creates and not command.depth and not named


def _handed_on(facts: Facts, job: Job, step: Step) -> bool:
    """Return whether a step before this one may set a variable of the job."""
    for earlier in job.until(step)[:-1]:
        if any("GITHUB_ENV" in ran.output for ran in step_commands(facts, earlier)):
            return True
        known = (earlier.uses or "actions/").startswith(("actions/", "docker/", "aws-actions/"))
        if "GITHUB_ENV" in (earlier.run or "") or not known:
            return True
    return False
