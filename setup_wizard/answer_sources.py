"""Answers from the command line. A module of its own: the wizard is drawn before the configuration is imported."""

from __future__ import annotations

import argparse
from pathlib import Path

from checks.errors import UsageError


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
