"""Whether a backend lets the headers of a trace in from other origins.

Sources: https://github.com/adamchainz/django-cors-headers#configuration, https://www.starlette.io/middleware/#corsmiddleware,
https://flask-cors.readthedocs.io/en/latest/configuration.html (which lets every header in unless it is told which).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.backends.leading import reached_modules
from checks.model import Evidence, Finding, in_repository
from checks.parsers.flow import call_name, walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.settings import settings_chain
from checks.targets.addresses import backend_origins
from checks.targets.applicability import not_application

HEADERS = ("sentry-trace", "baggage")


def lets_traces_in(facts: Facts, backend: Backend) -> Iterator[Finding | Evidence]:
    """Yield a finding for each middleware that names its headers without those of a trace, evidence for one that has them.

    Nothing is said of a list that is computed.
    """
    yield from _django(facts, backend) if backend.is_django else _starlette(facts, backend)


def keeps_traces_out(facts: Facts) -> Finding | None:
    """Return what would refuse a request from another origin for the headers of its trace, or None."""
    return next((s for b in facts.backends for s in lets_traces_in(facts, b) if isinstance(s, Finding)), None)


def traced_origins(facts: Facts, frontend: Frontend) -> tuple[str, ...]:
    """Return the origins that a frontend's requests can carry a trace to: none where a backend would refuse the headers."""
    return () if keeps_traces_out(facts) is not None else backend_origins(facts, frontend)


def allows_origins(facts: Facts, backend: Backend) -> bool:
    """Return whether the settings of a Django project name `corsheaders`."""
    values = settings_chain(facts, backend).names.values()
    constants = (n.value for v in values for n in walk(v) if isinstance(n, ast.Constant))
    return any(isinstance(c, str) and "corsheaders" in c for c in constants)


def _django(facts: Facts, backend: Backend) -> Iterator[Finding | Evidence]:
    if not allows_origins(facts, backend):
        return
    chain = settings_chain(facts, backend)
    allowed = chain.names.get("CORS_ALLOW_HEADERS")
    constants = (n.value for n in walk(allowed) if isinstance(n, ast.Constant)) if allowed is not None else ()
    words = {c.lower() for c in constants if isinstance(c, str)}
    missing = [h for h in HEADERS if h not in words and "*" not in words]
    if missing:
        path = chain.name_files.get("CORS_ALLOW_HEADERS") or (backend.settings.path if backend.settings else None)
        yield Finding(
            message=f"CORS_ALLOW_HEADERS lacks {' and '.join(missing)}: browsers block those requests",
            path=path,
            line=line_of(allowed) if allowed is not None else None,
            hint='add "sentry-trace" and "baggage"',
        )
    elif allowed is not None:
        yield in_repository("the API allows the headers", chain.name_files["CORS_ALLOW_HEADERS"], line_of(allowed))


def _starlette(facts: Facts, backend: Backend) -> Iterator[Finding | Evidence]:
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
