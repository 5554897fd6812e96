"""Whether esbuild or Rollup writes map files: by the command's flag, the options of a Node script, or the configuration.

https://esbuild.github.io/api/#sourcemap, https://rollupjs.org/configuration-options/#output-sourcemap
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.bundler_entries import production_config
from checks.frontends.commands import build_scripts, builder, commands, node_scripts, program
from checks.frontends.configs import Value, configured, tree_of, values
from checks.parsers import javascript as js
from checks.parsers.imported_names import origin_of, origins
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value
from checks.repository.builds import Build, deployed, find_builds
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend

_PRODUCTION = BuildValues("production", lambda name, _: "production" if name == "NODE_ENV" else UNKNOWN)
_FILES = frozenset({"linked", "external", "both", "hidden", "true", ""})
_BUILDS = frozenset({"build", "buildSync", "context"})
BUNDLERS = frozenset({"esbuild", "rollup"})


class MapSetting(Struct, frozen=True, kw_only=True):
    """Whether a build writes map files (None: not known here), what says so, and its place; `inline` ones are in the bundles."""

    writes: bool | None
    written: str
    path: str
    line: int
    inline: bool = False


def map_setting(facts: Facts, frontend: Frontend) -> MapSetting | None:
    """Return what decides of a frontend's maps: of several builds the one that writes them; None where no build is read."""
    if frontend.bundler not in BUNDLERS:
        return None
    found = list(_settings(facts, frontend))
    for wanted in (True, None, False):
        chosen = next((s for s in found if s.writes is wanted), None)
        if chosen is not None:
            return chosen
    return None


def build_modules(facts: Facts, frontend: Frontend) -> Iterator[tuple[str, Node]]:
    """Yield the Node scripts of a package that build with esbuild or Rollup, with their trees."""
    if frontend.bundler not in BUNDLERS:
        return
    for path in dict.fromkeys(join(frontend.root, f) for s in frontend.scripts.values() for f in node_scripts(s)):
        tree = tree_of(facts, path)
        modules = {m for m, _, _ in js.imports(tree)} if tree is not None else set()
        if tree is not None and modules & {"esbuild", "rollup", "rolldown"}:
            yield path, tree


def _settings(facts: Facts, frontend: Frontend) -> Iterator[MapSetting]:
    """Yield what the deployed builds say; of those whose command is not the bundler's own, what the package's scripts say."""
    builds = deployed(find_builds(facts, frontend))
    made = [(b, list(b.made.words if b.made is not None else b.words)) for b in builds]
    own = [(b, words) for b, words in made if builder(words) == frontend.bundler]
    for build, words in own:
        yield from _of_command(facts, frontend, program(words), build)
    if own and len(own) == len(builds):
        return
    for script in build_scripts(frontend.scripts):
        for words in commands(script):
            if builder(words) == frontend.bundler:
                yield from _of_command(facts, frontend, program(words))
    for path, tree in build_modules(facts, frontend):
        known = origins(tree)
        for node in js.descend(tree):
            function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            origin = origin_of(function, known) if node.type == "call_expression" and function is not None else None
            if origin is None or origin.module != "esbuild" or origin.name not in _BUILDS:
                continue
            given = arguments.named_children if arguments is not None else []
            if given:
                yield _of_value(facts, path, list(values(facts, Value(path, given[0]), "sourcemap")), given[0])


def _of_command(facts: Facts, frontend: Frontend, words: list[str], build: Build | None = None) -> Iterator[MapSetting]:
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if name in ("--sourcemap", "--sourceMap", "-m"):
            writes = None if "$" in value else value in _FILES if equals else True
            at, line = _place(facts, frontend, word, build)
            inline = value in ("inline", "both")
            yield MapSetting(writes=writes, written=word, path=at, line=line, inline=inline)
            return
    if frontend.bundler == "esbuild":
        at, line = _place(facts, frontend, "esbuild ", build)
        yield MapSetting(writes=False, written="no `--sourcemap`", path=at, line=line)
        return
    path = production_config(facts, frontend)
    tree = tree_of(facts, path) if path is not None else None
    if path is not None and tree is not None:
        outputs = configured(facts, path, "output")
        yield _of_value(
            facts, path, configured(facts, path, "output", "sourcemap"), outputs[0].node if outputs else tree
        )


def _place(facts: Facts, frontend: Frontend, word: str, build: Build | None) -> tuple[str, int]:
    """Return the file and line of a word of a build's command: where the command is spelled, else in the package's scripts."""
    path = build.made.path if build is not None and build.made is not None else frontend.manifest
    if path != frontend.manifest and build is not None and build.made is not None:
        return path, build.line if path == build.path else build.made.at
    rows = (facts.text(frontend.manifest) or "").splitlines()
    return frontend.manifest, next((n for n, row in enumerate(rows, start=1) if word in row), 1)


def _of_value(facts: Facts, path: str, found: list[Value], options: Node) -> MapSetting:
    if not found:
        given = js.unwrap(options)
        plain = given.type in ("object", "array") and not any(n.type == "spread_element" for n in js.descend(given))
        return MapSetting(
            writes=False if plain else None, written="no `sourcemap`", path=path, line=js.line_of(options)
        )
    states = [production_value(v.node, build=_PRODUCTION) for v in found]
    writes = [None if s is UNKNOWN else bool(s) and s != "inline" for s in states]
    at = writes.index(True) if True in writes else writes.index(None) if None in writes else 0
    written = f"sourcemap: {' '.join(js.text_of(found[at].node).split())[:40]}"
    line, inline = js.line_of(found[at].node), states[at] in ("inline", "both")
    return MapSetting(writes=writes[at], written=written, path=found[at].path, line=line, inline=inline)
