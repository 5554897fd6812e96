"""The integrations that a call of init is given, as production makes them."""

from __future__ import annotations

import ast

from msgspec import Struct

from checks.parsers.flow import call_name
from checks.parsers.position import line_of
from checks.production.values import External, Instance, Known, Made, members
from checks.repository.settings import LocatedInit, SettingsChain


def is_false(call: LocatedInit, option: str) -> bool:
    """Return whether a call gives an option the value False."""
    bound = call.initialization.options.get(option)
    return bound is not None and bound.value == Known(False)


class ListedIntegration(Struct, frozen=True, kw_only=True):
    """An integration in the list of a call: its class, how it was made, its place, whether it is surely in the list."""

    name: str
    made: Made | None
    path: str
    line: int
    sure: bool


def listed_integrations(
    chain: SettingsChain, call: LocatedInit, option: str = "integrations"
) -> tuple[list[ListedIntegration], bool]:
    """Return the integrations that an option of a call holds, and whether these are all that it may hold."""
    bound = call.initialization.options.get(option)
    machine = chain.machine
    listed: list[ListedIntegration] = []
    whole = True
    possible = list(members(bound.value)) if bound is not None else []
    for value in possible:
        if value == Known(None):
            continue
        items = machine.items(value) if machine is not None else None
        whole = whole and items is not None and not items.open
        sure = len(possible) == 1 and items is not None and not items.open
        for element in items.items if items is not None else ():
            node = element.node
            line = line_of(node) if node is not None else call.call.line
            one = element.value
            if isinstance(one, Made):
                name, line = one.name.rpartition(".")[2], line_of(one.node)
                listed.append(ListedIntegration(name=name, made=one, path=one.path, line=line, sure=sure))
            elif isinstance(one, External):
                name = one.name.rpartition(".")[2]
                listed.append(ListedIntegration(name=name, made=None, path=element.path, line=line, sure=sure))
            elif isinstance(node, ast.Call) and call_name(node).endswith("Integration"):
                listed.append(
                    ListedIntegration(name=call_name(node), made=None, path=element.path, line=line, sure=sure)
                )
            elif not isinstance(one, Instance):
                whole = False
    return listed, whole
