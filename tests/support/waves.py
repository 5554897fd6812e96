"""A transport that counts requests, and answers them in waves: all that are under way at once, then the next ones."""

from __future__ import annotations

import asyncio

import httpx

_TURNS = 60
"""Turns of the event loop without another request after which a wave is complete."""


class Waves(httpx.AsyncBaseTransport):
    """Holds each request until nothing else asks; `waves` are the paths that were asked for at the same time, `urls` all with their queries."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.waves: list[list[str]] = []
        self.urls: list[str] = []
        self._held: list[tuple[str, asyncio.Event]] = []
        self._release: asyncio.Task[None] | None = None

    @property
    def requests(self) -> list[str]:
        """Everything that was asked for."""
        return [path for wave in self.waves for path in wave]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        go = asyncio.Event()
        self.urls.append(f"{request.method} {request.url}")
        self._held.append((f"{request.method} {request.url.path}", go))
        if self._release is None:
            self._release = asyncio.create_task(self._let_go())
        await go.wait()
        return await self.inner.handle_async_request(request)

    async def _let_go(self) -> None:
        held, quiet = len(self._held), 0
        while quiet < _TURNS:
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._held) == held else 0
            held = len(self._held)
        wave, self._held, self._release = self._held, [], None
        self.waves.append([path for path, _ in wave])
        for _, go in wave:
            go.set()
