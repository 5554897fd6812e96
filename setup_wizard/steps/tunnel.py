"""The step `tunnel`: a view of the Django project forwards the browser's events, where visitors block Sentry's own host."""

from __future__ import annotations

import ast

from checks.model import Verdict
from checks.parsers.python import Module
from checks.repository.backends import Backend, module_path
from checks.repository.facts import join, parent
from checks.repository.frontends import Frontend
from checks.repository.settings import settings_chain
from checks.targets.browsers import require_browser_init
from setup_wizard.editors import tunnel
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context, StepRefused

ROUTE = "sentry-tunnel/"


def plan_tunnel(context: Context) -> str | None:
    """Plan view, route and option for each frontend without a tunnel; returns why nothing is done, or None."""
    if not context.facts.frontends:
        return "no frontend found"
    backends = [b for b in context.facts.backends if b.is_django]
    if len(backends) != 1:
        return "a tunnel is a view of one Django project, and this repository has none or several"
    frontends = [f for f in context.facts.frontends if not isinstance(require_browser_init(context.facts, f), Verdict)]
    if not frontends:
        return "no frontend initializes the SDK yet; run the step `frontend-sdk` first"
    if len(frontends) > 1:
        return "a tunnel forwards to one project, and several frontends report; name one with `frontend.root`"
    with context.part():
        _tunnel(context, backends[0], frontends[0])
    return None


def _tunnel(context: Context, backend: Backend, frontend: Frontend) -> None:
    init = require_browser_init(context.facts, frontend)
    if isinstance(init, Verdict) or init.option("tunnel") is not None:
        return
    context.need_client_key("frontend", frontend.name)
    dsn = context.config.get("frontend.dsn", frontend.name) or context.known.dsns.get(frontend.name)
    urls = _root_urls(context, backend)
    if dsn is None or not _plain(dsn):
        why = "the frontend's DSN is not known, and the view forwards to nothing else"
        raise StepRefused(Refused(why, "sentry-setup apply tunnel --set frontend.dsn=…", frontend.manifest))
    if urls is None:
        why = "the root URLconf of the Django project was not found"
        raise StepRefused(Refused(why, tunnel.view_text(dsn), backend.start))
    module, path = urls
    package = module.rpartition(".")[0]
    view = join(parent(path), f"{tunnel.NAME}.py")
    context.edit(view, lambda data: tunnel.write_view(data, dsn, view))
    name = f"{package}.{tunnel.NAME}" if package else tunnel.NAME
    context.edit(path, lambda data: tunnel.add_route(data or b"", name, ROUTE, path))
    context.edit(init.path, lambda data: tunnel.add_option(data or b"", init.line, f"/{ROUTE}", init.path))


def _plain(dsn: str) -> bool:
    """Return whether a DSN can stand in a Python text as it is."""
    return dsn.isascii() and not set(dsn) & set("\"'\\{}\n\r ")


def _root_urls(context: Context, backend: Backend) -> tuple[str, str] | None:
    """Return the module and path of the root URLconf (https://docs.djangoproject.com/en/stable/ref/settings/#root-urlconf)."""
    value = settings_chain(context.facts, backend).names.get("ROOT_URLCONF")
    name = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
    path = module_path(context.facts, backend.root, name) if name else None
    parsed = context.facts.python(path) if path else None
    return (name, path) if name and path and isinstance(parsed, Module) else None
