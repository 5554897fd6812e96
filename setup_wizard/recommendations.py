"""Recommendations for items without a step: a snippet that fits the repository, and where to paste it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from checks.repository.browser import entries
from checks.repository.facts import Facts
from checks.repository.names import project_slug
from setup_wizard.editors import boundary, hooks, tunnel
from setup_wizard.steps.boundaries import has_root_handlers
from setup_wizard.steps.security_policy import directive_of


class Practice(Struct, frozen=True, kw_only=True):
    """A snippet, the place it belongs to in words, and the step that inserts it (None: by hand)."""

    place: str
    snippet: str
    step: str | None = None


def practice(item_id: str, facts: Facts) -> Practice | None:
    """Return what to write for an item, or None where nothing can be said beyond how to fix it."""
    made = _PRACTICES.get(item_id)
    return made(facts) if made else None


def _settings(facts: Facts) -> str:
    module = facts.backends[0].settings if facts.backends else None
    return (module.path or module.name) if module else "the production settings"


def _view(facts: Facts) -> str:
    return f"the views and services of {facts.backends[0].name}" if facts.backends else "the application's code"


def _context(facts: Facts) -> Practice:
    return Practice(
        place=_view(facts) + ", where the business logic knows more than the request",
        snippet=(
            "import sentry_sdk\n\n"
            'sentry_sdk.set_tag("feature", "checkout")  # you can search by tag\n'
            'sentry_sdk.set_context("order", {"id": order.id, "items": order.items.count()})  # shown with each event\n'
            "sentry_sdk.add_breadcrumb(\n"
            '    category="order", message="Order was placed", level="info", data={"order_id": order.id}\n'
            ")  # a breadcrumb shows what happened before\n"
        ),
    )


def _user(facts: Facts) -> Practice:
    return Practice(
        place="a middleware, after the user is known",
        snippet=(
            "import sentry_sdk\n\n"
            "# Only the id: email, name and address are personal data, and are sent regardless of the options.\n"
            'sentry_sdk.set_user({"id": request.user.pk} if request.user.is_authenticated else None)\n'
        ),
    )


def _filter(facts: Facts) -> Practice:
    return Practice(place=_settings(facts), snippet=hooks.BEFORE_SEND, step="before-send")


def _sampler(facts: Facts) -> Practice:
    return Practice(place=_settings(facts), snippet=hooks.traces_sampler(0.1), step="traces-sampler")


def _logging(facts: Facts) -> Practice:
    return Practice(
        place=_settings(facts),
        snippet=(
            "import logging\n\n"
            "from sentry_sdk.integrations.logging import LoggingIntegration\n\n"
            "sentry_sdk.init(\n    …,\n"
            "    integrations=[LoggingIntegration(level=logging.INFO, event_level=logging.ERROR)],\n)\n"
        ),
    )


def _crons(facts: Facts) -> Practice:
    return Practice(
        place=_settings(facts),
        snippet=(
            "from sentry_sdk.integrations.celery import CeleryIntegration\n\n"
            "sentry_sdk.init(\n    …,\n    integrations=[CeleryIntegration(monitor_beat_tasks=True)],\n)\n"
        ),
    )


def _quiet(facts: Facts) -> Practice:
    return Practice(
        place="the test settings, or conftest.py",
        snippet='import sentry_sdk\n\nsentry_sdk.init(dsn="")  # `dsn=None` would read SENTRY_DSN\n',
    )


def _route(facts: Facts) -> Practice:
    return Practice(
        place="the URL configuration",
        snippet='if settings.DEBUG:\n    urlpatterns += [path("sentry-debug/", lambda request: 1 / 0)]\n',
    )


def _swallowed(facts: Facts) -> Practice:
    return Practice(
        place="the middleware or handler",
        snippet="except Exception:\n    sentry_sdk.capture_exception()\n    return JsonResponse({…}, status=500)\n",
    )


def _boundary(facts: Facts) -> Practice | None:
    frontend = next((f for f in facts.frontends if "react" in f.dependencies), None)
    if frontend is None:
        return None
    place = next(iter(entries(facts, frontend)), f"the entry of {frontend.root}")
    handlers = has_root_handlers(facts, frontend)
    snippet = boundary.handlers_snippet() if handlers else boundary.boundary_snippet()
    return Practice(place=place, snippet=snippet, step="error-boundary")


def _propagation(facts: Facts) -> Practice:
    return Practice(
        place=f"the browser's Sentry.init, and {_settings(facts)}",
        snippet=(
            "tracePropagationTargets: [/^\\//, 'https://api.example.com'],\n\n"
            "from corsheaders.defaults import default_headers\n\n"
            'CORS_ALLOW_HEADERS = (*default_headers, "sentry-trace", "baggage")\n'
        ),
    )


def _policy(facts: Facts) -> Practice:
    place, text = directive_of(facts)
    return Practice(place=place, snippet=f"{text}\n")


def _tunnel(facts: Facts) -> Practice:
    place = f"a view of {facts.backends[0].name}" if facts.backends else "a view of the backend"
    return Practice(place=place, snippet=tunnel.view_text("https://…"), step="tunnel")


def _ownership(facts: Facts) -> Practice:
    roots = [b.root for b in facts.backends] + [f.root for f in facts.frontends]
    rules = "".join(f"path:{'*' if root == '.' else root + '/*'} #your-team\n" for root in roots)
    slugs = [project_slug(facts, "backend", b.name) for b in facts.backends]
    return Practice(place=f"Sentry, {', '.join(slugs) or 'the project'}, Settings: Ownership Rules", snippet=rules)


_PRACTICES: dict[str, Callable[[Facts], Practice | None]] = {
    "context-used": _context,
    "user-context-minimal": _user,
    "noise-filtered": _filter,
    "before-send-safe": _filter,
    "traces-sampler-safe": _sampler,
    "sampling-sensible": _sampler,
    "logging-captured": _logging,
    "celery-monitored": _crons,
    "development-quiet": _quiet,
    "debug-route-guarded": _route,
    "exceptions-not-swallowed": _swallowed,
    "error-boundary": _boundary,
    "trace-propagation": _propagation,
    "csp-allows-sentry": _policy,
    "tunnel-safe": _tunnel,
    "ownership-rules": _ownership,
}
