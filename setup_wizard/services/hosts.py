"""Remembers, per user, the Sentry hosts that were named and answered, so that a repository may choose among them later."""

from __future__ import annotations

import contextlib
import json
import os
from urllib.parse import urlsplit

from checks.sentry_api.hosts import host_file, is_saas, named_before


def remember_host(url: str) -> None:
    """Add a host to the list (mode 0600); sentry.io is built in, and a port of this machine may be another program's tomorrow."""
    if is_saas(url) or urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1"):
        return
    known = named_before()
    if url in known:
        return
    path = host_file()
    # A read-only home must not stop a set-up: the host is asked for again next time.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([*known, url], file)
