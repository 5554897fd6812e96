"""The step `source-maps`: the plugin in package.json and vite.config, and a token where the build runs."""

from __future__ import annotations

import posixpath

from packaging.version import Version

from checks.ci.providers import provider
from checks.frontends.candidates import VITE_NAMES, named_configs
from checks.frontends.configs import tree_of
from checks.frontends.outputs import output_of_plugins, plugin_folder
from checks.frontends.uploaders import find_uploader
from checks.items.bundle import supports
from checks.items.frontend import source_maps
from checks.items.maps_private import source_maps_private
from checks.manual import host_secret_id, secret_id, storing
from checks.model import Outcome
from checks.parsers.vite import ViteConfig
from checks.repository.build_env import builds_given
from checks.repository.builds import deployed, no_deployed_build
from checks.repository.config_modules import modules_around
from checks.repository.facts import Facts, join, parent
from checks.repository.frontends import Frontend
from checks.repository.names import github_name, repository_name
from checks.repository.node import installed, node_versions, package_manager
from checks.repository.release_kinds import FULL, kind_of_name
from checks.repository.vite_builds import vite_builds
from setup_wizard.editors import render, vite, workflow, workflow_build
from setup_wizard.editors.base import Refused
from setup_wizard.editors.vite_call import PluginOptions
from setup_wizard.plan.model import ManualTask, StoreCiToken
from setup_wizard.steps.already_there import without_present
from setup_wizard.steps.build_memory import memory_task
from setup_wizard.steps.build_places import TOKEN, build_places, tasks_of_scripts
from setup_wizard.steps.build_release import build_release, release_variable
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.frontend_answers import answers_of
from setup_wizard.steps.guides import filled, guide_of, in_folder, named_root, place_of
from setup_wizard.steps.images import give_image
from setup_wizard.steps.locks import update_node_lock
from setup_wizard.steps.manner import javascript_comma, javascript_width
from setup_wizard.steps.node_dependencies import depend
from setup_wizard.steps.nuxt_guide import upload_text
from setup_wizard.steps.other_entries import need_entry
from setup_wizard.steps.sdk_choice import sdk_for
from setup_wizard.steps.wanted import Wanted
from setup_wizard.steps.webpack_guide import of_config, of_vue_cli
from setup_wizard.steps.written_variables import leave_written

_RELEASE = "SENTRY_RELEASE"
PLUGIN = "@sentry/vite-plugin"
CURRENT, OLDER, OLDEST = "^11.9.0", "^5.4.1", "^4.9.0"
"""The plugin for Node 20.19 or newer, and the last ones for Node 18 and for Node 14 (https://www.npmjs.com/package/@sentry/vite-plugin)."""


def plan_source_maps(context: Context) -> str | None:
    """Plan plugin, maps and token for each frontend; returns why nothing is done, or None."""
    if not context.facts.frontends:
        return "no frontend found"
    for frontend in context.facts.frontends:
        verdict = next(v for v in source_maps(context.facts) if v.target == frontend.target)
        if verdict.outcome is Outcome.PASS:
            if PLUGIN in frontend.dependencies:
                update_node_lock(context, frontend.root, (PLUGIN,), changed=False)
            if _calls_plugin(context, frontend) and _is_exposed(context, frontend):
                with context.part():
                    _plugin(context, frontend)
            continue
        left = len(context.left)
        with context.part():
            _bundler(context, frontend)
        context.refresh()
        if len(context.left) == left:
            with context.part():
                _token(context, frontend)
    return None


