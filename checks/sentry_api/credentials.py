"""Tokens that a person has put somewhere: the environment, the system's keyring, Sentry's own files; each bound to its host.

The keyring comes through https://keyring.readthedocs.io/; a system without one simply holds nothing.
"""

from __future__ import annotations

import configparser
import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from checks.report.safe import hide
from checks.sentry_api.hosts import SAAS, same_sentry

SERVICE = "sentry-setup"
READ_TOKENS = ("SENTRY_READ_TOKEN", "SENTRY_AUTH_TOKEN")
SETUP_TOKENS = ("SENTRY_AUTH_TOKEN",)
_FILE_LIMIT = 64 * 1024


class FoundToken(Struct, frozen=True, kw_only=True):
    """A token and the place it was found, in words. The token is not shown: from here on nothing prints it."""

    place: str
    token: str

    def __post_init__(self) -> None:
        hide(self.token)

    def __repr__(self) -> str:
        return f"FoundToken(place={self.place!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("place", self.place)]


def environment_token(environ: Mapping[str, str], names: tuple[str, ...] = SETUP_TOKENS) -> FoundToken | None:
    """Return the token of the first variable that is set."""
    for name in names:
        if (environ.get(name) or "").strip():
            return FoundToken(place=name, token=environ[name].strip())
    return None


def stored_token(url: str, environ: Mapping[str, str]) -> FoundToken | None:
    """Return the token that the keyring holds for a Sentry; none in CI, where a locked keyring would ask nobody."""
    if environ.get("CI"):
        return None
    with contextlib.suppress(Exception):  # backends raise what they like; none of it may stop the work
        import keyring

        token = keyring.get_password(SERVICE, url)
        if token:
            return FoundToken(place="the keyring", token=token)
    return None


def store_token(url: str, token: str) -> bool:
    """Keep a token in the keyring; returns whether there is one that took it."""
    with contextlib.suppress(Exception):
        import keyring

        keyring.set_password(SERVICE, url, token)
        return keyring.get_password(SERVICE, url) == token
    return False


def token_in_files(url: str, root: Path, home: Path, tracked: Callable[[str], bool]) -> FoundToken | None:
    """Return the token that `.env.sentry-build-plugin` or a `.sentryclirc` holds for exactly this Sentry.

    The person named `url`; a file that names another host, or an organization token, is left alone, and so is one that came
    with the repository (`tracked`) or belongs to somebody else on this machine: its token would be theirs.
    """
    candidates = [
        (root, ".env.sentry-build-plugin", _build_plugin),
        (root, ".sentryclirc", _sentryclirc),
        (home, ".sentryclirc", _sentryclirc),
    ]
    for folder, name, read in candidates:
        path, place = folder / name, name if folder == root else f"~/{name}"
        with contextlib.suppress(OSError, UnicodeDecodeError, configparser.Error):
            if not own_file(path) or (folder == root and tracked(name)) or path.stat().st_size > _FILE_LIMIT:
                continue
            named, token = read(path.read_text("utf-8"))
            if plain(token) and not token.startswith("sntrys_") and same_sentry(named or SAAS, url):
                return FoundToken(place=place, token=token)
    return None


def own_file(path: Path) -> bool:
    """Return whether a path is a file, no link to one, that belongs to the person who runs this. Raises `OSError`."""
    if path.is_symlink() or not path.is_file():
        return False
    return not hasattr(os, "geteuid") or path.stat().st_uid == os.geteuid()


def plain(token: str) -> bool:
    """Return whether a text can be a token: printable characters of ASCII, on one line."""
    return bool(token) and all("!" <= c <= "~" for c in token)


def _build_plugin(text: str) -> tuple[str, str]:
    from checks.parsers.dotenv import parse_dotenv

    values = {v.name: (v.value or "").strip() for v in parse_dotenv(text)}
    return values.get("SENTRY_URL", ""), values.get("SENTRY_AUTH_TOKEN", "")


def _sentryclirc(text: str) -> tuple[str, str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    return parser.get("defaults", "url", fallback="").strip(), parser.get("auth", "token", fallback="").strip()
