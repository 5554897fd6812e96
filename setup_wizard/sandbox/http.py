"""What every sandbox endpoint shares: tokens and scopes, pages, error bodies, and the faults that tests ask for."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from setup_wizard.sandbox.records import Project
from setup_wizard.sandbox.state import SandboxState

Endpoint = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers
        self.body = {"detail": body} if isinstance(body, str) else body


def state_of(request: Request) -> SandboxState:
    """Return the sandbox's state."""
    state: SandboxState = request.app.state.sandbox
    return state


def bearer(request: Request) -> str:
    """Return the token of a request, or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def endpoint(*scopes: str) -> Callable[[Endpoint], Endpoint]:
    """Guard an endpoint: a known token with any one of these scopes; refusals and asked-for faults become answers."""

    def decorate(function: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            state = state_of(request)
            state.requests.append((request.method, request.url.path))
            if state.latency:
                state.busy += 1
                state.most_at_once = max(state.most_at_once, state.busy)
                await asyncio.sleep(state.latency)
                state.busy -= 1
            fault = _fault(state, request)
            if fault is not None and not fault.after:
                return Response(fault.body, fault.status, headers=fault.headers)
            try:
                held = state.scopes(bearer(request))
                if held is None:
                    missing = "Authentication credentials were not provided."
                    raise Refusal(401, "Invalid token" if bearer(request) else missing)
                if scopes and not set(scopes) & set(held):
                    raise Refusal(403, "You do not have permission to perform this action.")
                if "org" in request.path_params and request.path_params["org"] not in (state.organization, "1"):
                    raise Refusal(404, "The requested resource does not exist")
                answer = await function(request)
            except Refusal as refusal:
                return JSONResponse(refusal.body, refusal.status, headers=refusal.headers)
            if fault is not None:
                return Response(fault.body, fault.status, headers=fault.headers)
            return answer

        guarded.__name__ = function.__name__
        return guarded

    return decorate


def _fault(state: SandboxState, request: Request) -> Any:
    for fault in state.faults:
        if fault.times and fault.method in ("*", request.method) and re.search(fault.path, request.url.path):
            fault.times -= 1
            return fault
    return None


async def body_of(request: Request) -> dict[str, Any]:
    """Return a JSON object from a request's body; anything else is refused."""
    try:
        data = json.loads(await request.body() or b"{}")
    except ValueError:
        raise Refusal(400, "JSON parse error") from None
    if not isinstance(data, dict):
        raise Refusal(400, "JSON parse error")
    return data


def project_of(request: Request) -> Project:
    """Return the project of a path. Refuses with 404, or with 302 and the new slug where it was renamed."""
    state, name = state_of(request), request.path_params["project"]
    found = state.project(name)
    if found is not None:
        return found
    moved = next((p for p in state.projects.values() if name in p.former), None)
    if moved is None:
        raise Refusal(404, "The requested resource does not exist")
    url = request.url.path.replace(f"/{name}/", f"/{moved.slug}/", 1)
    body = {"slug": moved.slug, "detail": {"extra": {"url": url, "slug": moved.slug}}}
    raise Refusal(302, body, {"Location": url})


def projects_of(request: Request) -> list[Project]:
    """Return the projects that `project=` names, all without it. Refuses with 403 when one is not there."""
    state, wanted = state_of(request), set(request.query_params.getlist("project")) - {"-1"}
    found = [p for p in state.projects.values() if not wanted or wanted & {p.id, p.slug}]
    if wanted - {n for p in found for n in (p.id, p.slug)}:
        raise Refusal(403, "You do not have permission to perform this action.")
    return found


def cut(request: Request, entries: Sequence[Any]) -> tuple[list[Any], dict[str, str]]:
    """Return one page of some entries, and the header with both links as Sentry always sends them."""
    query = request.query_params
    try:
        size = min(max(int(query.get("per_page", 100)), 1), 100)
        offset = int((query.get("cursor") or "0:0:0").split(":")[1])
    except (ValueError, IndexError):
        raise Refusal(400, "Invalid cursor parameter.") from None
    base = str(request.url.replace(query=""))
    links = []
    for relation, start, more in (
        ("previous", offset - size, offset > 0),
        ("next", offset + size, offset + size < len(entries)),
    ):
        cursor = f"0:{max(start, 0)}:{int(relation == 'previous')}"
        links.append(f'<{base}?&cursor={cursor}>; rel="{relation}"; results="{str(more).lower()}"; cursor="{cursor}"')
    return list(entries[offset : offset + size]), {"Link": ", ".join(links)}


def page(request: Request, entries: Sequence[Any]) -> Response:
    """Return one page of a list."""
    data, headers = cut(request, entries)
    return JSONResponse(data, headers=headers)
