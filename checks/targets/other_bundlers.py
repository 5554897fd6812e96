"""Sentry in the builds of other bundlers, read from their configs: what uploads the maps, and whether these are published."""

from __future__ import annotations

import posixpath

from tree_sitter import Node

from checks.frontends.build_outputs import UNKNOWN as UNKNOWN_FOLDER
from checks.frontends.build_outputs import output_of
from checks.frontends.configs import Value, below_root, configured, follow, path_text
from checks.frontends.map_settings import BUNDLERS, map_setting
from checks.frontends.outputs import usual_output
from checks.frontends.plugin_calls import plugin_calls
from checks.frontends.uploaders import DEFAULT, brings_maps, configs, find_uploader
from checks.model import Finding, Verdict, failed, in_repository, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.globs import glob_matches
from checks.parsers.javascript_values import UNKNOWN, production_value
from checks.repository.builds import deployed, find_builds
from checks.repository.devtool_flags import devtool_of_builds
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.repository.image_removal import image_removes
from checks.repository.map_removal import perhaps_removes, refused, removal
from checks.repository.map_shipping import left_out
from checks.repository.node import installed
from checks.repository.uploads import cli_uploads

_PUBLISHING = ("productionBrowserSourceMaps", "productionSourceMap")
_DELETING = ("deleteSourcemapsAfterUpload", "filesToDeleteAfterUpload", "hideSourceMaps")
_ABOUT_MAPS = frozenset({*_PUBLISHING, *_DELETING, "devtool"})

_NOT_UPLOADED = "upload the maps and delete them before they are served, or turn them off in production"


def maps_private_elsewhere(facts: Facts, frontend: Frontend) -> Verdict:
    """Judge a build that is not plain Vite: what its config does with maps, and what removes them."""
    target = frontend.target
    after = [b.after for b in deployed(find_builds(facts, frontend)) if b.made is not None]
    samples = _samples(facts, frontend)
    for commands in after:
        for own in samples:
            ran = next((r for s in own if (r := removal(commands, [s])) is not None), None) or left_out(commands, own)
            if ran is not None:
                fact = f"`{' '.join(ran.words)[:60]}` keeps the maps out"
                return passed(in_repository(fact, ran.path, None), target=target)
    kept = image_removes(facts, frontend, None) or refused(facts, frontend.root)
    if kept is not None:
        return passed(in_repository(kept.fact, kept.path, kept.line), target=target)
    told = devtool_of_builds(facts, frontend)
    if told is not None and told.value == "false":
        return passed(
            in_repository(f"`{told.written}` makes the build write no maps", told.path, told.line), target=target
        )
    found = list(configs(facts, frontend))
    if frontend.bundler == "next":
        # What other files say of maps says nothing of this build.
        found = [(p, root) for p, root in found if p.rpartition("/")[2].startswith("next.config.")]
    for path, root in found:
        verdict = _by_config(facts, frontend, path, root)
        if verdict is not None:
            return verdict
    if frontend.bundler == "next":
        fact = "Next.js writes no maps for browsers unless `productionBrowserSourceMaps` is set"
        return passed(in_repository(fact, frontend.manifest, None), target=target)
    by_itself = brings_maps(facts, frontend)
    if by_itself is not None:
        return unknown(
            f"{by_itself.name} makes the build write source maps, and no setting here names those it deletes",
            path=by_itself.path,
            line=by_itself.line,
            hint="name the output directory in sourcemaps.filesToDeleteAfterUpload, then run `sentry-setup verify-build` on it",
            target=target,
        )
    setting = map_setting(facts, frontend)
    if setting is not None and setting.inline:
        message = f"the bundles hold their maps (`{setting.written}`): anyone can read the source"
        finding = Finding(
            message=message, path=setting.path, line=setting.line, hint="write maps to files of their own"
        )
        return failed(finding, target=target)
    if setting is not None and setting.writes is False:
        fact = f"the build writes no maps ({setting.written})"
        return passed(in_repository(fact, setting.path, setting.line), target=target)
    perhaps = any(perhaps_removes(commands, own) for commands in after for own in samples)
    if setting is not None and setting.writes and after and len(samples) == 1 and not perhaps:
        uploaded = find_uploader(facts, frontend) is not None or any(
            u.problem is None for u in cli_uploads(facts, frontend)
        )
        finding = Finding(
            message=f"the production build publishes its maps (`{setting.written}`)",
            path=setting.path,
            line=setting.line,
            hint="delete them after the upload, before they are served" if uploaded else _NOT_UPLOADED,
        )
        return failed(finding, target=target)
    return unknown(
        f"whether the {frontend.build_name} publishes maps cannot be determined",
        path=frontend.manifest,
        hint="run `sentry-setup verify-build` on its output",
        target=target,
    )


