"""The job that runs the application in CI: it installs as the repository's own test job does, and hands its report to the audit.

It runs the code of a pull request, so it is a job of its own: without any secret, with a token that can only read, and never
started by `pull_request_target`, which runs beside the secrets of the base
(https://docs.github.com/en/actions/reference/security/secure-use).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from checks.ci.testing import PYTHONS, Installing, TestSetup
from setup_wizard.editors.ci_package import install_step, pip_arguments, run_command
from setup_wizard.editors.workflow import CHECKOUT

REPORT = "$RUNNER_TEMP/runtime.json"
RUNTIME_WORKFLOW = ".github/workflows/sentry-runtime.yml"
"""Where a person writes it: whatever another workflow gives its jobs, this one has no secret."""


def runtime_job(setup: TestSetup, package: str) -> str:
    """Return the job as GitHub takes it, below `jobs:`."""
    rows = [row for step in setup.steps for row in _step(step, setup)]
    return "\n".join([*_head(), *rows, *_verify(setup.manager, setup.folder, package), ""])


def runtime_workflow(job: str) -> str:
    """Return a workflow with only this job, which pull requests start; another one may give its jobs secrets."""
    head = (
        "name: Sentry checklist (the running application)\n\non:\n  pull_request:\n\npermissions:\n  contents: read\n"
    )
    return f'{head}\nenv:\n  PYTHONPATH: ""\n\njobs:\n{job}'


def runtime_lines(package: str) -> str:
    """Return a workflow with a gap where the dependencies are installed, for a person who knows how."""
    gap = ["      # Install the application's dependencies here, as the tests do."]
    return runtime_workflow("\n".join([*_head(), *gap, *_verify("pip", ".", package), ""]))


def gitlab_lines(package: str) -> str:
    """Return the job for GitLab, whose every job has the project's variables: a person decides where it may run."""
    report = "--output json=runtime.json"
    return "\n".join(
        [
            "sentry-checklist-runtime:",
            "  image: python:3.13",
            "  rules:",
            '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"',
            "  script:",
            "    # Install the application's dependencies here, as the tests do.",
            "    - python -m venv /opt/sentry-setup",
            f"    - /opt/sentry-setup/bin/pip install --quiet {pip_arguments(package)}",
            f'    - /opt/sentry-setup/bin/sentry-setup verify-runtime --python "$(command -v python)" {report}',
            "    - /opt/sentry-setup/bin/sentry-setup audit --runtime-report runtime.json",
            "",
        ]
    )


def _head() -> list[str]:
    return [
        "  runtime:",
        "    name: Sentry checklist (the running application)",
        "    # It runs the code of the pull request: it has no secret, and its token can only read.",
        "    if: github.event_name == 'pull_request'",
        "    runs-on: ubuntu-latest",
        "    permissions:",
        "      contents: read",
        "    steps:",
        f"      - uses: {CHECKOUT}",
        "        with:",
        "          fetch-depth: 2",
        "          persist-credentials: false",
    ]


def _step(step: Installing, setup: TestSetup) -> Iterator[str]:
    if step.uses is not None:
        yield f"      - uses: {step.uses}"
        if step.inputs:
            yield "        with:"
            yield from (f"          {k}: {_scalar(v)}" for k, v in step.inputs.items())
        return
    title = f"Install as job {setup.job} of {setup.path.rpartition('/')[2]} does"
    yield f"      - name: {_scalar(title)}"
    if step.folder != ".":
        yield f"        working-directory: {_scalar(step.folder)}"
    if step.env:
        yield "        env:"
        yield from (f"          {k}: {_scalar(v)}" for k, v in step.env.items())
    yield "        run: |"
    yield from (f"          {command}" for command in step.commands)


def _verify(manager: str, folder: str, package: str) -> list[str]:
    run = run_command(package).removesuffix(" audit")
    named = PYTHONS.get(manager)
    lines = []
    if named is not None and folder != "." and manager != "pip":
        lines = [f'python="$(cd {_scalar(folder)} && {named[2:]}"']
        named = "$python"
    python = f' --python "{named}"' if named is not None else ""
    lines.append(f'{run} verify-runtime{python} --output "json={REPORT}"')
    return [
        *install_step(package).splitlines(),
        "      - name: Run the application against a Sentry on loopback",
        "        run: |",
        *(f"          {line}" for line in lines),
        "      - name: Audit with what the run showed",
        "        if: ${{ !cancelled() }}",
        f'        run: {run} audit --policy HEAD^1 --runtime-report "{REPORT}" --format github',
    ]


def _scalar(text: str) -> str:
    """Return a text as YAML takes it without another meaning: JSON is YAML."""
    return json.dumps(text, ensure_ascii=False)
