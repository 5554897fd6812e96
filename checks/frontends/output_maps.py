"""Which maps a Vite build writes: by its flag, by `build.sourcemap`, and by the options of each output, which win."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.outputs import output_of_plugins
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN, production_value
from checks.parsers.vite import ViteConfig, production_sourcemap
from checks.parsers.vite_objects import UnresolvedSource, production_branch, resolve
from checks.repository.vite_builds import ViteBuild, option

_OPTIONS = ("rollupOptions", "rolldownOptions")
_FLAGS: dict[str, object] = {"true": True, "false": False}


class WrittenMaps(Struct, frozen=True):
    """The maps of one output: `value` as in `build.sourcemap` or `UNKNOWN`, and the expression that says so where there is one.

    `by_output` says that the output's own options decide, `by_plugin` is the plugin that does where the config says nothing.
    `elsewhere` is the expression in another file; `node` brings it here.
    """

    value: object
    node: Node | None
    by_output: bool = False
    elsewhere: Node | None = None
    by_plugin: str = ""

    @property
    def state(self) -> str:
        """`on`, `off`, `inline` or `unclear`."""
        if self.value is UNKNOWN:
            return "unclear"
        return "inline" if self.value == "inline" else "on" if self.value else "off"

    @property
    def written(self) -> str:
        """The expression in one line, at most 60 characters of it."""
        node = self.elsewhere if self.elsewhere is not None else self.node
        return " ".join(js.text_of(node).split())[:60] if node is not None else ""


def written_maps(config: ViteConfig, made: ViteBuild) -> list[WrittenMaps]:
    """Return the maps of each output of a build: one where the bundler's own options name no output.

    Vite spreads the output's own options after `build.sourcemap`, so that they win; the flag stands for `build.sourcemap`
    (https://github.com/vitejs/vite/blob/main/packages/vite/src/node/build.ts, `buildOutputOptions`).
    """
    own = _of_environment(config, made) or _own(config, made)
    return list(_of_outputs(config, made, own)) or [own]


def _of_environment(config: ViteConfig, made: ViteBuild) -> WrittenMaps | None:
    """Return what the environment that is built for browsers says itself, which wins over the config around it; None where it says nothing.

    https://vite.dev/guide/api-environment.html#environments-for-spa-mpa-apps
    """
    chosen, keys = config.chosen, ("environments", "client", "build", "sourcemap")
    if chosen is None or chosen.node.type != "object":
        return None
    value = option(config.root, chosen.node, *keys, shared=config.shared)
    if value is None:
        return None
    if isinstance(value, UnresolvedSource):
        return WrittenMaps(value.known, value.node, elsewhere=value.value) if value.brought is not None else None
    return WrittenMaps(production_value(resolve(value, config.root), build=made.values), value)


def _own(config: ViteConfig, made: ViteBuild) -> WrittenMaps:
    if made.sourcemap_flag is not None:
        return WrittenMaps(_FLAGS.get(made.sourcemap_flag, made.sourcemap_flag), None)
    node = config.sourcemap
    elsewhere = config.chosen.sourcemap if config.chosen is not None else None
    if isinstance(elsewhere, UnresolvedSource) and elsewhere.value is not None:
        return WrittenMaps(elsewhere.known, elsewhere.node, elsewhere=elsewhere.value)
    if config.sourcemap_setting == "inline":
        return WrittenMaps("inline", node)
    plugin = _switching(config) if node is None and elsewhere is None else None
    if plugin is not None:
        return WrittenMaps(True, plugin[1], by_plugin=plugin[0])
    state = production_sourcemap(config)
    if state != "on" or node is None:
        return WrittenMaps(UNKNOWN if state == "unclear" else state == "on", node)
    return WrittenMaps(production_value(node, build=made.values), node)


def _switching(config: ViteConfig) -> tuple[str, Node] | None:
    """Return the plugin that writes maps where the config says nothing of them, with its import."""
    output = output_of_plugins(config.root)
    modules = output.plugins if output is not None and output.maps else ()
    return next(((module, node) for module, _, node in js.imports(config.root) if module in modules), None)


def _of_outputs(config: ViteConfig, made: ViteBuild, own: WrittenMaps) -> Iterator[WrittenMaps]:
    build = config.chosen.build if config.chosen is not None else None
    if isinstance(build, UnresolvedSource) and build.brought is not None and config.shared is not None:
        for key in _OPTIONS:
            layers = config.shared.find(build.brought, key, "output", "sourcemap")
            if layers != ():
                known = UNKNOWN if layers is None else config.shared.production(layers)
                yield WrittenMaps(known, build.node, by_output=True, elsewhere=layers[0].node if layers else None)
    if not isinstance(build, Node):
        return
    for key in _OPTIONS:
        output = option(config.root, build, key, "output", shared=config.shared)
        if isinstance(output, UnresolvedSource) or output is None:
            continue
        found = production_branch(resolve(output, config.root), config.root, made.values)
        for one in [n for n in found.named_children if n.type != "comment"] if found.type == "array" else [found]:
            value = (
                option(config.root, one, "sourcemap", shared=config.shared)
                if resolve(one, config.root).type == "object"
                else None
            )
            if value is None:
                yield own
            elif isinstance(value, UnresolvedSource):
                yield WrittenMaps(value.known, value.node, by_output=True, elsewhere=value.value)
            else:
                known = production_value(resolve(value, config.root), build=made.values)
                yield WrittenMaps(known, value, by_output=True)
