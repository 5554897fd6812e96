"""A value of the settings as production gets it: constants, environment reads with their defaults, plain conversions.

Nothing is run: the few expressions that settings use are interpreted on the syntax tree, everything else is `Unclear`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

_TRUE = frozenset({"true", "1", "yes", "on", "ok", "y", "t"})
_FALSE = frozenset({"false", "0", "no", "off", "n", "f", ""})
_BOOL_CASTS = frozenset({"bool", "strtobool", "str2bool", "str_to_bool", "to_bool", "parse_bool", "boolean", "as_bool"})
_PLAIN_READERS = frozenset({"getenv", "get", "env", "str", "config", "get_env", "env_var", "getenv_or_none"})


class Unclear(Exception):
    """An expression that is not interpreted; the message is its source."""


def evaluate(node: ast.expr, names: Mapping[str, ast.expr], environment: Mapping[str, str], depth: int = 12) -> object:
    """Return the value of an expression where only `environment` is set. Raises `Unclear`."""
    if depth == 0:
        raise Unclear(ast.unparse(node))

    def value(part: ast.expr) -> object:
        return evaluate(part, names, environment, depth - 1)

    match node:
        case ast.Constant():
            return node.value
        case ast.Name() if node.id in names and names[node.id] is not node:
            rest = {k: v for k, v in names.items() if k != node.id}
            return evaluate(names[node.id], rest, environment, depth - 1)
        case ast.List() | ast.Tuple() | ast.Set():
            return [value(e) for e in node.elts]
        case ast.Attribute(value=ast.Name(id="sys"), attr="argv"):
            return ["gunicorn"]
        case ast.Attribute(value=ast.Name(id="os"), attr="environ") | ast.Name(id="environ"):
            return list(environment)
        case ast.UnaryOp(op=ast.Not()):
            return not value(node.operand)
        case ast.BoolOp():
            result: object = None
            for part in node.values:
                result = value(part)
                if bool(result) is isinstance(node.op, ast.Or):
                    return result
            return result
        case ast.IfExp():
            return value(node.body) if value(node.test) else value(node.orelse)
        case ast.Compare(ops=[operator], comparators=[right]):
            return _compare(operator, value(node.left), value(right), node)
        case ast.NamedExpr():
            return value(node.value)
        case ast.Subscript(slice=ast.Constant(value=str(key))) if _is_environ(node.value):
            if key in environment:
                return environment[key]
            raise Unclear(f"{key} has no default")
        case ast.Subscript(slice=ast.Constant(value=int(index))):
            items = value(node.value)
            if isinstance(items, (list, str)) and -len(items) <= index < len(items):
                return items[index]
        case ast.Call():
            return _call(node, names, environment, depth)
    raise Unclear(ast.unparse(node))


def _is_environ(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "environ") or (
        isinstance(node, ast.Name) and node.id in ("environ", "env")
    )


def _compare(operator: ast.cmpop, left: object, right: object, node: ast.expr) -> bool:
    match operator:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.Is():
            return left is right
        case ast.IsNot():
            return left is not right
        case ast.In() if isinstance(right, (list, str)):
            return str(left) in right if isinstance(right, str) else left in right
        case ast.NotIn() if isinstance(right, (list, str)):
            return str(left) not in right if isinstance(right, str) else left not in right
    raise Unclear(ast.unparse(node))


def truth(value: object) -> bool:
    """Read a text as env readers do (`true`, `1`, `yes` …); other values by their own truth. Raises `Unclear`."""
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise Unclear(repr(value))
    return bool(value)


def _call(node: ast.Call, names: Mapping[str, ast.expr], environment: Mapping[str, str], depth: int) -> object:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")

    def value(part: ast.expr) -> object:
        return evaluate(part, names, environment, depth - 1)

    if isinstance(function, ast.Attribute) and name in ("lower", "upper", "strip", "split", "title", "startswith"):
        owner = value(function.value)
        if isinstance(owner, str):
            plain = [value(a) for a in node.args]
            if all(isinstance(a, str) for a in plain):
                return getattr(owner, name)(*plain)
        raise Unclear(ast.unparse(node))
    first = node.args[0] if node.args else None
    variable = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
    keywords = {k.arg: k.value for k in node.keywords if k.arg}
    if variable is not None and variable.upper() == variable and (name in _PLAIN_READERS or name in _BOOL_CASTS):
        return _read(node, name, variable, keywords, environment, value)
    if variable is not None and isinstance(function, ast.Attribute) and name in ("int", "float"):
        return _number(name, environment[variable]) if variable in environment else _default(node, keywords, value)
    if len(node.args) == 1 and name in ("bool", "str", "int", "float", *_BOOL_CASTS):
        inner = value(node.args[0])
        if name == "bool" and isinstance(function, ast.Name):
            return bool(inner)
        if name in _BOOL_CASTS:
            return truth(inner)
        return str(inner) if name == "str" else _number(name, inner)
    if name == "loads" and len(node.args) == 1:
        inner = value(node.args[0])
        if isinstance(inner, str) and inner.strip().lower() in ("true", "false", "0", "1"):
            return truth(inner)
    raise Unclear(ast.unparse(node))


def _number(kind: str, value: object) -> float | int:
    try:
        return int(str(value)) if kind == "int" and not isinstance(value, bool) else float(str(value))
    except ValueError as error:
        if isinstance(value, bool):
            return int(value)
        raise Unclear(repr(value)) from error


def _default(node: ast.Call, keywords: Mapping[str, ast.expr], value: object) -> object:
    given = keywords.get("default", node.args[1] if len(node.args) > 1 else None)
    if given is None:
        raise Unclear(f"{ast.unparse(node)} has no default")
    return value(given) if callable(value) else None


def _read(
    node: ast.Call,
    name: str,
    variable: str,
    keywords: Mapping[str, ast.expr],
    environment: Mapping[str, str],
    value: object,
) -> object:
    cast = keywords.get("cast") or keywords.get("var_cast") or keywords.get("coerce")
    cast_name = getattr(cast, "id", getattr(cast, "attr", "")) if cast is not None else ""
    as_bool = name in _BOOL_CASTS or cast_name in _BOOL_CASTS
    if variable in environment:
        text = environment[variable]
        given = keywords.get("default")
        typed = name == "env" and isinstance(given, ast.Constant) and isinstance(given.value, bool)
        return truth(text) if as_bool or typed else text
    plain = name in ("getenv", "get") and "default" not in keywords and len(node.args) < 2
    if plain:
        return None
    found = _default(node, keywords, value)
    return truth(found) if as_bool and isinstance(found, str) else found
