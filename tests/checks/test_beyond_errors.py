"""The items of the section Beyond errors: nothing fails unless it is asked for, or is on and without effect."""

from __future__ import annotations

import pytest

from checks.checklist import CHECKLIST
from checks.model import Outcome, Severity
from checks.targets.crontabs import crontabs
from checks.targets.triggers import crontab, schedule_of
from tests.checks.test_backend_items import ENV, NOTHING, STAR, UNREAD, django
from tests.checks.test_frontend_items import web
from tests.support.repo import assert_outcome, backend, check_one, facts_of, numbered

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


def asked(**answers: str) -> dict[str, str]:
    rows = "".join(f'{k.replace("__", ".")} = "{v}"\n' for k, v in answers.items())
    return {"sentry-setup.toml": rows}


TRACED = ENV + ", traces_sample_rate=0.1"
PROFILED = ", profile_session_sample_rate=1.0"
JOB = (
    "from apscheduler.schedulers.blocking import BlockingScheduler\nimport sentry_sdk\n\n"
    "scheduler = BlockingScheduler()\n\n\n@scheduler.scheduled_job('cron', hour=3)\n{}def nightly():\n    pass\n"
)
MONITOR = "@sentry_sdk.monitor(monitor_slug='nightly')\n"
COMMAND = "from django.core.management.base import BaseCommand\n\n\nclass Command(BaseCommand):\n    def handle(self):\n        pass\n"
CRON = {
    "shop/management/commands/digest.py": COMMAND,
    "render.yaml": "services:\n  - type: cron\n    name: digest\n    runtime: python\n    schedule: 0 3 * * *\n"
    "    startCommand: python manage.py digest\n",
}

TABLE = {
    "shop/management/commands/digest.py": COMMAND,
    "deploy/crontab": "CRON_TZ=Europe/Rome\n# nightly\n0 3 * * * cd /srv && python manage.py digest >> /var/log/digest 2>&1\n",
}


def scheduled(files: dict[str, str]) -> dict[str, str]:
    return files | {"requirements.txt": files["requirements.txt"] + "apscheduler==3.11.0\n"}


def model(files: dict[str, str], client: str = "openai==2.0.0") -> dict[str, str]:
    return files | {"requirements.txt": files["requirements.txt"] + client + "\n"}


