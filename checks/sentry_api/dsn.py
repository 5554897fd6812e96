"""The DSN: how it is written, which hosts it may name, and what is only a placeholder for one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from msgspec import Struct

from checks.patterns import lazy_pattern

_SAAS_HOST = lazy_pattern(r"^o(\d+)\.ingest(?:\.([a-z]+))?\.sentry\.io$")
_OUTSIDE_URL = lazy_pattern(r"[^!-~]|[\"'`\\<>{}|^$]")
_PLACEHOLDER = lazy_pattern(
    r"x{4,}|examplePublicKey|your[-_ ]|change[-_]?me|<[^>]*>|___\w*___|@o0\.|\bTODO\b|\.\.\.|^(?:dsn|none|null|secret)$",
    re.IGNORECASE,
)


class Dsn(Struct, frozen=True, kw_only=True):
    """A parsed DSN, `{scheme}://{public_key}@{host}{path}/{project_id}`.

    Source: https://docs.sentry.io/concepts/key-terms/dsn-explainer/
    """

    scheme: str
    public_key: str
    host: str
    path: str
    project_id: str

    @property
    def text(self) -> str:
        """The DSN as it is written, without a secret part."""
        return f"{self.scheme}://{self.public_key}@{self.host}{self.path}/{self.project_id}"

    @property
    def saas(self) -> bool:
        """Whether the host is one of sentry.io's, where each organization has its own."""
        return self.scheme == "https" and _SAAS_HOST.match(self.host) is not None

    @property
    def region(self) -> str | None:
        """The SaaS region that the host names (`us`, `de`), or None."""
        match = _SAAS_HOST.match(self.host)
        return match.group(2) if match else None


def parse_dsn(text: str) -> Dsn:
    """Parse a DSN; raises `ValueError` saying what is missing."""
    if _OUTSIDE_URL.search(text.strip()):
        raise ValueError("it contains a character that is not valid in a URL")
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https"):
        raise ValueError("the scheme is not http or https")
    if not parts.username:
        raise ValueError("there is no public key before the @")
    path, _, project = parts.path.rstrip("/").rpartition("/")
    if not (project.isascii() and project.isdigit()):
        raise ValueError("the last part of the path is not a project number")
    host = parts.hostname or ""
    if not host:
        raise ValueError("there is no host")
    port = f":{parts.port}" if parts.port else ""
    return Dsn(scheme=parts.scheme, public_key=parts.username, host=host + port, path=path, project_id=project)


def is_placeholder(value: str) -> bool:
    """Return whether a value stands for a DSN, slug or token that somebody still has to fill in."""
    return bool(_PLACEHOLDER.search(value.strip()))
