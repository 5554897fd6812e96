"""What a person does with an issue: resolve it, archive it, assign it.

`PUT /organizations/{organization}/issues/{issue}/` (https://docs.sentry.io/api/events/update-an-issue/); needs `event:write`.
"""

from __future__ import annotations

from urllib.parse import quote

from checks.sentry_api.calls import Sentry

RESOLVE: dict[str, object] = {"status": "resolved"}
ARCHIVE: dict[str, object] = {"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}}
"""Archived until it escalates: Sentry brings it back when it becomes much more frequent."""


def archive_until(users: int) -> dict[str, object]:
    """Return the change that archives an issue until it has affected so many more users."""
    return {
        "status": "ignored",
        "substatus": "archived_until_condition_met",
        "statusDetails": {"ignoreUserCount": users},
    }


def assign_to(email: str) -> dict[str, object]:
    """Return the change that assigns an issue to a member."""
    return {"assignedTo": email}


async def update_issue(sentry: Sentry, organization: str, issue: str, change: dict[str, object]) -> None:
    """Change an issue; the same change twice is the same issue. Raises `SentryApiError`."""
    path = f"/organizations/{quote(organization, safe='')}/issues/{quote(issue, safe='')}/"
    await sentry.client.put(path, change, base=sentry.region)
