"""Service workers that vite-plugin-pwa builds when the bundles are done, and whose maps nothing of Sentry's deletes any more.

It writes them when the build has maps, unless its own option says otherwise (seen in version 1.2 with the plugin 11.9; the option:
https://vite-pwa-org.netlify.app/guide/faq.html).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.vite_objects import resolve

_MODULES = ("vite-plugin-pwa",)


class WorkerMaps(Struct, frozen=True):
    """A call of vite-plugin-pwa that writes maps: its options (None: none), and the key of the part that makes the worker.

    `part` is that part's object (None: not there), `switch` its `sourcemap: true` where that is written; `readable` says that
    all of them are literals.
    """

    call: Node
    options: Node | None
    key: str
    part: Node | None
    readable: bool
    switch: Node | None = None


def worker_maps(root: Node) -> Iterator[WorkerMaps]:
    """Yield the calls of a Vite config whose service worker gets maps, where the build has some."""
    names = {n for m, local, _ in js.imports(root) if m in _MODULES for n, i in local.items() if i == "VitePWA"}
    for node in js.descend(root) if names else ():
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or arguments is None or js.text_of(function) not in names:
            continue
        given = [a for a in arguments.named_children if a.type != "comment"]
        options = resolve(given[0], root) if given else None
        if options is None:
            yield WorkerMaps(node, None, "workbox", None, not given)
            continue
        pairs = {n: v for n, _, v in js.properties(options)} if options.type == "object" else {}
        strategy = pairs.get("strategies")
        key = "injectManifest" if strategy is not None and js.string_of(strategy) == "injectManifest" else "workbox"
        if "disable" in pairs and js.text_of(pairs["disable"]) == "true":
            continue
        part = resolve(pairs[key], root) if key in pairs else None
        own = {n: v for n, _, v in js.properties(part)} if part is not None and part.type == "object" else {}
        if "sourcemap" in own and js.text_of(own["sourcemap"]) == "false":
            continue
        readable = options.type == "object" and not js.has_spread(options)
        switch = own.get("sourcemap")
        plain = part is None or (part.type == "object" and not js.has_spread(part))
        readable = readable and plain and (switch is None or js.text_of(switch) == "true")
        yield WorkerMaps(node, options, key, part, readable, switch)
