"""What one of GitHub's expressions is worth, three-valued: what is not known here stays unknown.

Casing, conversion and filters as documented and as GitHub's own evaluation does them:
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions,
https://github.com/actions/languageservices/tree/main/expressions. What fails there is unknown here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

from checks.parsers.github_expression import STATUS, Expression, Unknown, Value, parse_expression, segments, to_number
from checks.parsers.text import ParseError

_MAX_CHARACTERS = 256 * 1024
"""Characters of a text that functions make; GitHub stops an evaluation that takes more memory."""


OPEN = "\0"
"""The key of an object that stands for all keys that are not known."""


class Filtered(list[object]):
    """The list that `.*` makes: what stands behind it is asked of every item."""


def evaluate(expression: Expression, contexts: Mapping[str, Value], status: Mapping[str, Value] | None = None) -> Value:
    """Return the value of an expression; `contexts` are by lower-case name, `status` what success() and the like return."""
    node, behind = expression, []
    while node.kind in _COMPARE:
        # A chain of comparisons may be as long as an expression can be.
        behind.append(node)
        node = node.parts[0]
    value = _plain(node, contexts, status)
    for outer in reversed(behind):
        other = evaluate(outer.parts[1], contexts, status)
        value = _compared(outer, value, other)
    return value


def truth(value: Value) -> bool | None:
    """Return whether a value counts as true; None for an unknown one."""
    if isinstance(value, Unknown):
        return value.holds
    return not (value is None or value is False or value == "" or value == 0 or value != value)


def _plain(node: Expression, contexts: Mapping[str, Value], status: Mapping[str, Value] | None) -> Value:
    match node.kind:
        case "literal":
            return node.value
        case "context":
            return contexts.get(node.text.strip("()").lower(), Unknown(node.text))
        case "not":
            inner = truth(evaluate(node.parts[0], contexts, status))
            return Unknown(node.text) if inner is None else not inner
        case "&&" | "||":
            return _logical(node, contexts, status)
        case "call":
            return _call(node, contexts, status or {})
        case "index":
            return _index(node, contexts, status)
    return Unknown(node.text)


def _logical(node: Expression, contexts: Mapping[str, Value], status: Mapping[str, Value] | None) -> Value:
    """Return the operand that decides; behind an unknown one only the truth of the whole may be known."""
    decides, open_ = node.kind == "||", False
    value: Value = None
    for part in node.parts:
        value = evaluate(part, contexts, status)
        holds = truth(value)
        if holds is decides:
            return Unknown(node.text, decides) if open_ else value
        open_ = open_ or holds is None
    return Unknown(node.text) if open_ else value


def _index(node: Expression, contexts: Mapping[str, Value], status: Mapping[str, Value] | None) -> Value:
    base = evaluate(node.parts[0], contexts, status)
    star = node.parts[1].kind == "star"
    key = None if star else evaluate(node.parts[1], contexts, status)
    if isinstance(base, Unknown) or isinstance(key, Unknown):
        return Unknown(node.text)
    if star and not isinstance(base, Filtered):
        if isinstance(base, dict):
            return Unknown(node.text) if OPEN in base else Filtered(base.values())
        return Filtered(base if isinstance(base, list) else ())
    if not isinstance(base, Filtered):
        found = _item(base, key)
        return None if isinstance(found, _Missing) else found
    items = Filtered()
    for item in base:
        if isinstance(item, Unknown) or (star and isinstance(item, dict) and OPEN in item):
            return Unknown(node.text)
        if star:
            items.extend(item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        elif not isinstance(found := _item(item, key), _Missing):
            items.append(found)
    return items


class _Missing:
    """Nothing stands at a place."""


def _item(base: object, key: Value) -> Value | _Missing:
    """Return what a list or an object holds at a key; the key `OPEN` stands for all that is not written."""
    if isinstance(base, dict):
        if isinstance(key, list | dict):
            return _Missing()
        lower = {str(k).lower(): v for k, v in base.items()}
        found: Value = lower.get(as_text(key).lower(), base.get(OPEN, _Missing()))
        return found
    if isinstance(base, list):
        number = _number(key)
        if math.isfinite(number) and 0 <= number < len(base):
            item: Value = base[int(number)]
            return item
    return _Missing()


def _number(value: Value) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool | float | int):
        return float(value)
    return to_number(value) if isinstance(value, str) else float("nan")


def _fold(text: str) -> str:
    """Return a text as it is compared: capitals are the same, the dotless i is a letter of its own."""
    return "ı".join(part.upper() for part in text.split("ı"))


_COMPARE: dict[str, Callable[[object, object], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


def _compared(node: Expression, left: Value, right: Value) -> Value:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown(node.text)
    return compare(node.kind, left, right)


def compare(operator: str, left: Value, right: Value) -> bool:
    """Compare two known values: texts without their case, anything else as numbers, lists and objects by identity."""
    if isinstance(left, str) and isinstance(right, str):
        return _COMPARE[operator](_fold(left), _fold(right))
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return (left is right) == (operator == "==") if operator in ("==", "!=") else False
    return _COMPARE[operator](_number(left), _number(right))


def as_text(value: Value) -> str:
    """Return a value as GitHub writes it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return _number_text(float(value))
    if isinstance(value, list):
        return "Array"
    return "Object" if isinstance(value, dict) else str(value)


