"""The sandbox as an ASGI application: a local Sentry in memory, with controls for tests below `/_sandbox/`."""

from __future__ import annotations

from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox import api, audit_api, ci, ingest, oauth, releases
from setup_wizard.sandbox.http import body_of, state_of
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.state import SandboxState


async def _home(request: Request) -> Response:
    state = state_of(request)
    return JSONResponse({"sandbox": "sentry-setup", "projects": sorted(state.projects), "events": len(state.events)})


async def _faults(request: Request) -> Response:
    body = await body_of(request)
    state_of(request).faults.append(
        Fault(
            method=body.get("method", "*"),
            path=body.get("path", ""),
            status=int(body.get("status", 500)),
            body=str(body.get("body", "")),
            headers=dict(body.get("headers", {})),
            times=int(body.get("times", 1)),
            after=bool(body.get("after", False)),
        )
    )
    return JSONResponse({}, 201)


async def _integrations(request: Request) -> Response:
    """Let an integration appear, as after somebody's sign-in with the other service."""
    body = await body_of(request)
    made = state_of(request).add_integration(str(body.get("provider", "slack")), str(body.get("name", "acme")))
    return JSONResponse(made, 201)


async def _connect(request: Request) -> Response:
    """The page of an integration, where somebody signs in with the other service and chooses a repository: here a form."""
    state, provider = state_of(request), request.path_params["provider"]
    if request.path_params["org"] != state.organization:
        return Response("There is no such organization.", 404, media_type="text/plain")
    if request.method == "POST":
        form = await request.form()
        state.add_integration(provider, state.organization, str(form.get("repository") or "") or None)
    connected = any(i["provider"]["key"] == provider for i in state.integrations)
    return HTMLResponse(_PAGE.format(provider=escape(provider), state="connected" if connected else "not connected"))


_PAGE = """<!doctype html><title>{provider}</title><h1>{provider}: {state}</h1>
<form method="post"><label>Repository <input name="repository"></label> <button>Connect</button></form>
"""


async def _unknown(request: Request) -> Response:
    state_of(request).requests.append((request.method, request.url.path))
    return JSONResponse({"detail": f"the sandbox has no {request.method} {request.url.path}"}, 404)


def make_sandbox(state: SandboxState) -> Starlette:
    """Return the application for a state."""
    routes = [
        Route("/", _home),
        Route("/_sandbox/faults", _faults, methods=["POST"]),
        Route("/_sandbox/integrations", _integrations, methods=["POST"]),
        Route("/settings/{org}/integrations/{provider}/", _connect, methods=["GET", "POST"]),
        *ingest.ROUTES,
        *audit_api.ROUTES,
        *api.ROUTES,
        *releases.ROUTES,
        *ci.ROUTES,
        *oauth.ROUTES,
        Route("/{path:path}", _unknown, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
    ]
    app = Starlette(routes=routes)
    app.state.sandbox = state
    return app
