"""Whether the source maps of the deployed frontend reach Sentry."""

from __future__ import annotations

from collections.abc import Sequence

from checks.frontends.output_maps import WrittenMaps, written_maps
from checks.frontends.setup import step_hint
from checks.frontends.uploaders import SWITCH_ON, Uploader, config_or_manifest, find_uploader
from checks.frontends.vite_plugin import effective_plugin, effective_state
from checks.model import (
    Evidence,
    Finding,
    Outcome,
    Target,
    Verdict,
    failed,
    in_repository,
    in_sentry,
    passed,
    unknown,
)
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite import PLUGIN_PACKAGE, ViteConfig, naming_sentry
from checks.repository.browser import resolve
from checks.repository.build_env import builds_given, by_project
from checks.repository.builds import Build, deployed, no_deployed_build
from checks.repository.facts import Facts, inside, join
from checks.repository.frontends import Frontend
from checks.repository.uploads import CliUpload, cli_uploads, misses
from checks.repository.vite_builds import (
    config_of,
    output_folder,
    vite_builds,
)
from checks.sentry_api.snapshot import MapProof, ProjectSnapshot
from checks.targets.browsers import no_frontend

_ASKED = "the build script asks for source maps"


def source_maps(facts: Facts) -> Sequence[Verdict]:
    """Without the maps of the deployed build, every frontend stack trace is minified, and different errors look alike.

    Three things are needed: an upload (the Vite plugin, another bundler's, or `sentry-cli`), maps to upload
    (`build.sourcemap`), and a token where the build runs. A green build proves none of them.

    To fix: add `sentryVitePlugin` last in `plugins`, set `build.sourcemap` to `'hidden'`, and pass SENTRY_AUTH_TOKEN to the build.
    """
    return [_with_mapped_frames(facts, f, _source_maps(facts, f)) for f in facts.frontends] or no_frontend(facts)


def _with_mapped_frames(facts: Facts, frontend: Frontend, verdict: Verdict) -> Verdict:
    """Weigh what Sentry reports for a real event: missing maps outweigh every file, found ones outweigh an unknown."""
    project = facts.snapshot.projects.get(frontend.name) if facts.snapshot else None
    proof = project.maps if isinstance(project, ProjectSnapshot) else None
    if not isinstance(proof, MapProof) or not proof.frames:
        return verdict
    if proof.mapped:
        evidence = in_sentry(
            f"{proof.mapped} of {proof.frames} frames of event {proof.event[:8]}… were mapped by uploaded maps"
        )
        if verdict.outcome in (Outcome.PASS, Outcome.UNKNOWN):
            return passed(evidence, *verdict.evidence, target=frontend.target)
        return verdict
    message = f"no frame of event {proof.event[:8]}… was mapped: the maps of its build were not uploaded"
    finding = Finding(message=message, hint="open the event in Sentry: “Unminify code”")
    return failed(finding, *(verdict.findings if verdict.outcome is Outcome.FAIL else ()), target=frontend.target)


