"""The built bundle: a failed upload is seen, and Node is new enough for the plugin."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version
from tree_sitter import Node

from checks.frontends.stopping import always_stops, stop_in_build
from checks.frontends.uploaders import find_uploader
from checks.frontends.vite_plugin import effective_plugin, effective_state
from checks.model import Evidence, Finding, Target, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite import ViteConfig
from checks.parsers.vite_objects import UnresolvedSource, resolve
from checks.repository.builds import Build, deployed, find_builds
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.node import installed, node_versions
from checks.repository.uploads import cli_uploads
from checks.repository.vite_builds import ViteBuild, config_of, option, vite_builds
from checks.repository.vite_plugin_states import PluginState
from checks.targets.browsers import each_frontend


def upload_failure_visible(facts: Facts) -> Sequence[Verdict]:
    """Without a token, or when the upload fails, the plugin only warns and the build stays green: nobody notices the missing maps.

    To fix: `errorHandler: (error) => { throw error }` in the plugin's options; no `|| true` after an upload.
    """
    return each_frontend(facts, _failure_visible)


def _failure_visible(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    found = effective_state(facts, frontend)
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    if isinstance(config, ParseError):
        return unknown(
            f"{frontend.vite_config} cannot be read: {config.message}",
            path=frontend.vite_config,
            line=config.line,
            hint="fix the syntax error",
            target=target,
        )
    if found is not None:
        return _plugin_failure(facts, frontend, found[0], found[1])
    uploads = [u for u in cli_uploads(facts, frontend) if not u.removed]
    findings = [
        Finding(
            message=f"a failed upload in job {u.job} goes unnoticed", path=u.path, line=u.line, hint="let the step fail"
        )
        for u in uploads
        if not u.stops
    ]
    if findings:
        return failed(*findings, target=target)
    if uploads:
        return passed(
            *(in_repository(f"a failed upload fails job {u.job}", u.path, u.line) for u in uploads), target=target
        )
    other = find_uploader(facts, frontend)
    if other is not None and other.works is not False:
        return unknown(
            f"{other.name} uploads the maps, and whether a failed upload stops the build cannot be determined here",
            path=other.path,
            line=other.line,
            hint="give it an `errorHandler` that throws, and let a build with a wrong token fail once",
            target=target,
        )
    return not_applicable("nothing uploads source maps (see source-maps)", target=target)


def _plugin_failure(facts: Facts, frontend: Frontend, made: ViteBuild, state: PluginState) -> Verdict:
    """Judge what fails a build whose upload fails; without a token the plugin only warns, regardless of its handler."""
    target = frontend.target
    root = state.root
    handler = option(root, state.options, "errorHandler")
    if isinstance(handler, UnresolvedSource):
        return _not_followed(state.path, handler.node, target)
    if handler is None:
        message = "the build passes although the upload failed: there is no errorHandler"
        finding = Finding(
            message=message,
            path=state.path,
            line=state.call.line,
            hint="write `errorHandler: (error) => { throw error }`",
        )
        return failed(finding, target=target)
    function = resolve(handler, root)
    only_logs = js.text_of(function).startswith("console.")
    if not only_logs and function.type not in (
        "arrow_function",
        "function_expression",
        "method_definition",
        "function",
        *_DECLARED,
    ):
        return _not_followed(state.path, function, target)
    stops = False if only_logs else always_stops(function, root)
    if stops is not True:
        message = "the build passes although the upload failed: errorHandler does not throw"
        if stops is None:
            return unknown(
                "whether errorHandler stops the build in each case cannot be determined",
                path=state.path,
                line=js.line_of(handler),
                hint="write `errorHandler: (error) => { throw error }`",
                target=target,
            )
        finding = Finding(
            message=message,
            path=state.path,
            line=state.call.line,
            hint="write `errorHandler: (error) => { throw error }`",
        )
        return failed(finding, target=target)
    evidence = in_repository("errorHandler stops the build", state.path, js.line_of(handler))
    plugin = effective_plugin(facts, frontend)
    token = plugin.token if plugin is not None else "SENTRY_AUTH_TOKEN"
    builds = deployed(find_builds(facts, frontend, token))
    passed_over = [b for b in builds if b.tolerated]
    if passed_over:
        build = passed_over[0]
        message = f"the job continues although `{build.command}` failed, and with it the upload"
        hint = "let the job fail with its build"
        return failed(
            Finding(message=message, path=build.path, line=build.line, hint=hint), evidence=[evidence], target=target
        )
    unclear = next((b for b in builds if b.tolerated is None), None)
    if unclear is not None:
        return unknown(
            f"whether the job fails with `{unclear.command}`, which runs in the background, cannot be determined",
            path=unclear.path,
            line=unclear.line,
            evidence=[evidence],
            hint="wait for it by its own process: `wait $!`",
            target=target,
        )
    without = [b for b in builds if b.token is None and b.closed]
    guard = _stops_without(facts, frontend, without)
    if guard is not None:
        return passed(evidence, guard, target=target)
    if without:
        message = f"`{without[0].command}` is given no `{token}`: the plugin only warns, and errorHandler is not called"
        finding = Finding(
            message=message, path=without[0].path, line=without[0].line, hint=f"stop the build where {token} is empty"
        )
        return failed(finding, evidence=[evidence], target=target)
    return passed(evidence, target=target)


def _stops_without(facts: Facts, frontend: Frontend, without: list[Build]) -> Evidence | None:
    """Return what stops each of the builds that are given no token; None where one does not stop."""
    found: Evidence | None = None
    places = {(b.path, b.line) for b in without}
    made = [m for m in vite_builds(facts, frontend) if m.build is not None and (m.build.path, m.build.line) in places]
    for build in made:
        config = config_of(facts, build)
        stop = stop_in_build(config.root, build.values) if isinstance(config, ViteConfig) else None
        build.unset.clear()
        if stop is None:
            return None
        found = in_repository("a build without a token stops here", build.config, js.line_of(stop))
    return found if len(made) >= len(places) else None


_DECLARED = ("function_declaration",)


def _not_followed(path: str, node: Node, target: Target) -> Verdict:
    return unknown(
        f"errorHandler is `{js.text_of(node)[:40]}`, which is not followed",
        path=path,
        line=js.line_of(node),
        hint="write it in the call",
        target=target,
    )


def node_supports_plugin(facts: Facts) -> Sequence[Verdict]:
    """`@sentry/vite-plugin` 11 needs Node 20.19 or 22.12, and version 3 to 5 need Node 18: an older one stops the build.

    To fix: raise Node where the build runs, or take `@sentry/vite-plugin@^5.4.1`.
    """
    return each_frontend(facts, _node_supports)


def _node_supports(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    plugin = installed(facts, frontend.root, "@sentry/vite-plugin")
    if plugin is None:
        return not_applicable("@sentry/vite-plugin is not installed", target=target)
    versions = node_versions(facts, frontend)
    if not versions:
        return unknown(
            "no file names the Node version that builds the frontend",
            path=plugin.path,
            line=plugin.line,
            hint="add `.nvmrc`, or `engines` to package.json",
            target=target,
        )
    old = [n for n in versions if not supports(n.version, plugin.version)]
    findings = [
        Finding(
            message=f"Node {n.text} is too old for @sentry/vite-plugin {plugin.text}",
            path=n.path,
            line=n.line,
            hint="use a newer Node, or an older plugin",
        )
        for n in old
        if not n.least
    ]
    if findings:
        return failed(*findings, target=target)
    if len(old) == len(versions):
        return unknown(
            f"`{old[0].text}` also allows a Node that is too old for @sentry/vite-plugin {plugin.text}",
            path=old[0].path,
            line=old[0].line,
            hint="add `.nvmrc` with the Node that builds the frontend",
            target=target,
        )
    versions = [n for n in versions if n not in old]
    fits = in_repository(f"Node {versions[0].text} is new enough", versions[0].path, versions[0].line)
    return passed(fits, in_repository(f"@sentry/vite-plugin {plugin.text}", plugin.path, plugin.line), target=target)


def supports(node: Version, plugin: Version) -> bool:
    """Return whether a Node runs a plugin (its `engines`, https://www.npmjs.com/package/@sentry/vite-plugin)."""
    if plugin.major >= 6:
        return node >= Version("22.12") or Version("20.19") <= node < Version("21")
    return node >= Version("18" if plugin.major >= 3 else "14")
