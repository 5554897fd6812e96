"""Operations on plain values, as Python and the readers of environments do them; what fails or is not known raises."""

from __future__ import annotations

import json
import operator
import posixpath
from collections.abc import Callable
from string import Formatter
from typing import Any

from checks.production.values import Step

_TRUE = frozenset({"true", "1", "yes", "on", "ok", "y", "t"})
_FALSE = frozenset({"false", "0", "no", "off", "n", "f", "", "none"})
LONGEST = 10_000
"""Characters of a text, and parts of a list, that are followed."""
_HIGHEST = 10**18


class CannotTell(Exception):
    """An operation whose result is not known here."""


class Secret:
    """A text that is set where it deploys and not written down: it is not empty, and nothing else is known of it."""


class SecretDsn(Secret):
    """A DSN that is set where it deploys: it begins as an address does."""


SECRET = Secret()
SECRET_DSN = SecretDsn()
_SCHEMES = ("http", "http:", "https", "https:", "https:/", "https://")

TEXT_METHODS = frozenset(
    "lower upper strip lstrip rstrip title capitalize casefold split rsplit startswith endswith replace removeprefix "  # noqa: SIM905
    "removesuffix isdigit join partition rpartition count find format splitlines swapcase zfill".split()
)
"""Methods of a text that are interpreted."""
_KEEP_SECRETS = frozenset(["lower", "upper", "strip", "lstrip", "rstrip", "title", "casefold", "str", "url", "geturl"])
_COMPARISONS: dict[str, Callable[[Any, Any], object]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": lambda a, b: a is b or (a == b and type(a) is type(b)),
    "is not": lambda a, b: not (a is b or (a == b and type(a) is type(b))),
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
    "contains": lambda a, b: b in a,
    "lacks": lambda a, b: b not in a,
    "+": lambda a, b: _plus(a, b),
    "before +": lambda a, b: _plus(b, a),
    "-": operator.sub,
    "*": lambda a, b: _times(a, b),
    "//": operator.floordiv,
    "%": lambda a, b: _remainder(a, b),
    "&": lambda a, b: _bits(operator.and_, a, b),
    "|": lambda a, b: _bits(operator.or_, a, b),
    "^": lambda a, b: _bits(operator.xor, a, b),
    "/": operator.truediv,
    "[]": lambda a, b: a[b],
    "or": lambda a, b: a or b,
    "and": lambda a, b: a and b,
}


def _times(one: object, other: object) -> object:
    if (
        isinstance(one, (int, float))
        and isinstance(other, (int, float))
        and abs(one) < _HIGHEST
        and abs(other) < _HIGHEST
    ):
        return one * other
    raise CannotTell


def _bits(do: Callable[[Any, Any], object], one: object, other: object) -> object:
    if isinstance(one, int) and isinstance(other, int) and abs(one) < _HIGHEST and abs(other) < _HIGHEST:
        return do(one, other)
    raise CannotTell


def _remainder(one: Any, other: Any) -> object:
    """A text is filled in where each blank is a plain `%s`: a width may ask for any length."""
    if not isinstance(one, str):
        return one % other
    parts = one.replace("%%", "").split("%")[1:]
    if len(one) > LONGEST or not all(p.startswith(("s", "d")) for p in parts):
        raise CannotTell
    found = one % other
    if len(found) > LONGEST:
        raise CannotTell
    return found


def _filled(text: str, arguments: tuple[object, ...]) -> str:
    fields = list(Formatter().parse(text))
    plain = all(not name and not spec and not conversion for _, name, spec, conversion in fields)
    if len(text) > LONGEST or not plain or any(isinstance(a, str) and len(a) > LONGEST for a in arguments):
        raise CannotTell
    return text.format(*arguments)


def _plus(one: Any, other: Any) -> object:
    if isinstance(one, (str, tuple)) and isinstance(other, (str, tuple)) and len(one) + len(other) > LONGEST:
        raise CannotTell
    return one + other


def apply_steps(value: object, steps: tuple[Step, ...]) -> object:
    """Do operations on a plain value in their order. Raises `CannotTell`, or what Python raises."""
    for name, arguments in steps:
        value = apply(name, value, *arguments)
    return value


def apply(name: str, value: object, *arguments: object) -> object:
    """Do one operation on a plain value. Raises `CannotTell`, or what Python raises."""
    if isinstance(value, Secret):
        return _secret(value, name, arguments)
    if name in _COMPARISONS and len(arguments) == 1:
        return _COMPARISONS[name](value, arguments[0])
    if name in TEXT_METHODS and isinstance(value, str):
        if name == "zfill" or len(value) > LONGEST:
            raise CannotTell
        if name == "format":
            return _filled(value, arguments)
        if any(isinstance(a, (str, tuple)) and len(a) > LONGEST // 10 for a in arguments):
            raise CannotTell
        found = getattr(value, name)(*arguments)
        return tuple(found) if isinstance(found, list) else found
    match name:
        case "not":
            return not value
        case "bool":
            return bool(value)
        case "truth":
            return truth(value)
        case "int":
            return int(value)  # type: ignore[call-overload]
        case "float" | "Decimal":
            return float(value)  # type: ignore[arg-type]
        case "str":
            return str(value)
        case "url" | "geturl":
            return value
        case "list":
            return tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value
        case "json":
            if not isinstance(value, str) or len(value) > LONGEST:
                raise CannotTell
            found = json.loads(value)
            if isinstance(found, (dict, list)):
                raise CannotTell
            return found
        case "min" | "max":
            numbers: list[Any] = [value, *arguments]
            return min(numbers) if name == "min" else max(numbers)
        case "round" if isinstance(value, (int, float)):
            return round(value, arguments[0] if arguments and isinstance(arguments[0], int) else None)
        case "basename" if isinstance(value, str):
            return posixpath.basename(value)
        case "len":
            return len(value)  # type: ignore[arg-type]
        case "lookup":
            return next((v for k, v in arguments[0] if k == value), arguments[1])  # type: ignore[attr-defined]
        case "set":
            return True
        case "default":
            return value
    raise CannotTell


def _secret(value: Secret, name: str, arguments: tuple[object, ...]) -> object:
    if name in _KEEP_SECRETS:
        return value
    if isinstance(value, SecretDsn) and name == "startswith" and len(arguments) == 1:
        starts = arguments[0] if isinstance(arguments[0], tuple) else arguments
        if any(s in _SCHEMES for s in starts):
            return True
    if name in ("bool", "set"):
        return True
    if name == "not":
        return False
    if name in ("or", "default"):
        return value
    if name == "and":
        return arguments[0]
    if name in ("in", "not in") and isinstance(arguments[0], tuple) and all(a in ("", None) for a in arguments[0]):
        return name == "not in"
    if name in ("==", "is", "!=", "is not") and arguments[0] in ("", None):
        return name in ("!=", "is not")
    raise CannotTell


def truth(value: object) -> bool:
    """Read a text as readers of environments do (`true`, `1`, `yes` …); other values by their own truth. Raises `CannotTell`."""
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise CannotTell
    return bool(value)
