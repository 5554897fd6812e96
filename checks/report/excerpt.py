"""The source line that a finding points at, as a report may show it: safe to print, and without secrets.

A report is passed on and lies in logs of CI, so values of env files are left out, and so is whatever looks like a token.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from checks.model import Finding
from checks.patterns import lazy_pattern
from checks.report.safe import printable, redact

Source = Callable[[str, int], str | None]
"""Returns a line (1-based) of a file of the repository, or None where it cannot be read."""

_ENV_FILE = lazy_pattern(r"(^|[/.])env($|[./])|\.sentryclirc$|\.properties$")
_ASSIGNED = lazy_pattern(r"^(\s*(?:export\s+)?[\w.-]+\s*[=:]).+$")
_LEGACY_TOKEN = lazy_pattern(r"(?<![0-9a-f:])[0-9a-f]{64}(?![0-9a-f])")
_PASSWORD = lazy_pattern(r"(?<=://)([^\s:/@]+):[^\s@/]+@")
"""The secret part of an address: of a database, of an old DSN (https://develop.sentry.dev/sdk/foundations/transport/authentication/)."""


class Excerpt(Struct, frozen=True, kw_only=True):
    """A source line without its margin; `before` is what stands before the marked place, None where that is not known."""

    line: int
    text: str
    before: str | None

    @property
    def parts(self) -> tuple[str, str, str]:
        """The line as the text before the marked place, the word there, and the rest; nothing is marked where it is not known."""
        if self.before is None:
            return self.text, "", ""
        rest = self.text[len(self.before) :]
        end = next((n for n, c in enumerate(rest) if n and not (c.isalnum() or c in "_.-")), len(rest))
        return self.before, rest[:end], rest[end:]


def excerpt(source: Source | None, finding: Finding) -> Excerpt | None:
    """Return the line that a finding points at; None where it has no line, or an empty one."""
    text = source(finding.path, finding.line) if source and finding.path and finding.line else None
    if text is None or not text.strip() or finding.line is None or finding.path is None:
        return None
    shown = _safe(finding.path, text.strip())
    return Excerpt(line=finding.line, text=shown, before=_before(finding.path, text, shown, finding.column))


def _before(path: str, text: str, shown: str, column: int | None) -> str | None:
    """Return what is shown before a column; None where the column is in the margin, or within something hidden."""
    start = len(text) - len(text.lstrip())
    if column is None or not start < column <= len(text.rstrip()):
        return None
    before, after = _safe(path, text[start : column - 1]), _safe(path, text[column - 1 :].rstrip())
    return before if before + after == shown else None


def _safe(path: str, text: str) -> str:
    if _ENV_FILE.search(path):
        text = _ASSIGNED.sub(r"\1…", text)
    text = _PASSWORD.sub(r"\1:[secret]@", _LEGACY_TOKEN.sub("[token]", text))
    return redact(printable(text))
