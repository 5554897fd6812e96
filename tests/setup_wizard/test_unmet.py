"""Every required item that fails after a run is among what is left to the person, with its place and the text that waives it."""

from __future__ import annotations

import argparse
import json
import subprocess

import pytest

from setup_wizard.headless import run_apply, run_plan
from tests.support.edits import BARE, READY, VITE, after

SENT = "\nsentry_sdk.init(dsn=os.environ.get('SENTRY_DSN'), environment='production', release='1', send_default_pii=True)\n"
HEAD = "import os\nimport sentry_sdk\n"


def told(root, capsys, files, *steps, run=run_apply):
    """Return what a run without or with named steps prints as JSON."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for words in (("init", "-q"), ("add", "-A"), ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x")):
        subprocess.run(["git", "-C", str(root), *words], check=True)
    arguments = argparse.Namespace(
        **{"steps": list(steps), "repo": str(root), "assignments": ["sentry.org=acme"], "answers": None, "yes": True},
        **{"offline": True, "no_install": True, "interactive": False, "format": "json", "branch": None},
    )
    run(arguments)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("run", [run_apply, run_plan])
def test_what_no_step_is_for_is_told_where_no_step_is_named(tmp_path, capsys, run):
    files = BARE | {"shop/settings.py": BARE["shop/settings.py"].replace("DEBUG = False", "DEBUG = True")}
    [task] = [t for t in told(tmp_path, capsys, files, run=run)["manual"] if "debug-off" in t["reason"]]
    assert (task["step"], task["place"], task["path"]) == (None, "shop/settings.py:5", "shop/settings.py")
    assert task["title"].endswith("shop/settings.py:5") and "sentry-setup waive debug-off" in task["reason"]


def test_a_named_step_speaks_only_of_its_own(tmp_path, capsys):
    files = BARE | {"shop/settings.py": BARE["shop/settings.py"].replace("DEBUG = False", "DEBUG = True") + HEAD + SENT}
    files |= {"requirements.txt": READY["requirements.txt"]}
    reasons = [t["reason"] or "" for t in told(tmp_path, capsys, files, "sdk")["manual"]]
    assert any("pii-off" in r for r in reasons) and not any("debug-off" in r for r in reasons)


def test_an_item_of_a_step_that_had_nothing_to_do_is_told(tmp_path, capsys):
    """The step `sdk` proves other items, all of which pass: no run of all steps takes it."""
    files = BARE | {"shop/settings.py": HEAD + BARE["shop/settings.py"] + SENT}
    files |= {"requirements.txt": READY["requirements.txt"]}
    made = told(tmp_path, capsys, files)
    [task] = [t for t in made["manual"] if "pii-off" in (t["reason"] or "")]
    assert task["title"] == "set it to False in shop/settings.py:7" and "sdk" not in {s["step"] for s in made["steps"]}


def test_what_a_step_left_of_its_own_items_is_told_though_it_changed_another_file(tmp_path):
    kept = {".env.docker": "SECRET_KEY=abcdefghijklmnopqrstuvwxyz0123456789\n"}
    loading = {"shop/settings.py": "from dotenv import load_dotenv\n\nload_dotenv()\n" + READY["shop/settings.py"]}
    done = after(tmp_path, READY | loading | kept, "dsn")
    assert done.steps["dsn"].outcome.value == "applied"
    [task] = [t for t in done.steps["dsn"].manual if "SECRET_KEY" in t.reason]
    assert task.path == ".env.docker" and "waive env-ignored" in task.reason


def test_an_option_of_the_browser_has_its_place(tmp_path):
    entry = VITE["web/src/main.tsx"] + 'import * as Sentry from "@sentry/react";\n'
    entry += "Sentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN, sendDefaultPii: true });\n"
    manifest = VITE["web/package.json"].replace('"react":', '"@sentry/react": "^10.0.0",\n    "react":')
    files = BARE | VITE | {"web/src/main.tsx": entry, "web/package.json": manifest}
    done = after(tmp_path, files, "frontend-sdk")
    [task] = [t for t in done.steps["frontend-sdk"].manual if "sendDefaultPii" in t.reason]
    assert task.place == "web/src/main.tsx:5" and "web/src/main.tsx:5" in task.title


def test_a_waived_item_is_not_told(tmp_path, capsys):
    waived = '[[tool.sentry-setup.waivers]]\nid = "debug-off"\nreason = "a demo"\nuntil = 2099-01-01\n'
    files = BARE | {"shop/settings.py": BARE["shop/settings.py"].replace("DEBUG = False", "DEBUG = True")}
    made = told(tmp_path, capsys, files | {"pyproject.toml": waived})
    assert not any("debug-off" in (t["reason"] or "") for t in made["manual"])


_COMPOSE = (
    "services:\n  web:\n    image: a/shop\n    command: gunicorn shop.wsgi\n    environment:\n      SECRET_KEY: x\n"
)
_FLOW = (
    "on:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: actions/checkout@v5\n      - run: ssh web 'docker compose pull && docker compose up -d'\n"
)


def again(root, capsys, *steps):
    """Return what a plan says in the same repository."""
    arguments = argparse.Namespace(
        **{"steps": list(steps), "repo": str(root), "assignments": ["sentry.org=acme"], "answers": None},
        **{"offline": True, "format": "json"},
    )
    run_plan(arguments)
    return json.loads(capsys.readouterr().out)


def test_what_an_earlier_run_left_is_told_until_it_is_seen_done(tmp_path, capsys):
    """The steps that left it prove their items now, and no later run takes them."""
    files = BARE | {"docker-compose.yml": _COMPOSE, ".github/workflows/deploy.yml": _FLOW}
    first = told(tmp_path, capsys, files)
    second = again(tmp_path, capsys)
    assert not second["files"] and "dsn" not in {s["step"] for s in second["steps"]}
    ids = {t["id"] for t in first["manual"] if t["id"].startswith(("ci-", "host-"))}
    assert ids == {"ci-secret:SENTRY_AUTH_TOKEN", "host-value:docker-compose.yml:web:SENTRY_DSN"}
    assert ids <= {t["id"] for t in second["manual"]}
    [value] = [t for t in second["manual"] if t["id"] == "host-value:docker-compose.yml:web:SENTRY_DSN"]
    assert value["title"] == "set SENTRY_DSN for web on Docker Compose (production)"
    assert value["reason"].startswith("docker-compose.yml declares it and leaves the value to")
    titles = [t["title"] for t in second["manual"]]
    assert any(t.startswith("set SENTRY_RELEASE to the deployed commit where backend runs") for t in titles), titles


def test_what_an_earlier_run_left_is_told_with_its_step_where_that_is_named(tmp_path, capsys):
    told(tmp_path, capsys, BARE | {"docker-compose.yml": _COMPOSE})
    [task] = [t for t in again(tmp_path, capsys, "dsn")["manual"] if t["id"].startswith("host-")]
    assert (task["step"], task["path"]) == ("dsn", "docker-compose.yml")
    assert again(tmp_path, capsys, "sdk")["manual"] == []


FLOW = """on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: flyctl deploy --remote-only
"""


@pytest.mark.parametrize("run", [run_apply, run_plan])
def test_a_release_job_of_this_run_is_judged_with_the_projects_of_this_run(tmp_path, capsys, run):
    """The job names the project of one part; the configuration that the same run writes says which one."""
    second = {p.replace("web/", "admin/"): t for p, t in VITE.items()}
    files = {f"api/{p}": t for p, t in READY.items()} | VITE | second
    files |= {
        "api/fly.toml": "app = 'shop'\n",
        ".github/workflows/deploy.yml": FLOW + "        working-directory: api\n",
    }
    root = tmp_path / "vue-shop"  # the name says nothing of the part
    root.mkdir()
    said = told(root, capsys, files, run=run)
    assert any(s["step"] == "release-tracking" and s["outcome"] in ("applied", "planned") for s in said["steps"])
    assert not [t["reason"] for t in said["manual"] if "creates releases for" in (t["reason"] or "")]
