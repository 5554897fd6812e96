"""Whether a backend that is no Django project lets the headers of a trace in from other origins.

Sources: https://www.starlette.io/middleware/#corsmiddleware, https://flask-cors.readthedocs.io/en/latest/configuration.html (which lets
every header in unless it is told which).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.model import Evidence, Finding, in_repository
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.targets.applicability import call_name, not_application
from checks.targets.leading import reached_modules

HEADERS = ("sentry-trace", "baggage")


def lets_traces_in(facts: Facts, backend: Backend) -> Iterator[Finding | Evidence]:
    """Yield a finding for each middleware that names its headers without those of a trace, evidence for one that has them.

    Nothing is said of a list that is computed.
    """
    entry = backend.entry
    for path in sorted(reached_modules(facts, entry.path)) if entry is not None else ():
        if not_application(path) or "CORSMiddleware" not in (facts.text(path) or ""):
            continue
        module = facts.python(path)
        for node in module.nodes if isinstance(module, Module) else ():
            if not isinstance(node, ast.Call) or not _is_middleware(node):
                continue
            given = next((k.value for k in node.keywords if k.arg == "allow_headers"), None)
            if any(k.arg is None for k in node.keywords) or (
                given is not None and not isinstance(given, (ast.List, ast.Tuple))
            ):
                continue
            texts = [e.value for e in given.elts if isinstance(e, ast.Constant)] if given is not None else []
            if given is not None and len(texts) < len(given.elts):
                continue
            names = {str(t).lower() for t in texts}
            missing = [h for h in HEADERS if h not in names and "*" not in names]
            if missing:
                message = (
                    f"CORSMiddleware lacks {' and '.join(missing)} in allow_headers: browsers block those requests"
                )
                hint = 'add "sentry-trace" and "baggage"'
                yield Finding(message=message, path=path, line=line_of(node), hint=hint)
            else:
                yield in_repository("the API allows the headers", path, line_of(node))


def _is_middleware(node: ast.Call) -> bool:
    """Tell whether a call puts the middleware around an application: `add_middleware(CORSMiddleware, …)`, `CORSMiddleware(app, …)`."""
    if call_name(node) == "CORSMiddleware":
        return True
    first = node.args[0] if node.args else None
    return (
        call_name(node) in ("add_middleware", "Middleware")
        and isinstance(first, ast.Name)
        and first.id == "CORSMiddleware"
    )