def _samples(facts: Facts, frontend: Frontend) -> list[list[str]]:
    """Return maps that the build may write, each list for one place: where its folder is known, in that one only."""
    base = "" if frontend.root == "." else f"{frontend.root}/"
    output = output_of(facts, frontend) if frontend.bundler in BUNDLERS else None
    if output is not None and output.file:
        return [[posixpath.normpath(f"{base}{output.file}.map")]]
    if output is not None and output.folder != UNKNOWN_FOLDER:
        return [[posixpath.normpath(f"{base}{output.folder}/main.js.map")]]
    usual = f"{base}{usual_output(frontend.framework, frontend.bundler)}/main.js.map"
    return [[f"{base}{folder}/assets/x.js.map", usual] for folder in ("dist", "build")]


def _by_config(facts: Facts, frontend: Frontend, path: str, root: Node) -> Verdict | None:
    """Judge one config; None where it does not mention maps."""
    pairs = [(n, p, v) for o in js.descend(root) if o.type == "object" for n, p, v in js.properties(o)]
    published, deletes = None, None
    told = devtool_of_builds(facts, frontend)
    for name, pair, value in pairs:
        if name not in _ABOUT_MAPS:
            continue
        known = production_value(value, build=DEFAULT)
        if name in _PUBLISHING and known is not False:
            published = (pair, known)
        elif name == "devtool" and told is not None:
            publishes = UNKNOWN if told.value is None else "source-map" in told.value
            published = (pair, publishes) if publishes else published
        elif name == "devtool" and isinstance(known, str) and "source-map" in known:
            published = (pair, True)
        elif name in _DELETING:
            deletes = (pair, name, known)
    if deletes is not None and deletes[2] is not False:
        if deletes[2] is UNKNOWN:
            return unknown(
                f"`{deletes[1]}` cannot be determined",
                path=path,
                line=js.line_of(deletes[0]),
                hint="write true",
                target=frontend.target,
            )
        if _output_unread(facts, frontend, path, deletes[0]):
            return unknown(
                f"the folder that {path} writes to cannot be determined, so {deletes[1]} may not name its maps",
                path=path,
                line=js.line_of(deletes[0]),
                hint="spell out the folder in `output.path`, or run `sentry-setup verify-build` on it",
                target=frontend.target,
            )
        missed = _elsewhere(facts, frontend, path, deletes[0])
        if missed is not None:
            finding = Finding(
                message=missed, path=path, line=js.line_of(deletes[0]), hint="name the build's output directory"
            )
            return failed(finding, target=frontend.target)
        return passed(in_repository(f"{deletes[1]} is set", path, js.line_of(deletes[0])), target=frontend.target)
    wrapped = any(name == "withSentryConfig" for _, name, _ in plugin_calls(facts, path, root))
    if published is not None or (deletes is not None and wrapped):
        place = published[0] if published is not None else deletes[0] if deletes is not None else root
        if published is not None and published[1] is UNKNOWN:
            return unknown(
                "whether the production build publishes its maps cannot be determined",
                path=path,
                line=js.line_of(place),
                hint="write false",
                target=frontend.target,
            )
        message = "the production build publishes its maps"
        uploaded = wrapped or find_uploader(facts, frontend) is not None
        hint = "set sourcemaps.filesToDeleteAfterUpload to the build's maps" if uploaded else _NOT_UPLOADED
        return failed(Finding(message=message, path=path, line=js.line_of(place), hint=hint), target=frontend.target)
    return _next_default(facts, frontend, path, wrapped) if frontend.bundler == "next" else None


