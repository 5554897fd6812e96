"""The sandbox's sign-in by code (RFC 8628), with the page on which a person approves or denies it, as Sentry has it.

Sentry's page asks for a login first; here everyone is signed in, so a form is enough.
"""

from __future__ import annotations

import secrets
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from setup_wizard.sandbox.http import state_of
from setup_wizard.sandbox.records import WIZARD_SCOPES
from setup_wizard.sandbox.state import SandboxState

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_UNKNOWN = "Invalid or expired code. Please check the code and try again."


def _refused(error: str, description: str = "", status: int = 400) -> Response:
    return JSONResponse({"error": error} | ({"error_description": description} if description else {}), status)


async def device_code(request: Request) -> Response:
    """Issue a code for a known public application, for scopes that Sentry knows."""
    state, form = state_of(request), await request.form()
    state.requests.append((request.method, request.url.path))
    if form.get("client_id") != state.client_id:
        return _refused("invalid_client", "Invalid client_id", 401)
    scopes = str(form.get("scope") or "").split()
    unknown = next((s for s in scopes if s not in (*WIZARD_SCOPES, "org:ci", *state.more_scopes)), None)
    if unknown is not None:
        return _refused("invalid_scope", f"Unknown scope: {unknown}")
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    device, user = secrets.token_hex(32), f"{letters[:4]}-{letters[4:]}"
    state.device_codes[device] = "pending"
    state.device_scopes[device], state.user_codes[user] = tuple(scopes), device
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
    """Answer `authorization_pending` until somebody approves or denies, then once a token of the scopes asked for."""
    state, form = state_of(request), await request.form()
    state.requests.append((request.method, request.url.path))
    if form.get("client_id") != state.client_id:
        return _refused("invalid_client", "Invalid client_id", 401)
    if form.get("grant_type") != _GRANT:
        return _refused("unsupported_grant_type")
    device = str(form.get("device_code"))
    found = state.device_codes.get(device, "invalid_grant")
    if found != "granted":
        return _refused("authorization_pending" if found == "pending" else found)
    del state.device_codes[device]
    made, scopes = "sntrya_" + secrets.token_hex(32), state.device_scopes.pop(device)
    state.signed_in[made] = scopes
    return JSONResponse(
        {
            "access_token": made,
            "refresh_token": "sntryr_" + secrets.token_hex(32),
            "token_type": "bearer",
            "expires_in": 2_592_000,
            "scope": " ".join(scopes),
        }
    )


async def device_page(request: Request) -> Response:
    """Show what a code asks for, and take the person's answer (`op=approve` or `op=deny`)."""
    state = state_of(request)
    form = await request.form() if request.method == "POST" else request.query_params
    user, op = str(form.get("user_code") or "").upper().strip(), str(form.get("op") or "")
    device = state.user_codes.get(user, "")
    if user and state.device_codes.get(device) != "pending":
        return HTMLResponse(_page(f"<p>{_UNKNOWN}</p>"))
    if request.method == "POST" and user and op in _ANSWERS:
        state.device_codes[device], said = _ANSWERS[op]
        return HTMLResponse(_page(f"<p>{said} You can close this window.</p>"))
    return HTMLResponse(_page(_form(state, user, device)))


_ANSWERS = {
    "approve": ("granted", "Authorization approved!"),
    "deny": ("access_denied", "Authorization denied."),
}


def _form(state: SandboxState, user: str, device: str) -> str:
    if not user:
        return '<form><label>Code <input name="user_code"></label> <button>Continue</button></form>'
    scopes = "".join(f"<li>{escape(s)}</li>" for s in state.device_scopes[device])
    buttons = "".join(f'<button name="op" value="{op}">{op.capitalize()}</button> ' for op in _ANSWERS)
    hidden = f'<input type="hidden" name="user_code" value="{escape(user)}">'
    return f"<p>Does your device show {escape(user)}?</p><ul>{scopes}</ul><form method=post>{hidden}{buttons}</form>"


def _page(body: str) -> str:
    return f"<!doctype html><title>Authorize Device</title><h1>Authorize Device</h1>{body}"


ROUTES = [
    Route("/oauth/device/code/", device_code, methods=["POST"]),
    Route("/oauth/device/", device_page, methods=["GET", "POST"]),
    Route("/oauth/token/", token, methods=["POST"]),
]
