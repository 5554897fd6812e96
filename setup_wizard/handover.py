"""`apply --branch NAME`: the edits as a commit on a new branch, with the description of a pull request; nothing is pushed."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from checks.report.safe import printable
from setup_wizard.plan.engine import Applied, Engine
from setup_wizard.plan.model import Command
from setup_wizard.pull_request import commit_message, description
from setup_wizard.services.branch import Committed, commit_on_branch, require_branch, signed_off, subjects
from setup_wizard.services.folders import journal_folder
from setup_wizard.steps import Step
from setup_wizard.steps.context import SentryState


class HandedOver(Struct, frozen=True, kw_only=True):
    """What was committed (None: the run changed no file that git takes), the description, and the file that holds it."""

    committed: Committed | None
    description: str = ""
    file: str = ""


async def apply_on_branch(
    engine: Engine, steps: tuple[Step, ...], branch: str, known: SentryState | None = None
) -> tuple[Applied, HandedOver]:
    """Apply steps and commit what they changed on a new branch; `known` is what Sentry answered a moment ago.

    Raises `UsageError` before anything is written.
    """
    plan = await engine.plan(steps, known)
    touched = {c.path for c in plan.changes if not c.secret}
    touched |= {p for s in plan.steps for a in s.actions if isinstance(a, Command) for p in a.touches}
    require_branch(engine.root, branch, sorted(p for p in touched if engine.git.ignores(p) is not True))
    applied = await engine.apply(steps, known=known)
    run = next((r for r in engine.journal.runs() if r.id == applied.run), None)
    written = sorted({f.path for f in run.files if not f.private} if run else ())
    paths = [p for p in written if engine.git.ignores(p) is not True and (engine.root / p).is_file()]
    if not paths:
        return applied, HandedOver(committed=None)
    committed = commit_on_branch(engine.root, branch, paths, commit_message(subjects(engine.root), applied, paths))
    text = description(applied, paths, branch=branch, sign_off=signed_off(engine.root))
    file = _kept(engine.root, branch, text)
    return applied, HandedOver(committed=committed, description=text, file=file)


def _kept(root: Path, branch: str, text: str) -> str:
    """Keep the description in git's own folder, for `gh pr create --body-file`; returns its path."""
    name = "".join(c if c.isalnum() or c in "._-" else "-" for c in branch)
    file = journal_folder(root) / f"pull-request-{name}.md"
    file.write_text(text, "utf-8")
    return str(file)


def branch_v1(handed: HandedOver) -> dict[str, object] | None:
    """Return the branch as plain data; None where nothing was committed."""
    if handed.committed is None:
        return None
    made = handed.committed
    return {
        "name": made.branch,
        "commit": made.commit,
        "message": made.message,
        "description": handed.description,
        "description_file": handed.file,
    }


def branch_text(handed: HandedOver) -> str:
    """Return the branch for people: the commit, the description, and the commands that publish it."""
    made = handed.committed
    if made is None:
        return "\nNothing to commit: git ignores every changed file.\n"
    subject = made.message.splitlines()[0]
    lines = ["", f"Committed on {printable(made.branch)}, which is checked out now: {made.commit[:10]} {subject}"]
    lines += ["Nothing is pushed. To propose it:", f"  git push -u origin {printable(made.branch)}"]
    lines += [f"  gh pr create --title '{subject}' --body-file {printable(handed.file)}", "", "Description:", ""]
    lines += [f"  {line}".rstrip() for line in handed.description.splitlines()]
    return "\n".join(lines) + "\n"