def _patterns(listed: Node) -> list[str | None]:
    """Return the patterns of an option; None for one that is not written out."""
    nodes = [n for n in listed.named_children if n.type != "comment"] if listed.type == "array" else [listed]
    return [js.string_of(js.unwrap(n)) for n in nodes]


def _output_unread(facts: Facts, frontend: Frontend, path: str, pair: Node) -> bool:
    """Return whether a webpack config writes to a folder that is not written out, while its patterns name maps of certain folders."""
    value = pair.child_by_field_name("value")
    listed = follow(facts, Value(path, value)).node if value is not None else None
    written = configured(facts, path, "output", "path")
    if listed is None or not written or frontend.bundler not in ("webpack", "rspack"):
        return False
    text = path_text(facts, written[0], frontend.root)
    known = text is not None and below_root(text, frontend.root) is not None
    patterns = [p for p in _patterns(listed) if p is not None]
    anywhere = any(glob_matches(p.removeprefix("./"), "a/b/c.js.map") for p in patterns)
    return not known and bool(patterns) and not anywhere


def _elsewhere(facts: Facts, frontend: Frontend, path: str, pair: Node) -> str | None:
    """Say that the patterns of an option name nothing of a webpack build's output; None where they do, or it is not known."""
    value = pair.child_by_field_name("value")
    listed = follow(facts, Value(path, value)).node if value is not None else None
    if listed is not None and frontend.bundler in BUNDLERS:
        return _misses(facts, frontend, _patterns(listed))
    if listed is None or frontend.bundler not in ("webpack", "rspack"):
        return None
    patterns = _patterns(listed)
    written = configured(facts, path, "output", "path")
    text = path_text(facts, written[0], frontend.root) if written else "dist"
    output = below_root(text, frontend.root) if text is not None else None
    framework = frontend.framework
    framework_builds = framework is not None and framework.bundler is not None
    if not patterns or None in patterns or output is None or (not written and framework_builds):
        return None
    samples = [f"{output}/{name}.js.map".removeprefix("./") for name in ("main", "js/main", "static/js/main")]
    own = [join(frontend.root, p.removeprefix("./")) for p in patterns if p is not None and not p.startswith("/")]
    if len(own) < len(patterns) or any(glob_matches(p, s) for p in own for s in samples):
        return None
    return f"{', '.join(own)} names no map of the build, which writes to {output}"


def _misses(facts: Facts, frontend: Frontend, patterns: list[str | None]) -> str | None:
    """Say that patterns name nothing of what esbuild or Rollup writes; None where they do, or it is not known."""
    maps = _samples(facts, frontend)
    own = [join(frontend.root, p.removeprefix("./")) for p in patterns if p is not None and not p.startswith("/")]
    if not own or len(own) < len(patterns) or len(maps) > 1 or any(glob_matches(p, maps[0][0]) for p in own):
        return None
    return f"{', '.join(own)} names no map of the build, which writes to {posixpath.dirname(maps[0][0])}"


def _next_default(facts: Facts, frontend: Frontend, path: str, wrapped: bool) -> Verdict:
    """Since version 9 `withSentryConfig` deletes the browser's maps after the upload; before, it left them.

    https://docs.sentry.io/platforms/javascript/guides/nextjs/migration/v8-to-v9/
    """
    sdk = installed(facts, frontend.root, "@sentry/nextjs")
    if not wrapped:
        return passed(in_repository("the build writes no maps for browsers", path, None), target=frontend.target)
    if sdk is None:
        return unknown(
            "which version of @sentry/nextjs builds is not known, and only version 9 and later delete the maps",
            path=frontend.manifest,
            hint="install @sentry/nextjs",
            target=frontend.target,
        )
    if sdk.version.major >= 9:
        fact = f"@sentry/nextjs {sdk.text} deletes the browser's maps after the upload"
        return passed(in_repository(fact, sdk.path, sdk.line), target=frontend.target)
    message = f"@sentry/nextjs {sdk.text} leaves the browser's maps next to the bundles"
    return failed(
        Finding(message=message, path=path, hint="set sourcemaps.deleteSourcemapsAfterUpload: true"),
        target=frontend.target,
    )
