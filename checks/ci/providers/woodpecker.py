"""Woodpecker CI (https://woodpecker-ci.org/docs/usage/workflow-syntax)."""

from __future__ import annotations

from checks.ci.model import Provider, Workflow
from checks.ci.providers.drone import pipeline, snippet, when
from checks.ci.providers.reading import from_documents
from checks.parsers import yaml as y
from checks.repository.facts import Facts


def read(facts: Facts, path: str) -> Workflow:
    """Read a workflow as one job; every file of `.woodpecker/` is one."""
    name = path.rpartition("/")[2].partition(".")[0] or "pipeline"
    return from_documents(
        facts,
        path,
        "woodpecker",
        lambda document: [pipeline(path, name, document, when(y.get(document, "when"), "when"))],
    )


def _matches(path: str) -> bool:
    if path in (".woodpecker.yml", ".woodpecker.yaml"):
        return True
    return path.startswith(".woodpecker/") and path.endswith((".yml", ".yaml"))


PROVIDER = Provider(
    name="woodpecker",
    title="Woodpecker",
    matches=_matches,
    read=read,
    options="-e",
    commit="$CI_COMMIT_SHA",
    marks=("CI", "CI_"),
    secrets="the repository's Secrets",
    snippet=snippet,
)
