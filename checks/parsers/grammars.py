"""The grammars of tree-sitter, without what their packages import for queries that nobody asks here."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType

from tree_sitter import Language


@cache
def language(package: str, function: str = "language") -> Language:
    """Return a grammar by its package on PyPI and the function that makes it. Raises `ImportError`.

    The package's own module imports importlib.resources, and so tempfile and random: as much as the grammar costs.
    """
    return Language(getattr(_binding(package), function)())


def _binding(package: str) -> ModuleType:
    found = PathFinder.find_spec(package)
    places = None if found is None else found.submodule_search_locations
    within = None if places is None else PathFinder.find_spec(f"{package}._binding", places)
    if within is None or within.loader is None:
        return import_module(package)
    module = module_from_spec(within)
    within.loader.exec_module(module)
    return module
