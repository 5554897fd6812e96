"""What a person gives Compose where it builds an image: the variables, and the steps of CI that start such a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.ci.commands import step_commands
from checks.ci.compose_up import builds_with
from checks.ci.deploying import deploying
from checks.hosts.development_images import in_development
from checks.hosts.image_builds import all_builds
from checks.repository.facts import Facts, join
from setup_wizard.editors.workflow import RELEASE
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.wanted import Wanted

_FOUND = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""The files that Compose takes where a command names none (https://docs.docker.com/compose/intro/compose-application-model/)."""


def for_compose(
    facts: Facts, path: str, names: Sequence[str], values: Mapping[str, str], about: str = ""
) -> ManualTask:
    """Return the task to set the variables that a compose file hands to a build, in the step of CI that starts it where one does."""
    steps = _steps(facts, path)
    reason = "compose takes them from its own environment, or from the .env beside it"
    if not steps:
        title = f"set {' and '.join(names)} where {path} builds the image"
        return ManualTask(title=title, reason=reason, path=path, about=about)
    rows = ["env:", *(f"  {n}: {values[n]}" for n in names if n in values)]
    where = " and ".join(dict.fromkeys(f"{file}:{line}" for file, line in steps))
    return ManualTask(
        title=f"set {' and '.join(names)} where {path} builds the image: in {where}",
        reason=reason,
        place=f"{steps[0][0]}:{steps[0][1]}",
        path=path,
        snippet="\n".join(rows),
        about=about,
    )


def values_of(wanted: Wanted) -> dict[str, str]:
    """Return the values that a workflow of GitHub gives the variables, its secret for the token."""
    return {**wanted.arguments, **({wanted.token: wanted.secret} if wanted.token else {})}


def left_to_compose(facts: Facts) -> list[ManualTask]:
    """Return the tasks for compose files that hand Sentry's variables to a build: nothing in a repository shows their values."""
    found: dict[str, dict[str, str]] = {}
    for build in all_builds(facts):
        if build.kind != "compose" or in_development(facts, build):
            continue
        asked = {a: v for a, v in build.arguments.items() if v is not None and v.startswith((f"${{{a}", f"${a}"))}
        own = {a: _VALUES.get(a, f"${{{{ vars.{a} }}}}") for a in asked if "SENTRY" in a}
        if own and build.secrets:
            own |= {"SENTRY_AUTH_TOKEN": _VALUES["SENTRY_AUTH_TOKEN"]}
        if own:
            found[build.path] = found.get(build.path, {}) | own
    return [for_compose(facts, path, list(values), values) for path, values in found.items()]


_VALUES = {"SENTRY_RELEASE": RELEASE, "SENTRY_AUTH_TOKEN": "${{ secrets.SENTRY_AUTH_TOKEN }}"}


def _steps(facts: Facts, path: str) -> list[tuple[str, int]]:
    """Return the steps of CI that build from a compose file, in jobs that deploy."""
    jobs = [(f, j) for f in facts.workflows if f.ci.hands_secrets for j in f.jobs if deploying(facts, f, j).deploys]
    found: dict[tuple[str, int], None] = {}
    for step in (s for _, job in jobs for s in job.steps if not s.uses):
        for ran in step_commands(facts, step):
            files = builds_with(ran) if ran.runs is not False else None
            if files is not None and path in {join(ran.folder, f) for f in files or _FOUND}:
                found[step.path, step.line] = None
    return list(found)
