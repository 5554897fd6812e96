"""Whether the errors that a framework catches itself reach Sentry: each framework has its own place for that."""

from __future__ import annotations

from checks.frontends.boundary import (
    Caught,
    Spot,
    caught_by_react,
    error_pages,
    exported_function,
    has_app_folder,
)
from checks.frontends.boundary_others import caught_by_solid, caught_by_svelte, overridden_in_vue
from checks.frontends.framework import Framework
from checks.frontends.inits import browser_inits
from checks.frontends.reporting import reports
from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.repository.browser import entries
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.node import installed

_HANDLERS_SINCE = 19
"""The version of React whose roots take error handlers (https://react.dev/reference/react-dom/client/createRoot#parameters)."""

_WRAP = "wrap the application in Sentry.ErrorBoundary; `sentry-setup plan error-boundary` shows how"
_SILENT = "call Sentry.captureException(error) there"


def decide_boundary(facts: Facts, frontend: Frontend) -> Verdict:
    """Decide `error-boundary` for one frontend, by its framework."""
    framework = frontend.framework
    if framework is not None and framework.name == "Next.js":
        return _next(facts, frontend, framework)
    if framework is not None and framework.name == "SvelteKit":
        return _sveltekit(facts, frontend, framework)
    if framework is not None and framework.name in ("React Router", "Remix"):
        by_root = _by_root_route(facts, frontend, framework)
        return by_root if by_root is not None else _react(facts, frontend)
    if framework is not None and framework.name in ("Vue", "Vue CLI"):
        return _vue(facts, frontend)
    look = _LETTING_GO.get(framework.name) if framework is not None else None
    if look is not None:
        return _letting_go(look(facts, frontend), frontend)
    react = {"react", "gatsby"} & frontend.dependencies.keys()
    if not react and not (framework is not None and framework.react):
        message = "no React here: the SDKs of other frameworks catch errors on their own"
        return not_applicable(message, target=frontend.target)
    return _react(facts, frontend)


_LETTING_GO = {
    "Preact": caught_by_react,
    "Solid": caught_by_solid,
    "SolidStart": caught_by_solid,
    "Svelte": caught_by_svelte,
}
"""Frameworks that hand an error which no boundary catches to the browser, and so to the SDK."""


def _letting_go(found: Caught, frontend: Frontend) -> Verdict:
    """Decide where only a boundary that keeps errors to itself hides them."""
    target = frontend.target
    if found.silent:
        places = [
            Finding(message=f"{what} shows an error and reports nothing to Sentry", path=path, line=line, hint=_SILENT)
            for path, line, what in found.silent[:5]
        ]
        return failed(*places, evidence=_seen(found.reporting), target=target)
    if found.uncertainties or found.unread:
        path, line, what = [*found.uncertainties, *found.unread][0]
        message = f"whether {what} reports to Sentry cannot be determined: it calls code that is not in this repository"
        if not found.uncertainties:
            message = f"{path} cannot be read"
        return unknown(message, path=path, line=line, hint=_SILENT, target=target)
    if found.reporting:
        return passed(*_seen(found.reporting), target=target)
    return not_applicable("no boundary catches errors: they reach the browser's handler, and so the SDK", target=target)


def _seen(spots: list[Spot]) -> list[Evidence]:
    return [in_repository(f"{what} reports errors to Sentry", path, line) for path, line, what in spots[:3]]


