"""What kind of value names a release: the full commit, a short one, a tag, a version; by names, commands and expressions.

Sources: https://git-scm.com/docs/git-rev-parse, https://git-scm.com/docs/git-describe, the variables of the hosts named in
`items/release_name.py`, and of CI in `ci/providers`.
"""

from __future__ import annotations

import ast
import re
from functools import cache

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.command_words import unwrapped
from checks.parsers.commands import read_commands
from checks.parsers.github_expression import Expression, dotted, parse_expression
from checks.parsers.text import ParseError

FULL, SHORT, DESCRIBE, TAG, VERSION, NONE = (
    "the full commit SHA",
    "a short SHA",
    "git describe",
    "a tag",
    "a version number",
    "none",
)

_HOSTS = frozenset(
    {
        "RENDER_GIT_COMMIT",
        "RAILWAY_GIT_COMMIT_SHA",
        "VERCEL_GIT_COMMIT_SHA",
        "HEROKU_SLUG_COMMIT",
        "HEROKU_BUILD_COMMIT",
    }
    | {"SOURCE_VERSION", "COMMIT_REF", "CF_PAGES_COMMIT_SHA", "CODEBUILD_RESOLVED_SOURCE_VERSION", "GITHUB_SHA"}
    | {"BUILD_SOURCEVERSION", "GIT_COMMIT", "COMMIT_SHA", "GIT_SHA"}
)
_OTHER_COMMITS = frozenset(
    {"BASE", "BEFORE", "PREVIOUS", "PREV", "LAST", "OLD", "PARENT", "TARGET", "MERGE", "UPSTREAM"}
)
_PUBLIC = ("VITE_", "REACT_APP_", "NEXT_PUBLIC_", "NUXT_PUBLIC_", "VUE_APP_", "GATSBY_", "PUBLIC_")
_TAGS = frozenset({"GITHUB_REF_NAME", "CI_COMMIT_TAG", "CIRCLE_TAG"})
_PASSING = frozenset(
    {"strip", "rstrip", "decode", "lower", "trim", "trimEnd", "toString", "read", "read_text", "String"}
)
_RUNNERS = frozenset(
    {"check_output", "getoutput", "run", "popen", "Popen", "execSync", "execFileSync", "spawnSync", "exec"}
)
_OF_GITHUB: dict[tuple[str, ...], str] = {
    ("sha",): FULL,
    ("ref_name",): TAG,
    ("event", "release", "tag_name"): TAG,
    ("run_number",): "the number of the run",
    ("run_id",): "the id of the run",
}
"""What parts of `github` hold (https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context)."""
_VERSION_FILES = ("package.json", "pyproject.toml", "VERSION", "version.txt", "setup.py", "Cargo.toml")
_VERSION_TOOLS = frozenset(
    {"poetry", "hatch", "uv", "npm", "pnpm", "yarn", "jq", "node", "toml", "cat", "python", "grep", "yq"}
)


@cache
def _commits() -> frozenset[str]:
    """The variables with the full commit, of every CI and host."""
    from checks.ci.providers import providers

    named = _HOSTS | {p.commit for p in providers() if p.commit}
    return frozenset(re.sub(r"\W|_", "", name).upper() for name in named)


