"""What a person writes for a bundler whose files are not edited: the SDK's module beside the entry, the variables, and the maps."""

from __future__ import annotations

import json
import posixpath

from msgspec.structs import replace
from tree_sitter import Node

from checks.frontends.build_outputs import UNKNOWN, Output, output_of
from checks.frontends.commands import node_scripts
from checks.parsers import javascript as js
from checks.repository.browser import script
from checks.repository.facts import Facts, join, parent
from checks.repository.frontends import Frontend
from checks.repository.starting_pages import starting_pages
from setup_wizard.editors.entry import InstrumentOptions, Style, init_lines, instrument_text, style_of
from setup_wizard.steps.build_release import build_release
from setup_wizard.steps.sdk_choice import Sdk, cli, webpack_plugin
from setup_wizard.steps.webpack_guide import of_variables

_SUFFIXED = (".ts", ".tsx", ".mts")
_REPLACED = ("Create React App", "Vue CLI", "Rsbuild", "Parcel")
"""Builds that put variables of a prefix, and NODE_ENV, into the code by themselves
(https://create-react-app.dev/docs/adding-custom-environment-variables/, https://cli.vuejs.org/guide/mode-and-env.html,
https://rsbuild.rs/guide/advanced/env-vars, https://parceljs.org/features/node-emulation/)."""


def bundler_name(frontend: Frontend) -> str:
    """Return what builds a frontend, as people call it."""
    if frontend.framework is not None and frontend.framework.bundler is not None:
        return frontend.framework.name
    if "@rsbuild/core" in frontend.dependencies:
        return "Rsbuild"
    return {"rspack": "Rspack", "parcel": "Parcel", "rollup": "Rollup"}.get(frontend.bundler, frontend.bundler)


def prefix_of(frontend: Frontend) -> str:
    """Return how the names of variables have to begin that the build puts into the code."""
    framework = frontend.framework
    if framework is not None and framework.bundler is not None and framework.public:
        return framework.public[0]
    return "PUBLIC_" if "@rsbuild/core" in frontend.dependencies else ""


def sdk_text(facts: Facts, frontend: Frontend, sdk: Sdk, options: InstrumentOptions) -> str:
    """Return the commands, the module, its import in each entry and what the build is given."""
    prefix, name = prefix_of(frontend), bundler_name(frontend)
    dsn, environment = f"{prefix}SENTRY_DSN", f"{prefix}SENTRY_ENVIRONMENT"
    either = name in _REPLACED or frontend.bundler in ("webpack", "rspack", "esbuild")
    options = replace(
        options,
        dsn=f"process.env.{dsn}",
        environment=f"process.env.{environment}" + (" || process.env.NODE_ENV" if either else ""),
    )
    begun = [page[0] for page in starting_pages(facts, frontend) if page]
    rows = [*_vue(facts, frontend, options, begun)] if sdk.package == "@sentry/vue" else []
    rows = rows or _module(facts, frontend, options, begun)
    given = [] if name in _REPLACED else _given(facts, frontend, (dsn, environment))
    ends = ["", "# where it is built", f"{dsn}={{dsn}}", f"{environment}=production"]
    return "\n".join([f"npm install {sdk.named}", "", *rows, *(["", *given] if given else []), *ends]) + "\n"


def _module(facts: Facts, frontend: Frontend, options: InstrumentOptions, begun: list[str]) -> list[str]:
    """Return Sentry's own module with its place, and the line that each entry begins with."""
    first = next(iter(begun), None)
    style = (
        style_of((facts.text(first) or "").encode(), first) if first is not None else Style(quote='"', semicolon=";")
    )
    folders = {parent(p) for p in begun}
    folder = posixpath.commonpath(folders) if folders else ""
    folder = folder or "."
    typed = first is not None and first.endswith(_SUFFIXED)
    required = first is not None and _is_commonjs(facts, first)
    path = join(folder, f"instrument.{'ts' if typed else 'js'}")
    text = instrument_text(options, style)
    if required:
        q, end = style.quote, style.semicolon
        text = text.replace(
            f"import * as Sentry from {q}{options.package}{q}{end}",
            f"const Sentry = require({q}{options.package}{q}){end}",
        )
    if typed and "@types/node" not in frontend.dependencies and bundler_name(frontend) not in _REPLACED:
        declared = f"declare const process: {{ env: Record<string, string | undefined> }}{style.semicolon}\n"
        text = text.replace("\n\n", f"\n\n{declared}\n", 1)
    if first is None:
        rows = ["// instrument.js, a new file beside the module that the page loads first", *text.splitlines(), ""]
        return [*rows, "// that module, above its other imports", 'import "./instrument";']
    rows = [f"// {path}, a new file", *text.splitlines()]
    for entry in begun:
        own = style_of((facts.text(entry) or "").encode(), entry)
        module = posixpath.relpath(join(folder, "instrument"), parent(entry))
        module = module if module.startswith("../") else f"./{module}"
        text = f"{own.quote}{module}{own.quote}"
        line = f"require({text})" if _is_commonjs(facts, entry) else f"import {text}"
        rows += ["", f"// {entry}, above its other imports", f"{line}{own.semicolon}"]
    return rows


