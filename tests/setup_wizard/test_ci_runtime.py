"""The job that runs the application in CI: how it installs, what it may never have, and where a person is asked instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from checks.ci.testing import NotRepeatableError, find_test_setup
from checks.errors import UsageError
from setup_wizard.editors.ci_audit import WORKFLOW, AuditOptions, add_workflow, github_workflow
from setup_wizard.editors.ci_runtime import RUNTIME_WORKFLOW, runtime_job
from setup_wizard.plan.engine import Engine
from setup_wizard.plan.model import StepPlan
from setup_wizard.steps import find_steps
from tests.support.repo import backend, facts_of

MAKE = "install:\n\tpip install -r requirements.txt\nprepare: install\n\tpython manage.py collectstatic\n"


def job(*steps: str, head: str = "    runs-on: ubuntu-latest\n") -> str:
    """A workflow with one job, `test`, whose steps these are."""
    return f"on: push\njobs:\n  test:\n{head}    steps:\n" + "".join(f"      - {s}\n" for s in steps)


MATRIX = '    strategy: {matrix: {python: ["3.9", "3.13"], django: [a, b]}}\n'
PIP = "run: pip install -r requirements.txt"
PYTEST = "run: pytest"


def setup_of(workflow: str, path: str = ".github/workflows/ci.yml"):
    facts = facts_of(backend() | {path: workflow, "Makefile": MAKE})
    return find_test_setup(facts, facts.backends[0])


@pytest.mark.parametrize(
    ("workflow", "manager", "commands"),
    [
        (job(PIP, PYTEST), "pip", ["pip install -r requirements.txt"]),
        (job(PIP, "run: python manage.py test"), "pip", ["pip install -r requirements.txt"]),
        (job(PIP, "run: coverage run manage.py test"), "pip", ["pip install -r requirements.txt"]),
        (job("run: pip install -e '.[dev]' && pytest"), "pip", ["pip install -e '.[dev]'"]),
        (job("run: python -m pip install -r r.txt", PYTEST), "pip", ["python -m pip install -r r.txt"]),
        (job("run: make install", PYTEST), "pip", ["make install"]),
        (job(PIP, "run: ./manage.py migrate", PYTEST), "pip", ["pip install -r requirements.txt"]),
        (job("run: uv sync --locked", "run: uv run pytest"), "uv", ["uv sync --locked"]),
        (job("run: uv pip install --system -r r.txt", PYTEST), "pip", ["uv pip install --system -r r.txt"]),
        (
            job("run: pipx install poetry", "run: poetry install", "run: poetry run pytest"),
            "poetry",
            ["pipx install poetry", "poetry install"],
        ),
        (
            job("run: pip install pipenv", "run: pipenv install --dev --deploy", "run: pipenv run pytest"),
            "pipenv",
            ["pip install pipenv", "pipenv install --dev --deploy"],
        ),
        (job("run: pdm install", "run: pdm run pytest"), "pdm", ["pdm install"]),
        (
            job("run: sudo apt-get install -y libpq-dev", PIP, PYTEST),
            "pip",
            ["sudo apt-get install -y libpq-dev", "pip install -r requirements.txt"],
        ),
    ],
)
def test_it_installs_as_the_tests_do(workflow, manager, commands):
    found = setup_of(workflow)
    assert found.manager == manager and [c for s in found.steps for c in s.commands] == commands


@pytest.mark.parametrize(
    ("given", "version"),
    [("3.12", "3.12"), ('"3.10"', "3.10"), ("${{ matrix.python }}", "3.13"), ("${{matrix.python}}", "3.13")],
)
def test_python_comes_in_the_version_of_the_tests(given, version):
    python = "uses: actions/setup-python@v5\n        with: {cache: pip, python-version: " + f"{given!s}" + "}"
    if "$" in given:
        python = (
            f"uses: actions/setup-python@v5\n        with:\n          python-version: {given}\n          cache: pip"
        )
    step = setup_of(job(python, PIP, PYTEST, head=MATRIX)).steps[0]
    assert step.uses == "actions/setup-python@v5" and step.inputs == {"python-version": version}


SECRET = PIP + "\n        env: {PIP_EXTRA_INDEX_URL: 'https://a:${{ secrets.TOKEN }}@b'}"
LEFT = {
    "no GitHub job here runs the backend's tests": job(PIP, "run: ruff check"),
    "installs nothing that is recognized": job("run: ./bootstrap", PYTEST),
    "tests with tox, which installs by itself": job("run: pip install tox", "run: tox"),
    "installs with a secret": job(SECRET, PYTEST),
    "runs `pip install -r requirements.txt` on a condition": job(PIP + "\n        if: matrix.x", PYTEST),
    "which only its own run knows": job("run: pip install ${{ matrix.django }}", PYTEST, head=MATRIX),
    "which its own shell fills in": job("run: pip install $PACKAGES", PYTEST),
    "`requirements/*.txt`, which its own shell": job("run: pip install -r requirements/*.txt", PYTEST),
    "uses acme/python, which may install too": job("uses: acme/python@v1", PIP, PYTEST),
    "runs in a container": job(PIP, PYTEST, head="    container: python:3.12\n"),
    "takes `${{ matrix.other }}`": job(
        "uses: actions/setup-python@v5\n        with:\n          python-version: ${{ matrix.other }}", PIP, PYTEST
    ),
    "together with other things": job("run: make prepare", PYTEST),
    "on a condition": job("run: if test -f r.txt; then pip install -r r.txt; fi", PYTEST),
}


@pytest.mark.parametrize("reason", LEFT)
def test_what_cannot_be_repeated_is_left_with_its_reason(reason):
    with pytest.raises(NotRepeatableError) as raised:
        setup_of(LEFT[reason])
    assert reason in str(raised.value)


def written(workflow: str) -> dict:
    package = "sentry-setup==1.2.3"
    options = AuditOptions(branch="main", package=package, runtime=runtime_job(setup_of(workflow), package))
    return yaml.safe_load(github_workflow(options))


@pytest.mark.parametrize("workflow", [job(PIP, PYTEST), job("run: poetry install", "run: poetry run pytest")])
def test_the_job_has_no_secret_a_reading_token_and_hands_the_report_over(workflow):
    flow = written(workflow)
    assert set(flow[True]) == {"pull_request", "push", "schedule"}, "never pull_request_target"
    made = flow["jobs"]["runtime"]
    assert "secrets." not in str(made) and "github.token" not in str(made) and "GH_TOKEN" not in str(made)
    assert made["permissions"] == {"contents": "read"} and made["if"] == "github.event_name == 'pull_request'"
    assert made["steps"][0]["with"] == {"fetch-depth": 2, "persist-credentials": False}
    run, audit = (s["run"] for s in made["steps"][-2:])
    assert '--output "json=$RUNNER_TEMP/runtime.json"' in run and "verify-runtime --python" in run
    assert 'audit --policy HEAD^1 --runtime-report "$RUNNER_TEMP/runtime.json"' in audit
    assert set(flow["jobs"]) == {"offline", "online", "runtime"}


def test_names_and_commands_cannot_write_anything_else():
    command = "pip install 'a: b # c' --index-url 'https://x/\"'"
    hostile = job(f"run: |\n          {command}", PYTEST)
    steps = written(hostile)["jobs"]["runtime"]["steps"]
    assert steps[1]["run"] == command + "\n"
    with pytest.raises(NotRepeatableError):
        setup_of(job("run: |-\n          pip install 'a\n          b'", PYTEST))
    with pytest.raises(NotRepeatableError):
        setup_of(job('uses: "actions/setup-python@v5\\n    - run: evil"', PIP, PYTEST))


def test_a_workflow_that_is_there_gets_the_job_once():
    plain = AuditOptions(branch="main")
    more = AuditOptions(branch="main", runtime=runtime_job(setup_of(job(PIP, PYTEST)), "sentry-setup"))
    made = add_workflow(github_workflow(plain).encode(), more)
    assert made.data == github_workflow(more).encode()  # type: ignore[union-attr]
    assert type(add_workflow(made.data, more)).__name__ == "Unchanged"  # type: ignore[union-attr]
    assert type(add_workflow(made.data, plain)).__name__ == "Unchanged", "it is not taken away"  # type: ignore[union-attr]
    own = b"on: push\njobs: {a: {steps: [{run: sentry-setup audit}]}}\n"
    refused = add_workflow(own, more)
    assert type(refused).__name__ == "Refused" and refused.place == f"{RUNTIME_WORKFLOW}, a new file"  # type: ignore[union-attr]
    assert_safe(refused.snippet)  # type: ignore[union-attr]


def assert_safe(text: str) -> None:
    """A person's workflow may give its jobs secrets, or be started by a stranger: what is printed is a workflow of its own."""
    flow = yaml.safe_load(text)
    assert flow[True] == {"pull_request": None} and set(flow["jobs"]) == {"runtime"}
    assert flow["permissions"] == {"contents": "read"} and flow["env"] == {"PYTHONPATH": ""}
    assert "secrets." not in text and "verify-runtime" in text


