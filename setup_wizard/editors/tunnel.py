"""A tunnel for the browser's events: a Django view that forwards to one project only, its URL, and the SDK's option.

https://docs.sentry.io/platforms/javascript/troubleshooting/#using-the-tunnel-option
"""

from __future__ import annotations

import ast

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, line_starts, not_utf8, read_text, splice
from setup_wizard.editors.javascript_splices import Script
from setup_wizard.editors.settings import finish_edit, parse_for_edit

NAME = "sentry_tunnel"
_VIEW = '''\
"""Forwards the browser's events to Sentry, for visitors whose browsers block Sentry's own host."""

import json
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.http import HttpResponse, HttpResponseBadRequest
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

# The DSN of the frontend's own project. Nothing goes anywhere else, so this is not an open proxy.
DSN = "{dsn}"


@csrf_exempt  # the SDK sends no CSRF token, and the view changes nothing here
@require_POST
def tunnel(request):
    """Forward an envelope whose header names this DSN; refuse any other."""
    envelope = request.body
    try:
        header = json.loads(envelope.split(b"\\n", 1)[0])
    except ValueError:
        return HttpResponseBadRequest()
    if not isinstance(header, dict) or header.get("dsn") != DSN:
        return HttpResponseBadRequest()
    own = urlsplit(DSN)
    prefix, _, project = own.path.rpartition("/")
    host = own.netloc.rpartition("@")[2]
    headers = {{"Content-Type": "application/x-sentry-envelope", "User-Agent": "django-sentry-tunnel"}}
    address = f"{{own.scheme}}://{{host}}{{prefix}}/api/{{project}}/envelope/"
    try:
        with urlopen(Request(address, data=envelope, headers=headers), timeout=5) as answer:
            return HttpResponse(status=answer.status)
    except HTTPError as error:
        return HttpResponse(status=error.code)
    except OSError:
        return HttpResponse(status=502)
'''


def view_text(dsn: str) -> str:
    """Return the module with the view."""
    return _VIEW.format(dsn=dsn)


def write_view(data: bytes | None, dsn: str, path: str) -> Edit:
    """Make the module with the view; one that is there already stays as it is."""
    text = view_text(dsn)
    if data is None:
        return Edited(text.encode())
    if data == text.encode():
        return Unchanged(f"{path} already exists")
    return Refused(f"{path} already exists, with other content", text, path)


def add_route(data: bytes, module: str, route: str, path: str) -> Edit:
    """Put the view's route first in `urlpatterns`, and import it behind the module's other imports."""
    snippet = f'from {module} import tunnel\n\nurlpatterns = [path("{route}", tunnel), …]'
    opened = parse_for_edit(read_text(data), path, snippet, f"`urlpatterns` in {path}")
    if isinstance(opened, Refused):
        return opened
    text, body, tree = opened
    place = f"`urlpatterns` in {path}"
    lists = [
        s.value
        for s in tree.body
        if isinstance(s, (ast.Assign, ast.AnnAssign))
        and any(
            isinstance(t, ast.Name) and t.id == "urlpatterns"
            for t in (s.targets if isinstance(s, ast.Assign) else [s.target])
        )
    ]
    imported = [s for s in tree.body if isinstance(s, (ast.Import, ast.ImportFrom))]
    names = {a.asname or a.name: s for s in imported if isinstance(s, ast.ImportFrom) for a in s.names}
    if names.get("tunnel") is not None and names["tunnel"].module == module:
        return Unchanged(f"{path} already has the route")
    known = names.get("path")
    if len(lists) != 1 or not isinstance(lists[0], ast.List):
        return Refused(f"{path} has no one list `urlpatterns`", snippet, place)
    if "tunnel" in names or (known is not None and known.module != "django.urls"):
        return Refused(f"{path} has another `tunnel` or `path`", snippet, place)
    starts, value = line_starts(body), lists[0]
    quote = "'" if body.count("'") > body.count('"') else '"'
    call = f"path({quote}{route}{quote}, tunnel)"
    spoken = tree.body[0] if tree.body and isinstance(tree.body[0], ast.Expr) else None
    last = imported[-1] if imported else spoken
    after = starts[last.end_lineno or 0] if last is not None else 0
    lines = ([] if known else ["from django.urls import path"]) + [f"from {module} import tunnel"]
    gap = "" if imported else "\n"
    lead = "\n" if not imported and spoken is not None else ""
    edits = [(after, after, lead + "\n".join(lines) + "\n" + gap)]
    opening = _offset(body, starts, value.lineno, value.col_offset) + 1
    first = value.elts[0] if value.elts else None
    if first is None:
        edits.append((opening, opening, f"\n    {call},\n" if body[opening] == "]" else f"\n    {call},"))
    elif first.lineno == value.lineno:
        edits.append((opening, opening, f"{call}, "))
    else:
        indent = body[starts[first.lineno - 1] :][: first.col_offset]
        edits.append((opening, opening, f"\n{indent}{call},"))
    return finish_edit(text, splice(body, edits), path, snippet, place)


def _offset(body: str, starts: list[int], line: int, column: int) -> int:
    start = starts[line - 1]
    rest = body[start:].split("\n", 1)[0]
    return start + len(rest.encode()[:column].decode())


def add_option(data: bytes, line: int, route: str, path: str) -> Edit:
    """Give the `Sentry.init` call of a line the option `tunnel`."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    snippet, place = f'tunnel: "{route}",', f"{path}:{line}"
    try:
        root = js.parse_javascript(text.body.encode(), path)
    except ParseError as error:
        return Refused(f"{path} is not valid: {error.message}", snippet, f"{path}:{error.line or 1}")
    calls = [n for n in js.descend(root) if n.type == "call_expression" and js.line_of(n) == line]
    for call in calls:
        arguments = call.child_by_field_name("arguments")
        literal = (
            next((a for a in arguments.named_children if a.type == "object"), None) if arguments is not None else None
        )
        if literal is None:
            continue
        if any(n == "tunnel" for n, _, _ in js.properties(literal)):
            return Unchanged(f"{path} already has a tunnel")
        script = Script(text.body, root, text.newline)
        option = f"tunnel: {script.quote}{route}{script.quote}"
        body = splice(text.body, script.insert_properties(literal, [option]))
        return Edited(text.encode(body))
    return Refused("the options of Sentry.init() are not written in the call", snippet, place)
