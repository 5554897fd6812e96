"""Jobs whose builds nobody gets: those that every push starts to run the tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from checks.parsers import yaml as y

if TYPE_CHECKING:
    from checks.ci.model import Workflow
    from checks.repository.commands import Ran

_TESTS = frozenset({"pytest", "py.test", "playwright", "cypress", "vitest", "jest", "tox", "nox"})


def tests_every_branch(workflow: Workflow, run: Sequence[Ran]) -> bool:
    """Return whether pushes of every branch start a job, and one of the commands that it runs tests the code."""
    push = y.get(workflow.node, "on", "push")
    limits = ("branches", "branches-ignore", "tags", "tags-ignore")
    unlimited = "push" in workflow.triggers and all(y.get(push, k) is None for k in limits)
    return unlimited and any(_tests(r) for r in run)


def _tests(ran: Ran) -> bool:
    words = [w.rpartition("/")[2] for w in ran.words[:4] if not w.startswith("-")]
    return ran.runs is not False and (bool(_TESTS & set(words[:1])) or ("manage.py" in words and "test" in words))