async def planned(root: Path, files: dict[str, str], **answers: str) -> StepPlan:
    for path, text in (backend() | files).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    engine = Engine(root, {k.replace("__", "."): v for k, v in answers.items()}, install=False)
    return (await engine.plan(find_steps(["ci-audit"]))).steps[0]


async def test_the_step_offers_it_by_an_answer(tmp_path):
    flow = {".github/workflows/ci.yml": job(PIP, PYTEST)}
    assert b"verify-runtime" not in (await planned(tmp_path, flow)).changes[0].after
    (change,) = (await planned(tmp_path, flow, ci__runtime="yes")).changes
    assert change.path == WORKFLOW and b"verify-runtime" in change.after
    with pytest.raises(UsageError, match=r"ci\.runtime=maybe"):
        await planned(tmp_path, flow, ci__runtime="maybe")


async def test_what_the_step_cannot_tell_is_a_task_with_the_lines(tmp_path):
    flow = {".github/workflows/ci.yml": job("run: tox")}
    plan = await planned(tmp_path, flow, ci__runtime="yes")
    assert b"verify-runtime" not in plan.changes[0].after
    (task,) = [a for a in plan.actions if "verify-runtime" in getattr(a, "snippet", "")]
    assert "which installs by itself" in task.reason and task.path == RUNTIME_WORKFLOW  # type: ignore[union-attr]
    assert_safe(task.snippet)  # type: ignore[union-attr]


