"""How a project takes its variables on a developer's machine where nothing loads a `.env`: the file or the shell that does."""

from __future__ import annotations

from checks.repository.env_loading import compose_env_files, is_env_example
from setup_wizard.steps.context import Context


def how_to_set(context: Context, name: str, dsn: str) -> tuple[str, str]:
    """Return where this project takes its variables where nothing loads a `.env`, and the line to write there."""
    for path, files in compose_env_files(context.facts):
        for file in files:
            if not is_env_example(file.rpartition("/")[2]):
                return f"put it into {file}, which {path} reads", f"{name}={dsn}"
    return "set it in the shell that starts the backend", f"export {name}={dsn}"
