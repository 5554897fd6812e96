"""Whether the team can reach the project."""

from __future__ import annotations

from collections.abc import Sequence

from checks.items.project import every_target
from checks.model import Finding, Verdict, failed, in_sentry, not_applicable, passed, unknown
from checks.repository.facts import Facts
from checks.sentry_api.snapshot import ProjectSettings, ProjectSnapshot, Unavailable

ENOUGH = 2
"""People who can see the errors, so that one on holiday leaves somebody."""


def team_access(facts: Facts) -> Sequence[Verdict]:
    """One person's vacation should not mean that nobody sees the errors: at least two members need access.

    An open invitation counts until it expires; the project needs a team, or it has no members.

    To fix: invite the team under Settings → Members, and give the project a team.
    """
    if facts.snapshot is None:
        return [
            unknown("connect to Sentry to check the members", hint="run with `--online` and a token with `member:read`")
        ]
    members = facts.snapshot.members
    if isinstance(members, Unavailable):
        return [unknown(members.reason, hint=members.hint or "check Settings → Members")]
    organization = facts.snapshot.organization
    alone = [
        p.slug
        for t in every_target(facts)
        if isinstance(p := facts.snapshot.projects.get(t.name), ProjectSnapshot)
        and isinstance(p.settings, ProjectSettings)
        and not p.settings.teams
    ]
    if alone:
        message = f"{', '.join(alone)} belongs to no team"
        return [failed(Finding(message=message, hint="Project Settings → Project Teams"))]
    accepted = sum(m.accepted for m in members)
    pending = sum(not m.accepted and not m.expired for m in members)
    expired = sum(not m.accepted and m.expired for m in members)
    if facts.snapshot.seats == 1:
        return [not_applicable(f"the plan of {organization} has one seat")]
    counted = f"{accepted} accepted, {pending} invited" + (f", {expired} invitations expired" if expired else "")
    if accepted + pending >= ENOUGH:
        return [passed(in_sentry(f"members of {organization}: {counted}"))]
    hint = "send the expired invitations again" if expired else "invite somebody under Settings → Members"
    return [failed(Finding(message=f"only one person can see the errors of {organization}: {counted}", hint=hint))]