MORE = {"requirements-more.txt": "django\nopenai==2.0.0\n"}
IMAGE = {
    "Dockerfile": "FROM python:3.13\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt\nCMD gunicorn shop.wsgi\n"
}
BOUNDARY = "import * as Sentry from '@sentry/react'\nexport const page = <{}><p /></Sentry.ErrorBoundary>\n"
REPLAY = "integrations: [Sentry.replayIntegration()]"
CASES: dict[str, list[tuple[dict[str, str], Outcome]]] = {
    "logs-enabled": [
        (django(ENV + ", enable_logs=True"), P),
        (django(ENV + ", enable_logs=not False"), P),
        (django(ENV + ', _experiments={"enable_logs": True}', sdk="==2.30.0"), P),
        (django(ENV), N),
        (django(ENV + ", enable_logs=False"), N),
        (django(ENV) | asked(backend__logs="no"), N),
        (django(ENV) | asked(backend__logs="yes"), F),
        (django(ENV + ", enable_logs=chosen()"), U),
        (django(ENV + ", enable_logs=True, default_integrations=False"), U),
        (django(STAR), U),
        (web("enableLogs: true"), P),
        (web(), N),
        (web() | asked(frontend__logs="yes"), F),
        (web("enableLogs: chosen()"), U),
        (NOTHING, N),
    ],
    "profiling-enabled": [
        (django(TRACED + PROFILED + ', profile_lifecycle="trace"'), P),
        (django(TRACED + ", profiles_sample_rate=0.1"), P),
        (
            django(TRACED + PROFILED) | {"shop/start.py": "import sentry_sdk\nsentry_sdk.profiler.start_profiler()\n"},
            P,
        ),
        (django(TRACED + PROFILED), F),
        (django(ENV + PROFILED + ', profile_lifecycle="trace"'), F),
        (django(TRACED) | asked(backend__profiles="yes"), F),
        (django(TRACED), N),
        (django(TRACED + ", profile_session_sample_rate=0"), N),
        (django(TRACED + ", profile_session_sample_rate=chosen()"), U),
        (django(TRACED + PROFILED + ", profile_lifecycle=chosen()"), U),
        (django(STAR), U),
    ],
    "crons-monitored": [
        (scheduled(django(ENV, **{"shop/jobs.py": JOB.format(MONITOR)})), P),
        (scheduled(django(ENV, **{"shop/jobs.py": JOB.format("")})), N),
        (scheduled(django(ENV, **{"shop/jobs.py": JOB.format("")})) | asked(backend__crons="yes"), F),
        (django(ENV) | CRON, N),
        (django(ENV) | CRON | asked(backend__crons="yes"), F),
        (django(ENV) | TABLE | asked(backend__crons="yes"), F),
        (django(ENV) | TABLE, N),
        (scheduled(django(ENV, **{"shop/jobs.py": "def broken(:\n scheduled_job\n"})), U),
        (django(ENV), N),
    ],
    "ai-monitored": [
        (model(django(TRACED)), P),
        (model(django(TRACED), "litellm==1.80.0"), N),
        (
            model(django(TRACED + ", integrations=[LiteLLMIntegration()]"), "litellm==1.80.0")
            | {
                "shop/settings.py": "import os\nimport sentry_sdk\nfrom sentry_sdk.integrations.litellm import LiteLLMIntegration\n"
                f"sentry_sdk.init({TRACED}, integrations=[LiteLLMIntegration()])\n"
            },
            P,
        ),
        (model(django(ENV)), N),
        (model(django(ENV)) | asked(backend__ai="yes"), F),
        (model(django(TRACED + ", auto_enabling_integrations=False")) | asked(backend__ai="yes"), F),
        (model(django(TRACED, sdk="==2.40.0"), "google-genai==1.30.0"), N),
        (model(django(TRACED + ", disabled_integrations=chosen()")), U),
        (model(django(STAR)), U),
        (django(TRACED), N),
        (model(django(TRACED), "anthropic==0.7.8"), N),
        (django(TRACED) | MORE, P),
        (django(TRACED) | MORE | IMAGE, N),
        (
            django(TRACED)
            | MORE
            | {"Dockerfile": IMAGE["Dockerfile"].replace("-r req", "-r requirements-more.txt -r req")},
            P,
        ),
        (
            django(TRACED)
            | {"requirements-more.txt": MORE["requirements-more.txt"]}
            | {"requirements.txt": "-r requirements-more.txt\ndjango\nsentry-sdk==2.75.0\n"}
            | IMAGE,
            P,
        ),
    ],
    "replay-enabled": [
        (web(REPLAY + ", replaysOnErrorSampleRate: 1"), P),
        (web(REPLAY), F),
        (web(REPLAY + ", replaysSessionSampleRate: 0"), F),
        (web(REPLAY + ", replaysSessionSampleRate: chosen()"), U),
        (web("...options"), U),
        (web(), N),
        (web() | asked(frontend__replay="yes"), F),
    ],
    "feedback-enabled": [
        (web("integrations: [Sentry.feedbackIntegration()]"), P),
        (web(**{"frontend/src/oops.ts": "import * as Sentry from '@sentry/react'\nSentry.showReportDialog()\n"}), P),
        (web(**{"frontend/src/oops.tsx": BOUNDARY.format("Sentry.ErrorBoundary showDialog")}), P),
        (web(**{"frontend/src/oops.tsx": BOUNDARY.format("Sentry.ErrorBoundary showDialog={true}")}), P),
        (web(**{"frontend/src/oops.tsx": BOUNDARY.format("Sentry.ErrorBoundary showDialog={false}")}), N),
        (web(**{"frontend/src/oops.tsx": BOUNDARY.format("Other.ErrorBoundary showDialog")}), N),
        (web(**{"frontend/src/oops.ts": "// Sentry.showReportDialog()\n"}), N),
        (web() | asked(frontend__feedback="yes"), F),
        (web("...options"), U),
        (web(), N),
    ],
    "uptime-monitored": [
        (backend(), N),
        (backend() | asked(uptime__url="https://shop.example"), U),
        (
            backend()
            | {
                "sentry-setup.toml": '[[sign-offs]]\nid = "uptime-monitored"\nby = "Ann"\nnote = "seen"\n'
                "date = 2099-01-01\n"
            },
            P,
        ),
        (NOTHING, N),
    ],
}


