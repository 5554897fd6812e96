"""The threads that the SDK needs of uWSGI: in its ini file, else in the command that starts it, which a person edits."""

from __future__ import annotations

from checks.repository.backends import Backend
from checks.targets.uwsgi import without_threads
from setup_wizard.editors import uwsgi
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context


def give_threads(context: Context, backend: Backend) -> None:
    """Switch on what a backend's uWSGI lacks: without its threads, events wait in the process and may never be sent."""
    context.refresh()
    lacking = without_threads(context.facts, backend)
    if lacking is None:
        return
    if lacking.in_file and not lacking.why:
        context.edit(lacking.path, lambda data: uwsgi.switch_on(data, lacking.missing, lacking.path))
        return
    place = f"{lacking.path}:{lacking.line}"
    flags = " ".join(f"--{n}" for n in lacking.missing)
    rows = "\n".join(f"{n} = true" for n in lacking.missing)
    context.actions.append(
        ManualTask(
            title=f"give uWSGI {lacking.named} in {place}"
            if not lacking.why
            else f"check that uWSGI has {lacking.named}",
            reason=lacking.message,
            place=place,
            path=lacking.path,
            snippet=rows if lacking.in_file else flags,
        )
    )
