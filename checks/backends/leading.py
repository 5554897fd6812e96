"""Which modules an entry reaches by imports, and through which of them it comes to a call of `sentry_sdk.init`.

A backend may import a thousand modules, of which a handful leads there: only these are run.
"""

from __future__ import annotations

import ast
import re

from checks.backends.applications import find_module
from checks.backends.frameworks import FRAMEWORKS
from checks.backends.loaded import named_modules
from checks.parsers.flow import walk
from checks.parsers.python import Module
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts
from checks.repository.text_index import word_index

_IMPORTS = lazy_pattern(
    r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#;]*))|import[ \t]+([^\n#;]*))",
    re.MULTILINE,
)
"""What may be an import; a text that is none costs a look, and decides nothing."""
_INCLUDED = {f.includes for f in FRAMEWORKS if f.includes}
_MAX_MODULES, _MAX_PARSED, _LEVELS = 3000, 150, 5


def leading_modules(facts: Facts, start: str) -> frozenset[str]:
    """Return the modules to run for what an entry does with init: those that call it when imported, and what imports them."""
    return facts.memoize(leading_modules, start, lambda: _leading(facts, start))


def reached_modules(facts: Facts, start: str) -> dict[str, list[str]]:
    """Return every module that an entry imports, directly or not, with those that it imports itself."""
    return facts.memoize(reached_modules, start, lambda: _reached(facts, start))


def nearest_modules(facts: Facts, start: str) -> frozenset[str]:
    """Return those of the leading modules that are on a shortest way of imports to the first call of init."""
    leading, imports = leading_modules(facts, start), reached_modules(facts, start)
    before: dict[str, list[str]] = {start: []}
    level = [start] if start in leading else []
    while level:
        ends = [p for p in level if not any(f in leading for f in imports.get(p, ()))] or [
            p for p in level if _calls_init(facts, p)
        ]
        if ends:
            found, waiting = set(), ends
            while waiting:
                path = waiting.pop()
                found.add(path)
                waiting += [p for p in before[path] if p not in found]
            return frozenset(found)
        further: dict[str, list[str]] = {}
        for path in level:
            for place in imports.get(path, ()):
                if place in leading and place not in before:
                    further.setdefault(place, []).append(path)
        before |= further
        level = list(further)
    return leading


def _calls_init(facts: Facts, path: str) -> bool:
    module = facts.python(path) if b"sentry_sdk" in (facts.read(path) or b"") else None
    return isinstance(module, Module) and bool(module.init_calls)


def imported_files(facts: Facts, start: str) -> list[str]:
    """Return the repository's modules that a module imports by itself."""
    return facts.memoize(imported_files, start, lambda: _imported(facts, start))


def _reached(facts: Facts, start: str) -> dict[str, list[str]]:
    imports: dict[str, list[str]] = {}
    waiting = [start]
    while waiting and len(imports) < _MAX_MODULES:
        path = waiting.pop()
        if path not in imports:
            imports[path] = imported_files(facts, path)
            waiting += imports[path]
    return imports


def _imported(facts: Facts, path: str) -> list[str]:
    found: dict[str, None] = {}
    for dots, module, several, one, plain in _IMPORTS.findall(facts.text(path) or ""):
        names = [w.split(" as ")[0].strip() for w in (several or one or plain).split(",")]
        names = [n.split("#")[0].strip() for n in names]
        for name in names:
            dotted = ".".join(p for p in (module, name) if p) if not plain else name
            for wanted in dict.fromkeys((dotted, module)) if not plain else (dotted,):
                place = find_module(facts, path, wanted, len(dots)) if wanted or dots else None
                if place is not None:
                    found[place] = None
                    break
    for name in _included(facts, path):
        # `config.include(".events")` of Pyramid runs `includeme` of that module.
        dotted = name.lstrip(".")
        place = find_module(facts, path, dotted, len(name) - len(dotted))
        if place is not None:
            found[place] = None
    for name in named_modules(facts, path):
        place = find_module(facts, path, name, 0)
        if place is not None:
            found[place] = None
    return list(found)


def _included(facts: Facts, path: str) -> list[str]:
    """Return the modules that a module names in calls of a method `include`."""
    module = facts.python(path) if ".include(" in (facts.text(path) or "") else None
    nodes = module.nodes if isinstance(module, Module) else ()
    made = [
        n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "include"
    ]
    first = [n.args[0].value for n in made if n.args and isinstance(n.args[0], ast.Constant)]
    return [t for t in first if isinstance(t, str) and t.strip(".") and t.replace(".", "").isidentifier()]


def reaches_init(facts: Facts, start: str) -> bool:
    """Return whether an entry, or a module that it imports, may call init: under whatever name, now or later."""
    return bool(starting_modules(facts) & ({start} | reached_modules(facts, start).keys()))


def starting_modules(facts: Facts) -> frozenset[str]:
    """Return the modules that may call init: those which name the SDK and the function."""
    holding = [p for p in word_index(facts).files_containing("sentry") if p.endswith((".py", ".wsgi"))]
    texts = ((p, facts.read(p) or b"") for p in holding)
    return frozenset(p for p, data in texts if b"sentry_sdk" in data and re.search(rb"\binit\b", data))


def _leading(facts: Facts, start: str) -> frozenset[str]:
    starting = starting_modules(facts)
    if not starting:
        return frozenset()
    imports = reached_modules(facts, start)
    triggers: set[str] = set()
    names: set[str] = set()
    for path in starting & imports.keys():
        module = facts.python(path)
        for call in module.init_calls if isinstance(module, Module) else ():
            if call.function is None or call.function in _INCLUDED:
                triggers.add(path)
            else:
                names |= {call.function, call.owner or call.function} - {"__init__"}
    parsed = 0
    for _ in range(_LEVELS):
        more: set[str] = set()
        for path in imports.keys() - triggers:
            text = facts.text(path) or ""
            if not any(n + "(" in text for n in names) or parsed > _MAX_PARSED:
                continue
            parsed += 1
            module = facts.python(path)
            if not isinstance(module, Module):
                continue
            if any(n in module.called for n in names):
                triggers.add(path)
            more |= {
                f.name
                for f in module.nodes
                if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) and f.name not in names and _calls(f, names)
            }
        if not more:
            break
        names |= more
    return modules_leading_to(imports, triggers)


def modules_leading_to(imports: dict[str, list[str]], wanted: set[str]) -> frozenset[str]:
    """Return some modules with those through whose imports they are reached."""
    leading = wanted & imports.keys()
    while True:
        further = {p for p, found in imports.items() if p not in leading and any(f in leading for f in found)}
        if not further:
            return frozenset(leading)
        leading |= further


def _calls(function: ast.AST, names: set[str]) -> bool:
    for node in walk(function):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in names:
                return True
    return False
