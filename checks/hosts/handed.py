"""Variables that a CI job hands to a host: `fly secrets set`, `gcloud run deploy --set-secrets`, `heroku config:set`.

Sources: https://fly.io/docs/apps/secrets/, https://cloud.google.com/sdk/gcloud/reference/run/deploy,
https://devcenter.heroku.com/articles/config-vars, https://docs.railway.com/guides/cli,
https://kubernetes.io/docs/reference/kubectl/generated/kubectl_set/kubectl_set_env/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from checks.ci.commands import step_commands
from checks.ci.model import Step
from checks.patterns import lazy_pattern
from checks.repository.deployment import Declared, Deployment, environment_of
from checks.repository.facts import Facts

_BY_WORDS = {
    ("fly", "secrets", "set"): "fly",
    ("flyctl", "secrets", "set"): "fly",
    ("fly", "secrets", "import"): "fly",
    ("heroku", "config:set"): "heroku",
    ("heroku", "config:add"): "heroku",
    ("railway", "variables"): "railway",
    ("clever", "env", "set"): "clever cloud",
    ("cf", "set-env"): "cloud foundry",
    ("cf7", "set-env"): "cloud foundry",
    ("cf8", "set-env"): "cloud foundry",
    ("vercel", "env", "add"): "vercel",
    ("eb", "setenv"): "elastic beanstalk",
    ("kubectl", "set", "env"): "kubernetes",
}
_POSITIONAL = {
    ("clever", "env", "set"): 0,
    ("cf", "set-env"): 1,
    ("cf7", "set-env"): 1,
    ("cf8", "set-env"): 1,
    ("vercel", "env", "add"): 0,
}
"""Commands that name a variable and its value as words of their own, and which of their words names it.

