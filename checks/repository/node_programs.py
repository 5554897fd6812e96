"""What a Node program starts: literal commands, and the calls of `@sentry/cli` as the commands that they run.

Sources: https://nodejs.org/api/child_process.html, https://github.com/getsentry/sentry-cli/blob/master/lib/releases/index.ts
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.repository.called import Script
from checks.repository.facts import Facts, join

_NODES = frozenset({"node", "bun", "tsx", "ts-node", "deno", "zx", "babel-node"})
_STARTS = frozenset(
    {"exec", "execSync", "execFile", "execFileSync", "spawn", "spawnSync", "execa", "execaCommand", "execaSync"}
    | {"getExecOutput"}
)
_PACKAGE = "@sentry/cli"
_METHODS = {
    "new": "releases new",
    "finalize": "releases finalize",
    "setCommits": "releases set-commits --auto",
    "newDeploy": "deploys new --release",
    "proposeVersion": "releases propose-version",
}
_SUFFIXES = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")


def node_program(facts: Facts, words: tuple[str, ...], folder: str) -> list[Script]:
    """Return what a Node program of the repository that mentions Sentry starts; whether it does depends on the program."""
    if words[0].rpartition("/")[2] not in _NODES:
        return []
    named = next((w for w in words[1:] if not w.startswith("-") and w != "run"), "")
    if not named or "$" in named:
        return []
    paths = (join(f, named + s) for f in dict.fromkeys((folder, ".")) for s in _SUFFIXES)
    path = next((p for p in paths if p in facts.paths and p.endswith(_SUFFIXES[1:])), None)
    text = facts.text(path) if path is not None else None
    if path is None or text is None or "sentry" not in text.lower():
        return []
    return [Script(text=t, path=path, line=n, folder=folder, why=f"the program {path}") for n, t in started(text, path)]


def started(text: str, path: str) -> list[tuple[int, str]]:
    """Return `(line, command)` of what a Node program starts; none where it does not parse."""
    try:
        root = js.parse_javascript(text.encode(), path)
    except ParseError:
        return []
    clients = frozenset(_clients(root))
    found = []
    for node in js.descend(root):
        if node.type == "call_expression" and (command := _command(node, clients, root)):
            found.append((js.line_of(node), command))
    return found


def _clients(root: Node) -> Iterator[str]:
    """Yield the names that hold a client of `@sentry/cli`, or its class."""
    classes = {n for module, names, _ in js.imports(root) if module == _PACKAGE for n in names}
    yield from classes
    for node in js.descend(root):
        value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
        name = node.child_by_field_name("name") if value is not None else None
        if value is not None and name is not None and _made(js.unwrap(value), classes):
            yield js.text_of(name)


def _made(node: Node, classes: set[str]) -> bool:
    constructor = node.child_by_field_name("constructor") if node.type == "new_expression" else None
    return constructor is not None and js.text_of(constructor).partition(".")[0] in classes


def _command(node: Node, clients: frozenset[str], root: Node) -> str | None:
    function, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    arguments = given.named_children if given is not None else []
    if function is None or not arguments:
        return None
    name = function
    if function.type == "member_expression":
        name = function.child_by_field_name("property") or function
        holder = function.child_by_field_name("object")
        if holder is not None and _is_client(holder, clients):
            return _of_client(js.text_of(name), arguments)
    if js.text_of(name) not in _STARTS:
        return None
    first = _text(arguments[0])
    listed = arguments[1].named_children if len(arguments) > 1 and arguments[1].type == "array" else None
    return first if listed is None else shlex.join([first, *(_text(e) for e in listed)])


def _is_client(node: Node, clients: frozenset[str]) -> bool:
    """Return whether an expression is a client, or its `releases`: `cli.releases`, `new SentryCli().releases`."""
    node = js.unwrap(node)
    if node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    if node.type == "member_expression":
        attribute, holder = node.child_by_field_name("property"), node.child_by_field_name("object")
        if attribute is None or holder is None or js.text_of(attribute) != "releases":
            return False
        node = js.unwrap(holder)
        if node.type == "parenthesized_expression" and node.named_children:
            node = node.named_children[0]
    return js.text_of(node) in clients if node.type == "identifier" else _made(node, set(clients))


def _of_client(method: str, arguments: list[Node]) -> str | None:
    """Return the command that a method of the client runs (`releases.new(version, {projects: […]})`)."""
    if method == "execute" and arguments[0].type == "array":
        return shlex.join(["sentry-cli", *(_text(e) for e in arguments[0].named_children)])
    if method not in _METHODS:
        return None
    flags: list[str] = []
    options = arguments[1] if len(arguments) > 1 and arguments[1].type == "object" else None
    for key, value, _ in js.properties(options) if options is not None else ():
        if key == "projects" and value.type == "array":
            flags += [w for e in value.named_children for w in ("-p", shlex.quote(_text(e)))]
        elif key == "env":
            flags += ["-e", shlex.quote(_text(value))]
    version = _text(arguments[0])
    quoted = f'"{version}"' if version.startswith("$") else shlex.quote(version)
    if method == "newDeploy":
        return " ".join(["sentry-cli deploys new --release", quoted, *flags])
    return " ".join(["sentry-cli", _METHODS[method], *flags, quoted])


def _text(node: Node) -> str:
    """Return a literal, `$NAME` for a variable of the environment, `$_` for what is computed."""
    literal = js.string_of(node)
    if literal is not None:
        return literal
    text = js.text_of(node)
    for holder in ("process.env.", "import.meta.env.", "Bun.env."):
        if text.startswith(holder) and text[len(holder) :].isidentifier():
            return f"${text[len(holder) :]}"
    if node.type == "template_string":
        return "".join("$_" if c.type == "template_substitution" else js.text_of(c) for c in node.named_children)
    return "$_"
