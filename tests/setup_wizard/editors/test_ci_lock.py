"""CI that installs from a requirements file with hashes: what the file has to say, and what the pipelines do with it."""

from __future__ import annotations

import pytest
import yaml

from checks.errors import UsageError
from setup_wizard.editors import ci_audit, ci_package
from setup_wizard.editors.base import Edited
from setup_wizard.session import Session
from setup_wizard.steps import find_steps

HASH = "--hash=sha256:" + "0123456789abcdef" * 4
LOCK = f"sentry-setup==1.2.3 \\\n    {HASH} \\\n    {HASH}\n# of sentry-setup\nhttpx[http2]==0.28.1 ; python_version >= '3.11' {HASH}\n"
PATH = ".github/sentry-setup.txt"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (LOCK, None),
        (LOCK.replace("\n", "\r\n"), None),
        (f"Sentry_Setup==1.2.3 {HASH}\n", None),
        (LOCK + "anyio>=4\n", "`anyio>=4` is not `NAME==VERSION`"),
        (LOCK + f"anyio==4.* {HASH}\n", "is not `NAME==VERSION`"),
        (LOCK + "anyio==4.1\n", "`anyio==4.1` has no `--hash=sha256:…`"),
        (LOCK + "anyio==4.1 --hash=md5:00\n", "has no `--hash"),
        (LOCK + "anyio==4.1 --hash=sha256:00\n", "has no `--hash"),
        (LOCK + "--index-url https://example.org\n", "is not `NAME==VERSION`"),
        (LOCK + "-r other.txt\n", "is not `NAME==VERSION`"),
        (f"httpx==0.28.1 {HASH}\n", "it does not name sentry-setup"),
        (f"# sentry-setup==1 {HASH}\n", "it does not name sentry-setup"),
        ("", "it does not name sentry-setup"),
    ],
)
def test_a_lock_names_every_file_that_is_installed(text, problem):
    said = ci_package.lock_problem(text)
    assert said is None if problem is None else said is not None and problem in said


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        (PATH, True),
        ("ci/lock.txt", True),
        ("/etc/lock.txt", False),
        ("../lock.txt", False),
        ("a/../../lock.txt", False),
        ("lock.txt; rm", False),
        ("$(x).txt", False),
        ("index", False),
    ],
)
def test_only_a_file_of_the_repository_is_a_lock(path, is_one):
    assert ci_package.is_lock(path) is is_one


def test_both_jobs_install_by_hash_and_run_that():
    text = ci_audit.github_workflow(ci_audit.AuditOptions(branch="main", package=PATH))
    workflow = yaml.safe_load(text)
    assert workflow["env"] == {"PYTHONPATH": ""} and "pipx" not in text
    for job in workflow["jobs"].values():
        _, install, audit = [s.get("run", "") for s in job["steps"]][:3]
        assert f"--require-hashes --requirement {PATH}" in install
        assert audit.startswith("sentry-setup audit") or "\nsentry-setup audit" in audit
    made = ci_audit.add_gitlab_jobs(b"x:\n  script: [a]\n", ci_audit.AuditOptions(branch="main", package=PATH))
    assert isinstance(made, Edited)
    jobs = yaml.safe_load(made.data)
    for name in ("sentry-checklist", "sentry-checklist-online"):
        assert f"pip install --quiet --require-hashes --requirement {PATH}" in jobs[name]["script"]


async def test_the_step_reads_the_file_and_refuses_what_leaves_something_open(sample):
    def session() -> Session:
        return Session(sample, {"sentry.org": "acme", "ci.package": PATH}, environ={}, install=False)

    step = find_steps(["ci-audit"])[0]
    with pytest.raises(UsageError, match="not in the repository"):
        await session().plan(step)
    (sample / PATH).write_text("sentry-setup==1.2.3\n", "utf-8")
    with pytest.raises(UsageError, match="has no `--hash"):
        await session().plan(step)
    (sample / PATH).write_text(LOCK, "utf-8")
    (change,) = [c for c in (await session().plan(step)).changes if c.path == ci_audit.WORKFLOW]
    assert f"--requirement {PATH}".encode() in change.after
