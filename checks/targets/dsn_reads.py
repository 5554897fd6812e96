"""Where the DSN of a backend comes from: its init call in effect, and what that reads."""

from __future__ import annotations

import ast

from checks.parsers.position import line_of
from checks.production.origins import EnvRead, Literal, Unresolved, origin
from checks.repository.settings import LocatedInit, SettingsChain


def dsn_read(chain: SettingsChain) -> tuple[LocatedInit, EnvRead | Literal | Unresolved] | None:
    """Return the init call in effect (the last one) with where its DSN comes from, or None when there is no init.

    Without a `dsn` keyword, or with None, the SDK itself reads `SENTRY_DSN`
    (https://docs.sentry.io/platforms/python/configuration/options/#dsn).
    """
    if not chain.inits:
        return None
    located = init_in_effect(chain)
    node = located.call.keywords.get("dsn")
    if node is None:
        if not located.call.star_known:
            return located, Unresolved(source="**options", line=located.call.line)
        return located, EnvRead(name="SENTRY_DSN", default=None, path=located.path, line=located.call.line)
    value = origin(located.initialization.options["dsn"].value, node)
    if isinstance(value, Literal) and value.value is None:
        if isinstance(node, (ast.Call, ast.Subscript)):
            return located, Unresolved(source=ast.unparse(node), line=line_of(node))
        return located, EnvRead(name="SENTRY_DSN", default=None, path=located.path, line=located.call.line)
    return located, value


def init_in_effect(chain: SettingsChain) -> LocatedInit:
    """Return the last call of init that production makes, those in the settings before others; else the last that it may make."""
    in_settings = [i for i in chain.inits if i.reached_by == "settings"]
    for runs in (True, None, False):
        for group in (in_settings, chain.inits):
            found = [i for i in group if i.runs is runs]
            if found:
                return found[-1]
    return chain.inits[-1]
