"""What is left for the person, ticked by what the CI's own store lists; without a connection Sentry ticks nothing."""

from __future__ import annotations

import contextlib
from pathlib import Path

from checks.manual import manual_tasks, with_stored
from checks.model import ManualTask
from checks.report.text import Style, tasks_text
from checks.repository.facts import Facts
from checks.repository.names import github_name
from setup_wizard.services.ci_secret import SecretStoreError, can_store, stored_secrets, stored_variables


def tick_stored(root: Path, tasks: tuple[ManualTask, ...]) -> tuple[ManualTask, ...]:
    """Return the tasks, ticked where `gh secret list` or `gh variable list` names them; blocks. A store that refuses ticks nothing."""
    wanted = {t.id.partition(":")[0] for t in tasks if not t.done}
    if not wanted & {"ci-secret", "ci-variable"} or github_name(str(root)) is None or not can_store():
        return tasks
    secrets = variables = frozenset[str]()
    with contextlib.suppress(SecretStoreError):
        secrets = stored_secrets(root) if "ci-secret" in wanted else secrets
        variables = stored_variables(root) if "ci-variable" in wanted else variables
    return with_stored(tasks, secrets, variables)


def left_text(root: Path, facts: Facts) -> str:
    """Return the tasks of a repository for people, "" where there are none."""
    tasks = tick_stored(root, manual_tasks(facts))
    lines = tasks_text(tasks, Style(color=False, links=False, ascii_only=False))
    return "\n".join(lines)
