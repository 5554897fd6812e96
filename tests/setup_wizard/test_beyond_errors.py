"""The step `beyond-errors`: each part where an answer asks for it, in the call that is there, and nothing else."""

from __future__ import annotations

import pytest

from checks.config import bare_key
from checks.errors import UsageError
from checks.model import Outcome
from setup_wizard.editors import browser_options, init_options
from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.headless import chosen_steps
from setup_wizard.questions import questions_for
from tests.support.edits import READY, VITE, after
from tests.support.repo import check_one, facts_of

FASTAPI = {
    "main.py": "import os\n\nimport sentry_sdk\nfrom fastapi import FastAPI\n\nsentry_sdk.init(\n"
    '    dsn=os.environ.get("SENTRY_DSN"),\n    traces_sample_rate=0.1,\n)\n\napp = FastAPI()\n',
    "Procfile": "web: uvicorn main:app\n",
    "requirements.txt": "fastapi==0.120.0\nsentry-sdk[fastapi]==2.75.0\n",
    ".gitignore": ".env\n",
}
SCHEDULER = (
    "from apscheduler.schedulers.blocking import BlockingScheduler\n\nscheduler = BlockingScheduler()\n\n\n"
    '@scheduler.scheduled_job("cron", hour=3)\ndef nightly():\n    pass\n\n\n'
    "def often():\n    pass\n\n\ndef odd():\n    pass\n\n\n"
    'scheduler.add_job(often, "interval", minutes=5, id="every_five")\nscheduler.add_job(odd, "interval", seconds=7)\n'
)


def test_nothing_is_planned_unless_it_is_asked_for(tmp_path):
    done = after(tmp_path, FASTAPI, "beyond-errors")
    assert done.steps["beyond-errors"].outcome == "skipped" and "backend.logs" in done.steps["beyond-errors"].reason
    assert not done.steps["beyond-errors"].files


def test_options_join_the_call_that_is_there(tmp_path):
    done = after(tmp_path, FASTAPI, "beyond-errors", **{"backend.logs": "yes", "backend.profiles": "yes"})
    assert (
        "    traces_sample_rate=0.1,\n    enable_logs=True,\n    profile_session_sample_rate=1.0,\n"
        '    profile_lifecycle="trace",\n)\n' in done.text("main.py")
    )
    assert {"logs-enabled", "profiling-enabled"} <= set(done.steps["beyond-errors"].proved)
    for item in ("logs-enabled", "profiling-enabled", "sdk-options-valid"):
        assert check_one(item, done.files).outcome is Outcome.PASS


def test_settings_of_django_get_them_too(tmp_path):
    done = after(tmp_path, READY, "beyond-errors", **{"backend.profiles": "yes"})
    text = done.text("shop/settings.py")
    assert 'profile_session_sample_rate=1.0, profile_lifecycle="trace", traces_sample_rate=0.1)' in text
    assert check_one("profiling-enabled", done.files).outcome is Outcome.PASS


def test_a_backend_without_the_sdk_does_not_hold_up_the_others(tmp_path):
    service = (
        "  - type: web\n    name: {0}\n    runtime: python\n    rootDir: {0}\n    startCommand: uvicorn main:app\n"
    )
    bare = "from fastapi import FastAPI\n\napp = FastAPI()\n"
    files = {"render.yaml": "services:\n" + service.format("admin") + service.format("api"), ".gitignore": ".env\n"}
    files |= {"admin/main.py": bare, "admin/requirements.txt": "fastapi==0.120.0\n"}
    files |= {f"api/{n}": FASTAPI[n] for n in ("main.py", "requirements.txt")}
    done = after(tmp_path, files, "beyond-errors", **{"backend.logs": "yes"})
    assert "enable_logs=True" in done.text("api/main.py") and done.text("admin/main.py") == bare
    assert "admin/main.py" in done.left and "run the step `sdk` first" in done.left
    alone = after(
        tmp_path / "alone",
        {"main.py": bare, "requirements.txt": "fastapi\n"},
        "beyond-errors",
        **{"backend.logs": "yes"},
    )
    assert alone.steps["beyond-errors"].outcome == "skipped"


def test_jobs_get_monitors_with_their_schedule(tmp_path):
    files = FASTAPI | {"jobs.py": SCHEDULER, "requirements.txt": FASTAPI["requirements.txt"] + "apscheduler==3.11.0\n"}
    done = after(tmp_path, files, "beyond-errors", **{"backend.crons": "yes"})
    text = done.text("jobs.py")
    assert (
        '@scheduler.scheduled_job("cron", hour=3)\n@sentry_sdk.monitor(\n    monitor_slug="nightly",\n    monitor_config={\n'
        '        "schedule": {"type": "crontab", "value": "0 3 * * *"},\n    },\n)\ndef nightly():\n' in text
    )
    assert '"schedule": {"type": "interval", "value": 5, "unit": "minute"},' in text and "every-five" in text
    assert text.count("@sentry_sdk.monitor(") == 2 and "import sentry_sdk\n" in text
    assert "odd() cannot be written as a crontab" in done.left
    compile(text, "jobs.py", "exec")


