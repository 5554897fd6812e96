"""The audit in a repository's own CI: a GitHub workflow of its own, jobs of GitLab, a hook of pre-commit."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from checks.parsers import yaml as y
from setup_wizard.editors.base import Edit, Edited, Refused, Text, Unchanged, not_utf8, read_text
from setup_wizard.editors.ci_package import PACKAGE, install_step, is_lock, pip_arguments, run_command
from setup_wizard.editors.ci_runtime import RUNTIME_WORKFLOW, runtime_workflow
from setup_wizard.editors.workflow import CHECKOUT
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, is_block, line

WORKFLOW = ".github/workflows/sentry-setup.yml"


class AuditOptions(Struct, frozen=True, kw_only=True):
    """The default branch, the URL of a Sentry server that is not sentry.io (None: it is), and what CI installs.

    `runtime` is the job that runs the application ("": none).
    """

    branch: str
    url: str | None = None
    package: str = PACKAGE
    runtime: str = ""


def github_workflow(options: AuditOptions) -> str:
    """Return the workflow: offline on pull requests, with annotations, summary and code scanning; online elsewhere.

    No action but the checkout is used. What a fork's pull request may not do (code scanning) is left out there.
    """
    given = f" --set sentry.url={options.url}" if options.url else ""
    run = run_command(options.package)
    runtime = f"\n{options.runtime}" if options.runtime else ""
    return f"""\
name: Sentry checklist

on:
  pull_request:
  push:
    branches: [{_branch(options.branch)}]
  schedule:
    - cron: "23 4 * * *"

permissions:
  contents: read

env:
  PYTHONPATH: "" # the checkout may be untrusted: none of its modules is imported

jobs:
  offline:
    name: Sentry checklist (files)
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    permissions:
      contents: read
      security-events: write
    steps:
      - uses: {CHECKOUT}
        with:
          fetch-depth: 2
          persist-credentials: false
{install_step(options.package)}      - name: Audit the files
        # The checkout is the merge commit; its first parent is the base, whose configuration and waivers apply.
        run: {run} --policy HEAD^1 --format github --output sarif=sentry-setup.sarif --output markdown=sentry-setup.md
      - name: Show the findings under code scanning
        if: always() && github.event.pull_request.head.repo.full_name == github.repository
        env:
          GH_TOKEN: ${{{{ github.token }}}}
          REF: refs/pull/${{{{ github.event.number }}}}/head
          SHA: ${{{{ github.event.pull_request.head.sha }}}}
        run: |
          gzip -c sentry-setup.sarif | base64 -w0 > sentry-setup.sarif.gz
          gh api "repos/$GITHUB_REPOSITORY/code-scanning/sarifs" -f commit_sha="$SHA" -f ref="$REF" -F sarif=@sentry-setup.sarif.gz

  online:
    name: Sentry checklist (files and Sentry)
    if: github.event_name != 'pull_request'
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
{install_step(options.package)}      - name: Audit the files and Sentry
        env:
          SENTRY_READ_TOKEN: ${{{{ secrets.SENTRY_READ_TOKEN }}}}
        run: {run} --online --strict{given} --format github --output markdown=sentry-setup.md
{runtime}"""


def _branch(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z][\w./-]*", name) else "'" + name.replace("'", "''") + "'"


def add_workflow(data: bytes | None, options: AuditOptions, path: str = WORKFLOW) -> Edit:
    """Make the workflow; one that is there already stays as it is."""
    text = github_workflow(options)
    try:
        Lines(text, path)
    except NotFollowedError:
        return Refused(f"{path} would not parse with this job", options.runtime, f"the end of {path}")
    if data is None:
        return Edited(text.encode())
    if data == text.encode() or (b"sentry-setup audit" in data and (not options.runtime or b"verify-runtime" in data)):
        return Unchanged(f"{path} already audits")
    if data == github_workflow(replace(options, runtime="")).encode():
        return Edited(text.encode())
    if b"sentry-setup audit" in data:
        own = runtime_workflow(options.runtime)
        return Refused(f"{path} already audits, in its own way", own, f"{RUNTIME_WORKFLOW}, a new file")
    return Refused(f"{path} already exists, with other content", text, path)


def add_gitlab_jobs(data: bytes, options: AuditOptions, path: str = ".gitlab-ci.yml") -> Edit:
    """Append two jobs to a GitLab pipeline: offline on merge requests, online on the default branch and on schedules."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    given = f" --set sentry.url={options.url}" if options.url else ""
    install = f"pip install --quiet {pip_arguments(options.package)}"
    block = f"""\
sentry-checklist:
  image: python:3.13-slim
  variables:
    PYTHONPATH: ""
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
    - apt-get update -qq && apt-get install -y -qq git
    - {install}
    - sentry-setup audit --output junit=sentry-setup.xml
  artifacts:
    when: always
    reports:
      junit: sentry-setup.xml

sentry-checklist-online:
  image: python:3.13-slim
  variables:
    PYTHONPATH: ""
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    - apt-get update -qq && apt-get install -y -qq git
    - {install}
    - sentry-setup audit --online --strict{given}
"""
    if "sentry-setup audit" in text.body:
        return Unchanged(f"{path} already audits")
    try:
        document = Lines(text.body, path).document
    except NotFollowedError as refusal:
        return Refused(str(refusal), block, f"the end of {path}")
    stages = y.strings(y.get(document, "stages"))
    if stages and "test" not in stages:
        block = block.replace("  image:", f"  stage: {stages[0]}\n  image:")
    gap = "\n" if text.body.endswith("\n") else "\n\n"
    return _appended(text, gap + block, path)


def add_hook(data: bytes, path: str = ".pre-commit-config.yaml", package: str = PACKAGE) -> Edit:
    """Append the hook to the repositories of a pre-commit configuration.

    pre-commit takes no hashes; where CI installs from a requirements file, the hook has this version.
    """
    package = PACKAGE if is_lock(package) else package
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    entry = [
        "- repo: local",
        "  hooks:",
        "    - id: sentry-setup",
        "      name: Sentry checklist",
        "      entry: sentry-setup audit",
        "      language: python",
        f"      additional_dependencies: [{package}]",
        "      pass_filenames: false",
        "      always_run: true",
    ]
    snippet = "\n".join(entry)
    if "id: sentry-setup" in text.body:
        return Unchanged(f"{path} already runs the hook")
    try:
        lines = Lines(text.body, path)
    except NotFollowedError as refusal:
        return Refused(str(refusal), snippet, f"`repos` in {path}")
    repos = y.get(lines.document, "repos")
    items = y.sequence(repos)
    last = lines.document.value[-1][0] if lines.document.value else None
    if repos is None or not items or not is_block(repos) or y.scalar(last) != "repos":
        return Refused(f"{path} does not end with a list of repositories", snippet, f"`repos` in {path}")
    indent = " " * lines.indent_of(line(items[-1]))
    gap = "" if text.body.endswith("\n") else "\n"
    return _appended(text, gap + "".join(f"{indent}{row}\n" for row in entry), path)


def _appended(text: Text, addition: str, path: str) -> Edit:
    edited = text.body + addition.replace("\n", text.newline)
    try:
        Lines(edited, path)
    except NotFollowedError:
        return Refused(f"{path} would not parse after the edit", addition, f"the end of {path}")
    return Edited(text.encode(edited))
