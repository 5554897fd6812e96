"""What a command starts and when a job runs, word by word."""

from __future__ import annotations

import ast

import pytest

from checks.backends.roots import has_manifest
from checks.hosts.commands import start_commands
from checks.hosts.started import started_by, unwrapped
from checks.targets.triggers import Schedule, crontab, schedule_of
from tests.support.repo import facts_of


@pytest.mark.parametrize(
    ("words", "started"),
    [
        ("gosu web uvicorn main:app", ("main", "app", "web", "uvicorn")),
        ("su-exec web uvicorn main:app", ("main", "app", "web", "uvicorn")),
        ("dumb-init -- uvicorn main:app --reload", ("main", "app", "web", "uvicorn")),
        ("env A=1 uvicorn main:app", ("main", "app", "web", "uvicorn")),
        ("poetry run uvicorn main:app", ("main", "app", "web", "uvicorn")),
        ("uv run --project api uvicorn main:app", ("main", "app", "web", "uvicorn")),
        ("python3.12 -m uvicorn main:app", ("main", "app", "web", "uvicorn")),
        ("celery -A shop.tasks worker -l info", ("shop.tasks", "", "worker", "celery")),
        ("huey_consumer.py shop.tasks.huey -w 4", ("shop.tasks", "huey", "worker", "huey_consumer.py")),
        ("poetry install", None),
        ("npm start", None),
    ],
)
def test_what_words_start(words, started):
    found = started_by(tuple(words.split()), {})
    assert (found and (found.module, found.attribute, found.kind, found.server)) == started


def test_words_behind_what_starts_them():
    assert unwrapped(("uv", "run", "--with", "x", "sudo", "-u", "web", "gunicorn", "a:b")) == ("gunicorn", "a:b")
    assert unwrapped(("coverage", "report")) == ("coverage", "report")
    assert unwrapped(("exec",)) == ()


def commands(files: dict[str, str]) -> list[tuple[str, str, int, int]]:
    found = [(" ".join(c.words), c.path, int(c.line), c.rank) for c in start_commands(facts_of(files))]
    return list(dict.fromkeys(found))


def test_commands_of_shells_and_images():
    image = 'FROM python:3\nWORKDIR /app\nCMD ["sh", "-c", "migrate && gunicorn a:b"]\n'
    assert commands({"Dockerfile": image}) == [("migrate", "Dockerfile", 3, 1), ("gunicorn a:b", "Dockerfile", 3, 1)]
    assert commands({"Dockerfile": "FROM x\nCMD false && gunicorn a:b\n"}) == [("false", "Dockerfile", 2, 1)]
    assert commands({"tests/Dockerfile": image}) == []
    script = {"Dockerfile": 'FROM x\nCMD ["./run.sh"]\n', "run.sh": "set -e\n\nsh -c 'a; b'\nexec c\n"}
    assert [c for c in commands(script) if c[1] == "run.sh" and c[3] == 1] == [
        ("set -e", "run.sh", 1, 1),
        ("a", "run.sh", 3, 1),
        ("b", "run.sh", 3, 1),
        ("c", "run.sh", 4, 1),
    ]
    assert commands({"Procfile": "web: bash -ec 'uvicorn main:app'\n"}) == [("uvicorn main:app", "Procfile", 1, 0)]


def test_a_setup_py_that_sets_nothing_up_declares_no_dependencies():
    facts = facts_of({"a/setup.py": "x = 1\n", "b/setup.py": "setup(name='b')\n", "c/requirements.txt": ""})
    assert [has_manifest(facts, folder) for folder in "abcd"] == [False, True, True, False]


def test_a_crontab_has_five_plain_fields():
    assert crontab(" 0 3  * * 1-5 ") == "0 3 * * 1-5"
    assert [crontab(t) for t in ("0 3 * *", "0 3 * * * *", "@daily x x x x", "0 3 * * mon")] == [None] * 4
    assert crontab("0 3 * * 1", days_from_monday=True) is None
    assert crontab("0 3 1 * *", days_from_monday=True) == "0 3 1 * *"


def at(text: str, zone: str | None = "UTC", **named: object) -> tuple[str, str, str, str] | None:
    fields = {n: ast.Constant(value=v) for n, v in named.items()}
    found = schedule_of(ast.parse(text, mode="eval").body, fields, zone)  # type: ignore[arg-type]
    assert found is None or isinstance(found, Schedule)
    return (found.kind, found.value, found.unit, found.zone) if found is not None else None


def test_schedules_of_apscheduler():
    assert at("'cron'", day_of_week="mon-fri") == ("crontab", "0 0 * * 1,2,3,4,5", "", "UTC")
    assert at("'cron'", day_of_week="sun,sat", hour=3) == ("crontab", "0 3 * * 0,6", "", "UTC")
    assert at("'cron'", hour="*/2") == ("crontab", "0 */2 * * *", "", "UTC")
    assert at("'cron'", month=2) == ("crontab", "0 0 1 2 *", "", "UTC")
    assert at("'cron'", day=1, day_of_week="mon") is None, "both at once"
    assert at("'cron'", second=30) is None
    assert at("'cron'", zone=None, hour=3) is None
    assert at("CronTrigger(hour=4, timezone='Europe/Zurich')") == ("crontab", "0 4 * * *", "", "Europe/Zurich")
    assert at("CronTrigger.from_crontab('5 4 * * *')") == ("crontab", "5 4 * * *", "", "UTC")
    assert at("CronTrigger.from_crontab('5 4 * * 1')") is None
    assert at("CronTrigger(**given)") is None
    assert at("'interval'", seconds=120) == ("interval", "2", "minute", "")
    assert at("'interval'", seconds=90) is None
    assert at("IntervalTrigger(hours=6)") == ("interval", "6", "hour", "")
    assert at("'interval'", hours=1, minutes=5) is None
    assert at("'interval'", hours=0) is None
    assert at("'date'") is None
    assert at("trigger") is None