def test_commands_that_a_host_starts_get_monitors(tmp_path):
    command = "from django.core.management.base import BaseCommand\n\n\nclass Command(BaseCommand):\n    def handle(self, *args, **options):\n        pass\n"
    cron = "services:\n  - type: cron\n    name: digest\n    runtime: python\n    schedule: 30 3 * * 1\n    startCommand: python manage.py send_digest\n"
    files = READY | {"shop/management/commands/send_digest.py": command, "render.yaml": cron}
    done = after(tmp_path, files, "beyond-errors", **{"backend.crons": "yes"})
    text = done.text("shop/management/commands/send_digest.py")
    assert '    @sentry_sdk.monitor(\n        monitor_slug="send-digest",\n' in text
    assert '"value": "30 3 * * 1"}' in text and "    )\n    def handle(self" in text
    assert check_one("crons-monitored", done.files).outcome is Outcome.PASS


def test_celery_s_schedule_is_watched_by_its_integration(tmp_path):
    code = 'import sentry_sdk\nfrom celery import Celery\n\nsentry_sdk.init()\n\napp = Celery("jobs")\napp.conf.beat_schedule = {"a": {"task": "b", "schedule": 9.0}}\n'
    files = {
        "jobs.py": code,
        "Procfile": "worker: celery -A jobs worker\n",
        "requirements.txt": "celery==5.5.3\nsentry-sdk==2.75.0\n",
    }
    done = after(tmp_path, files, "beyond-errors", **{"backend.crons": "yes"})
    assert "sentry_sdk.init(integrations=[CeleryIntegration(monitor_beat_tasks=True)])" in done.text("jobs.py")
    imported = "from celery import Celery\nfrom sentry_sdk.integrations.celery import CeleryIntegration\n"
    assert imported in done.text("jobs.py") and "celery-monitored" in done.steps["beyond-errors"].proved


def test_a_client_that_is_not_traced_by_itself_is_listed(tmp_path):
    files = FASTAPI | {"requirements.txt": FASTAPI["requirements.txt"] + "litellm==1.80.0\n"}
    done = after(tmp_path, files, "beyond-errors", **{"backend.ai": "yes"})
    assert "    integrations=[LiteLLMIntegration()],\n" in done.text("main.py")
    assert check_one("ai-monitored", done.files).outcome is Outcome.PASS


def test_an_sdk_that_does_not_know_an_option_is_not_given_it(tmp_path):
    files = READY | {"requirements.txt": "Django==5.2.8\nsentry-sdk==2.18.0\n"}
    done = after(tmp_path, files, "beyond-errors", **{"backend.logs": "yes"})
    assert done.steps["beyond-errors"].outcome == "refused" and "does not know enable_logs" in done.left


def test_an_option_that_is_given_is_never_rewritten(tmp_path):
    code = FASTAPI["main.py"].replace("traces_sample_rate=0.1", "enable_logs=False")
    done = after(tmp_path, FASTAPI | {"main.py": code}, "beyond-errors", **{"backend.logs": "yes"})
    assert done.text("main.py") == code and "never rewritten" in done.left


def test_the_browser_s_call_gets_replay_feedback_and_logs(tmp_path):
    chosen = {"frontend.replay": "yes", "frontend.feedback": "yes", "frontend.logs": "yes"}
    call = (
        'import * as Sentry from "@sentry/react";\n\nSentry.init({\n  dsn: import.meta.env.VITE_SENTRY_DSN,\n'
        "  integrations: [Sentry.browserTracingIntegration()],\n});\n"
    )
    package = VITE["web/package.json"].replace(
        '"react": "^19.2.0"', '"@sentry/react": "^10.78.0",\n    "react": "^19.2.0"'
    )
    files = VITE | {
        "web/package.json": package,
        "web/src/instrument.ts": call,
        "web/src/main.tsx": 'import "./instrument";\n' + VITE["web/src/main.tsx"],
    }
    done = after(tmp_path, files, "beyond-errors", **chosen)
    text = done.text("web/src/instrument.ts")
    assert "Sentry.replayIntegration()" in text and "Sentry.feedbackIntegration()" in text
    assert "  replaysSessionSampleRate: 0.1,\n  replaysOnErrorSampleRate: 1,\n  enableLogs: true,\n});" in text
    for item in ("replay-enabled", "feedback-enabled", "logs-enabled", "frontend-pii-off"):
        assert check_one(item, done.files).outcome is Outcome.PASS, item


def test_an_uptime_monitor_is_left_to_the_person_with_its_page(tmp_path):
    done = after(tmp_path, FASTAPI, "beyond-errors", **{"uptime.url": "https://shop.example/health"})
    task = done.steps["beyond-errors"].manual[0]
    assert task.url == "https://sentry.io/organizations/acme/monitors/" and "https://shop.example/health" in task.title
    assert "sign-off uptime-monitored" in (task.command or "")


