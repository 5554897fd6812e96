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
_ERRORS = "handle_errors"
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
    matchers = {**outer, **{d.name: d for d in block if d.name.startswith("@") or d.name == _ERRORS}}
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
        if directive.name == "error" and _ERRORS in matchers and _may_serve(matchers[_ERRORS]):
            return Answer(None, directive.line)
        if directive.name in ("error", "respond"):
            return Answer(any(w in _REFUSING for w in rest), directive.line)
        if directive.name == "file_server":
            return Answer(_hidden(directive, uri), directive.line)
        return Answer(directive.name == "abort", directive.line)
    return None


def _may_serve(errors: Directive) -> bool:
    """Return whether `handle_errors` answers with a file that the request may choose."""
    given = [w for d in _below(errors) if d.name in ("rewrite", "try_files") for w in d.words[1:]]
    return any(w.endswith(".map") or "{path" in w or "{uri" in w or "{http.request" in w for w in given)


def _below(directive: Directive) -> list[Directive]:
    return [d for inner in directive.block or () for d in (inner, *_below(inner))]


def _hidden(server: Directive, uri: str) -> bool | None:
    """Return whether `file_server` hides a file (https://caddyserver.com/docs/caddyfile/directives/file_server#hide)."""
    patterns = [w for d in server.inside("hide") for w in d.words[1:]]
    if any(fnmatchcase(part, p) for p in patterns if "/" not in p for part in uri.split("/")):
        return True
    return None if any("/" in p for p in patterns) else False


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
    if first.startswith("/"):
        return _path(first, uri), words[1:]
    if (
        directive.name not in ("error", "respond", "reverse_proxy", "php_fastcgi")
        and first
        and not first.startswith("@")
    ):
        return None, words  # not a matcher: Caddy does not load such a file
    if first.startswith("@"):
        return (_matcher(matchers[first], uri) if first in matchers else None), words[1:]
    return True, words


def _path(pattern: str, uri: str) -> bool:
    """Match a path as Caddy does: case does not matter, `*` is at either end or in the middle."""
    return fnmatchcase(uri.lower(), pattern.lower().replace("[", "[[]").replace("?", "[?]"))


def _matcher(matcher: Directive, uri: str) -> bool | None:
    """Return whether a named matcher holds: each of its lines has to."""
    lines = [d.words for d in matcher.block] if matcher.block is not None else [matcher.words[1:]]
    paths = [w for words in lines if words[:1] == ("path",) for w in words[1:]]
    if paths:  # several lines of paths are one
        lines = [("path", *paths), *(words for words in lines if words[:1] != ("path",))]
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
    is_there = words[0] == "file" and words[1:] in ((), ("{path}",), ("{http.request.uri.path}",))
    return True if is_there else None
