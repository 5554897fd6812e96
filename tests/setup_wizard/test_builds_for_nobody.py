"""Builds that reach no user: what only tries whether the code builds, and what builds a stranger's code, is given no token."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, VITE, after

TRIED = """on:
  push:
    branches: [main]
  pull_request:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: npm ci && npm run build
        working-directory: web
      - run: npx vitest run
"""
KEPT = TRIED + "      - uses: actions/upload-artifact@v4\n        with:\n          path: web/dist\n"
PREVIEW = """on:
  pull_request_target:
  workflow_dispatch:
jobs:
  preview:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: git fetch origin pull/${{ github.event.number }}/head:tmp && git merge tmp
      - run: npm ci && npm run build
        working-directory: web
      - run: npx surge web/dist shop-preview.surge.sh
"""
UNSAFE = TRIED.replace("pull_request:", "pull_request_target:") + "      - run: aws s3 sync web/dist s3://shop\n"
WAITED = (
    TRIED
    + """  deploy:
    needs: test
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    steps:
      - run: flyctl deploy
"""
)
PUSHED = TRIED.replace("  pull_request:\n", "")

EVERY = TRIED.replace("  push:\n    branches: [main]\n  pull_request:\n", "  push:\n")


@pytest.mark.parametrize("text", [TRIED, PREVIEW, EVERY])
def test_a_build_that_reaches_nobody_is_given_nothing(tmp_path, text):
    done = after(tmp_path, READY | VITE | {".github/workflows/w.yml": text}, "source-maps", "frontend-sdk")
    assert done.text(".github/workflows/w.yml") == text
    assert "set SENTRY_AUTH_TOKEN and SENTRY_RELEASE where web is built for production" in done.left
    assert "set VITE_SENTRY_DSN where web is built for production" in done.left
    for item in ("source-maps", "frontend-dsn-configured"):
        result = done.applied.report.result(item)
        assert result.outcome.value == "unknown", item
        finding = result.findings[0]
        if text != PREVIEW:
            assert finding.message.endswith("only tries whether web builds, and no other build of it is seen")
            assert (finding.path, finding.line) == (".github/workflows/w.yml", 10 if text == TRIED else 8)
        else:
            assert finding.message == "no build of web found"


@pytest.mark.parametrize("text", [KEPT, PUSHED, WAITED])
def test_a_build_that_may_reach_somebody_is_given_the_token(tmp_path, text):
    done = after(tmp_path, READY | VITE | {".github/workflows/w.yml": text}, "source-maps")
    assert "secrets.SENTRY_AUTH_TOKEN" in done.text(".github/workflows/w.yml")
    assert done.applied.report.result("source-maps").outcome.value == "pass"


def test_no_token_is_written_where_a_stranger_starts_the_workflow_with_the_secrets(tmp_path):
    """The job may build the default branch today; the token would wait there for the line that brings in the pull request's code."""
    done = after(tmp_path, READY | VITE | {".github/workflows/w.yml": UNSAFE}, "source-maps")
    assert done.text(".github/workflows/w.yml") == UNSAFE
    assert "the workflow runs on pull_request_target, where a stranger's code would be given the token" in done.left


WRITTEN = """on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - name: Settings of the build
        working-directory: web
        env:
          GIVEN: ${{ secrets.SHOP_DSN }}
        run: |
          echo "%s=${GIVEN}" >> .env.production
      - run: npm ci && npm run build
        working-directory: web
      - run: aws s3 sync web/dist s3://shop
"""


LOADING = {"web/vite.config.ts": 'import { loadEnv } from "vite";\n' + VITE["web/vite.config.ts"]}
UNSEEN = "a command before `npm run build` writes a file of variables; `SENTRY_AUTH_TOKEN` may reach the build by it"
LACKS = "the build `npm run build` is given no `SENTRY_AUTH_TOKEN`: nothing is uploaded, and the build still passes"


@pytest.mark.parametrize(
    ("name", "step", "item", "config", "outcome", "said"),
    [
        ("VITE_SENTRY_DSN", "frontend-sdk", "frontend-dsn-configured", {}, "pass", ""),
        ("SENTRY_AUTH_TOKEN", "source-maps", "source-maps", LOADING, "unknown", UNSEEN),
        # A config that reads no env file itself takes no token from one.
        ("SENTRY_AUTH_TOKEN", "source-maps", "source-maps", {}, "fail", LACKS),
    ],
)
def test_a_variable_that_another_step_writes_for_the_build_is_not_given_again(
    tmp_path, name, step, item, config, outcome, said
):
    """A step's own variable wins over Vite's env files, and is empty where nobody stored a value under our name."""
    text = WRITTEN % name
    done = after(tmp_path, READY | VITE | config | {".github/workflows/w.yml": text}, step)
    assert done.text(".github/workflows/w.yml") == text
    found = done.applied.report.result(item)
    assert found.outcome.value == outcome, found.findings
    if outcome != "pass":
        assert f".github/workflows/w.yml:13 names {name} already" in done.left
        assert (found.findings[0].message, found.findings[0].line) == (said, 15)
