"""The scripts of the repository that a command calls: shell and Python files, and the targets of make, just and Task."""

from __future__ import annotations

import ast
import shlex

from msgspec import Struct
from yaml import Node

from checks.parsers import yaml as y
from checks.parsers.globs import glob_matches
from checks.parsers.position import line_of
from checks.parsers.python import parse_python
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, join

_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ash", "source", "."})
_PYTHONS = frozenset({"python", "python3"})
_CALLS = frozenset({"run", "call", "check_call", "check_output", "Popen", "system", "popen", "sudo", "local"})
_MAX_TARGETS = 40


class Script(Struct, frozen=True, kw_only=True):
    """Commands that another command calls: their text, the file and line that spell it, the folder that they run in.

    `why` says on what it depends whether they run at all (None: on nothing). `given` are the variables that the call sets,
    `passes` the patterns of those that it lets through (None: all), `tolerated` says that a failure is passed over.
    """

    text: str
    path: str
    line: int
    folder: str
    why: str | None = None
    given: dict[str, str] = {}
    passes: tuple[str, ...] | None = None
    tolerated: bool = False


def called_scripts(facts: Facts, written: tuple[str, ...], words: tuple[str, ...], folder: str) -> list[Script] | None:
    """Return what a command calls, None where it calls nothing of the repository that is known.

    `written` are its words as they are written, `words` those without what only starts it (`poetry run`, `uv run`).
    """
    from checks.repository.python_runners import python_task

    head = words[0].rpartition("/")[2]
    if head in ("make", "gmake"):
        return _make(facts, words, folder)
    if head == "just":
        return _just(facts, words, folder)
    if head in ("task", "go-task"):
        return _task(facts, words, folder)
    found = python_task(facts, written, words, folder)
    if found is not None:
        return found
    return _file(facts, words, folder)


def _file(facts: Facts, words: tuple[str, ...], folder: str) -> list[Script] | None:
    """Follow `./deploy.sh`, `bash scripts/deploy.sh`, `python scripts/release.py`."""
    head, rest = words[0].rpartition("/")[2], list(words)
    if head in _SHELLS | _PYTHONS:
        rest = list(words[1:])
        while rest and rest[0].startswith("-"):
            if rest[0] in ("-c", "-m", "-s", "-"):
                return None
            rest.pop(0)
    elif "/" not in words[0]:
        return None
    if not rest or "$" in rest[0]:
        return None
    path = next((p for f in (folder, ".") if (p := join(f, rest[0])) in facts.paths), None)
    text = facts.text(path) if path else None
    if path is None or text is None or text.startswith("\x7f"):
        return None
    first = text.partition("\n")[0]
    if head in _PYTHONS or path.endswith(".py") or (first.startswith("#!") and "python" in first):
        found = [Script(text=t, path=path, line=n, folder=folder, why=f"the program {path}") for n, t in programs(text)]
        return found or None
    if path.endswith((".js", ".mjs", ".cjs", ".ts", ".rb", ".php", ".pl", ".ps1")) or "node" in first:
        return None
    given = {str(n): w for n, w in enumerate(rest[1:], start=1)} | {"0": rest[0]}
    return [Script(text=text, path=path, line=1, folder=folder, given=given)]


def programs(text: str) -> list[tuple[int, str]]:
    """Return `(line, command)` of the literal commands that a Python program starts; none where it does not parse."""
    try:
        tree = parse_python(text)
    except ParseError:
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in _CALLS:
            command = literal_command(node.args)
            if command is not None:
                found.append((line_of(node), command))
    return sorted(found)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def literal_command(arguments: list[ast.expr]) -> str | None:
    """Return the command of a call such as `run(["a", "b"])` or `run("a b")`; what is not a literal becomes `$…`."""
    first = arguments[0]
    if isinstance(first, ast.List | ast.Tuple):
        return " ".join(_word(e) for e in first.elts)
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    if isinstance(first, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.Constant) else "${" + "_" + "}" for p in first.values]
        return "".join(str(p) for p in parts)
    return None


