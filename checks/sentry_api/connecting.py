"""What a connection trusts, and why there is none: certificates, proxies, TLS, time."""

from __future__ import annotations

import os
import ssl
from errno import ENOENT
from pathlib import Path

import httpx

from checks.report.safe import printable, redact
from checks.sentry_api import errors as e
from checks.version import __version__

CONNECT_SECONDS = 10.0
"""Seconds for a connection with its TLS handshake; a server that speaks plain http lets one wait."""


def trusted(ca_file: str | None) -> ssl.SSLContext | bool:
    """Return the certificates to trust: the system's and a file's. Raises `OSError` for a file that is none."""
    named = ca_file or os.environ.get("REQUESTS_CA_BUNDLE")
    for value in (os.environ.get(n) for n in ("SSL_CERT_FILE", "SSL_CERT_DIR")):
        if value and not Path(value).exists():  # versions of httpx differ: some take it for nothing
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), value)
    if not named:
        return True
    context = ssl.create_default_context()
    if Path(named).is_dir():
        context.load_verify_locations(capath=named)
    else:
        context.load_verify_locations(cafile=named)
    return context


def open_http(transport: httpx.AsyncBaseTransport | None, timeout: float, ca_file: str | None) -> httpx.AsyncClient:
    """Return a client for one Sentry, which follows no redirect. Raises `UnreachableError` where it cannot be set up."""
    try:
        return httpx.AsyncClient(
            transport=transport,
            verify=trusted(ca_file) if transport is None else True,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            follow_redirects=False,
            headers={"User-Agent": f"sentry-setup/{__version__}", "Accept": "application/json"},
        )
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise unusable(error, ca_file) from error


def unusable(error: Exception, ca_file: str | None = None) -> e.UnreachableError:
    """Return why no connection can be set up at all, with the setting that is to blame; `ca_file` as `trusted` had it."""
    reason = printable(redact(str(error))) or error.__class__.__name__
    if isinstance(error, OSError):
        reason = printable(error.strerror or "") or reason
        given = {n: os.environ.get(n) for n in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")}
        loaded = "sentry.ca_file" if ca_file else "REQUESTS_CA_BUNDLE"
        named = next((n for n, v in given.items() if v and v == error.filename), loaded)
        value = ca_file if named == "sentry.ca_file" else given[named]
        return e.UnreachableError(
            f"the certificates to trust cannot be read ({named}={printable(value or '')}): {reason}",
            hint="name a PEM file in `--set sentry.ca_file=…`, REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
        )
    return e.UnreachableError(
        f"the proxy cannot be used: {reason}",
        hint="check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; `http://host:port` is understood",
    )


def of_tls(error: Exception) -> bool:
    """Return whether a connection failed in its TLS handshake, which no second try changes."""
    return isinstance(error, httpx.ConnectError) and "SSL" in str(error).upper()


def unreachable(error: Exception, root: str, call: str) -> e.UnreachableError:
    """Return why a call had no answer, and what to check."""
    if isinstance(error, httpx.ConnectTimeout):
        hint = "check the address and the port; does it speak plain http? (`--set sentry.allow_http=true`)"
        return e.UnreachableError(f"{root} accepts no connection within the time limit", call=call, hint=hint)
    if isinstance(error, httpx.TimeoutException):
        return e.UnreachableError(
            f"{root} did not answer within the time limit", call=call, hint="try again, or check the connection"
        )
    reason = printable(redact(str(error))) or error.__class__.__name__
    proxies = [n for n in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY") if os.environ.get(n) or os.environ.get(n.lower())]
    hint = f"check the address, the connection and {' and '.join(proxies) or 'HTTPS_PROXY'}"
    if "CERTIFICATE" in reason.upper():
        hint = "a company certificate? name its file in `--set sentry.ca_file=…` or REQUESTS_CA_BUNDLE"
    elif of_tls(error):
        hint = "does that port speak plain http? check the address (`http://…` needs `--set sentry.allow_http=true`)"
    return e.UnreachableError(f"{root} cannot be reached: {reason}", call=call, hint=hint)
