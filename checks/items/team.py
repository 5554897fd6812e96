"""Whether the team can reach the project."""

from __future__ import annotations

from collections.abc import Sequence

from checks.model import Verdict, unknown
from checks.repository.facts import Facts


def team_access(facts: Facts) -> Sequence[Verdict]:
    """One person on holiday must not mean that nobody sees the errors: at least two members need access.

    To fix: invite the team under Settings → Members.
    """
    if facts.snapshot is None:
        return [unknown("members live in Sentry", hint="ask with `--online` and a token with `member:read`")]
    return [
        unknown("this version does not ask Sentry for members yet", hint="look at Settings → Members for two or more")
    ]
