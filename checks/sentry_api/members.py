"""Invitations to an organization: `POST /organizations/{organization}/members/` (https://docs.sentry.io/api/organizations/)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from checks.sentry_api import errors as e
from checks.sentry_api.settings import member

if TYPE_CHECKING:
    from checks.sentry_api.calls import Sentry
    from checks.sentry_api.snapshot import Member

ROLES = ("member", "manager", "owner", "billing")
"""The roles of an organization that can be invited to; `admin` is being retired."""


async def invite(sentry: Sentry, organization: str, email: str, *, role: str, team: str | None) -> bool:
    """Invite an address, with a place in a team; returns False for somebody who is a member or invited already.

    An open invitation that has expired is sent again: servers that refuse to invite an address twice are asked to renew it, for
    which the token needs `member:admin`. Raises `SentryApiError`.
    """
    body: dict[str, object] = {"email": email, "orgRole": role, "sendInvite": True, "reinvite": True}
    if team:
        body["teamRoles"] = [{"teamSlug": team, "role": "contributor"}]
    try:
        await sentry.client.post(f"/organizations/{quote(organization, safe='')}/members/", body, base=sentry.region)
    except (e.InvalidError, e.ConflictError) as error:
        if not re.search(r"already (a member|been invited)", error.message):
            raise
        return await _renewed(sentry, organization, email)
    except e.UNCERTAIN:
        # The answer is lost; the invitation may have been sent all the same, and nobody is to get two.
        try:
            listed = await _members(sentry, organization, email)
        except e.SentryApiError:
            listed = []
        if not any(not o.expired for o in listed):
            raise
    return True


async def _members(sentry: Sentry, organization: str, email: str) -> list[Member]:
    """List the members and invitations of an address. Raises `SentryApiError`."""
    path = f"/organizations/{quote(organization, safe='')}/members/"
    members = [member(d) async for d in sentry.client.pages(path, base=sentry.region)]
    return [o for o in members if o.email.lower() == email.lower()]


async def _renewed(sentry: Sentry, organization: str, email: str) -> bool:
    """Send an expired invitation again; returns False where there is none. Raises `SentryApiError`."""
    late = next((o for o in await _members(sentry, organization, email) if not o.accepted and o.expired), None)
    if late is None:
        return False
    # https://docs.sentry.io/api/organizations/ : an expired invitation takes a new link, which `regenerate` makes.
    body = {"reinvite": True, "regenerate": True}
    try:
        path = f"/organizations/{quote(organization, safe='')}/members/{quote(late.id, safe='')}/"
        await sentry.client.put(path, body, base=sentry.region)
    except e.SentryApiError as error:
        page = f"{sentry.client.url}/settings/{organization}/members/"
        raise e.SentryApiError(
            f"the invitation of {email} expired, and this server does not send it again: {error.message}",
            hint=f"send it again at {page}",
            call=error.call,
            status=error.status,
        ) from error
    return True
