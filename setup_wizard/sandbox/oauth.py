"""The sandbox's sign-in by code (RFC 8628); a person's consent is a call to `/_sandbox/consent`."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox.http import state_of


async def device_code(request: Request) -> Response:
    """Issue a code for a known public application."""
    state, form = state_of(request), await request.form()
    state.requests.append((request.method, request.url.path))
    if form.get("client_id") != state.client_id:
        return JSONResponse({"error": "invalid_client", "error_description": "Invalid client_id"}, 401)
    device, user = secrets.token_hex(20), "BCDF-GHJK"
    state.device_codes[device] = "pending"
    page = f"{state.public_url}/oauth/device/"
    return JSONResponse(
        {
            "device_code": device,
            "user_code": user,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={user}",
            "expires_in": 600,
            "interval": 0.01,
        }
    )


async def token(request: Request) -> Response:
    """Answer `authorization_pending` until somebody agrees or refuses, then once the token."""
    state, form = state_of(request), await request.form()
    state.requests.append((request.method, request.url.path))
    found = state.device_codes.get(str(form.get("device_code")), "expired_token")
    if found == "granted":
        del state.device_codes[str(form.get("device_code"))]
        return JSONResponse({"access_token": state.token, "token_type": "bearer", "expires_in": 2_592_000, "scope": ""})
    return JSONResponse({"error": "authorization_pending" if found == "pending" else found}, 400)


async def consent(request: Request) -> Response:
    """Agree to every waiting sign-in, or refuse with `?answer=access_denied`."""
    state = state_of(request)
    answer = request.query_params.get("answer", "granted")
    for device in state.device_codes:
        state.device_codes[device] = answer
    return JSONResponse({"devices": len(state.device_codes)})


ROUTES = [
    Route("/oauth/device/code/", device_code, methods=["POST"]),
    Route("/oauth/token/", token, methods=["POST"]),
    Route("/_sandbox/consent", consent, methods=["POST"]),
]
