"""What is printed to the terminal after the wizard was left: how far it is, what is left, and the command to continue with."""

from __future__ import annotations

from msgspec import Struct

from setup_wizard.plan.model import ManualTask
from setup_wizard.session import Session
from setup_wizard.state import WizardState, is_open, progress
from setup_wizard.steps import find_steps
from setup_wizard.ui.board import Group, board
from setup_wizard.ui.text import safe

_MAX_ITEMS = 10


class Left(Struct, frozen=True, kw_only=True):
    """A task that is left for the person; `done` where Sentry or CI showed it, `seen` says what did, or what would."""

    task: ManualTask
    done: bool = False
    seen: str = ""


def tasks_of(state: WizardState) -> tuple[Left, ...]:
    """Return what is left for the person, each once: as the last audit with Sentry saw it, then what only this sitting knows."""
    seen = {
        t.id: Left(
            task=ManualTask(
                title=t.title,
                command=t.command,
                url=t.url or t.value_url,
                place=t.place or "",
                snippet=t.value or "",
                id=t.id,
            ),
            done=t.done,
            seen=t.seen,
        )
        for t in state.left
    }
    ours = dict.fromkeys(state.told.get(t.about, t) for t in told_by_steps(state) if not t.id or t.id not in seen)
    return (*seen.values(), *(Left(task=t) for t in ours))


def told_by_steps(state: WizardState) -> list[ManualTask]:
    """Return what the steps of this sitting told: those that were applied, and those that had nothing to apply and are still open."""
    shown = [t for step, tasks in state.unchanged.items() if is_open(state, find_steps([step])[0]) for t in tasks]
    return [t for a in state.applied for t in a.by_hand] + shown


def sentence(title: str) -> str:
    """Return a title that begins with a capital, unless it begins with a name: a file's, or a command's."""
    first = title.partition(" ")[0]
    return title[:1].upper() + title[1:] if first.isalpha() and first.islower() else title


def value_of(task: ManualTask) -> str:
    """Return what a person copies for a task: its command, else its text, else its page."""
    return task.command or task.snippet or task.url or ""


def summary(session: Session, state: WizardState) -> str:
    """Return the lines; nothing where nothing was decided yet."""
    if not state.results:
        return ""
    done, of = progress(state)
    groups = board(state)
    tasks = [t.task for t in tasks_of(state) if not t.done and t.task.title not in state.ticked]
    lines = [f"{safe(state.header.repository)}: {done} of {of} required items done"]
    failing = groups.get(Group.TODO, ())
    for item in failing[:_MAX_ITEMS]:
        lines.append(f"  ✗ {state.results[item.id].title}")
    if len(failing) > _MAX_ITEMS:
        lines.append(f"  … and {len(failing) - _MAX_ITEMS} more")
    if tasks:
        lines += ["", "For you:"]
        for number, task in enumerate(tasks, 1):
            lines.append(f"  {number}. {sentence(safe(task.title))}")
            value = task.command or ("" if "\n" in task.snippet.strip() else task.snippet.strip())
            lines += [f"     {safe(x)}" for x in (value or task.place, task.url) if x]
    again = f"sentry-setup {safe(str(session.root))}"
    after = "sentry-setup launch" if not failing and state.connected else again
    return "\n".join([*lines, "", f"Continue: {after}" + ("   Undo: sentry-setup undo" if state.applied else ""), ""])