def _react(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    found = caught_by_react(facts, frontend)
    version = installed(facts, frontend.root, "react-dom") or installed(facts, frontend.root, "react")
    modern = version is not None and version.version.major >= _HANDLERS_SINCE
    reporting, findings, uncertainties = list(found.reporting), [], list(found.uncertainties)
    for name, state, (path, line, _) in found.handlers:
        if not modern:
            if version is None:
                uncertainties.append((path, line, f"{name}, which React {_HANDLERS_SINCE} and newer calls,"))
            else:
                message = f"React {version.text} ignores {name}: only {_HANDLERS_SINCE} and newer call it"
                findings.append(Finding(message=message, path=path, line=line, hint=_WRAP))
        elif state:
            reporting.append((path, line, name))
        elif state is None:
            uncertainties.append((path, line, name))
        else:
            message = f"{name} reports nothing to Sentry, so React's error is lost"
            findings.append(Finding(message=message, path=path, line=line, hint="give it Sentry.reactErrorHandler()"))
    swallowed = _swallowed_by_routes(found, modern)
    if swallowed:
        return failed(*swallowed, evidence=_seen(reporting), target=target)
    handled = {n for n, s, _ in found.handlers if s and modern}
    unhandled = [n for n, s, _ in found.handlers if s is False and modern]
    if unhandled and not found.reporting and "onUncaughtError" in unhandled and "onUncaughtError" not in handled:
        return failed(*findings, target=target)
    uncertain = [spot for state, spot in found.routes if state is None] if "onCaughtError" not in handled else []
    if not uncertain and (reporting or any(state for state, _ in found.routes)):
        routes = [spot for state, spot in found.routes if state]
        return passed(*_seen([*reporting, *routes]), target=target)
    if uncertain or uncertainties:
        path, line, what = (uncertain or uncertainties)[0]
        message = f"whether {what} reports to Sentry cannot be determined: it calls code that is not in this repository"
        return unknown(message, path=path, line=line, hint=_SILENT, evidence=_seen(reporting), target=target)
    if found.unread:
        path, line, _ = found.unread[0]
        return unknown(f"{path} cannot be read", path=path, line=line, hint="fix the syntax error", target=target)
    if findings:
        return failed(*findings, target=target)
    if found.around_router:
        return passed(*_seen(found.around_router), target=target)
    message = "no error boundary or root handler reports React's errors"
    places = [
        Finding(message=f"{what} reports nothing to Sentry", path=path, line=line, hint=_SILENT)
        for path, line, what in found.silent[:3]
    ]
    root = next((e for e in entries(facts, frontend) if "/instrument" not in f"/{e}"), frontend.manifest)
    return failed(Finding(message=message, path=root, hint=_WRAP), *places, target=target)


def _swallowed_by_routes(found: Caught, modern: bool) -> list[Finding]:
    """Name the route elements that keep errors to themselves; a handler of React 19 for caught errors sees them as well."""
    if modern and any(n == "onCaughtError" and s for n, s, _ in found.handlers):
        return []
    silent = [
        Finding(message=f"{what} shows an error and reports nothing to Sentry", path=path, line=line, hint=_SILENT)
        for state, (path, line, what) in found.routes
        if state is False
    ]
    if silent or found.routes or found.reporting:
        return silent
    message = "is around the router, which catches the errors of its routes itself"
    return [
        Finding(
            message=f"{what} {message}",
            path=path,
            line=line,
            hint="give the routes an errorElement that reports errors",
        )
        for path, line, what in found.around_router
    ]


def _by_export(facts: Facts, frontend: Frontend, stems: tuple[str, ...], name: str, what: str) -> Verdict | None:
    """Decide by what a framework's own file exports; None where there is no such export."""
    given = exported_function(facts, frontend, stems, name)
    if given is None or isinstance(given, str):
        return None
    place, node = given
    state, line = reports(place, node), js.line_of(node)
    if state:
        return passed(in_repository(f"{what} reports errors to Sentry", place.path, line), target=frontend.target)
    if state is None:
        message = f"whether {what} reports to Sentry cannot be determined: it calls code that is not in this repository"
        return unknown(message, path=place.path, line=line, hint=_SILENT, target=frontend.target)
    finding = Finding(message=f"{what} reports nothing to Sentry", path=place.path, line=line, hint=_SILENT)
    return failed(finding, target=frontend.target)


def _next(facts: Facts, frontend: Frontend, framework: Framework) -> Verdict:
    """Next.js: https://docs.sentry.io/platforms/javascript/guides/nextjs/manual-setup/#capture-react-render-errors."""
    target = frontend.target
    silent = [
        Finding(
            message=f"{path.rpartition('/')[2]} shows an error and reports nothing to Sentry", path=path, hint=_SILENT
        )
        for path in error_pages(facts, frontend)
        if (v := _by_export(facts, frontend, _stem(frontend, path), "default", "it")) is not None
        and v.outcome.value == "fail"
    ]
    if silent:
        return failed(*silent, target=target)
    app = tuple(f for f in framework.root_files if f.endswith("global-error"))
    pages = tuple(f for f in framework.root_files if f.endswith("_error"))
    decided = _by_export(facts, frontend, app, "default", "global-error")
    if decided is not None:
        return decided
    if has_app_folder(facts, frontend):
        message = "app/global-error is missing: Next.js shows its own error page, and nothing reaches Sentry"
        hint = "add app/global-error.tsx that calls Sentry.captureException(error)"
        return failed(Finding(message=message, path=frontend.manifest, hint=hint), target=target)
    return _by_export(facts, frontend, pages, "default", "_error") or _react(facts, frontend)


def _stem(frontend: Frontend, path: str) -> tuple[str, ...]:
    own = path if frontend.root == "." else path.removeprefix(frontend.root + "/")
    return (own.rpartition(".")[0],)


def _by_root_route(facts: Facts, frontend: Frontend, framework: Framework) -> Verdict | None:
    """React Router and Remix: the root route's boundary gets what no route below it caught."""
    return _by_export(facts, frontend, framework.root_files, "ErrorBoundary", "the root route's ErrorBoundary")


def _sveltekit(facts: Facts, frontend: Frontend, framework: Framework) -> Verdict:
    """SvelteKit: https://svelte.dev/docs/kit/hooks#Shared-hooks-handleError."""
    target = frontend.target
    decided = _by_export(facts, frontend, framework.root_files, "handleError", "handleError")
    if decided is not None:
        return decided
    message = "src/hooks.client exports no handleError, so the errors that SvelteKit catches are not reported"
    hint = "add `export const handleError = Sentry.handleErrorWithSentry()`"
    given = exported_function(facts, frontend, framework.root_files, "handleError")
    path = given if isinstance(given, str) else frontend.manifest
    return failed(Finding(message=message, path=path, hint=hint), target=target)


def _vue(facts: Facts, frontend: Frontend) -> Verdict:
    """Vue: the SDK hooks into the application that it is given (https://docs.sentry.io/platforms/javascript/guides/vue/)."""
    target = frontend.target
    inits = [i for i in browser_inits(facts, frontend) if i.package == "@sentry/vue"]
    for init in inits:
        if any(init.is_open(name) for name in ("app", "Vue", "integrations")):
            continue
        given = init.option("app") or init.option("Vue")
        if given is None and not any(js.calls(value, "vueIntegration") for _, value in init.values()):
            message = "Sentry.init() is not given the application, so errors in Vue's components are not reported"
            finding = Finding(message=message, path=init.path, line=init.line, hint="give it `app`")
            return failed(finding, target=target)
    for init in inits[:1]:
        silent, uncertain = overridden_in_vue(facts, frontend, init)
        places = [
            Finding(
                message=f"{what} replaces the SDK's handler and reports nothing", path=path, line=line, hint=_SILENT
            )
            for path, line, what in silent
        ]
        if places:
            return failed(*places, target=target)
        for path, line, what in uncertain[:1]:
            message = f"whether {what} replaces the SDK's handler, and reports to Sentry, is not known here"
            return unknown(message, path=path, line=line, hint=_SILENT, target=target)
    return not_applicable("Sentry's Vue SDK installs its own error handler", target=target)
