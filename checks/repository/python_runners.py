"""The tasks that Python's runners call: tox, nox, poe, invoke, and the scripts of PDM, Hatch, Rye and Pipenv.

Sources: https://tox.wiki/en/latest/config.html, https://nox.thea.codes/en/stable/config.html, https://poethepoet.natn.io/,
https://docs.pyinvoke.org/en/stable/, https://pdm-project.org/en/latest/usage/scripts/, https://hatch.pypa.io/latest/config/environment/overview/#scripts
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator
from typing import Any

from checks.parsers.position import line_of
from checks.parsers.python import parse_python
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.repository.called import Script, literal_command
from checks.repository.facts import Facts, join

_TOX_PASSES = (
    "CI",
    "PATH",
    "HOME",
    "PIP_*",
    "VIRTUALENV_*",
    "LANG",
    "LANGUAGE",
    "TMPDIR",
    "http_proxy",
    "https_proxy",
    "NETRC",
)
"""What tox hands on by itself (https://tox.wiki/en/latest/config.html#pass_env)."""

_MAX_TASKS = 40


def python_task(facts: Facts, written: tuple[str, ...], words: tuple[str, ...], folder: str) -> list[Script] | None:
    """Return what a command of one of these runners calls, None where it is no such command or the task is not found."""
    head = words[0].rpartition("/")[2]
    plain = [w for w in words[1:] if not w.startswith("-")]
    if head == "tox":
        return _tox(facts, words, folder)
    if head == "nox":
        return _nox(facts, words, folder)
    if head in ("invoke", "inv") and plain:
        return _functions(facts, join(folder, "tasks.py"), plain, "task", folder)
    if head == "fab" and plain:
        return _functions(facts, join(folder, "fabfile.py"), plain, "task", folder)
    if head == "poe" and plain:
        return _toml_task(facts, folder, ("tool", "poe", "tasks"), plain[0])
    if written[1:2] == ("run",) and written[0] in ("pdm", "rye", "pipenv", "hatch"):
        name = next((w for w in written[2:] if not w.startswith("-")), "")
        if written[0] == "pipenv":
            return _toml_task(facts, folder, ("scripts",), name, "Pipfile")
        if written[0] == "hatch":
            environment, colon, task = name.partition(":")
            place = ("tool", "hatch", "envs", environment if colon else "default", "scripts")
            return _toml_task(facts, folder, place, task if colon else name)
        return _toml_task(facts, folder, ("tool", written[0], "scripts"), name)
    return None


def _toml(facts: Facts, path: str) -> dict[str, Any]:
    try:
        return load_toml(facts.text(path) or "") if path in facts.paths else {}
    except ParseError:
        return {}


def _toml_task(
    facts: Facts, folder: str, place: tuple[str, ...], name: str, file: str = "pyproject.toml"
) -> list[Script] | None:
    path = join(folder, file)
    table: Any = _toml(facts, path)
    for key in place:
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict) or name not in table:
        return None
    lines = [(number, text) for number, text in _commands_of(table, name, _line_of(facts, path, name), set())]
    return [Script(text=t, path=path, line=n, folder=folder) for n, t in lines]


def _line_of(facts: Facts, path: str, name: str) -> int:
    lines = (facts.text(path) or "").splitlines()
    starts = (f"{name} ", f"{name}=", f'"{name}"', f"[tool.poe.tasks.{name}]")
    return next((n for n, line in enumerate(lines, start=1) if line.strip().startswith(starts)), 1)


def _commands_of(table: dict[str, Any], name: str, line: int, seen: set[str]) -> Iterator[tuple[int, str]]:
    """Yield the commands of a task: a text, a list of these, or a table with `cmd`, `shell`, `sequence`, `composite`."""
    if name in seen or len(seen) > _MAX_TASKS:
        return
    seen.add(name)
    yield from _of_value(table, table.get(name), line, seen)


def _of_value(table: dict[str, Any], value: Any, line: int, seen: set[str]) -> Iterator[tuple[int, str]]:
    if isinstance(value, str):
        if value in table:
            yield from _commands_of(table, value, line, seen)
        else:
            yield line, value
    elif isinstance(value, list):
        for item in value:
            yield from _of_value(table, item, line, seen)
    elif isinstance(value, dict):
        for dependency in value.get("deps") or ():
            if isinstance(dependency, str):
                yield from _commands_of(table, dependency, line, seen)
        for key in ("cmd", "shell", "ref", "sequence", "composite"):
            yield from _of_value(table, value.get(key), line, seen)


