"""One pass over the repository's text files for what should stand in none of them: tokens, and DSNs in code.

Shapes of tokens: https://docs.sentry.io/account/auth-tokens/ and `sentry/types/token.py` of getsentry/sentry.
"""

from __future__ import annotations

import re

from msgspec import Struct

from checks.parsers.position import line_at
from checks.parsers.text import decode
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts
from checks.repository.text_index import MAX_BYTES, word_index
from checks.sentry_api.dsn import is_placeholder

_TOKEN = lazy_pattern(
    r"(?P<org>sntrys_eyJ[A-Za-z0-9+/=]{20,}_[A-Za-z0-9+/=_-]{20,})|(?P<user>sntry[uai]_[0-9a-f]{64})(?![0-9a-f])"
)
_NAMED = lazy_pattern(
    r"(?P<name>SENTRY_AUTH_TOKEN|SENTRY_TOKEN|SENTRY_API_KEY|sentry[\w.-]*auth[_-]?token|\[auth\]\s*\n\s*token|auth\.token|authToken)"
    r"[\"']?\s*[:=]\s*[\"']?(?P<value>[A-Za-z0-9_=+/.-]{16,})",
    re.IGNORECASE,
)
_LEGACY = lazy_pattern(r"^[0-9a-f]{64}$")
_LEGACY_ANYWHERE = lazy_pattern(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_DSN = lazy_pattern(
    r"https?://(?P<key>[0-9a-f]{32})(?P<secret>:[0-9a-f]{32})?@(?P<host>[A-Za-z0-9.-]+(?::\d+)?)/(?P<project>\d+)"
)
_SECRET_FILE = lazy_pattern(r"(^|/)(\.env[^/]*|\.sentryclirc|sentry\.properties|[^/]*\.env)$")
_TOKEN_LINE = lazy_pattern(
    r"^[ \t]*(?:export[ \t]+)?(?:SENTRY_AUTH_TOKEN|SENTRY_API_KEY|auth\.token|token)[ \t]*=[ \t]*[\"']?(?P<value>[^\s\"'#]{8,})",
    re.MULTILINE,
)
_IGNORE = lazy_pattern(
    r"(?:#|//|<!--|/\*)\s*sentry-setup:\s*ignore\[([a-z0-9, -]+)\][ \t]*([^\n]*?)(?:\s*(?:-->|\*/))?[ \t]*$",
    re.MULTILINE,
)


class Hit(Struct, frozen=True, kw_only=True):
    """What was found: `kind` is `org-token`, `user-token`, `legacy-token`, `dsn` or `dsn-secret`; `masked` shows no secret.

    `value` is kept only for a DSN, whose public key is no secret, and without its secret part.
    """

    kind: str
    path: str
    line: int
    masked: str
    value: str = ""


class InlineIgnore(Struct, frozen=True, kw_only=True):
    """A comment `sentry-setup: ignore[id] reason`: it waives the findings of its own line and of the line below."""

    ids: tuple[str, ...]
    reason: str
    path: str
    line: int


class Scan(Struct, frozen=True, kw_only=True):
    """The hits, the inline ignores, how many files were searched, and the files that are too large or unreadable."""

    hits: tuple[Hit, ...]
    ignores: tuple[InlineIgnore, ...]
    searched: int
    skipped: tuple[str, ...]


def scan(facts: Facts) -> Scan:
    """Search every text file once."""
    return facts.memoize(scan, "", lambda: _scan(facts))


_TELLING = ("sntry", "sentry", "SENTRY", "Sentry", "DSN", "dsn", "AUTH_TOKEN")
"""A file without any of these words holds no token and no DSN that anybody could use."""


def _scan(facts: Facts) -> Scan:
    hits: list[Hit] = []
    ignores: list[InlineIgnore] = []
    index = word_index(facts)
    secret = (p for p in facts.configuration if _SECRET_FILE.search(p))
    for path in sorted({*index.files_containing(*_TELLING), *secret}):
        data = facts.read(path)
        if (
            data is None
            or len(data) > MAX_BYTES
            or (b"\0" in data[:1024] and not data.startswith((b"\xff\xfe", b"\xfe\xff")))
        ):
            continue
        text = decode(data).replace("\r\n", "\n")
        hits += _hits(path, text)
        if "sentry-setup:" in text and not path.endswith((".md", ".rst")):
            ignores += inline_ignores(path, text)
    return Scan(hits=tuple(hits), ignores=tuple(ignores), searched=index.searched, skipped=tuple(index.skipped))


def inline_ignores(path: str, text: str) -> list[InlineIgnore]:
    """Return the comments of a text that waive a finding."""
    return [
        InlineIgnore(
            ids=tuple(w.strip() for w in match.group(1).split(",") if w.strip()),
            reason=match.group(2).strip(),
            path=path,
            line=line_at(text, match.start()),
        )
        for match in _IGNORE.finditer(text)
    ]


def is_example(path: str) -> bool:
    """Return whether an env file is an example to copy (`.env.example`, `.env.sample`, `env.template` …)."""
    return bool(re.search(r"example|sample|template|\.dist|\.tpl|default", path.rpartition("/")[2], re.IGNORECASE))


def _hits(path: str, text: str) -> list[Hit]:
    found: list[Hit] = []

    def add(kind: str, at: int, masked: str, value: str = "") -> None:
        found.append(Hit(kind=kind, path=path, line=line_at(text, at), masked=masked, value=value))

    for match in _TOKEN.finditer(text) if "sntry" in text else ():
        if not is_placeholder(match.group(0)):
            add("org-token" if match.group("org") else "user-token", match.start(), match.group(0)[:7] + "…")
    for match in _NAMED.finditer(text) if _LEGACY_ANYWHERE.search(text) else ():
        if _LEGACY.match(match.group("value")):
            add("legacy-token", match.start("value"), match.group("value")[:4] + "…")
    for match in _TOKEN_LINE.finditer(text) if _SECRET_FILE.search(path) and not is_example(path) else ():
        value, at = match.group("value"), match.start("value")
        seen = text.count("\n", 0, at) + 1 in {h.line for h in found}
        if not is_placeholder(value) and not value.startswith(("$", "{")) and not seen:
            add("legacy-token", at, value[:4] + "…")
    for match in _DSN.finditer(text):
        if is_placeholder(match.group(0)) or re.fullmatch(r"(.)\1{31}|0123456789abcdef.*", match.group("key")):
            continue
        host, key, project = match.group("host"), match.group("key"), match.group("project")
        kind = "dsn-secret" if match.group("secret") else "dsn"
        add(kind, match.start(), f"{key[:4]}…@{host}/{project}", f"https://{key}@{host}/{project}")
    return found
