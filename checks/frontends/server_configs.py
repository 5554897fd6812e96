"""Vite configs whose build makes a server's bundle for Node: nothing of it is sent to a browser."""

from __future__ import annotations

from tree_sitter import Node

from checks.frontends.commands import builder, flag
from checks.parsers import javascript as js
from checks.parsers.javascript_values import OBJECT, UNKNOWN, production_value
from checks.parsers.vite import ViteConfig
from checks.parsers.vite_objects import ConfigObject, Reader, assume_may_define, resolve
from checks.repository.facts import Facts, join

_PATHS = frozenset({"resolve", "join", "fileURLToPath"})
"""Functions that give a path, which is never empty."""


def makes_a_server(facts: Facts, folder: str, words: list[str]) -> bool:
    """Return whether a command is a Vite build with a config of another name that makes a server's bundle."""
    named = flag(words, "--config", "-c") if builder(words) == "vite" else None
    return named is not None and is_for_server(facts, join(folder, named))


def is_for_server(facts: Facts, path: str) -> bool:
    """Return whether whatever a config may be says `build.ssr`, as true or with an entry; a condition is no certainty.

    https://vite.dev/config/build-options.html#build-ssr
    """
    config = facts.vite(path) if path in facts.paths else None
    return isinstance(config, ViteConfig) and bool(config.objects) and all(_says_ssr(config, o) for o in config.objects)


def _says_ssr(config: ViteConfig, one: ConfigObject) -> bool:
    build = resolve(one.build, config.root) if isinstance(one.build, Node) else None
    if build is None or build.type != "object":
        return False
    value = Reader(config.root, assume_may_define, shared=config.shared).lookup(build, "ssr")
    if not isinstance(value, Node):
        return False
    node = resolve(value, config.root)
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    if function is not None and js.text_of(function).rpartition(".")[2] in _PATHS:
        return True
    known = production_value(node)
    return known is OBJECT or (known is not UNKNOWN and bool(known))
