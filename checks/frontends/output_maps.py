"""What the options of the output make of `build.sourcemap`."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN, production_value
from checks.parsers.vite import ViteConfig
from checks.parsers.vite_objects import UnresolvedSource, production_branch, resolve
from checks.repository.vite_builds import ViteBuild, option

_OPTIONS = ("rollupOptions", "rolldownOptions")


def output_without_maps(config: ViteConfig, made: ViteBuild) -> tuple[bool | None, Node] | None:
    """Return the `output.sourcemap` that keeps a build from writing map files: True with its value, or None where it may.

    Vite spreads the output's own options after `build.sourcemap`, so that they win
    (https://github.com/vitejs/vite/blob/main/packages/vite/src/node/build.ts, `buildOutputOptions`).
    """
    build = config.chosen.build if config.chosen is not None else None
    if not isinstance(build, Node):
        return None
    for key in _OPTIONS:
        output = option(config.root, build, key, "output")
        if isinstance(output, UnresolvedSource) or output is None:
            continue
        found = production_branch(resolve(output, config.root), config.root, made.values)
        for one in [n for n in found.named_children if n.type != "comment"] if found.type == "array" else [found]:
            value = option(config.root, one, "sourcemap") if resolve(one, config.root).type == "object" else None
            if value is None:
                continue
            if isinstance(value, UnresolvedSource):
                return None, value.node
            known = production_value(resolve(value, config.root), build=made.values)
            if known is UNKNOWN:
                return None, value
            if known not in (True, "hidden"):
                return True, value
    return None


def written(node: Node) -> str:
    """Return an expression in one line, at most 60 characters of it."""
    return " ".join(js.text_of(node).split())[:60]
