"""Comparisons: of values with one another, with the modules and the version of a server, and with what the environment has."""

from __future__ import annotations

import ast

from checks.parsers.position import line_of
from checks.production.displays import Displays
from checks.production.readers import ENVIRON, derive
from checks.production.steps import apply
from checks.production.values import (
    External,
    FromEnvironment,
    Instance,
    Known,
    OneOf,
    Unknown,
    Value,
)

_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_NOT_ON_A_SERVER = frozenset(
    "pytest _pytest py test nose unittest tox coverage behave IPython ipykernel pydevd debugpy pdb xdist mypy".split()  # noqa: SIM905
)
"""Modules that a server has not imported."""
_SWAPPED = {
    **{name: name for name in ("==", "!=", "is", "is not")},
    "<": ">",
    ">": "<",
    "<=": ">=",
    ">=": "<=",
    "in": "contains",
    "not in": "lacks",
}


class Comparisons(Displays):
    """Compares values."""

    def compare(self, node: ast.Compare) -> Value:
        """Return what a chain of comparisons gives; it ends with the first that does not hold."""
        left = self.evaluate(node.left)
        result: Value = Known(True)
        for operator, part in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(part)
            result = self.compared(_COMPARED[type(operator)], left, right, node)
            if len(node.ops) > 1 and self.truth(result) is not True:
                return result
            left = right
        return result

    def compared(self, name: str, left: Value, right: Value, node: ast.expr) -> Value:
        """Return what a comparison of two values gives."""
        if isinstance(left, External) and left.name == "sys.version_info":
            return self._version(name, right, node)
        if isinstance(right, External) and right.name == "sys.modules" and name in ("in", "not in"):
            module = self.plain(left)
            if module is not None and str(module.value).split(".")[0] in _NOT_ON_A_SERVER:
                return Known(name == "not in")
            return self.unknown(node)
        if isinstance(right, External) and right.name == ENVIRON and name in ("in", "not in"):
            variable = self.plain(left)
            if variable is not None:
                read = FromEnvironment(
                    name=str(variable.value), default=Known(None), path=self.frame.path, line=line_of(node)
                )
                overlaid = self.heap.names(self.overlay).items.get(str(variable.value))
                if overlaid is not None:
                    return Known((name == "in") is (overlaid.value != Known(None)))
                present = FromEnvironment(
                    name=read.name,
                    default=Known(False),
                    path=read.path,
                    line=read.line,
                    cast=(("set", ()),),
                )
                return present if name == "in" else derive(present, "not")
        names = self.dictionary(right)
        if names is not None and name in ("in", "not in"):
            key = self.plain(left)
            if key is None or names.open:
                return self.unknown(node, self.reason(left))
            return Known((key.value in names.items) is (name == "in"))
        objects = isinstance(left, Instance), isinstance(right, Instance)
        if any(objects) and name in ("==", "!=", "is", "is not"):
            plain_one = [isinstance(v, (Known, FromEnvironment)) for v in (left, right)]
            if all(objects) or any(plain_one):
                enums = all(self.is_enum(v.of) for v in (left, right) if isinstance(v, Instance))
                return Known((left == right) is (name in ("==", "is"))) if enums else self.unknown(node)
        with_none = name in ("is", "is not") and isinstance(right, Known) and right.value is None
        if with_none and not isinstance(left, (Known, FromEnvironment, OneOf, Unknown)):
            return Known(name == "is not")
        if isinstance(left, FromEnvironment) or not isinstance(right, FromEnvironment):
            return self.do(name, left, node, right)
        return self.do(_SWAPPED[name], right, node, left)

    def _version(self, name: str, right: Value, node: ast.expr) -> Value:
        """Compare the version of Python, which is a 3 that is not older than the oldest that Django runs on."""
        plain = self.plain(right)
        ends = [
            apply(name, version, plain.value)
            for version in ((3, 8), (3, 99))
            if plain is not None and isinstance(plain.value, tuple) and name in ("<", "<=", ">", ">=")
        ]
        return Known(ends[0]) if ends and ends[0] == ends[1] else self.unknown(node)
