"""Finds the browser applications of a repository: packages that a bundler builds for users."""

from __future__ import annotations

import json
import re

from msgspec import Struct

from checks.errors import UsageError
from checks.model import Target
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, join, parent

_VITE_NAMES = tuple(f"vite.config.{suffix}" for suffix in ("ts", "mts", "cts", "js", "mjs", "cjs"))
_BUNDLERS = {
    "vite": "vite",
    "webpack": "webpack",
    "@rspack/core": "rspack",
    "@rsbuild/core": "rspack",
    "parcel": "parcel",
    "next": "next",
    "astro": "astro",
    "react-scripts": "webpack",
    "nuxt": "vite",
    "@sveltejs/kit": "vite",
    "@angular/core": "angular",
    "gatsby": "webpack",
    "@vue/cli-service": "webpack",
    "esbuild": "esbuild",
}
_RENDERERS = frozenset(
    {
        "react",
        "react-dom",
        "vue",
        "svelte",
        "solid-js",
        "preact",
        "@angular/core",
        "next",
        "nuxt",
        "astro",
        "gatsby",
        "lit",
    }
)
_BROWSER_ONLY = frozenset(
    {
        "@hotwired/stimulus",
        "@hotwired/turbo",
        "@sentry/browser",
        "alpinejs",
        "backbone",
        "bootstrap",
        "d3",
        "ember-source",
        "htmx.org",
        "jquery",
        "knockout",
        "leaflet",
        "mithril",
    }
)
_NOT_AN_APPLICATION = lazy_pattern(
    r"(^|/)(node_modules|docs?|website|documentation|storybook|e2e|tests?|__tests__|cypress|playwright|emails?"
    r"|examples?|fixtures?|\.[^/]+|\{\{.*)(/|$)"
)


class Frontend(Struct, frozen=True, kw_only=True):
    """A browser application: name, root, manifest, bundler, its Vite config (None for other bundlers), dependencies."""

    name: str
    root: str
    manifest: str
    bundler: str
    vite_config: str | None
    dependencies: dict[str, str]
    scripts: dict[str, str]

    @property
    def target(self) -> Target:
        """The frontend as a target of checks."""
        return Target(name=self.name, root=self.root)


def find_frontends(facts: Facts) -> tuple[Frontend, ...]:
    """Return the configured frontends, else every package with a bundler and something that renders.

    Raises `UsageError` when the configuration names a root without a package.json.
    """
    if facts.config.frontends:
        found = []
        for name, part in facts.config.frontends.items():
            frontend = _frontend(facts, join(part.root or ".", "package.json"), name or "frontend", forced=True)
            if frontend is None:
                raise UsageError(
                    f"frontend root `{part.root}` has no readable package.json", hint="correct `frontend.root`"
                )
            found.append(frontend)
        return tuple(found)
    candidates = [
        f
        for path in facts.named("package.json")
        if not _NOT_AN_APPLICATION.search(parent(path)) and (f := _frontend(facts, path, "frontend")) is not None
    ]
    if len(candidates) == 1:
        return (candidates[0],)
    return tuple(
        Frontend(
            name=f.root.rpartition("/")[2] if f.root != "." else "root",
            root=f.root,
            manifest=f.manifest,
            bundler=f.bundler,
            vite_config=f.vite_config,
            dependencies=f.dependencies,
            scripts=f.scripts,
        )
        for f in candidates
    )


def manifest_of(facts: Facts, path: str) -> dict[str, object] | None:
    """Return a package.json as a dictionary, or None when it is none."""
    text = facts.text(path)
    try:
        data = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _strings(value: object) -> dict[str, str]:
    return {k: v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else {}


def _frontend(facts: Facts, path: str, name: str, *, forced: bool = False) -> Frontend | None:
    manifest = manifest_of(facts, path)
    if manifest is None:
        return None
    root = parent(path)
    dependencies = _strings(manifest.get("dependencies")) | _strings(manifest.get("devDependencies"))
    scripts = _strings(manifest.get("scripts"))
    vite_config = next((p for n in _VITE_NAMES if (p := join(root, n)) in facts.paths), None)
    bundler = "vite" if vite_config else next((b for d, b in _BUNDLERS.items() if d in dependencies), None)
    if bundler is None and forced:
        bundler = "unknown"
    if bundler is None:
        return None
    builds = any(
        re.search(r"\b(vite|webpack|rspack|rsbuild|parcel|next|astro|react-scripts|nuxt|ng|gatsby|esbuild)\b", s)
        for s in scripts.values()
    )
    # A server-rendered site bundles plain scripts as well: what runs in browsers alone tells it from a tool for Node.
    renders = bool(_RENDERERS & dependencies.keys()) or (
        bundler in ("vite", "webpack", "rspack", "parcel") and bool(_BROWSER_ONLY & dependencies.keys())
    )
    page = join(root, "index.html") in facts.paths
    if not forced and not (page or (renders and builds)):
        return None
    if not forced and _is_library(facts, manifest, vite_config):
        return None
    return Frontend(
        name=name,
        root=root,
        manifest=path,
        bundler=bundler,
        vite_config=vite_config,
        dependencies=dependencies,
        scripts=scripts,
    )


def _is_library(facts: Facts, manifest: dict[str, object], vite_config: str | None) -> bool:
    """A package with `build.lib` or peer-dependent published entry points is a component library, no application."""
    published = manifest.get("private") is not True or bool({"exports", "main", "module", "types"} & manifest.keys())
    if vite_config and published and re.search(r"\blib\s*:\s*\{", facts.text(vite_config) or ""):
        return True
    return "peerDependencies" in manifest and ("exports" in manifest or "module" in manifest)
