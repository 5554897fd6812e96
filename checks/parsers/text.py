"""Bytes to text, the way the tools that own these files read them."""

from __future__ import annotations

import codecs

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data: bytes) -> str:
    """Decode a file: by its byte-order mark (PowerShell writes UTF-16), else UTF-8, else Latin-1; never raises.

    Examples:
        >>> decode("dj\\u00e4ngo".encode("utf-16"))
        'djängo'
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


class ParseError(Exception):
    """A file's text is not what its grammar wants; `line` is 1-based, or None where the parser does not tell."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def clipped(text: str) -> str:
    """Return the first 80 characters of a condition for a message, with a sign where more follow."""
    return text if len(text) <= 80 else f"{text[:79]}…"
