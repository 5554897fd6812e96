"""A Vite config as the facts that source maps depend on: the objects it can be, their plugins, maps and output folder."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.imported_names import origin_of, origins
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value
from checks.parsers.vite_following import Modules
from checks.parsers.vite_objects import (
    CannotDefine,
    ConfigObject,
    NotFollowedError,
    Reader,
    UnresolvedSource,
    assume_may_define,
    distinct,
    production_branch,
    resolve,
)
from checks.parsers.vite_shared import Shared

PLUGIN_PACKAGE = "@sentry/vite-plugin"
_PLUGIN_MODULES = (PLUGIN_PACKAGE, "@sentry/bundler-plugins/vite")
"""The modules that export `sentryVitePlugin`: since version 11 the first hands on what the second has."""


class PluginCall(Struct, frozen=True, kw_only=True):
    """A call of `sentryVitePlugin`, and its options object where it is a literal."""

    node: Node
    options: Node | None

    @property
    def line(self) -> int:
        """The 1-based line of the call."""
        return js.line_of(self.node)


class ViteConfig(Struct, frozen=True, kw_only=True):
    """What a Vite config says.

    `objects` are the object literals that the config can be, all of those that a function may return; empty with `problem`
    saying which shape is not followed; `elsewhere` is what another file makes of it then. `plugin_calls` are all calls of the
    Sentry plugin in the file, inside or outside of the objects.
    """

    root: Node
    objects: tuple[ConfigObject, ...]
    problem: str | None
    plugin_calls: tuple[PluginCall, ...]
    commonjs: bool
    values: BuildValues | None = None
    shared: Shared | None = None
    export: Node | None = None
    elsewhere: ConfigObject | None = None

    @property
    def chosen(self) -> ConfigObject | None:
        """The object of the production build; of several the first one without maps, which decides."""
        able = [o for o in self.objects if o.production] or list(self.objects)
        return next((o for o in able if _written(o, self.values) != "on"), able[0] if able else self.elsewhere)

    @property
    def config(self) -> Node | None:
        """The literal of the production build, None where another file makes the config."""
        return self.chosen.node if self.chosen is not None and self.chosen is not self.elsewhere else None

    @property
    def sourcemap(self) -> Node | None:
        """The value of `build.sourcemap`, or None where it is absent or not followed."""
        found = self.chosen.sourcemap if self.chosen else None
        return found if isinstance(found, Node) else None

    @property
    def out_dir(self) -> str | None:
        """`build.outDir`: a literal, `<expression>`, or None where it is absent."""
        return _literal(self.chosen.out_dir) if self.chosen else None

    @property
    def vite_root(self) -> str | None:
        """The `root` as written or as a path below the config's folder, or None where it is absent or computed otherwise."""
        found = self.chosen.vite_root if self.chosen else None
        if isinstance(found, UnresolvedSource) and isinstance(found.known, str):
            return found.known
        return written_path(found) if isinstance(found, Node) else None

    @property
    def inputs(self) -> tuple[str, ...] | None:
        """What the build begins with, where the config says so: pages, modules, style sheets; None where not each can be told.

        `build.rollupOptions.input` is a path, a list or an object of paths (https://vite.dev/guide/build#multi-page-app).
        """
        node = self.chosen.build if self.chosen else None
        if isinstance(node, UnresolvedSource) and node.brought is not None and self.shared is not None:
            named = [self.shared.find(node.brought, o, "input") for o in ("rollupOptions", "rolldownOptions")]
            return () if named == [(), ()] else None
        for names in (("rollupOptions", "rolldownOptions"), ("input",)):
            found = isinstance(node, Node) and js.unwrap(node).type == "object" and js.properties(js.unwrap(node))
            node = next((value for name, _, value in found or () if name in names), None)
        if not isinstance(node, Node):
            return ()
        given = js.unwrap(node)
        values = [given]
        if given.type == "array":
            values = [n for n in given.named_children if n.type != "comment"]
        elif given.type == "object":
            values = [value for _, _, value in js.properties(given)]
        paths = [written_path(v) for v in values]
        return tuple(p for p in paths if p) if all(paths) and not js.has_spread(given) else None

    @property
    def sourcemap_setting(self) -> str:
        """`absent`, `true`, `false`, `hidden`, `inline`, or `expression`."""
        found = self.chosen.sourcemap if self.chosen else None
        node = found.value if isinstance(found, UnresolvedSource) else found
        if node is None:
            return "absent" if found is None else "expression"
        value = js.unwrap(node)
        text = js.string_of(value) or js.text_of(value)
        if isinstance(found, UnresolvedSource) and found.known is not UNKNOWN:
            text = {True: "true", False: "false", None: "false"}.get(found.known, str(found.known))  # type: ignore[call-overload]
        if text in ("true", "false", "hidden", "inline"):
            return text
        return "inline" if production_value(value, build=self.values) == "inline" else "expression"


