"""The sandbox for tests: the same application as the product's, without a network."""

from __future__ import annotations

import httpx

from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import SentryClient
from setup_wizard.sandbox.app import make_sandbox
from setup_wizard.sandbox.state import SandboxState

URL = "http://127.0.0.1:9000"


def make_state() -> SandboxState:
    """A fresh sandbox."""
    return SandboxState(public_url=URL)


def transport(state: SandboxState) -> httpx.ASGITransport:
    """A transport into the sandbox."""
    return httpx.ASGITransport(make_sandbox(state))


async def no_sleep(seconds: float) -> None:
    """Wait not at all."""


def client(state: SandboxState, token: str | None = None) -> SentryClient:
    """A client of the sandbox that waits for nothing between tries."""
    return SentryClient(URL, token or state.token, transport=transport(state), sleep=no_sleep)


def api(state: SandboxState, token: str | None = None) -> Sentry:
    """The typed API of the sandbox."""
    return Sentry(client(state, token))
