"""What is left for the person: listed with page and value until it is seen done, in every report that asked Sentry."""

from __future__ import annotations

import asyncio
import json

import git
import pytest

from checks.manual import manual_tasks, with_stored
from checks.report.json_v1 import report_v1
from checks.report.text import Style, render_text, tasks_text
from setup_wizard.cli import main
from setup_wizard.demo import JOURNEY
from setup_wizard.headless import applied_v1, plan_v1
from setup_wizard.sandbox.records import now
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from tests.support.repo import INIT, backend, facts_of


@pytest.fixture
async def ready(session: Session) -> Session:
    with git.Repo(session.root) as repository:
        repository.create_remote("origin", "git@github.com:acme/orchard.git")
    await session.engine().apply(find_steps(JOURNEY))
    return session


def deploy(sandbox: SandboxState) -> None:
    """What a deployed application and its CI leave on the server."""
    backend, frontend = sandbox.projects["orchard-backend"], sandbox.projects["orchard-frontend"]
    for environment in ("production", "staging"):
        sandbox.add_event(backend, {"message": "x", "environment": environment, "release": "a" * 40})
    sandbox.add_event(frontend, {"message": "x", "environment": "production", "release": "a" * 40})
    sandbox.add_release("a" * 40, [backend, frontend], "sentry-cli/3.0.0")
    one = {"checksum": "c" * 40, "projects": ["orchard-frontend"], "release": "a" * 40, "dist": None, "fileCount": 2}
    sandbox.bundles.append(one | {"date": now(), "debugIds": ["d1"]})
    sandbox.add_integration("github", "acme", "Acme/orchard")


async def test_tasks_stay_until_the_server_shows_that_they_are_done(ready, sandbox):
    report = await ready.audit()
    by_id = {t.id: t for t in report.manual}
    assert not any(t.done for t in report.manual)
    backend, frontend = (sandbox.dsn(sandbox.projects[f"orchard-{n}"]) for n in ("backend", "frontend"))
    secret = by_id["ci-secret:SENTRY_AUTH_TOKEN"]
    assert secret.command == "gh secret set SENTRY_AUTH_TOKEN"
    assert secret.url == f"{sandbox.public_url}/settings/acme/auth-tokens/" and secret.value is None
    assert by_id["host-value:render.yaml:orchard:SENTRY_DSN"].value == f"SENTRY_DSN={backend}"
    assert by_id["ci-variable:VITE_SENTRY_DSN"].command == f"gh variable set VITE_SENTRY_DSN --body {frontend}"
    assert by_id["integration:github"].url == f"{sandbox.public_url}/settings/acme/integrations/github/"
    text = render_text(report)
    assert "For you: 5 of 5 still to do" in text and f"      SENTRY_DSN={backend}" in text
    assert report_v1(report)["manual"][0]["id"] == secret.id  # type: ignore[index]

    deploy(sandbox)
    report = await ready.audit()
    assert {t.id: t.done for t in report.manual} == dict.fromkeys(by_id, True), "the same tasks, ticked"
    text = render_text(report)
    assert "For you: 0 of 5 still to do" in text and backend not in text
    told = next(line for line in text.splitlines() if line.strip().startswith(f"☑ {secret.title}"))
    assert told.endswith(f": release {'a' * 40} of orchard-backend is in Sentry"), told


PIPELINES = {
    "bitbucket-pipelines.yml": ("Repository settings > Pipelines > Repository variables", None),
    ".gitlab-ci.yml": (None, "glab variable set SENTRY_AUTH_TOKEN --masked"),
    ".github/workflows/a.yml": (
        "Settings > Secrets and variables > Actions of the repository on GitHub",
        "gh secret set SENTRY_AUTH_TOKEN",
    ),
}


@pytest.mark.parametrize("path", PIPELINES)
def test_a_secret_of_ci_has_its_command_or_says_where_it_is_kept(path):
    run = "sentry-cli releases new $A"
    files = {
        "bitbucket-pipelines.yml": f"pipelines:\n  default:\n    - step:\n        script:\n          - {run}\n          - echo $SENTRY_AUTH_TOKEN\n",
        ".gitlab-ci.yml": f"a:\n  script:\n    - {run}\n    - echo $SENTRY_AUTH_TOKEN\n",
        ".github/workflows/a.yml": f"on: push\njobs:\n  a:\n    steps:\n      - run: {run}\n        env:\n          SENTRY_AUTH_TOKEN: ${{{{ secrets.SENTRY_AUTH_TOKEN }}}}\n",
    }
    place, command = PIPELINES[path]
    (task,) = manual_tasks(facts_of({path: files[path]}))
    assert task.id == "ci-secret:SENTRY_AUTH_TOKEN" and (task.place, task.command) == (place, command)
    assert task.url == "https://sentry.io/settings/:orgslug/auth-tokens/"
    told = tasks_text((task,), Style(color=False, links=False, ascii_only=False))
    assert [line.strip() for line in told[2:-1]] == [x for x in (task.url, place and f"Where: {place}", command) if x]


