"""The Sentry plugin in each Vite build: every call of it, in whatever file, and whether it works there."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value
from checks.parsers.text import ParseError
from checks.parsers.vite import PluginCall, ViteConfig, plugin_calls_in
from checks.parsers.vite_held import Held, held
from checks.parsers.vite_objects import UnresolvedSource, production_branch, resolve
from checks.parsers.vite_plugins import Gate, gate_of
from checks.repository.facts import Facts, join, parent
from checks.repository.vite_builds import ViteBuild, config_of, option


class PluginState(Struct, frozen=True, kw_only=True):
    """A call of the Sentry plugin in one build: `works` is True, False or None (not known), `why` says what decides.

    `made` is the build as the file with the call sees it: what calls of its functions give to their parameters is among the values.
    """

    call: PluginCall
    made: ViteBuild
    path: str
    options: Node | None
    works: bool | None
    why: str
    line: int

    @property
    def root(self) -> Node:
        """The module with the call."""
        return js.top(self.call.node)


def plugin_states(facts: Facts, made: ViteBuild) -> list[PluginState]:
    """Return every call of the Sentry plugin for the config of a build, in whatever file, with whether it works there."""
    config = config_of(facts, made)
    if config is None or isinstance(config, ParseError):
        return []
    by_others = bool(config.elsewhere)
    own = [_state(config, made, c, _held(config, made, c) if by_others else None) for c in config.plugin_calls]
    modules = config.shared.reached_modules() if config.shared is not None else ()
    calls = [(name, call) for name, tree in modules for call in plugin_calls_in(tree)]
    return own + [_state(config, made, c, _held(config, made, c, name)) for name, c in calls]


class _Held(Struct, frozen=True):
    """A call that is reached through calls of functions: the gate that closes or may close it, and the build as its file sees it."""

    gate: Gate | None
    made: ViteBuild


def _held(config: ViteConfig, made: ViteBuild, call: PluginCall, module: str = "") -> _Held:
    """Decide whether the plugins of a config have a call that is in another file, or goes through functions of one."""
    made.unset.clear()
    path = join(parent(made.config), module) if module else made.config
    found = held(config.shared, config.export, call.node) if config.shared and config.export else Held(None)
    values = config.shared.values_at(found.at) if config.shared is not None and found.at is not None else made.values
    seen = replace(made, values=values, config=path)
    if found.state:
        return _Held(None, seen)
    if found.at is None or found.why is None:
        where = "" if found.state is False else ", and whether the plugins of the config have it is not followed"
        why = f"{path} calls it{where}" if where else f"{made.config} leaves it out"
        return _Held(Gate(why, js.line_of(call.node), found.state), seen)
    written = " ".join(js.text_of(found.why).split())[:60]
    return _Held(Gate(f"it is on only with `{written}`", js.line_of(found.why), found.state), seen)


def _state(config: ViteConfig, made: ViteBuild, call: PluginCall, through: _Held | None) -> PluginState:
    if through is None:
        made.unset.clear()
    gate = gate_of(call.node, made.values) if through is None else through.gate
    seen = made if through is None else through.made
    root = js.top(call.node)
    first = _first_argument(call)
    options = call.options or (_literal_options(first, root, seen.values) if first is not None else None)

    def state(works: bool | None, why: str, line: int) -> PluginState:
        unset = ", ".join(f"`{n}`" for n in dict.fromkeys(made.unset)) if works is not True else ""
        return PluginState(
            call=call,
            made=seen,
            path=seen.config,
            options=options,
            works=None if unset else works,
            line=line,
            why=f"{why}, and no build step sets {unset}" if unset else why,
        )

    if gate is not None:
        return state(gate.opens, _because(gate) if through is None else gate.text, gate.line)
    if first is not None and options is None:
        written = " ".join(js.text_of(first).split())[:60]
        return state(None, f"its options are `{written}`, which is not followed", call.line)
    for path in (("disable",), ("sourcemaps", "disable")):
        node = option(root, options, *path)
        if node is None:
            continue
        if isinstance(node, UnresolvedSource):
            return state(None, f"`{'.'.join(path)}` is not followed", js.line_of(node.node))
        value = production_value(resolve(node, root), build=seen.values)
        written = " ".join(js.text_of(node).split())[:60]
        if value is UNKNOWN or value:
            what = f"`{'.'.join(path)}` is `{written}`"
            return state(None if value is UNKNOWN else False, what, js.line_of(node))
    made.unset.clear()
    return state(True, "", call.line)


def _because(gate: Gate) -> str:
    return gate.text if gate.text == "nothing uses it" else f"it is on only with `{gate.text}`"


def _first_argument(call: PluginCall) -> Node | None:
    arguments = call.node.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    return given[0] if given else None


def _literal_options(given: Node, root: Node, values: BuildValues) -> Node | None:
    """Return the object that a call is given by a constant, or by the branch of a condition that this build takes."""
    found = production_branch(resolve(given, root), root, values)
    return found if found.type == "object" else None
