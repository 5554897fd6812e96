"""When a release step runs: GitHub's conditions, other providers' rules, files that GitHub refuses."""

from __future__ import annotations

import pytest

from checks.ci.providers.gitlab_rules import gitlab_condition
from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
RELEASE = 'sentry-cli releases new "$GITHUB_SHA"\nsentry-cli releases finalize "$GITHUB_SHA"'


def github(
    step: str = "", job: str = "", *, on: str = "push:\n    branches: [main]", jobs: str = "", run: str = RELEASE
):
    body = "".join(f"          {line}\n" for line in run.splitlines())
    text = (
        f"on:\n  {on}\njobs:\n{jobs}  ship:\n    runs-on: x\n{job}    steps:\n      - run: ./deploy.sh\n      - name: Release\n"
        f"{step}        env:\n          SENTRY_AUTH_TOKEN: ${{{{ secrets.SENTRY_AUTH_TOKEN }}}}\n          SENTRY_PROJECT: shop\n"
        f"        run: |\n{body}"
    )
    return backend() | {".github/workflows/d.yml": text}


def when(text: str, depth: int = 8) -> str:
    return f'{" " * depth}if: "{text}"\n'


DROPPED = "  old:\n    runs-on: x\n    if: false\n    steps: [{run: 'true'}]\n"


@pytest.mark.parametrize(
    ("files", "outcome", "says"),
    [
        (github(), P, "creates a release"),
        (github(when("github.ref == 'refs/heads/main' && github.event_name == 'push'")), P, "creates"),
        (github(when("github.ref == 'refs/heads/live'"), on="push:"), P, "creates"),
        (github(when("github.ref == 'refs/heads/live'")), F, "never runs: `if: github.ref"),
        (github(when("startsWith(github.ref, 'refs/tags/v')"), on="push:\n    tags: ['v*']"), P, "creates"),
        (github(when("github.event.pull_request.merged == true"), on="pull_request:\n    types: [closed]"), P, "creates"),
        (github(when("github.actor != 'dependabot[bot]' && github.repository == 'acme/shop'", 4).replace("    if", "        if")), P, "creates"),
        (github(when("env.SENTRY_AUTH_TOKEN != ''")), P, "creates"),
        (github(when("steps.deploy.outcome == 'success'")), P, "creates"),
        (github(when("vars.RELEASES == 'on'")), U, "depends on `if: vars"),
        (github(when("false && github.ref == 'refs/heads/main'")), F, "never runs"),
        (github(when("failure()")), F, "`if: failure()`"),
        (github(when("${{ github.event_name == 'pull_request' && github.base_ref == 'main' }}")), F, "pull requests only"),
        (github(job=when("github.event_name == 'schedule'", 4)), F, "never runs"),
        (github(job="    needs: old\n", jobs=DROPPED), F, "of job old"),
        (github(job="    needs: [old]\n" + when("always()", 4), jobs=DROPPED), P, "creates"),
        # GitHub refuses the whole file.
        (github(when("secrets.SENTRY_AUTH_TOKEN != ''")), F, "reads `secrets`"),
        (github(job=when("env.X == ''", 4)), F, "reads `env`"),
        (github(job="    needs: gone\n"), F, "needs a job gone"),
        (github(on="workflow_call:"), F, "no workflow calls"),
        # Which commands run.
        (github(run="echo 'sentry-cli releases new x'"), F, "creates a Sentry release"),
        (github(run="cat > n <<'EOF'\nsentry-cli releases new x\nEOF"), F, "creates a Sentry release"),
        (github(run="if false; then\n  sentry-cli releases new x\nfi"), F, "never runs"),
        (github(run="./deploy.sh || sentry-cli releases new x"), F, "never runs"),
        (github(run="exit 0\nsentry-cli releases new x"), F, "never runs"),
        (github(run="release() { sentry-cli releases new x; }"), F, "creates a Sentry release"),
        (github(run="release() { sentry-cli releases new x; }\nrelease"), P, "creates"),
        (github(run="bash <<EOF\nsentry-cli releases new x\nEOF"), P, "creates"),
        (github(run="./deploy.sh && npx @sentry/cli@2.50.0 releases new x"), P, "creates"),
        (github(run="npx sentry release create x --project shop"), P, "creates"),
        (github(run="sudo env A=b ./node_modules/.bin/sentry-cli --log-level debug releases -o acme new x"), P, "creates"),
        (github(run='if [ "$GITHUB_REF_NAME" = main ]; then\n  sentry-cli releases new x\nfi'), U, "depends on `[ "),
        (github(run="curl https://sentry.io/api/0/organizations/acme/releases/ -d '{\"version\": \"1\"}'"), P, "creates"),
        (github(run="curl https://sentry.io/api/0/organizations/acme/releases/"), F, "creates a Sentry release"),
        (github(run="npx semantic-release@25") | {".releaserc.json": '{"plugins": ["@eclass/semantic-release-sentry-releases"]}'}, P, "creates"),
        (github(run="npx semantic-release@25") | {".releaserc.json": '{"plugins": []}'}, F, "creates a Sentry release"),
    ],
)  # fmt: skip
def test_whether_the_release_step_runs(files, outcome, says):
    found = check_one("release-tracking", files)
    told = " ".join([*(f.message for v in found.verdicts for f in v.findings), *(e.fact for e in found.evidence)])
    assert (found.outcome, says in told) == (outcome, True), told


