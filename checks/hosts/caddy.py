"""What answers a request in a Caddyfile: its directives in Caddy's own order, not in that of the file.

Sources: https://caddyserver.com/docs/caddyfile/directives#directive-order, https://caddyserver.com/docs/caddyfile/matchers,
https://caddyserver.com/docs/caddyfile/directives/handle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from checks.hosts.nginx import Answer, pattern_matches
from checks.parsers.server_blocks import Directive

_ORDER = ("handle", "handle_path", "route", "abort", "error", "respond", "reverse_proxy", "php_fastcgi", "file_server")
"""The directives that may answer, in their order."""
_REFUSING = frozenset({"403", "404", "410"})


def answers(directives: Sequence[Directive], uri: str) -> list[Answer]:
    """Return how each site that serves something answers the request of a file that is there."""
    sites = [d for d in directives if d.block is not None and d.words and not d.name.startswith("(")]
    loose = [d for d in directives if d.block is None]
    if loose and not any(d.name.startswith((":", "http")) or "." in d.name for d in sites):
        sites = [Directive(words=loose[0].words, line=loose[0].line, block=tuple(directives[1:]))]
    return [a for s in sites if (a := _run(s.block or (), uri, {})) is not None]


def _run(block: Sequence[Directive], uri: str, outer: Mapping[str, Directive], *, keep: bool = False) -> Answer | None:
    """Return what the first directive says that answers; None where none does."""
    matchers = {**outer, **{d.name: d for d in block if d.name.startswith("@")}}
    chosen = [d for d in block if d.name in _ORDER]
    if not keep:
        chosen.sort(key=lambda d: (_ORDER.index(d.name), -_specific(d)))
    for directive in chosen:
        holds, rest = _applies(directive, uri, matchers)
        if holds is False:
            continue
        if holds is None:
            return Answer(None, directive.line)
        if directive.name in ("handle", "handle_path", "route"):
            inner = _run(directive.block or (), uri, matchers, keep=directive.name == "route")
            if inner is not None or directive.name != "route":
                return inner
            continue
        if directive.name in ("error", "respond"):
            return Answer(any(w in _REFUSING for w in rest), directive.line)
        return Answer(directive.name == "abort", directive.line)
    return None


def _specific(directive: Directive) -> int:
    """Longer paths come first; a directive without a matcher comes last."""
    first = directive.words[1] if len(directive.words) > 1 else ""
    return len(first) if first.startswith("/") else 1 if first.startswith("@") else 0


def _applies(directive: Directive, uri: str, matchers: Mapping[str, Directive]) -> tuple[bool | None, tuple[str, ...]]:
    """Return whether a directive's matcher holds, and its words behind the matcher."""
    words = directive.words[1:]
    first = words[0] if words else ""
    if first == "*":
        return True, words[1:]
    if first.startswith("/") or (first.startswith("*") and len(first) > 1):
        return _path(first, uri), words[1:]
    if first.startswith("@"):
        return (_matcher(matchers[first], uri) if first in matchers else None), words[1:]
    return True, words


def _path(pattern: str, uri: str) -> bool:
    """Match a path as Caddy does: case does not matter, `*` is at either end or in the middle."""
    return fnmatchcase(uri.lower(), pattern.lower().replace("[", "[[]").replace("?", "[?]"))


def _matcher(matcher: Directive, uri: str) -> bool | None:
    """Return whether a named matcher holds: each of its lines has to."""
    lines = [d.words for d in matcher.block] if matcher.block is not None else [matcher.words[1:]]
    truths = [_line(words, uri) for words in lines if words]
    return False if False in truths else None if None in truths else True


def _line(words: Sequence[str], uri: str) -> bool | None:
    if words[0] == "not":
        inner = _line(words[1:], uri) if len(words) > 1 else None
        return None if inner is None else not inner
    if words[0] == "path":
        return any(_path(w, uri) for w in words[1:])
    if words[0] == "path_regexp":
        return pattern_matches(words[-1], uri)
    return None if words[0] != "file" else True
