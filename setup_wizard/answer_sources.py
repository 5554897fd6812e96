"""Answers and steps from the command line. A module of its own: the wizard is drawn before the configuration is imported."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from checks.errors import UsageError

if TYPE_CHECKING:
    from setup_wizard.steps import Step


def read_answers(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the answers of `--answers` with those of `--set` on top. Raises `UsageError`."""
    answers: dict[str, str] = {}
    if arguments.answers:
        import tomllib

        from checks.config import flatten

        try:
            answers = flatten(tomllib.loads(Path(arguments.answers).read_text("utf-8")), arguments.answers)
        except OSError as error:
            raise UsageError(f"{arguments.answers} cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{arguments.answers} is not TOML: {error}") from error
    if not arguments.assignments:
        return answers
    from checks.config import parse_set

    return answers | parse_set(arguments.assignments)


def named_steps(names: list[str]) -> tuple[Step, ...]:
    """Return the steps that were named. Raises `UsageError`, also for a directory: `audit` takes one there, `plan` does not."""
    from setup_wizard.steps import find_steps

    try:
        return find_steps(names)
    except UsageError as error:
        folder = next((n for n in names if ("/" in n or "\\" in n or n in (".", "..")) and Path(n).is_dir()), None)
        if folder is None:
            raise
        raise UsageError(
            f"`{folder}` is a directory, not a step", hint=f"name the repository with a flag: `--repo {folder}`"
        ) from error
