"""What a bundler's config puts into the bundle as text: `define`, webpack's plugins, and the runtime configuration of frameworks."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.configs import configured
from checks.frontends.uploaders import configs
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite import ViteConfig
from checks.parsers.vite_define import Defined, defined_secrets, everything_exposed, named_secrets
from checks.parsers.vite_objects import Reader, UnresolvedSource, assume_may_define, production_branch, resolve
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend

_VALUES = frozenset(
    {
        "object",
        "identifier",
        "call_expression",
        "member_expression",
        "ternary_expression",
        "binary_expression",
        "shorthand_property_identifier",
    }
)
_PUBLIC = (("publicRuntimeConfig",), ("runtimeConfig", "public"))
"""Keys whose values Next.js and Nuxt send to the browser (https://nuxt.com/docs/4.x/guide/going-further/runtime-config)."""


class Prefix(Struct, frozen=True):
    """Vite's `envPrefix`: its node, and the prefixes (None: not each is known)."""

    node: Node
    prefixes: tuple[str, ...] | None

    def lets_in(self, name: str) -> bool | None:
        """Return whether a variable of that name is given to the bundle; None where that cannot be determined."""
        return any(name.startswith(p) for p in self.prefixes) if self.prefixes is not None else None


def env_prefix(config: ViteConfig) -> Prefix | None:
    """Return the `envPrefix` of a production build, or None for the default (https://vite.dev/config/shared-options.html#envprefix)."""
    chosen = config.chosen
    found = (
        Reader(config.root, assume_may_define, config.values, config.shared).lookup(chosen.node, "envPrefix")
        if chosen
        else None
    )
    if found is None or isinstance(found, UnresolvedSource):
        return Prefix(found.node, None) if found is not None else None
    value = production_branch(resolve(found, config.root), config.root, config.values)
    nodes = [n for n in value.named_children if n.type != "comment"] if value.type == "array" else [value]
    texts = [js.string_of(resolve(n, config.root)) for n in nodes]
    known = tuple(t for t in texts if t is not None)
    return Prefix(found, known if len(known) == len(texts) else None)


def definitions(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield what a bundler other than plain Vite is given as constants of the code: by which plugin or key, and the expression."""
    for node in js.descend(root):
        if node.type in ("new_expression", "call_expression"):
            made = node.child_by_field_name("constructor") or node.child_by_field_name("function")
            name = js.text_of(made).rpartition(".")[2] if made is not None else ""
            arguments = node.child_by_field_name("arguments")
            given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
            if name in ("DefinePlugin", "EnvironmentPlugin") and given:
                yield name, given[0]
        elif node.type == "object":
            for name, _, value in js.properties(node):
                if name == "define" and value.type in _VALUES:
                    yield "`define`", value


def defining_objects(root: Node) -> Iterator[Node]:
    """Yield the object literals among them that map expressions to their values."""
    for plugin, given in definitions(root):
        literal = resolve(given, root)
        if plugin != "EnvironmentPlugin" and literal.type == "object":
            yield literal


def exposed(facts: Facts, frontend: Frontend) -> Iterator[tuple[str, str, Defined]]:
    """Yield `(path, what puts it there, finding)` of what may bring the Sentry token into the bundle."""
    if frontend.bundler != "vite" or frontend.vite_config is None:
        for path, root in configs(facts, frontend):
            for plugin, given in definitions(root):
                found = named_secrets(root, given) if plugin == "EnvironmentPlugin" else defined_secrets(root, given)
                yield from ((path, plugin, d) for d in found)
            for keys in _PUBLIC:
                for value in configured(facts, path, *keys):
                    top = value.node
                    while top.parent is not None:
                        top = top.parent
                    yield from ((value.path, f"`{'.'.join(keys)}`", d) for d in defined_secrets(top, value.node))
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    if config is not None and not isinstance(config, ParseError) and frontend.vite_config:
        for defined in (*_of_vite(config), *everything_exposed(config.root)):
            yield frontend.vite_config, "`define`", defined


def _of_vite(config: ViteConfig) -> Iterator[Defined]:
    for chosen in config.objects:
        define = (
            Reader(config.root, assume_may_define, shared=config.shared).lookup(chosen.node, "define")
            if chosen.production
            else None
        )
        if isinstance(define, UnresolvedSource):
            yield Defined(f"`{' '.join(js.text_of(define.node).split())[:50]}`", define.node, False)
        elif define is not None:
            yield from defined_secrets(config.root, define)