def test_an_answer_chooses_the_step_and_another_word_is_refused(tmp_path):
    from checks.audit import run_audit

    report = run_audit(facts_of(FASTAPI), ())
    assert [s.id for s in chosen_steps(report, {"backend.api.logs": "yes"})] == ["beyond-errors"]
    assert bare_key("backend.api.logs") == "backend.logs" and bare_key("uptime.url") == "uptime.url"
    with pytest.raises(UsageError):
        after(tmp_path, FASTAPI, "beyond-errors", **{"backend.logs": "maybe"})


def test_questions_ask_for_what_can_be_of_use_and_offer_it_off():
    asked = {q.key: q for q in questions_for("beyond-errors", facts_of(FASTAPI), None)}
    assert list(asked) == ["backend.logs", "backend.profiles", "uptime.url"]
    assert all(q.value in ("no", "") for q in asked.values()) and "billed" in asked["backend.logs"].found
    assert asked["uptime.url"].problem("shop") and not asked["uptime.url"].problem("https://shop.example")
    more = FASTAPI | VITE | {"requirements.txt": FASTAPI["requirements.txt"] + "celery==5\nopenai==2.0\n"}
    keys = [q.key for q in questions_for("beyond-errors", facts_of(more), None)]
    assert keys == [
        "backend.logs",
        "backend.profiles",
        "backend.crons",
        "backend.ai",
        "frontend.logs",
        "frontend.replay",
        "frontend.feedback",
        "uptime.url",
    ]


BEAT = init_options.Integration(module="celery", name="CeleryIntegration", keywords=("monitor_beat_tasks=True",))
LISTS = {
    "integrations=[DjangoIntegration()]": "integrations=[DjangoIntegration(), CeleryIntegration(monitor_beat_tasks=True)]",
    "integrations=[CeleryIntegration()]": "integrations=[CeleryIntegration(monitor_beat_tasks=True)]",
    "integrations=[]": "integrations=[CeleryIntegration(monitor_beat_tasks=True)]",
    "integrations=[\n    DjangoIntegration(),\n]": "integrations=[\n    DjangoIntegration(),\n    CeleryIntegration(monitor_beat_tasks=True),\n]",
    "integrations=[\n    DjangoIntegration()\n]": "integrations=[\n    DjangoIntegration(),\n    CeleryIntegration(monitor_beat_tasks=True)\n]",
    "integrations=LIST": None,
    "**OPTIONS": None,
    "integrations=[CeleryIntegration(monitor_beat_tasks=False)]": "",
}


@pytest.mark.parametrize("written", LISTS)
def test_lists_of_integrations(written):
    done = init_options.add_options(f"import sentry_sdk\nsentry_sdk.init({written})\n".encode(), 2, {}, [BEAT], "s.py")
    expected = LISTS[written]
    if expected is None:
        assert isinstance(done, Refused) and "CeleryIntegration(monitor_beat_tasks=True)" in done.snippet
    elif not expected:
        assert isinstance(done, Unchanged)
    else:
        assert isinstance(done, Edited)
        imported = "from sentry_sdk.integrations.celery import CeleryIntegration\n"
        assert done.data.decode() == f"import sentry_sdk\n{imported}sentry_sdk.init({expected})\n"


@pytest.mark.parametrize(
    ("call", "integrations"),
    [
        ("init({})", ["replayIntegration"]),
        ("Sentry.init({ integrations: given })", ["replayIntegration"]),
        ("Sentry.init({ ...given })", []),
        ("Sentry.init(given)", []),
    ],
)
def test_calls_of_the_browser_that_are_not_written_out_are_refused(call, integrations):
    done = browser_options.add_options(f"{call}\n".encode(), 1, {"enableLogs": "true"}, integrations, "a.ts")
    assert isinstance(done, Refused) and "enableLogs: true" in done.snippet


def test_the_board_keeps_offers_apart_and_words_follow_the_framework(tmp_path):
    import datetime as dt

    from checks.audit import decide
    from checks.checklist import find_item
    from setup_wizard.session import Session
    from setup_wizard.ui.board import Group, group_of
    from setup_wizard.ui.text import documentation

    facts = facts_of(FASTAPI)
    groups = {}
    for item in ("logs-enabled", "crons-monitored", "sdk-initialized"):
        groups[item] = group_of(find_item(item), decide(facts, find_item(item), dt.date.today()), connected=False)
    assert groups == {
        "logs-enabled": Group.OFFERED,
        "crons-monitored": Group.NOT_APPLICABLE,
        "sdk-initialized": Group.PASSING,
    }
    for name, text in FASTAPI.items():
        (tmp_path / name).write_text(text)
    guide = Session(tmp_path, {}, environ={}, install=False).header().guide
    item = find_item("sdk-installed")
    assert documentation(item, guide) == "https://docs.sentry.io/platforms/python/integrations/fastapi/#install"
    assert documentation(item, "") == item.docs_url and "/django/" in item.docs_url
