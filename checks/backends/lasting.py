"""Whether a program keeps running once it is started: then it is a process of production, not a task that ends."""

from __future__ import annotations

import ast

from checks.backends.applications import dotted_name, imported_names
from checks.backends.entry import Entry
from checks.parsers.flow import call_name, walk
from checks.parsers.python import Module
from checks.repository.facts import Facts

_BLOCKING = frozenset({"apscheduler.schedulers.blocking.BlockingScheduler", "apscheduler.schedulers.BlockingScheduler"})
"""Schedulers whose `start` does not return (https://apscheduler.readthedocs.io/en/3.x/userguide.html#choosing-the-right-scheduler)."""
_LEAVES = (ast.Break, ast.Return, ast.Raise, ast.Yield)


def lasts(facts: Facts, entry: Entry) -> bool:
    """Return whether the module of a program makes a scheduler that blocks, or has a loop that nothing leaves."""
    module = facts.python(entry.path)
    if not isinstance(module, Module):
        return False
    names = imported_names(module)
    return any(
        _is_endless(n) or (isinstance(n, ast.Call) and (dotted_name(n.func, names) or ("", 0))[0] in _BLOCKING)
        for n in module.nodes
    )


def _is_endless(node: ast.AST) -> bool:
    """Return whether this is a loop that always continues, and that no statement in it leaves."""
    if not isinstance(node, ast.While) or not isinstance(node.test, ast.Constant) or not node.test.value:
        return False
    return not any(isinstance(n, _LEAVES) or _exits(n) for s in node.body for n in walk(s))


def _exits(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and call_name(node) in ("exit", "_exit", "quit")
