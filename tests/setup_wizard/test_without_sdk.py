"""What a plan leaves without an SDK gets nothing that only an SDK would use; a step that is asked for alone does its work."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, VITE, after

DEPLOY = (
    "on:\n  push:\n    branches: [main]\njobs:\n  deploy-production:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: actions/checkout@v5\n      - run: cf push -f manifest.yml\n"
)
FLOW = ".github/workflows/deploy.yml"
PINNED = BARE | {"requirements.txt": "Django==3.2.25\nurllib3==1.25.11\n", FLOW: DEPLOY}
LOADING = {"shop/settings.py": "from dotenv import load_dotenv\n\nload_dotenv()\n" + BARE["shop/settings.py"]}


@pytest.mark.parametrize("more", [{}, LOADING, {"render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n"}])  # fmt: skip
def test_nothing_is_written_for_a_backend_without_an_sdk(tmp_path, more):
    done = after(tmp_path, PINNED | more, "sdk", "dsn", "release-tracking")
    assert [s.outcome.value for s in done.steps.values()] == ["refused"] * 3
    assert all(done.text(path) == text for path, text in (PINNED | more).items()) and ".env.example" not in done.files
    name = next(t.title for t in done.steps["dsn"].manual).removeprefix("set the DSN of ").partition(" ")[0]
    reason = f"{name} has no sentry-sdk yet, and the step sdk is left to you: nothing there would use it"
    assert done.steps["dsn"].reason == done.steps["release-tracking"].reason == reason
    for step, what in (("dsn", "set the DSN"), ("release-tracking", "track the releases")):
        assert [t.title for t in done.steps[step].manual] == [f"{what} of {name} after the SDK is set up"]


def test_the_release_of_a_frontend_beside_it_names_the_frontend_alone(tmp_path):
    done = after(tmp_path, PINNED | VITE, "sdk", "frontend-sdk", "release-tracking")
    assert done.steps["release-tracking"].outcome.value == "applied"
    assert '-frontend "$SENTRY_RELEASE"' in done.text(FLOW) and "-backend" not in done.text(FLOW)
    assert "after the SDK is set up" in done.left and "set SENTRY_RELEASE to the deployed commit" not in done.left


@pytest.mark.parametrize("steps", [("dsn", "release-tracking"), ("release-tracking",)])
def test_a_step_that_is_asked_for_without_the_sdks_does_its_work(tmp_path, steps):
    done = after(tmp_path, PINNED, *steps)
    assert "sentry-cli releases" in done.text(FLOW) and "after the SDK" not in done.left


def test_an_sdk_that_this_plan_sets_up_counts(tmp_path):
    done = after(tmp_path, PINNED | {"requirements.txt": BARE["requirements.txt"]}, "sdk", "dsn", "release-tracking")
    assert "sentry-cli releases" in done.text(FLOW) and "after the SDK" not in done.left
