"""`ci-audit` adds a verification behind builds whose maps Sentry's plugin uploads and deletes, and behind no other."""

from __future__ import annotations

import pytest

from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.editors.workflow_verify import add_verification
from tests.checks.test_ci_items import CI, TOKEN
from tests.checks.test_map_builds import config, shop
from tests.support.edits import after

STEPS = """\
on: {on}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Build
        run: npm run build
        working-directory: web
      # ship it
      - run: fly deploy
"""
RUN = "pipx run --spec sentry-setup==1 sentry-setup verify-build web/dist --format github"


def flow(on: str = "push", steps: str = STEPS) -> bytes:
    return steps.replace("{on}", on).encode()


def test_the_step_comes_right_behind_the_build():
    done = add_verification(flow(), 8, RUN, CI)
    assert isinstance(done, Edited)
    text = done.data.decode()
    added = f"        working-directory: web\n      - name: Verify the source maps of the build\n        run: {RUN}\n      # ship it\n"
    assert (
        added in text
        and text.replace(f"      - name: Verify the source maps of the build\n        run: {RUN}\n", "")
        == flow().decode()
    )
    assert isinstance(add_verification(done.data, 8, RUN, CI), Unchanged)


@pytest.mark.parametrize("on", ["[push, pull_request]", "{push: {}, pull_request: {}}"])
def test_builds_of_pull_requests_are_not_verified(on):
    done = add_verification(flow(on), 8, RUN, CI)
    assert (
        isinstance(done, Edited)
        and "        if: github.event_name != 'pull_request'\n        run: pipx" in done.data.decode()
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        run: npm run build\n", "        run: npm run build\n        if: always()\n"),
        ("        run: npm run build\n", "        run: npm run build\n        continue-on-error: true\n"),
        ("      - name: Build\n        run: npm run build\n        working-directory: web\n", "      - {name: Build,\n         run: npm run build}\n"),
    ],
)  # fmt: skip
def test_a_build_with_a_condition_is_left_to_the_person(old, new):
    done = add_verification(flow(steps=STEPS.replace(old, new)), 8, RUN, CI)
    assert isinstance(done, Refused) and RUN in done.snippet


def test_it_is_part_of_ci_audit_where_it_is_asked_for(tmp_path):
    assert "verify-build" not in after(tmp_path / "b", shop(config(), env=TOKEN), "ci-audit").text(CI)
    done = after(tmp_path, shop(config(), env=TOKEN), "ci-audit", **{"ci.verify": "yes"})
    assert "sentry-setup verify-build web/dist --format github" in done.text(CI)


@pytest.mark.parametrize("options", ["", "disable: true"])
def test_a_build_whose_maps_stay_is_not_verified(tmp_path, options):
    assert "verify-build" not in after(
        tmp_path, shop(config(options), env=TOKEN), "ci-audit", **{"ci.verify": "yes"}
    ).text(CI)
