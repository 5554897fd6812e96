"""The step `frontend-sdk`: the browser SDK, its module imported first, and the DSN where the deployed build runs."""

from __future__ import annotations

import posixpath
import re

from msgspec.structs import replace
from tree_sitter import Node

from checks.frontends.configs import configured
from checks.frontends.inits import browser_inits
from checks.frontends.nuxt_module import nuxt_module
from checks.items.browser_dsn import frontend_dsn_configured
from checks.manual import ON_GITHUB, storing, variable_id
from checks.model import Outcome
from checks.parsers import javascript as js
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.text import decode
from checks.repository.browser import entries, reached, resolve, script, sources
from checks.repository.build_env import builds_given
from checks.repository.builds import Build, deployed, no_deployed_build
from checks.repository.facts import inside, join, parent
from checks.repository.frontends import Frontend
from checks.repository.module_imports import lazily_imported
from checks.repository.names import github_name
from checks.repository.node import package_manager
from checks.repository.starting_pages import starting_pages
from checks.targets.browsers import decide_initialized, init_elsewhere, sdk_of_module, sdk_package
from checks.targets.dsn_variables import WHERE_IT_RUNS, dsn_variable
from setup_wizard.editors import entry, render, vue_entry, workflow_build
from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.build_places import build_places, tasks_of_scripts
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.examples import example_of, ignore_env_file, name_in_example
from setup_wizard.steps.frontend_answers import answers_of, trace_tasks
from setup_wizard.steps.guides import by_manager, filled, guide_of, named_root, place_of
from setup_wizard.steps.images import give_image
from setup_wizard.steps.late_init import before_rendering, relative
from setup_wizard.steps.locks import update_node_lock
from setup_wizard.steps.manner import javascript_comma, javascript_width
from setup_wizard.steps.node_dependencies import depend
from setup_wizard.steps.other_entries import need_entry, other_entries
from setup_wizard.steps.sdk import sample_rate
from setup_wizard.steps.sdk_choice import Sdk, sdk_for
from setup_wizard.steps.security_policy import policy_tasks
from setup_wizard.steps.wanted import Wanted
from setup_wizard.steps.written_variables import leave_written

VARIABLE, _ENVIRONMENT = "VITE_SENTRY_DSN", "VITE_SENTRY_ENVIRONMENT"
_FROM_ENV_FILES = ("VITE_", "REACT_APP_", "VUE_APP_", "NEXT_PUBLIC_", "NUXT_", "PUBLIC_", "GATSBY_")
"""Beginnings of variables that a build tool takes from its `.env` files by itself (https://vite.dev/guide/env-and-mode)."""


def plan_frontend_sdk(context: Context) -> str | None:
    """Plan SDK, module, entry, types and DSN for each frontend; returns why nothing is done, or None."""
    if not context.facts.frontends:
        return "no frontend found"
    for frontend in context.facts.frontends:
        with context.part():
            if decide_initialized(context.facts, frontend).outcome is not Outcome.PASS:
                _initialize(context, frontend)
                context.refresh()
            elif browser_inits(context.facts, frontend):
                context.settled = True
                sdk = sdk_for(context.facts, frontend, self_hosted=context.own_url is not None)
                _install(context, frontend, replace(sdk, package=browser_inits(context.facts, frontend)[0].package))
        origin, variable = _read_variable(context, frontend)
        with context.part():
            _local(context, frontend, variable)
        verdict = next(v for v in frontend_dsn_configured(context.facts) if v.target == frontend.target)
        if variable is not None and verdict.outcome is not Outcome.PASS:
            with context.part():
                (_started if origin in WHERE_IT_RUNS else _build)(context, frontend, variable)
        context.refresh()
        context.actions += policy_tasks(context, frontend)
    return None


def _read_variable(context: Context, frontend: Frontend) -> tuple[str, str | None]:
    """Return the origin and variable that the frontend's init call takes its DSN from, None where it takes it from elsewhere."""
    read = dsn_variable(context.facts, frontend)
    if read is not None or browser_inits(context.facts, frontend):
        return read or ("", None)
    named = any(VARIABLE.encode() in (context.read(p) or b"") for p in sources(context.facts, frontend))
    return "", VARIABLE if named else None


