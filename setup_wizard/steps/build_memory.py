"""A build whose memory is limited by hand: it ran out once, and maps take more of it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.repository.builds import Build, deployed, find_builds
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from setup_wizard.plan.model import ManualTask

_FLAGS = ("--max-old-space-size", "--max_old_space_size")
"""How Node is given memory (https://nodejs.org/api/cli.html#--max-old-space-sizesize-in-mib)."""


def memory_task(facts: Facts, frontend: Frontend) -> ManualTask | None:
    """Return what to watch where a deployed build sets the limit of Node's memory: the first place that does."""
    for build in deployed(find_builds(facts, frontend)):
        for path, line, limit in _limits(build):
            return ManualTask(
                title=f"if the build with source maps ends with `JavaScript heap out of memory`, raise {limit} in {path}:{line}",
                path=path,
            )
    return None


def _limits(build: Build) -> Iterator[tuple[str, int, str]]:
    made = build.made
    if made is not None:
        for word in (*made.env.get("NODE_OPTIONS", "").split(), *made.written):
            if word.startswith(_FLAGS):
                yield made.path, made.at, word
    if build.step is not None:
        for word in build.step.env.get("NODE_OPTIONS", "").split():
            if word.startswith(_FLAGS):
                yield build.path, build.line, word
