"""The folder that a build writes to where no `build.outDir` says so: one table, of plugins and of frameworks."""

from __future__ import annotations

from tree_sitter import Node

from checks.frontends.configs import configured, tree_of
from checks.frontends.framework import Framework, Output
from checks.frontends.frameworks import FRAMEWORKS
from checks.parsers import javascript as js
from checks.repository.facts import Facts, join, parent

_OTHERS = (
    Output(folder="public/build", plugins=("laravel-vite-plugin",), options=("publicDirectory", "buildDirectory")),
    Output(folder="public/build", plugins=("vite-plugin-symfony",)),
    Output(folder="public/vite", plugins=("vite-plugin-ruby", "vite-plugin-rails")),
)
"""Vite plugins of servers that are no framework for browsers.

https://laravel.com/docs/vite#advanced-customization, https://symfony-vite.pentatrion.com/reference/vite.html,
https://vite-ruby.netlify.app/config/#build-options
"""

_DEFAULTS = {"publicDirectory": "public", "buildDirectory": "build"}
_ENDINGS = ("ts", "js", "mjs", "mts")


def output_of_plugins(root: Node) -> Output | None:
    """Return what the first plugin of a Vite config that chooses the output folder says of it, or None."""
    known = {p: o for o in (*_OTHERS, *(f.output for f in FRAMEWORKS if f.output is not None)) for p in o.plugins}
    return next((known[module] for module, _, _ in js.imports(root) if module in known), None)


def plugin_folder(facts: Facts, path: str, output: Output) -> str | None:
    """Return the folder, below the project, of a Vite config's plugin; None where an option gives one that is not written out."""
    tree = tree_of(facts, path)
    given = [_option(tree, output, key) for key in output.options] if tree is not None else []
    if output.config is not None:
        files = [p for e in _ENDINGS if (p := join(parent(path), f"{output.config}.{e}")) in facts.paths]
        given = [(v[0].node if (v := configured(facts, f, key)) else None) for f in files for key in output.options]
    if not any(given):
        return output.folder
    texts = [
        _DEFAULTS[key] if node is None else js.string_of(js.unwrap(node))
        for key, node in zip(output.options, given, strict=False)
    ]
    return None if None in texts else "/".join(t.strip("/") for t in texts if t)


def _option(tree: Node, output: Output, key: str) -> Node | None:
    """Return an option that the call of a plugin is given."""
    names = {n for module, local, _ in js.imports(tree) if module in output.plugins for n in local}
    for node in js.descend(tree):
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        arguments = node.child_by_field_name("arguments") if function is not None else None
        if function is None or arguments is None or js.text_of(function) not in names:
            continue
        first = js.unwrap(arguments.named_children[0]) if arguments.named_children else None
        if first is not None and first.type == "object":
            return next((v for n, _, v in js.properties(first) if n == key), None)
    return None


def usual_output(framework: Framework | None, bundler: str) -> str:
    """Return the folder that a build other than plain Vite's writes to when nothing is said."""
    if framework is not None and framework.output is not None:
        return framework.output.folder
    return "build" if bundler == "webpack" else "dist"
