"""What make and turbo add to a command: the recipe of a target, and the variables that a strict task sees."""

from __future__ import annotations

import json

from msgspec import Struct

from checks.repository.facts import Facts, join

_ALWAYS = ("CI", "PATH", "HOME", "SHELL", "NODE_OPTIONS", "TURBO_*", "VERCEL", "VERCEL_*", "VITE_*", "NEXT_PUBLIC_*")
"""What strict mode lets through: its own list, and the prefix of the framework that it recognizes.

https://turborepo.com/docs/crafting-your-repository/using-environment-variables#framework-inference
"""


def turbo_passes(facts: Facts, top: str, folder: str, task: str) -> tuple[str, ...] | None:
    """Return the patterns of variables that turbo hands to a task, None where it hands on all of them.

    Version 2 is strict by default (https://turborepo.com/docs/reference/configuration#envmode).
    """
    data = _json(facts, join(top, "turbo.json"))
    if data is None or data.get("envMode") == "loose" or "pipeline" in data:
        return None
    own = _json(facts, join(folder, "turbo.json")) or {}
    found = list(_ALWAYS)
    for table in (data, own):
        found += _strings(table.get("globalEnv")) + _strings(table.get("globalPassThroughEnv"))
        tasks = table.get("tasks")
        for name in (task, f"{folder.rpartition('/')[2]}#{task}"):
            entry = tasks.get(name) if isinstance(tasks, dict) else None
            if isinstance(entry, dict):
                found += _strings(entry.get("env")) + _strings(entry.get("passThroughEnv"))
    return tuple(f for f in found if not f.startswith("!"))


def _json(facts: Facts, path: str) -> dict[str, object] | None:
    text = facts.text(path) if path in facts.paths else None
    try:
        data = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _strings(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


class Rule(Struct, frozen=True, kw_only=True):
    """A target: the targets that it needs, and its recipe as `(line, text)`."""

    needs: list[str]
    recipe: list[tuple[int, str]]


def make_rules(text: str, *, just: bool = False) -> tuple[dict[str, Rule], dict[str, str]]:
    """Return the targets of a Makefile (or a justfile) and the variables that it sets.

    Sources: https://www.gnu.org/software/make/manual/html_node/Rule-Syntax.html, https://just.systems/man/en/
    """
    rules: dict[str, Rule] = {}
    variables: dict[str, str] = {}
    current: list[str] = []
    for number, raw in _logical(text):
        if raw[:1] in ("\t", " ") and raw.strip():
            for name in current:
                rules[name].recipe.append((number, raw.strip()))
            continue
        line = raw.rstrip() if just else raw.partition("#")[0].rstrip()
        if just and line.startswith(("#", "[", "alias ", "set ", "import ", "mod ")):
            continue
        head, colon, tail = line.partition(":")
        left, equals, right = line.partition("=")
        assigns = (
            tail.startswith("=") if just else equals and (not colon or tail.startswith("=") or len(left) < len(head))
        )
        if assigns:
            variables[left.removeprefix("export ").rstrip(":?+ ").strip()] = right.strip().strip("\"'" if just else "")
        elif colon:
            current = [head.split()[0].lstrip("@")] if just and head.split() else head.split()
            own, _, inline = tail.lstrip(":").partition(";")
            needs = [w for w in own.split() if w not in ("|", "&&") and "=" not in w]
            for name in current:
                known = rules.setdefault(name, Rule(needs=[], recipe=[]))
                known.needs.extend(needs)
                if inline.strip() and not just:
                    known.recipe.append((number, inline.strip()))
        elif line:
            current = []
    return rules, variables


def _logical(text: str) -> list[tuple[int, str]]:
    """Return the lines with their continuations joined, each with the number of its first one."""
    found: list[tuple[int, str]] = []
    joined = False
    for number, line in enumerate(text.splitlines(), start=1):
        if joined:
            found[-1] = (found[-1][0], found[-1][1][:-1] + " " + line.strip())
        else:
            found.append((number, line))
        joined = line.endswith("\\")
    return found