def _word(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return shlex.quote(node.value)
    return '"$_"'


def _make(facts: Facts, words: tuple[str, ...], folder: str) -> list[Script] | None:
    from checks.repository.task_runners import make_rules

    targets: list[str] = []
    given: dict[str, str] = {}
    file, waiting = None, list(words[1:])
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        if word in ("-C", "--directory") and waiting:
            folder = join(folder, waiting.pop(0))
        elif word in ("-f", "--file", "--makefile") and waiting:
            file = waiting.pop(0)
        elif equals and not word.startswith("-"):
            given[name] = value
        elif not word.startswith("-"):
            targets.append(word)
    names = (file,) if file else ("GNUmakefile", "makefile", "Makefile")
    path = next((p for n in names if (p := join(folder, n)) in facts.paths), None)
    if path is None:
        return None
    rules, variables = make_rules(facts.text(path) or "")
    spelled = dict.fromkeys(rules, path)
    for other in _included(facts, path, folder):
        more, values = make_rules(facts.text(other) or "")
        variables = values | variables
        for name, rule in more.items():
            if name not in rules:
                rules[name], spelled[name] = rule, other
    wanted = targets or [next((r for r in rules if not r.startswith(".")), "")]
    if not any(t in rules for t in wanted):
        return None
    found: list[Script] = []
    done: set[str] = set()

    def add(name: str) -> None:
        if name in done or name not in rules or len(done) > _MAX_TARGETS:
            return
        done.add(name)
        for dependency in rules[name].needs:
            add(dependency)
        for line, text in rules[name].recipe:
            plain = substituted(text.lstrip("@-+ "), variables | given)
            if plain and not plain.startswith("#"):
                tolerated = "-" in text[: len(text) - len(text.lstrip("@-+ "))]
                # Every line of make runs in a shell of its own.
                found.append(Script(text=plain, path=spelled[name], line=line, folder=folder, tolerated=tolerated))

    for name in wanted:
        add(name)
    return found


def _included(facts: Facts, path: str, folder: str) -> list[str]:
    """Return the files that a Makefile includes, and those that these include (https://www.gnu.org/software/make/manual/html_node/Include.html)."""
    found: list[str] = []
    waiting = [path]
    while waiting and len(found) < _MAX_TARGETS:
        for line in (facts.text(waiting.pop()) or "").splitlines():
            words = line.partition("#")[0].split()
            if words[:1] not in (["include"], ["-include"], ["sinclude"]):
                continue
            for word in words[1:]:
                named = (
                    [p for p in facts.configuration if glob_matches(join(folder, word), p)]
                    if "*" in word
                    else [join(folder, word)]
                )
                new = [p for p in named if p in facts.paths and p not in found and p != path]
                found += new
                waiting += new
    return found


def substituted(line: str, variables: dict[str, str]) -> str:
    """Put make's variables into a line of a recipe."""
    for _ in range(3):
        before = line
        for name, value in list(variables.items())[:60]:
            line = line.replace(f"$({name})", value).replace(f"${{{name}}}", value)
        if line == before:
            break
    return line.replace("$(MAKE)", "make").replace("${MAKE}", "make").replace("$$", "$")


def _just(facts: Facts, words: tuple[str, ...], folder: str) -> list[Script] | None:
    from checks.repository.task_runners import make_rules

    path = next((p for n in ("justfile", "Justfile", ".justfile") if (p := join(folder, n)) in facts.paths), None)
    if path is None:
        return None
    rules, variables = make_rules(facts.text(path) or "", just=True)
    plain = [w for w in words[1:] if not w.startswith("-") and "=" not in w]
    wanted = plain[:1] or list(rules)[:1]
    found: list[Script] = []
    done: set[str] = set()

    def add(name: str) -> None:
        if name in done or name not in rules or len(done) > _MAX_TARGETS:
            return
        done.add(name)
        for dependency in rules[name].needs:
            add(dependency)
        recipe = rules[name].recipe
        if recipe and recipe[0][1].startswith("#!"):
            text = "\n".join(t for _, t in recipe[1:])
            found.append(Script(text=text, path=path, line=recipe[1][0] if recipe[1:] else 1, folder=folder))
            return
        for line, text in recipe:
            command = text.lstrip("@-")
            for key, value in variables.items():
                command = command.replace("{{" + key + "}}", value).replace("{{ " + key + " }}", value)
            tolerated = text.lstrip("@").startswith("-")
            found.append(Script(text=command, path=path, line=line, folder=folder, tolerated=tolerated))

    for name in wanted:
        add(name)
    return found if done else None


def _task(facts: Facts, words: tuple[str, ...], folder: str) -> list[Script] | None:
    """Follow the tasks of https://taskfile.dev/reference/schema/."""
    names = ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml")
    path = next((p for n in names if (p := join(folder, n)) in facts.paths), None)
    document = facts.yaml(path) if path else None
    if path is None or not isinstance(document, Node):
        return None
    found: list[Script] = []
    done: set[str] = set()

    def add(name: str) -> None:
        node = y.get(document, "tasks", name)
        if name in done or node is None or len(done) > _MAX_TARGETS:
            return
        done.add(name)
        place = join(folder, y.scalar(y.get(node, "dir")) or ".")
        asks = y.get(node, "preconditions") is not None or y.get(node, "status") is not None
        for item in y.sequence(y.get(node, "deps")):
            add(y.scalar(item) or y.scalar(y.get(item, "task")) or "")
        for item in y.sequence(y.get(node, "cmds")) or ([node] if y.scalar(node) else []):
            if (other := y.scalar(y.get(item, "task"))) is not None:
                add(other)
                continue
            text = y.scalar(item) or y.scalar(y.get(item, "cmd")) or ""
            tolerated = y.scalar(y.get(item, "ignore_error")) == "true"
            why = f"the preconditions of task {name}" if asks else None
            script = Script(text=text, path=path, line=y.line_of(item), folder=place, why=why, tolerated=tolerated)
            found.append(script)

    for name in [w for w in words[1:] if not w.startswith("-") and "=" not in w] or ["default"]:
        add(name)
    return found if done else None
