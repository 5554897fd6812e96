"""A Vite config as the facts that source maps depend on: its config object, plugins, source map option, output folder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from checks.parsers import javascript as js

PLUGIN_PACKAGE = "@sentry/vite-plugin"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginCall:
    """A call of `sentryVitePlugin`, and its options object where it is a literal."""

    node: Node
    options: Node | None

    @property
    def line(self) -> int:
        """The 1-based line of the call."""
        return js.line_of(self.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViteConfig:
    """What a Vite config says.

    `config` is the one object literal that the production build uses, or None with `problem` saying which shape is not
    followed. `plugins`, `build` and `sourcemap` are the value nodes inside it, or None where the key is absent.
    `plugin_calls` are all calls of the Sentry plugin in the file, inside or outside of the config object.
    """

    root: Node
    config: Node | None
    problem: str | None
    plugins: Node | None
    build: Node | None
    sourcemap: Node | None
    out_dir: str | None
    vite_root: str | None
    plugin_name: str | None
    plugin_calls: tuple[PluginCall, ...]
    commonjs: bool

    @property
    def sourcemap_setting(self) -> str:
        """`absent`, `true`, `false`, `hidden`, `inline`, or `expression`."""
        if self.sourcemap is None:
            return "absent"
        value = js.unwrap(self.sourcemap)
        text = js.string_of(value) or js.text_of(value)
        return text if text in ("true", "false", "hidden", "inline") else "expression"


def read_vite_config(data: bytes, path: str) -> ViteConfig:
    """Read a Vite config. Raises `checks.parsers.text.ParseError`."""
    root = js.parse_javascript(data, path)
    plugin_name = None
    namespace = None
    for module, names, _ in js.imports(root):
        if module == PLUGIN_PACKAGE:
            for local, imported in names.items():
                if imported == "sentryVitePlugin":
                    plugin_name = local
                else:
                    namespace = local
    calls = tuple(_plugin_calls(root, plugin_name, namespace))
    export, commonjs = _exported(root)
    config, problem = (None, "it has no default export") if export is None else _config_object(export, root)
    plugins = build = sourcemap = None
    out_dir = vite_root = None
    if config is not None:
        plugins, build = _value(config, "plugins"), _value(config, "build")
        root_node = _value(config, "root")
        vite_root = js.string_of(root_node) if root_node is not None else None
        if build is not None:
            resolved = _resolve(build, config, root)
            if resolved.type == "object":
                sourcemap = _value(resolved, "sourcemap")
                out = _value(resolved, "outDir")
                out_dir = js.string_of(js.unwrap(out)) or f"<{js.text_of(out)}>" if out is not None else None
    return ViteConfig(
        root=root,
        config=config,
        problem=problem,
        plugins=plugins,
        build=build,
        sourcemap=sourcemap,
        out_dir=out_dir,
        vite_root=vite_root,
        plugin_name=plugin_name,
        plugin_calls=calls,
        commonjs=commonjs,
    )


def _value(node: Node, key: str) -> Node | None:
    values = [value for name, _, value in js.properties(node) if name == key]
    return values[-1] if values else None


def _plugin_calls(root: Node, plugin_name: str | None, namespace: str | None) -> list[PluginCall]:
    found = []
    for node in js.descend(root):
        if node.type != "call_expression":
            continue
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        name = js.text_of(function) if function is not None else ""
        if name == (plugin_name or "sentryVitePlugin") or (namespace and name == f"{namespace}.sentryVitePlugin"):
            first = (
                js.unwrap(arguments.named_children[0]) if arguments is not None and arguments.named_children else None
            )
            found.append(PluginCall(node=node, options=first if first is not None and first.type == "object" else None))
    return found


def _exported(root: Node) -> tuple[Node | None, bool]:
    for statement in root.named_children:
        if statement.type == "export_statement" and any(c.type == "default" for c in statement.children):
            value = statement.child_by_field_name("value") or statement.child_by_field_name("declaration")
            return value, False
        if statement.type == "expression_statement" and statement.named_children[0].type == "assignment_expression":
            assignment = statement.named_children[0]
            left, right = assignment.child_by_field_name("left"), assignment.child_by_field_name("right")
            if left is not None and js.text_of(left) in ("module.exports", "exports.default"):
                return right, True
    return None, False


def _scope(node: Node) -> list[Node]:
    """Return the enclosing blocks, innermost first, ending with the program."""
    scopes = []
    current = node.parent
    while current is not None:
        if current.type in ("statement_block", "program"):
            scopes.append(current)
        current = current.parent
    return scopes


def _resolve(node: Node, place: Node, root: Node) -> Node:
    """Follow an identifier to its `const` value; `place` is where the name is used."""
    node = js.unwrap(node)
    for _ in range(4):
        if node.type not in ("identifier", "shorthand_property_identifier"):
            break
        name = js.text_of(node)
        values = (js.declared(scope, name) for scope in [*_scope(place), root])
        value = next((v for v in values if v is not None), None)
        if value is None:
            break
        node = js.unwrap(value)
    return node


def resolve(node: Node, root: Node) -> Node:
    """Follow an identifier in a config to the `const` it names; other nodes stay as they are."""
    return _resolve(node, node, root)


def _config_object(node: Node, root: Node) -> tuple[Node | None, str | None]:
    node = _resolve(node, node, root)
    if node.type == "object":
        return node, None
    if node.type == "call_expression":
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        name = js.text_of(function) if function is not None else ""
        if name in ("defineConfig", "vite.defineConfig") and arguments is not None and arguments.named_children:
            return _config_object(arguments.named_children[0], root)
        return None, f"the config comes from `{name}()`, which is not followed"
    if node.type in ("arrow_function", "function_expression", "function", "function_declaration"):
        return _returned(node, root)
    return None, f"the default export is a `{node.type}`, which is not followed"


def _returned(function: Node, root: Node) -> tuple[Node | None, str | None]:
    body = function.child_by_field_name("body")
    if body is None:
        return None, "the config function has no body"
    if body.type != "statement_block":
        return _config_object(body, root)
    returns = []
    stack = list(body.named_children)
    while stack:
        node = stack.pop()
        if node.type == "return_statement":
            returns.append(node)
        elif node.type not in (
            "arrow_function",
            "function_expression",
            "function",
            "function_declaration",
            "method_definition",
        ):
            stack.extend(node.named_children)
    if len(returns) != 1 or not returns[0].named_children:
        return None, f"the config function has {len(returns)} return statements with different configs"
    return _config_object(returns[0].named_children[0], root)


_ON_IN_PRODUCTION = re.compile(
    r"SENTRY|mode\s*===?\s*['\"]production|mode\s*!==?\s*['\"](development|test)|NODE_ENV\s*===?\s*['\"]production"
    r"|NODE_ENV\s*!==?\s*['\"]development|^is_?prod(uction)?$|\?\s*['\"]hidden|\?\s*true|^command\s*===?\s*['\"]build",
    re.IGNORECASE,
)


def production_sourcemap(config: ViteConfig) -> str:
    """Tell whether the production build writes map files: `on`, `off`, or `unclear`.

    An expression counts as on when it names production or the Sentry token; without one in the config Vite writes none
    (https://vite.dev/config/build-options.html#build-sourcemap).
    """
    setting = config.sourcemap_setting
    if setting in ("true", "hidden"):
        return "on"
    if setting == "expression" and config.sourcemap is not None:
        text = js.text_of(config.sourcemap)
        return "on" if _ON_IN_PRODUCTION.search(text) else "unclear"
    if setting == "absent" and config.build is not None:
        build = resolve(config.build, config.root)
        if build.type != "object" or js.has_spread(build):
            return "unclear"
    if setting == "absent" and config.config is not None and js.has_spread(config.config):
        return "unclear"
    return "unclear" if config.config is None else "off"
