"""vite.config.*: the plugin's import, its call last in `plugins`, and `build.sourcemap`; all other bytes kept."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_values import production_value
from checks.parsers.text import ParseError
from checks.parsers.vite import (
    PLUGIN_PACKAGE,
    ViteConfig,
    naming_sentry,
    output_values,
    read_vite_config,
    written_sourcemap,
)
from checks.parsers.vite_following import Modules
from checks.parsers.vite_objects import ConfigObject, UnresolvedSource, production_branch, resolve
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, line_indent, not_utf8, read_text, splice
from setup_wizard.editors.import_places import last_package, line_end, place_among
from setup_wizard.editors.javascript_splices import Script, Splice
from setup_wizard.editors.vite_call import NAME, PluginOptions, plugin_call
from setup_wizard.editors.vite_changes import changed_later, list_changed
from setup_wizard.editors.vite_deletion import Deletion, NotFollowedError
from setup_wizard.editors.vite_imports import missing_in_imports
from setup_wizard.editors.vite_maps import only_serves
from setup_wizard.editors.vite_own_plugin import deleting
from setup_wizard.editors.vite_shared import merged, refuse_outputs, spread_source
from setup_wizard.editors.vite_switch import hidden_maps
from setup_wizard.editors.vite_workers import hint_of_workers, without_worker_maps

_NONE = Modules(lambda _module: None)
"""No other module is known."""

_TYPED = ("defineConfig", "mergeConfig")
"""Functions of Vite whose argument has the type of a config (https://vite.dev/guide/api-javascript.html#mergeconfig)."""

_NEW = b"import { defineConfig } from 'vite'\n\nexport default defineConfig({})\n"


def add_plugin(data: bytes | None, path: str, options: PluginOptions, modules: Modules = _NONE) -> Edit:
    """Add the Sentry plugin last in the plugins of the production build, and switch hidden source maps on.

    Every config that the file may return is edited, or none. An existing plugin is left alone, but that it deletes maps which
    were not written before, or are published now: maps are deleted from the output after the upload. A file that is missing is
    made. `modules` lets the editor see what imported objects can hold.
    """
    text = read_text(_NEW if data is None else data)
    if text is None:
        return not_utf8(path)
    snippet = plugin_call(options, "'", "  ", ["'./dist/**/*.map'"]) + ",\n// and build: { sourcemap: 'hidden' }"
    place = f"`plugins` in {path}"
    body, raw = text.body, text.body.encode()
    try:
        cannot_define = missing_in_imports(read_vite_config(raw, path).root, modules)
        config = read_vite_config(raw, path, cannot_define, modules=modules)
        if not config.objects:
            body, config = merged(text, config, path, cannot_define, modules)
    except ParseError as error:
        return Refused(f"{path} is not valid: {error.message}", snippet, f"{path}:{error.line or 1}")
    editor = _Editor(Script(body, config.root, text.newline), config, options, path, modules)
    try:
        edits = editor.edits()
    except NotFollowedError as refusal:
        snippet = (
            editor.call(editor.deletion.told(), "")
            + f",\n// and {editor.deletion.told_build()}"
            + hint_of_workers(config.root)
        )
        return Refused(str(refusal), snippet, place)
    if not edits:
        return Unchanged(f"{path} already has the plugin and source maps")
    body = splice(body, edits)
    try:
        again = read_vite_config(body.encode(), path, cannot_define, modules=modules)
    except ParseError:
        return Refused(f"{path} would not parse after the edit", snippet, place)
    if not _sound(again, bool(config.plugin_calls)):
        return Refused(f"{path} has an unsupported shape", snippet, path)
    return Edited(text.encode(body))


def _sound(config: ViteConfig, had: bool) -> bool:
    """Return whether every object has the plugin once and the production build writes maps."""
    if not config.objects or any(o.production and written_sourcemap(o) != "on" for o in config.objects):
        return False
    if had:
        return True
    places = [_ranges(o, config.root) for o in config.objects]
    for ranges in places:
        inside = [c for c in config.plugin_calls if any(a <= c.node.start_byte < b for a, b in ranges)]
        if len(inside) != 1:
            return False
    everywhere = [r for ranges in places for r in ranges]
    return all(any(a <= c.node.start_byte < b for a, b in everywhere) for c in config.plugin_calls)


def _ranges(config: ConfigObject, root: Node) -> list[tuple[int, int]]:
    if not isinstance(config.plugins, Node):
        return []
    nodes = {n.id: n for n in (config.plugins, resolve(config.plugins, root))}
    return [(n.start_byte, n.end_byte) for n in nodes.values()]


class _Editor:
    """Collects the splices for one config."""

    def __init__(self, script: Script, config: ViteConfig, options: PluginOptions, path: str, modules: Modules) -> None:
        self.script, self.config, self.options, self.path, self.modules = script, config, options, path, modules
        script.comma = script.comma if options.comma is None else options.comma
        self.deletion = Deletion(script, config, options, path)

    def edits(self) -> list[Splice]:
        config = self.config
        if not config.objects:
            raise NotFollowedError(f"{self.path}: {config.problem}")
        self.refuse_changed()
        added = not config.plugin_calls
        found: list[Splice] = []
        if added:
            self.refuse_unclear()
            found += self.import_edit()
            found += self.worker_edit()
        for target in config.objects:
            keys: list[str] = []
            if added:
                found += self.plugin_edit(target, keys)
            if target.production or (added and not only_serves(target.node)):
                found += self.sourcemap_edit(target, keys)
                found += self.output_edit(target)
            if not added and target.production and (found or keys or self.options.exposed):
                found += [*self.deletion_edit(target), *self.worker_edit()]
            if keys:
                found += self.script.insert_properties(target.node, keys)
        return list(dict.fromkeys(found))

    def refuse_changed(self) -> None:
        """Refuse configs that are changed after they are made: the plugin might not be last then."""
        changed = changed_later(self.config.root)
        if changed is not None:
            raise NotFollowedError(f"{self.path}: `{changed}` is changed after it is declared")

    def refuse_unclear(self) -> None:
        code = "".join(
            js.text_of(n) + "\n" for n in js.descend(self.config.root) if not n.children and n.type != "comment"
        )
        if PLUGIN_PACKAGE in code:
            raise NotFollowedError(f"{self.path} already imports {PLUGIN_PACKAGE}, but does not call it in `plugins`")
        if naming_sentry(self.config.root) is not None:
            raise NotFollowedError(f"{self.path} already names Sentry, in an unsupported way")
        for module, tree in self.config.shared.reached_modules() if self.config.shared is not None else ():
            if PLUGIN_PACKAGE in js.text_of(tree):
                raise NotFollowedError(f"{self.path} imports `{module}`, which has the Sentry plugin")

    def import_edit(self) -> list[Splice]:
        config, quote = self.config, self.script.quote
        nodes = [node for _, _, node in js.imports(config.root)]
        used = [js.text_of(n)[0] for i in nodes for n in js.descend(i) if n.type == "string"]
        quote = max("'\"", key=used.count) if used else quote  # imports that tools write may differ from the rest
        nodes += [n for n in config.root.named_children if n.type == "import_statement" and n not in nodes]
        semicolon = (
            ";"
            if any(js.text_of(n).rstrip().endswith(";") for n in nodes)
            or (not nodes and js.text_of(config.root).rstrip().endswith(";"))
            else ""
        )
        if config.commonjs:
            line = f"const {{ {NAME} }} = require({quote}{PLUGIN_PACKAGE}{quote}){semicolon}"
        else:
            line = f"import {{ {NAME} }} from {quote}{PLUGIN_PACKAGE}{quote}{semicolon}"
        if nodes:
            following = None if config.commonjs else place_among(nodes, PLUGIN_PACKAGE)
            if following is not None:
                start = self.script.at(following.start_byte)
                return [(start, start, line + self.script.newline)]
            place = line_end(self.script.body, self.script.at(last_package(nodes).end_byte))
            return [(place, place, self.script.newline + line)]
        code = [n for n in config.root.named_children if n.type not in ("comment", "hash_bang_line")]
        while code and code[0].type == "expression_statement" and code[0].named_children[0].type == "string":
            code = code[1:]  # `"use strict"` counts only in front of everything else
        first = code[0] if code else None
        spoken = first.prev_named_sibling if first is not None else None
        if spoken is not None and first is not None and spoken.type == "comment" and "@type" in js.text_of(spoken):
            first = spoken  # a JSDoc type belongs to what follows it
        place = self.script.at(first.start_byte) if first is not None else 0
        return [(place, place, line + self.script.newline * 2)]

    def call(self, patterns: list[str], indent: str) -> str:
        """Return the plugin's call in the file's style."""
        script = self.script
        return plugin_call(self.options, script.quote, script.unit, patterns, indent, comma=script.comma)

    def plugin_edit(self, target: ConfigObject, keys: list[str]) -> list[Splice]:
        """Return the splices that put the call last in an object's plugins; a missing `plugins` is added to `keys`."""
        script, plugins = self.script, target.plugins
        patterns = self.deletion.patterns(target)
        indent = script.inner_indent(target.node)
        if plugins is None or isinstance(plugins, UnresolvedSource):
            others = self.spread_plugins(target, plugins) if plugins is not None else ""
            call = self.call(patterns, indent + script.unit)
            rows = ",".join(f"\n{indent}{script.unit}{line}" for line in ([others, call] if others else [call]))
            keys.append(f"plugins: [{rows}{script.comma}\n{indent}]")
            return []
        if plugins.type == "method_definition":
            raise NotFollowedError(f"{self.path}: `plugins` is a method")
        array = self.array_of(plugins, target)
        if array is not None and not (patterns[0].startswith("`") and not self.holds(target.node, array)):
            shared = [o for o in self.config.objects if o is not target and self.shares(o, array)]
            for other in shared:
                patterns = list(dict.fromkeys([*patterns, *self.deletion.patterns(other)]))
            patterns = sorted(patterns) if shared else patterns
            return script.append(array, self.call(patterns, script.inner_indent(array)))
        return self.wrapped(plugins, patterns)

    def spread_plugins(self, target: ConfigObject, plugins: UnresolvedSource) -> str:
        """Return the expression of the plugins that `...base` brings, for `plugins: [base.plugins, sentryVitePlugin()]`."""
        source = spread_source(plugins)
        if source is None or any(k == "plugins" for k, _, _ in js.properties(target.node)):
            raise NotFollowedError(f"{self.path}: the plugins come from `...{js.text_of(plugins.node)[:40]}`")
        return f"{source}.plugins"

    def shares(self, other: ConfigObject, array: Node) -> bool:
        """Return whether another object uses the same list."""
        return isinstance(other.plugins, Node) and self.array_of(other.plugins, other) == array

    @staticmethod
    def holds(node: Node, inner: Node) -> bool:
        """Return whether one node is inside another."""
        return bool(node.start_byte <= inner.start_byte and inner.end_byte <= node.end_byte)

    def wrapped(self, plugins: Node, patterns: list[str]) -> list[Splice]:
        """Turn `plugins: expression` into `plugins: [expression, sentryVitePlugin()]`: Vite takes nested lists."""
        script = self.script
        start, end = script.at(plugins.start_byte), script.at(plugins.end_byte)
        prefix = "plugins: " if plugins.type == "shorthand_property_identifier" else ""
        home = line_indent(script.body, start)
        if plugins.start_point[0] != plugins.end_point[0]:
            return [(start, start, f"{prefix}["), (end, end, script.lines(f", {self.call(patterns, home)}]"))]
        inner = home + script.unit
        call = self.call(patterns, inner)
        return [
            (start, start, script.lines(f"{prefix}[\n{inner}")),
            (end, end, script.lines(f",\n{inner}{call}{script.comma}\n{home}]")),
        ]

    def array_of(self, plugins: Node, target: ConfigObject) -> Node | None:
        """Return the array literal behind `plugins`, through a `const` that is never changed and `.filter(Boolean)`."""
        node = resolve(plugins, self.config.root)
        if plugins.type in ("identifier", "shorthand_property_identifier") and list_changed(
            self.config.root, js.text_of(plugins)
        ):
            return None
        if node.type == "call_expression":
            function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if function is not None and arguments is not None and function.type == "member_expression":
                of, method = function.child_by_field_name("object"), function.child_by_field_name("property")
                plain = js.text_of(arguments) in ("(Boolean)", "(x => x)", "(Boolean as any)")
                if of is not None and method is not None and js.text_of(method) == "filter" and plain:
                    node = js.unwrap(of)
        return node if node.type == "array" else None

    def sourcemap_edit(self, target: ConfigObject, keys: list[str]) -> list[Splice]:
        """Return the splices that switch hidden maps on; a missing `build` is added to `keys`."""
        script, found, build = self.script, target.sourcemap, target.build
        hidden = f"{script.quote}hidden{script.quote}"
        if isinstance(found, UnresolvedSource):
            merged_onto = any(found.node == b.node for b in target.bases if isinstance(b, UnresolvedSource))
            if not merged_onto and found.value is None:
                raise NotFollowedError(f"{self.path}: `build` is put together elsewhere: {js.text_of(found.node)[:40]}")
            if found.known == "hidden":
                return []
            found = None  # what is merged onto a base, or written after what is spread, wins over it
        if found is not None:
            return self.switch_edit(target, found, hidden + self.constant(found))
        indent = script.inner_indent(target.node)
        if build is None or isinstance(build, UnresolvedSource):
            spread = ""
            if isinstance(build, UnresolvedSource):
                source = spread_source(build)
                if source is None:
                    raise NotFollowedError(f"{self.path}: `build` comes from `...{js.text_of(build.node)[:40]}`")
                spread = f"\n{indent}{script.unit}...{source}.build,"
            hidden += self.constant(target.node)
            keys.append(f"build: {{{spread}\n{indent}{script.unit}sourcemap: {hidden}{script.comma}\n{indent}}}")
            return []
        literal = production_branch(resolve(build, self.config.root), self.config.root)
        if literal.type == "object":
            return script.insert_properties(literal, [f"sourcemap: {hidden}{self.constant(literal)}"])
        if build.type == "shorthand_property_identifier":
            raise NotFollowedError(f"{self.path}: `build` is put together elsewhere")
        start, end = script.at(build.start_byte), script.at(build.end_byte)
        return [(start, start, "{ ..."), (end, end, f", sourcemap: {hidden} }}")]

    def worker_edit(self) -> list[Splice]:
        """Return the splices that keep vite-plugin-pwa from writing maps after the others were deleted."""
        workers = without_worker_maps(self.script)
        if workers is None:
            raise NotFollowedError(f"{self.path}: the service worker of vite-plugin-pwa would leave its maps")
        return workers

    def output_edit(self, target: ConfigObject) -> list[Splice]:
        """Return the splices for the `sourcemap` of the bundler's own outputs, which wins over `build.sourcemap`."""
        refuse_outputs(self.config, target, self.path)
        found: list[Splice] = []
        for value in output_values(target, self.config.root, "sourcemap"):
            found += self.switch_edit(
                target, value, f"{self.script.quote}hidden{self.script.quote}{self.constant(value)}"
            )
        return found

    def deletion_edit(self, target: ConfigObject) -> list[Splice]:
        """Return the splices by which the config's own plugin deletes the maps that were not written before."""
        root, calls, patterns = self.config.root, self.config.plugin_calls, self.deletion.patterns(target)
        found = None if self.options.outdated else deleting(self.script, root, calls, patterns, self.options)
        if found is None:
            raise NotFollowedError(
                f"{self.path}: its Sentry plugin would leave the maps in the output, where they are published"
            )
        return found

    def switch_edit(self, target: ConfigObject, found: Node, hidden: str) -> list[Splice]:
        """Return the splices that change a `sourcemap`; beside somebody's own plugin only one that may be off, or is public."""
        written = js.text_of(js.unwrap(found))
        kept = bool(self.config.plugin_calls) and not self.options.exposed
        chosen = kept and production_value(found) in (True, "hidden")
        splices: list[Splice] | None = []
        if written in ("false", "undefined") or (not chosen and (target.production or written == "true")):
            splices = hidden_maps(self.script, found, hidden)
        if splices is None:
            raise NotFollowedError(
                f"{self.path}: build.sourcemap is {js.text_of(found)}; write 'hidden' for production"
            )
        return splices

    def constant(self, node: Node) -> str:
        """Return ` as const` where TypeScript would take the text for any `string`: in an object without a type."""
        if not self.path.endswith(("ts", "mts", "cts")):
            return ""
        current = node.parent
        while current is not None:
            if current.type in ("satisfies_expression", "as_expression", "export_statement"):
                return ""
            if current.type == "call_expression" and js.text_of(current.children[0]).rpartition(".")[2] in _TYPED:
                return ""
            if current.type in ("variable_declarator", "function_declaration"):
                typed = current.child_by_field_name("type") or current.child_by_field_name("return_type")
                return "" if typed is not None else " as const"
            if current.child_by_field_name("return_type") is not None:
                return ""
            current = current.parent
        return ""
