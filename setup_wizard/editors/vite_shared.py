"""Vite configs that another file makes, or adds to: the config is merged with what is added, and what is spread is kept."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.vite import ViteConfig, read_vite_config
from checks.parsers.vite_following import Modules
from checks.parsers.vite_functions import is_vite, vite_function
from checks.parsers.vite_objects import CannotDefine, ConfigObject, UnresolvedSource
from setup_wizard.editors.base import Text, splice
from setup_wizard.editors.vite_deletion import NotFollowedError

_MERGE, _DEFINE, _ENV = "mergeConfig", "defineConfig", "configEnv"
_PATH = ("member_expression", "identifier")
_LONGEST = 60


def merged(
    text: Text, config: ViteConfig, path: str, cannot_define: CannotDefine, modules: Modules
) -> tuple[str, ViteConfig]:
    """Return a config that another file makes as `mergeConfig(made, {})`, to which the editor adds; others as they are.

    `mergeConfig` takes objects only, no function and no promise (https://vite.dev/guide/api-javascript.html#mergeconfig): a function
    is called as Vite would call it.
    """
    made = _made(config)
    kind = config.shared.kind(made) if made is not None and config.shared is not None else ""
    if made is None or not kind:
        return text.body, config
    raw = text.body.encode()
    start, end = len(raw[: made.start_byte].decode()), len(raw[: made.end_byte].decode())
    before, after, wanted = f"{_MERGE}(", ", {})", [_MERGE]
    if kind != "object":
        awaited, asynchronous = ("await ", "async ") if kind == "async" else ("", "")
        before, after = f"{asynchronous}({_ENV}) => {_MERGE}({awaited}", f"({_ENV}), {{}})"
        if made.parent is None or made.parent.type != "arguments":
            # A parameter has no type without `defineConfig`.
            before, after, wanted = f"{_DEFINE}({before}", f"{after})", [_DEFINE, _MERGE]
    edits = [(start, start, before), (end, end, after), *_import(config, raw, text.newline, wanted)]
    body = splice(text.body, edits)
    return body, read_vite_config(body.encode(), path, cannot_define, modules=modules)


def _made(config: ViteConfig) -> Node | None:
    """Return the expression of the config: what `defineConfig` is given, or the export itself."""
    node = js.unwrap(config.export) if config.export is not None else None
    while node is not None and node.type == "call_expression":
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
        if function is None or vite_function(node) != _DEFINE or not given:
            break
        node = js.unwrap(given[0])
    return node


def _import(config: ViteConfig, raw: bytes, newline: str, wanted: list[str]) -> list[tuple[int, int, str]]:
    """Return the splices that import functions of Vite: beside what is imported from it, else on a line of its own."""
    known = {n for module, names, _ in js.imports(config.root) if is_vite(module) for n in names if names[n] == n}
    lacking = ", ".join(n for n in wanted if n not in known)
    if not lacking:
        return []
    for module, _, node in js.imports(config.root):
        kinds = ("import_specifier", "shorthand_property_identifier_pattern")
        listed = [n for n in js.descend(node) if n.type in kinds] if is_vite(module) else []
        if listed and not js.text_of(node).startswith("import type"):
            at = len(raw[: listed[-1].end_byte].decode())
            return [(at, at, f", {lacking}")]
    nodes = [node for _, _, node in js.imports(config.root)]
    at = len(raw[: nodes[0].start_byte].decode()) if nodes else 0
    quote = next((js.text_of(n)[0] for i in nodes for n in js.descend(i) if n.type == "string"), "'")
    semicolon = ";" if any(js.text_of(n).endswith(";") for n in nodes) else ""
    if config.commonjs:
        return [(at, at, f"const {{ {lacking} }} = require({quote}vite{quote}){semicolon}{newline}")]
    return [(at, at, f"import {{ {lacking} }} from {quote}vite{quote}{semicolon}{newline}")]


def spread_source(source: UnresolvedSource) -> str | None:
    """Return what a spread takes its keys from, so that one of them can be written again: a name, or a call that is followed."""
    written = js.text_of(source.node)
    called = source.node.type == "call_expression" and source.value is not None
    return (
        written if (source.node.type in _PATH or called) and len(written) <= _LONGEST and "\n" not in written else None
    )


def refuse_outputs(config: ViteConfig, target: ConfigObject, path: str) -> None:
    """Refuse outputs of the bundler that another file describes: their own folder and maps win over what is added here."""
    if config.shared is None:
        return
    sources = [b for b in (target.build, *target.bases) if isinstance(b, UnresolvedSource)]
    for source in sources:
        layers = source.brought if source.brought is not None else source.node
        names = () if source is target.build else ("build",)
        for options in ("rollupOptions", "rolldownOptions"):
            for key in ("dir", "sourcemap"):
                if config.shared.find(layers, *names, options, "output", key):
                    raise NotFollowedError(
                        f"{path}: `{js.text_of(source.node)[:40]}` has the bundler's own `output.{key}`, which wins"
                    )