def _bundler(context: Context, frontend: Frontend) -> None:
    guide = guide_of(context.facts, frontend, sdk_for(context.facts, frontend, self_hosted=context.own_url is not None))
    framework = frontend.framework
    own = framework is not None and framework.setup is not None and framework.plugin is not None
    if guide is not None and (own or frontend.vite_config is None or frontend.bundler != "vite"):
        uploader = find_uploader(context.facts, frontend)
        lacking = upload_text(context.facts, frontend, uploader) if uploader is not None else ""
        if uploader is not None and not lacking:
            context.settled = True  # what it lacks is what the audit says of it; a second one is never added
            return
        own_file = of_vue_cli(context.facts, frontend) or of_config(context.facts, frontend)
        where, maps = own_file if own_file is not None else (None, guide.maps)
        if lacking or own_file is not None:
            maps = in_folder(without_present(context.facts, frontend, lacking or maps), frontend)
        text = filled(
            maps,
            org=context.organization or "…",
            project=context.slug("frontend", frontend.name),
            manager=package_manager(context.facts, frontend.root),
        )
        text += build_places(context.facts, frontend, TOKEN)
        why = f"{named_root(frontend)} is built with {guide.name}, whose files are not edited"
        raise StepRefused(Refused(why, text, where or place_of(context.facts, text, frontend.manifest)))
    need_entry(context, frontend)
    _plugin(context, frontend)


def _plugin(context: Context, frontend: Frontend) -> None:
    path = frontend.vite_config or join(frontend.root, _new_name(context, frontend))
    organization, chosen = context.need_organization(), answers_of(context, frontend)
    maps = (p for p in sorted(context.facts.paths) if p.endswith(".map") and "node_modules/" not in p)
    options = PluginOptions(
        org=organization,
        project=context.slug("frontend", frontend.name),
        url=context.own_url,
        kept=tuple(posixpath.relpath(p, frontend.root) for p in maps),
        output=_output(context, path),
        flags=_flags(context, frontend, path),
        telemetry=chosen.telemetry,
        guard=chosen.guard,
        width=javascript_width(context.facts, frontend.root),
        comma=javascript_comma(context.facts, frontend.root),
        outdated=_is_outdated(context, frontend),
        exposed=_is_exposed(context, frontend),
        release=build_release(context.facts, frontend),
    )
    context.edit(path, lambda data: vite.add_plugin(data, path, options, modules_around(context.facts, path)))
    for twin in _twins(context, frontend, path):
        with context.part():
            _edit_twin(context, path, twin, options)
    nodes = [n.version for n in node_versions(context.facts, frontend)]
    version = OLDEST if any(v < Version("18") for v in nodes) else OLDER if _old_node(context, frontend) else CURRENT
    changed = depend(context, frontend, PLUGIN, version, beside="vite")
    uses_types = path.endswith(("ts", "mts", "cts")) and any("tsc" in s for s in frontend.scripts.values())
    if uses_types and "@types/node" not in frontend.dependencies:
        # The config reads `process.env`, which `tsc` knows by these types alone.
        changed |= depend(context, frontend, "@types/node", "^24.0.0", beside="typescript")
    update_node_lock(context, frontend.root, (PLUGIN,), changed=changed)
    limited = memory_task(context.facts, frontend)
    if limited is not None:
        context.actions.append(limited)
    _tell_others(context, frontend, path)


def _twins(context: Context, frontend: Frontend, path: str) -> list[str]:
    """Return the configs beside the one that Vite loads: it never reads them, and they are meant to say the same.

    TypeScript's compiler writes `vite.config.js` beside its source (https://vite.dev/config/, "Config File Resolving").
    """
    beside = [join(parent(path), name) for name in VITE_NAMES]
    named = named_configs(context.facts, frontend.root, frontend.scripts)
    return [p for p in beside if p != path and p in context.facts.paths and p not in named] if path in beside else []


def _edit_twin(context: Context, path: str, twin: str, options: PluginOptions) -> None:
    edited = vite.add_plugin(context.read(twin), twin, options, modules_around(context.facts, twin))
    if isinstance(edited, Refused):
        why = f"Vite loads {path}, and {twin} beside it is meant to say the same: {edited.reason}"
        raise StepRefused(Refused(why, edited.snippet, twin))
    context.edit(twin, lambda data: vite.add_plugin(data, twin, options, modules_around(context.facts, twin)))


def _tell_others(context: Context, frontend: Frontend, path: str) -> None:
    """Leave the other configs that build for browsers to the person, where only the first of several by name is edited."""
    named = named_configs(context.facts, frontend.root, frontend.scripts)
    for other in named if path in named else ():
        config = context.facts.vite(other)
        if other != path and not (isinstance(config, ViteConfig) and config.plugin_calls):
            why = f"a script builds with {other} too, and only {path} was edited; its maps are not uploaded"
            snippet = f"the call of sentryVitePlugin and `build.sourcemap` as in {path}, with the folder that {other} writes to"
            context.leave(Refused(why, snippet, other))


