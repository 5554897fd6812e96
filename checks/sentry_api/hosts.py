"""Which Sentry a token may go to: SaaS, a host the user named, or one named before; never one that only a repository names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from checks.errors import UsageError
from checks.patterns import lazy_pattern

SAAS = "https://sentry.io"
_SAAS_HOST = lazy_pattern(r"^(?:[\w-]+\.)?sentry\.io$")


def normalise_url(url: str, *, allow_http: bool = False) -> str:
    """Return `scheme://host[:port][/path]` without a trailing slash. Raises `UsageError`.

    Plain http is taken for loopback hosts only, a token must not travel readable; `allow_http` is a person's word that the
    network is theirs (self-hosted Sentry answers http on port 9000 by default, https://develop.sentry.dev/self-hosted/). An address
    of the internet is never taken.
    """
    if _origin(url.strip()) is None:
        raise UsageError(f"`{url}` is not a valid Sentry URL", hint="write it as https://sentry.example.com")
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username:
        raise UsageError(f"`{url}` is not a valid Sentry URL", hint="write it as https://sentry.example.com")
    if parts.scheme == "http" and host not in ("127.0.0.1", "localhost", "::1"):
        if is_saas(f"https://{host}"):
            raise UsageError(f"`{url}` is not https", hint=f"write https://{host}")
        if _is_public(host):
            raise UsageError(
                f"`{url}` is not https, and {host} is an address of the internet: anyone on the way can read the token",
                hint=f"write https://{host}, or name the server by its private address",
            )
        if not allow_http:
            raise UsageError(
                f"`{url}` is not https: anyone on the network path can read the token",
                hint="on a private network that you trust, add `--set sentry.allow_http=true`",
            )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _is_public(host: str) -> bool:
    """Return whether a host is an IP address that is routed on the internet; what a name resolves to is not asked."""
    import ipaddress

    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_global
    except ValueError:
        return False


def host_file() -> Path:
    """Return the per-user list of Sentry hosts named before."""
    from platformdirs import user_config_path

    return user_config_path("sentry-setup", appauthor=False) / "hosts.json"


def named_before() -> list[str]:
    """Return the hosts the user named in earlier runs; an unreadable list is empty."""
    try:
        data = json.loads(host_file().read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [u for u in data if isinstance(u, str)] if isinstance(data, list) else []


def is_saas(url: str) -> bool:
    """Return whether a URL is sentry.io or one of its regions."""
    scheme, host, port = _origin(url) or ("", "", None)
    return scheme == "https" and bool(_SAAS_HOST.match(host)) and port is None


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port, None for what is not a URL, such as one with a port that no host has."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        return None


def choose_url(
    named: str | None, environ: Mapping[str, str], in_repository: str | None, *, allow_http: bool = False
) -> str:
    """Choose the Sentry to talk to: a flag, then SENTRY_URL, then the repository's choice among allowed hosts, then SaaS.

    Raises `UsageError` when only the repository names the host.
    """
    for url in (named, environ.get("SENTRY_URL")):
        if url:
            return normalise_url(url, allow_http=allow_http)
    if not in_repository:
        return SAAS
    url = normalise_url(in_repository, allow_http=allow_http)
    if is_saas(url) or url in named_before():
        return url
    raise UsageError(
        f"the repository names {url}, which you have not named yourself: no token is sent there",
        hint=f"pass `--set sentry.url={url}` (or set SENTRY_URL) if this is your Sentry",
    )


def same_sentry(url: str, base: str) -> bool:
    """Return whether a token for `base` may go to `url`: the same origin, or both of sentry.io."""
    if is_saas(base) and is_saas(url):
        return True
    one = _origin(url)
    return one is not None and one == _origin(base)
