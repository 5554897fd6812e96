"""Organization tokens for CI: what release tracking needs beside the workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from checks.report.safe import hide
from checks.sentry_api import errors as e
from checks.sentry_api import models as m

if TYPE_CHECKING:
    from checks.sentry_api.calls import Sentry


async def create_ci_token(sentry: Sentry, organization: str, name: str) -> str:
    """Create an organization token, which holds `org:ci` and nothing else; returns it, shown by Sentry this once.

    `POST /organizations/{organization}/org-auth-tokens/` belongs to the main server, not to a region. Raises `ConflictError` when
    one of that name is there already, for its value is not to be had any more, and other `SentryApiError`s.
    """
    path = f"/organizations/{quote(organization, safe='')}/org-auth-tokens/"
    page = f"{sentry.client.url}/settings/{organization}/auth-tokens/"
    listed = await sentry.client.get(path)
    if any(m.maybe_text(t, "name") == name for t in (listed if isinstance(listed, list) else ())):
        raise e.ConflictError(
            f"an organization token “{name}” already exists, and its value was shown only once",
            hint=f"revoke it at {page}, then run the command again",
        )
    answer = m.mapping((await sentry.client.post(path, {"name": name}))[0], "an organization token")
    token = m.text(answer, "token", "an organization token")
    hide(token)
    return token