def _source_maps(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    made = vite_builds(facts, frontend)[0]
    path = made.config if made.config in facts.paths and frontend.bundler == "vite" else None
    uploads = cli_uploads(facts, frontend)
    if path is not None:
        config = config_of(facts, made)
        if isinstance(config, ParseError):
            return unknown(
                f"{path} cannot be read: {config.message}",
                path=path,
                line=config.line,
                target=target,
                hint="fix the syntax error",
            )
        plugin = effective_plugin(facts, frontend)
        if plugin is None and not uploads:
            other = find_uploader(facts, frontend)
            if other is not None:
                return _by_uploader(facts, frontend, other)
            return _no_plugin(facts, frontend, path, config)
        if plugin is not None and plugin.problem and not uploads:
            return failed(
                Finding(
                    message=f"sentryVitePlugin cannot upload: {plugin.problem}",
                    path=plugin.path,
                    line=plugin.line,
                    hint="fix it, so that only SENTRY_AUTH_TOKEN decides whether the build uploads",
                ),
                target=target,
            )
        generated = _generated(facts, frontend)
        if isinstance(generated, Verdict):
            return generated
        if plugin is None or plugin.problem:
            return _by_cli(uploads, [generated], frontend, output_folder(facts, made))
        evidence = [in_repository("sentryVitePlugin uploads the maps", plugin.path, plugin.line), generated]
        if plugin.uncertainty is not None:
            without = _judge_builds(facts, frontend, plugin.token, evidence)
            if without.outcome is Outcome.FAIL:
                return without
            return unknown(
                f"whether sentryVitePlugin is on in the deployed build cannot be determined: {plugin.uncertainty}",
                path=plugin.path,
                line=plugin.line,
                evidence=[generated],
                hint="set the variable in the step that builds, or let only the token decide",
                target=target,
            )
        return _judge_builds(facts, frontend, plugin.token, evidence)
    other = find_uploader(facts, frontend)
    if other is not None and (other.works is not False or not uploads):
        return _by_uploader(facts, frontend, other)
    if uploads:
        return _by_cli(uploads, [], frontend, None)
    unread = [w for w in facts.workflows if w.problem is not None]
    if unread:
        return unknown(f"{unread[0].path} cannot be read", path=unread[0].path, target=target, hint="fix the file")
    return failed(
        Finding(
            message=f"nothing uploads the source maps of this {frontend.build_name}",
            path=config_or_manifest(facts, frontend),
            hint=step_hint(frontend, "source-maps"),
        ),
        target=target,
    )


def _by_uploader(facts: Facts, frontend: Frontend, other: Uploader) -> Verdict:
    """Judge the plugin of a build other than plain Vite's."""
    target = frontend.target
    if other.works is False:
        message = f"{other.name} uploads nothing: {other.why}"
        return failed(
            Finding(message=message, path=other.path, line=other.line, hint="fix it in the build's configuration"),
            target=target,
        )
    verdict = _judge_builds(
        facts, frontend, other.token, [in_repository(f"{other.name} uploads the maps", other.path, other.line)]
    )
    if other.works is None and verdict.outcome is not Outcome.FAIL:
        message = f"whether {other.name} uploads maps cannot be determined: {other.why}"
        return unknown(message, path=other.path, line=other.line, hint=other.hint, target=target)
    return verdict


def _no_plugin(facts: Facts, frontend: Frontend, path: str, config: ViteConfig | None) -> Verdict:
    hidden = _hidden_plugin(facts, frontend, config)
    if hidden:
        return unknown(
            f"{path} gets Sentry's plugin from elsewhere",
            path=path,
            line=hidden,
            target=frontend.target,
            hint="call sentryVitePlugin in the config itself",
        )
    findings = [
        Finding(
            message=f"no {_plugin_of(frontend)} in the config, and no upload in CI",
            path=path,
            hint=step_hint(frontend, "source-maps"),
        )
    ]
    wanted = ("false",) if _plugin_of(frontend) in SWITCH_ON else ("absent", "false")
    if config is not None and config.sourcemap_setting in wanted:
        findings.append(
            Finding(
                message="build.sourcemap is not turned on",
                path=path,
                line=js.line_of(config.sourcemap) if config.sourcemap is not None else None,
                hint=step_hint(frontend, "source-maps", "sets it to 'hidden'"),
            )
        )
    return failed(*findings, target=frontend.target)


def _plugin_of(frontend: Frontend) -> str:
    """Return the function of the plugin that a frontend's framework brings, else Vite's."""
    framework = frontend.framework
    own = framework.plugin if framework is not None and framework.setup is not None else None
    return own[1] if own is not None else "sentryVitePlugin"


def _hidden_plugin(facts: Facts, frontend: Frontend, config: ViteConfig | None) -> int | None:
    """Return the line of the config that may import the plugin from elsewhere: by another name, or from its own module."""
    if config is None:
        return None
    line = naming_sentry(config.root)
    for module, _, node in js.imports(config.root):
        path = resolve(facts, frontend, frontend.vite_config or "", module) if module.startswith(".") else None
        if line is None and path is not None and PLUGIN_PACKAGE in (facts.text(path) or ""):
            line = js.line_of(node)
    return line


def _generated(facts: Facts, frontend: Frontend) -> Evidence | Verdict:
    """Return the evidence that the production build writes maps, or the verdict with the reason why it does not."""
    made = effective_state(facts, frontend)
    build = made[0] if made is not None else vite_builds(facts, frontend)[0]
    path, config = build.config, config_of(facts, build)
    target, flag = frontend.target, build.sourcemap_flag
    if config is None or isinstance(config, ParseError) or config.chosen is None:
        if flag in ("true", "hidden"):
            return in_repository(_ASKED, frontend.manifest)
        problem = config.problem if config is not None and not isinstance(config, ParseError) else "unreadable"
        return unknown(
            f"whether maps are generated cannot be determined: {problem}",
            path=path,
            target=target,
            hint="check whether build.sourcemap is set",
        )
    outputs = written_maps(config, build)
    lacking = next((o for o in outputs if o.state != "on"), outputs[0])
    line = js.line_of(lacking.node) if lacking.node is not None else None
    if lacking.by_output:
        return _by_output(lacking, path, line, target)
    if flag is not None:
        if lacking.state == "on":
            return in_repository(_ASKED, frontend.manifest)
        message = f"the build script passes `--sourcemap {flag}`, so there is no map file to upload"
        return failed(Finding(message=message, path=frontend.manifest, hint="remove the flag"), target=target)
    value = lacking.written if lacking.elsewhere is not None else ""
    value = js.text_of(config.sourcemap) if config.sourcemap is not None else value
    if lacking.by_plugin:
        return in_repository(f"{lacking.by_plugin} switches source maps on", path, line)
    if lacking.state == "on":
        return in_repository(f"build.sourcemap is {value}", path, line)
    if lacking.state == "unclear":
        return unknown(
            f"build.sourcemap is {f'`{value}`' if value else 'computed elsewhere'}, which cannot be determined here",
            path=path,
            line=line,
            target=target,
            hint="write true or 'hidden'",
        )
    messages = {"inline": "build.sourcemap is 'inline': there is no map file to upload"}
    message = messages.get(config.sourcemap_setting, "build.sourcemap is not turned on, so there is no map to upload")
    return failed(Finding(message=message, path=path, line=line, hint="set it to 'hidden'"), target=target)


def _by_output(maps: WrittenMaps, path: str, line: int | None, target: Target | None) -> Evidence | Verdict:
    """Judge maps that the options of an output decide."""
    message = f"the output's own `sourcemap` is `{maps.written}`, which overrides build.sourcemap"
    if maps.state == "on":
        return in_repository(message, path, line)
    if maps.state == "unclear":
        hint = "remove it: build.sourcemap decides then"
        return unknown(f"{message}, and cannot be determined here", path=path, line=line, hint=hint, target=target)
    hint = "remove it, and set build.sourcemap to 'hidden'"
    return failed(Finding(message=message, path=path, line=line, hint=hint), target=target)


def _judge_builds(facts: Facts, frontend: Frontend, token: str, evidence: list[Evidence]) -> Verdict:
    target = frontend.target
    builds = builds_given(facts, frontend, token)
    deploying = deployed(builds)
    if not deploying:
        committed = _committed_bundle(facts, frontend)
        if committed:
            return failed(
                Finding(
                    message="the built bundle is committed to git, without its maps in Sentry",
                    path=committed,
                    hint="build it in CI or on the host",
                ),
                evidence=evidence,
                target=target,
            )
        message, path, line = no_deployed_build(frontend, builds)
        return unknown(
            message,
            path=path,
            line=line,
            evidence=evidence,
            target=target,
            hint="describe the deployed build in a file in this repository",
        )
    given = [b for b in deploying if b.token]
    without = [b for b in deploying if not b.token]
    if any(b.kind != "ci" for b in deploying):
        closed = [b for b in without if b.closed]
        if closed:
            return failed(*(_no_token(b, token) for b in closed), evidence=evidence, target=target)
        if without:
            return unknown(
                f"{without[0].job} keeps variables in its dashboard, where `{token}` cannot be seen",
                path=without[0].path,
                line=without[0].line,
                evidence=evidence,
                target=target,
                hint="run with `--online` to see the uploaded maps",
            )
    elif not given:
        unseen = next((b for b in without if b.unseen), None)
        if unseen is not None:
            return unknown(
                f"a command before `{unseen.command}` writes a file of variables; `{token}` may reach the build by it",
                path=unseen.path,
                line=unseen.line,
                evidence=evidence,
                target=target,
                hint=f"set `{token}` in the step that builds",
            )
        kept = next((b for b in without if not b.closed), None)
        if kept is not None:
            return unknown(
                by_project(kept, token),
                path=kept.path,
                line=kept.line,
                evidence=evidence,
                target=target,
                hint=f"store `{token}` there, and run with `--online` to see the uploaded maps",
            )
        return failed(*(_no_token(b, token) for b in without[:3]), evidence=evidence, target=target)
    assumed = next((b for b in given if b.assumed), None)
    if assumed is not None:
        return unknown(
            f"whether the image of {assumed.path} is given `{token}` is not known: {assumed.assumed}",
            path=assumed.path,
            line=assumed.line,
            evidence=evidence,
            target=target,
            hint="pass it where the image is built, then sign the item off",
        )
    evidence += [in_repository(f"the build is given {b.token}", b.path, b.line) for b in given]
    return passed(*evidence, target=target)


def _no_token(build: Build, token: str) -> Finding:
    return Finding(
        message=f"the build `{build.command}` is given no `{token}`: nothing is uploaded, and the build still passes",
        path=build.path,
        line=build.line,
        hint="pass the token from the secret store to the build step",
    )


def _committed_bundle(facts: Facts, frontend: Frontend) -> str | None:
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    out = config.out_dir if config is not None and not isinstance(config, ParseError) and config.out_dir else "dist"
    folder = join(frontend.root, out) if "<" not in out else None
    if folder is None or folder.startswith("../"):
        return None
    return next((p for p in facts.with_suffix("js", "mjs") if inside(p, folder)), None)


def _by_cli(uploads: list[CliUpload], evidence: list[Evidence], frontend: Frontend, output: str | None) -> Verdict:
    """Judge the uploads of CI; `output` is the folder that the build writes to, None where it cannot be determined."""
    working = [u for u in uploads if u.problem is None]
    of_others = [u for u in working if output is not None and misses(u, output)]
    if working and len(of_others) == len(working):
        first = of_others[0]
        return unknown(
            f"{first.fact} from {', '.join(first.folders or ())}, and the build writes to {output}",
            path=first.path,
            line=first.line,
            hint="upload the folder that the build writes to, or check that its files are copied there before",
            evidence=evidence,
            target=frontend.target,
        )
    if working:
        found = [in_repository(u.fact, u.path, u.line) for u in working if u not in of_others]
        return passed(*found, *evidence, target=frontend.target)
    return failed(
        *(Finding(message=f"{u.fact}, but {u.problem}", path=u.path, line=u.line, hint=u.hint) for u in uploads),
        target=frontend.target,
    )