async def test_a_job_that_runs_it_already_is_left_as_it_is(tmp_path):
    own = job("run: pip install -r requirements.txt", "run: pipx run sentry-setup verify-runtime --output json=r.json")
    flow = {".github/workflows/ci.yml": job("run: tox"), RUNTIME_WORKFLOW: own}
    plan = await planned(tmp_path, flow, ci__runtime="yes")
    assert not [a for a in plan.actions if "verify-runtime" in getattr(a, "snippet", "")]
    assert [c.path for c in plan.changes] == [WORKFLOW] and b"verify-runtime" not in plan.changes[0].after


async def test_gitlab_s_jobs_have_the_project_s_secrets_so_it_is_left_to_the_person(tmp_path):
    flow = {".gitlab-ci.yml": "test:\n  script:\n    - pip install -r requirements.txt\n    - pytest\n"}
    plan = await planned(tmp_path, flow, ci__runtime="yes")
    assert all(b"verify-runtime" not in c.after for c in plan.changes)
    (task,) = [a for a in plan.actions if "verify-runtime" in getattr(a, "snippet", "")]
    assert "gives every job the project's variables" in task.reason  # type: ignore[union-attr]
    assert "script" in yaml.safe_load(task.snippet)["sentry-checklist-runtime"]  # type: ignore[union-attr]
