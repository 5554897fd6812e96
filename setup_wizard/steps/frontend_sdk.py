"""The step `frontend-sdk`: the browser SDK, its module imported first, and the DSN where the deployed build runs."""

from __future__ import annotations

import posixpath
import re

from packaging.version import Version

from checks.items.browser import decide_initialized, sdk_package
from checks.items.browser_dsn import frontend_dsn_configured
from checks.items.bundle import supports
from checks.model import Outcome
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.text import decode
from checks.repository.browser import browser_inits, entries, pages, sources
from checks.repository.builds import find_builds
from checks.repository.facts import join, parent
from checks.repository.frontends import Frontend
from checks.repository.ignored import is_ignored
from checks.repository.node import installed, node_versions
from setup_wizard.editors import dotenv, entry, package_json, render, workflow
from setup_wizard.editors.base import Refused
from setup_wizard.plan.model import ByHand
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.locks import update_node_lock
from setup_wizard.steps.sdk import sample_rate

CURRENT, OLDER = "^11.12.0", "^10.78.0"
"""The SDK for React 17 and Node 20.19 or newer, and the last major before it (https://www.npmjs.com/package/@sentry/react).

Version 11 asks for a self-hosted Sentry of 26.4.2 or newer, which cannot be told before it is asked, so those get the older one.
"""

VARIABLE = "VITE_SENTRY_DSN"
_PACKAGES = {"react": "@sentry/react", "svelte": "@sentry/svelte", "solid-js": "@sentry/solid"}
_GUIDES = {
    "vue": "vue",
    "nuxt": "nuxt",
    "next": "nextjs",
    "@sveltejs/kit": "sveltekit",
    "astro": "astro",
    "@angular/core": "angular",
}


def plan_frontend_sdk(context: Context) -> str | None:
    """Plan SDK, module, entry, types and DSN for each frontend; returns why nothing is done, or None."""
    if not context.facts.frontends:
        return "no frontend found"
    for frontend in context.facts.frontends:
        if decide_initialized(context.facts, frontend).outcome is not Outcome.PASS:
            _initialise(context, frontend)
            context.refresh()
        elif browser_inits(context.facts, frontend):
            _install(context, frontend, browser_inits(context.facts, frontend)[0].package)
        _local(context, frontend)
        verdict = next(v for v in frontend_dsn_configured(context.facts) if v.target == frontend.target)
        if verdict.outcome is not Outcome.PASS:
            _build(context, frontend)
        context.refresh()
    return None


def _initialise(context: Context, frontend: Frontend) -> None:
    guide = next((g for d, g in _GUIDES.items() if d in frontend.dependencies), None)
    starts = entries(context.facts, frontend)
    inits = browser_inits(context.facts, frontend)
    options = _options(context, frontend)
    if inits:
        message = decide_initialized(context.facts, frontend).findings[0].message
        snippet = entry.instrument_text(options, entry.Style())
        raise StepRefused(
            Refused(f"{message}; an existing call is never moved", snippet, f"{inits[0].path}:{inits[0].line}")
        )
    if frontend.bundler != "vite" or guide is not None or not starts:
        what = guide or frontend.bundler
        url = f"https://docs.sentry.io/platforms/javascript/guides/{guide or 'react'}/"
        why = (
            f"{frontend.root} is built with {what}, which is not edited"
            if guide or frontend.bundler != "vite"
            else f"the entry of {frontend.root} is not known: no index.html names one, and the Vite config does not begin with just one"
        )
        snippet = f"npm install {options.package}\n{entry.instrument_text(options, entry.Style())}// {url}"
        raise StepRefused(Refused(why, snippet, frontend.manifest))
    start = starts[0]
    style = entry.style_of(context.overlay.read(start), start)
    typed = start.endswith(("ts", "tsx", "mts"))
    path = join(parent(start), "instrument.ts" if typed else "instrument.js")
    _install(context, frontend, options.package)
    context.edit(path, lambda data: entry.write_instrument(data, options, style, path))
    for page in pages(context.facts, frontend):
        if page:
            module = _relative(path.removesuffix(".ts") if typed else path, parent(page[0]))
            context.edit(page[0], lambda data, at=page[0], m=module: entry.import_first(data or b"", at, m))  # type: ignore[misc]
    if typed:
        _types(context, frontend, parent(start), style)


def _relative(path: str, folder: str) -> str:
    """Return a path as a module of a folder imports it."""
    found = posixpath.relpath(path, folder)
    return found if found.startswith("../") else f"./{found}"


def _types(context: Context, frontend: Frontend, folder: str, style: entry.Style) -> None:
    declared = join(folder, "vite-env.d.ts")
    known = any(
        re.search(r"vite/client", context.facts.text(p) or "")
        for p in context.facts.tree.paths
        if p.startswith("" if frontend.root == "." else frontend.root + "/")
        and re.search(r"(tsconfig[\w.-]*\.json|\.d\.ts)$", p)
        and "node_modules/" not in p
    )
    if declared in context.facts.paths or not known:
        context.edit(declared, lambda data: entry.declare_types(data, style, declared))


