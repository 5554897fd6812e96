"""Makes text of repositories and of Sentry safe to print: no terminal escapes, no control or bidirectional characters."""

from __future__ import annotations

import unicodedata

from checks.patterns import lazy_pattern

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})


def printable(text: str, *, tabs: bool = False) -> str:
    """Replace every control, format and surrogate character by its escape; newlines become spaces, and tabs unless kept."""
    if text.isascii() and text.isprintable():
        return text

    out = []
    for character in text:
        if character == "\t" and tabs:
            out.append(character)
        elif character in "\t\n\r":
            out.append(" ")
        elif unicodedata.category(character) in _UNSAFE_CATEGORIES:
            code = ord(character)
            out.append(f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
        else:
            out.append(character)
    return "".join(out)


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes: wide characters take two, marks that combine none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def safe_traceback(error: BaseException) -> str:
    """Return a traceback without the values of variables, tokens hidden, safe to print."""
    import traceback

    lines = "".join(traceback.format_exception(error)).splitlines()
    return "\n".join(printable(redact(line)) for line in lines) + "\n"


_TOKEN = lazy_pattern(r"sntry[a-z]_[A-Za-z0-9+/=_-]{8,}|(?i:bearer)\s+[A-Za-z0-9._-]{16,}")


_HIDDEN: set[str] = set()
"""Tokens in use in this process: one of them may be echoed by a server, and need not look like a token."""


def hide(secret: str) -> None:
    """Hide a secret in everything that is printed from now on."""
    if len(secret) >= 8:
        _HIDDEN.add(secret)


def redact(text: str) -> str:
    """Hide the tokens in use, and anything shaped like a Sentry token."""
    spans = [m.span() for m in _TOKEN.finditer(text)]
    for secret in _HIDDEN:
        at = text.find(secret)
        while at >= 0:
            spans.append((at, at + len(secret)))
            at = text.find(secret, at + 1)
    done, shown = 0, []
    # One that is a part of another is hidden with it.
    for start, end in sorted(spans):
        if start >= done:
            shown += [text[done:start], "[token]"]
        done = max(done, end)
    return "".join([*shown, text[done:]])