def _initialize(context: Context, frontend: Frontend) -> None:
    inits = browser_inits(context.facts, frontend)
    sdk = sdk_for(context.facts, frontend, self_hosted=context.own_url is not None)
    options = _options(context, frontend, sdk)
    guide = guide_of(context.facts, frontend, sdk, options)
    if inits:
        verdict = decide_initialized(context.facts, frontend)
        message = verdict.findings[0].message
        told = before_rendering(context, frontend, inits[0])
        where = f"{inits[0].path}:{inits[0].line}"
        if verdict.outcome is Outcome.UNKNOWN:
            title = f"check that production calls Sentry.init() in {where} before the page renders"
            context.leave(Refused(f"{message}; an existing call is never moved", "", where), title)
            return
        raise StepRefused(Refused(f"{message}; an existing call is never moved", told, where))
    elsewhere = init_elsewhere(context.facts, frontend)
    if elsewhere is not None:
        finding = decide_initialized(context.facts, frontend).findings[0]
        why = f"{finding.message}; a second call is not added"
        raise StepRefused(Refused(why, "", f"{elsewhere[0]}:{elsewhere[1]}"))
    listed = nuxt_module(context.facts, frontend)
    if listed is not None:
        finding = decide_initialized(context.facts, frontend).findings[0]
        why = f"{finding.message}; a second set-up is not added"
        raise StepRefused(Refused(why, "", f"{listed.path}:{finding.line or listed.line}"))
    if guide is not None:
        context.need_client_key("frontend", frontend.name)
        dsn = context.dsn("frontend", frontend.name) or "…"
        text = filled(
            guide.sdk,
            org=context.organization or "…",
            project=context.slug("frontend", frontend.name),
            dsn=dsn,
            manager=package_manager(context.facts, frontend.root),
        )
        text += build_places(context.facts, frontend, guide.variable) if guide.variable else ""
        why = f"{named_root(frontend)} is built with {guide.name}, whose files are not edited"
        raise StepRefused(Refused(why, f"{text}\n// {guide.page}", place_of(context.facts, text, frontend.manifest)))
    need_entry(context, frontend)
    starts = entries(context.facts, frontend)
    if not starts:
        starts = _revealed(context, frontend)
    if not starts:
        why = f"the entry of {frontend.root} is not known: no index.html names one, and the Vite config does not begin with just one"
        command = by_manager(f"npm install {sdk.named}", package_manager(context.facts, frontend.root))
        snippet = f"{command}\n{entry.instrument_text(options, entry.Style())}"
        raise StepRefused(Refused(why, snippet, frontend.manifest))
    start = starts[0]
    style = entry.style_of(context.read(start), start)
    typed = start.endswith(("ts", "tsx", "mts"))
    _install(context, frontend, sdk)
    begun = [p[0] for p in starting_pages(context.facts, frontend) if p]
    if options.package == "@sentry/vue" and len(begun) <= 1:
        made = _made_in(context, frontend, start)
        with context.part():  # what is refused of it leaves the package installed
            context.edit(made, lambda data: vue_entry.initialize(data or b"", made, options), once=True)
    else:
        shared = _shared_folder(frontend.root, begun)
        for page in begun or [start]:
            folder = shared if shared is not None else parent(page)
            path = join(folder, "instrument.ts" if typed else "instrument.js")
            own = entry.style_of(context.read(page), page) if shared is None else style
            context.edit(path, lambda data, p=path, s=own: entry.write_instrument(data, options, s, p))  # type: ignore[misc]
            if page in begun:
                module = relative(path.removesuffix(".ts") if typed else path, parent(page))
                context.edit(page, lambda data, at=page, m=module: entry.import_first(data or b"", at, m))  # type: ignore[misc]
        context.actions += other_entries(context, frontend, path)
    context.actions += trace_tasks(context, frontend)
    if typed:
        _types(context, frontend, _shared_folder(frontend.root, begun) or parent(start), style)
    _server(context, frontend)


def _made_in(context: Context, frontend: Frontend, start: str) -> str:
    """Return the module that makes the Vue application: the entry, else the one of what it imports that does."""
    order = reached(context.facts, frontend)
    lazily = (t for m in lazily_imported(context.facts, start) if (t := resolve(context.facts, frontend, start, m)))
    modules = list(dict.fromkeys([start, *order, *lazily]))
    trees = [(p, tree) for p in modules if isinstance(tree := script(context.facts, p), Node)]
    making = [p for p, tree in trees if vue_entry.makes_application(tree)]
    return start if start in making or len(making) != 1 else making[0]


def _revealed(context: Context, frontend: Frontend) -> tuple[str, ...]:
    """Write the entry that a framework brings itself, beside its root file; returns its path, nothing where there is none."""
    framework = frontend.framework
    if framework is None or framework.hidden_entry is None:
        return ()
    name, text = framework.hidden_entry
    for stem in framework.root_files:
        for suffix in ("tsx", "jsx"):
            root = join(frontend.root, f"{stem}.{suffix}")
            if root in context.facts.paths:
                path = join(parent(root), f"{name}.{suffix}")
                context.edit(path, lambda data: Edited(text.encode()) if data is None else Unchanged("it is there"))
                context.refresh()
                return (path,)
    return ()


