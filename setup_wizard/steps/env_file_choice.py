"""Which of the env files that a compose file's services take is the application's: the one where its DSN goes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from checks.repository.env_loading import env_files
from checks.repository.facts import Facts


def of_application(facts: Facts, path: str, files: Sequence[str], services: Collection[str]) -> str:
    """Return the file for the application's secrets among those that `services` of a compose file take.

    Not one that is named after another service which takes it too (`.postgres`); a file for secrets before others, the one that
    fewest other services take, then the last, which wins over those before it.
    """
    others = {s: taken for s, taken in env_files(facts, path).items() if s not in services}
    own = [f for f in files if not any(f in taken and s in _name(f) for s, taken in others.items())] or [*files]

    def rank(file: str) -> tuple[bool, int, int]:
        return "secret" in _name(file), -sum(file in taken for taken in others.values()), own.index(file)

    return max(own, key=rank)


def _name(file: str) -> str:
    return file.rpartition("/")[2]
