"""`apply --branch`: a commit in the repository's manner, of our edits only, without a program of the repository."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.plan.engine import Applied, StepResult
from setup_wizard.plan.model import ManualTask, StepOutcome
from setup_wizard.pull_request import commit_message, commit_subject, description
from tests.support.edits import BARE, DSN, tree

ARGUMENTS = ("sdk", "--offline", "--yes", "--no-install", "--set", "sentry.org=acme", "--set", f"backend.dsn={DSN}")


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(root: Path, *subjects: str, files: dict[str, str] = BARE) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(root, "init", "-q", "-b", "main")
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("commit.gpgsign", "true")):
        git(root, "config", key, value)
    git(root, "add", "-A")
    for subject in subjects or ("Start",):
        git(root, "-c", "commit.gpgsign=false", "commit", "-q", "--allow-empty", "-m", subject)
    return root


def apply(root: Path, branch: str = "sentry", *more: str) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(["apply", *ARGUMENTS, "--repo", str(root), f"--branch={branch}", *more])
    return code, said.getvalue()


def test_our_edits_and_nothing_else_are_committed_and_no_program_runs(tmp_path):
    root = repository(tmp_path)
    for hook in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-checkout"):
        (root / f".git/hooks/{hook}").write_text(f"#!/bin/sh\ntouch {root}/ran-{hook}\nexit 1\n")
        (root / f".git/hooks/{hook}").chmod(0o755)
    (root / "shop/urls.py").write_text("urlpatterns = []  # mine\n")
    (root / "staged.txt").write_text("staged\n")
    (root / "loose.txt").write_text("loose\n")
    git(root, "add", "staged.txt")
    before, status = tree(root), git(root, "status", "--porcelain")
    code, said = apply(root)
    assert code in (0, 5), said
    assert git(root, "branch", "--show-current") == "sentry" and git(root, "rev-parse", "sentry~") == git(
        root, "rev-parse", "main"
    )
    assert git(root, "show", "--format=", "--name-only", "HEAD").split() == ["requirements.txt", "shop/settings.py"]
    assert git(root, "status", "--porcelain") == status and not list(root.glob("ran-*"))
    assert git(root, "log", "-1", "--format=%an %s") == "Ada Set up Sentry"
    assert "Nothing is pushed" in said and "## What is left to do" in said
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["undo", "--repo", str(root)]) == 0
    assert tree(root) == before


def test_the_json_names_the_commit_and_a_folder_below_the_top_is_committed_too(tmp_path):
    repository(tmp_path, files={f"site/{k}": v for k, v in BARE.items()})
    code, said = apply(tmp_path / "site", "a/b", "--format", "json")
    made = json.loads(said[said.index("{") : said.rindex("}") + 1])["branch"]
    assert code in (0, 5) and made["name"] == "a/b" and made["commit"] == git(tmp_path, "rev-parse", "a/b")
    assert Path(made["description_file"]).read_text() == made["description"]
    assert git(tmp_path, "show", "--format=", "--name-only", "HEAD").split() == [
        "site/requirements.txt",
        "site/shop/settings.py",
    ]
    assert git(tmp_path, "status", "--porcelain") == ""


def _dirty(root: Path) -> None:
    (root / "shop/settings.py").write_text("DEBUG = False\n")


def _filtered(root: Path) -> None:
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/attributes").write_text("*.py filter=vault\n")


def _merging(root: Path) -> None:
    (root / ".git/MERGE_HEAD").write_text(git(root, "rev-parse", "HEAD") + "\n")


def _nobody(root: Path) -> None:
    git(root, "config", "--unset", "user.name")
    git(root, "config", "--unset", "user.email")
    git(root, "config", "user.useConfigOnly", "true")


@pytest.mark.parametrize(
    ("spoil", "branch", "reason"),
    [
        (_dirty, "sentry", "you have uncommitted changes in shop/settings.py"),
        (_filtered, "sentry", "passes through the git filter `vault`"),
        (_merging, "sentry", "a merge, rebase or bisect is under way"),
        (_nobody, "sentry", "git has no name and email for the commit"),
        (lambda root: None, "main", "the branch `main` exists already"),
        (lambda root: None, "a..b", "`a..b` is not a branch name"),
        (lambda root: None, "-x", "is not a branch name"),
    ],
)
def test_what_cannot_be_committed_is_said_before_anything_is_written(tmp_path, spoil, branch, reason):
    root = repository(tmp_path)
    spoil(root)
    before = tree(root)
    code, said = apply(root, branch)
    assert code == 2 and reason in said, said
    assert tree(root) == before and git(root, "branch", "--show-current") == "main"


def test_a_repository_without_a_commit_or_without_git_gets_no_branch(tmp_path):
    for name, text in BARE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for words in ((), ("init", "-q")):
        if words:
            git(tmp_path, *words)
        code, said = apply(tmp_path)
        assert code == 2 and "needs a git repository with a commit" in said


@pytest.mark.parametrize(
    ("subjects", "wanted"),
    [
        (["feat: add x", "fix(api): y", "chore: z", "fix: a", "docs: b"], "feat: set up Sentry"),
        (["fix: Add x", "fix(api): Y", "chore!: Z", "fix: A", "Merge"] * 2, "chore: Set up Sentry"),
        (["fix: x", "fix: y", "test: z", "fix: a", "fix: b"], "fix: set up Sentry"),
        (["Add x", "Fix y", "feat: z", "Change a", "Drop b"], "Set up Sentry"),
        (["add x", "fix y", "bump z", "drop a", "tidy b"], "set up Sentry"),
        (["feat: one"], "Set up Sentry"),
        ([], "Set up Sentry"),
    ],
)
def test_the_subject_follows_the_history(subjects, wanted):
    assert commit_subject(subjects) == wanted


def test_the_description_says_what_is_left_for_whom_and_holds_no_markup_of_others():
    tasks = (
        ManualTask(title="store SENTRY_AUTH_TOKEN", command="gh secret set SENTRY_AUTH_TOKEN"),
        ManualTask(title="set SENTRY_DSN on heroku for <b>@all</b>", command="heroku config:set SENTRY_DSN=…"),
        ManualTask(title="edit a.py", reason="because of `x`", snippet="```\ninit()"),
    )
    step = StepResult(step="sdk", outcome=StepOutcome.APPLIED, files=("a`.py", ".env"))
    done = Applied(run="r1", steps=(step,), created=(), by_hand=tasks, report=None)
    text = description(done, ["a`.py"], branch="b", sign_off=True)
    assert "For someone who deploys:" in text and "For the author of this pull request:" in text
    assert "store this repository's CI secrets" in text and "\\<b\\>\\@all" in text and ".env" not in text
    assert "because of `x`" in text and "  ````\n  ```\n  init()\n  ````" in text
    assert "sentry-setup undo r1" in text and "Signed-off-by" in text
    message = commit_message(["Add x"], done, ["a`.py"])
    assert message.startswith("Set up Sentry\n\n- SDK: a`.py\n") and "3 tasks are left" in message
