"""What a person writes into a webpack or Rspack configuration: for that very file, with its lines, its folder and its imports."""

from __future__ import annotations

import posixpath

from tree_sitter import Node

from checks.frontends.bundler_entries import production_config
from checks.frontends.configs import (
    Value,
    below_root,
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
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend, manifest_of
from setup_wizard.editors.entry import style_of

_UNKNOWN = "./FOLDER_OF_THE_BUILD"
_MERGING = frozenset({"merge", "webpackMerge", "defineConfig"})
"""Functions that give back what they are given (https://github.com/survivejs/webpack-merge)."""


def of_config(facts: Facts, frontend: Frontend) -> tuple[str, str] | None:
    """Return the configuration of a webpack or Rspack build with the lines for it; None where no file of it is read.

    The lines may hold `{org}` and `{project}`. Sources: https://www.npmjs.com/package/@sentry/webpack-plugin (it serves Rspack
    too), https://webpack.js.org/configuration/devtool/.
    """
    path = production_config(facts, frontend) if frontend.bundler in ("webpack", "rspack") else None
    tree = tree_of(facts, path) if path is not None else None
    if path is None or tree is None or "@rsbuild/core" in frontend.dependencies:
        return None
    style = style_of((facts.text(path) or "").encode(), path)
    q, end, unit = style.quote, style.semicolon, style.unit
    modules = any(n.type == "import_statement" for n in tree.named_children)
    engine = "webpack" if frontend.bundler == "webpack" else "@rspack/core"

    def taken(name: str, module: str) -> str:
        if modules:
            return f"import {{ {name} }} from {q}{module}{q}{end}"
        return f"const {{ {name} }} = require({q}{module}{q}){end}"

    devtool = _of_production(configured(facts, path, "devtool"))
    plugins = _of_production(configured(facts, path, "plugins"))
    folder = _folder(facts, frontend, path)
    whole = _whole_module(tree, engine)
    named = _takes_variable(facts, frontend)
    made = f"new {whole}.EnvironmentPlugin" if whole is not None else "new EnvironmentPlugin"
    rows = [
        f"npm install {'' if _installs_tools(facts, frontend, engine) else '--save-dev '}@sentry/webpack-plugin",
        "",
        f"// {path}, after the other imports",
        taken("sentryWebpackPlugin", "@sentry/webpack-plugin"),
        *([taken("EnvironmentPlugin", engine)] if named and whole is None else []),
        "",
        f"// {_instead(devtool, path)}",
        f"{unit}devtool: {q}hidden-source-map{q},",
        "",
        f"// {_place(plugins, path)}",
        *([f"{unit * 2}{made}({{ SENTRY_DSN: {q}{q} }}),"] if named else []),
        f"{unit * 2}sentryWebpackPlugin({{",
        f"{unit * 3}org: {q}{{org}}{q},",
        f"{unit * 3}project: {q}{{project}}{q},",
        f"{unit * 3}authToken: process.env.SENTRY_AUTH_TOKEN,",
        f"{unit * 3}release: {{ name: process.env.SENTRY_RELEASE }},",
        f"{unit * 3}sourcemaps: {{ filesToDeleteAfterUpload: [{q}{folder}/**/*.map{q}] }},",
        f"{unit * 2}}}),",
    ]
    return path, "\n".join(rows) + "\n"


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


_WHOLE = frozenset({"*", "default"})


def _takes_variable(facts: Facts, frontend: Frontend) -> bool:
    """Return whether the bundle is to take the DSN from a variable: an init call that takes it from the page needs none."""
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


def of_vue_cli(facts: Facts, frontend: Frontend, maps: str) -> tuple[str, str] | None:
    """Return the file of Vue CLI with the lines for it, the folder being its `outputDir`; None for what Vue CLI does not build.

    https://cli.vuejs.org/config/#outputdir
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
    return path, maps.replace('"dist/', f'"{folder}/')


def _instead(value: Value | None, path: str) -> str:
    if value is None:
        return f"{path}, in the configuration for production"
    node = value.node
    while node.parent is not None and node.type not in ("pair", "assignment_expression"):
        node = node.parent
    if node.type == "program":
        return f"{value.path}:{js.line_of(value.node)}, in the configuration for production"
    return f"{value.path}:{js.line_of(value.node)}, for production instead of `{js.text_of(node)[:60]}`"


def _place(value: Value | None, path: str) -> str:
    if value is None:
        return f"{path}, in `plugins` of the configuration"
    return f"{value.path}:{js.line_of(value.node)}, the last of `plugins`"