@pytest.mark.parametrize(("item_id", "files", "outcome"), numbered(CASES))
def test_outcome(item_id, files, outcome):
    assert_outcome(item_id, files, outcome)


def test_none_of_them_can_fail_an_audit_and_each_says_what_it_costs():
    items = [i for i in CHECKLIST if i.section == "Beyond errors"]
    assert {i.id for i in items} == CASES.keys() and all(i.severity is Severity.OPTIONAL for i in items)
    full = scheduled(model(django(ENV, **{"shop/jobs.py": JOB.format("")}))) | web()
    for item in items:
        found = check_one(item.id, full)
        assert found.outcome is N and "--set" in (found.findings[0].hint or ""), item.id
        assert any(w in found.findings[0].message for w in ("billed", "bundle")), item.id


def test_settings_that_do_not_parse_are_unknown():
    assert check_one("logs-enabled", backend() | UNREAD).outcome is U


TRIGGERS = {
    "'interval', minutes=5": ("interval", "5", "minute"),
    "'interval', seconds=120": ("interval", "2", "minute"),
    "'interval', seconds=30": None,
    "'interval', hours=1, minutes=30": None,
    "'cron', hour=3": ("crontab", "0 3 * * *", ""),
    "'cron', minute='*/5'": ("crontab", "*/5 * * * *", ""),
    "'cron', day_of_week='mon-fri', hour=9": ("crontab", "0 9 * * 1,2,3,4,5", ""),
    "'cron', day_of_week=6": ("crontab", "0 0 * * 0", ""),
    "'cron', day_of_week='sat-sun'": ("crontab", "0 0 * * 0,6", ""),
    "'cron', day=1": ("crontab", "0 0 1 * *", ""),
    "'cron', month=1": ("crontab", "0 0 1 1 *", ""),
    "'cron', day='last'": None,
    "'cron', second=10": None,
    "'cron', day=1, day_of_week='mon'": None,
    "'cron', hour=hour": None,
    "CronTrigger(hour=3, timezone='Europe/Berlin')": ("crontab", "0 3 * * *", ""),
    "CronTrigger.from_crontab('0 3 * * *')": ("crontab", "0 3 * * *", ""),
    "CronTrigger.from_crontab('0 3 * * 1')": None,
    "IntervalTrigger(days=1)": ("interval", "1", "day"),
    "trigger": None,
}


@pytest.mark.parametrize("text", TRIGGERS)
def test_triggers_as_sentry_takes_them(text):
    import ast

    call = ast.parse(f"f({text})", mode="eval").body
    found = schedule_of(call.args[0], {k.arg: k.value for k in call.keywords}, "")
    assert (found and (found.kind, found.value, found.unit)) == TRIGGERS[text]


TABLES = {
    ("deploy/crontab", "0 3 * * * python manage.py digest\n"): [("0 3 * * *", "", 1)],
    ("deploy/crontab", "CRON_TZ=Europe/Rome\n\n@daily cd /a && uv run python manage.py digest\n"): [
        ("0 0 * * *", "Europe/Rome", 3)
    ],
    ("etc/cron.d/shop", "*/5 * * * * www-data python manage.py digest\n"): [("*/5 * * * *", "", 1)],
    ("deploy/shop.cron", "# 0 3 * * * python manage.py digest\n@reboot python manage.py digest\n0 3 * *\n"): [],
    ("tests/crontab", "0 3 * * * python manage.py digest\n"): [],
    ("deploy/table", "0 3 * * * python manage.py digest\n"): [],
}


@pytest.mark.parametrize(("path", "text"), TABLES)
def test_the_commands_of_a_crontab(path, text):
    found = [c for c in crontabs(facts_of({path: text})) if "manage.py" in c.words]
    assert [(c.schedule, c.zone, c.line) for c in found] == TABLES[path, text]
    assert all(c.words == ("python", "manage.py", "digest") for c in found)


def test_crontabs_of_hosts():
    assert crontab("0 3 * * 1") == "0 3 * * 1" and crontab("@daily") is None and crontab("H 3 * * *") is None
