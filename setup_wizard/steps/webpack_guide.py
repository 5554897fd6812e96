"""What a person writes into a webpack or Rspack configuration: for that very file, with its lines, its folder and its imports."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.build_outputs import UNKNOWN
from checks.frontends.bundler_entries import production_config
from checks.frontends.configs import (
    Value,
    below_root,
    branches,
    configured,
    exports_of,
    follow,
    path_text,
    returned,
    tree_of,
)
from checks.frontends.inits import browser_inits
from checks.parsers import javascript as js
from checks.parsers.javascript_scopes import FUNCTIONS
from checks.repository.devtool_flags import Devtool, devtool_of_builds
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend, manifest_of
from setup_wizard.editors.entry import Style, style_of
from setup_wizard.editors.vite_call import quoted
from setup_wizard.steps.build_release import build_release
from setup_wizard.steps.sdk_choice import webpack_plugin

_UNKNOWN = f"./{UNKNOWN}"
_MERGING = frozenset({"merge", "webpackMerge", "defineConfig"})
"""Functions that give back what they are given (https://github.com/survivejs/webpack-merge)."""

_WHOLE = frozenset({"*", "default", "rspack"})
"""What a configuration imports to have the whole bundler: `import webpack`, `import { rspack }`."""


class _File(Struct, frozen=True, kw_only=True):
    """The file that lists the plugins of production: its `path`, tree and style; `opening` is the place in words, `listed` whether
    a list is there already.
    """

    path: str
    tree: Node
    style: Style
    opening: str
    listed: bool

    def taken(self, name: str, module: str, *, whole: bool = False) -> str:
        """Return the line that imports a name, in the file's own module system."""
        q, end = self.style.quote, self.style.semicolon
        own = name if whole else f"{{ {name} }}"
        if any(n.type in ("import_statement", "export_statement") for n in self.tree.named_children):
            return f"import {own} from {q}{module}{q}{end}"
        return f"const {own} = require({q}{module}{q}){end}"

    def plugins(self, rows: list[str]) -> list[str]:
        """Return the lines of plugins, within a list of their own where the file has none."""
        unit = self.style.unit
        inner = [f"{unit * 2}{row}" for row in rows]
        if self.listed:
            return [self.opening, *inner]
        return [f"{self.opening}; where `plugins` is there by now, in it", f"{unit}plugins: [", *inner, f"{unit}],"]


def _file(facts: Facts, frontend: Frontend) -> tuple[str, _File] | None:
    """Return the configuration of a webpack or Rspack build, and the file that its plugins are written into."""
    path = production_config(facts, frontend) if frontend.bundler in ("webpack", "rspack") else None
    tree = tree_of(facts, path) if path is not None else None
    if path is None or tree is None or "@rsbuild/core" in frontend.dependencies:
        return None
    plugins = _of_production(configured(facts, path, "plugins"))
    home, at = path, _merged(facts, path)
    if plugins is not None and plugins.path != path and at is None:
        home = plugins.path
    tree = tree_of(facts, home) or tree
    style = style_of((facts.text(home) or "").encode(), home)
    if plugins is not None and plugins.path == home:
        opening, listed = f"// {home}:{js.line_of(plugins.node)}, the last of `plugins`", True
    elif at is not None:
        opening, listed = f"// {home}:{at}, in the configuration that is there", False
    else:
        opening, listed = f"// {home}, in the configuration that it exports", False
    return path, _File(path=home, tree=tree, style=style, opening=opening, listed=listed)


def _merged(facts: Facts, path: str) -> int | None:
    """Return the line of the object that a file merges onto a shared configuration: lists of both are joined."""
    for value in exports_of(facts, path):
        node = follow(facts, value).node
        for call in (node, *(returned(node) if node.type in FUNCTIONS else ())):
            function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
            if call.type != "call_expression" or function is None or js.text_of(function) not in _MERGING:
                continue
            own = [n for n in arguments.named_children if n.type == "object"] if arguments is not None else []
            if own:
                return js.line_of(own[-1])
    return None


def of_config(facts: Facts, frontend: Frontend) -> tuple[str, str] | None:
    """Return the configuration of a webpack or Rspack build with the lines for it; None where no file of it is read.

    The lines may hold `{org}` and `{project}`. Sources: https://www.npmjs.com/package/@sentry/webpack-plugin (it serves Rspack
    too), https://webpack.js.org/configuration/devtool/.
    """
    found = _file(facts, frontend)
    if found is None:
        return None
    path, file = found
    own = style_of((facts.text(path) or "").encode(), path)
    q, unit = file.style.quote, file.style.unit
    engine = "webpack" if frontend.bundler == "webpack" else "@rspack/core"
    devtool = _of_production(configured(facts, path, "devtool"))
    folder = _folder(facts, frontend, path)
    pattern = f"[{q}{folder}/**/*.map{q}]"
    rows = [
        f"npm install {'' if _installs_tools(facts, frontend, engine) else '--save-dev '}{webpack_plugin(facts, frontend)}",
        "",
        f"// {file.path}, after the other imports",
        file.taken("sentryWebpackPlugin", "@sentry/webpack-plugin"),
        "",
        *_devtool_rows(devtool, path, own, devtool_of_builds(facts, frontend)),
        "",
        *([f"// {UNKNOWN} is the folder that the build writes to"] if folder == _UNKNOWN else []),
        *file.plugins(
            [
                "sentryWebpackPlugin({",
                f"{unit}org: {q}{{org}}{q},",
                f"{unit}project: {q}{{project}}{q},",
                f"{unit}authToken: process.env.SENTRY_AUTH_TOKEN,",
                f"{unit}release: {{ name: {quoted(build_release(facts, frontend), q)} }},",
                f"{unit}sourcemaps: {{ filesToDeleteAfterUpload: {pattern} }},",
                "}),",
            ]
        ),
    ]
    return path, "\n".join(rows) + "\n"


def of_variables(facts: Facts, frontend: Frontend, names: tuple[str, ...]) -> list[str] | None:
    """Return the lines by which the bundler puts variables into the code; None where no configuration of it is read.

    https://webpack.js.org/plugins/environment-plugin/ (Rspack has it too); nothing where the configuration passes them all.
    """
    found = _file(facts, frontend)
    if found is None:
        return None
    _, file = found
    passed = set(_passed(facts, frontend))
    names = tuple(n for n in names if n not in passed)
    if not names:
        return []
    engine = "webpack" if frontend.bundler == "webpack" else "@rspack/core"
    whole = _whole_module(file.tree, engine)
    q = file.style.quote
    empty = ", ".join(f"{name}: {q}{q}" for name in names)
    name = "webpack" if frontend.bundler == "webpack" else "rspack"
    line = file.taken(name, engine, whole=engine == "webpack")
    imported = [] if whole is not None else [f"// {file.path}, after the other imports", line, ""]
    return [*imported, *file.plugins([f"new {whole or name}.EnvironmentPlugin({{ {empty} }}),"])]


def _passed(facts: Facts, frontend: Frontend) -> Iterator[str]:
    """Yield the variables that the configuration puts into the code already, by EnvironmentPlugin, DefinePlugin or dotenv's."""
    path = production_config(facts, frontend)
    plugins = configured(facts, path, "plugins") if path is not None else []
    trees = {v.path: tree for v in plugins if (tree := tree_of(facts, v.path)) is not None}
    for tree in trees.values():
        for node in js.descend(tree):
            made = node.child_by_field_name("constructor") if node.type == "new_expression" else None
            arguments = node.child_by_field_name("arguments")
            if made is None or arguments is None or js.text_of(made).rpartition(".")[2] not in _PASSING:
                continue
            for given in arguments.named_children:
                texts = [js.string_of(n) or "" for n in js.descend(given) if n.type == "string"]
                keys = [name for name, _, _ in js.properties(given)] if given.type == "object" else []
                yield from (t.removeprefix("process.env.") for t in [*keys, *texts])


_PASSING = frozenset({"EnvironmentPlugin", "DefinePlugin"})


def _of_production(found: list[Value]) -> Value | None:
    """Return the value in effect in production: the only one, or the only one beside `mode: 'production'`; None where that is open."""
    places = {(v.path, v.node.start_byte): v for v in found}
    if len(places) < 2:
        return next(iter(found), None)
    own = [v for v in places.values() if _mode(v.node) == "production"]
    return own[0] if len(own) == 1 else None


def _mode(node: Node) -> str | None:
    """Return the mode in the same object as a value (https://webpack.js.org/configuration/mode/)."""
    pair = node.parent
    table = pair.parent if pair is not None and pair.type == "pair" else None
    given = next((v for k, _, v in js.properties(table) if k == "mode"), None) if table is not None else None
    return js.string_of(given) if given is not None else None


def _whole_module(tree: Node, engine: str) -> str | None:
    """Return the name by which a configuration has the whole bundler already, None where it has not."""
    names = (n for module, given, _ in js.imports(tree) if module == engine for n, of in given.items() if of in _WHOLE)
    return next(names, None)


def takes_variables(facts: Facts, frontend: Frontend) -> bool:
    """Return whether the bundler is to take the DSN from a variable: an init call that takes it from the page needs none."""
    inits = browser_inits(facts, frontend)
    given = [js.text_of(node) for i in inits if (node := i.option("dsn")) is not None]
    return not inits or any("process.env" in text for text in given)


def _installs_tools(facts: Facts, frontend: Frontend, engine: str) -> bool:
    """Return whether the bundler itself is one of the package's dependencies: what builds it may leave those of developers out."""
    data = manifest_of(facts, frontend.manifest) or {}
    own = data.get("dependencies")
    return isinstance(own, dict) and engine in own


def _folder(facts: Facts, frontend: Frontend, path: str) -> str:
    """Return the folder that the build writes to, from the package's own; webpack's default where nothing is said."""
    given = configured(facts, path, "output", "path")
    if given:
        return _spelled(facts, frontend, given)
    outputs = configured(facts, path, "output")
    whole = exports_of(facts, path) + outputs
    return "./dist" if exports_of(facts, path) and all(_is_written_out(facts, v) for v in whole) else _UNKNOWN


def _spelled(facts: Facts, frontend: Frontend, given: list[Value]) -> str:
    texts = {path_text(facts, v, frontend.root) for v in given}
    text = texts.pop() if len(texts) == 1 else None
    found = below_root(text, frontend.root) if text else None
    if found is None:
        return _UNKNOWN
    folder = posixpath.relpath(found, frontend.root)
    return folder if folder.startswith("../") else f"./{folder}"


def _is_written_out(facts: Facts, value: Value) -> bool:
    """Return whether an object is all there, so that a key that it lacks is not set elsewhere."""
    value = follow(facts, value)
    node = value.node
    if node.type == "object":
        return not js.has_spread(node)
    if node.type in FUNCTIONS:
        return all(_is_written_out(facts, Value(value.path, n)) for n in returned(node))
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if node.type != "call_expression" or function is None or arguments is None or js.text_of(function) not in _MERGING:
        return False
    return all(_is_written_out(facts, Value(value.path, n)) for n in arguments.named_children if n.type != "comment")


def of_vue_cli(facts: Facts, frontend: Frontend) -> tuple[str, str] | None:
    """Return the file of Vue CLI with the lines for it, the folder being its `outputDir`; None for what Vue CLI does not build.

    https://cli.vuejs.org/config/#outputdir, https://cli.vuejs.org/config/#configurewebpack
    """
    if frontend.framework is None or frontend.framework.name != "Vue CLI":
        return None
    path = next(
        (p for s in ("js", "cjs", "mjs", "ts") if (p := join(frontend.root, f"vue.config.{s}")) in facts.paths), None
    )
    if path is None:
        return None
    given, ends = configured(facts, path, "outputDir"), exports_of(facts, path)
    usual = "./dist" if ends and all(_is_written_out(facts, v) for v in ends) else _UNKNOWN
    folder = _spelled(facts, frontend, given) if given else usual
    tree = tree_of(facts, path)
    style = style_of((facts.text(path) or "").encode(), path)
    unit, q = style.unit, style.quote
    there = configured(facts, path, "configureWebpack")
    place = (
        f"// {path}:{js.line_of(there[0].node)}, in `configureWebpack`"
        if there
        else f"// {path}, a key beside the others"
    )
    file = _File(path=path, tree=tree, style=style, opening="", listed=False) if tree is not None else None
    shown = [
        f"npm install --save-dev {webpack_plugin(facts, frontend)}",
        "",
        f"// {path}, after the other imports",
        *([file.taken("sentryWebpackPlugin", "@sentry/webpack-plugin")] if file is not None else []),
        "",
        *([f"// {UNKNOWN} is the folder that the build writes to"] if folder == _UNKNOWN else []),
        place,
        *([] if there else [f"{unit}configureWebpack: {{"]),
        f"{unit * 2}devtool: {q}hidden-source-map{q},",
        f"{unit * 2}plugins: [",
        f"{unit * 3}sentryWebpackPlugin({{",
        f"{unit * 4}org: {q}{{org}}{q},",
        f"{unit * 4}project: {q}{{project}}{q},",
        f"{unit * 4}authToken: process.env.SENTRY_AUTH_TOKEN,",
        f"{unit * 4}release: {{ name: {quoted(build_release(facts, frontend), q)} }},",
        f"{unit * 4}sourcemaps: {{ filesToDeleteAfterUpload: [{q}{folder}/**/*.map{q}] }},",
        f"{unit * 3}}}),",
        f"{unit * 2}],",
        *([] if there else [f"{unit}}},"]),
    ]
    return path, "\n".join(shown) + "\n"


def _devtool_rows(value: Value | None, path: str, style: Style, told: Devtool | None) -> list[str]:
    """Return the place and the line that switches hidden maps on, in the form in which the setting is written.

    A flag of the command overrules the configuration.
    """
    if told is not None and told.value is not None:
        return [f"// {told.path}:{told.line}, instead of `{told.written}`", "--devtool hidden-source-map"]
    q, unit, end = style.quote, style.unit, style.semicolon
    hidden = f"{q}hidden-source-map{q}"
    if value is None:
        return [f"// {path}, in the configuration for production", f"{unit}devtool: {hidden},"]
    node = value.node
    while node.parent is not None and node.type not in ("pair", "assignment_expression"):
        node = node.parent
    place = f"// {value.path}:{js.line_of(value.node)}"
    if node.type == "program":
        return [f"{place}, in the configuration for production", f"{unit}devtool: {hidden},"]
    written = js.text_of(node)
    place += f", for production instead of `{written[:60]}`"
    if node.type == "assignment_expression":
        left = node.child_by_field_name("left")
        return [place, f"{js.text_of(left)} = {hidden}{end}" if left is not None else f"devtool: {hidden}"]
    taken = branches(value.node) if value.node.type == "ternary_expression" else []
    if len(taken) == 1:
        first = taken[0].start_byte - node.start_byte
        raw = node.text or b""
        rest = raw[taken[0].end_byte - node.start_byte :].decode()
        return [place, f"{unit}{raw[:first].decode()}{hidden}{rest},"]
    return [place, f"{unit}devtool: {hidden},"]