CALLED = (
    "on:\n  workflow_call:\n    inputs: {{project: {{type: string}}}}\n    secrets: {{SENTRY_AUTH_TOKEN: {{required: false}}}}\njobs:\n  ship:\n"
    "    runs-on: x\n    steps:\n      - uses: getsentry/action-release@v3\n        env:\n"
    "          SENTRY_AUTH_TOKEN: ${{{{ secrets.SENTRY_AUTH_TOKEN }}}}\n          SENTRY_ORG: acme\n          SENTRY_PROJECT: {project}\n"
)


def calling(secrets: str, project: str = "shop") -> dict[str, str]:
    caller = f"on: push\njobs:\n  go:\n    uses: ./.github/workflows/called.yml\n    with: {{project: shop}}\n{secrets}"
    return backend() | {
        ".github/workflows/c.yml": caller,
        ".github/workflows/called.yml": CALLED.format(project=project),
    }


@pytest.mark.parametrize(
    ("files", "outcome", "says"),
    [
        (calling("    secrets: inherit\n"), P, "creates"),
        (calling("    secrets: {SENTRY_AUTH_TOKEN: '${{ secrets.SHOP }}'}\n", "${{ inputs.project }}"), P, "creates"),
        (calling("    secrets: {FLY: '${{ secrets.FLY }}'}\n"), F, "no secret SENTRY_AUTH_TOKEN is passed in"),
        (calling(""), F, "no secret SENTRY_AUTH_TOKEN is passed in"),
    ],
)
def test_a_called_workflow_has_what_its_caller_hands_in(files, outcome, says):
    test_whether_the_release_step_runs(files, outcome, says)


ACTION = "runs:\n  using: composite\n  steps:\n    - run: sentry-cli releases new x\n      shell: bash\n      env: {{SENTRY_AUTH_TOKEN: '{token}'}}\n"


@pytest.mark.parametrize(
    ("token", "given", "outcome"),
    [
        ("${{ inputs.token }}", "        with: {token: '${{ secrets.T }}'}\n", P),
        ("${{ inputs.token }}", "", F),
        ("${{ secrets.T }}", "", F),
    ],
)
def test_an_action_sees_its_inputs_only(token, given, outcome):
    flow = (
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - uses: ./.github/actions/r\n"
        + given
    )
    files = backend() | {
        ".github/workflows/d.yml": flow,
        ".github/actions/r/action.yml": "inputs: {token: {}}\n" + ACTION.format(token=token),
    }
    assert check_one("release-tracking", files).outcome is outcome


CI = "sentry-cli releases new x"


