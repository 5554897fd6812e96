"""What make and turbo add to a command: the recipe of a target, and the variables that a strict task sees."""

from __future__ import annotations

import json

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


def make_recipe(facts: Facts, folder: str, targets: list[str], tool: str) -> str | None:
    """Return the commands of make's (or just's) targets with those they depend on, or None where there are none.

    Every line of make runs in a shell of its own, so each one is a subshell here.
    """
    names = ("justfile", "Justfile", ".justfile") if tool == "just" else ("GNUmakefile", "makefile", "Makefile")
    path = next((p for n in names if (p := join(folder, n)) in facts.paths), None)
    text = facts.text(path) if path else None
    if text is None:
        return None
    rules, variables = _rules(text)
    wanted = targets or [next((r for r in rules if not r.startswith(".")), "")]
    lines: list[str] = []
    done: set[str] = set()

    def add(name: str) -> None:
        if name in done or name not in rules or len(done) > 40:
            return
        done.add(name)
        before, own = rules[name]
        for dependency in before:
            add(dependency)
        lines.extend(own)

    for name in wanted:
        add(name)
    if not lines:
        return None
    plain = [_substituted(line.lstrip("@-+ "), variables) for line in lines]
    return "\n".join(f"( {line} )" for line in plain if line and not line.startswith("#"))


def _rules(text: str) -> tuple[dict[str, tuple[list[str], list[str]]], dict[str, str]]:
    rules: dict[str, tuple[list[str], list[str]]] = {}
    variables: dict[str, str] = {}
    current: list[str] = []
    for raw in text.replace("\\\n", " ").splitlines():
        if raw[:1] in ("\t", " ") and raw.strip():
            for name in current:
                rules[name][1].append(raw.strip())
            continue
        line = raw.partition("#")[0].rstrip()
        head, colon, tail = line.partition(":")
        left, equals, right = line.partition("=")
        if equals and (not colon or tail.startswith("=") or len(left) < len(head)):
            variables[left.rstrip(":?+ ").strip()] = right.strip()
        elif colon:
            current = head.split()[:1] if "::" not in line and tail[:1] == "" and " " in head else head.split()
            for name in current:
                known = rules.setdefault(name, ([], []))
                known[0].extend(tail.lstrip(":").split())
        elif line:
            current = []
    return rules, variables


def _substituted(line: str, variables: dict[str, str]) -> str:
    for name, value in list(variables.items())[:60]:
        line = line.replace(f"$({name})", value).replace(f"${{{name}}}", value)
    return line.replace("$$", "$").replace("$(MAKE)", "make")
