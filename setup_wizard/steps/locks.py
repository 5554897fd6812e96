"""Lock files follow their manifests: by the project's own tool, or by hand where nobody agreed to run it."""

from __future__ import annotations

from checks.repository.dependencies import PINNED, is_kept_list
from checks.repository.facts import join
from setup_wizard.editors import requirements
from setup_wizard.plan.model import Command, ManualTask
from setup_wizard.services.commands import node_lock, python_lock, unhandled_node_lock
from setup_wizard.steps.context import Context


def update_node_lock(context: Context, root: str, packages: tuple[str, ...], *, changed: bool) -> None:
    """Plan the command that brings a package's lock file up to date; `changed`: its manifest is edited in this step."""
    lock, unhandled = node_lock(context.facts, root), unhandled_node_lock(context.facts, root)
    if lock is not None:
        _plan(context, lock, packages, changed=changed)
    elif unhandled is not None and (changed or not _holds(context, unhandled, packages)):
        tool = "yarn install" if unhandled.endswith("yarn.lock") else "bun install"
        context.actions.append(ManualTask(title=f"update {unhandled}", command=tool))


def update_python_lock(context: Context, root: str, packages: tuple[str, ...], *, changed: bool) -> None:
    """Plan the command that brings a Python lock file up to date; `changed`: its manifest is edited in this step."""
    lock = python_lock(context.facts, root)
    if lock is not None:
        _plan(context, lock, packages, changed=changed)
    _pinned(context, join(root, PINNED), join(root, "pyproject.toml"), packages)


def _pinned(context: Context, path: str, source: str, packages: tuple[str, ...]) -> None:
    """Leave a list of pins beside the manifest to the person: only what made it knows every version that it needs."""
    if not {path, source} <= context.facts.paths or _holds(context, path, packages):
        return
    if not is_kept_list(context.facts, path):
        return
    text = context.facts.text(path) or ""
    context.actions.append(
        ManualTask(
            title=f"compile {path} again, so that {packages[0]} is installed",
            command=requirements.compile_command(text, path) or f"pip-compile --output-file={path} {source}",
            reason=f"it lists what is in {source}, and what installs from it would start without {packages[0]}",
            path=path,
        )
    )


def _plan(context: Context, lock: Command, packages: tuple[str, ...], *, changed: bool) -> None:
    # A lock that lacks what its manifest names was left behind by a command that failed or was interrupted.
    if not changed and _holds(context, lock.touches[0], packages):
        return
    if context.install:
        context.actions.append(lock)
    else:
        path = lock.touches[0]
        context.actions.append(ManualTask(title=f"update {path}", command=" ".join(lock.argv), path=path))


def _holds(context: Context, path: str, packages: tuple[str, ...]) -> bool:
    data = context.read(path) or b""
    return all(p.encode() in data for p in packages)
