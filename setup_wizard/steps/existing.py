"""A call of `sentry_sdk.init` that is there, and of which it is not known that production makes it: what the person checks."""

from __future__ import annotations

import ast

from checks.items.environment import dsn_read
from checks.production.origins import EnvRead
from checks.repository.settings import SettingsChain
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context


def leave_existing(context: Context, chain: SettingsChain, why: str) -> None:
    """Leave it to the person that the call runs, with the variables that decide it; it is never rewritten, moved or doubled.

    Nothing is left where the call waits for the DSN only, which the step `dsn` hands over.
    """
    located = chain.inits[0]
    guard = located.initialization.decided_by
    names = _variables(guard.test) if guard is not None else ()
    found = dsn_read(chain)
    own = found[1].name if found is not None and isinstance(found[1], EnvRead) else "SENTRY_DSN"
    if names and set(names) == {own}:
        context.settled = True
        return
    place = f"{located.path}:{located.call.line}"
    values = "\n".join(f"{name}=…" for name in names if name != own)
    reason = f"{why}; an existing call is never rewritten or doubled"
    if values:
        title = f"set {', '.join(n for n in names if n != own)} where production runs, so that {place} is run"
    else:
        title = f"make sure that production runs sentry_sdk.init() in {place}"
    context.leave(Refused(reason, values, place), title)


def _variables(test: str) -> tuple[str, ...]:
    """Return the environment variables that a condition reads: constants in capitals that a call or a subscript is given."""
    try:
        tree = ast.parse(test, mode="eval")
    except (SyntaxError, ValueError):
        return ()
    given: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given += node.args[:1]
        elif isinstance(node, ast.Subscript):
            given.append(node.slice)
    names = [n.value for n in given if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return tuple(dict.fromkeys(n for n in names if n.isupper() and n.isidentifier()))
