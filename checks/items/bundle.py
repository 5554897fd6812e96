"""The built bundle: its maps stay private, a failed upload is seen, and Node is new enough for the plugin."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from packaging.version import Version

from checks.items.browser import each_frontend
from checks.items.frontend import CLI_UPLOAD, effective_plugin
from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite import production_sourcemap
from checks.patterns import lazy_pattern
from checks.repository.facts import DOCKERFILE, Facts, inside
from checks.repository.frontends import Frontend
from checks.repository.node import installed, node_versions
from checks.repository.release_steps import script

_REMOVES = lazy_pattern(
    r"\brm\b[^\n;&|]*\*?\*?\.map\b|\bfind\b[^\n]*\*\.map['\"]?[^\n]*(?:-delete|rm\b)|\b(?:rimraf|del-cli|shx rm)\b[^\n;&|]*\.map\b"
)
_SERVER_DENIES = lazy_pattern(
    r"location\s+[^\n{]*\\?\.map[^\n{]*\{[^}]*(?:deny\s+all|return\s+40[34]|internal)", re.DOTALL
)


def source_maps_private(facts: Facts) -> Sequence[Verdict]:
    """A map that is deployed beside its bundle hands your source code to everybody who asks for it.

    `sourcemap: 'hidden'` takes away the link, not the file: its address is easy to guess.

    To fix: give the plugin `sourcemaps.filesToDeleteAfterUpload` for the build's output folder.
    """
    return each_frontend(facts, _maps_private)


def _maps_private(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    path = frontend.vite_config
    config = facts.vite(path) if path else None
    if isinstance(config, ParseError):
        return unknown(
            f"{path} cannot be read: {config.message}",
            path=path,
            line=config.line,
            hint="mend the syntax error",
            target=target,
        )
    if path is None or config is None:
        return _other_bundler(facts, frontend)
    state, line = production_sourcemap(config), js.line_of(config.sourcemap) if config.sourcemap is not None else None
    flagged = any(re.search(r"vite build\b.*--sourcemap(?!\s*(=|\s)\s*false)", s) for s in frontend.scripts.values())
    if config.sourcemap_setting == "inline":
        return failed(
            Finding(
                message="build.sourcemap is 'inline': the source stands in the bundle",
                path=path,
                line=line,
                hint="use 'hidden'",
            ),
            target=target,
        )
    if state == "off" and not flagged:
        return passed(in_repository("the build writes no maps", path, line), target=target)
    deleted = _deleted(facts, frontend)
    if isinstance(deleted, Evidence):
        return passed(deleted, target=target)
    if state == "unclear" and not flagged:
        return unknown(
            "whether the build writes maps cannot be told", path=path, line=line, hint="see source-maps", target=target
        )
    written = js.text_of(config.sourcemap) if config.sourcemap is not None else "--sourcemap"
    message = deleted or f"the build writes maps ({written}), and nothing deletes them before they are served"
    return failed(
        Finding(message=message, path=path, line=line, hint="set sourcemaps.filesToDeleteAfterUpload"), target=target
    )


def _deleted(facts: Facts, frontend: Frontend) -> Evidence | str | None:
    """Return the evidence that maps are deleted or not served, or why what is there does not do it."""
    plugin = effective_plugin(facts, frontend)
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    wrong = None
    if plugin is not None and config is not None and not isinstance(config, ParseError):
        options = config.plugin_calls[-1].options
        patterns = _delete_patterns(options) if options is not None else None
        if patterns is not None:
            out = config.out_dir or "dist"
            if not patterns or "<" in out or any(_covers(p, out) for p in patterns):
                return in_repository("the plugin deletes the maps after the upload", plugin.path, plugin.line)
            wrong = f"filesToDeleteAfterUpload names {', '.join(patterns)}, but the build writes to {out}"
    for name, text in frontend.scripts.items():
        if _REMOVES.search(text):
            return in_repository(f"the script `{name}` deletes the maps", frontend.manifest)
    for workflow in facts.workflows:
        for job in workflow.jobs:
            for step in job.steps:
                if _REMOVES.search(script(step)):
                    return in_repository(f"job {job.id} deletes the maps", step.path, step.line)
    for path in facts.configuration:
        name = path.rpartition("/")[2]
        docker = DOCKERFILE.search(path)
        server = name.endswith((".conf", ".conf.template", ".conf.j2")) or "nginx" in name
        if not (docker or server) or "node_modules/" in path:
            continue
        text = facts.text(path) or ""
        match = _REMOVES.search(text) if docker else _SERVER_DENIES.search(text)
        if match:
            what = "the image deletes the maps" if docker else "the server does not hand out maps"
            return in_repository(what, path, text.count("\n", 0, match.start()) + 1)
    return wrong


def _delete_patterns(options: object) -> list[str] | None:
    """Return the literal patterns of `filesToDeleteAfterUpload`; empty where they are computed, None without the option."""
    for node in js.descend(options):  # type: ignore[arg-type]
        if node.type == "pair":
            key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
            if key is not None and value is not None and js.text_of(key).strip("'\"") == "filesToDeleteAfterUpload":
                if js.text_of(value) in ("[]", "undefined", "false"):
                    return None
                return [s for n in js.descend(value) if (s := js.string_of(n)) is not None]
    return None


def _covers(pattern: str, out: str) -> bool:
    fixed = posixpath.normpath(re.split(r"[*{\[]", pattern)[0] or ".")
    folder = posixpath.normpath(out)
    return fixed == "." or folder == fixed or folder.startswith(fixed + "/") or fixed.startswith(folder)


def _other_bundler(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    deleted = _deleted(facts, frontend)
    if isinstance(deleted, Evidence):
        return passed(deleted, target=target)
    for path in facts.with_suffix("js", "ts", "mjs", "cjs", "mts", "cts"):
        if (
            inside(path, frontend.root)
            and re.search(r"(next|webpack|rspack|nuxt|astro|vue|craco)[\w.-]*\.[cm]?[jt]s$", path.rpartition("/")[2])
            and "node_modules/" not in path
        ):
            text = facts.text(path) or ""
            match = re.search(
                r"deleteSourcemapsAfterUpload\s*:\s*true|filesToDeleteAfterUpload|hideSourceMaps\s*:\s*true", text
            )
            if match:
                return passed(
                    in_repository(
                        f"{match.group(0).partition(':')[0]} is set", path, text.count("\n", 0, match.start()) + 1
                    ),
                    target=target,
                )
            if re.search(
                r"productionBrowserSourceMaps\s*:\s*true|productionSourceMap\s*:\s*true|devtool\s*:\s*['\"]source-map",
                text,
            ):
                return failed(
                    Finding(
                        message="the production build publishes its maps",
                        path=path,
                        hint="delete them after the upload",
                    ),
                    target=target,
                )
    return unknown(
        f"whether the {frontend.bundler} build publishes maps cannot be told",
        path=frontend.manifest,
        hint="look for .map files in its output",
        target=target,
    )


def upload_failure_visible(facts: Facts) -> Sequence[Verdict]:
    """Without a token, or when the upload fails, the plugin warns and the build stays green: the maps are missing, unseen.

    To fix: `errorHandler: (error) => { throw error }` in the plugin's options; no `|| true` after an upload.
    """
    return each_frontend(facts, _failure_visible)


def _failure_visible(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    plugin = effective_plugin(facts, frontend)
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    if isinstance(config, ParseError):
        return unknown(
            f"{frontend.vite_config} cannot be read: {config.message}",
            path=frontend.vite_config,
            line=config.line,
            hint="mend the syntax error",
            target=target,
        )
    if plugin is not None and config is not None:
        options = config.plugin_calls[-1].options
        handler = (
            next((v for n, _, v in js.properties(options) if n == "errorHandler"), None)
            if options is not None
            else None
        )
        if handler is not None and re.search(r"\bthrow\b|process\.exit", js.text_of(handler)):
            return passed(
                in_repository("errorHandler stops the build", plugin.path, js.line_of(handler)), target=target
            )
        if handler is not None and handler.type not in (
            "arrow_function",
            "function_expression",
            "method_definition",
            "function",
        ):
            return unknown(
                f"errorHandler is `{js.text_of(handler)[:40]}`, which is not followed",
                path=plugin.path,
                line=js.line_of(handler),
                hint="write it in the call",
                target=target,
            )
        message = (
            "a failed upload leaves the build green: errorHandler does not throw"
            if handler is not None
            else "a failed upload leaves the build green: there is no errorHandler"
        )
        return failed(
            Finding(
                message=message, path=plugin.path, line=plugin.line, hint="errorHandler: (error) => { throw error }"
            ),
            target=target,
        )
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    for workflow in facts.workflows:
        for job in workflow.jobs:
            for step in job.steps:
                text = script(step)
                match = CLI_UPLOAD.search(text)
                if not match:
                    continue
                rest = text[match.end() :].partition("\n")[0]
                if step.continue_on_error or re.search(r"\|\|\s*(true|:|echo|exit 0)", rest):
                    findings.append(
                        Finding(
                            message=f"a failed upload in job {job.id} goes unseen",
                            path=step.path,
                            line=step.line,
                            hint="let the step fail",
                        )
                    )
                else:
                    evidence.append(in_repository(f"a failed upload fails job {job.id}", step.path, step.line))
    if findings:
        return failed(*findings, target=target)
    if evidence:
        return passed(*evidence, target=target)
    return not_applicable("nothing uploads source maps (see source-maps)", target=target)


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
            "no file says which Node builds the frontend",
            path=plugin.path,
            line=plugin.line,
            hint="add `.nvmrc`, or `engines` to package.json",
            target=target,
        )
    findings = [
        Finding(
            message=f"Node {n.text} is too old for @sentry/vite-plugin {plugin.text}",
            path=n.path,
            line=n.line,
            hint="raise it, or take an older plugin",
        )
        for n in versions
        if not supports(n.version, plugin.version)
    ]
    if findings:
        return failed(*findings, target=target)
    fits = in_repository(f"Node {versions[0].text} is new enough", versions[0].path, versions[0].line)
    return passed(fits, in_repository(f"@sentry/vite-plugin {plugin.text}", plugin.path, plugin.line), target=target)


def supports(node: Version, plugin: Version) -> bool:
    """Tell whether a Node runs a plugin (its `engines`, https://www.npmjs.com/package/@sentry/vite-plugin)."""
    if plugin.major >= 6:
        return node >= Version("22.12") or Version("20.19") <= node < Version("21")
    return node >= Version("18" if plugin.major >= 3 else "14")
