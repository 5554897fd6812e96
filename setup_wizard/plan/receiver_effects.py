"""The effects of a plan at a server that only takes events: a test event is sent, and seen in its lists."""

from __future__ import annotations

from collections.abc import Callable

from checks.config import Config
from checks.repository.facts import Facts
from setup_wizard.plan.effects import SentryEffects
from setup_wizard.plan.model import SendTestEvent
from setup_wizard.services.receiver import Receiver, send_and_see


class ReceiverEffects(SentryEffects):
    """Sends the test event of a backend; a plan for such a server asks for no other call."""

    def __init__(self, receiver: Receiver, facts: Facts, say: Callable[[str], None]) -> None:
        self.receiver, self.facts, self.say = receiver, facts, say
        self.config: Config = facts.config
        self.milestones, self.issues = [], []

    async def send_test_event(self, action: SendTestEvent) -> None:
        """Send a message and an exception, and wait until both are listed. Raises `SentrySetupError`."""
        self.say(action.title)
        snapshot = (await self.receiver.known(self.facts)).snapshot
        if snapshot is not None:
            await send_and_see(self.receiver.client, self.config, snapshot, action.target, action.slug, say=self.say)
