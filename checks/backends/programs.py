"""Which application a program hands to a server by its name, and in whose process the server then works."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.backends.applications import application_at, dotted_name, find_module, imported_names
from checks.backends.leading import imported_files
from checks.backends.locating import ELSEWHERE
from checks.parsers.python import Module
from checks.repository.facts import Facts


def served_by_name(module: Module) -> Iterator[tuple[str, bool | None]]:
    """Yield the `module:object` texts that a module hands to a server, and whether that starts processes of its own.

    Those import the program that started them, under another name than `__main__`
    (https://www.uvicorn.org/#running-programmatically, https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods).
    """
    names = imported_names(module)
    for node in module.nodes:
        if not isinstance(node, ast.Call):
            continue
        called = dotted_name(node.func, names)
        if called is None or called[0] not in ("uvicorn.run", "uvicorn.Config", "hypercorn.run", "granian.Granian"):
            continue
        for value in (*node.args[:1], *(k.value for k in node.keywords if k.arg in ("app", "target"))):
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and ":" in value.value:
                yield value.value, _forks(node) if called[0] == "uvicorn.run" else called[0] != "uvicorn.Config"


def _forks(call: ast.Call) -> bool | None:
    """Return whether `uvicorn.run` starts processes of its own, for several workers or to restart; None where that is not known."""
    given = {k.arg: k.value for k in call.keywords}
    values = [given[n] for n in (None, "workers", "reload") if n in given]
    known = [v.value for v in values if isinstance(v, ast.Constant)]
    if any(v is True or v not in (None, False, 1) for v in known):
        return True
    return False if len(known) == len(values) else None


def named_applications(facts: Facts, path: str, module: Module) -> Iterator[str]:
    """Yield the `module:object` texts of an installed command and the modules of its package that it imports.

    A command of several (`shop serve`) hands such a text on as an option's default, or to a server's own command.
    """
    top = path.partition("/src/")[2].partition("/")[0] or path.partition("/")[0]
    near = [p for p in imported_files(facts, path) if f"/{top}/" in f"/{p}" and not ELSEWHERE.search(p)]
    for place in (path, *near):
        held = module if place == path else facts.python(place)
        for node in held.nodes if isinstance(held, Module) else ():
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and len(text) < 120 and text.replace(".", "").replace(":", "", 1).isidentifier():
                name, colon, attribute = text.partition(":")
                home = find_module(facts, path, name, 0) if colon and attribute.isidentifier() else None
                if home is not None and application_at(facts, home, attribute) is not None:
                    yield text
