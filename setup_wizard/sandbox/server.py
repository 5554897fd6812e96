"""Serves the sandbox on loopback, in a thread of this process."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn

from checks.errors import SentrySetupError, UsageError
from setup_wizard.sandbox.app import make_sandbox
from setup_wizard.sandbox.state import SandboxState

HOST = "127.0.0.1"


def bind(port: int) -> socket.socket:
    """Return a listening socket on loopback; 0 takes any free port. Raises `UsageError` when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(f"port {port} cannot be used: {error}", hint="choose another with `--port`") from error
    return listener


def make_server(state: SandboxState) -> uvicorn.Server:
    """Return a quiet server for a state."""
    config = uvicorn.Config(make_sandbox(state), log_level="error", lifespan="off", access_log=False, ws="none")
    return uvicorn.Server(config)


@contextlib.contextmanager
def running_sandbox(state: SandboxState, port: int = 0) -> Iterator[SandboxState]:
    """Serve the sandbox while the context lasts; `state.public_url` is its address."""
    listener = bind(port)
    state.public_url = f"http://{HOST}:{listener.getsockname()[1]}"
    try:
        with serving(state, listener):
            yield state
    finally:
        listener.close()


@contextlib.contextmanager
def serving(state: SandboxState, listener: socket.socket) -> Iterator[None]:
    """Serve a state on a listening socket while the context lasts."""
    server = make_server(state)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="sandbox")
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise SentrySetupError("the sandbox did not start", hint="try another port with `--port`")
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)
