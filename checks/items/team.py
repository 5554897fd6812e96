"""Whether the team can reach the project."""

from __future__ import annotations

from collections.abc import Sequence

from checks.model import Finding, Target, Verdict, failed, in_sentry, not_applicable, passed, unknown
from checks.repository.facts import Facts
from checks.sentry_api.snapshot import (
    BILLING,
    ENOUGH_PEOPLE,
    EVERYWHERE,
    Member,
    ProjectSettings,
    ProjectSnapshot,
    Unavailable,
)
from checks.targets.observed import every_target


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
        and p.settings.teams == 0
    ]
    if alone:
        message = f"{', '.join(alone)} {'belongs' if len(alone) == 1 else 'belong'} to no team"
        return [failed(Finding(message=message, hint="add one under Project Settings → Project Teams"))]
    payers = [m for m in members if m.role == BILLING]
    members = tuple(m for m in members if m.role != BILLING)
    accepted = sum(m.accepted for m in members)
    pending = sum(not m.accepted and not m.expired for m in members)
    expired = sum(not m.accepted and m.expired for m in members)
    if facts.snapshot.seats == 1:
        return [not_applicable(f"the plan of {organization} has one seat")]
    counted = f"{accepted} accepted, {pending} invited" + (
        f", {expired} expired invitation{'' if expired == 1 else 's'}" if expired else ""
    )
    counted += f", and {len(payers)} for billing, who see no errors" if payers else ""
    if accepted + pending < ENOUGH_PEOPLE:
        hint = (
            "`sentry-setup apply team --set team.emails=… --yes` sends them again"
            if expired
            else "`sentry-setup apply team --set team.emails=… --yes` invites someone"
        )
        return [failed(Finding(message=f"only one person can see the errors of {organization}: {counted}", hint=hint))]
    outside = [f for t in every_target(facts) if (f := _outside(facts, t, members)) is not None]
    if outside:
        unclear = [f for f in outside if f.hint is None]
        if unclear and len(unclear) == len(outside):
            return [unknown(unclear[0].message, hint="use a token with `project:read`, or check Project Teams")]
        return [failed(*(f for f in outside if f.hint is not None))]
    return [passed(in_sentry(f"members of {organization}: {counted}"))]


def _outside(facts: Facts, target: Target, members: tuple[Member, ...]) -> Finding | None:
    """Return what keeps the team out of a project whose teams cannot be joined freely; owners and managers reach every one.

    https://docs.sentry.io/organization/membership/ : without open membership only the members of its teams see a project.
    """
    project = facts.snapshot.projects.get(target.name) if facts.snapshot else None
    if not isinstance(project, ProjectSnapshot) or project.people is None or facts.snapshot is None:
        return None
    if facts.snapshot.open_membership is not False:
        return None
    if isinstance(project.people, Unavailable):
        return Finding(message=f"the teams of {project.slug} cannot be read: {project.people.reason}")
    inside = {m.id for m in project.people if m.accepted and m.role != BILLING} | {
        m.id for m in members if m.accepted and m.role in EVERYWHERE
    }
    if len(inside) >= ENOUGH_PEOPLE:
        return None
    accepted = sum(m.accepted for m in members)
    invited = sum(not m.accepted and not m.expired for m in members)
    if invited and len(inside) + invited >= ENOUGH_PEOPLE:
        return Finding(
            message=f"{invited} invited, into teams that Sentry does not list: whether {project.slug} is among their projects is not known"
        )
    many = f"only {len(inside)} of {accepted} members {'reaches' if len(inside) == 1 else 'reach'}"
    message = f"{many} {project.slug}: membership is closed, and the others are in none of its teams"
    return Finding(message=message, hint="add them under Settings → Teams")
