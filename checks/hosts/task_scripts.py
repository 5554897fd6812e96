"""Commands that a project gives names: the scripts of PDM, Hatch, Pipenv, Pixi and Poe the Poet.

https://pdm-project.org/en/latest/usage/scripts/, https://hatch.pypa.io/latest/config/environment/overview/#scripts,
https://pipenv.pypa.io/en/latest/scripts.html, https://pixi.sh/latest/workspace/advanced_tasks/, https://poethepoet.natn.io/tasks/
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, join, parent

_PYPROJECT = {
    "pdm": ("tool", "pdm", "scripts"),
    "hatch": ("tool", "hatch", "envs", "default", "scripts"),
    "pixi": ("tool", "pixi", "tasks"),
    "poe": ("tool", "poe", "tasks"),
}
_OWN = {"pipenv": ("Pipfile", ("scripts",)), "pixi": ("pixi.toml", ("tasks",))}
_WITHOUT_RUN = frozenset({"poe", "pdm"})
"""Runners that take the name of a script without the word `run` as well."""


def named_script(facts: Facts, folder: str, path: str, words: tuple[str, ...]) -> list[str]:
    """Return the commands that a runner's script has which some words name; the arguments behind the name are added to the last."""
    runner = words[0].rpartition("/")[2] if words else ""
    rest = list(words[1:])
    while rest and (rest[0].startswith("-") or rest[0] == "run"):
        rest.pop(0)
    if not rest or (runner not in _WITHOUT_RUN and "run" not in words):
        return []
    for place in dict.fromkeys((folder, parent(path), ".")):
        for table in _tables(facts, place, runner):
            found = _commands(table.get(rest[0]))
            if found:
                return [*found[:-1], " ".join([found[-1], *(shlex.quote(w) for w in rest[1:])])]
    return []


def _tables(facts: Facts, folder: str, runner: str) -> Iterator[Mapping[str, object]]:
    """Yield the tables of a folder's files in which a runner looks for its scripts."""
    wanted = [("pyproject.toml", _PYPROJECT[runner])] if runner in _PYPROJECT else []
    for name, keys in [*wanted, *([_OWN[runner]] if runner in _OWN else [])]:
        path = join(folder, name)
        try:
            found: object = load_toml(facts.text(path) or "") if path in facts.paths else None
        except ParseError:
            continue
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict):
            yield found


def _commands(script: object) -> list[str]:
    """Return what a script runs: a text, a list of texts, or a table that has one under `cmd` or `shell`."""
    if isinstance(script, str):
        return [script]
    if isinstance(script, list):
        return [s for s in script if isinstance(s, str)]
    if not isinstance(script, dict):
        return []
    command = script.get("cmd") or script.get("shell")
    if isinstance(command, list):
        return [shlex.join(str(w) for w in command)]
    return [command] if isinstance(command, str) else []
