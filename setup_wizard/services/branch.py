"""Puts the files of a run on a new branch, with git's plumbing: no hook, filter or signature runs, and nothing is pushed.

The person's other changes, staged ones too, stay as they are: the commit is made from an index of its own.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from checks.errors import UsageError
from checks.repository.git import changed_files, git_command, git_environment, run_git
from setup_wizard.services.git import GitRefusedError

_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "BISECT_LOG")
_IDENTITY = ("GIT_AUTHOR_", "GIT_COMMITTER_")
_NOBODY = "0" * 40


class Committed(Struct, frozen=True, kw_only=True):
    """A commit on a new branch: the branch, the commit, and its message."""

    branch: str
    commit: str
    message: str


def require_branch(root: Path, name: str, paths: Sequence[str]) -> None:
    """Check, before anything is written, that a branch can be made of changes to these files (relative to `root`).

    Raises `UsageError`: no git, no commit yet, a merge or rebase under way, a name that is taken or not allowed, nobody to
    commit as, a file with changes of the person's own, or one that passes through a filter
    (https://git-scm.com/docs/gitattributes#_filter), which is not run automatically.
    """
    if run_git(root, "rev-parse", "--verify", "-q", "HEAD^{commit}") is None:
        raise UsageError("`--branch` needs a git repository with a commit", hint="commit first, or leave out --branch")
    if run_git(root, "check-ref-format", "--branch", name) is None or name.startswith("-"):
        raise UsageError(f"`{name}` is not a branch name", hint="use a name such as `sentry-setup`")
    if run_git(root, "rev-parse", "--verify", "-q", f"refs/heads/{name}") is not None:
        raise UsageError(f"the branch `{name}` exists already", hint=f"choose another name, or `git branch -d {name}`")
    for state in _UNDER_WAY:
        place = run_git(root, "rev-parse", "--git-path", state)
        if place is not None and (root / os.fsdecode(place.rstrip(b"\n"))).exists():
            raise UsageError("a merge, rebase or bisect is under way here", hint="finish it, or leave out --branch")
    try:
        _git(root, "var", "GIT_AUTHOR_IDENT")
    except GitRefusedError:
        hint = "set it with `git config user.name` and `git config user.email`"
        raise UsageError("git has no name and email for the commit", hint=hint) from None
    if not paths:
        return
    changed = changed_files(root, "--untracked-files=all", "--", *(_literal(p) for p in paths))
    if changed:
        shown = ", ".join(sorted(changed)[:5])
        hint = "commit or stash them, or leave out --branch: a commit of whole files would take your changes with it"
        raise UsageError(f"you have uncommitted changes in {shown}", hint=hint)
    filtered = run_git(root, "check-attr", "-z", "filter", "--", *paths) or b""
    rows = os.fsdecode(filtered).split("\0")
    for path, _, value in zip(rows[::3], rows[1::3], rows[2::3], strict=False):
        if value not in ("unspecified", "unset", ""):
            hint = "leave out --branch, and commit it yourself"
            raise UsageError(
                f"{path} passes through the git filter `{value}`, which is not run automatically", hint=hint
            )


def commit_on_branch(root: Path, name: str, paths: Sequence[str], message: str) -> Committed:
    """Commit these files as they are now on a new branch on top of HEAD, and make it the current one.

    Raises `GitRefusedError`; then the branch is not made, and the files stay as they are.
    """
    prefix = (run_git(root, "rev-parse", "--show-prefix") or b"").decode(errors="surrogateescape").rstrip("\n")
    head = _git(root, "rev-parse", "HEAD")
    with tempfile.TemporaryDirectory() as scratch:
        own = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        _git(root, "read-tree", head, variables=own)
        entries = [_entry(root, prefix, path) for path in paths]
        for entry in entries:
            _git(root, "update-index", "--add", "--cacheinfo", entry, variables=own)
        tree = _git(root, "write-tree", variables=own)
    commit = _git(root, "commit-tree", "--no-gpg-sign", "-p", head, tree, given=message.encode())
    said = f"sentry-setup: {message.splitlines()[0]}"
    _git(root, "update-ref", "-m", said, f"refs/heads/{name}", commit, _NOBODY)
    # Nothing of the work tree has to change: HEAD names the new branch, and the index knows its entries.
    _git(root, "symbolic-ref", "-m", said, "HEAD", f"refs/heads/{name}")
    for entry in entries:
        _git(root, "update-index", "--add", "--cacheinfo", entry)
    return Committed(branch=name, commit=commit, message=message)


def _entry(root: Path, prefix: str, path: str) -> str:
    """Store a file and return its index entry: `mode,blob,path`; line ends are converted as the repository's attributes say."""
    blob = _git(root, "hash-object", "-w", "--stdin", f"--path={prefix}{path}", given=(root / path).read_bytes())
    known = (run_git(root, "ls-tree", "HEAD", "--", _literal(path)) or b"").split(b" ", 1)[0].decode()
    return f"{known or '100644'},{blob},{prefix}{path}"


def subjects(root: Path, count: int = 60) -> tuple[str, ...]:
    """Return the subjects of the last commits on this branch, merges left out, the newest first."""
    listed = run_git(root, "log", f"-{count}", "--no-merges", "--format=%s%x00", "--no-show-signature") or b""
    return tuple(s.strip() for s in listed.decode(errors="replace").split("\0") if s.strip())


def signed_off(root: Path, count: int = 20) -> bool:
    """Return whether most of the last commits carry a `Signed-off-by` line (https://developercertificate.org/)."""
    listed = run_git(root, "log", f"-{count}", "--no-merges", "--format=%(trailers:key=Signed-off-by)%x00") or b""
    bodies = listed.decode(errors="replace").split("\0")[:-1]
    return bool(bodies) and sum(bool(b.strip()) for b in bodies) * 2 > len(bodies)


def _literal(path: str) -> str:
    return f":(literal){path}"


def _git(root: Path, *words: str, given: bytes = b"", variables: dict[str, str] | None = None) -> str:
    kept = {k: v for k, v in os.environ.items() if k.startswith(_IDENTITY)}
    done = subprocess.run(
        git_command(*words),
        cwd=root,
        input=given,
        capture_output=True,
        env={**git_environment(root), **kept, **(variables or {})},
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise GitRefusedError(f"git {words[0]}: {lines[-1] if lines else f'ended with {done.returncode}'}")
    return os.fsdecode(done.stdout).strip()
