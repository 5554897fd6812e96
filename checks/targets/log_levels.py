"""Whether errors that code logs come as far as the SDK: the levels that the standard library's logging has in production.

LoggingIntegration gets what a logger handles; a logger whose level is above ERROR handles no error
(https://docs.python.org/3/library/logging.html#logging.Logger.isEnabledFor).
"""

from __future__ import annotations

import ast
import math

from msgspec import Struct

from checks.model import Finding
from checks.production.machine import Machine
from checks.production.values import Binding, External, FromEnvironment, Known, Names, NotedCall, Value, members
from checks.repository.settings import SettingsChain

_LEVELS = {"NOTSET": 0, "DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "CRITICAL": 50, "FATAL": 50}
_ERROR = _LEVELS["ERROR"]
_OF_ROOT = {
    "logging.basicConfig": "logging.basicConfig()",
    "logging.config.dictConfig": "dictConfig()",
    "logging.root.setLevel": "setLevel()",
    "logging.getLogger().setLevel": "setLevel()",
}
"""Calls that may set the root logger's level, as messages name them."""


class Level(Struct, frozen=True):
    """A level of logging: its text as the code has it, and its number (None: cannot be determined; infinity: nothing reaches it)."""

    text: str
    number: float | None

    def above_errors(self) -> bool | None:
        """Return whether errors are below it."""
        return None if self.number is None else self.number > _ERROR


def level_of(machine: Machine | None, given: Binding) -> Level:
    """Return the level that a value is in production (https://docs.python.org/3/library/logging.html#logging-levels)."""
    value = machine.resolved(given.value) if machine is not None else given.value
    # A variable that nothing declares leaves its default, which is beside it.
    possible: list[Value] = [v for v in members(value) if not isinstance(v, FromEnvironment)] or [value]
    levels = [_level(v, given.node) for v in possible]
    return levels[0] if len({level.above_errors() for level in levels}) == 1 else Level(levels[0].text, None)


def _level(value: Value, node: ast.expr | None) -> Level:
    if isinstance(value, External) and value.name.startswith("logging."):
        name = value.name.removeprefix("logging.")
        return Level(value.name, _LEVELS.get(name))
    if isinstance(value, Known):
        known, text = value.value, repr(value.value)
        if isinstance(known, str):
            return Level(text, _LEVELS.get(known))
        return Level(text, math.inf if known is None else known if isinstance(known, (int, float)) else None)
    return Level(ast.unparse(node) if node is not None else "a value", None)


def lost_logs(chain: SettingsChain) -> tuple[list[Finding], list[Finding]]:
    """Return what keeps logged errors from the SDK in production, and what may do so."""
    machine = chain.machine
    if machine is None:
        return [], []
    lost: list[Finding] = []
    perhaps: list[Finding] = []
    for finding, sure in (*_ignored(machine), *_disabled(machine), *_root(chain, machine)):
        (lost if sure else perhaps).append(finding)
    return lost, perhaps


_Found = list[tuple[Finding, bool]]


def _ignored(machine: Machine) -> _Found:
    """Loggers that the SDK ignores: a name may be a pattern (`fnmatch`, since sentry-sdk 2.17)."""
    found: _Found = []
    for call in machine.noted:
        name = machine.plain(call.given[0].value) if call.given else None
        if call.name.endswith(".ignore_logger") and name == Known("*") and call.runs is not False:
            message = 'ignore_logger("*") drops the errors of every logger'
            found.append((_finding(call, message, "name the loggers that are noise"), call.runs is True))
    return found


def _disabled(machine: Machine) -> _Found:
    """`logging.disable(level)` switches that level and all below it off, for every logger; the last call counts."""
    found: _Found = []
    for call in machine.noted:
        if call.name != "logging.disable" or call.runs is False:
            continue
        given = call.given[0] if call.given else call.named.get("level")
        level = Level("CRITICAL", _LEVELS["CRITICAL"]) if given is None else level_of(machine, given)
        if level.number is not None and level.number < _ERROR:
            found = found if call.runs is None else []
            continue
        said = f"logging.disable({'' if given is None else level.text}) switches logged errors off"
        sure = call.runs is True and level.number is not None
        message = said if sure else f"whether {said} cannot be determined"
        found = [(_finding(call, message, "remove the call"), sure)]
    return found


def _root(chain: SettingsChain, machine: Machine) -> _Found:
    """The root logger's level is that of all loggers that have none; the last one that sets it counts."""
    found: _Found = []
    for call in machine.noted:
        if call.name not in _OF_ROOT or call.runs is False:
            continue
        word = "config" if call.name == "logging.config.dictConfig" else "level"
        given = call.named.get(word) or (call.given[0] if call.given else None)
        if word == "config" and given is not None:
            given = _root_level(machine, given.value)
        if given is not None:
            found = _judged(machine, given, call.path, call.line, _OF_ROOT[call.name], call.runs, found)
    configured, own = chain.bindings.get("LOGGING_CONFIG"), chain.bindings.get("LOGGING")
    if own is not None and not (configured is not None and configured.value == Known(None)):
        given = _root_level(machine, own.value)
        if given is not None:
            line = getattr(given.node, "lineno", 0) or getattr(own.node, "lineno", 1)
            found = _judged(machine, given, given.path or own.path, line, "LOGGING", True, found)
    return found


def _judged(
    machine: Machine, given: Binding, path: str, line: int, where: str, runs: bool | None, before: _Found
) -> _Found:
    level = level_of(machine, given)
    above = level.above_errors()
    if above is False:
        return before if runs is None else []
    sure = above is True and runs is True
    message = f"{where} sets the root logger to {level.text}: logger.error() makes no issue"
    if not sure:
        message = f"whether the root logger's level, `{level.text}`, lets errors through cannot be determined"
    return [(Finding(message=message, path=path, line=line, hint="set it to ERROR or a lower level"), sure)]


def _root_level(machine: Machine, configuration: Value) -> Binding | None:
    """Return the level that a dictionary of `logging.config` gives the root logger; None where its own loggers have levels."""
    whole = machine.dictionary(configuration)
    loggers = _part(machine, whole, "loggers")
    own = {str(k): machine.dictionary(b.value) for k, b in loggers.items.items()} if loggers is not None else {}
    for name, logger in own.items():
        level = logger.items.get("level") if logger is not None else None
        # What the application's own loggers let through does not depend on the root's level.
        if name and name.partition(".")[0] != "django" and level is not None:
            return None
    root = _part(machine, whole, "root") or own.get("")
    return root.items.get("level") if root is not None else None


def _part(machine: Machine, whole: Names | None, key: str) -> Names | None:
    bound = whole.items.get(key) if whole is not None else None
    return machine.dictionary(bound.value) if bound is not None else None


def _finding(call: NotedCall, message: str, hint: str) -> Finding:
    return Finding(message=message, path=call.path, line=call.line, hint=hint)