https://www.clever.cloud/developers/doc/cli/applications/configuration/, https://cli.cloudfoundry.org/en-US/v8/set-env.html,
https://vercel.com/docs/cli/env (the value comes on its input)
"""
_RUN_FLAGS = ("--set-secrets", "--update-secrets", "--set-env-vars", "--update-env-vars")
_ACTION_INPUTS = {
    "google-github-actions/deploy-cloudrun": ("cloud run", ("env_vars", "secrets")),
    "aws-actions/amazon-ecs-render-task-definition": ("ecs", ("environment-variables", "secrets")),
    "akhileshns/heroku-deploy": ("heroku", ()),
}
_NAME = lazy_pattern(r"^[A-Za-z_][A-Za-z0-9_]*$")


class Handed(Struct, frozen=True, kw_only=True):
    """What one command hands on: the host, the service where it is named, the variables, and who serves."""

    host: str
    service: str | None
    variables: dict[str, Declared]
    deploys: bool
    path: str
    line: int


def handed_in(facts: Facts) -> list[Handed]:
    """Return what the jobs that run when code is deployed hand to hosts; what only may run promises nothing."""
    found: list[Handed] = []
    for workflow in facts.workflows:
        if workflow.only_pull_requests:
            continue
        for job in workflow.jobs:
            for step in job.steps:
                if workflow.ci.runs(workflow, job, step)[0] is True and step.runs is True:
                    found += _of_step(facts, step)
    return found


def _of_step(facts: Facts, step: Step) -> Iterator[Handed]:
    if step.uses:
        host, inputs = _ACTION_INPUTS.get(step.uses.partition("@")[0], ("", ()))
        variables = {
            k: replace(v, value=None) if i == "secrets" else v
            for i in inputs
            for k, v in _lines(step.inputs.get(i, ""), step).items()
        }
        if host and variables:
            service = step.inputs.get("service")
            deploys = host == "cloud run"
            yield Handed(
                host=host, service=service, variables=variables, deploys=deploys, path=step.path, line=step.line
            )
    for ran in step_commands(facts, step):
        found = _of_command(list(ran.words), step) if ran.runs is True else None
        if found is not None:
            yield found


def _of_command(words: list[str], step: Step) -> Handed | None:
    for prefix, host in _BY_WORDS.items():
        if tuple(words[: len(prefix)]) == prefix:
            rest = words[len(prefix) :]
            return Handed(
                host=host,
                service=_flag(rest, "-a", "--app"),
                variables=_positional(prefix, rest, step) or _assignments(rest, step),
                deploys=False,
                path=step.path,
                line=step.line,
            )
    if words[0] == "gcloud" and "run" in words[:3] and {"deploy", "update"} & set(words[:5]):
        variables: dict[str, Declared] = {}
        for at, word in enumerate(words):
            flag, equals, value = word.partition("=")
            if flag in _RUN_FLAGS:
                text = value if equals else words[at + 1] if at + 1 < len(words) else ""
                secret = flag.endswith("secrets")
                variables |= _pairs(text, step, secret=secret)
        verb = next(i for i, w in enumerate(words) if w in ("deploy", "update"))
        service = next((w for w in words[verb + 1 : verb + 2] if not w.startswith("-")), None)
        return Handed(
            host="cloud run", service=service, variables=variables, deploys=True, path=step.path, line=step.line
        )
    return None


def _positional(prefix: tuple[str, ...], rest: list[str], step: Step) -> dict[str, Declared]:
    """Return the variable of a command that names it and its value as words of their own."""
    plain = [w for w in rest if not w.startswith("-")]
    at = _POSITIONAL.get(prefix)
    if at is None or len(plain) <= at or not _NAME.match(plain[at]):
        return {}
    value = plain[at + 1] if len(plain) > at + 1 and prefix[0] != "vercel" else None
    literal = None if value is None or "$" in value else value
    return {plain[at]: Declared(value=literal, path=step.path, line=step.line)}


def _pairs(text: str, step: Step, *, secret: bool) -> dict[str, Declared]:
    """Split `A=1,B=2`; another delimiter is written in front (`^@^A=1@B=2`)."""
    delimiter = ","
    custom = re.match(r"\^(.+?)\^", text)
    if custom:
        delimiter, text = custom.group(1), text[custom.end() :]
    found = _assignments(text.split(delimiter), step)
    return {n: Declared(value=None, path=d.path, line=d.line) for n, d in found.items()} if secret else found


def _assignments(words: list[str], step: Step) -> dict[str, Declared]:
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals and _NAME.match(name):
            found[name] = Declared(value=None if "$" in value else value, path=step.path, line=step.line)
    return found


def _lines(text: str, step: Step) -> dict[str, Declared]:
    return _assignments([w for line in text.splitlines() for w in line.strip().split(",")], step)


def _flag(words: list[str], *names: str) -> str | None:
    for at, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in names:
            return value if equals else words[at + 1] if at + 1 < len(words) else None
    return None


def _is_for(item: Handed, deployment: Deployment) -> bool:
    """Return whether a command is about a deployment; one that its file gives no name is told by the environment alone."""
    if item.service is None or item.service == deployment.name:
        return True
    unnamed = deployment.name == deployment.host
    return unnamed and "$" not in item.service and environment_of(item.service) == deployment.environment


def with_handed(facts: Facts, deployments: list[Deployment]) -> Iterator[Deployment]:
    """Yield the deployments with what CI hands to their host, and those that a command itself makes."""
    handed = handed_in(facts)
    for deployment in deployments:
        extra: dict[str, Declared] = {}
        for item in handed:
            if item.host == deployment.host and _is_for(item, deployment):
                extra |= item.variables
        yield replace(deployment, variables=deployment.variables | extra) if extra else deployment
    made: dict[str, dict[str, Declared]] = {}
    places: dict[str, Handed] = {}
    for item in handed:
        known = any(d.host == item.host and item.service in (None, d.name) for d in deployments)
        if item.deploys and not known:
            name = item.service or item.host
            made[name] = made.get(name, {}) | item.variables
            places.setdefault(name, item)
    for name, item in places.items():
        yield Deployment(
            name=name,
            host=item.host,
            environment=environment_of(name),
            path=item.path,
            line=item.line,
            root=None,
            serves="backend",
            variables=made[name],
            closed=False,
            elsewhere="earlier revisions of the service",
        )
