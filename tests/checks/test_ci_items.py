"""The items of the section CI and releases: each outcome, on the shapes that the catalogue names."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import Cases, assert_outcome, numbered, workflow

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
TOKEN = "SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}"
CI = ".github/workflows/ci.yml"


def build(env: str = "", run: str = "npm run build") -> dict[str, str]:
    return {CI: workflow(run, env=env)}


BROKEN_CI = {CI: "on: [push\n"}
FLOW = "on: {on}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n{steps}"
CHECKOUT = "      - uses: actions/checkout@v4\n        with:\n          fetch-depth: {depth}\n"


def job(*steps: str, on: str = "push", extra: str = "") -> dict[str, str]:
    return {CI: FLOW.format(on=on, steps="".join(steps)) + extra}


def run_step(command: str, token: bool = True) -> str:
    return f"      - run: |\n          {command}\n" + (f"        env:\n          {TOKEN}\n" if token else "")


def action(ref: str = "v3", **inputs: str) -> str:
    given = "".join(f"          {k}: {v}\n" for k, v in inputs.items())
    return (
        f"      - uses: getsentry/action-release@{ref}\n        env:\n          {TOKEN}\n          SENTRY_ORG: acme\n          SENTRY_PROJECT: web\n"
        + (f"        with:\n{given}" if given else "")
    )


def called(release: str, other: str) -> dict[str, str]:
    """A workflow that calls another, whose job with the release is one of two, each on a machine of its own."""
    inner = "".join(
        f"  {name}:\n    runs-on: x\n    steps:\n{steps}" for name, steps in (("rel", release), ("tag", other))
    )
    return {
        CI: "on: push\njobs:\n  deploy:\n    uses: ./.github/workflows/inner.yml\n    secrets: inherit\n",
        ".github/workflows/inner.yml": f"on: workflow_call\njobs:\n{inner}",
    }


RELEASE = 'sentry-cli releases new -p web "$GITHUB_SHA"'
CASES: Cases = {
    "ci-history-complete": [
        (job(CHECKOUT.format(depth=0), run_step(RELEASE + "\n          sentry-cli releases set-commits --auto x")), P),
        (job(CHECKOUT.format(depth=1), run_step(RELEASE + "\n          sentry-cli releases set-commits --auto x")), F),
        (
            job(
                CHECKOUT.format(depth=1),
                run_step(RELEASE + "\n          sentry-cli releases set-commits --auto --ignore-missing x"),
            ),
            N,
        ),
        (job(CHECKOUT.format(depth=1), run_step("sentry-cli releases new $(git describe --always)")), F),
        (job(CHECKOUT.format(depth=1), action()), F),
        (job(CHECKOUT.format(depth=0), action()), P),
        (job(run_step(RELEASE + "\n          sentry-cli releases set-commits --auto x")), F),
        (job(CHECKOUT.format(depth=1), action(), CHECKOUT.format(depth=0)), F),
        (called(CHECKOUT.format(depth=1) + action(), CHECKOUT.format(depth=0)), F),
        (called(CHECKOUT.format(depth=0) + action(), CHECKOUT.format(depth=1)), P),
        (called(CHECKOUT.format(depth=1) + action(), run_step("git fetch --unshallow", token=False)), F),
        (BROKEN_CI, U),
        (build(), N),
    ],
    "ci-cli-syntax": [
        (job(run_step("pip install sentry-cli==3.8.2\n          " + RELEASE)), P),
        (job(run_step("sentry-cli releases files v upload-sourcemaps dist")), F),
        (job(run_step("npm i -g @sentry/cli@2.50.0\n          sentry-cli releases files v upload-sourcemaps dist")), P),
        (job(run_step("sentry-cli --api-key x releases new v")), F),
        (BROKEN_CI, U),
        (build(), N),
    ],
    "ci-cli-pinned": [
        (job(run_step("pip install sentry-cli==3.8.2\n          " + RELEASE)), P),
        (job(run_step("curl -sL https://sentry.io/get-cli/ | SENTRY_CLI_VERSION=3.8.2 sh\n          " + RELEASE)), P),
        (job(run_step("curl -sL https://sentry.io/get-cli/ | bash\n          " + RELEASE)), F),
        (job(run_step("npm i -g @sentry/cli\n          " + RELEASE)), F),
        (job(run_step("npx @sentry/cli releases new v")), F),
        (job(run_step(RELEASE)), U),
        (build(), N),
    ],
    "ci-action-pinned": [
        (job(action("v3")), P),
        (job(action("ff07929a6537bac57790c3451cf4d364aca38528")), P),
        (job(action("v1")), F),
        (job(action("master")), F),
        (job(action("v3", version="x")), F),
        (BROKEN_CI, U),
        (build(), N),
    ],
    "deploy-recorded": [
        (job(action("v3", environment="production")), P),
        (job(run_step(RELEASE + "\n          sentry-cli deploys new --release $GITHUB_SHA -e production")), P),
        (job(run_step(RELEASE)), F),
        (BROKEN_CI, U),
        (build(), N),
    ],
    "commits-associated": [
        (job(action("v3")), P),
        (job(action("v3", set_commits="skip")), F),
        (job(run_step(RELEASE)), F),
        (job(run_step(RELEASE + "\n          sentry-cli releases set-commits --auto x")), P),
        (BROKEN_CI, U),
        (build(), N),
    ],
    "release-order": [
        (
            job(
                run_step("flyctl deploy", token=False), run_step(RELEASE + "\n          sentry-cli releases finalize v")
            ),
            P,
        ),
        (
            job(
                run_step(RELEASE + "\n          sentry-cli releases finalize v"), run_step("flyctl deploy", token=False)
            ),
            F,
        ),
        (job(run_step("flyctl deploy", token=False), run_step(RELEASE), on="[push, pull_request]"), F),
        ({CI: "on: push\njobs:\n  release:\n    steps:\n" + run_step(RELEASE)}, U),
        (BROKEN_CI, U),
        (build(), N),
    ],
}


@pytest.mark.parametrize(("item_id", "files", "outcome"), numbered(CASES))
def test_outcome(item_id, files, outcome):
    assert_outcome(item_id, files, outcome)
