"""Whom an alert's mail reaches: a team with its members, a member by name, or nobody."""

from __future__ import annotations

from msgspec.structs import replace

from checks.sentry_api.snapshot import Alert, AlertAction, Member, TeamSize, Unavailable


def resolve(
    alert: Alert, teams: tuple[TeamSize, ...] | Unavailable, members: tuple[Member, ...] | Unavailable
) -> Alert:
    """Return an alert whose mail to a team or to a member names it, and says whether anybody is behind it."""
    return replace(alert, actions=tuple(_resolve(a, teams, members) for a in alert.actions))


def _resolve(
    action: AlertAction, teams: tuple[TeamSize, ...] | Unavailable, members: tuple[Member, ...] | Unavailable
) -> AlertAction:
    if action.target == "team":
        if isinstance(teams, Unavailable):
            return replace(action, whom="a team", uncertainty=f"its team cannot be read: {teams.reason}")
        team = next((t for t in teams if t.id == action.target_id), None)
        if team is None:
            return replace(action, whom="a team that no longer exists", reaches=False)
        counted = "" if team.members is None else f" ({team.members} member{'' if team.members == 1 else 's'})"
        return replace(action, whom=f"team {team.slug}{counted}", reaches=team.members != 0)
    if action.target == "user":
        if isinstance(members, Unavailable):
            return replace(action, whom="a member", uncertainty=f"its member cannot be read: {members.reason}")
        member = next((x for x in members if x.user and x.user == action.target_id), None)
        if member is None:
            return replace(action, whom="someone who is not a member", reaches=False)
        return replace(action, whom=f"member {member.email}", reaches=member.accepted)
    return action