def _options(context: Context, frontend: Frontend) -> entry.InstrumentOptions:
    package = next((p for d, p in _PACKAGES.items() if d in frontend.dependencies), "@sentry/browser")
    return entry.InstrumentOptions(
        package=package, sample_rate=sample_rate(context), data_collection=_version(context, frontend) == CURRENT
    )


def _version(context: Context, frontend: Frontend) -> str:
    """Return the SDK's version range: an installed one's major decides, else what the project's tools support."""
    package = sdk_package(context.facts, frontend)
    present = installed(context.facts, frontend.root, package[0]) if package else None
    if present is not None:
        return CURRENT if present.version.major >= 11 else OLDER
    react = installed(context.facts, frontend.root, "react")
    typescript = installed(context.facts, frontend.root, "typescript")
    old = (
        any(not supports(n.version, Version("11")) for n in node_versions(context.facts, frontend))
        or (react is not None and react.version < Version("17"))
        or (typescript is not None and typescript.version < Version("5.0.4"))
        or context.own_url is not None
    )
    return OLDER if old else CURRENT


def _install(context: Context, frontend: Frontend, package: str) -> None:
    present = sdk_package(context.facts, frontend)
    if present is not None:
        update_node_lock(context, frontend.root, (present[0],), changed=False)
        return
    version, manifest = _version(context, frontend), frontend.manifest
    changed = context.edit(
        manifest,
        lambda data: package_json.add_dependency(data or b"", package, version, manifest, group="dependencies"),
    )
    update_node_lock(context, frontend.root, (package,), changed=changed)


def _local(context: Context, frontend: Frontend) -> None:
    """Git ignores `.env.local`, and the example names the variable."""
    context.refresh()
    if is_ignored(context.facts, join(frontend.root, ".env.local")) is False:
        context.edit(".gitignore", lambda data: dotenv.ignore_patterns(data, (".env.local",)))
    if not any(VARIABLE.encode() in (context.overlay.read(p) or b"") for p in sources(context.facts, frontend)):
        return
    names = (".env.example", ".env.sample", ".env.template")
    found = [join(folder, n) for folder in dict.fromkeys((frontend.root, ".")) for n in names]
    example = next((p for p in found if context.overlay.read(p) is not None), join(frontend.root, ".env.example"))
    known = {v.name for v in parse_dotenv(decode(context.overlay.read(example) or b""))}
    missing = {n: "" for n in (VARIABLE, "VITE_SENTRY_ENVIRONMENT") if n not in known}
    if missing:
        comment = "Sentry in the browser: the project's DSN, and the environment that events are filed under"
        context.edit(example, lambda data: dotenv.set_variables(data, missing, example, comment))


def _build(context: Context, frontend: Frontend) -> None:
    """Give the deployed builds the DSN: CI by a repository variable (a browser's DSN is public), hosts in their files."""
    context.refresh()
    builds = find_builds(context.facts, frontend, VARIABLE)
    deploying = [b for b in builds if b.kind != "ci"] or [b for b in builds if b.deploys] or builds
    hosts: dict[str, dict[str, dict[str, str | None]]] = {}
    dsn = context.dsn("frontend", frontend.name) or "…"
    for build in deploying:
        if build.token:
            continue
        in_github = build.kind == "ci" and build.path == build.workflow and build.path.startswith(".github/")
        if in_github:
            variables = {VARIABLE: f"${{{{ vars.{VARIABLE} }}}}"}
            context.edit(
                build.path,
                lambda data, b=build, v=variables: workflow.add_build_environment(data or b"", b.line, None, b.path, v),  # type: ignore[misc]
            )
            command = f"gh variable set {VARIABLE} --body {dsn}"
            context.actions.append(
                ByHand(title=f"store the frontend's DSN as the CI variable {VARIABLE}", command=command)
            )
        elif build.kind == "host" and build.path.endswith(("render.yaml", "render.yml")):
            hosts.setdefault(build.path, {})[build.job or ""] = {VARIABLE: None}
        elif build.closed:
            place = f"{build.path}:{build.line}"
            snippet = f"ARG {VARIABLE}" if build.kind == "docker" else f"{VARIABLE}={dsn}"
            raise StepRefused(Refused("the build runs where no variable can be added automatically", snippet, place))
        else:
            context.actions.append(ByHand(title=f"set {VARIABLE} in the dashboard that {build.path} builds with"))
    for path, services in hosts.items():
        context.edit(path, lambda data, p=path, s=services: render.declare_variables(data or b"", s, p))  # type: ignore[misc]
