"""A pytest plugin, loaded first: no garbage is collected while modules are parsed and rewritten.

A collection in the middle of building a syntax tree upsets CPython's depth count, and the parse ends with `SystemError: AST
constructor recursion depth mismatch` (https://github.com/python/cpython/issues/106905; seen on 3.11.7). pytest rewrites its plugins
and the tests by such trees; `checks.parsers.python` has its own answer.
"""

from __future__ import annotations

import gc

gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage again, once everything is imported: not what lives as long as the process, which each collection would visit."""
    gc.freeze()
    gc.enable()
