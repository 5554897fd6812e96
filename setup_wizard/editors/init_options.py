"""Options more for a call of `sentry_sdk.init` that is there: keywords, and integrations in its list."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct

from setup_wizard.editors.base import Edit, Refused, Unchanged, line_starts, read_text, splice
from setup_wizard.editors.python_imports import add_imports, add_name
from setup_wizard.editors.settings import finish_edit, into_call, is_init, parse_for_edit


class Integration(Struct, frozen=True, kw_only=True):
    """An integration of the SDK: its module below `sentry_sdk.integrations`, its class, and keywords as they are written."""

    module: str
    name: str
    keywords: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The call that makes it."""
        return f"{self.name}({', '.join(self.keywords)})"


def add_options(
    data: bytes,
    line: int,
    options: dict[str, str],
    integrations: Sequence[Integration],
    path: str,
    imports: tuple[str, ...] = (),
) -> Edit:
    """Give the init call that begins on a line (1-based) the options and integrations that it lacks; these need `imports`.

    What the call says already stays as it is. A call with `**options`, and a list of integrations that is not written in it, are
    refused.
    """
    snippet = "".join(f"    {name}={value},\n" for name, value in options.items())
    if integrations:
        snippet += f"    integrations=[{', '.join(i.text for i in integrations)}],\n"
    place = f"the init call in {path}:{line}"
    opened = parse_for_edit(read_text(data), path, snippet, place)
    if isinstance(opened, Refused):
        return opened
    text, body, tree = opened
    inits = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and is_init(n)]
    # An import that was added above it has moved a call that has all of these.
    calls = [n for n in inits if n.lineno == line] or [n for n in inits if {*options} <= {k.arg for k in n.keywords}]
    if len(calls) != 1:
        return Refused(f"{path}:{line} has no init call that could be followed", snippet, place)
    call = calls[0]
    given = {k.arg: k.value for k in call.keywords if k.arg}
    missing = [f"{n}={_quoted(body, v)}" for n, v in options.items() if n not in given]
    listed = given.get("integrations")
    written = listed if isinstance(listed, ast.List) else None
    wanted = [i for i in integrations if written is None or not _complete(written, i)]
    if not missing and not wanted:
        return Unchanged(f"{path} already has these")
    if len(given) < len(call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return Refused(f"{path}:{line} takes its options from a dictionary", snippet, place)
    if wanted and listed is not None and written is None:
        return Refused(f"{path}:{line} takes its integrations from elsewhere", snippet, place)
    edits = add_imports(body, tree, path, imports) if missing else []
    for integration in wanted:
        module = f"sentry_sdk.integrations.{integration.module}"
        imported = add_name(body, tree, path, module, integration.name)
        if imported is None:
            return Refused(f"{path} uses the name {integration.name} for something else", snippet, place)
        edits += imported
    if written is None and wanted:
        missing.append(f"integrations=[{', '.join(i.text for i in wanted)}]")
    elif written is not None:
        edits += _into_list(body, written, wanted)
    if missing:
        edits += into_call(body, call, missing)
    return finish_edit(text, splice(body, edits), path, snippet, place)


def _quoted(body: str, value: str) -> str:
    return value.replace('"', "'") if body.count("'") > body.count('"') * 2 else value


def _made(listed: ast.List, name: str) -> ast.Call | None:
    calls = (e for e in listed.elts if isinstance(e, ast.Call))
    return next((c for c in calls if ast.unparse(c.func).rpartition(".")[2] == name), None)


def _complete(listed: ast.List, integration: Integration) -> bool:
    made = _made(listed, integration.name)
    given = {k.arg for k in made.keywords} if made is not None else set()
    return made is not None and all(k.partition("=")[0] in given for k in integration.keywords)


def _into_list(body: str, listed: ast.List, wanted: list[Integration]) -> list[tuple[int, int, str]]:
    """Return the splices that add integrations at the end of a list, and keywords to those that are in it."""
    edits: list[tuple[int, int, str]] = []
    added = []
    for integration in wanted:
        made = _made(listed, integration.name)
        if made is None:
            added.append(integration.text)
        else:
            given = {k.arg for k in made.keywords}
            edits += into_call(body, made, [k for k in integration.keywords if k.partition("=")[0] not in given])
    if not added:
        return edits
    starts = line_starts(body)

    def at(row: int | None, column: int | None) -> int:
        start = starts[(row or 1) - 1]
        return start + len(body[start:].split("\n", 1)[0].encode()[: column or 0].decode())

    if not listed.elts:
        opening = at(listed.lineno, listed.col_offset) + 1
        return [*edits, (opening, opening, ", ".join(added))]
    last = listed.elts[-1]
    end = at(last.end_lineno, last.end_col_offset)
    lead = ", "
    if last.lineno != listed.lineno:
        start = starts[last.lineno - 1]
        lead = ",\n" + body[start:][: len(body[start:]) - len(body[start:].lstrip(" \t"))]
    return [*edits, (end, end, "".join(lead + text for text in added))]
