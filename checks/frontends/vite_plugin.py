"""Sentry's Vite plugin as it is in the build that is deployed."""

from __future__ import annotations

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.token_option import read_token
from checks.parsers import javascript as js
from checks.parsers.globs import glob_matches
from checks.parsers.javascript_values import UNKNOWN, production_value
from checks.parsers.vite_objects import UnresolvedSource, resolve
from checks.repository.builds import deployed, find_builds
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.map_names import sample_maps
from checks.repository.vite_builds import (
    ViteBuild,
    option,
    patterns_of,
    vite_builds,
)
from checks.repository.vite_plugin_states import PluginState, plugin_states
from checks.sentry_api.dsn import is_placeholder


class Plugin(Struct, frozen=True, kw_only=True):
    """The Sentry bundler plugin in effect: its place, the variable its token comes from, and what is wrong with it.

    `release` is the expression of `release.name` (None: the plugin's default). `creates_release` and `records_deploy` are what
    `release.create` and `release.deploy` make it do, None where that cannot be determined. `uncertainty` explains what keeps from
    telling whether it uploads.
    """

    path: str
    line: int
    token: str
    problem: str | None
    creates_release: bool | None = True
    records_deploy: bool | None = False
    release: str | None = None
    uncertainty: str | None = None


def effective_plugin(facts: Facts, frontend: Frontend) -> Plugin | None:
    """Return the Sentry plugin of a frontend's deployed Vite build, or None where its config calls none.

    Of several calls the first that works counts, else the first of which that is not known.
    """
    return facts.memoize(
        effective_plugin, f"{frontend.root}:{frontend.vite_config}", lambda: _effective_plugin(facts, frontend)
    )


def _effective_plugin(facts: Facts, frontend: Frontend) -> Plugin | None:
    found = effective_state(facts, frontend)
    if found is None:
        return None
    made, state = found
    token = read_token(state.root, state.options, state.made.values)
    problem = _placeholder(state.root, state.options, state.made)
    if problem is None and state.works is False:
        problem = state.why
    uncertainty = state.why if state.works is None else token.uncertainty
    if problem is None and state.works:
        problem, unclear = _uploads_nothing(facts, made, state)
        uncertainty = uncertainty or unclear
    return Plugin(
        path=state.path,
        line=state.line if problem or uncertainty else state.call.line,
        token=_given(facts, frontend, token.variables),
        problem=problem,
        uncertainty=uncertainty,
        creates_release=_is_on(state.root, state.options, state.made, ("release", "create"), absent=True),
        records_deploy=_is_on(state.root, state.options, state.made, ("release", "deploy"), absent=False),
        release=_release_name(state.root, state.options),
    )


def _given(facts: Facts, frontend: Frontend, variables: tuple[str, ...]) -> str:
    """Return the first variable that every deployed build is given, else the first: the others are what it falls back to."""
    for name in variables if len(variables) > 1 else ():
        builds = deployed(find_builds(facts, frontend, name))
        if builds and all(b.token for b in builds):
            return name
    return variables[0] if variables else "SENTRY_AUTH_TOKEN"


def _placeholder(root: Node, options: Node | None, made: ViteBuild) -> str | None:
    """Return what is wrong with an organization, project or token that the options spell."""
    for key in ("org", "project", "authToken"):
        value = option(root, options, key)
        text = production_value(resolve(value, root), build=made.values) if isinstance(value, Node) else None
        if isinstance(text, str) and js.string_of(resolve(value, root)) is not None and is_placeholder(text):  # type: ignore[arg-type]
            return "its token is a placeholder" if key == "authToken" else f"`{text}` is a placeholder"
    return None


def _is_on(root: Node, options: Node | None, made: ViteBuild, path: tuple[str, ...], *, absent: bool) -> bool | None:
    """Return whether an option is true in a build; `absent` is the plugin's default, None where it cannot be determined."""
    value = option(root, options, *path)
    if value is None:
        return absent
    known = (
        UNKNOWN if isinstance(value, UnresolvedSource) else production_value(resolve(value, root), build=made.values)
    )
    made.unset.clear()
    if known is None:
        return absent
    return None if known is UNKNOWN else bool(known)


def effective_state(facts: Facts, frontend: Frontend) -> tuple[ViteBuild, PluginState] | None:
    """Return the plugin call that counts with the build that it was judged in."""
    found = [(made, s) for made in vite_builds(facts, frontend) for s in plugin_states(facts, made)]
    for wanted in (True, None, False):
        chosen = next(((m, s) for m, s in found if s.works is wanted), None)
        if chosen is not None:
            return chosen
    return None


def _uploads_nothing(facts: Facts, made: ViteBuild, state: PluginState) -> tuple[str | None, str | None]:
    """Return why `sourcemaps.assets` and `sourcemaps.ignore` leave no bundle of the build to upload, and what keeps from telling.

    The plugin uploads the bundles that it finds, each with its map; without `assets` it looks into the output
    (https://www.npmjs.com/package/@sentry/vite-plugin#sourcemapsassets, #sourcemapsignore).
    """
    samples = sample_maps(facts, made)
    left = [s.removesuffix(".map") for s in samples] if samples is not None else None
    for key, kept in (("assets", True), ("ignore", False)):
        value = option(state.root, state.options, "sourcemaps", key)
        if value is None:
            continue
        patterns = patterns_of(state.root, value, state.made)
        if patterns is None:
            node = value.node if isinstance(value, UnresolvedSource) else value
            return None, f"`sourcemaps.{key}` is `{' '.join(js.text_of(node).split())[:60]}`"
        if not patterns or left is None:
            continue
        folder = left[0].rpartition("/")[0].removesuffix("/assets")
        left = [f for f in left if any(glob_matches(p, f) for p in patterns) is kept]
        if not left:
            what = "names" if kept else "leaves out"
            return f"`sourcemaps.{key}` {what} {', '.join(patterns)}, and the build writes to {folder}", None
    return None, None


def _release_name(root: Node, options: Node | None) -> str | None:
    value = option(root, options, "release", "name")
    node = value.node if isinstance(value, UnresolvedSource) else resolve(value, root) if value is not None else None
    return None if node is None or node.type == "undefined" else js.text_of(node)
