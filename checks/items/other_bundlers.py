"""Sentry in the builds of other bundlers, read from their configs: what uploads the maps, and whether these are published."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.frontends.outputs import usual_output
from checks.model import Evidence, Finding, Verdict, failed, in_repository, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value
from checks.parsers.vite_plugins import gate_of
from checks.patterns import lazy_pattern
from checks.repository.builds import find_builds
from checks.repository.facts import Facts, inside
from checks.repository.frontends import Frontend
from checks.repository.image_removal import image_removes
from checks.repository.map_removal import left_out, refused, removal
from checks.repository.node import installed
from checks.repository.vite_builds import deployed

_CONFIG_NAMES = lazy_pattern(
    r"(next|nuxt|astro|svelte|vite|webpack|rspack|rsbuild|craco|vue|rollup|esbuild|react-router)[\w.-]*\.(config\.)?([cm]?[jt]s)$"
)
_CALLS = frozenset(
    {
        "withSentryConfig",
        "sentryWebpackPlugin",
        "SentryWebpackPlugin",
        "SentryCliPlugin",
        "sentryEsbuildPlugin",
        "sentryRollupPlugin",
        "sentrySvelteKit",
        "sentrySolidStartVite",
        "sentryReactRouter",
        "sentryTanstackStart",
    }
)
_MODULES = ("@sentry/astro", "@sentry/nuxt", "@sentry/nuxt/module", "@sentry/gatsby")
_DEFAULT = BuildValues("production", lambda name, _: "production" if name == "NODE_ENV" else UNKNOWN)


def configs(facts: Facts, frontend: Frontend) -> Iterator[tuple[str, Node]]:
    """Yield the bundler configs of a frontend that parse."""
    for path in facts.with_suffix("js", "ts", "mjs", "cjs", "mts", "cts"):
        if not inside(path, frontend.root) or not _CONFIG_NAMES.search(path.rpartition("/")[2]):
            continue
        if "node_modules/" in path:
            continue
        root = facts.parsed("javascript", path, lambda text, p=path: js.parse_javascript(text.encode(), p))  # type: ignore[misc]
        if isinstance(root, Node):
            yield path, root


def uploader(facts: Facts, frontend: Frontend) -> Evidence | None:
    """Return the call or module that adds Sentry's plugin to a build other than plain Vite's."""
    for path, root in configs(facts, frontend):
        for node in js.descend(root):
            name = _sentry(node)
            if name is None:
                continue
            gate = gate_of(node, _DEFAULT)
            if gate is None or gate.opens is None or gate.text == "nothing uses it":
                return in_repository(f"{name} uploads the maps", path, js.line_of(node))
    return None


def _sentry(node: Node) -> str | None:
    if node.type in ("call_expression", "new_expression"):
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        name = js.text_of(function).rpartition(".")[2] if function is not None else ""
        if name == "sentry" and any(m == "@sentry/astro" for m, _, _ in js.imports(_top(node))):
            return "@sentry/astro"
        return name if name in _CALLS else None
    if node.type == "string" and js.string_of(node) in _MODULES:
        above = node.parent
        return js.string_of(node) if above is not None and above.type == "array" else None
    return None


def _top(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node


def maps_private_elsewhere(facts: Facts, frontend: Frontend) -> Verdict:
    """Judge a build that is not plain Vite: what its config does with maps, and what removes them."""
    target = frontend.target
    after = [b.after for b in deployed(find_builds(facts, frontend)) if b.made is not None]
    samples = [
        f"{frontend.root}/{f}/main.js.map".removeprefix("./")
        for f in (usual_output(frontend.framework, frontend.bundler),)
    ]
    for commands in after:
        for folder in ("dist", "build"):
            own = [f"{frontend.root}/{folder}/assets/x.js.map".removeprefix("./"), *samples]
            ran = removal(commands, own[:1]) or removal(commands, own[1:]) or left_out(commands, own)
            if ran is not None:
                fact = f"`{' '.join(ran.words)[:60]}` keeps the maps out"
                return passed(in_repository(fact, ran.path, None), target=target)
    kept = image_removes(facts, frontend, None) or refused(facts, frontend.root)
    if kept is not None:
        return passed(in_repository(kept.fact, kept.path, kept.line), target=target)
    for path, root in configs(facts, frontend):
        verdict = _by_config(facts, frontend, path, root)
        if verdict is not None:
            return verdict
    if frontend.bundler == "next":
        fact = "Next.js writes no maps for browsers unless `productionBrowserSourceMaps` is set"
        return passed(in_repository(fact, frontend.manifest, None), target=target)
    return unknown(
        f"whether the {frontend.bundler} build publishes maps cannot be determined",
        path=frontend.manifest,
        hint="check its output for .map files",
        target=target,
    )


def _by_config(facts: Facts, frontend: Frontend, path: str, root: Node) -> Verdict | None:
    """Judge one config; None where it does not mention maps."""
    pairs = [(n, p, v) for o in js.descend(root) if o.type == "object" for n, p, v in js.properties(o)]
    published, deletes = None, None
    for name, pair, value in pairs:
        known = production_value(value, build=_DEFAULT)
        if name in ("productionBrowserSourceMaps", "productionSourceMap") and known is not False:
            published = (pair, known)
        elif name == "devtool" and isinstance(known, str) and "source-map" in known:
            published = (pair, True)
        elif name in ("deleteSourcemapsAfterUpload", "filesToDeleteAfterUpload", "hideSourceMaps"):
            deletes = (pair, name, known)
    if deletes is not None and deletes[2] is not False:
        if deletes[2] is UNKNOWN:
            return unknown(
                f"`{deletes[1]}` cannot be determined",
                path=path,
                line=js.line_of(deletes[0]),
                hint="write true",
                target=frontend.target,
            )
        return passed(in_repository(f"{deletes[1]} is set", path, js.line_of(deletes[0])), target=frontend.target)
    wrapped = any(_sentry(n) == "withSentryConfig" for n in js.descend(root))
    if published is not None or (deletes is not None and wrapped):
        place = published[0] if published is not None else deletes[0] if deletes is not None else root
        if published is not None and published[1] is UNKNOWN:
            return unknown(
                "whether the production build publishes its maps cannot be determined",
                path=path,
                line=js.line_of(place),
                hint="write false",
                target=frontend.target,
            )
        message = "the production build publishes its maps"
        finding = Finding(message=message, path=path, line=js.line_of(place), hint="delete them after the upload")
        return failed(finding, target=frontend.target)
    return _next_default(facts, frontend, path, wrapped) if frontend.bundler == "next" else None


def _next_default(facts: Facts, frontend: Frontend, path: str, wrapped: bool) -> Verdict:
    """Since version 9 `withSentryConfig` deletes the browser's maps after the upload; before, it left them.

    https://docs.sentry.io/platforms/javascript/guides/nextjs/migration/v8-to-v9/
    """
    sdk = installed(facts, frontend.root, "@sentry/nextjs")
    if not wrapped:
        return passed(in_repository("the build writes no maps for browsers", path, None), target=frontend.target)
    if sdk is None:
        return unknown(
            "which version of @sentry/nextjs builds is not known, and only version 9 and later delete the maps",
            path=frontend.manifest,
            hint="install @sentry/nextjs",
            target=frontend.target,
        )
    if sdk.version.major >= 9:
        fact = f"@sentry/nextjs {sdk.text} deletes the browser's maps after the upload"
        return passed(in_repository(fact, sdk.path, sdk.line), target=frontend.target)
    message = f"@sentry/nextjs {sdk.text} leaves the browser's maps next to the bundles"
    return failed(
        Finding(message=message, path=path, hint="set sourcemaps.deleteSourcemapsAfterUpload: true"),
        target=frontend.target,
    )
