"""Which environment a job deploys to: asked of its names, of what its deploying steps are given, and of its branches, in this order.

Production is what is left where nothing names an environment. A job of development or of tests, or one whose environment has a
name that nobody knows here, is no job of production: its release is a person's decision.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from msgspec import Struct

from checks.ci.commands import step_commands
from checks.ci.deploying import Deploying, step_deploys
from checks.ci.model import Job, Step, Workflow
from checks.ci.programs import State, command_state, words_of
from checks.parsers import yaml as y
from checks.parsers.github_expression import dotted, in_text, walk
from checks.parsers.text import ParseError
from checks.repository.deployment import environment_of
from checks.repository.facts import Facts

_PRODUCTION = frozenset({"main", "master", "prod", "production", "live", "trunk"})
_BRANCHES_OF_DEVELOPMENT = frozenset({"dev", "develop", "development"})
_DEVELOPMENT = {
    **dict.fromkeys(("dev", "devel", "develop", "development"), "development"),
    **{word: word for word in ("sandbox", "demo", "preview", "qa")},
}
"""Words of names that mean an environment which is no production, with its usual name."""
_TESTS = frozenset({"test", "tests", "testing", "tst"})
_BEFORE_TESTS = frozenset({"deploy", "deploys", "deployment", "on", "to", "in", "into"})
"""Words before `test` that make it the place which is deployed to: a job may test and deploy."""
_GIVEN = frozenset(
    {"environment", "environment_name", "env", "env_name", "stage", "space", "cf_space", "deploy_env"}
    | {"deploy_environment", "deployment_environment", "target_environment"}
)
"""Inputs and variables of a deploying step that carry the environment's name."""


_NOT_WHOLE = "only its run knows the whole name"


class Deployed(Struct, frozen=True):
    """The environment that a job deploys to, `told` where a person has to decide about its releases, with what names it.

    `guessed`: nothing of the job itself names it.
    """

    environment: str
    told: str = ""
    guessed: bool = False


def deployed_environment(facts: Facts, flow: Workflow, job: Job, what: Deploying) -> Deployed:
    """Return the environment that a job deploys to, as far as its own, names, inputs and branches tell it."""
    if job.environment:
        literal = "$" not in job.environment
        return written_environment(job.environment) if literal else Deployed(job.environment, _NOT_WHOLE)
    stem = flow.path.rpartition("/")[2].rpartition(".")[0]
    own = _named((job.id, job.name or ""), "its name")
    if own is not None:
        return own
    given = _given(facts, job)
    if given is not None:
        return given
    around = _named((stem, y.scalar(y.get(flow.node, "name")) or ""), "its workflow's name")
    if around is not None:
        return around
    if environment_of(flow.path) != "production":
        return Deployed(environment_of(flow.path), guessed=True)
    branches = y.strings(y.get(flow.node, "on", "push", "branches"))
    texts = [t for c in (job.condition, what.condition) if c for t in c.split("'")[1::2]] or branches
    words = {w for t in texts for w in words_of(t)}
    if words & _BRANCHES_OF_DEVELOPMENT and not words & _PRODUCTION:
        return Deployed("development", guessed=True)
    return Deployed("production" if words & _PRODUCTION else environment_of(*texts), guessed=True)


def of_one_file(jobs: list[tuple[Job, Deployed]]) -> list[tuple[Job, Deployed]]:
    """Return the deploying jobs of one workflow: where one names an environment that a person decides about, it is the others' too.

    What only builds before a deployment to the same environment is no deployment of its own.
    """
    told = next(((job, at) for job, at in jobs if at.told and not at.guessed), None)
    if told is not None and not any(at.environment == "production" and not at.guessed for _, at in jobs):
        why = f"job {told[0].id} of the same file does"
        jobs = [(j, Deployed(told[1].environment, why) if at.guessed and not at.told else at) for j, at in jobs]
    return [(j, at) for j, at in jobs if not any(at.environment == o.environment and j.id in k.needs for k, o in jobs)]


def written_environment(name: str) -> Deployed:
    """Return the environment that a job, or what it calls, writes down: one of development or of tests is told there too."""
    known = _named((name,), "its `environment`") if "$" not in name else None
    return Deployed(name, known.told if known is not None and known.environment in ("development", "test") else "")


