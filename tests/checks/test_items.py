"""Each item: pass, fail, not-applicable and unknown, with evidence in its place."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec.structs import replace

from checks.audit import decide
from checks.checklist import CHECKLIST, find_item
from checks.config import Config
from checks.guide import why_and_fix
from checks.model import Outcome
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree, UnreadableFileError
from checks.sentry_api.snapshot import ClientKey, Snapshot, Unavailable
from tests.support.repo import INIT, MAIL, PLUGIN, RENDER, backend, check_one, frontend, seen, sentry, workflow
from tests.support.verdicts import hear

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
TOKEN = "SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}"
RELEASE = 'sentry-cli releases new -p shop-backend "$V"'


def _locked(entry: str, needs: str = "acme") -> dict[str, str]:
    """A project whose lock file has the SDK as a dependency of another package."""
    lock = (
        f'[[package]]\nname = "{needs}"\nversion = "1"\ndependencies = [\n    {entry},\n]\n\n'
        '[[package]]\nname = "sentry-sdk"\nversion = "2.75.0"\n'
    )
    project = '[project]\nname = "shop"\ndependencies = ["acme", "django"]\n'
    return {n: t for n, t in backend().items() if n != "requirements.txt"} | {
        "pyproject.toml": project,
        "uv.lock": lock,
    }


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        (backend() | {"requirements.txt": "django\nsentry-sdk[django]==2.75.0\n"}, P),
        (backend() | {"requirements.txt": "django\n# sentry-sdk\n"}, F),
        (backend() | {"requirements-dev.txt": "sentry-sdk\n"}, F),
        (backend() | {"requirements.txt": "-r requirements/prod.txt\n", "requirements/prod.txt": "Sentry_SDK>=2\n"}, P),
        (backend() | {"requirements.txt": "sentry-sdk\n".encode("utf-16")}, P),
        (
            backend()
            | {"requirements.txt": "", "pyproject.toml": '[project]\nname = "x"\ndependencies = ["sentry-sdk>=2"]\n'},
            P,
        ),
        (backend() | {"pyproject.toml": '[dependency-groups]\ndev = ["sentry-sdk"]\n'}, F),
        (backend() | {"pyproject.toml": '[tool.poetry.dependencies]\nsentry-sdk = {version = "^2"}\n'}, P),
        (backend() | {"Pipfile": '[packages]\nsentry-sdk = "*"\n'}, P),
        (backend() | {"setup.py": 'setup(install_requires=["sentry-sdk"])\n'}, P),
        (backend() | {"setup.cfg": "[options]\ninstall_requires =\n  sentry-sdk\n"}, P),
        (backend() | {"requirements.txt": "sentry\nraven\n"}, F),
        (backend() | {"requirements.txt": "", "pyproject.toml": "[project\n"}, U),
        (_locked('{ name = "sentry-sdk", extra = ["flask"] }'), P),
        (_locked('{ name = "sentry-sdk", marker = "x" }'), F),
        (_locked('{ name = "sentry-sdk" }', needs="other"), F),
        (
            backend()
            | {"Pipfile": "[packages]\nacme = '*'\n", "Pipfile.lock": '{"sentry-sdk": {"version": "==2.75.0"}}'},
            U,
        ),
        ({"manage.py": backend()["manage.py"]}, U),
        ({"README.md": ""}, N),
    ],
)
def test_sdk_installed(files, outcome):
    assert check_one("sdk-installed", files).outcome is outcome


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        (INIT, P),
        ("import sentry_sdk as s\ns.init()\n", P),
        ("from sentry_sdk import init as go\ngo(dsn='')\n", P),
        ("import sentry_sdk\nDEBUG = False\nif not DEBUG:\n    sentry_sdk.init()\n", P),
        ("import os, sentry_sdk\nif (dsn := os.getenv('SENTRY_DSN')):\n    sentry_sdk.init(dsn)\n", P),
        ("try:\n    import sentry_sdk\n    sentry_sdk.init()\nexcept ImportError:\n    pass\n", P),
        ("import sentry_sdk\ndef go():\n    sentry_sdk.init()\ngo()\n", P),
        ("import sentry_sdk\ndef go():\n    sentry_sdk.init()\n", F),
        ("import sentry_sdk\nDEBUG = False\nif DEBUG:\n    sentry_sdk.init()\n", F),
        ("import sentry_sdk\nENV = 'production'\nif ENV == 'local':\n    sentry_sdk.init()\n", F),
        ("import sentry_sdk\nif FANCY:\n    sentry_sdk.init()\n", U),
        ("DEBUG = False\n", F),
        ("# sentry_sdk.init()\n", F),
        ("def broken(:\n", U),
        ("{% if x %}\nDEBUG = 1\n", U),
        ("from elsewhere.settings import *\n", U),
    ],
)
def test_sdk_initialized(settings, outcome):
    assert check_one("sdk-initialized", backend() | {"shop/settings.py": settings}).outcome is outcome


def test_sdk_initialized_follows_chain_helpers_and_deploying_files():
    split = backend() | {
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": INIT,
        "shop/settings/production.py": "from .base import *\n",
    }
    del split["shop/settings.py"]
    assert check_one("sdk-initialized", split).outcome is P
    local = split | {"shop/settings/base.py": "", "shop/settings/local.py": INIT}
    assert check_one("sdk-initialized", local).outcome is F
    helper = backend() | {
        "shop/settings.py": "from shop.monitoring import setup\nsetup()\n",
        "shop/monitoring.py": "import sentry_sdk\ndef setup():\n    sentry_sdk.init()\n",
    }
    result = check_one("sdk-initialized", helper)
    assert result.outcome is P and result.evidence[0].path == "shop/monitoring.py" and result.evidence[0].line == 3
    uncalled = helper | {"shop/settings.py": "DEBUG = False\n"}
    assert check_one("sdk-initialized", uncalled).outcome is U
    only_wsgi = backend() | {
        "shop/wsgi.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n' + INIT
    }
    assert check_one("sdk-initialized", only_wsgi).outcome is P
    assert check_one("sdk-initialized", {"README.md": ""}).outcome is N
    development = {
        "manage.py": backend()["manage.py"].replace("shop.settings", "shop.settings.local"),
        "shop/settings/local.py": INIT,
    }
    assert check_one("sdk-initialized", development).outcome is U


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        ({"shop/settings.py": INIT, "render.yaml": RENDER}, P),
        ({"shop/settings.py": INIT, "render.yaml": RENDER.replace("SENTRY_DSN", "OTHER")}, F),
        ({"shop/settings.py": INIT, "render.yaml": RENDER.replace("sync: false", "value: https://xxxxx@sentry.io/xxxxx")}, F),
        ({"shop/settings.py": INIT, "render.yaml": RENDER.replace("sync: false", "value: https://abc@o1.ingest.sentry.io/2")}, P),
        ({"shop/settings.py": INIT, "railway.json": "{}"}, U),
        ({"shop/settings.py": INIT}, U),
        ({"shop/settings.py": INIT, ".env": "SENTRY_DSN=https://a@o1.ingest.sentry.io/2", ".env.example": "SENTRY_DSN=\n"}, U),
        ({"shop/settings.py": "import sentry_sdk\nsentry_sdk.init()\n", "render.yaml": RENDER}, P),
        ({"shop/settings.py": "import sentry_sdk\nsentry_sdk.init(dsn='https://xxxxx@sentry.io/xxxxx')\n", "render.yaml": RENDER}, F),
        ({"shop/settings.py": "import sentry_sdk\nsentry_sdk.init(dsn=make())\n", "render.yaml": RENDER}, U),
        ({"shop/settings.py": "import sentry_sdk\nfrom decouple import config\nsentry_sdk.init(config('MY_DSN'))\n",
          "render.yaml": RENDER.replace("SENTRY_DSN", "MY_DSN")}, P),
        ({"render.yaml": RENDER}, F),
        ({"shop/settings.py": INIT, "compose.production.yml":
          "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    environment:\n      - SENTRY_DSN=${SENTRY_DSN}\n"}, P),
        ({"shop/settings.py": INIT, "compose.production.yml":
          "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    environment:\n      A: b\n"}, F),
        ({"shop/settings.py": INIT, "app.json": '{"env": {"SENTRY_DSN": {"required": true}}}'}, P),
        ({"shop/settings.py": INIT, "fly.toml": 'app = "x"\n[env]\nA = "b"\n'}, U),
    ],
)  # fmt: skip
def test_dsn_configured(files, outcome):
    assert check_one("dsn-configured", backend() | files).outcome is outcome


def test_a_sign_off_is_evidence_only_where_the_variables_cannot_be_seen():
    signed = '[[sign-offs]]\nid = "dsn-configured"\nby = "Ada"\ndate = "2099-01-01"\n'
    files = backend() | {"shop/settings.py": INIT, "sentry-setup.toml": signed}
    assert check_one("dsn-configured", files | {"railway.json": "{}"}).outcome is P
    assert check_one("dsn-configured", files | {"render.yaml": RENDER.replace("SENTRY_DSN", "OTHER")}).outcome is F


def test_dsn_configured_without_backend():
    assert check_one("dsn-configured", {"README.md": ""}).outcome is N


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        ({".github/workflows/d.yml": workflow(RELEASE, env=TOKEN + "\nSENTRY_ORG: acme")}, P),
        ({".github/workflows/d.yml": workflow("echo deploy")}, F),
        ({".github/workflows/d.yml": workflow("# " + RELEASE, env=TOKEN)}, F),
        ({".github/workflows/d.yml": workflow(RELEASE)}, F),
        ({".github/workflows/d.yml": workflow(RELEASE, env=TOKEN + "\nSENTRY_ORG: your-org")}, F),
        ({".github/workflows/d.yml": workflow(RELEASE, env=TOKEN, on="pull_request")}, F),
        ({".github/workflows/d.yml": workflow(RELEASE, env=TOKEN, on="workflow_dispatch")}, U),
        ({".github/workflows/d.yml": workflow("./go.sh", env=TOKEN).replace("steps:\n", "steps:\n      - uses: actions/checkout@v4\n"), "go.sh": RELEASE}, P),
        ({".github/workflows/d.yml": "on: push\njobs:\n  deploy:\n    uses: acme/ops/.github/workflows/deploy.yml@main\n"}, U),
        ({".github/workflows/d.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: getsentry/action-release@v3\n"
          "        env:\n          SENTRY_AUTH_TOKEN: ${{ secrets.T }}\n          SENTRY_ORG: acme\n        with:\n          projects: shop-backend\n"}, P),
        ({".github/workflows/d.yml": "on: [\n"}, U),
        ({".gitlab-ci.yml": "release:\n  script:\n    - " + RELEASE + "\n"}, P),
        ({}, U),
    ],
)  # fmt: skip
def test_release_tracking(files, outcome):
    assert check_one("release-tracking", backend() | files).outcome is outcome


def test_release_tracking_is_judged_for_each_target():
    only_backend = backend() | frontend() | {".github/workflows/d.yml": workflow(RELEASE, env=TOKEN)}
    result = check_one("release-tracking", only_backend)
    assert {v.target.name: v.outcome for v in result.verdicts} == {"backend": P, "frontend": N}
    reporting = {"frontend/src/main.tsx": "import * as Sentry from '@sentry/react'\nSentry.init({})\n"}
    result = check_one("release-tracking", only_backend | reporting)
    assert {v.target.name: v.outcome for v in result.verdicts} == {"backend": P, "frontend": F}
    build = workflow("cd frontend && npm run build", env=TOKEN)
    by_plugin = check_one("release-tracking", backend() | frontend(PLUGIN) | {".github/workflows/d.yml": build})
    assert {v.target.name: v.outcome for v in by_plugin.verdicts} == {"backend": F, "frontend": P}
    assert check_one("release-tracking", {"README.md": ""}).outcome is N


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        (frontend(PLUGIN) | {".github/workflows/d.yml": workflow("cd frontend\nnpm run build", env=TOKEN)}, P),
        (frontend(PLUGIN) | {".github/workflows/d.yml": workflow("cd frontend\nnpm run build")}, F),
        (frontend(PLUGIN), U),
        (frontend(PLUGIN) | {".github/workflows/d.yml": workflow("# cd frontend\n# npm run build", env=TOKEN)}, U),
        (frontend(PLUGIN) | {".github/workflows/d.yml": workflow("cd frontend\nnpm run build", env=TOKEN, on="pull_request")}, U),
        (frontend(PLUGIN) | {".github/workflows/a.yml": workflow("cd frontend\nnpm run build", env=TOKEN, job="test"),
                             ".github/workflows/d.yml": workflow("cd frontend\nnpm run build")}, F),
        (frontend(PLUGIN) | {"frontend/dist/index.js": ""}, F),
        (frontend(), F),
        (frontend("export default {"), U),
        (frontend(PLUGIN.replace("'hidden'", "false")), F),
        (frontend(PLUGIN.replace("'hidden'", "'inline'")), F),
        (frontend(PLUGIN.replace("'hidden'", "maybe()")), U),
        (frontend(PLUGIN.replace("org: 'acme'", "org: 'your-org-slug'")), F),
        (frontend("import { sentry } from './sentry'\nexport default { plugins: [sentry()] }"), U),
        (frontend("// sentryVitePlugin()\nexport default {}"), F),
        (frontend("export default { build: { sourcemap: true } }")
         | {".github/workflows/d.yml": workflow("sentry-cli sourcemaps upload frontend/dist", env=TOKEN)}, P),
        (frontend(PLUGIN) | {"render.yaml": "services:\n  - type: web\n    name: f\n    runtime: static\n    rootDir: frontend\n"
                             "    buildCommand: npm ci && npm run build\n"}, F),
        (frontend(PLUGIN) | {"render.yaml": "services:\n  - type: web\n    name: f\n    runtime: static\n    rootDir: frontend\n"
                             "    buildCommand: npm run build\n    envVars:\n      - key: SENTRY_AUTH_TOKEN\n        sync: false\n"}, P),
        (frontend(PLUGIN) | {"frontend/vercel.json": "{}"}, U),
        ({"package.json": '{"devDependencies": {"vite": "7", "storybook": "9"}}'}, N),
        (backend(), N),
    ],
)  # fmt: skip
def test_source_maps(files, outcome):
    assert check_one("source-maps", files).outcome is outcome


def test_project_created():
    assert check_one("project-created", backend()).outcome is U
    assert check_one("project-created", backend(), sentry()).outcome is P
    missing = Snapshot(url="u", organization="acme", missing={"backend": "shop-backend"})
    assert check_one("project-created", backend(), missing).outcome is F
    hidden = Snapshot(
        url="u",
        organization="acme",
        projects={"backend": Unavailable(reason="the token may not", hint="`project:read`")},
    )
    result = check_one("project-created", backend(), hidden)
    assert result.outcome is U and result.findings[0].hint == "`project:read`"
    assert check_one("project-created", {"README.md": ""}).outcome is N


def test_test_event_wants_both_kinds_with_one_nonce_within_30_days():
    def outcome(*events):
        return check_one("test-event", backend(), sentry(test_events=events)).outcome

    assert outcome(seen("message"), seen("error")) is P
    assert outcome(seen("message")) is F
    assert outcome() is F
    assert outcome(seen("message", "a"), seen("error", "b")) is F
    assert outcome(seen("message", days=31), seen("error", days=31)) is F
    assert check_one("test-event", backend(), sentry(test_events=Unavailable(reason="no"))).outcome is U
    assert check_one("test-event", backend()).outcome is U
    assert check_one("test-event", frontend()).outcome is N


def test_email_alerts_pass_only_when_every_new_issue_mails_someone():
    def outcome(**changes):
        return check_one("email-alerts", backend(), sentry(alerts=(replace(MAIL, **changes),))).outcome

    assert outcome() is P
    assert outcome(environment="production") is P
    assert outcome(environment="staging") is F
    assert outcome(enabled=False) is F
    assert outcome(triggers=("new_high_priority_issue",)) is F
    assert outcome(limited=True) is F
    assert outcome(actions=(replace(MAIL.actions[0], reaches=False),)) is F
    assert outcome(actions=(replace(MAIL.actions[0], kind="slack"),)) is F
    assert check_one("email-alerts", backend()).outcome is U
    assert check_one("email-alerts", backend(), sentry(alerts=Unavailable(reason="no"))).outcome is U


def test_channels_are_never_ticked_without_asking_for_the_integration():
    slack = replace(MAIL, actions=(replace(MAIL.actions[0], kind="slack"),))
    assert check_one("slack-alerts", backend(), sentry(alerts=(slack,))).outcome is U
    assert check_one("slack-alerts", backend(), sentry()).outcome is F
    assert check_one("pagerduty-alerts", backend(), sentry()).outcome is F
    assert check_one("pagerduty-alerts", backend()).outcome is U


def test_performance_reviewed_by_sign_off_only():
    signed = '[[sign-offs]]\nid = "performance-reviewed"\nby = "Ada"\nnote = "fine"\ndate = "{}"\n'
    assert check_one("performance-reviewed", backend()).outcome is U
    assert (
        check_one("performance-reviewed", backend() | {"sentry-setup.toml": signed.format("2099-01-01")}).outcome is P
    )
    assert (
        check_one("performance-reviewed", backend() | {"sentry-setup.toml": signed.format("2020-01-01")}).outcome is U
    )
    assert check_one("performance-reviewed", {"README.md": ""}).outcome is N


def test_team_access_is_honest_about_not_asking():
    assert check_one("team-access", backend()).outcome is U
    assert check_one("team-access", backend(), sentry()).outcome is U


def test_every_item_says_why_and_how():
    for item in CHECKLIST:
        why, fix = why_and_fix(item)
        assert len(why) > 40 and len(fix) > 20, item.id
        assert item.docs_url.startswith("https://") and item.looks_at


def test_every_offline_item_is_tested_in_each_outcome():
    """What an item cannot say is named here with the reason."""
    from tests.checks.test_backend_items import CASES as BACKEND
    from tests.checks.test_beyond_errors import CASES as BEYOND
    from tests.checks.test_ci_items import CASES as CI
    from tests.checks.test_frontend_items import CASES as FRONTEND

    cases = BACKEND | FRONTEND | dict(CI) | BEYOND
    cannot = {
        ("dsn-not-hardcoded", U): "needs an unreadable module; see below",
        ("dsn-target", P): "offline nobody knows the project's keys; see the online test",
        ("env-ignored", U): "needs a tree without git; see below",
        ("token-not-committed", U): "needs a tree without git; see below",
        ("token-not-in-image", U): "needs an unreadable Dockerfile; see below",
        ("token-scope", P): "no file can show the kind of a secret",
        ("uptime-monitored", F): "no file shows that Sentry requests an address, nor that it does not",
        ("frontend-sdk-installed", U): "a folder without a readable manifest is no frontend",
    }
    for item in CHECKLIST:
        if item.section in ("Production checklist", "Sentry project"):
            continue
        seen = {outcome for _, outcome in cases[item.id]}
        for outcome in (P, F, U, N):
            assert outcome in seen or (item.id, outcome) in cannot, (item.id, outcome)


class _Odd(MemoryTree):
    """A tree without git, some of whose files cannot be read."""

    versioned = False

    def __init__(self, files, unreadable=()):
        super().__init__(files)
        self.versioned = False
        self.unreadable = unreadable

    def read(self, path):
        if path in self.unreadable:
            raise UnreadableFileError(path)
        return super().read(path)


@pytest.mark.parametrize(
    ("item_id", "tree"),
    [
        ("env-ignored", _Odd(backend())),
        ("token-not-committed", _Odd({".env": "SENTRY_AUTH_TOKEN=a-real-looking-value\n"})),
        ("token-not-in-image", _Odd({"Dockerfile": ""}, ("Dockerfile",))),
        ("dsn-not-hardcoded", _Odd(backend() | {"shop/x.py": ""}, ("shop/x.py",))),
        ("token-not-committed", _Odd(backend() | {"shop/x.py": ""}, ("shop/x.py",))),
    ],
)
def test_what_cannot_be_seen_is_unknown(item_id, tree):
    assert hear(decide(Facts(tree, Config()), find_item(item_id), dt.date.today())).outcome is U


def test_dsn_target_compares_with_the_project_s_keys():
    key = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    files = backend() | {"shop/settings.py": INIT, ".env": f"SENTRY_DSN=https://{key}@o42.ingest.sentry.io/7\n"}
    right = ClientKey(public=key, active=True, dsn=f"https://{key}@o42.ingest.us.sentry.io/7")
    assert check_one("dsn-target", files, sentry(keys=(right,))).outcome is P
    assert check_one("dsn-target", files, sentry(keys=(replace(right, active=False),))).outcome is F
    assert check_one("dsn-target", files, sentry(keys=(replace(right, public="f" * 32),))).outcome is F
    assert check_one("dsn-target", files, sentry(keys=Unavailable(reason="no scope"))).outcome is U


TRACKED = "DJANGO_DB_PASSWORD=nest_user_password\n"


@pytest.mark.parametrize(
    ("path", "rules", "outcome", "message", "hint"),
    [
        (".env.e2e-tests", ".env*\n!.env.e2e-tests\n", U,
         ".env.e2e-tests contains `DJANGO_DB_PASSWORD`, and .gitignore:2 keeps it in git for tests",
         "check that nothing else uses the tests' values, then sign the item off"),
        # A name that says nothing of tests, and a file that no rule takes in.
        (".env.live", ".env*\n!.env.live\n", F, ".env.live contains `DJANGO_DB_PASSWORD`, and git does not ignore it",
         "replace the secret, run `git rm --cached .env.live`, and add `.env.live` to .gitignore"),
        (".env.e2e-tests", ".env\n", F, ".env.e2e-tests contains `DJANGO_DB_PASSWORD`, and git does not ignore it",
         "replace the secret, run `git rm --cached .env.e2e-tests`, and add `.env.e2e-tests` to .gitignore"),
    ],
)  # fmt: skip
def test_an_env_file_of_tests_that_a_rule_keeps_is_a_decision(path, rules, outcome, message, hint):
    files = backend() | {path: TRACKED, ".gitignore": rules, "shop/settings.py": INIT}
    (verdict,) = check_one("env-ignored", files).verdicts
    found = verdict.findings[0]
    assert (verdict.outcome, found.message, found.path, found.line, found.hint) == (outcome, message, path, 1, hint)
