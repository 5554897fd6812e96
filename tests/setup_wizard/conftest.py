"""A sandbox on loopback, and a sitting on the sample whose projects exist; a module that needs another sandbox has its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import connect
from setup_wizard.session import Session
from setup_wizard.steps import find_steps


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


@pytest.fixture
async def session(sample: Path, sandbox: SandboxState) -> AsyncIterator[Session]:
    made = Session(sample, {"sentry.url": sandbox.public_url}, environ={}, install=False, poll=0.01)
    made.connection = await connect(sandbox.public_url, sandbox.token, made.facts().config)
    await made.engine().apply(find_steps(["project"]))
    yield made
    await made.disconnect()