def _flags(context: Context, frontend: Frontend, path: str) -> tuple[str | None, ...]:
    """Return the folders that the builds with a config are told to write to, None for one that is told nothing; none where none is."""
    told = [made.out_flag for made in vite_builds(context.facts, frontend) if made.config == path]
    return tuple(dict.fromkeys(told)) if any(told) else ()


def _output(context: Context, path: str) -> str | None:
    """Return the folder that a plugin of a config writes to: None without such a plugin, empty where it cannot be determined."""
    tree = tree_of(context.facts, path)
    plugin = output_of_plugins(tree) if tree is not None else None
    return None if plugin is None else plugin_folder(context.facts, path, plugin) or ""


def _new_name(context: Context, frontend: Frontend) -> str:
    """Return the name of a config that is made because a Vite project has none; Vite reads every one of these."""
    if join(frontend.root, "tsconfig.json") in context.facts.paths:
        return "vite.config.ts"
    return "vite.config.mjs"


def _calls_plugin(context: Context, frontend: Frontend) -> bool:
    """Return whether the config that is edited uploads by the plugin itself."""
    config = context.facts.vite(frontend.vite_config) if frontend.vite_config else None
    return isinstance(config, ViteConfig) and bool(config.plugin_calls)


def _is_exposed(context: Context, frontend: Frontend) -> bool:
    """Return whether the maps of a build are published as the repository is now."""
    verdicts = (v for v in source_maps_private(context.facts) if v.target == frontend.target)
    return any(v.outcome is Outcome.FAIL for v in verdicts)


def _is_outdated(context: Context, frontend: Frontend) -> bool:
    """Return whether the plugin may be older than `filesToDeleteAfterUpload` (`deleteFilesAfterUpload` before 2.10)."""
    found = installed(context.facts, frontend.root, PLUGIN)
    return found is not None and found.version < Version("2.10")


def _old_node(context: Context, frontend: Frontend) -> bool:
    """Return whether a build runs on a Node that the current plugin does not support."""
    return any(not supports(n.version, Version("11")) for n in node_versions(context.facts, frontend))