def _number_text(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    short = float(f"{value:.15f}")
    return str(int(short)) if short == int(short) and abs(short) < 1e21 else repr(short)


def _call(node: Expression, contexts: Mapping[str, Value], status: Mapping[str, Value]) -> Value:
    name = str(node.value)
    if name in STATUS:
        return True if name == "always" else status.get(name, Unknown(node.text))
    given = [evaluate(p, contexts, status) for p in node.parts]
    if name == "case":
        return _case(node, given)
    if name == "contains" and isinstance(given[0], list) and not isinstance(given[1], Unknown):
        return _contained(node, given[0], given[1])
    if name == "hashfiles" or any(_is_open(g) for g in given):
        return Unknown(node.text)
    found = _FUNCTIONS[name](given)
    return (
        Unknown(node.text) if found is _FAILED or (isinstance(found, str) and len(found) > _MAX_CHARACTERS) else found
    )


def _is_open(value: object) -> bool:
    """Return whether a value, or anything in it, is not known."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, Unknown) or (isinstance(one, dict) and OPEN in one):
            return True
        stack.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
    return False


def _contained(node: Expression, items: list[object], wanted: Value) -> Value:
    if any(not isinstance(i, Unknown) and compare("==", i, wanted) for i in items):  # type: ignore[arg-type]
        return True
    return Unknown(node.text) if any(isinstance(i, Unknown) for i in items) else False


def _case(node: Expression, given: list[Value]) -> Value:
    for at in range(0, len(given) - 1, 2):
        holds = given[at]
        if not isinstance(holds, bool):
            return Unknown(node.text)
        if holds:
            return given[at + 1]
    return given[-1]


_FAILED = Unknown("an evaluation that fails")


def _contains(given: list[Value]) -> Value:
    if any(isinstance(g, list | dict) for g in given):
        return False
    return _fold(as_text(given[1])) in _fold(as_text(given[0]))


def _begins(given: list[Value]) -> Value:
    return not any(isinstance(g, list | dict) for g in given) and _fold(as_text(given[0])).startswith(
        _fold(as_text(given[1]))
    )


def _ends(given: list[Value]) -> Value:
    return not any(isinstance(g, list | dict) for g in given) and _fold(as_text(given[0])).endswith(
        _fold(as_text(given[1]))
    )


def _join(given: list[Value]) -> Value:
    items, separator = given[0], given[1] if len(given) > 1 else ","
    if isinstance(items, dict):
        return ""
    if not isinstance(items, list):
        return as_text(items)
    between = "," if isinstance(separator, list | dict) else as_text(separator)
    return between.join(as_text(i) for i in items)  # type: ignore[arg-type]


def _format(given: list[Value]) -> Value:
    texts = [as_text(g) for g in given]
    text, found, at = texts[0], [], 0
    while at < len(text):
        letter = text[at]
        if letter not in "{}":
            found.append(letter)
            at += 1
        elif text[at + 1 : at + 2] == letter:
            found.append(letter)
            at += 2
        else:
            end = text.find("}", at)
            digits = text[at + 1 : end] if letter == "{" and end > 0 else ""
            if not (digits.isascii() and digits.isdigit() and len(digits) < 4) or int(digits) + 1 >= len(texts):
                return _FAILED
            found.append(texts[int(digits) + 1])
            at = end + 1
    return "".join(found) if sum(map(len, found)) <= _MAX_CHARACTERS else _FAILED


def _from_json(given: list[Value]) -> Value:
    try:
        found: Value = json.loads(as_text(given[0]), parse_int=float)
    except (ValueError, RecursionError):
        return _FAILED
    return found


def _to_json(given: list[Value]) -> Value:
    try:
        return json.dumps(_written(given[0]), indent=2, ensure_ascii=False)
    except RecursionError:
        return _FAILED


def _written(value: object) -> object:
    """Return a value with its whole numbers as such."""
    if isinstance(value, float) and not isinstance(value, bool):
        return None if not math.isfinite(value) else int(value) if value == int(value) and abs(value) < 1e21 else value
    if isinstance(value, list):
        return [_written(v) for v in value]
    return {k: _written(v) for k, v in value.items()} if isinstance(value, dict) else value


_FUNCTIONS: dict[str, Callable[[list[Value]], Value]] = {
    "contains": _contains,
    "startswith": _begins,
    "endswith": _ends,
    "format": _format,
    "join": _join,
    "tojson": _to_json,
    "fromjson": _from_json,
}


def with_variables(text: str, values: Mapping[str, str]) -> str:
    """Put variables where the expressions of a text read them (`${{ env.SENTRY_PROJECT }}`); what needs more stays as it is."""
    if "${{" not in text:
        return text
    env: dict[str, object] = {OPEN: Unknown("env")}
    env |= {name: Unknown(name) if "${{" in value else value for name, value in values.items()}
    found = ""
    try:
        for is_expression, inner in segments(text):
            value = evaluate(parse_expression(inner), {"env": env}) if is_expression else inner
            found += "${{" + inner + "}}" if isinstance(value, Unknown) else as_text(value)
    except ParseError:
        return text
    return found