def kind_of_name(name: str) -> str | None:
    """Return the kind of what a variable, an input or an attribute holds, by the words of its name; None where they say nothing."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    whole = re.sub(r"\W+", "_", spaced).strip("_").upper()
    # A bundler hands the browser only names with its prefix.
    whole = next((whole.removeprefix(p) for p in _PUBLIC if whole.startswith(p)), whole)
    words = whole.split("_")
    if whole.replace("_", "") in _commits():
        return FULL
    if {"SHORT", "SHA"} <= set(words) or {"SHORT", "COMMIT"} <= set(words):
        return SHORT
    if _OTHER_COMMITS & set(words):
        return None
    if tuple(words[-2:]) in (("COMMIT", "SHA"), ("GIT", "SHA"), ("GIT", "COMMIT")):
        return FULL
    if whole in _TAGS or "TAG" in words:
        return TAG
    return VERSION if "VERSION" in words else None


def cut(kind: str | None) -> str | None:
    """Return the kind of the first letters of a value."""
    return SHORT if kind in (FULL, SHORT) else None


def kind_of_script(text: str) -> tuple[str | None, int | None]:
    """Return the kind of what a script prints, and the length that it is cut to, where it says one."""
    kind: str | None = None
    length: int | None = None
    for command in read_commands(text):
        words, _ = unwrapped(command.words)
        if command.runs is False or not words:
            continue
        before = kind if command.piped else None
        kind, length = _of_command(words, before, length if command.piped else None)
    return kind, length


def _of_command(words: tuple[str, ...], before: str | None, length: int | None) -> tuple[str | None, int | None]:
    name, rest = words[0].rpartition("/")[2], words[1:]
    if name == "git":
        return _of_git(rest)
    if name == "sentry-cli" and "propose-version" in rest:
        return FULL, None
    if name in ("echo", "printf") and rest:
        from checks.repository.release_text import shell_parts

        parts = shell_parts(rest[-1])
        known = len(parts) == 1 and parts[0].kind in (FULL, SHORT, DESCRIBE, TAG, VERSION)
        return (parts[0].kind, parts[0].length) if known else (None, None)
    if name in ("cut", "head"):
        found = re.search(r"(?:^|-)(\d{1,2})$", next((w for w in reversed(rest) if w[-1:].isdigit()), ""))
        return cut(before), int(found.group(1)) if found else length
    if name in ("tr", "xargs", "sed", "awk", "tee") and before is not None:
        return (before if name != "sed" or before in (TAG, VERSION) else None), length
    if name in _VERSION_TOOLS and any(f in w for w in rest for f in (*_VERSION_FILES, "version")):
        return VERSION, None
    return None, None


def _of_git(words: tuple[str, ...]) -> tuple[str | None, int | None]:
    plain = [w for w in words if not w.startswith("-")]
    flags = [w for w in words if w.startswith("-")]
    verb = next((w for w in plain if w in ("rev-parse", "describe", "log", "show", "rev-list")), "")
    if verb == "describe":
        return DESCRIBE, None
    short = next((f for f in flags if f.startswith("--short")), None)
    if verb == "rev-parse":
        if short is not None:
            digits = short.partition("=")[2]
            return SHORT, int(digits) if digits.isdecimal() else None
        return (FULL if {"HEAD", "@"} & set(plain) else None), None
    printed = [w for w in words if "%" in w]
    if verb in ("log", "show") and printed:
        return (FULL if printed[-1].endswith("%H") else SHORT if printed[-1].endswith("%h") else None), None
    return None, None


def kind_of_expression(text: str) -> str | None:
    """Return the kind of one of GitHub's expressions, without its braces."""
    try:
        return _of_expression(parse_expression(text))
    except ParseError:
        return None


def _of_expression(found: Expression) -> str | None:
    if found.kind in ("||", "&&"):
        parts = [_of_expression(p) for p in (found.parts if found.kind == "||" else found.parts[-1:])]
        return parts[0] if len(set(parts)) == 1 else None
    path = dotted(found)
    if not path:
        return None
    if path[0] == "github":
        return _OF_GITHUB.get(path[1:]) or (kind_of_name(path[-1]) if path[1:3] == ("event", "inputs") else None)
    return kind_of_name(path[-1])