def _tox(facts: Facts, words: tuple[str, ...], folder: str) -> list[Script] | None:
    wanted: list[str] = []
    for at, word in enumerate(words):
        if word in ("-e", "--env") and at + 1 < len(words):
            wanted += words[at + 1].split(",")
        elif word.startswith("-e") and len(word) > 2:
            wanted += word[2:].lstrip("=").split(",")
    path, sections = next(
        (
            (p, s)
            for n in ("tox.ini", "setup.cfg", "pyproject.toml")
            if (s := _tox_sections(facts, p := join(folder, n)))
        ),
        ("", {}),
    )
    found: list[Script] = []
    for name in wanted:
        own = sections.get(name)
        if own is None:
            continue
        shared = sections.get("", {})
        passes = (*_TOX_PASSES, *own.get("pass", shared.get("pass", [])))
        line = _line_of(facts, path, f"[testenv:{name}]")
        commands = own.get("commands", shared.get("commands", []))
        for text in commands:
            plain = text.removeprefix("-").strip().replace("{posargs}", "").replace("{toxinidir}/", "")
            found.append(
                Script(text=plain, path=path, line=line, folder=folder, passes=passes, tolerated=text.startswith("-"))
            )
    return found or None


def _tox_sections(facts: Facts, path: str) -> dict[str, dict[str, list[str]]]:
    """Return the commands and passed variables of each environment; the shared ones under an empty name."""
    text = facts.text(path) if path in facts.paths else None
    if text is None:
        return {}
    found: dict[str, dict[str, list[str]]] = {}
    if path.endswith(".toml"):
        tool = _toml(facts, path).get("tool")
        tox = tool.get("tox") if isinstance(tool, dict) else None
        if not isinstance(tox, dict):
            return {}
        legacy = tox.get("legacy_tox_ini")
        if isinstance(legacy, str):
            return _ini_sections(legacy)
        tables = {"": tox.get("env_run_base"), **(tox["env"] if isinstance(tox.get("env"), dict) else {})}
        for name, table in tables.items():
            if isinstance(table, dict):
                found[name] = {}
                if isinstance(table.get("commands"), list):
                    found[name]["commands"] = [
                        " ".join(shlex.quote(str(w)) for w in c) for c in table["commands"] if isinstance(c, list)
                    ]
                if isinstance(table.get("pass_env"), list):
                    found[name]["pass"] = [str(v) for v in table["pass_env"]]
        return found
    return _ini_sections(text)


def _ini_sections(text: str) -> dict[str, dict[str, list[str]]]:
    from checks.parsers.ini import read_ini  # few repositories have a tox.ini

    try:
        parser = read_ini(text)
    except ParseError:
        return {}
    found: dict[str, dict[str, list[str]]] = {}
    for section in parser.sections():
        if section != "testenv" and not section.startswith("testenv:"):
            continue
        options: dict[str, list[str]] = {}
        for key, names in (("commands", ("commands",)), ("pass", ("passenv", "pass_env"))):
            value = next((v for n in names if (v := parser.get(section, n, fallback=None)) is not None), None)
            if value is not None:
                joined = value.replace("\\\n", " ")
                rows = joined.splitlines() if key == "commands" else joined.replace(",", " ").split()
                options[key] = [r.strip() for r in rows if r.strip()]
        for name in section.partition(":")[2].split(",") if ":" in section else [""]:
            found[name.strip()] = options
    return found


def _nox(facts: Facts, words: tuple[str, ...], folder: str) -> list[Script] | None:
    wanted: list[str] = []
    taking = False
    for word in words[1:]:
        if word in ("-s", "--session", "--sessions", "-e"):
            taking = True
        elif word.startswith("-"):
            taking = False
        elif taking:
            wanted.append(word)
    return _functions(facts, join(folder, "noxfile.py"), wanted, "session", folder)


def _functions(facts: Facts, path: str, wanted: list[str], decorator: str, folder: str) -> list[Script] | None:
    """Return the literal commands of decorated functions; those under a condition depend on it."""
    text = facts.text(path) if path in facts.paths else None
    try:
        tree = parse_python(text) if text is not None else None
    except ParseError:
        return None
    found: list[Script] = []
    known = False
    for node in tree.body if tree is not None else ():
        if not isinstance(node, ast.FunctionDef) or not any(decorator in ast.unparse(d) for d in node.decorator_list):
            continue
        named = {node.name, node.name.replace("_", "-"), *_names(node)}
        if not named & set(wanted):
            continue
        known = True
        for depends, call in _calls(node.body, None):
            command = _session_command(call) if decorator == "session" else literal_command(call.args)
            if command is not None:
                found.append(Script(text=command, path=path, line=line_of(call), folder=folder, why=depends))
    return found if known else None


def _names(node: ast.FunctionDef) -> set[str]:
    keywords = [k for d in node.decorator_list if isinstance(d, ast.Call) for k in d.keywords if k.arg == "name"]
    return {str(k.value.value) for k in keywords if isinstance(k.value, ast.Constant)}


def _calls(body: list[ast.stmt], depends: str | None) -> Iterator[tuple[str | None, ast.Call]]:
    for statement in body:
        if isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.With):
            asks = (
                depends if isinstance(statement, ast.With) else depends or ast.unparse(statement).splitlines()[0][:80]
            )
            for inner in (statement.body, getattr(statement, "orelse", [])):
                yield from _calls(inner, asks)
            continue
        for node in ast.walk(statement):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            if node.func.attr in ("run", "run_always", "sudo", "local"):
                yield depends, node


def _session_command(call: ast.Call) -> str | None:
    return literal_command([ast.Tuple(elts=call.args, ctx=ast.Load())])