def _token(context: Context, frontend: Frontend) -> None:
    builds = builds_given(context.facts, frontend, "SENTRY_AUTH_TOKEN")
    hosts: dict[str, dict[str, dict[str, str | None]]] = {}
    wanted, guarded = False, answers_of(context, frontend).guard
    named = release_variable(build_release(context.facts, frontend))
    by_commit = named is not None and (named == _RELEASE or kind_of_name(named) == FULL)
    release = {named: workflow.RELEASE} if named is not None and by_commit else {}
    for build in deployed(builds):
        if build.token:
            continue
        wanted = True
        if (
            build.kind == "ci"
            and build.step is not None
            and build.path == build.workflow
            and build.path.startswith(".github/")
        ):
            missing = {n: v for n, v in release.items() if n == _RELEASE or n not in build.step.env}
            given = {TOKEN: workflow.TOKEN, **missing}
            text = "env:" + "".join(f"\n  {n}: {v}" for n, v in given.items())
            if leave_written(context, build, ("SENTRY_AUTH_TOKEN",), text):
                continue
            context.edit(
                build.path,
                lambda data, b=build, v=given: workflow_build.add_build_environment(  # type: ignore[misc]
                    data or b"", b.line, None, b.path, v, guarded=guarded
                ),
            )
        elif build.kind == "host" and build.path.endswith(("render.yaml", "render.yml")):
            hosts.setdefault(build.path, {})[build.job or ""] = {"SENTRY_AUTH_TOKEN": None}
        elif build.kind == "docker":
            inputs = Wanted(
                arguments=release,
                token="SENTRY_AUTH_TOKEN",
                secret=workflow.TOKEN,
                guarded=guarded,
            )
            with context.part():
                give_image(context, build, inputs)
        elif build.kind == "ci" and not build.closed:
            continue  # the variables of the project reach each job: to store the token is a task of its own
        elif build.closed:
            snippet = f"SENTRY_AUTH_TOKEN={workflow.TOKEN} for `{build.command}`"
            where = f"{build.path}:{build.line}"
            context.leave(Refused("the build runs where no token can be added automatically", snippet, where))
        else:
            context.actions.append(
                ManualTask(title=f"set SENTRY_AUTH_TOKEN in the dashboard that {build.path} builds with")
            )
    for path, services in hosts.items():
        context.edit(path, lambda data, p=path, s=services: render.declare_variables(data or b"", s, p))  # type: ignore[misc]
        context.actions += [
            ManualTask(
                id=host_secret_id(path, service, "SENTRY_AUTH_TOKEN"),
                title=f"set SENTRY_AUTH_TOKEN in Render's dashboard, service {service}",
                url="https://dashboard.render.com/",
                path=path,
            )
            for service in services
        ]
    commit = '"$(git rev-parse HEAD)"'
    given = {TOKEN: "…   # a secret: read it from a file that git ignores"}
    given |= {n: commit if n == _RELEASE else f"…   # {_what(n)}" for n in release}
    tasks = tasks_of_scripts(context.facts, frontend, builds, given)
    context.actions += tasks
    if any(b.kind in ("ci", "docker") and not b.token for b in deployed(builds)) and context.facts.workflows:
        context.actions.append(ci_token(context))
    elif wanted or tasks:
        context.actions.append(build_token(context))
    if not deployed(builds) and not tasks and frontend.bundler == "vite":
        # No file runs the build: a person is told what it needs.
        said, place, _ = no_deployed_build(frontend, builds)
        why = f"{said}{f' ({place})' if place else ''}; without the token no source maps are uploaded"
        names = " and ".join([TOKEN, *release])
        title = f"set {names} where {frontend.root} is built for production"
        snippet = f"{TOKEN}=…   # a secret" + "".join(f"\n{n}=…   # {_what(n)}" for n in release)
        context.actions.append(ManualTask(title=title, reason=why, path=frontend.manifest, snippet=snippet))


def _what(variable: str) -> str:
    return "the commit that is built" if variable == _RELEASE else "the release that the code names"


def storing_secret(facts: Facts, name: str) -> tuple[str | None, str | None]:
    """Return the command that stores a secret of CI, of the last provider that has one, and the place in words without it.

    GitHub's where there is no CI.
    """
    used = [w.ci for w in facts.workflows]
    with_command = [ci for ci in used if ci.secret_command]
    ci = with_command[-1] if with_command else used[-1] if used else provider("github")
    return storing(ci, name, github_name(facts.tree.root))


def ci_token(context: Context) -> ManualTask | StoreCiToken:
    """Return how CI gets its token: an organization token, which can do releases and uploads only.

    Made and stored where a person said so (`release.token=create`), else by hand.
    """
    stored = [w.ci for w in context.facts.workflows if w.ci.secret_command]
    if context.config.consents("release.token") and context.known.connected and any(c.hands_secrets for c in stored):
        name = f"{repository_name(context.facts.tree.root)} CI (sentry-setup)"
        return StoreCiToken(name=name, variable="SENTRY_AUTH_TOKEN")
    command, place = storing_secret(context.facts, "SENTRY_AUTH_TOKEN")
    return ManualTask(
        id=secret_id("SENTRY_AUTH_TOKEN"),
        title="create an organization token and store it as the CI secret SENTRY_AUTH_TOKEN",
        command=command,
        place=place or "",
        url=_tokens_page(context),
    )


def build_token(context: Context) -> ManualTask:
    """Return how builds outside of CI get their token: the places that need it are told one by one."""
    title = "create an organization token for the builds that need SENTRY_AUTH_TOKEN; keep it out of the repository"
    return ManualTask(title=title, url=_tokens_page(context))


def _tokens_page(context: Context) -> str:
    return f"{context.known.url}/settings/{context.organization or ':orgslug'}/auth-tokens/"