def _named(names: tuple[str, ...], what: str) -> Deployed | None:
    """Return the environment that names say; None where they say none, or more than one."""
    words = [w for n in names for w in _words(n)]
    production = bool({"prod", "production", "live"} & set(words))
    other = next((_DEVELOPMENT[w] for w in words if w in _DEVELOPMENT), None) or to_tests(names)
    if production:
        return None if other else Deployed("production")
    if other is not None:
        return Deployed(other, f"{what} says so")
    staging = environment_of(*names)
    return Deployed(staging) if staging != "production" else None


def to_tests(names: tuple[str, ...]) -> str | None:
    """Return `test` where a name says that something is deployed to it."""
    for name in names:
        words = ["", *_words(name)]
        if any(w in _TESTS and before in _BEFORE_TESTS for before, w in itertools.pairwise(words)):
            return "test"
    return None


def _words(name: str) -> list[str]:
    """Return the words of a name; what joins two things (`deploy & test`) is a word too."""
    for sign in "&+,/":
        name = name.replace(sign, " and ")
    return words_of(name)


def _given(facts: Facts, job: Job) -> Deployed | None:
    """Return the environment that inputs, variables or words of the deploying steps name."""
    for step in (s for s in job.steps if s.runs is not False and step_deploys(facts, job, s)):
        for name, value in _values(step):
            found = _of_value(name, value.strip())
            if found is not None:
                return found
        for words in _deploying_words(facts, step):
            found = _named(words, f"`{' '.join(words)[:60]}`")
            if found is not None:
                return found
        for name in _variables(step):
            found = _of_variable(name)
            if found is not None:
                return found
    return None


_BEFORE_PRODUCTION = frozenset({"preprod", "preproduction", "staging", "stage", "stg", "uat"})


def _of_variable(name: str) -> Deployed | None:
    """Return the environment in the name of a variable or a secret (`ARGOCD_PREPROD_URL`); production and none say nothing."""
    words = words_of(name.replace("_", "-"))
    known = next((w for w in words if w in _BEFORE_PRODUCTION), None) or next(
        (_DEVELOPMENT[w] for w in words if w in _DEVELOPMENT), None
    )
    return Deployed(known, f"`{name}` says so") if known is not None else None


def _variables(step: Step) -> Iterator[str]:
    """Return the names of the variables and secrets that a step is handed."""
    for value in [*step.inputs.values(), *step.env.values()]:
        try:
            paths = [dotted(node) for expression in in_text(value) for node in walk(expression)]
        except ParseError:
            continue
        yield from (p[1].upper() for p in paths if len(p) == 2 and p[0] in ("vars", "secrets"))


def _values(step: Step) -> Iterator[tuple[str, str]]:
    """Return the inputs and variables of a step that carry an environment's name."""
    for name, value in [*step.inputs.items(), *step.env.items()]:
        if name.lower().replace("-", "_") in _GIVEN:
            inner = value.strip().removeprefix("${{").removesuffix("}}").strip()
            yield name, step.given.get(inner.removeprefix("inputs."), value) if inner != value.strip() else value


def _of_value(name: str, value: str) -> Deployed | None:
    if "$" in value:
        return Deployed(value, f"only its run knows `{name}: {value[:80]}`")
    if not value or not value.replace("-", "").replace("_", "").isalnum():
        return None  # a list of variables, or a path
    known = _named((value,), f"`{name}: {value}`")
    if known is not None:
        return Deployed(value, known.told) if known.told else known
    return Deployed(value, f"`{name}: {value}` names it")


def _deploying_words(facts: Facts, step: Step) -> Iterator[tuple[str, ...]]:
    """Return the words of each deploying command that may name an environment: no hosts, no devices, no scripts."""
    for ran in step_commands(facts, step) if not step.uses else ():
        if ran.runs is False or command_state(ran.words) is not State.DEPLOYS:
            continue  # a script that is followed may say `dev` where it is called
        plain = [w.partition("=")[2] if w.startswith("-") else w for w in ran.words[1:]]
        yield tuple(w for w in plain if w and not any(c in w for c in (" ", "\n", "@", "://", "/dev/", ".dev", "$")))
