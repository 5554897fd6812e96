"""Classes of settings that a library makes the settings of: one that is not understood leaves what they hold open.

django-configurations is understood (`checks.production`); a class with a base of any other package is not.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from checks.backends.applications import dotted_name, imported_names
from checks.parsers.python import Module

_UNDERSTOOD = frozenset({"configurations", "typing", "abc", "enum"})


def classes_of_a_library(module: object) -> Iterator[ast.ClassDef]:
    """Yield the classes of a module whose bases, followed through the module's own, are of a package that is not understood."""
    if not isinstance(module, Module):
        return
    own = {n.name: n for n in module.tree.body if isinstance(n, ast.ClassDef)}
    names = imported_names(module)
    for owner in own.values():
        waiting, seen = [owner], {owner.name}
        while waiting:
            for base in waiting.pop().bases:
                if isinstance(base, ast.Name) and base.id in own:
                    waiting += [own[base.id]] if base.id not in seen else []
                    seen.add(base.id)
                elif (found := dotted_name(base, names)) is not None and _is_foreign(found):
                    yield owner
                    waiting = []
                    break


def _is_foreign(found: tuple[str, int]) -> bool:
    top = found[0].partition(".")[0]
    return found[1] == 0 and top not in _UNDERSTOOD and top not in sys.stdlib_module_names