def _is_commonjs(facts: Facts, path: str) -> bool:
    """Return whether a module takes others in by `require` and has no `import`."""
    tree = script(facts, path)
    if not isinstance(tree, Node) or any(
        n.type in ("import_statement", "export_statement") for n in tree.named_children
    ):
        return False
    return any(n.type in ("lexical_declaration", "variable_declaration") for _, _, n in js.imports(tree)) or any(
        js.calls(n, "require") for n in tree.named_children
    )


def _vue(facts: Facts, frontend: Frontend, options: InstrumentOptions, begun: list[str]) -> list[str]:
    """Return the lines for a Vue application, which the SDK is given (https://docs.sentry.io/platforms/javascript/guides/vue/)."""
    if len(begun) != 1:
        return []
    path = begun[0]
    tree = script(facts, path)
    if not isinstance(tree, Node):
        return []
    style = style_of((facts.text(path) or "").encode(), path)
    q, end = style.quote, style.semicolon
    names = {local: of for module, given, _ in js.imports(tree) if module == "vue" for local, of in given.items()}
    taken = ["", f"// {path}, among its imports", f"import * as Sentry from {q}{options.package}{q}{end}", ""][1:]
    for node in js.descend(tree):
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is not None and names.get(js.text_of(function)) in ("createApp", "createSSRApp"):
            return [*taken, *_of_application(path, node, options, style)]
        made = node.child_by_field_name("constructor") if node.type == "new_expression" else None
        if made is not None and names.get(js.text_of(made)) == "default":
            line = f"// {path}:{js.line_of(node)}, above `new {js.text_of(made)}(…)`"
            key = "Vue," if js.text_of(made) == "Vue" else f"Vue: {js.text_of(made)},"
            return [*taken, line, *init_lines(options, style, key)]
    return []


def _of_application(path: str, made: Node, options: InstrumentOptions, style: Style) -> list[str]:
    """Return the lines behind the call that makes the application; a chain is taken apart."""
    where = f"{path}:{js.line_of(made)}"
    declared = made.parent
    name = (
        declared.child_by_field_name("name")
        if declared is not None and declared.type == "variable_declarator"
        else None
    )
    if name is not None and name.type == "identifier":
        own = js.text_of(name)
        key = "app," if own == "app" else f"app: {own},"
        return [f"// {where}, below `{own} = {js.text_of(made)}`", *init_lines(options, style, key)]
    end, call = style.semicolon, js.text_of(made)
    rows = [f"// {where}, instead of `{call}` at the beginning of that statement", f"const app = {call}{end}", ""]
    return [*rows, *init_lines(options, style, "app,"), "", "app"]


def _given(facts: Facts, frontend: Frontend, names: tuple[str, str]) -> list[str]:
    """Return how the build puts two variables into the code, which it does not do by itself."""
    own = of_variables(facts, frontend, names)
    if own is not None:
        return own
    empty = ", ".join(f'{name}: ""' for name in names)
    if frontend.bundler in ("webpack", "rspack"):
        module = "webpack" if frontend.bundler == "webpack" else "rspack"
        place = f"// the configuration of the build, in `plugins`; `{module}` is the bundler's own module"
        return [place, f"new {module}.EnvironmentPlugin({{ {empty} }}),"]
    spelled = [f'"process.env.{name}": JSON.stringify(process.env.{name} || ""),' for name in names]
    if frontend.bundler == "rollup":
        rows = [
            "npm install --save-dev @rollup/plugin-replace",
            "",
            f"// {_rollup_config(facts, frontend)}, the first of `plugins`",
        ]
        rows = [*rows, 'import replace from "@rollup/plugin-replace";', ""]
        return [
            *rows,
            "replace({",
            "  preventAssignment: true,",
            "  values: {",
            *(f"    {s}" for s in spelled),
            "  },",
            "}),",
        ]
    if frontend.bundler == "esbuild" and _by_command(frontend):
        flags = " ".join(f'--define:process.env.{name}="\\"${name}\\""' for name in names)
        flags = json.dumps(flags)[1:-1]
        return [
            f"// {frontend.manifest}, at the end of the command of the script that builds",
            flags,
        ]
    if frontend.bundler == "esbuild":
        return [
            f"// {_script(facts, frontend)}, in the options that esbuild is given",
            "define: {",
            *(f"  {s}" for s in spelled),
            "},",
        ]
    return [f"// the build puts process.env.{' and process.env.'.join(names)} into the code"]