def _server(context: Context, frontend: Frontend) -> None:
    """Leave to the person what reports the errors of a framework that renders on a server too."""
    framework = frontend.framework
    if framework is None or not framework.server or framework.output is None or framework.output.config is None:
        return
    paths = (join(frontend.root, f"{framework.output.config}.{s}") for s in ("ts", "js", "mjs"))
    found = [v for p in paths for v in configured(context.facts, p, "ssr")]
    if not any(js.text_of(v.node) == "false" for v in found):
        why = f"{framework.name} renders on a server too, which needs its own SDK"
        context.leave(Refused(why, framework.server, frontend.manifest))


def _shared_folder(root: str, pages: list[str]) -> str | None:
    """Return the folder that all pages are below; None where only the package's own root is: these are several applications."""
    folders = [parent(p) for p in pages] or [root]
    if len(set(folders)) == 1:
        return folders[0]
    common = posixpath.commonpath(folders) or "."
    return common if common not in (".", root) and inside(common, root) else None


def _types(context: Context, frontend: Frontend, folder: str, style: entry.Style) -> None:
    """Declare the variables where the frontend declares its own: in the file that has `ImportMetaEnv`, else that names Vite's types.

    A file is made where neither a declaration nor the compiler's configuration names them.
    """
    others = [f.root for f in context.facts.frontends if f.root != frontend.root and inside(f.root, frontend.root)]
    own = {
        p: context.facts.text(p) or ""
        for p in sorted(context.facts.tree.paths, key=lambda p: (p.count("/"), p))
        if inside(p, frontend.root)
        and re.search(r"(\.d\.ts|(^|/)tsconfig[\w.-]*\.json)$", p)
        and "node_modules/" not in p
        and not any(inside(p, o) for o in others)
    }
    # What a module declares for all needs a block of its own: only one that declares variables gets it.
    plain = [p for p in own if p.endswith(".d.ts") and entry.is_module(own[p], p) is False]
    interface = [p for p in own if p.endswith(".d.ts") and "interface ImportMetaEnv" in own[p]]
    named = [*(p for p in interface if p in plain), *interface, *(p for p in plain if "vite/client" in own[p])]
    declared = join(folder, "vite-env.d.ts")
    if declared in own and declared not in plain:
        declared = join(folder, "sentry-env.d.ts")
    path = next(iter(named), declared)
    if named or declared in own or not any("vite/client" in text for text in own.values()):
        context.edit(path, lambda data: entry.declare_types(data, style, path))


def _options(context: Context, frontend: Frontend, sdk: Sdk) -> entry.InstrumentOptions:
    chosen = answers_of(context, frontend)
    return entry.InstrumentOptions(
        targets=chosen.targets,
        replay=chosen.replay,
        logs=chosen.logs,
        feedback=chosen.feedback,
        package=sdk.package,
        width=javascript_width(context.facts, frontend.root),
        comma=javascript_comma(context.facts, frontend.root),
        tracing=frontend.framework.tracing if frontend.framework is not None else "browserTracingIntegration",
        sample_rate=sample_rate(context),
        data_collection=sdk.major >= 11,
    )


def _install(context: Context, frontend: Frontend, sdk: Sdk) -> None:
    present = sdk_package(context.facts, frontend)
    if present is not None:
        update_node_lock(context, frontend.root, (present[0],), changed=False)
        return
    if sdk_of_module(context.facts, frontend) is not None:
        return  # the package whose module calls `init` brings it
    changed = depend(context, frontend, sdk.package, sdk.version, group="dependencies")
    update_node_lock(context, frontend.root, (sdk.package,), changed=changed)


def _local(context: Context, frontend: Frontend, variable: str | None) -> None:
    """The example names the variable, and git ignores the env file that the example is copied to."""
    context.refresh()
    if variable is not None:
        _name_variable(context, frontend, variable)
        context.refresh()
    ignore_env_file(context, frontend)


def _name_variable(context: Context, frontend: Frontend, variable: str) -> None:
    comment = "Sentry in the browser: the project's DSN"
    read = any(_ENVIRONMENT.encode() in (context.read(p) or b"") for p in sources(context.facts, frontend))
    own = {_ENVIRONMENT: ""} if read else {}
    comment += ", and the environment that events are reported under" if read else ""
    example = example_of(context, (frontend.root, "."))
    others = parse_dotenv(decode(context.read(example) or b""))
    if parent(example) != frontend.root and not any(v.name.startswith(_FROM_ENV_FILES) for v in others):
        example = join(frontend.root, ".env.example")  # the bundler reads the env files of its own folder
    if context.read(example) is None and not variable.startswith(_FROM_ENV_FILES):
        return  # what builds it reads no env file
    kept = join(frontend.root, ".env")
    if context.read(example) is None and kept in context.facts.paths and context.tracked(kept):
        named = parse_dotenv(decode(context.read(kept) or b""))
        if all(v.name.startswith(_FROM_ENV_FILES) for v in named):
            example = kept  # git shows it to everybody, and the build reads it
    modes = (join(frontend.root, f".env.{mode}") for mode in ("production", "development"))
    if context.read(example) is None and any(p in context.facts.paths and context.tracked(p) for p in modes):
        return  # the env files of the modes are in git, and nobody copies an example
    name_in_example(context, example, {variable: "", **own}, comment)


