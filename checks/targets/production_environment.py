"""What the repository calls its production environment: the names under which its events, alerts and deploys are filed."""

from __future__ import annotations

import re

from checks.model import Evidence, in_repository
from checks.patterns import lazy_pattern
from checks.production.origins import EnvRead, Literal
from checks.repository.facts import Facts
from checks.repository.release_steps import find_release_steps
from checks.targets.applicability import InitializedBackend, require_initialized

PRODUCTION_WORD = lazy_pattern(r"^(prod|production|live|prd)$", re.IGNORECASE)


def production_names(facts: Facts, found: InitializedBackend) -> dict[str, Evidence]:
    """Return the spellings of production in use, each with its first place."""
    names: dict[str, Evidence] = {}

    def add(name: str | None, path: str, line: int) -> None:
        if name and PRODUCTION_WORD.match(name):
            names.setdefault(name, in_repository(f"environment `{name}`", path, line))

    variables = {"SENTRY_ENVIRONMENT"}
    for option in found.options("environment"):
        if isinstance(option.value, Literal):
            add(str(option.value.value), option.path, option.line)
        elif isinstance(option.value, EnvRead):
            variables.add(option.value.name)
            add(option.value.default, option.path, option.line)
    for deployment in facts.deployments:
        for variable in (*variables, "VITE_SENTRY_ENVIRONMENT"):
            declared = deployment.variables.get(variable)
            if declared is not None:
                add(declared.value, declared.path, declared.line)
    for step in find_release_steps(facts):
        # The environment of a GitHub job is a name of GitHub's; only what the step passes to Sentry counts.
        if step.environment != step.job.environment:
            add(step.environment, step.path, step.line)
    return names


def production_environments(facts: Facts) -> frozenset[str] | None:
    """Return the names of production; None where it has one that no file here tells.

    A configured `environment` counts first; an SDK that is given none says `production`
    (https://docs.sentry.io/platforms/python/configuration/environments/). Sentry tells upper from lower case in them.
    """
    configured = facts.config.answers.get("environment")
    if configured:
        return frozenset({configured})
    return facts.memoize(production_environments, "", lambda: _production_environments(facts))


def _production_environments(facts: Facts) -> frozenset[str] | None:
    names: set[str] = set()
    told = True
    for backend in facts.backends:
        found = require_initialized(facts, backend)
        if not isinstance(found, InitializedBackend):
            continue
        names |= set(production_names(facts, found))
        option = found.option("environment")
        if option is None:
            continue
        if isinstance(option.value, Literal) and isinstance(option.value.value, str) and option.value.value:
            names.add(option.value.value)
            continue
        variables = [option.value.name] if isinstance(option.value, EnvRead) else []
        declared = [
            d.variables[v]
            for d in facts.deployments
            if d.environment == "production"
            for v in variables
            if v in d.variables
        ]
        names |= {d.value for d in declared if d.value}
        told = False
    return frozenset(names) if names else frozenset({"production"}) if told else None


def is_production(name: str | None, names: frozenset[str] | None) -> bool | None:
    """Return whether an environment is production by the repository's names, no name being every environment; None: not known."""
    if not name:
        return True
    if names is not None:
        return name in names
    return True if name == "production" else None if PRODUCTION_WORD.match(name) else False
