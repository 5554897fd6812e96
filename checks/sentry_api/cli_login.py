"""The login that Sentry's newer command line, `sentry`, keeps: one row of an SQLite file, bound to the server it was made at.

`$SENTRY_CONFIG_DIR/cli.db`, else `~/.sentry/cli.db`, table `auth`: token, expires_at (milliseconds), host
(https://github.com/getsentry/cli/blob/main/packages/cli/src/lib/db/schema.ts). The file is opened for reading only.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

from checks.repository.git import run_git
from checks.sentry_api.credentials import FoundToken, own_file, plain, token_in_files
from checks.sentry_api.hosts import same_sentry

_LARGEST = 256 * 1024 * 1024
_STEPS = 1_000_000
"""Instructions of SQLite's machine after which a query is given up."""


def found_login(url: str, root: Path, environ: Mapping[str, str], home: Path | None = None) -> FoundToken | None:
    """Return a login that a Sentry tool stored for exactly this Sentry: it is used only where the person agrees to it.

    Looked for are `.env.sentry-build-plugin` and `.sentryclirc` (git must not track them), then the login of `sentry`. In CI
    nothing is looked for.
    """
    if environ.get("CI"):
        return None

    def tracked(name: str) -> bool:
        # Where git does not answer, as in an unpacked archive or somebody else's clone, nobody knows where the file is from.
        known = run_git(root, "rev-parse", "--is-inside-work-tree") is not None
        return not known or run_git(root, "ls-files", "--error-unmatch", "--", name) is not None

    place = home or Path.home()
    return token_in_files(url, root, place, tracked) or cli_login(url, place, environ)


def cli_login(url: str, home: Path, environ: Mapping[str, str]) -> FoundToken | None:
    """Return the login that `sentry auth login` stored for exactly this Sentry and that has not expired.

    A row without a host is one from before logins were bound to a server; it could be anybody's, and is left alone.
    """
    import sqlite3

    named = environ.get("SENTRY_CONFIG_DIR")
    folder = Path(named) if named else home / ".sentry"
    path = folder / "cli.db"
    row = None
    with contextlib.suppress(OSError, sqlite3.Error, ValueError):
        if not own_file(path) or path.stat().st_size > _LARGEST:
            return None
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as database:
            database.set_progress_handler(lambda: 1, _STEPS)  # a table may be a view that never ends
            row = database.execute("SELECT token, expires_at, host FROM auth WHERE id = 1").fetchone()
    if row is None:
        return None
    token, expires, host = row
    if not isinstance(token, str) or not plain(token.strip()) or not isinstance(host, str):
        return None
    if token.strip().startswith("sntrys_"):
        return None
    if isinstance(expires, int) and expires <= time.time() * 1000:
        return None
    place = "the login of `sentry` in " + (str(path) if named else "~/.sentry/cli.db")
    return FoundToken(place=place, token=token.strip()) if same_sentry(host, url) else None
