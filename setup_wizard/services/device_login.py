"""Signing in with a code in the browser: OAuth's device flow (RFC 8628), as Sentry offers it to public applications.

sentry.io, and self-hosted 26.1 and newer with an OAuth application of its own; its id comes from SENTRY_CLIENT_ID.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from msgspec import Struct

from checks.errors import SentrySetupError
from checks.report.safe import printable, redact
from checks.sentry_api.bounded import send_bounded
from checks.sentry_api.connecting import open_http, unreachable
from checks.sentry_api.errors import UnreachableError
from checks.sentry_api.hosts import same_sentry

CLIENT_ID = "SENTRY_CLIENT_ID"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_LIMIT, _DEADLINE = 64 * 1024, 30.0
"""Bytes and seconds for one answer."""


class DeviceLoginError(SentrySetupError):
    """The sign-in was refused, ran out, or is not offered by this Sentry."""

    code = "device-login"


class DeviceCode(Struct, frozen=True, kw_only=True):
    """What a person has to do: open `url` and compare `code`; it holds `seconds`."""

    code: str
    url: str
    seconds: float
    device: str
    interval: float


class DeviceLogin:
    """One sign-in at one Sentry. `sleep` waits between the questions."""

    def __init__(
        self,
        url: str,
        client_id: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Any] = asyncio.sleep,
        ca_file: str | None = None,
    ) -> None:
        self.url, self.client_id, self._transport, self._sleep = url, client_id, transport, sleep
        self._ca_file = ca_file

    async def begin(self, scopes: tuple[str, ...]) -> DeviceCode:
        """Ask for a code. Raises `DeviceLoginError`."""
        status, answer = await self._post("/oauth/device/code/", {"scope": " ".join(scopes)})
        code, device = answer.get("user_code"), answer.get("device_code")
        page = answer.get("verification_uri_complete") or answer.get("verification_uri")
        if status != 200 or not all(isinstance(v, str) and v for v in (code, device, page)):
            raise self._refused(answer, "this Sentry offers no sign-in by code")
        if not same_sentry(str(page), self.url):
            raise DeviceLoginError("the sign-in page is not on this Sentry", hint="paste a token instead")
        return DeviceCode(
            code=printable(str(code)),
            url=str(page),
            seconds=_seconds(answer.get("expires_in"), 600.0),
            device=str(device),
            interval=_seconds(answer.get("interval"), 5.0),
        )

    async def wait(self, code: DeviceCode) -> str:
        """Ask until a person has agreed in the browser; returns the token. Raises `DeviceLoginError`."""
        loop = asyncio.get_running_loop()
        end, interval = loop.time() + code.seconds, code.interval
        while loop.time() < end:
            await self._sleep(interval)
            status, answer = await self._post("/oauth/token/", {"grant_type": _GRANT, "device_code": code.device})
            token, error = answer.get("access_token"), answer.get("error")
            if status == 200 and isinstance(token, str) and token:
                return token
            if error == "slow_down":
                interval += 5
            elif error != "authorization_pending":
                raise self._refused(answer, "the sign-in was declined")
        raise DeviceLoginError("the code expired before anyone approved it", hint="start the sign-in again")

    def _refused(self, answer: Mapping[str, object], message: str) -> DeviceLoginError:
        said = answer.get("error_description") or answer.get("error") or ""
        tail = f": {printable(redact(str(said)))[:200]}" if said else ""
        return DeviceLoginError(
            message + tail, hint=f"is {CLIENT_ID} the id of a public application there? or paste a token"
        )

    async def _post(self, path: str, form: Mapping[str, str]) -> tuple[int, dict[str, object]]:
        data = {"client_id": self.client_id, **form}
        try:
            async with open_http(self._transport, _DEADLINE, self._ca_file) as http:
                request = http.build_request("POST", self.url + path, data=data)
                response = await send_bounded(http, request, limit=_LIMIT, seconds=_DEADLINE)
        except UnreachableError as error:
            raise DeviceLoginError(error.message, hint=error.hint) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = unreachable(error, self.url, f"POST {path}")
            raise DeviceLoginError(why.message, hint=why.hint) from error
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        return response.status_code, answer if isinstance(answer, dict) else {}


def _seconds(value: object, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 else default