def _stored(context: Context, frontend: Frontend, variable: str) -> ManualTask:
    """Return the task to store a frontend's DSN as a variable of CI; the page to copy it from where it is not known."""
    dsn = context.dsn("frontend", frontend.name)
    return ManualTask(
        id=variable_id(variable),
        title=f"store the frontend's DSN as the CI variable {variable}",
        command=f"gh variable set {variable}" + (f" --body {dsn}" if dsn else ""),
        place="" if github_name(context.facts.tree.root) else ON_GITHUB,
        url=None if dsn else context.keys_page("frontend", frontend.name),
    )


def _stored_in_project(context: Context, frontend: Frontend, variable: str, build: Build) -> ManualTask:
    """Return the task to store a frontend's DSN where a provider of CI keeps the variables that each job of a project has."""
    ci = next(w.ci for w in context.facts.workflows if w.path == build.workflow)
    command, place = storing(ci, variable, None)
    return ManualTask(
        id=variable_id(variable),
        title=f"store the frontend's DSN as the CI variable {variable}",
        command=command,
        place=place or "",
        url=context.keys_page("frontend", frontend.name),
    )


def _started(context: Context, frontend: Frontend, variable: str) -> None:
    """Leave a variable to the person that counts where the site runs."""
    context.need_client_key("frontend", frontend.name)
    title = f"set {variable} where {named_root(frontend)} runs in production"
    snippet = f"{variable}={context.dsn('frontend', frontend.name) or '…'}"
    why = "its server reads the DSN when it starts"
    context.actions.append(ManualTask(title=title, reason=why, path=frontend.manifest, snippet=snippet))


def _build(context: Context, frontend: Frontend, variable: str) -> None:
    """Give the deployed builds the DSN: CI by a repository variable (a browser's DSN is public), hosts in their files."""
    context.refresh()
    builds = builds_given(context.facts, frontend, variable)
    hosts: dict[str, dict[str, dict[str, str | None]]] = {}
    context.need_client_key("frontend", frontend.name)
    dsn = context.dsn("frontend", frontend.name) or "…"
    tasks = tasks_of_scripts(context.facts, frontend, builds, {variable: dsn})
    context.actions += tasks
    if not deployed(builds) and not tasks:
        said, place, _ = no_deployed_build(frontend, builds)
        why = f"{said}{f' ({place})' if place else ''}; the build puts the DSN into the bundle"
        title = f"set {variable} where {frontend.root} is built for production"
        context.actions.append(ManualTask(title=title, reason=why, path=frontend.manifest, snippet=f"{variable}={dsn}"))
    for build in deployed(builds):
        if build.token:
            continue
        in_github = build.kind == "ci" and build.path == build.workflow and build.path.startswith(".github/")
        if in_github:
            variables = {variable: f"${{{{ vars.{variable} }}}}"}
            if leave_written(context, build, (variable,), f"env:\n  {variable}: {variables[variable]}"):
                continue
            context.edit(
                build.path,
                lambda data, b=build, v=variables: workflow_build.add_build_environment(
                    data or b"", b.line, None, b.path, v
                ),  # type: ignore[misc]
            )
            context.actions.append(_stored(context, frontend, variable))
        elif build.kind == "host" and build.path.endswith(("render.yaml", "render.yml")):
            hosts.setdefault(build.path, {})[build.job or ""] = {variable: None}
        elif build.kind == "docker":
            with context.part():
                own = {variable: f"${{{{ vars.{variable} }}}}"}
                give_image(context, build, Wanted(arguments=own, literals={variable: dsn}))
            context.refresh()
            if any(f"vars.{variable}" in (context.facts.text(f.path) or "") for f in context.facts.workflows):
                context.actions.append(_stored(context, frontend, variable))
        elif build.kind == "ci" and not build.closed:
            context.actions.append(_stored_in_project(context, frontend, variable, build))
        elif build.closed:
            where = f"{build.path}:{build.line}"
            snippet = f"{variable}={dsn}"
            context.leave(Refused("the build runs where no variable can be added automatically", snippet, where))
        else:
            context.actions.append(ManualTask(title=f"set {variable} in the dashboard that {build.path} builds with"))
    for path, services in hosts.items():
        context.edit(path, lambda data, p=path, s=services: render.declare_variables(data or b"", s, p))  # type: ignore[misc]
