"""The names that a Vite build gives to its maps."""

from __future__ import annotations

import posixpath

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.vite import ViteConfig
from checks.parsers.vite_objects import UnresolvedSource, resolve
from checks.repository.facts import Facts
from checks.repository.vite_builds import ViteBuild, config_of, output_folder


def sample_maps(facts: Facts, made: ViteBuild) -> list[str] | None:
    """Return the names of maps that a build may write, below the repository; None where its folder cannot be determined."""
    out = output_folder(facts, made)
    if out is None:
        return None
    config = config_of(facts, made)
    names: list[str] = ["assets/index-D4x9.js", "assets/vendor-B7k2.js"]
    written = _written(config) if isinstance(config, ViteConfig) else []
    if written:
        custom = [_file_names(n, js.top(n)) for b in written for n in js.descend(b) if n.type == "pair"]
        if any(c is not None for c in custom):
            names = [c for c in custom if c] or ["index.js", "a/b/chunk.js"]
            if "" in custom:
                names += ["index.js", "a/b/chunk.js"]
    return [f"{out}/{n}.map" for n in names]


def _written(config: ViteConfig) -> list[Node]:
    """Return the expressions that `build` is made of: the config's own, or those of the files that make it."""
    build = config.chosen.build if config.chosen is not None else None
    if isinstance(build, UnresolvedSource):
        return [layer.node for layer in build.brought or ()]
    return [build] if build is not None else []


def _file_names(pair: Node, root: Node) -> str | None:
    key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
    name = js.text_of(key).strip("'\"") if key is not None else ""
    if name == "assetsDir" and value is not None:
        folder = js.string_of(js.unwrap(value))
        return posixpath.normpath(f"{folder}/index-D4x9.js") if folder is not None else ""
    if name not in ("entryFileNames", "chunkFileNames") or value is None:
        return None
    written = js.string_of(resolve(value, root))
    if written is None:
        return ""
    for hole, filled in (("[name]", "index"), ("[hash]", "D4x9"), ("[format]", "es"), ("[ext]", "js")):
        written = written.replace(hole, filled)
    return written
