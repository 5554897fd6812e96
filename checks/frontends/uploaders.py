"""Sentry's plugins in builds other than plain Vite's: the call that brings one, whether it is on, and whether there are maps.

Sources: the options of each package, `BuildTimeOptionsBase` of @sentry/core among them, and
https://docs.sentry.io/platforms/javascript/sourcemaps/uploading/.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.bundler_entries import production_config
from checks.frontends.configs import Value, configured, follow, modules_of, tree_of, values
from checks.frontends.map_settings import build_modules, map_setting
from checks.frontends.nuxt_module import PACKAGE, nuxt_module, publishes
from checks.frontends.plugin_calls import CALLS, VITE, plugin_calls
from checks.parsers import javascript as js
from checks.parsers.javascript_environment import environment_source
from checks.parsers.javascript_scopes import FUNCTIONS
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value
from checks.parsers.text import ParseError
from checks.parsers.vite_plugins import gate_of
from checks.patterns import lazy_pattern
from checks.repository.devtool_flags import devtool_of_builds
from checks.repository.facts import Facts, inside, join
from checks.repository.frontends import Frontend
from checks.repository.vite_builds import values_in_builds
from checks.sentry_api.dsn import is_placeholder

_CONFIG_NAMES = lazy_pattern(
    r"(^|[._-])(next|nuxt|astro|svelte|vite|webpack|rspack|rsbuild|craco|vue|rollup|esbuild|react-router|app)[\w.-]*\.(config\.)?([cm]?[jt]s)$"
)
_OF_WEBPACK = lazy_pattern(r"^(webpack|rspack)[\w.-]*$")
SWITCH_ON = ("sentrySvelteKit", "sentrySolidStartVite", "sentryReactRouter", "sentryTanstackStart")
"""Those of them that set `build.sourcemap` to `hidden` where a Vite config does not say anything of it."""

_OFF = (
    (("disable",), True),
    (("sourcemaps", "disable"), True),
    (("sourceMapsUploadOptions", "enabled"), False),
    (("autoUploadSourceMaps",), False),
    (("disableClientWebpackPlugin",), True),
    (("dryRun",), True),
    (("enabled",), False),
)
"""Options, and the value with which nothing is uploaded."""

DEFAULT = BuildValues("production", lambda name, _: "production" if name == "NODE_ENV" else UNKNOWN)


_TOKEN = "SENTRY_AUTH_TOKEN"
"""The variable that Sentry's plugins read by themselves."""


_BY_VARIABLE = "set the variable in the step that builds, or let only the token decide"
_BY_PACKAGE = "import it from Sentry's own package"


class Uploader(Struct, frozen=True, kw_only=True):
    """What brings Sentry's plugin: its name and place; `works` is True, False or None (not known), `why` says what decides.

    `token` is the variable that it takes its token from, `hint` what makes it known.
    """

    name: str
    path: str
    line: int
    works: bool | None = True
    why: str = ""
    token: str = _TOKEN
    hint: str = "write the value out"


def _named_configs(facts: Facts) -> tuple[str, ...]:
    """Return the scripts of a repository that are named as a bundler's config."""
    return facts.memoize(_named_configs, "", lambda: tuple(filter(_is_config, facts.with_suffix(*_SUFFIXES))))


def _is_config(path: str) -> bool:
    return bool(_CONFIG_NAMES.search(path.rpartition("/")[2])) and "node_modules/" not in path


_SUFFIXES = ("js", "ts", "mjs", "cjs", "mts", "cts")


def configs(facts: Facts, frontend: Frontend) -> Iterator[tuple[str, Node]]:
    """Yield the bundler configs of a frontend that parse; of webpack's and Rspack's only the production build's, with its parts."""
    built = production_config(facts, frontend) if frontend.bundler in ("webpack", "rspack") else None
    parts = modules_of(facts, built) if built is not None else None
    for path in _named_configs(facts):
        if not inside(path, frontend.root):
            continue
        root = facts.parsed("javascript", path, lambda text, p=path: js.parse_javascript(text.encode(), p))  # type: ignore[misc]
        other = parts is not None and path not in parts and _OF_WEBPACK.search(path.rpartition("/")[2])
        if isinstance(root, Node) and not other:
            yield path, root
    yield from build_modules(facts, frontend)


def config_or_manifest(facts: Facts, frontend: Frontend) -> str:
    """Return the file that a plugin would be added to: the bundler's own config, or the manifest where it has none."""
    read = production_config(facts, frontend)
    if read is not None:
        return read
    name = frontend.bundler.partition("-")[0] + ".config."
    named = (path for path, _ in configs(facts, frontend) if path.rpartition("/")[2].startswith(name))
    return next(named, frontend.manifest)


def find_uploader(facts: Facts, frontend: Frontend) -> Uploader | None:
    """Return what brings Sentry's plugin into a build: one that works, else the first whose state is not known, else any."""
    found = list(_uploaders(facts, frontend))
    for wanted in (True, None, False):
        chosen = next((u for u in found if u.works is wanted), None)
        if chosen is not None:
            return chosen
    return None