def kind_of_python(node: ast.expr) -> str | None:
    """Return the kind of a Python expression's value."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _PASSING:
            return kind_of_python(value)
        case ast.Call():
            return _of_python_call(node)
        case ast.Attribute(attr="hexsha"):
            return FULL if any(isinstance(n, ast.Attribute) and n.attr == "head" for n in ast.walk(node)) else None
        case ast.Attribute(attr="stdout", value=value):
            return kind_of_python(value)
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return kind_of_name(name)
        case ast.Subscript(value=value, slice=ast.Slice(lower=None)):
            return cut(kind_of_python(value))
    return None


def _of_python_call(node: ast.Call) -> str | None:
    name = _called(node)
    if name in ("get_default_release", "fetch_git_sha"):
        return FULL
    words = _command_of(node)
    if words is not None:
        return _of_command(words, None, None)[0] if len(words) != 1 else kind_of_script(words[0])[0]
    if name == "version":
        return VERSION
    texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if any(t.endswith(_VERSION_FILES) for t in texts):
        return VERSION
    return kind_of_name(texts[0]) if texts and texts[0].isidentifier() else None


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _command_of(node: ast.Call) -> tuple[str, ...] | None:
    """Return the words of a command that a call runs, one word where it is the text for a shell."""
    if _called(node) not in _RUNNERS or not node.args:
        return None
    match node.args[0]:
        case ast.Constant(value=str(text)):
            return (text,)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return tuple(str(e.value) for e in elements if isinstance(e, ast.Constant)) or None
    return None


def asks_git(node: ast.expr) -> bool:
    """Return whether a Python expression takes its value from git when it runs."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr == "hexsha":
            return True
        if isinstance(inner, ast.Call):
            words = _command_of(inner) or ()
            if (
                _called(inner) == "fetch_git_sha"
                or words[:1] == ("git",)
                or (words[:1] and words[0].startswith("git "))
            ):
                return True
    return False


def kind_of_javascript(text: str) -> str | None:
    """Return the kind of a JavaScript expression's value."""
    node = _javascript(text)
    return _of_javascript(node) if node is not None else None


def text_of_javascript(text: str) -> str | None:
    """Return the text that a JavaScript expression is, where it is written out whole."""
    node = _javascript(text)
    return js.string_of(node) if node is not None else None


def _javascript(text: str) -> Node | None:
    try:
        root = js.parse_javascript(f"({text})".encode(), "release.ts")
    except ParseError:
        return None
    statement = root.named_children[0] if root.named_children else None
    return js.unwrap(statement.named_children[0]) if statement is not None and statement.named_children else None


def _of_javascript(node: Node) -> str | None:
    node = js.unwrap(node)
    if node.type == "parenthesized_expression" and node.named_children:
        return _of_javascript(node.named_children[0])
    if node.type == "binary_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        sign = node.child_by_field_name("operator")
        if left is None or right is None or sign is None or js.text_of(sign) not in ("||", "??"):
            return None
        return _of_javascript(left) or _of_javascript(right)
    if node.type == "template_string":
        inner = [c for c in node.named_children if c.type == "template_substitution"]
        return _of_javascript(inner[0].named_children[0]) if len(inner) == len(node.named_children) == 1 else None
    if node.type == "member_expression":
        name = node.child_by_field_name("property")
        return kind_of_name(js.text_of(name)) if name is not None else None
    if node.type == "identifier":
        return kind_of_name(js.text_of(node))
    if node.type == "subscript_expression":
        return kind_of_name(js.string_of(node.child_by_field_name("index")) or "")
    return _of_javascript_call(node) if node.type == "call_expression" else None


def _of_javascript_call(node: Node) -> str | None:
    function, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    arguments = given.named_children if given is not None else []
    if function is None:
        return None
    target, name = function, js.text_of(function)
    if function.type == "member_expression":
        target, attribute = function.child_by_field_name("object"), function.child_by_field_name("property")  # type: ignore[assignment]
        name = js.text_of(attribute) if attribute is not None else ""
        if target is not None and name in _PASSING:
            return _of_javascript(target)
        if target is not None and name in ("slice", "substring", "substr"):
            return cut(_of_javascript(target))
    if name in _RUNNERS and arguments:
        return kind_of_script(js.string_of(arguments[0]) or "")[0]
    return _of_javascript(arguments[0]) if name in _PASSING and arguments else None
