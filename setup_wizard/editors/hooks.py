"""Functions that `sentry_sdk.init` calls: a filter against noise, and a sampler that answers in every process."""

from __future__ import annotations

import ast

from setup_wizard.editors.base import Edit, Refused, Unchanged, line_starts, read_text, splice
from setup_wizard.editors.settings import finish_edit, into_call, is_init, parse_for_edit

BEFORE_SEND = '''\
def before_send(event, hint):
    """Drop what nobody will fix; keep everything else as it is."""
    if event.get("logger") == "django.security.DisallowedHost":
        return None
    return event
'''

_SAMPLER = '''\
def traces_sampler(sampling_context):
    """Return the share of traces to keep; workers and commands have no request and get a rate too."""
    if sampling_context.get("parent_sampled") is not None:
        return float(sampling_context["parent_sampled"])
    path = (sampling_context.get("wsgi_environ") or {}).get("PATH_INFO", "")
    path = path or (sampling_context.get("asgi_scope") or {}).get("path", "")
    if path.startswith(("/health", "/healthz", "/ping")):
        return 0.0
    return %s
'''


def traces_sampler(rate: float) -> str:
    """Return the sampler's text; `rate` is the share of traces (0 to 1) that are kept where nothing else is said.

    https://docs.sentry.io/platforms/python/configuration/sampling/#setting-a-sampling-function
    """
    return _SAMPLER % f"{rate:g}"


def add_function(data: bytes, line: int, option: str, function: str, path: str) -> Edit:
    """Define a function above the init call that begins on a line (1-based), and pass it as `option`.

    `option` is the function's name, too. A call that has the option stays as it is; a module in which the name stands for
    something else is refused.
    """
    snippet = f"{function}\n\nsentry_sdk.init(\n    …,\n    {option}={option},\n)\n"
    place = f"{path}:{line}"
    opened = parse_for_edit(read_text(data), path, snippet, place)
    if isinstance(opened, Refused):
        return opened
    text, body, tree = opened
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.lineno == line and is_init(n)]
    # What the option says may have been added above it already: the call has moved then.
    calls = calls or [n for n in ast.walk(tree) if isinstance(n, ast.Call) and is_init(n) and _has(n, option)]
    statement = next((s for s in tree.body if calls and s.lineno <= calls[0].lineno <= (s.end_lineno or 0)), None)
    if len(calls) != 1 or statement is None:
        return Refused(f"{place} has no init call that could be followed", snippet, place)
    call = calls[0]
    if _has(call, option):
        return Unchanged(f"{path} already gives {option}")
    if any(k.arg is None for k in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return Refused(f"{place} takes its options from a dictionary", snippet, place)
    if any(_binds(node, option) for node in ast.walk(tree)):
        return Refused(f"{path} uses the name {option} for something else", snippet, place)
    start = line_starts(body)[_above(body.split("\n"), statement)]
    before = body[:start].rstrip("\n")
    gap = "\n" * (3 - (start - len(before))) if before else ""
    edits = [(start, start, gap + function + "\n\n"), *into_call(body, call, [f"{option}={option}"])]
    return finish_edit(text, splice(body, edits), path, snippet, place)


def _has(call: ast.Call, option: str) -> bool:
    return any(k.arg == option for k in call.keywords)


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == name
    if isinstance(node, ast.alias):
        return (node.asname or node.name) == name
    return isinstance(node, ast.Name) and node.id == name


def _above(lines: list[str], statement: ast.stmt) -> int:
    """Return the line (0-based) above a statement and the comments that belong to it."""
    first = statement.lineno - 1
    while first > 0 and lines[first - 1].startswith("#"):
        first -= 1
    return first
