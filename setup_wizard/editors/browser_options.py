"""Options more for a call of the browser's `Sentry.init` that is there: properties, and integrations in its list."""

from __future__ import annotations

from collections.abc import Sequence

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, not_utf8, read_text, splice
from setup_wizard.editors.javascript_splices import Script


def add_options(data: bytes, line: int, options: dict[str, str], integrations: Sequence[str], path: str) -> Edit:
    """Give the call of a line (1-based) the properties and integrations that it lacks; what it says already stays as it is.

    `integrations` are names of the SDK's functions. Options that are not a literal of the call, and a list of integrations
    that is not written in it, are refused.
    """
    rows = [f"{name}: {value}," for name, value in options.items()]
    rows += [f"integrations: [{', '.join(f'Sentry.{i}()' for i in integrations)}],"] if integrations else []
    snippet, place = "\n".join(rows), f"{path}:{line}"
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    try:
        root = js.parse_javascript(text.body.encode(), path)
    except ParseError as error:
        return Refused(f"{path} is not valid: {error.message}", snippet, f"{path}:{error.line or 1}")
    for call in js.descend(root):
        function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        if call.type != "call_expression" or js.line_of(call) != line or function is None or arguments is None:
            continue
        literal = next((a for a in arguments.named_children if a.type == "object"), None)
        prefix, dot, name = js.text_of(function).rpartition(".")
        if literal is None or name != "init":
            continue
        present = {n: v for n, _, v in js.properties(literal)}
        missing = [f"{n}: {v}" for n, v in options.items() if n not in present]
        listed = present.get("integrations")
        called = set()
        for node in js.descend(listed) if listed is not None else ():
            inner = node.child_by_field_name("function")
            called.add(js.text_of(inner).rpartition(".")[2] if inner is not None else "")
        wanted = [i for i in integrations if i not in called]
        if not missing and not wanted:
            return Unchanged(f"{path} already has these")
        if js.has_spread(literal) or (wanted and not dot):
            why = "takes its options from elsewhere" if dot else "imports the SDK's functions one by one"
            return Refused(f"{place} {why}", snippet, place)
        if wanted and listed is not None and listed.type != "array":
            return Refused(f"{place} takes its integrations from elsewhere", snippet, place)
        script = Script(text.body, root, text.newline)
        edits: list[tuple[int, int, str]] = []
        if wanted and listed is None:
            missing.insert(0, f"integrations: [{', '.join(f'{prefix}.{i}()' for i in wanted)}]")
        elif wanted and listed is not None:
            edits += script.append(listed, f"{prefix}.{wanted[0]}()")
            if len(wanted) > 1:
                # One element a time: what is appended moves the end of the list.
                once = text.encode(splice(text.body, edits))
                return add_options(once, line, options, integrations, path)
        if missing:
            edits += script.insert_properties(literal, missing)
        return Edited(text.encode(splice(text.body, edits)))
    return Refused("the options of Sentry.init() are not written in the call", snippet, place)
