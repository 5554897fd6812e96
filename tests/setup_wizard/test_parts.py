"""Every part of a step stands for itself: what cannot be done becomes a manual task with the exact text, all else is done."""

from __future__ import annotations

import json

import pytest

from checks.config import load_config
from checks.repository.tree import MemoryTree
from setup_wizard.editors.base import Edited, Refused
from setup_wizard.editors.strict import problem_of
from setup_wizard.headless import applied_text, applied_v1
from setup_wizard.plan.model import ManualTask, StepOutcome
from setup_wizard.plan.one_step import plan_step
from setup_wizard.plan.overlay import Overlay
from setup_wizard.steps import Step
from setup_wizard.steps.context import Context, SentryState, StepRefused
from tests.support.edits import BARE, DSN, READY, VITE, after

WORKER = "  worker:\n    image: shop\n    command: celery -A shop worker\n"
WEB = "services:\n  web:\n    image: shop\n    command: gunicorn shop.wsgi\n"


def test_a_procfile_leaves_the_command_and_the_env_files_are_written(tmp_path):
    procfile = {"Procfile": "web: gunicorn shop.wsgi\n", "README.md": "git push heroku main\n"}
    done = after(tmp_path, READY | procfile, "dsn")
    assert done.steps["dsn"].outcome == "applied" and DSN in done.text(".env")
    assert f"heroku config:set SENTRY_DSN={DSN} SENTRY_ENVIRONMENT=production" in done.left
    told = applied_v1(done.applied)
    assert told["steps"][0]["manual"][0]["path"] == "Procfile" and told["manual"] == told["steps"][0]["manual"]
    assert "2 changes made, 1 task left for you:\n  set SENTRY_DSN on Heroku" in applied_text(done.applied)
    assert json.dumps(told)


def test_a_compose_file_that_is_not_followed_stops_nothing_else(tmp_path):
    loading = {"shop/settings.py": "from dotenv import load_dotenv\n\nload_dotenv()\n" + READY["shop/settings.py"]}
    files = READY | loading | {"compose.prod.yml": "services: {web: {image: shop, command: gunicorn shop.wsgi}}\n"}
    done = after(tmp_path, files, "dsn")
    assert done.steps["dsn"].outcome == "applied" and "SENTRY_DSN=" in done.text(".env.example")
    assert "SENTRY_DSN: ${SENTRY_DSN:-}" in done.left and "compose.prod.yml" in done.left


def test_a_frontend_that_is_not_edited_does_not_stop_another(tmp_path):
    next_js = {
        "site/package.json": '{"scripts": {"build": "next build"}, "dependencies": {"next": "16", "react": "19"}}\n',
        "site/next.config.mjs": "export default {};\n",
    }
    done = after(tmp_path, READY | VITE | next_js, "source-maps", "frontend-sdk")
    assert [s.outcome for s in done.applied.steps] == ["applied", "applied"]
    assert "sentryVitePlugin(" in done.text("web/vite.config.ts") and "instrument" in done.text("web/src/main.tsx")
    assert "NEXT_PUBLIC_SENTRY_DSN" in done.left and "withSentryConfig({}" in done.left
    assert "import.meta.env" not in done.left


def test_nothing_of_a_step_can_be_done_so_it_is_refused_with_its_text(tmp_path):
    files = (
        READY | {k: v for k, v in VITE.items() if "config" not in k} | {"web/vite.config.ts": "export default f()\n"}
    )
    done = after(tmp_path, files, "source-maps")
    step = done.steps["source-maps"]
    assert step.outcome == "refused" and "sentryVitePlugin({" in step.snippet and not step.files
    assert step.manual[0].path == "web/vite.config.ts" and step.manual[0].reason == step.reason


def test_a_site_never_imports_what_is_not_installed(tmp_path):
    files = {k: v for k, v in BARE.items() if k != "requirements.txt"} | {"Dockerfile": "RUN pip install django\n"}
    done = after(tmp_path, files, "sdk")
    assert "sentry_sdk" not in done.text("shop/settings.py") and done.steps["sdk"].outcome == "refused"
    assert "sentry_sdk.init(" in done.left and "has to be installed before" in done.left


def test_an_explicit_option_that_fails_is_told_as_a_task_of_the_person(tmp_path):
    entry = 'import * as Sentry from "@sentry/react";\nSentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN, sendDefaultPii: true });\n'
    package = VITE["web/package.json"].replace('"react":', '"@sentry/react": "^10.0.0",\n    "react":')
    files = READY | VITE | {"web/src/main.tsx": entry, "web/package.json": package}
    done = after(tmp_path, files, "frontend-sdk")
    again = done.applied.report.result("frontend-pii-off")
    assert again.outcome.value == "fail" and again.item.id in done.steps["frontend-sdk"].unproved


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        ("a.yml", b"a: 1\n", b"a: 1\na: 2\n", "`a` occurs twice"),
        ("a.yml", b"x:\n  b: 1\n", b"x:\n  b: 1\n  b: 2\n", "`b` occurs twice below `x`"),
        ("a.yml", b"a: 1\na: 2\n", b"a: 1\na: 2\nc: 3\n", None),
        ("a.yml", b"a: 1\n---\nb: 1\n", b"a: 1\n---\nb: 1\nb: 2\n", "`b` occurs twice"),
        ("a.yml", b"a: &x {b: 1}\n", b"a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n", None),
        ("a.json", b'{"a": 1}', b'{"a": 1, "a": 2}', "`a` occurs twice"),
        ("a.toml", b"a = 1\n", b"a = 1\na = 2\n", "Cannot overwrite a value"),
    ],
)
def test_an_edited_file_is_read_as_strictly_as_its_own_reader_does(path, before, after, said):
    found = problem_of(path, before, after)
    assert (found is None) is (said is None) and (said is None or said in found)


def _context(files: dict[str, str]) -> Context:
    tree = MemoryTree(files)
    return Context(
        Overlay(tree),
        load_config(tree),
        SentryState(),
        ignored=lambda _: False,
        tracked=lambda _: True,
        release=None,
        install=False,
    )


def test_a_step_that_is_refused_as_a_whole_leaves_its_text_to_the_person():
    def plan(context: Context) -> str | None:
        context.edit("a.env", lambda data: Edited(b"A=1\n"))
        raise StepRefused(Refused("b.env is not followed", "B=2", "b.env:1"))

    made = plan_step(Step(id="dsn", title="DSN", proves=(), plan=plan), _context({"b.env": "x\n"}), {})
    assert made.outcome is StepOutcome.REFUSED and made.changes == () and made.refusal is not None
    assert made.actions == (
        ManualTask(title="edit b.env:1", reason="b.env is not followed", place="b.env:1", path="b.env", snippet="B=2"),
    )


def test_a_step_that_lacks_an_organization_leaves_nothing_to_the_person_yet():
    def plan(context: Context) -> str | None:
        context.need_organization()
        return None

    made = plan_step(Step(id="dsn", title="DSN", proves=(), plan=plan), _context({"a": "x\n"}), {})
    assert made.outcome is StepOutcome.REFUSED and made.lacks_sentry and made.actions == ()
    assert made.reason.startswith("the organization is not known")