def brings_maps(facts: Facts, frontend: Frontend) -> Uploader | None:
    """Return the plugin that switches source maps on where `build.sourcemap` is not set; None where none is on.

    https://docs.sentry.io/platforms/javascript/guides/sveltekit/manual-setup/#source-maps-upload
    """
    return next((u for u in _uploaders(facts, frontend) if u.name in SWITCH_ON and u.works is not False), None)


def _of_nuxt(facts: Facts, frontend: Frontend) -> Iterator[Uploader]:
    module = nuxt_module(facts, frontend)
    if module is None:
        return
    works, why, line = publishes(facts, module)
    if works and "@sentry/webpack-plugin" not in frontend.dependencies:
        works, why = None, "@sentry/webpack-plugin, which some of its versions need, is not in package.json"
    value = module.option(facts, "publishRelease")
    token = _token_of([value] if value is not None else [])
    yield Uploader(name=PACKAGE, path=module.path, line=line, works=works, why=why, token=token)


def _in_builds(facts: Facts, frontend: Frontend) -> BuildValues:
    """Return the variables that the deployed builds of a frontend agree on; `UNKNOWN` where they differ, or keep them elsewhere."""

    def variable(name: str, _with_files: bool) -> object:
        found = values_in_builds(facts, frontend, name)
        return found[0] if found and all(f is found[0] or f == found[0] for f in found) else UNKNOWN

    return BuildValues("production", variable)


def _uploaders(facts: Facts, frontend: Frontend) -> Iterator[Uploader]:
    yield from _of_nuxt(facts, frontend)
    given = _in_builds(facts, frontend)
    for path, root in configs(facts, frontend):
        for node, name, why in plugin_calls(facts, path, root):
            if name == VITE or not _used(node, root):
                continue
            if why:
                yield Uploader(name=name, path=path, line=js.line_of(node), works=None, why=why, hint=_BY_PACKAGE)
                continue
            gate = gate_of(node, given)
            if gate is not None and gate.opens is False and gate.text != "nothing uses it":
                continue
            if gate is not None and gate.opens is None:
                on = f"it is on only with `{gate.text}`"
                yield Uploader(name=name, path=path, line=gate.line, works=None, why=on, hint=_BY_VARIABLE)
                continue
            made = Uploader(name=name, path=path, line=js.line_of(node))
            works, why, line = _state(facts, frontend, path, node, name)
            token = _token_of(_options(facts, path, node, name))
            yield Uploader(name=name, path=made.path, line=line or made.line, works=works, why=why, token=token)


def _token_of(options: list[Value]) -> str:
    """Return the one variable that `authToken` of a plugin's options is, in a spread of them too; the plugin's own without one.

    https://docs.sentry.io/platforms/javascript/guides/nextjs/configuration/build/#authToken
    """
    read: set[str | None] = set()
    for pair in (n for o in options for n in js.descend(o.node) if n.type == "pair"):
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is None or value is None or js.text_of(key).strip("\"'") != "authToken":
            continue
        owner, name = value.child_by_field_name("object"), value.child_by_field_name("property")
        of_process = owner is not None and environment_source(owner) == "process"
        read.add(js.text_of(name) if of_process and name is not None else None)
    return read.pop() or _TOKEN if len(read) == 1 else _TOKEN


def named_in_plugins(facts: Facts, frontend: Frontend, key: str) -> str | None:
    """Return the `project` or `org` that the plugins of a frontend's configs name, None where none does, or several do."""
    found: set[str] = set()
    for path, root in configs(facts, frontend):
        for node, name, _ in plugin_calls(facts, path, root):
            for options in _options(facts, path, node, name):
                texts = [js.string_of(v.node) for v in values(facts, options, key)]
                found |= {t for t in texts if t and not is_placeholder(t)}
    return found.pop() if len(found) == 1 else None


def _used(node: Node, root: Node) -> bool:
    """Return whether the constant that keeps a call, if one does, is named anywhere else in its module."""
    current = node
    while current.parent is not None and current.parent.type != "program":
        if current.type in ("arrow_function", "function_expression", "function_declaration"):
            return True
        if current.parent.type == "variable_declarator":
            own = current.parent.child_by_field_name("name")
            if own is None or own.type != "identifier":
                return True
            kinds = ("identifier", "shorthand_property_identifier")
            uses = [n for n in js.descend(root) if n.type in kinds and js.text_of(n) == js.text_of(own)]
            return any(n.start_byte != own.start_byte for n in uses)
        current = current.parent
    return True


def _state(facts: Facts, frontend: Frontend, path: str, node: Node, name: str) -> tuple[bool | None, str, int | None]:
    """Return whether a plugin uploads maps, why not, and the line that says so."""
    for options in _options(facts, path, node, name):
        for keys, off in _OFF:
            found = [options]
            for key in keys:
                found = [v for f in found for v in values(facts, f, key)]
            for value in found[:1]:
                known = production_value(value.node, build=DEFAULT)
                written = " ".join(js.text_of(value.node).split())[:40]
                if known is UNKNOWN:
                    return None, f"`{'.'.join(keys)}` is `{written}`", js.line_of(value.node)
                if bool(known) is off:
                    return False, f"`{'.'.join(keys)}` is `{written}`", js.line_of(value.node)
    if name == "sentryReactRouter":
        works, why = _build_end(facts, frontend)
        if works is not True:
            return works, why, None
    return _writes_maps(facts, frontend, path, name)


