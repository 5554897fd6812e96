"""The region of sentry.io that holds an organization, as far as a repository's DSNs name it.

The host of a DSN is `o<number>.ingest.<region>.sentry.io`; one without a region is of before there were several, in the United
States (https://docs.sentry.io/organization/data-storage-location/).
"""

from __future__ import annotations

from collections.abc import Iterable

from checks.sentry_api.dsn import Dsn, is_placeholder

REGIONS = ("us", "de")
"""The regions that Sentry's own API document lists."""


def region_of(dsns: Iterable[Dsn]) -> str | None:
    """Return the URL of the region that DSNs name, None where they name none of Sentry's, or several."""
    named = {dsn.region or "us" for dsn in dsns if dsn.saas and not is_placeholder(dsn.text)}
    return f"https://{named.pop()}.sentry.io" if len(named) == 1 and named <= set(REGIONS) else None
