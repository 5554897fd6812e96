"""Whether the source maps of the deployed frontend reach Sentry."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from tree_sitter import Node

from checks.model import (
    Evidence,
    Finding,
    Outcome,
    Verdict,
    failed,
    in_repository,
    in_sentry,
    not_applicable,
    passed,
    unknown,
)
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite import PLUGIN_PACKAGE, ViteConfig, naming_sentry, production_sourcemap
from checks.patterns import lazy_pattern
from checks.repository.browser import resolve
from checks.repository.builds import Build, find_builds
from checks.repository.facts import Facts, inside, join
from checks.repository.frontends import Frontend, left_out
from checks.repository.release_steps import script
from checks.sentry_api.dsn import is_placeholder
from checks.sentry_api.snapshot import MapProof, ProjectSnapshot

CLI_UPLOAD = lazy_pattern(
    r"sentry-cli\b[^\n]*\bsourcemaps\s+upload|@sentry/cli\S*\s+sourcemaps\s+upload|\bsentry\s+sourcemaps?\s+upload"
)
_REMOVED_UPLOAD = lazy_pattern(r"sentry-cli\b[^\n]*\breleases\b[^\n]*\bfiles\b[^\n]*\bupload-sourcemaps")
_OTHER_INTEGRATIONS = (
    "withSentryConfig",
    "@sentry/webpack-plugin",
    "sentryWebpackPlugin",
    "@sentry/esbuild-plugin",
    "@sentry/rollup-plugin",
    "@sentry/astro",
    "@sentry/nuxt",
    "@sentry/sveltekit",
)
_CONFIG_NAMES = lazy_pattern(
    r"(next|nuxt|astro|svelte|webpack|rspack|rsbuild|craco|vue|rollup|esbuild)[\w.-]*\.(config\.)?([cm]?[jt]s)$"
)


class Plugin(Struct, frozen=True, kw_only=True):
    """The Sentry bundler plugin in effect: its place, the variable its token comes from, and what is wrong with it.

    `release` is the expression of `release.name` (None: the plugin's default), `options` the options as written.
    """

    path: str
    line: int
    token: str
    problem: str | None
    creates_no_release: bool
    release: str | None = None
    options: str = ""


def no_frontend(facts: Facts) -> list[Verdict]:
    """Say that nothing is built for browsers, and which packages were not taken for it."""
    others = "".join(f"; {o.root} was left out ({o.why}; `frontend.root` names it)" for o in left_out(facts)[:5])
    return [not_applicable(f"no frontend found (no package that a bundler builds for browsers{others})")]


def source_maps(facts: Facts) -> Sequence[Verdict]:
    """Without the maps of the deployed build, every frontend stack trace is minified and issues cannot be told apart.

    Three things are needed: an upload (the Vite plugin, another bundler's, or `sentry-cli`), maps to upload
    (`build.sourcemap`), and a token where the build runs. A green build proves none of them.

    To fix: add `sentryVitePlugin` last in `plugins`, set `build.sourcemap` to `'hidden'`, give the build SENTRY_AUTH_TOKEN.
    """
    return [_proved(facts, f, _source_maps(facts, f)) for f in facts.frontends] or no_frontend(facts)


def _proved(facts: Facts, frontend: Frontend, verdict: Verdict) -> Verdict:
    """Weigh what Sentry says of a real event: maps that were not found beat every file, found ones beat an unknown."""
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
    finding = Finding(message=message, hint="look at the event in Sentry: “Unminify code”")
    return failed(finding, *(verdict.findings if verdict.outcome is Outcome.FAIL else ()), target=frontend.target)


def effective_plugin(facts: Facts, frontend: Frontend) -> Plugin | None:
    """Return the Sentry plugin of a frontend's Vite config, or None where there is none."""
    path = frontend.vite_config
    config = facts.vite(path) if path else None
    if path is None or config is None or isinstance(config, ParseError) or not config.plugin_calls:
        return None
    call = config.plugin_calls[-1]
    options = call.options.text.decode(errors="replace") if call.options is not None and call.options.text else ""
    token = re.search(r"authToken:[^,\n}]*?(?:process\.env|env|import\.meta\.env)(?:\.|\[[\"'])(\w+)", options)
    problem = None
    strings = re.findall(r"\b(?:org|project):\s*[\"'`]([^\"'`]*)[\"'`]", options)
    placeholder = next((s for s in strings if is_placeholder(s)), None)
    if placeholder:
        problem = f"`{placeholder}` is a placeholder"
    elif re.search(r"\bdisable:\s*(true|[\"']disable-upload)", options):
        problem = "it is disabled"
    elif re.search(r"\bauthToken:\s*[\"'`]", options) and is_placeholder(options):
        problem = "its token is a placeholder"
    return Plugin(
        path=path,
        line=call.line,
        token=token.group(1) if token else "SENTRY_AUTH_TOKEN",
        problem=problem,
        creates_no_release=bool(re.search(r"release:\s*\{[^}]*\bcreate:\s*false", options)),
        release=_release_name(call.options),
        options=options,
    )


def _release_name(options: Node | None) -> str | None:
    found = {n: v for n, _, v in js.properties(options)} if options is not None else {}
    release = found.get("release")
    literal = release is not None and release.type == "object"
    inner = {n: v for n, _, v in js.properties(release)} if release is not None and literal else {}
    name = inner.get("name")
    return None if name is None or js.text_of(name) == "undefined" else js.text_of(name)


def _source_maps(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    path = frontend.vite_config
    uploads = _cli_uploads(facts, frontend)
    if path is not None:
        config = facts.vite(path)
        if isinstance(config, ParseError):
            return unknown(
                f"{path} cannot be read: {config.message}",
                path=path,
                line=config.line,
                target=target,
                hint="mend the syntax error",
            )
        plugin = effective_plugin(facts, frontend)
        if plugin is None and not uploads:
            hidden = _hidden_plugin(facts, frontend, config)
            if hidden:
                return unknown(
                    f"{path} takes Sentry's plugin from elsewhere",
                    path=path,
                    line=hidden,
                    target=target,
                    hint="call sentryVitePlugin in the config itself",
                )
            findings = [
                Finding(
                    message="no sentryVitePlugin in the config, and no upload in CI",
                    path=path,
                    hint="`sentry-setup apply source-maps --yes` adds it",
                )
            ]
            if config is not None and config.sourcemap_setting in ("absent", "false"):
                findings.append(
                    Finding(
                        message="build.sourcemap is not switched on",
                        path=path,
                        line=config.sourcemap.start_point[0] + 1 if config.sourcemap is not None else None,
                    )
                )
            return failed(*findings, target=target)
        if plugin is not None and plugin.problem:
            return failed(
                Finding(message=f"sentryVitePlugin cannot upload: {plugin.problem}", path=path, line=plugin.line),
                target=target,
            )
        generated = _generated(facts, frontend)
        if isinstance(generated, Verdict):
            return generated
        if plugin is None:
            return _by_cli(uploads, [generated], frontend)
        evidence = [in_repository("sentryVitePlugin uploads the maps", path, plugin.line), generated]
        return _built(facts, frontend, plugin.token, evidence)
    other = _other_bundler(facts, frontend)
    if other is not None:
        return _built(facts, frontend, "SENTRY_AUTH_TOKEN", [other])
    if uploads:
        return _by_cli(uploads, [], frontend)
    unread = [w for w in facts.workflows if w.problem is not None]
    if unread:
        return unknown(f"{unread[0].path} cannot be read", path=unread[0].path, target=target, hint="mend the file")
    return failed(
        Finding(
            message=f"nothing uploads the source maps of this {frontend.bundler} build",
            path=frontend.manifest,
            hint="add the bundler's Sentry plugin",
        ),
        target=target,
    )


def _hidden_plugin(facts: Facts, frontend: Frontend, config: ViteConfig | None) -> int | None:
    """Return the line of the config that may take the plugin from elsewhere: by another name, or in a module of its own."""
    if config is None:
        return None
    line = naming_sentry(config.root)
    for module, _, node in js.imports(config.root):
        path = resolve(facts, frontend, frontend.vite_config or "", module) if module.startswith(".") else None
        if line is None and path is not None and PLUGIN_PACKAGE in (facts.text(path) or ""):
            line = js.line_of(node)
    return line


def _generated(facts: Facts, frontend: Frontend) -> Evidence | Verdict:
    """Return the evidence that the production build writes maps, or the verdict that says why it does not."""
    path = frontend.vite_config or ""
    config = facts.vite(path)
    target = frontend.target
    flags = [s for s in frontend.scripts.values() if re.search(r"vite build\b.*--sourcemap(?!\s*(=|\s)\s*false)", s)]
    if flags:
        return in_repository("the build script asks for source maps", frontend.manifest)
    if config is None or isinstance(config, ParseError) or config.config is None:
        problem = config.problem if config is not None and not isinstance(config, ParseError) else "unreadable"
        return unknown(
            f"whether maps are generated cannot be told: {problem}",
            path=path,
            target=target,
            hint="look whether build.sourcemap is set",
        )
    setting = config.sourcemap_setting
    line = config.sourcemap.start_point[0] + 1 if config.sourcemap is not None else None
    state = production_sourcemap(config)
    if state == "on":
        written = js.text_of(config.sourcemap) if config.sourcemap is not None else ""
        return in_repository(f"build.sourcemap is {written}", path, line)
    if state == "unclear":
        written = f"`{js.text_of(config.sourcemap)}`" if config.sourcemap is not None else "put together elsewhere"
        return unknown(
            f"build.sourcemap is {written}, which cannot be told here",
            path=path,
            line=line,
            target=target,
            hint="write true or 'hidden'",
        )
    messages = {"inline": "build.sourcemap is 'inline': there is no map file to upload"}
    message = messages.get(setting, "build.sourcemap is not switched on, so there is no map to upload")
    return failed(Finding(message=message, path=path, line=line, hint="set it to 'hidden'"), target=target)


def _built(facts: Facts, frontend: Frontend, token: str, evidence: list[Evidence]) -> Verdict:
    target = frontend.target
    builds = find_builds(facts, frontend, token)
    deploying = [b for b in builds if b.kind != "ci"] or [b for b in builds if b.deploys] or builds
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
        return unknown(
            f"no build of {frontend.root} found",
            evidence=evidence,
            target=target,
            hint="the build that is deployed has to be in a file of this repository",
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
                hint="`--online` would show the uploaded maps",
            )
    elif not given:
        return failed(*(_no_token(b, token) for b in without[:3]), evidence=evidence, target=target)
    evidence += [in_repository(f"the build is given {b.token}", b.path, b.line) for b in given]
    return passed(*evidence, target=target)


def _no_token(build: Build, token: str) -> Finding:
    return Finding(
        message=f"the build `{build.command}` is given no `{token}`: nothing is uploaded, and it stays green",
        path=build.path,
        line=build.line,
        hint="give the build step the token from the secret store",
    )


def _committed_bundle(facts: Facts, frontend: Frontend) -> str | None:
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    out = config.out_dir if config is not None and not isinstance(config, ParseError) and config.out_dir else "dist"
    folder = join(frontend.root, out) if "<" not in out else None
    if folder is None or folder.startswith("../"):
        return None
    return next((p for p in facts.with_suffix("js", "mjs") if inside(p, folder)), None)


def _cli_uploads(facts: Facts, frontend: Frontend) -> list[tuple[Evidence, str | None]]:
    """Return uploads by command line, each with why it cannot work (None: it can)."""
    found: list[tuple[Evidence, str | None]] = []
    scripts = " ; ".join(f"{k}={v}" for k, v in frontend.scripts.items() if CLI_UPLOAD.search(v))
    names = [k for k, v in frontend.scripts.items() if CLI_UPLOAD.search(v)]
    for workflow in facts.workflows:
        for job in workflow.jobs:
            for step in job.steps:
                text = script(step)
                action = bool(
                    step.uses and step.uses.startswith("getsentry/action-release") and step.inputs.get("sourcemaps")
                )
                by_script = any(re.search(rf"run\s+{re.escape(n)}(?![\w:-])", text) for n in names) and bool(scripts)
                removed = _REMOVED_UPLOAD.search(text)
                if not (action or by_script or CLI_UPLOAD.search(text) or removed):
                    continue
                problem = None
                if removed:
                    problem = "`releases files … upload-sourcemaps` was removed from sentry-cli 3"
                elif not step.env.get("SENTRY_AUTH_TOKEN") and "--auth-token" not in text:
                    problem = "no SENTRY_AUTH_TOKEN reaches the step"
                elif any(is_placeholder(step.env.get(k, "")) for k in ("SENTRY_ORG", "SENTRY_PROJECT")):
                    problem = "the organization or project is a placeholder"
                evidence = in_repository(f"job {job.id} uploads source maps", step.path, step.line)
                found.append((evidence, problem))
    return found


def _by_cli(uploads: list[tuple[Evidence, str | None]], evidence: list[Evidence], frontend: Frontend) -> Verdict:
    working = [e for e, problem in uploads if problem is None]
    if working:
        return passed(*working, *evidence, target=frontend.target)
    return failed(
        *(Finding(message=f"{e.fact}, but {problem}", path=e.path, line=e.line) for e, problem in uploads),
        target=frontend.target,
    )


def _other_bundler(facts: Facts, frontend: Frontend) -> Evidence | None:
    for path in facts.with_suffix("js", "ts", "mjs", "cjs", "mts", "cts"):
        if (
            not inside(path, frontend.root)
            or not _CONFIG_NAMES.search(path.rpartition("/")[2])
            or "node_modules" in path
        ):
            continue
        for number, line in enumerate((facts.text(path) or "").splitlines(), start=1):
            used = next((w for w in _OTHER_INTEGRATIONS if w in line), None)
            if used and not line.lstrip().startswith(("//", "*")):
                return in_repository(f"{used} uploads the maps", path, number)
    return None
