"""The providers of CI, one file each: a new one is added to the list here, and nothing else compares its name."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from checks.ci.model import Provider, Workflow
from checks.repository.facts import Facts

_MODULES = (
    "github",
    "gitlab",
    "bitbucket",
    "circleci",
    "azure",
    "drone",
    "woodpecker",
    "buildkite",
    "travis",
    "jenkins",
    "google_cloud_build",
    "aws_codebuild",
    "heroku",
    "semaphore",
)


@cache
def providers() -> tuple[Provider, ...]:
    """Return every provider, in the order in which their files are read."""
    return tuple(import_module(f"checks.ci.providers.{name}").PROVIDER for name in _MODULES)


def provider(name: str) -> Provider:
    """Return a provider by its name. Raises `KeyError` for one that does not exist."""
    return next(p for p in providers() if p.name == name)


def find_workflows(facts: Facts) -> tuple[Workflow, ...]:
    """Read every CI file of the repository, in the order of their paths."""
    found = []
    for path in facts.configuration:
        one = next((p for p in providers() if p.matches(path)), None)
        if one is not None:
            found.append(one.read(facts, path))
    return tuple(found)