def _by_command(frontend: Frontend) -> bool:
    """Return whether a script of the package calls esbuild itself."""
    return any("esbuild " in f"{text} " for text in frontend.scripts.values())


def _script(facts: Facts, frontend: Frontend) -> str:
    """Return the file of the package that calls esbuild, in words where no script of the package runs one."""
    scripts = (join(frontend.root, f) for text in frontend.scripts.values() for f in node_scripts(text))
    return next((p for p in scripts if p in facts.paths), "the script that builds")


def _rollup_config(facts: Facts, frontend: Frontend) -> str:
    """Return Rollup's configuration file; without its suffix where none of the usual names is there."""
    names = (join(frontend.root, f"rollup.config.{ending}") for ending in ("js", "mjs", "cjs", "ts"))
    return next((p for p in names if p in facts.paths), "rollup.config")


def maps_text(facts: Facts, frontend: Frontend) -> str:
    """Return what makes the build write maps, and the commands that upload them and leave none behind."""
    name, output = bundler_name(frontend), output_of(facts, frontend)
    if frontend.bundler == "webpack" and name == "webpack":
        return _plugin_text(webpack_plugin(facts, frontend), build_release(facts, frontend))
    how = {
        "Vue CLI": "vue.config.js: `configureWebpack: { devtool: 'hidden-source-map' }`",
        "Rsbuild": "`output: { sourceMap: { js: 'hidden-source-map' } }` in rsbuild.config",
        "Rspack": '`devtool: "hidden-source-map"` in rspack.config',
        "esbuild": "`--sourcemap=external` at the end of the command of the script that builds"
        if _by_command(frontend)
        else f'`sourcemap: "external"` in the options that esbuild is given by {_script(facts, frontend)}',
        "Rollup": f'`sourcemap: "hidden"` in `output` of {_rollup_config(facts, frontend)}',
        "Parcel": "Parcel writes maps by itself",
        "Create React App": "Create React App writes maps by itself, unless GENERATE_SOURCEMAP is false",
    }.get(name, "source maps switched on")
    rows = _uploading(output, cli(facts, frontend), named=name in _NAMING)
    return "\n".join([f"# source maps: {how}", "", *rows]) + "\n"


_NAMING = ("Create React App", "Parcel")
"""Builds whose files name their maps in a comment: it is taken out with them, or it would point to nothing."""


def _uploading(output: Output, program: str, *, named: bool) -> list[str]:
    """Return the commands behind the build. With a manifest of static files, a comment that names a missing map fails the deploy."""
    what = " ".join([output.file, f"{output.file}.map"]) if output.file else output.folder
    clean = r"find {} \( -name '*.js' -o -name '*.css' \) -exec sed -i -E '/^(\/\/|\/\*)# sourceMappingURL=/d' {{}} +"
    rows = [
        "# after the build, where production is built (SENTRY_AUTH_TOKEN is set there)",
        f"npx {program} sourcemaps inject {what}",
        f"npx {program} sourcemaps upload --org {{org}} --project {{project}} {what}",
        f"rm {output.file}.map" if output.file else f"find {output.folder} -name '*.map' -delete",
        *([clean.format(output.folder)] if named else []),
    ]
    return [f"# {UNKNOWN} is the folder that the build writes to", *rows] if output.folder == UNKNOWN else rows


def _plugin_text(plugin: str, release: str) -> str:
    rows = [
        f"npm install --save-dev {plugin}",
        "",
        "// the configuration of the build for production; an ES module imports the plugin with `import`",
        'const { sentryWebpackPlugin } = require("@sentry/webpack-plugin");',
        "",
        '  devtool: "hidden-source-map",',
        "",
        "// the last of `plugins`",
        "    sentryWebpackPlugin({",
        '      org: "{org}",',
        '      project: "{project}",',
        "      authToken: process.env.SENTRY_AUTH_TOKEN,",
        f"      release: {{ name: {release} }},",
        f'      sourcemaps: {{ filesToDeleteAfterUpload: ["./{UNKNOWN}/**/*.map"] }}, // the folder that the build writes to',
        "    }),",
    ]
    return "\n".join(rows) + "\n"
