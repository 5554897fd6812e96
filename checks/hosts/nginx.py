"""Which location of an nginx server answers a request, and whether it refuses it.

Sources: https://nginx.org/en/docs/http/ngx_http_core_module.html#location,
https://nginx.org/en/docs/http/ngx_http_access_module.html, https://nginx.org/en/docs/http/ngx_http_rewrite_module.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from checks.parsers.server_blocks import Directive

_REFUSING = frozenset({"401", "403", "404", "410", "444"})
_SERVING = ("root", "alias", "try_files")
_LONGEST = 200
_MOST_REPEATS = 5


class Answer(Struct, frozen=True):
    """How a server answers: refused, served, or None where a condition or a pattern is not followed; and the deciding line."""

    refused: bool | None
    line: int


def servers(directives: Sequence[Directive]) -> list[Directive]:
    """Return the servers of a configuration that answer requests themselves, those that serve files before others.

    A file that holds only locations, to be included in a server, is one.
    """
    found = [d for d in _all(directives) if d.name == "server" and d.block is not None and not _only_redirects(d)]
    if not found and any(d.name == "location" for d in directives):
        found = [Directive(words=("server",), line=1, block=tuple(directives))]
    serving = [s for s in found if any(d.name in _SERVING for d in _all(s.block or ()))]
    return serving or found


def answer(server: Directive, uri: str) -> Answer:
    """Return how a server answers the request of a file that is there."""
    early = _rewrites(server.block or (), uri)
    if early is not None:
        return _unless_replaced(early, [server])
    chosen = _location(server.block or (), uri)
    if isinstance(chosen, Answer):
        return chosen
    path = [server, *chosen]
    for place in chosen:
        if (place is chosen[-1]) and (early := _rewrites(place.block or (), uri)) is not None:
            return _unless_replaced(early, path)
    if chosen and chosen[-1].inside("internal"):
        return Answer(True, chosen[-1].line)
    # `allow` and `deny` are taken from the level above only where a level has none of its own.
    for place in reversed(path):
        rules = place.inside("allow", "deny")
        everyone = next((r for r in rules if r.words[1:2] == ("all",)), None)  # the first rule that fits counts
        if rules:
            refused = everyone is not None and everyone.name == "deny"
            return Answer(None if refused and _replaced(path, "403") else refused, rules[-1].line)
    return Answer(False, chosen[-1].line if chosen else server.line)


def _all(directives: Sequence[Directive]) -> Iterator[Directive]:
    for directive in directives:
        yield directive
        yield from _all(directive.block or ())


def _only_redirects(server: Directive) -> bool:
    returns = server.inside("return")
    return any(len(r.words) > 1 and r.words[1].startswith(("30", "http")) for r in returns)


def _unless_replaced(found: Answer, path: Sequence[Directive]) -> Answer:
    return Answer(None, found.line) if found.refused and _replaced(path, "") else found


def _replaced(path: Sequence[Directive], code: str) -> bool:
    """Return whether an error is answered by another location (`error_page 404 = @other`), which may serve the file after all."""
    for place in reversed(path):
        pages = place.inside("error_page")
        if pages:
            given = [p for p in pages if not code or code in p.words]
            return any(p.words[-1].startswith("@") or p.words[-1].endswith(".map") or "$" in p.words[-1] for p in given)
    return False


def _rewrites(block: Sequence[Directive], uri: str) -> Answer | None:
    """Return what `return`, `rewrite`, `break` and `if` of a level say, in their order."""
    for directive in block:
        if directive.name == "break":
            return None  # what follows of these directives is not run
        if (
            directive.name == "rewrite"
            and pattern_matches(directive.words[1] if directive.words[1:] else "", uri) is not False
        ):
            return Answer(None, directive.line)
        if directive.name == "return":
            return Answer(directive.words[1:2] != () and directive.words[1] in _REFUSING, directive.line)
        if directive.name == "if":
            returns = directive.inside("return")
            if not returns or returns[0].words[1:2] == () or returns[0].words[1] not in _REFUSING:
                continue
            holds = _condition(directive.words[1:], uri)
            if holds is not False:
                return Answer(holds, directive.line)
    return None


def _condition(words: Sequence[str], uri: str) -> bool | None:
    """Return whether a condition on the address holds; None for one on something else."""
    parts = list(words)
    if parts and parts[0] == "(":
        parts = parts[1:]
    elif parts:
        parts[0] = parts[0].removeprefix("(")
    if parts and parts[-1] == ")":
        parts = parts[:-1]
    elif parts and parts[-1].endswith(")") and parts[-1].count(")") > parts[-1].count("("):
        parts[-1] = parts[-1][:-1]
    if len(parts) != 3 or parts[0] not in ("$uri", "$request_uri", "$document_uri", "$request_filename"):
        return None
    operator, pattern = parts[1], parts[2]
    found = pattern_matches(pattern, uri, ignore_case="*" in operator)
    if operator in ("~", "~*"):
        return found
    return None if found is None or operator not in ("!~", "!~*") else not found


def pattern_matches(pattern: str, uri: str, *, ignore_case: bool = False) -> bool | None:
    """Match a pattern whose time is bounded; None for any other."""
    if len(pattern) > _LONGEST or sum(map(pattern.count, "*+{")) > _MOST_REPEATS or re.search(r"\)[*+{]", pattern):
        return None
    try:
        return re.search(pattern, uri, re.IGNORECASE if ignore_case else 0) is not None
    except (re.error, RecursionError, OverflowError):
        return None


def _location(block: Sequence[Directive], uri: str) -> list[Directive] | Answer:
    """Return the locations that are chosen, from the outer to the inner one."""
    prefixes: list[tuple[str, bool, Directive]] = []
    patterns: list[tuple[str, bool, Directive]] = []
    for location in (d for d in block if d.name == "location" and d.block is not None):
        modifier, path = _split(location.words[1:])
        if modifier == "=" and path == uri:
            return _deeper(location, uri)
        if modifier in ("~", "~*"):
            patterns.append((path, modifier == "~*", location))
        elif modifier in ("", "^~") and uri.startswith(path):
            prefixes.append((path, modifier == "^~", location))
    longest = max(prefixes, key=lambda p: len(p[0]), default=None)
    inner: list[Directive] | Answer = _deeper(longest[2], uri) if longest is not None else []
    if isinstance(inner, list) and len(inner) > 1 and _split(inner[1].words[1:])[0] in ("=", "~", "~*"):
        return inner  # an exact one or a pattern inside of the prefix comes before the patterns outside
    if longest is not None and longest[1]:
        return inner
    for pattern, ignore_case, location in patterns:
        found = pattern_matches(pattern, uri, ignore_case=ignore_case)
        if found is None:
            return Answer(None, location.line)
        if found:
            return _deeper(location, uri)
    return inner


def _deeper(location: Directive, uri: str) -> list[Directive] | Answer:
    inner = _location(location.block or (), uri)
    return inner if isinstance(inner, Answer) else [location, *inner]


def _split(words: Sequence[str]) -> tuple[str, str]:
    """Return a location's modifier and path; they may stand in one word (`=/a`)."""
    if len(words) >= 2:
        return words[0], words[1]
    only = words[0] if words else ""
    modifier = next((m for m in ("^~", "~*", "~", "=") if only.startswith(m)), "")
    return modifier, only.removeprefix(modifier)