def _options(facts: Facts, path: str, node: Node, name: str) -> list[Value]:
    if name in ("@sentry/nuxt", "@sentry/nuxt/module"):
        return configured(facts, path, "sentry")
    arguments = node.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    at = CALLS.get(name, 0)
    found = [follow(facts, Value(path, given[at]))] if len(given) > at else []
    return [v for v in found if v.node.type == "object"]


def _build_end(facts: Facts, frontend: Frontend) -> tuple[bool | None, str]:
    """Return whether React Router's build ends with `sentryOnBuildEnd`, which uploads the maps; None where its config is not here.

    https://docs.sentry.io/platforms/javascript/guides/react-router/manual-setup/
    """
    paths = [p for s in ("ts", "js", "mjs") if (p := join(frontend.root, f"react-router.config.{s}")) in facts.paths]
    given = [v.node for p in paths for v in configured(facts, p, "buildEnd")]
    if any(js.calls(n, "sentryOnBuildEnd") or js.text_of(n).rpartition(".")[2] == "sentryOnBuildEnd" for n in given):
        return True, ""
    if any(node.type not in FUNCTIONS for node in given):
        return None, f"`buildEnd` is `{js.text_of(given[0])[:40]}`, which is not followed"
    if not paths:
        return None, "react-router.config, whose `buildEnd` has to call sentryOnBuildEnd, is not in the repository"
    return False, "`buildEnd` of react-router.config does not call sentryOnBuildEnd"


def _makes(facts: Facts, path: str, name: str) -> bool:
    tree = tree_of(facts, path)
    made = (n.child_by_field_name("constructor") for n in js.descend(tree)) if tree is not None else ()
    return any(m is not None and js.text_of(m).rpartition(".")[2] == name for m in made)


def _writes_maps(facts: Facts, frontend: Frontend, path: str, name: str) -> tuple[bool | None, str, int | None]:
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    if config is not None and not isinstance(config, ParseError) and config.sourcemap_setting in ("false", "inline"):
        line = js.line_of(config.sourcemap) if config.sourcemap is not None else None
        return False, f"build.sourcemap is {config.sourcemap_setting}", line
    if name.startswith("@sentry/nuxt"):
        for value in configured(facts, path, "sourcemap"):
            inner = next(values(facts, value, "client"), value)
            if production_value(inner.node, build=DEFAULT) is False:
                return False, "`sourcemap` is switched off for the client", js.line_of(inner.node)
    setting = map_setting(facts, frontend) if name in ("sentryEsbuildPlugin", "sentryRollupPlugin") else None
    if setting is not None and not setting.writes:
        decides = f"`{setting.written}` of {setting.path}:{setting.line} decides whether maps are written"
        lacks = f"{setting.path}:{setting.line} has {setting.written}, so no map file is written"
        return (None, decides, None) if setting.writes is None else (False, lacks.replace("has no", "sets no"), None)
    if name in ("sentryWebpackPlugin", "SentryWebpackPlugin", "SentryCliPlugin") and (
        frontend.bundler == "webpack" or path.rpartition("/")[2].startswith("rspack.")
    ):
        if frontend.framework is not None and frontend.framework.bundler == "webpack":
            return True, "", None  # it switches maps on itself
        told = devtool_of_builds(facts, frontend)
        if told is None:
            return _devtool(facts, path)
        if told.writes_files:
            return True, "", None
        why = f"`{told.command}` in {told.path}:{told.line} decides whether maps are written"
        lacks = f"`{told.written}` of {told.path}:{told.line} writes no map file"
        return (None, why, None) if told.value is None else (False, lacks, None)
    return True, "", None


def _devtool(facts: Facts, path: str) -> tuple[bool | None, str, int | None]:
    """Judge webpack's `devtool`: what it evaluates or puts inline leaves no file (https://webpack.js.org/configuration/devtool/)."""
    found = configured(facts, path, "devtool")
    if not found:
        if _makes(facts, path, "SourceMapDevToolPlugin"):
            return True, "", None
        return None, "no `devtool` was found, and without it webpack writes no maps for production", None
    known = [production_value(v.node, build=DEFAULT) for v in found]
    if any(k is UNKNOWN for k in known):
        return None, f"`devtool` is `{js.text_of(found[0].node)[:40]}`", js.line_of(found[0].node)
    for setting in known:
        if isinstance(setting, str) and "source-map" in setting and not setting.startswith(("eval", "inline")):
            return True, "", None
        if setting is True:
            return True, "", None
    return (
        False,
        f"`devtool` is `{js.text_of(found[0].node)[:40]}`, which writes no map file",
        js.line_of(found[0].node),
    )
