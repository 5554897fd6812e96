"""What CI tells Sentry beside a release, and what sentry-cli it runs: judged by what runs, and by what the commands name."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_ci_items import CI, action, job, run_step
from tests.support.repo import INIT, backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
NEW = 'sentry-cli releases new -p web "$GITHUB_SHA"'


def lines(*commands: str) -> str:
    return "\n          ".join(commands)


DEPLOYS = [
    ("sentry-cli deploys new -r $GITHUB_SHA -e production", P, "job deploy records the deploy", None),
    ('sentry-cli deploys new --release "${GITHUB_SHA}" -e production', P, "job deploy records the deploy", None),
    ("sentry-cli deploys new -e production", P, "job deploy records the deploy", None),
    (
        "sentry-cli deploys new -r $VERSION -e production",
        U,
        "job deploy creates the release `$GITHUB_SHA`, and records the deploy of `$VERSION`: whether these are the same cannot",
        "name the same release in both commands",
    ),
    ("sentry-cli deploys new -r $THAT -e production", P, "job deploy records the deploy", None),
    ("sentry-cli releases deploys $GITHUB_SHA new -e production", P, "job deploy records the deploy", None),
    (
        "sentry-cli deploys new -r $GITHUB_REF_NAME -e production",
        F,
        "job deploy creates the release `$GITHUB_SHA`, and records the deploy of `$GITHUB_REF_NAME`",
        "name the same release in both commands",
    ),
    (
        "sentry-cli deploys new -r web@$GITHUB_SHA -e production",
        F,
        "job deploy creates the release `$GITHUB_SHA`, and records the deploy of `web@$GITHUB_SHA`",
        "name the same release in both commands",
    ),
    (
        'if [ "$RECORD" ]; then sentry-cli deploys new -r $GITHUB_SHA -e production; fi',
        U,
        'whether job deploy records the deploy cannot be determined: `[ "$RECORD" ]` decides',
        "run it in every deploy",
    ),
    ("echo sentry-cli deploys new", F, "job deploy creates a release and records no deploy", "add `sentry-cli deploys new`"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "outcome", "message", "hint"), DEPLOYS)
def test_a_deploy_is_recorded_by_a_command_that_runs_for_the_same_release(command, outcome, message, hint):
    assert_said("deploy-recorded", job(run_step(lines(NEW, command))), outcome, message, hint, 7)


COMMITS = [
    ("sentry-cli releases set-commits --auto $GITHUB_SHA", P, "job deploy sends the commits", None),
    (
        'if [ "$SEND" ]; then sentry-cli releases set-commits --auto $GITHUB_SHA; fi',
        U,
        'whether job deploy sends the commits cannot be determined: `[ "$SEND" ]` decides',
        "run it in every deploy",
    ),
    ("false && sentry-cli releases set-commits --auto x", F, "job deploy creates a release without its commits", "add `set-commits --auto`"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "outcome", "message", "hint"), COMMITS)
def test_commits_are_sent_by_a_command_that_runs(command, outcome, message, hint):
    assert_said("commits-associated", job(run_step(lines(NEW, command))), outcome, message, hint, 7)


def assert_said(item: str, files: dict[str, str], outcome: Outcome, message: str, hint: str | None, line: int) -> None:
    result = check_one(item, files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    said = result.evidence[0] if outcome is P else result.findings[0]
    assert message in (said.fact if outcome is P else said.message)
    assert (said.path, said.line) == (CI, line)
    assert outcome is P or said.hint == hint


NAMED = "import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ.get('SENTRY_DSN'), environment='production')\n"
OPEN = NAMED.replace("'production'", "os.environ['STAGE']")


@pytest.mark.parametrize(
    ("steps", "settings", "outcome", "message"),
    [
        ((action(environment="production"),), NAMED, P, "the action records the deploy to production"),
        (
            (action(environment="staging"),),
            NAMED,
            F,
            "CI records deploys to `staging`, and production reports the environment `production`",
        ),
        ((action(environment="staging"), action(environment="production")), NAMED, P, "records the deploy to staging"),
        ((action(environment="${{ inputs.stage }}"),), NAMED, P, "records the deploy to ${{ inputs.stage }}"),
        ((action(environment="staging"),), OPEN, P, "the action records the deploy to staging"),
        ((action(environment="staging"),), INIT, F, "production reports the environment `production`"),
        (
            (run_step(lines(NEW, "sentry-cli deploys new -r $GITHUB_SHA -e staging")),),
            NAMED,
            F,
            "CI records deploys to `staging`",
        ),
        (
            (run_step(lines(NEW.replace("web", "shop-frontend"), "sentry-cli deploys new -r $GITHUB_SHA -e live")),),
            NAMED,
            P,
            "job deploy records the deploy",
        ),
    ],
)
def test_a_deploy_is_recorded_under_the_name_that_production_reports(steps, settings, outcome, message):
    files = (
        backend()
        | {"requirements.txt": "django\nsentry-sdk\n", "shop/settings.py": settings}
        | {CI: job(*steps)[CI].replace("web", "shop")}
    )
    result = check_one("deploy-recorded", files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    said = result.evidence[0] if outcome is P else result.findings[0]
    assert message in (said.fact if outcome is P else said.message)
    assert outcome is P or said.hint == "record the deploy to `production`"


PIN = "pip install sentry-cli==3.8.2"
SYNTAX = [
    (lines(PIN, "sentry-cli releases propose-version"), P, "runs commands that sentry-cli has"),
    (lines(PIN, "sentry-cli --url https://sentry.example releases list"), P, "runs commands that sentry-cli has"),
    (lines(PIN, "sentry-cli $COMMAND"), P, "runs commands that sentry-cli has"),
    (lines(PIN, "sentry-cli --version"), P, "runs commands that sentry-cli has"),
    (lines(PIN, "sentry-cli releases deploys x new -e production"), P, "runs commands that sentry-cli has"),
    (lines(PIN, "sentry-cli upload-sourcemaps dist"), F, "job deploy: sentry-cli 3.8.2 has no command `upload-sourcemaps`"),
    (lines(PIN, "sentry-cli releases create x"), F, "job deploy: sentry-cli 3.8.2 has no command `releases create`"),
    (lines("pip install sentry-cli==2.58.6", "sentry-cli release new x"), F, "sentry-cli 2.58.6 has no command `release`"),
    (lines("pip install sentry-cli", "sentry-cli upload-sourcemaps dist"), U, "and which version runs it is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "outcome", "message"), SYNTAX)
def test_a_command_that_sentry_cli_does_not_have_fails(run, outcome, message):
    hint = "see `sentry-cli --help`; source maps are uploaded by `sentry-cli sourcemaps upload`"
    assert_said("ci-cli-syntax", job(run_step(run)), outcome, message, hint, 8)


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        ("curl -sL https://sentry.io/get-cli/ | SENTRY_CLI_VERSION=3.8.2 bash", P),
        ("SENTRY_CLI_VERSION=3.8.2 curl -sL https://sentry.io/get-cli/ | bash", F),
        (lines("export SENTRY_CLI_VERSION=3.8.2", "curl -sL https://sentry.io/get-cli/ | bash"), P),
        ("curl -sL https://sentry.io/get-cli/ | bash", F),
    ],
)
def test_the_install_script_is_pinned_by_the_variable_of_the_shell_that_runs_it(run, outcome):
    result = check_one("ci-cli-pinned", job(run_step(run)))
    assert result.outcome is outcome
    if outcome is F:
        [finding] = result.findings
        assert finding.message == "job deploy installs the newest sentry-cli from the install script"
        assert (finding.path, finding.line, finding.hint) == (CI, 6, "name a version")


@pytest.mark.parametrize(("depth", "outcome"), [("0", P), ("1", F), ("${{ vars.DEPTH }}", U)])
def test_how_much_history_a_job_has_is_unknown_where_an_expression_says_it(depth, outcome):
    checkout = f"      - uses: actions/checkout@v5\n        with:\n          fetch-depth: {depth}\n"
    result = check_one("ci-history-complete", job(checkout, action()))
    assert result.outcome is outcome
    if outcome is U:
        assert result.findings[0].message == "how much git history job deploy has cannot be determined"
        assert (result.findings[0].path, result.findings[0].line) == (CI, 6)


GITLAB = """\
variables: {SENTRY_ORG: acme, SENTRY_PROJECT: shop}
deploy:
  script: [flyctl deploy]
%s"""
RELEASING = '[sentry-cli releases new "$CI_COMMIT_SHA", sentry-cli releases finalize "$CI_COMMIT_SHA"]'


@pytest.mark.parametrize(
    ("rest", "outcome", "line"),
    [
        (f"  after_script: {RELEASING}\n", F, 4),
        (f"release:\n  needs: [deploy]\n  when: always\n  script: {RELEASING}\n", F, 7),
        (f"release:\n  needs: [deploy]\n  script: {RELEASING}\n", P, 6),
        (f"release:\n  needs: [deploy]\n  when: manual\n  script: {RELEASING}\n", P, 7),
    ],
)
def test_what_runs_after_a_failed_deploy_creates_its_release_too(rest, outcome, line):
    result = check_one("release-order", {".gitlab-ci.yml": GITLAB % rest})
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is F:
        job = "deploy" if line == 4 else "release"
        [finding] = result.findings
        assert finding.message == f"job {job} creates the release also where the deploy fails"
        assert (finding.path, finding.line) == (".gitlab-ci.yml", line)
        assert (
            finding.hint == "run it only where the deploy succeeds: remove `always()`, or ask for the deploy's result"
        )
