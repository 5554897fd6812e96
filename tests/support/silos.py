"""sentry.io as tests see it: a main server, and the region that holds the organization, each answering only its own calls."""

from __future__ import annotations

import re

import httpx

from setup_wizard.sandbox.state import SandboxState
from tests.support.sentry import transport

MAIN, HERE, ELSEWHERE = "sentry.io", "de.sentry.io", "us.sentry.io"
_OF_MAIN = re.compile(r"/api/0/(users/.*|organizations/[^/]+/(integrations|org-auth-tokens)/.*)?$")
_OF_BOTH = re.compile(r"/api/0/organizations/([^/]+/)?$")
"""What the main server answers itself, and what it passes on to the region."""


class Silos(httpx.AsyncBaseTransport):
    """Answers 404 without a body where another silo is asked, as sentry.io does; `asked` are the hosts and paths."""

    def __init__(self, state: SandboxState) -> None:
        state.public_url, state.region_url = f"https://{MAIN}", f"https://{HERE}"
        self.asked: list[tuple[str, str]] = []
        self._inner = transport(state)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host, path = request.url.host, request.url.path
        self.asked.append((host, path))
        own = bool(_OF_MAIN.match(path)) if host == MAIN else host == HERE and not _OF_MAIN.match(path)
        if own or (host == MAIN and _OF_BOTH.match(path)):
            return await self._inner.handle_async_request(request)
        return httpx.Response(404, request=request)
