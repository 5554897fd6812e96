"""Words for personal data."""

from __future__ import annotations

PERSONAL = frozenset(
    {
        "email",
        "username",
        "ip_address",
        "phone",
        "phone_number",
        "name",
        "first_name",
        "last_name",
        "full_name",
        "address",
    }
)
