"""Sentry's Vite plugin as it is in the build that is deployed."""

from __future__ import annotations

import re

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.globs import glob_matches
from checks.parsers.vite import ViteConfig
from checks.parsers.vite_objects import UnresolvedSource
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.vite_builds import (
    PluginState,
    ViteBuild,
    config_of,
    option,
    patterns_of,
    plugin_states,
    sample_maps,
    vite_builds,
)
from checks.sentry_api.dsn import is_placeholder


class Plugin(Struct, frozen=True, kw_only=True):
    """The Sentry bundler plugin in effect: its place, the variable its token comes from, and what is wrong with it.

    `release` is the expression of `release.name` (None: the plugin's default), `options` the options as written. `uncertainty` explains
    what keeps from telling whether it is on.
    """

    path: str
    line: int
    token: str
    problem: str | None
    creates_no_release: bool
    release: str | None = None
    options: str = ""
    uncertainty: str | None = None


def effective_plugin(facts: Facts, frontend: Frontend) -> Plugin | None:
    """Return the Sentry plugin of a frontend's deployed Vite build, or None where its config calls none.

    Of several calls the first that works counts, else the first of which that is not known.
    """
    return facts.memoize(
        "plugin", f"{frontend.root}:{frontend.vite_config}", lambda: _effective_plugin(facts, frontend)
    )


def _effective_plugin(facts: Facts, frontend: Frontend) -> Plugin | None:
    found = effective_state(facts, frontend)
    if found is None:
        return None
    made, state = found
    text = state.options.text.decode(errors="replace") if state.options is not None and state.options.text else ""
    token = re.search(r"authToken:[^,\n}]*?(?:process\.env|env|import\.meta\.env)(?:\.|\[[\"'])(\w+)", text)
    problem = None
    strings = re.findall(r"\b(?:org|project):\s*[\"'`]([^\"'`]*)[\"'`]", text)
    placeholder = next((s for s in strings if is_placeholder(s)), None)
    if placeholder:
        problem = f"`{placeholder}` is a placeholder"
    elif state.works is False:
        problem = state.why
    elif re.search(r"\bauthToken:\s*[\"'`]", text) and is_placeholder(text):
        problem = "its token is a placeholder"
    elif state.works:
        problem = _assets_elsewhere(facts, made, state)
    return Plugin(
        path=state.path,
        line=state.line if problem or state.works is None else state.call.line,
        token=token.group(1) if token else "SENTRY_AUTH_TOKEN",
        problem=problem,
        uncertainty=state.why if state.works is None else None,
        creates_no_release=bool(re.search(r"release:\s*\{[^}]*\bcreate:\s*false", text)),
        release=_release_name(state.options),
        options=text,
    )


def effective_state(facts: Facts, frontend: Frontend) -> tuple[ViteBuild, PluginState] | None:
    """Return the plugin call that counts with the build that it was judged in."""
    found = [(made, s) for made in vite_builds(facts, frontend) for s in plugin_states(facts, made)]
    for wanted in (True, None, False):
        chosen = next(((m, s) for m, s in found if s.works is wanted), None)
        if chosen is not None:
            return chosen
    return None


def _assets_elsewhere(facts: Facts, made: ViteBuild, state: PluginState) -> str | None:
    """State that `sourcemaps.assets` names no file of the build's output; without it the output is taken.

    https://www.npmjs.com/package/@sentry/vite-plugin#sourcemapsassets
    """
    config, samples = config_of(facts, made), sample_maps(facts, made)
    if not isinstance(config, ViteConfig) or samples is None:
        return None
    value = option(config.root, state.options, "sourcemaps", "assets")
    if value is None or isinstance(value, UnresolvedSource):
        return None
    patterns = patterns_of(config.root, value, made)
    if not patterns:
        return None
    files = [*samples, *(s.removesuffix(".map") for s in samples)]
    if any(glob_matches(p, f) for p in patterns for f in files):
        return None
    folder = samples[0].rpartition("/")[0].removesuffix("/assets")
    return f"`sourcemaps.assets` names {', '.join(patterns)}, and the build writes to {folder}"


def _release_name(options: Node | None) -> str | None:
    found = {n: v for n, _, v in js.properties(options)} if options is not None else {}
    release = found.get("release")
    literal = release is not None and release.type == "object"
    inner = {n: v for n, _, v in js.properties(release)} if release is not None and literal else {}
    name = inner.get("name")
    return None if name is None or js.text_of(name) == "undefined" else js.text_of(name)
