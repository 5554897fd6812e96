"""What a person writes into a webpack or Rspack configuration: for that very file, with its lines, its folder and its imports."""

from __future__ import annotations

import posixpath

from checks.frontends.bundler_entries import production_config
from checks.frontends.configs import Value, below_root, configured, path_text, tree_of
from checks.parsers import javascript as js
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from setup_wizard.editors.entry import style_of


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

    devtool = next((v for v in configured(facts, path, "devtool")), None)
    plugins = next((v for v in configured(facts, path, "plugins")), None)
    folder = _folder(facts, frontend, path)
    rows = [
        "npm install --save-dev @sentry/webpack-plugin",
        "",
        f"// {path}, behind the other imports",
        taken("sentryWebpackPlugin", "@sentry/webpack-plugin"),
        taken("EnvironmentPlugin", engine),
        "",
        f"// {_instead(devtool, path)}",
        f"{unit}devtool: {q}hidden-source-map{q},",
        "",
        f"// {_place(plugins, path)}",
        f"{unit * 2}new EnvironmentPlugin({{ SENTRY_DSN: {q}{q} }}),",
        f"{unit * 2}sentryWebpackPlugin({{",
        f"{unit * 3}org: {q}{{org}}{q},",
        f"{unit * 3}project: {q}{{project}}{q},",
        f"{unit * 3}authToken: process.env.SENTRY_AUTH_TOKEN,",
        f"{unit * 3}release: {{ name: process.env.SENTRY_RELEASE }},",
        f"{unit * 3}sourcemaps: {{ filesToDeleteAfterUpload: [{q}{folder}/**/*.map{q}] }},",
        f"{unit * 2}}}),",
    ]
    return path, "\n".join(rows) + "\n"


def _folder(facts: Facts, frontend: Frontend, path: str) -> str:
    """Return the folder that the build writes to, from the package's own; webpack's default where nothing is said."""
    given = configured(facts, path, "output", "path")
    texts = {path_text(facts, v, frontend.root) for v in given}
    text = texts.pop() if len(texts) == 1 else None
    found = below_root(text, frontend.root) if text else None
    if found is not None:
        return "./" + posixpath.relpath(found, frontend.root).removeprefix("./")
    return "./dist" if not given else "./FOLDER_OF_THE_BUILD"


def _instead(value: Value | None, path: str) -> str:
    if value is None:
        return f"{path}, in the configuration for production"
    node = value.node
    while node.parent is not None and node.type != "pair":
        node = node.parent
    return f"{value.path}:{js.line_of(value.node)}, for production instead of `{js.text_of(node)[:60]}`"


def _place(value: Value | None, path: str) -> str:
    if value is None:
        return f"{path}, in `plugins` of the configuration"
    return f"{value.path}:{js.line_of(value.node)}, the last of `plugins`"
