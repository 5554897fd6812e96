"""Builds of a frontend in a shell script that a person or a server runs: no file of CI, no host and no image calls it."""

from __future__ import annotations

from msgspec import Struct

from checks.repository.builds import Build, build_scripts, builds_in
from checks.repository.commands import follow
from checks.repository.facts import Facts, parent
from checks.repository.frontends import Frontend
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, folder_purposes, purposes

_DEEPEST = 3
"""Folders above a script: deeper ones belong to something else."""


class ScriptBuild(Struct, frozen=True, kw_only=True):
    """A command of a script that builds a frontend: its place, its text, and the variables that the script gives it."""

    path: str
    line: int
    command: str
    given: frozenset[str]


def script_builds(facts: Facts, frontend: Frontend, builds: list[Build]) -> list[ScriptBuild]:
    """Return the builds of a frontend in scripts; `builds` are those of CI, hosts and images, whose own scripts do not count."""
    names = frozenset(build_scripts(facts, frontend))
    called = {w.rpartition("/")[2] for b in builds for w in (*b.command.split(), *b.words)}
    found: list[ScriptBuild] = []
    for path in sorted(facts.paths):
        name = path.rpartition("/")[2]
        if not name.endswith((".sh", ".bash")) or path.count("/") > _DEEPEST or name in called:
            continue
        if folder_purposes(path) & (NOT_DEPLOYED | NOT_PRODUCTION) or purposes(name) & (NOT_DEPLOYED | NOT_PRODUCTION):
            continue
        text = facts.text(path) or ""
        # A script is started where the repository begins, or where it is.
        for folder in dict.fromkeys((".", parent(path))):
            made = builds_in(facts, frontend, names, follow(facts, text, folder, path))
            if made:
                first = made[0]
                given = frozenset(n for n, v in first.env.items() if v)
                found.append(ScriptBuild(path=path, line=first.line + 1, command=first.outer, given=given))
                break
    return found
