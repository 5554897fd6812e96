"""Deploys that leave maps out: the filters of `aws s3` and of rsync, and `collectstatic --ignore`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from checks.repository.commands import Ran
from checks.repository.facts import inside, join

SHIPPERS = frozenset(
    {"aws", "rsync", "gsutil", "scp", "netlify", "vercel", "wrangler", "firebase", "surge", "gh-pages"}
)
"""Programs that bring a build to where it is served."""


def left_out(after: tuple[Ran, ...], samples: list[str]) -> Ran | None:
    """Return the command that ships a build without its maps, unless another one ships them."""
    found = None
    for ran in after:
        if not ran.words:
            continue
        if "collectstatic" in ran.words and _ignores(ran, samples):
            return ran
        if ran.words[0] in SHIPPERS and _source(ran, samples) is not None:
            if not leaves_out(ran, samples):
                return None
            found = ran
    return found


def ships(after: tuple[Ran, ...], samples: list[str]) -> bool:
    """Return whether a command ships a build with its maps."""
    found = (r for r in after if r.words and r.words[0] in SHIPPERS and _source(r, samples) is not None)
    return any(not leaves_out(r, samples) for r in found)


def leaves_out(ran: Ran, samples: list[str]) -> bool:
    """Return whether a command that ships files leaves every one of some out."""
    source = _source(ran, samples)
    if source is None or not samples:
        return False
    filters = list(_filters(ran.words))
    if ran.words[0] == "aws":
        return all(_aws(filters, posixpath.relpath(s, join(ran.folder, source))) for s in samples)
    if ran.words[0] != "rsync":
        return False
    # `dist/` is copied for what is in it, `dist` as a folder of that name
    root = join(ran.folder, source if source.endswith(("/", "/.")) else posixpath.dirname(source) or ".")
    return all(_rsync(filters, posixpath.relpath(s, root)) for s in samples)


def _ignores(ran: Ran, samples: list[str]) -> bool:
    """Return whether `collectstatic` leaves the maps behind (https://docs.djangoproject.com/en/stable/ref/contrib/staticfiles/)."""
    given = []
    for at, word in enumerate(ran.words):
        flag, equals, value = word.partition("=")
        if flag in ("-i", "--ignore"):
            given.append(value if equals else (ran.words[at + 1] if at + 1 < len(ran.words) else ""))
    return bool(samples) and all(any(fnmatchcase(s.rpartition("/")[2], g) for g in given) for s in samples)


def _source(ran: Ran, samples: list[str]) -> str | None:
    """Return the folder that a command ships, where the maps are in it."""
    words = [w for w in ran.words[1:] if not w.startswith("-")]
    if ran.words[0] == "aws" and (words[:1] != ["s3"] or words[1:2] not in (["sync"], ["cp"], ["mv"])):
        return None
    plain = (w for w in words if "://" not in w and "$" not in w)
    return next((w for w in plain if samples and inside(samples[0], join(ran.folder, w))), None)


def _filters(words: tuple[str, ...]) -> Iterator[tuple[bool, str]]:
    """Yield `(whether it leaves out, pattern)` for each filter, in their order."""
    for n, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in ("--exclude", "--include"):
            yield flag == "--exclude", value if equals else (words[n + 1] if n + 1 < len(words) else "")


def _aws(filters: list[tuple[bool, str]], path: str) -> bool:
    """Decide as `aws s3` does: a pattern is for the whole path below the source, `*` is any text, the last match counts.

    https://docs.aws.amazon.com/cli/latest/reference/s3/#use-of-exclude-and-include-filters
    """
    matched = [out for out, pattern in filters if fnmatchcase(path, pattern)]
    return bool(matched) and matched[-1]


def _rsync(filters: list[tuple[bool, str]], path: str) -> bool:
    """Decide as rsync does: the first match counts, of each folder on the way and then of the file.

    https://download.samba.org/pub/rsync/rsync.1#PATTERN_MATCHING_RULES
    """
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        matched = (out for out, pattern in filters if _rsync_matches(pattern, parts[:end], folder=end < len(parts)))
        if next(matched, False):
            return True
    return False


def _rsync_matches(pattern: str, parts: list[str], *, folder: bool) -> bool:
    if pattern.endswith("/"):
        if not folder:
            return False
        pattern = pattern[:-1]
    inner = pattern.removeprefix("/")
    below = inner.endswith("/***")
    expression = "".join(_RSYNC.get(t, re.escape(t)) for t in re.split(r"(\*\*|\*|\?)", inner.removesuffix("/***")))
    expression += "(/.*)?" if below else ""
    if pattern.startswith("/"):
        return re.fullmatch(expression, "/".join(parts)) is not None
    if "/" not in inner and "**" not in inner:
        return re.fullmatch(expression, parts[-1]) is not None
    return any(re.fullmatch(expression, "/".join(parts[n:])) is not None for n in range(len(parts)))


_RSYNC = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
