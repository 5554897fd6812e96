"""A command of CI that two steps add to is told once at the end, with what both want: a person edits one place once."""

from __future__ import annotations

import getpass
import subprocess

import pytest
from msgspec.structs import replace

from setup_wizard.cli import main
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import make_app
from setup_wizard.ui.leaving import tasks_of
from setup_wizard.ui.screens.finish import FinishScreen
from tests.setup_wizard.test_image_hosts import FLOW, step
from tests.setup_wizard.test_images_step import FILES
from tests.support.ui import decided, on, until

NAMES = ["source-maps", "frontend-sdk"]
WHOLE = (
    'docker build --build-arg SENTRY_RELEASE="$SENTRY_RELEASE" --build-arg VITE_SENTRY_DSN="$VITE_SENTRY_DSN"'
    " --secret id=sentry_auth_token,env=SENTRY_AUTH_TOKEN --build-arg VERSION=1 ."
)
TITLE = f"edit {FLOW}:9"


@pytest.fixture
def repository(tmp_path):
    for name, text in {**FILES, FLOW: step("docker build --build-arg VERSION=1 .")}.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=tmp_path / "shop", check=True)
    return tmp_path / "shop"


def test_the_prompts_end_with_the_whole_command(repository, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda prompt="": "y" if "(y/n)" in prompt else "")
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": "")
    given = ["--set", "sentry.org=acme", "--set", "frontend.project=shop"]
    main(["apply", *NAMES, "--interactive", "--offline", "--no-install", "--repo", str(repository), *given])
    before, _, end = capsys.readouterr().out.partition("== Done\n")
    assert before.count(TITLE) == 2 and WHOLE not in before
    assert end.count(TITLE) == 1 and f"     {WHOLE}\n" in end


async def test_the_finish_has_the_whole_command_once(repository):
    session = Session(repository, {"sentry.org": "acme", "frontend.project": "shop"}, environ={}, install=False)
    plans = {name: await session.plan(*find_steps([name])) for name in NAMES}
    app = make_app(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        app.show(replace(app.wizard, unchanged={name: plan.manual for name, plan in plans.items()}))
        assert [t.task.title for t in tasks_of(app.wizard)].count(TITLE) == 2
        app.action_finish()
        await until(pilot, on(app, FinishScreen))
        whole = [t.task for t in tasks_of(app.wizard) if t.task.title == TITLE]
        assert len(whole) == 1 and whole[0].snippet.startswith(WHOLE)
        assert [t.task_ for t in app.screen.query("Task") if t.task_.title == TITLE] == whole