def output_dirs(config: ConfigObject, root: Node) -> list[Node]:
    """Return the `dir` of each output in the bundler's own options, which wins over `build.outDir`."""
    return output_values(config, root, "dir")


def output_values(config: ConfigObject, root: Node, key: str) -> list[Node]:
    """Return the value of a key of each output in the bundler's own options, where it is written there.

    Vite spreads the output's options after its own (https://vite.dev/config/build-options.html#build-rolldownoptions).
    """
    build = resolve(config.build, root) if isinstance(config.build, Node) else None
    found: list[Node] = [production_branch(build, root)] if build is not None else []
    values: list[Node] = []
    for names in (("rollupOptions", "rolldownOptions"), ("output",), (key,)):
        values = [v for n in found if n.type == "object" for k, _, v in js.properties(n) if k in names]
        reached = [production_branch(resolve(v, root), root) for v in values]
        found = [n for r in reached for n in (r.named_children if r.type == "array" else [r]) if n.type != "comment"]
    return found if key == "dir" else values


_FOLDER = ("__dirname", "import.meta.dirname", "process.cwd()")


def written_path(node: Node) -> str | None:
    """Return the path that an expression spells, relative to the config's folder; None for what cannot be determined.

    A string, `path.resolve(__dirname, "src")` and the like, or `fileURLToPath(new URL("./src", import.meta.url))`.
    """
    node = js.unwrap(node)
    plain = js.string_of(node)
    if plain is not None:
        return plain
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if node.type != "call_expression" or function is None or arguments is None:
        return None
    given = [a for a in arguments.named_children if a.type != "comment"]
    called = js.text_of(function).rpartition(".")[2]
    if called == "fileURLToPath" and len(given) == 1:
        return _beside(js.unwrap(given[0]))
    if called not in ("resolve", "join"):
        return None
    if given and js.text_of(given[0]) in _FOLDER:
        given = given[1:]
    parts = [js.string_of(js.unwrap(a)) for a in given]
    if not parts or any(p is None or p.startswith("/") for p in parts):
        return None
    return "/".join(p for p in parts if p)


def _beside(node: Node) -> str | None:
    """Return the path of `new URL("./src", import.meta.url)`."""
    made, arguments = node.child_by_field_name("constructor"), node.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    if node.type != "new_expression" or made is None or js.text_of(made) != "URL" or len(given) != 2:
        return None
    return js.string_of(given[0]) if js.text_of(given[1]) == "import.meta.url" else None


def _literal(node: Node | UnresolvedSource | None) -> str | None:
    if node is None:
        return None
    if isinstance(node, UnresolvedSource):
        return node.known if isinstance(node.known, str) else f"<{js.text_of(node.node)}>"
    return js.string_of(js.unwrap(node)) or f"<{js.text_of(node)}>"


