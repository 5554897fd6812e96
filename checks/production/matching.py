"""`match`: a value against patterns, three-valued, with the names that a pattern binds."""

from __future__ import annotations

import ast

from checks.parsers.position import line_of
from checks.production.branches import Branches
from checks.production.values import Binding, External, Items, Known, Ref, Value

_TYPES = {"builtins.str": str, "builtins.int": int, "builtins.bool": bool, "builtins.float": float}


class Matching(Branches):
    """Runs `match`."""

    def match(self, node: ast.Match) -> str:
        """Run the case that production takes; where that cannot be determined, each that may be taken."""
        case, rest = node.cases[0], node.cases[1:]
        self.assumed.clear()
        self.undecided.clear()
        truth = self._matches(case.pattern, self.evaluate(node.subject), node.subject)
        if case.guard is not None and truth is not False:
            guard = self.holds(case.guard)
            truth = False if guard is False else truth if guard else None
        test = _as_test(case.pattern, node.subject, case.guard)
        ast.copy_location(test, node.subject)
        ast.fix_missing_locations(test)
        known = (truth, bool(self.assumed), self.describe(node.subject))
        orelse: list[ast.stmt] = [ast.copy_location(ast.Match(subject=node.subject, cases=rest), node)] if rest else []
        return self.branch(test, known, case.body, orelse, line_of(node))

    def _matches(self, pattern: ast.pattern, value: Value, at: ast.expr) -> bool | None:
        match pattern:
            case ast.MatchValue():
                return self.truth(self.compared("==", value, self.evaluate(pattern.value), at))
            case ast.MatchSingleton():
                return self.truth(self.compared("is", value, Known(pattern.value), at))
            case ast.MatchAs():
                found = self._matches(pattern.pattern, value, at) if pattern.pattern is not None else True
                if pattern.name is not None:
                    self.assign_name(pattern.name, Binding(value, at, self.frame.path))
                return found
            case ast.MatchOr():
                return _any([self._matches(p, value, at) for p in pattern.patterns])
            case ast.MatchSequence():
                return self._sequence(pattern, value, at)
            case ast.MatchMapping():
                return self._mapping(pattern, value, at)
            case ast.MatchClass() if not pattern.patterns and not pattern.kwd_patterns:
                of = self.evaluate(pattern.cls)
                kind = _TYPES.get(of.name) if isinstance(of, External) else None
                plain = self.plain(value)
                return isinstance(plain.value, kind) if plain is not None and kind is not None else None
        return None

    def _sequence(self, pattern: ast.MatchSequence, value: Value, at: ast.expr) -> bool | None:
        items = self.items(value)
        if items is None or items.open:
            return False if isinstance(value, Known) and not isinstance(value.value, tuple) else None
        stars = [n for n, p in enumerate(pattern.patterns) if isinstance(p, ast.MatchStar)]
        least = len(pattern.patterns) - len(stars)
        if len(items.items) < least or (not stars and len(items.items) != least):
            return False
        before = pattern.patterns[: stars[0]] if stars else pattern.patterns
        after = pattern.patterns[stars[0] + 1 :] if stars else []
        found = [self._matches(p, b.value, at) for p, b in zip(before, items.items, strict=False)]
        tail = items.items[len(items.items) - len(after) :] if after else ()
        found += [self._matches(p, b.value, at) for p, b in zip(after, tail, strict=True)]
        star = pattern.patterns[stars[0]] if stars else None
        if isinstance(star, ast.MatchStar) and star.name is not None:
            rest = items.items[len(before) : len(items.items) - len(after)]
            self.assign_name(star.name, Binding(Ref(self.heap.new(Items("list", rest))), at, self.frame.path))
        return _all(found)

    def _mapping(self, pattern: ast.MatchMapping, value: Value, at: ast.expr) -> bool | None:
        names = self.dictionary(value)
        if names is None:
            return None
        found: list[bool | None] = []
        for key, part in zip(pattern.keys, pattern.patterns, strict=True):
            plain = self.plain(self.evaluate(key))
            bound = names.items.get(plain.value) if plain is not None else None
            missing = None if names.open or plain is None else False
            found.append(self._matches(part, bound.value, at) if bound is not None else missing)
        return _all(found)


def _any(truths: list[bool | None]) -> bool | None:
    return True if True in truths else None if None in truths else False


def _all(truths: list[bool | None]) -> bool | None:
    return False if False in truths else None if None in truths else True


def _as_test(pattern: ast.pattern, subject: ast.expr, guard: ast.expr | None) -> ast.expr:
    """Return a condition that reads as a case does, for messages."""
    test: ast.expr
    match pattern:
        case ast.MatchValue():
            test = ast.Compare(left=subject, ops=[ast.Eq()], comparators=[pattern.value])
        case ast.MatchSingleton():
            test = ast.Compare(left=subject, ops=[ast.Is()], comparators=[ast.Constant(value=pattern.value)])
        case ast.MatchAs(pattern=None):
            return guard or ast.Constant(value=True)
        case ast.MatchOr():
            return ast.BoolOp(op=ast.Or(), values=[_as_test(p, subject, None) for p in pattern.patterns])
        case _:
            test = subject
    return ast.BoolOp(op=ast.And(), values=[test, guard]) if guard is not None else test
