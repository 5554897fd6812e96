"""An organization's own wrapper of init, which stands in no file of the repository: `backend.init` says what a call of it means."""

from __future__ import annotations

import ast

from checks.errors import UsageError
from checks.production.core import Wrapper
from checks.repository.facts import Facts
from checks.repository.sdk_options import LATEST, known_options


def configured_wrapper(facts: Facts, name: str) -> Wrapper | None:
    """Return the wrapper that `backend.init` names: `acme.setup`, or `acme.setup(send_default_pii=False)` with its options.

    A call of it calls `sentry_sdk.init` with these options and the SDK's own among those of the call; the application that it
    is in (`acme` in INSTALLED_APPS) calls it as well. Raises `UsageError` where it names nothing.
    """
    text = facts.config.get("backend.init", name)
    if text is None:
        return None
    hint = (
        'write `backend.init = "acme.setup"`, or `"acme.setup(send_default_pii=False)"` with the options that it sets'
    )
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UsageError(f"`backend.init` is `{text}`, which is not the name of a function", hint=hint) from error
    called = node.func if isinstance(node, ast.Call) else node
    if not all(isinstance(n, (ast.Name, ast.Attribute, ast.expr_context)) for n in ast.walk(called)):
        raise UsageError(f"`backend.init` is `{text}`, which is not the name of a function", hint=hint)
    options = {k.arg: k.value for k in node.keywords if k.arg} if isinstance(node, ast.Call) else {}
    return Wrapper(name=ast.unparse(called), options=options, takes=known_options(LATEST))