@pytest.mark.parametrize(
    ("path", "text", "outcome"),
    [
        (".gitlab-ci.yml", f"r:\n  script: [{CI}]\n", P),
        (".gitlab-ci.yml", f"r:\n  script: [{CI}]\n  rules: [{{when: never}}]\n", F),
        (".gitlab-ci.yml", f"r:\n  script: [{CI}]\n  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n", P),
        (".gitlab-ci.yml", f"r:\n  script: [{CI}]\n  rules:\n    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'\n", F),
        (".gitlab-ci.yml", f"r:\n  script: [{CI}]\n  rules:\n    - if: $CI_COMMIT_TAG =~ /^v/\n", P),
        (".gitlab-ci.yml", f"r:\n  script: [{CI}]\n  rules:\n    - if: $DEPLOY == 'yes'\n", U),
        (".gitlab-ci.yml", f"r:\n  script: [{CI}]\n  only: [merge_requests]\n", F),
        (".gitlab-ci.yml", f"r:\n  script: [{CI}]\n  when: manual\n", P),
        (".gitlab-ci.yml", f"workflow: {{rules: [{{when: never}}]}}\nr:\n  script: [{CI}]\n", F),
        ("bitbucket-pipelines.yml", f"pipelines:\n  branches:\n    main:\n      - step: {{script: [{CI}]}}\n", P),
        ("bitbucket-pipelines.yml", f"pipelines:\n  pull-requests:\n    '**':\n      - step: {{script: [{CI}]}}\n", F),
        (".drone.yml", f"kind: pipeline\nsteps: [{{commands: [pytest]}}]\n---\nkind: pipeline\nsteps: [{{commands: [{CI}]}}]\n", P),
        (".drone.yml", f"kind: pipeline\ntrigger: {{event: [pull_request]}}\nsteps: [{{commands: [{CI}]}}]\n", F),
        (".woodpecker.yml", f"steps:\n  r:\n    commands: [{CI}]\n    when: [{{event: pull_request}}]\n", F),
        (".circleci/config.yml", f"jobs:\n  r:\n    steps: [{{run: {CI}}}]\nworkflows:\n  w:\n    jobs: [r]\n", P),
        (".circleci/config.yml", f"jobs:\n  r:\n    steps: [{{run: {CI}}}]\nworkflows:\n  w:\n    jobs: [other]\n", F),
        ("azure-pipelines.yml", f"steps:\n  - script: {CI}\n    condition: 'false'\n", F),
        ("azure-pipelines.yml", f"steps:\n  - script: {CI}\n", P),
        ("Jenkinsfile", f"pipeline {{ stages {{ stage('R') {{ steps {{ sh '{CI}' }} }} }} }}", P),
        ("Jenkinsfile", f"node {{ stages {{ stage('R') {{ steps {{ sh '{CI}' }} }} }} }}", U),
        ("Jenkinsfile", f"pipeline {{ // sh '{CI}'\n}}", F),
    ],
)  # fmt: skip
def test_other_providers(path, text, outcome):
    found = check_one("release-tracking", backend() | {path: text})
    assert found.outcome is outcome, found


def test_a_condition_of_gitlab():
    known = {"A": "main", "B": None}
    for text, value in {
        "$A == 'main' && ($B || $A)": True,
        "$B == null || $C": True,
        "$A =~ /^ma/ && $A !~ /x$/": True,
        "$C && $B": False,
        "$C": None,
        "$A =~ /(a+)+$/": None,
        "$A ==": None,
    }.items():
        assert gitlab_condition(text, known) is value, text


def test_heroku_releases_in_its_own_phase():
    files = backend() | {
        "Procfile": "web: gunicorn shop.wsgi\nrelease: ./release.sh\n",
        "release.sh": f"#!/bin/sh\n{CI}\n",
    }
    found = check_one("release-tracking", files)
    assert found.outcome is P


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ("contains(toJSON(github.event.commits), 'release')", U),
        ("!contains(needs.*.result, 'failure')", P),
        ("contains(needs.*.result, 'failure')", F),
        ("needs.gone.result == 'success'", F),
        ("contains(join(needs.*.result, ','), 'success') && runner.os == 'Linux'", F),
        ("${{ format('}}') == '}' }}", P),
        ("jobs.build.result == 'success'", F),
        ("(vars.A || true) && github.ref == 'refs/heads/other'", F),
    ],
)
def test_conditions_that_filter_join_or_cannot_be_known(condition, outcome):
    assert check_one("release-tracking", github(when(condition))).outcome is outcome