def read_vite_config(
    data: bytes,
    path: str,
    cannot_define: CannotDefine = assume_may_define,
    values: BuildValues | None = None,
    modules: Modules | None = None,
) -> ViteConfig:
    """Read a Vite config. Raises `checks.parsers.text.ParseError`.

    `cannot_define` may know more than this file: an imported module that does not name a key cannot set it. `values` are what one
    build has; without them its conditions are decided as for a plain production build. `modules` gives the files that it imports.
    """
    root = js.parse_javascript(data, path)
    export, commonjs = _exported(root)
    objects: tuple[ConfigObject, ...] = ()
    problem = "it has no default export" if export is None else None
    shared = Shared(root, modules, values) if modules is not None else None
    elsewhere = None
    if export is not None:
        reader = Reader(root, cannot_define, values, shared)
        try:
            objects = distinct(reader.objects(export, True))
        except NotFollowedError as shape:
            problem = str(shape)
            elsewhere = reader.elsewhere(export)
    return ViteConfig(
        root=root,
        objects=objects,
        problem=problem,
        plugin_calls=tuple(plugin_calls_in(root)),
        commonjs=commonjs,
        values=values,
        shared=shared,
        export=export,
        elsewhere=elsewhere,
    )


def naming_sentry(root: Node) -> int | None:
    """Return the line of the first import or call whose name is Sentry's, which may be its plugin by another way.

    A chunk's name, a `define` or a variable that names Sentry is none.
    """
    for module, names, node in js.imports(root):
        if "sentry" in (module + " " + " ".join(names)).lower():
            return js.line_of(node)
    for node in js.descend(root):
        if node.type == "call_expression":
            imported = js.text_of(node)[:80] if node.children[0].type == "import" else ""
            # `sentryDsn.split("@")` calls a method of a text; what is called is the last name.
            called = node.children[0].child_by_field_name("property") or node.children[0]
            if "sentry" in (js.text_of(called)[:80] + imported).lower():
                return js.line_of(node)
    return None


def production_sourcemap(config: ViteConfig) -> str:
    """Return whether the production build writes map files: `on`, `off`, or `unclear`.

    Without `build.sourcemap` Vite writes none (https://vite.dev/config/build-options.html#build-sourcemap). Of several
    objects all have to write them.
    """
    return _written(config.chosen, config.values) if config.chosen else "unclear"


def written_sourcemap(config: ConfigObject) -> str:
    """Tell of one object whether a production build with it writes map files: `on`, `off`, or `unclear`."""
    return _written(config)


def _written(config: ConfigObject, values: BuildValues | None = None) -> str:
    found = config.sourcemap
    if found is None:
        return "off"
    node = found.value if isinstance(found, UnresolvedSource) else found
    value = production_value(node, build=values) if node is not None else UNKNOWN
    value = found.known if isinstance(found, UnresolvedSource) else value
    if value is UNKNOWN:
        return "unclear"
    return "on" if value and value != "inline" else "off"


def plugin_calls_in(root: Node) -> Iterator[PluginCall]:
    """Yield the calls of the Sentry plugin in a module."""
    known = origins(root)
    for node in js.descend(root):
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        origin = origin_of(function, known) if node.type == "call_expression" and function is not None else None
        if origin is None or origin.module not in _PLUGIN_MODULES or origin.name != "sentryVitePlugin":
            continue
        first = js.unwrap(arguments.named_children[0]) if arguments is not None and arguments.named_children else None
        yield PluginCall(node=node, options=first if first is not None and first.type == "object" else None)


def _exported(root: Node) -> tuple[Node | None, bool]:
    for statement in root.named_children:
        if statement.type == "export_statement":
            if any(c.type == "default" for c in statement.children):
                value = statement.child_by_field_name("value") or statement.child_by_field_name("declaration")
                return value, False
            if any(c.type == "=" for c in statement.children):
                return statement.named_children[-1], False
            for part in js.descend(statement):
                alias = part.child_by_field_name("alias") if part.type == "export_specifier" else None
                if alias is not None and js.text_of(alias) == "default":
                    return part.child_by_field_name("name"), False
        if statement.type == "expression_statement" and statement.named_children[0].type == "assignment_expression":
            assignment = statement.named_children[0]
            left, right = assignment.child_by_field_name("left"), assignment.child_by_field_name("right")
            if left is not None and js.text_of(left) in ("module.exports", "exports.default"):
                return right, True
    return None, False
