"""The folder that a build writes to where no `build.outDir` says so: one table, of plugins and of frameworks."""

from __future__ import annotations

import re

from tree_sitter import Node

from checks.frontends.candidates import manifest_of
from checks.frontends.configs import configured, tree_of
from checks.frontends.framework import Framework, Output
from checks.frontends.frameworks import FRAMEWORKS
from checks.parsers import javascript as js
from checks.repository.facts import Facts, join, parent

_OTHERS = (
    Output(folder="public/build", plugins=("laravel-vite-plugin",), options=("publicDirectory", "buildDirectory")),
    Output(folder="public/build", plugins=("vite-plugin-symfony",)),
    Output(
        folder="public/vite",
        plugins=("vite-plugin-ruby", "vite-plugin-rails"),
        options=("publicDir", "publicOutputDir"),
        config="config/vite.json",
        fixed=True,
        maps=True,
    ),
    Output(
        folder="", plugins=("django-vite-plugin",), decided="`BUILD_DIR` of DJANGO_VITE_PLUGIN in Django's settings"
    ),
)
"""Vite plugins of servers that are no framework for browsers.

https://laravel.com/docs/vite#advanced-customization, https://symfony-vite.pentatrion.com/reference/vite.html,
https://vite-ruby.netlify.app/config/#build-options, https://www.npmjs.com/package/django-vite-plugin (it asks `manage.py`)
"""
_SERVERS = frozenset(
    {
        "adonis",
        "adonisjs",
        "aspnet",
        "backend",
        "craft",
        "craftcms",
        "django",
        "dotnet",
        "drupal",
        "fastapi",
        "flask",
        "hanami",
        "hugo",
        "laravel",
        "phoenix",
        "php",
        "rails",
        "ruby",
        "spring",
        "symfony",
        "wagtail",
        "wordpress",
        "wp",
    }
)
"""Words in the name of a Vite plugin that joins the build to a server: it exists to put the files where that one serves them."""

_DEFAULTS = {
    "publicDirectory": "public",
    "buildDirectory": "build",
    "publicDir": "public",
    "publicOutputDir": "vite",
}
_ENDINGS = ("ts", "js", "mjs", "mts")


def output_of_plugins(root: Node) -> Output | None:
    """Return what the first plugin of a Vite config that chooses the output folder says of it, or None."""
    known = {p: o for o in (*_OTHERS, *(f.output for f in FRAMEWORKS if f.output is not None)) for p in o.plugins}
    modules = [module for module, _, _ in js.imports(root)]
    found = next((known[m] for m in modules if m in known), None)
    by_name = next((m for m in modules if _joins_a_server(m)), None) if found is None else None
    return Output(folder="", plugins=(by_name,)) if by_name is not None else found


def _joins_a_server(module: str) -> bool:
    words = set(re.split(r"[^a-z0-9]+", module.lower()))
    return "vite" in words and not module.startswith((".", "/")) and bool(words & _SERVERS)


def folder_left_open(root: Node) -> tuple[str, int] | None:
    """Return why no file tells where a config's plugin writes to, and the line of its import; None where that is no question."""
    output = output_of_plugins(root)
    if output is None or output.folder:
        return None
    module, line = next((m, js.line_of(n)) for m, _, n in js.imports(root) if m in output.plugins)
    if output.decided:
        return f"`{module}` takes the folder of the build from {output.decided}", line
    return f"`{module}` may choose the folder that the build writes to", line


def plugin_folder(facts: Facts, path: str, output: Output) -> str | None:
    """Return the folder, below the project, of a Vite config's plugin; None where an option gives one that is not written out."""
    if not output.folder:
        return None
    tree = tree_of(facts, path)
    given = [_option(tree, output, key) for key in output.options] if tree is not None else []
    if output.config is not None and output.config.endswith(".json"):
        return _of_json(facts, join(parent(path), output.config), output)
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


def _of_json(facts: Facts, path: str, output: Output) -> str | None:
    """Return the folder that a JSON file names for production: what is under `production` wins over what is under `all`.

    https://vite-ruby.netlify.app/config/
    """
    if path not in facts.paths:
        return output.folder
    data = manifest_of(facts, path)
    if data is None:
        return None
    given: dict[str, object] = {}
    for part in ("all", "production"):
        section = data.get(part)
        given |= section if isinstance(section, dict) else {}
    texts = [given.get(key, _DEFAULTS[key]) for key in output.options]
    named = [t.strip("/") for t in texts if isinstance(t, str)]
    return "/".join(t for t in named if t) if len(named) == len(texts) else None


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
