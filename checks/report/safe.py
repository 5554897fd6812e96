"""Makes text of repositories and of Sentry safe to print: no terminal escapes, no control or bidirectional characters."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})


def printable(text: str, *, tabs: bool = False) -> str:
    """Replace every control, format and surrogate character by its escape; newlines become spaces, and tabs unless kept."""
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


_TOKEN = re.compile(r"sntry[a-z]_[A-Za-z0-9+/=_-]{8,}|(?i:bearer)\s+[A-Za-z0-9._-]{16,}")


def redact(text: str) -> str:
    """Hide anything shaped like a Sentry token."""
    return _TOKEN.sub("[token]", text)
