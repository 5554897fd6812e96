"""Invitations to an organization: `POST /organizations/{organization}/members/` (https://docs.sentry.io/api/organizations/)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from checks.sentry_api import errors as e

if TYPE_CHECKING:
    from checks.sentry_api.calls import Sentry

ROLES = ("member", "manager", "owner", "billing")
"""The roles of an organization that can be invited to; `admin` is being retired."""


async def invite(sentry: Sentry, organization: str, email: str, *, role: str, team: str | None) -> bool:
    """Invite an address, with a place in a team; returns False for somebody who is a member or invited already.

    An open invitation that has expired is sent again. Raises `SentryApiError`.
    """
    body: dict[str, object] = {"email": email, "orgRole": role, "sendInvite": True, "reinvite": True}
    if team:
        body["teamRoles"] = [{"teamSlug": team, "role": "contributor"}]
    try:
        await sentry.client.post(f"/organizations/{quote(organization, safe='')}/members/", body, base=sentry.region)
    except (e.InvalidError, e.ConflictError) as error:
        if re.search(r"already (a member|been invited)", error.message):
            return False
        raise
    return True
