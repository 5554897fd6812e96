"""The sandbox's answers for what CI and alert channels need beside the rest: organization tokens, repositories, test notifications."""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox.http import Refusal, body_of, endpoint, page, state_of
from setup_wizard.sandbox.records import now
from setup_wizard.sandbox.state import SandboxState

_ORG = ("org:read", "org:write", "org:admin")


def _new_token(state: SandboxState) -> str:
    """Return a token shaped as Sentry's: `sntrys_`, what it is for in base64, a secret."""
    told = {"iat": time.time(), "url": state.public_url, "region_url": state.public_url, "org": state.organization}
    payload = base64.b64encode(json.dumps(told).encode()).decode()
    secret = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return f"sntrys_{payload}_{secret}"


@endpoint(*_ORG)
async def list_tokens(request: Request) -> Response:
    """List the organization tokens, without their values."""
    return JSONResponse([{k: v for k, v in t.items() if k != "token"} for t in state_of(request).ci_tokens])


@endpoint(*_ORG)
async def create_token(request: Request) -> Response:
    """Create an organization token; its value is answered this once."""
    state, name = state_of(request), (await body_of(request)).get("name")
    if not isinstance(name, str) or not name.strip():
        raise Refusal(400, {"detail": ["The name cannot be blank."]})
    token = _new_token(state)
    made: dict[str, Any] = {
        "id": state.new_id(),
        "name": name,
        "scopes": ["org:ci"],
        "tokenLastCharacters": token[-4:],
        "dateCreated": now(),
        "dateLastUsed": None,
        "projectLastUsedId": None,
        "token": token,
    }
    state.ci_tokens.append(made)
    return JSONResponse(made, 201)


@endpoint(*_ORG, "org:integrations", "org:ci")
async def repositories(request: Request) -> Response:
    """List the repositories that an integration brought in."""
    return page(request, state_of(request).repositories)


@endpoint(*_ORG)
async def fire_actions(request: Request) -> Response:
    """Take note of test notifications; a channel without its integration is an error, as at Sentry."""
    state, actions = state_of(request), (await body_of(request)).get("actions")
    if not isinstance(actions, list) or not actions:
        raise Refusal(400, {"actions": ["This field is required."]})
    known = {None, *(str(i["id"]) for i in state.integrations)}
    if any(a.get("integrationId") not in known for a in actions):
        raise Refusal(400, {"actions": ["The integration is not installed."]})
    state.fired += actions
    return JSONResponse({})


_O = "/api/0/organizations/{org}"

ROUTES = [
    Route(f"{_O}/org-auth-tokens/", list_tokens, methods=["GET"]),
    Route(f"{_O}/org-auth-tokens/", create_token, methods=["POST"]),
    Route(f"{_O}/repos/", repositories),
    Route(f"{_O}/test-fire-actions/", fire_actions, methods=["POST"]),
]