async def test_without_a_connection_a_dsn_is_shown_from_an_answer_or_with_its_page(ready, sandbox, capsys):
    main(["status", "--repo", str(ready.root)])
    out = capsys.readouterr().out
    page = f"{sandbox.public_url}/settings/acme/projects/orchard-frontend/keys/"
    assert f"      gh variable set VITE_SENTRY_DSN\n      Copy the DSN from {page}\n" in out and "…" not in out
    dsn, config = sandbox.dsn(sandbox.projects["orchard-frontend"]), ready.root / "sentry-setup.toml"
    config.write_text(config.read_text() + f'frontend.dsn = "{dsn}"\n')
    main(["status", "--repo", str(ready.root)])
    out = capsys.readouterr().out
    assert f"gh variable set VITE_SENTRY_DSN --body {dsn}\n" in out and page not in out


def test_a_host_s_value_is_found_on_the_project_s_page():
    files = {
        **backend(),
        "shop/settings.py": INIT,
        "sentry-setup.toml": 'sentry.org = "acme"\nbackend.project = "api"\n',
        "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    envVars:\n"
        "      - key: SENTRY_DSN\n        sync: false\n",
    }
    tasks = {t.id: t for t in manual_tasks(facts_of(files))}
    task = tasks["host-value:render.yaml:shop:SENTRY_DSN"]
    assert (task.value, task.value_url) == (None, "https://sentry.io/settings/acme/projects/api/keys/")
    assert task.url == "https://dashboard.render.com/" and task.command is None


async def test_one_environment_ticks_its_own_value_only(ready, sandbox):
    sandbox.add_event(sandbox.projects["orchard-backend"], {"message": "x", "environment": "staging"})
    done = {t.id: t.done for t in (await ready.audit()).manual}
    assert done["host-value:render.yaml:orchard-staging:SENTRY_DSN"]
    assert not done["host-value:render.yaml:orchard:SENTRY_DSN"] and not done["ci-secret:SENTRY_AUTH_TOKEN"]


async def test_status_lists_them_without_asking_sentry(ready, sandbox, capsys):
    sandbox.requests.clear()
    assert main(["status", "--repo", str(ready.root)]) == 0
    out = capsys.readouterr().out
    assert "☐ Set SENTRY_DSN for orchard on Render (production)" in out
    assert sandbox.token not in out and not sandbox.requests


def test_what_ci_s_own_store_lists_is_ticked():
    flow = "on: push\njobs:\n  a:\n    steps:\n      - run: x\n        env:\n          A: ${{ secrets.SENTRY_AUTH_TOKEN }}\n"
    tasks = manual_tasks(facts_of({".github/workflows/a.yml": flow}))
    assert [t.id for t in tasks] == ["ci-secret:SENTRY_AUTH_TOKEN"] and not tasks[0].done
    (ticked,) = with_stored(tasks, frozenset({"SENTRY_AUTH_TOKEN"}), frozenset())
    assert ticked.done and ticked.seen == "gh lists it"
    assert with_stored(tasks, frozenset({"OTHER"}), frozenset({"SENTRY_AUTH_TOKEN"})) == tasks


def test_apply_names_the_value_and_never_reads_as_proven(sample, sandbox, capsys, monkeypatch):
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox.token)
    where = ["--set", f"sentry.url={sandbox.public_url}", "--repo", str(sample), "--yes", "--no-install"]
    assert main(["apply", *JOURNEY, *where]) == 0
    out = capsys.readouterr().out
    assert f"SENTRY_DSN={sandbox.dsn(sandbox.projects['orchard-backend'])}" in out
    assert "◐ wired   dsn-configured" in out and "◐ wired   source-maps" in out and "✓ proven  test-event" in out
    assert (
        main(["audit", str(sample), "--online", "--format", "json", "--set", f"sentry.url={sandbox.public_url}"]) == 0
    )
    manual = json.loads(capsys.readouterr().out)["manual"]
    keys = {"id", "title", "url", "command", "value", "value_url", "place", "done", "seen", "reason", "path"}
    assert keys == set(manual[0])


@pytest.mark.parametrize(
    ("words", "listed"), [([], 5), (["--select", "email-alerts"], 0), (["--select", "commits-associated"], 1)]
)
async def test_the_command_ticks_every_task_and_lists_none_that_it_did_not_ask_for(
    ready, sandbox, capsys, monkeypatch, words, listed
):
    deploy(sandbox)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox.token)
    argv = ["audit", str(ready.root), "--online", "--format", "json", "--set", f"sentry.url={sandbox.public_url}"]
    await asyncio.to_thread(main, [*argv, *words])
    manual = json.loads(capsys.readouterr().out)["manual"]
    assert [t["id"] for t in manual if not t["done"]] == [] and len(manual) == listed


