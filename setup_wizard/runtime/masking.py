"""Keeps the values of variables out of what the application said: its messages may repeat a password that it was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from checks.patterns import lazy_pattern

_MESSAGES = frozenset({"message", "raised", "failed", "missing"})
"""The keys of the child's report whose text the application wrote."""
_SECRET = ("SECRET", "KEY", "TOKEN", "PASS", "PWD", "CREDENTIAL", "AUTH", "SALT")
_WORD = lazy_pattern(r"[A-Za-z_]+([.-][A-Za-z_]+)*")
_SHORTEST, _SHORTEST_CUT = 4, 8


def masked_text(text: str, values: Mapping[str, str]) -> str:
    """Return a text of the application with the name of a variable in place of its value.

    A word, as `production` or `shop.settings`, is hidden only where its variable is called a secret: hiding it makes a message
    unreadable and keeps nothing.
    """
    hidden = {part: name for name, value in values.items() for part in _parts(name, value)}
    for part in sorted(hidden, key=len, reverse=True):
        shown = f"[value of {hidden[part]}]"
        text = _without_cut(text.replace(part, shown), part, shown)
    return text


def _without_cut(text: str, part: str, shown: str) -> str:
    """Return a text without the rest of a value that was cut off at its end or its beginning: long texts are shortened."""
    for length in range(min(len(part), len(text)), _SHORTEST_CUT - 1, -1):
        if text.endswith(part[:length]):
            return text[:-length] + shown
        if text.startswith(part[-length:]):
            return shown + text[length:]
    return text


def masked(seen: Any, values: Mapping[str, str]) -> Any:
    """Return a child's report, the texts that the application wrote in it masked."""
    if isinstance(seen, dict):
        return {
            k: masked_text(v, values) if k in _MESSAGES and isinstance(v, str) else masked(v, values)
            for k, v in seen.items()
        }
    return [masked(v, values) for v in seen] if isinstance(seen, list) else seen


def _parts(name: str, value: str) -> list[str]:
    """Return what of a variable's value is hidden: the value, and the password of a URL, as it is written and decoded."""
    secret = any(word in name.upper() for word in _SECRET)
    found = [value, repr(value)[1:-1]] if secret or not _WORD.fullmatch(value) else []
    if "://" in value:
        password = urlsplit(value).password or ""
        found += [password, unquote(password)]
    return [part for part in dict.fromkeys(found) if len(part) >= _SHORTEST]
