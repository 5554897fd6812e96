"""Every step twice, in every order of pairs, also after a failure in the middle: nothing is written or made a second time."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from setup_wizard.demo import fingerprint, make_sample
from setup_wizard.plan import journal
from setup_wizard.plan.engine import Applied, Engine
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import connect
from setup_wizard.session import Session
from setup_wizard.steps import find_steps

pytestmark = pytest.mark.thorough
ANSWERS = {"sentry.org": "acme", "backend.dsn": "https://k@o1.ingest.sentry.io/1"}
STEPS = ("project", "sdk", "dsn", "source-maps", "frontend-sdk", "release-tracking", "ci-audit")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("pristine"))


async def apply(root: Path, step: str) -> Applied:
    return await Engine(root, ANSWERS, install=False).apply(find_steps([step]))


@pytest.mark.parametrize("first", STEPS)
async def test_each_pair_of_steps_in_both_orders_comes_to_rest(pristine, tmp_path, first):
    for second in STEPS:
        root = tmp_path / second / pristine.name
        shutil.copytree(pristine, root)
        await apply(root, first)
        await apply(root, second)
        once = fingerprint(root)
        for step in (second, first, second):
            again = await apply(root, step)
            assert again.steps[0].outcome == "unchanged" and again.run is None, (first, second, step)
        assert fingerprint(root) == once, (first, second)


async def test_the_order_of_steps_does_not_matter_for_what_stands_in_the_end(pristine, tmp_path):
    ends = []
    for number, order in enumerate((STEPS, tuple(reversed(STEPS)))):
        root = tmp_path / str(number) / pristine.name
        shutil.copytree(pristine, root)
        for _ in range(2):
            for step in order:
                await apply(root, step)
        ends.append(set(fingerprint(root)))
    assert ends[0] == ends[1]


async def test_a_step_that_failed_in_the_middle_is_done_once_by_its_repetition(pristine, tmp_path, monkeypatch):
    root = tmp_path / pristine.name
    shutil.copytree(pristine, root)
    before = fingerprint(root)
    real, calls = journal.write_file, itertools.count()

    def failing(*arguments, **options):
        if next(calls) == 1:
            raise OSError(28, "No space left on device")
        real(*arguments, **options)

    monkeypatch.setattr(journal, "write_file", failing)
    with pytest.raises(Exception, match="every file is as it was before"):
        await apply(root, "frontend-sdk")
    assert fingerprint(root) == before
    assert (await apply(root, "frontend-sdk")).steps[0].outcome == "applied"
    assert (await apply(root, "frontend-sdk")).steps[0].outcome == "unchanged"
    assert (root / "frontend/src/main.tsx").read_text().count("./instrument") == 1


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


@pytest.mark.parametrize("path", ["/projects/", "/workflows/", "/members/"])
async def test_a_call_that_failed_in_the_middle_makes_no_second_thing(pristine, tmp_path, sandbox, path):
    root = tmp_path / pristine.name
    shutil.copytree(pristine, root)
    answers = {"sentry.url": sandbox.public_url, "team.emails": "new@example.com"}
    session = Session(root, answers, environ={}, install=False, poll=0.01)
    session.connection = await connect(sandbox.public_url, sandbox.token, session.facts().config)
    steps = find_steps(["project", "alerts", "team"])
    sandbox.faults.append(Fault(method="POST", path=path, status=500, body="", headers={}, times=1, after=True))
    for _ in range(3):
        await session.engine().apply(steps)
    await session.disconnect()
    assert sorted(sandbox.projects) == ["orchard-backend", "orchard-frontend"]
    made = [w["name"] for w in sandbox.workflows if w["name"].startswith("[sentry-setup]")]
    assert len(made) == len(set(made)) == 2
    assert [m["email"] for m in sandbox.members].count("new@example.com") == 1