LINKED = "Sentry lists acme/orchard"


@pytest.mark.parametrize(
    ("integration", "repository", "origin", "done", "seen"),
    [
        ("github", "acme/orchard", "git@github.com:acme/orchard.git", True, LINKED),
        ("github", "Acme/Orchard", "https://github.com/acme/orchard", True, "Sentry lists Acme/Orchard"),
        ("github_enterprise", "acme/orchard", "git@github.acme.example:acme/orchard.git", True, LINKED),
        ("github", None, "git@github.com:acme/orchard.git", False, "acme is connected, and Sentry does not list"),
        ("github", "acme/other", "git@github.com:acme/orchard.git", False, "Sentry does not list acme/orchard yet"),
        ("gitlab", "acme / orchard", "git@github.com:acme/orchard.git", False, "this repository of GitHub"),
        ("gitlab", "acme / orchard", "git@gitlab.com:acme/orchard.git", True, "Sentry lists acme / orchard"),
        ("slack", "acme/orchard", "git@github.com:acme/orchard.git", False, "this repository of GitHub"),
        ("github", "acme/orchard", None, False, "this repository of GitHub"),
    ],
)
async def test_commits_are_linked_only_by_the_forge_s_integration_with_this_repository(
    session, sandbox, integration, repository, origin, done, seen
):
    await session.engine().apply(find_steps(JOURNEY))
    if origin is not None:
        with git.Repo(session.root) as checkout:
            checkout.create_remote("origin", origin)
    sandbox.add_integration(integration, "acme", repository)
    (task,) = [t for t in (await session.audit()).manual if t.id.startswith("integration:")]
    assert task.done is done and seen in task.seen


async def test_an_integration_that_is_disabled_links_nothing(ready, sandbox):
    made = sandbox.add_integration("github", "acme", "acme/orchard")
    made["organizationIntegrationStatus"] = "disabled"
    assert not {t.id: t.done for t in (await ready.audit()).manual}["integration:github"]


async def test_plan_and_apply_name_the_same_tasks_as_the_audit(session, sandbox, sample):
    with git.Repo(session.root) as checkout:
        checkout.create_remote("origin", "git@github.com:acme/orchard.git")
    steps = find_steps([*JOURNEY, "ci-audit"])
    planned = {t["id"] for t in plan_v1(await session.engine().plan(steps))["manual"]}  # type: ignore[attr-defined]
    applied = await session.engine().apply(steps)
    done = {t["id"] for t in applied_v1(applied)["manual"]}  # type: ignore[attr-defined]
    listed = {t.id for t in (await session.audit()).manual}
    own = {"ci-secret:SENTRY_AUTH_TOKEN", "ci-secret:SENTRY_READ_TOKEN", "ci-variable:VITE_SENTRY_DSN"}
    own |= {"integration:github", "host-value:render.yaml:orchard:SENTRY_DSN"}
    assert own <= done and own <= listed and own - {"integration:github"} <= planned
    kinds = ("ci-", "host-", "integration:")
    assert {i for i in planned | done if i.startswith(kinds)} <= listed


async def test_a_plan_without_sentry_says_where_to_copy_the_dsn_from(sample):
    made = Session(sample, {"sentry.org": "acme"}, environ={}, install=False)
    steps = {s.step: s for s in (await made.engine().plan(find_steps(["sdk", "dsn"]))).steps}
    page = "https://sentry.io/settings/acme/projects/orchard-backend/keys/"
    asked = {a.title: a.reason for a in steps["dsn"].actions if "=…" in getattr(a, "snippet", "")}
    assert len(asked) >= 2 and all(r.endswith(f"copy the DSN from {page}") for r in asked.values()), asked


def test_a_value_without_a_host_s_page_names_the_page_that_shows_it():
    files = {
        **backend(),
        "shop/settings.py": INIT,
        "sentry-setup.toml": f'sentry.org = "acme"\nbackend.project = "api"\nbackend.dsn = "https://{"a" * 32}@o1.ingest.sentry.io/12"\n',
        "compose.yml": "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    env_file: .env\n",
    }
    (task,) = manual_tasks(facts_of(files))
    assert task.url == "https://sentry.io/settings/acme/projects/api/keys/" and task.value_url is None
    assert (task.value or "").startswith("SENTRY_DSN=https://aaaa")


async def test_a_clone_has_no_runs_and_still_says_what_is_left(ready, tmp_path, capsys):
    with git.Repo(ready.root) as repository:
        repository.git.add(all=True)
        repository.index.commit("Set Sentry up")
    git.Repo.clone_from(ready.root, tmp_path / "clone").close()
    assert main(["status", "--repo", str(tmp_path / "clone")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("no runs\n") and "☐ Set SENTRY_DSN for orchard on Render (production)" in out
