"""Whether the maps of a deployed build can be fetched: each build that is deployed is judged with what it writes."""

from __future__ import annotations

from collections.abc import Sequence

from checks.frontends.commands import node_scripts
from checks.frontends.output_maps import WrittenMaps, written_maps
from checks.frontends.outputs import folder_left_open
from checks.frontends.service_workers import worker_maps
from checks.frontends.uploaders import brings_maps
from checks.model import Finding, Outcome, Verdict, failed, in_repository, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite import ViteConfig
from checks.repository.commands import Ran, follow
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.repository.image_removal import image_leaves_out, image_removes
from checks.repository.manifest_storage import manifest_storage
from checks.repository.map_names import sample_maps
from checks.repository.map_removal import USUAL, Kept, perhaps_removes, refused, removal
from checks.repository.map_shipping import left_out
from checks.repository.vite_builds import (
    ViteBuild,
    config_of,
    further_builds,
    option,
    output_folder,
    patterns_of,
    vite_builds,
)
from checks.repository.vite_plugin_states import plugin_states
from checks.targets.browsers import each_frontend
from checks.targets.other_bundlers import maps_private_elsewhere

_HIDDEN = "write build.sourcemap: 'hidden'"


def source_maps_private(facts: Facts) -> Sequence[Verdict]:
    """A map that is deployed next to its bundle gives your source code to anyone who requests it.

    `sourcemap: 'hidden'` removes the link, not the file, and its URL is easy to guess.

    To fix: set the plugin's `sourcemaps.filesToDeleteAfterUpload` to the maps in the build's output folder.
    """
    return each_frontend(facts, _maps_private)


def _maps_private(facts: Facts, frontend: Frontend) -> Verdict:
    builds = [b for b in vite_builds(facts, frontend) if b.config in facts.paths]
    if not builds or frontend.bundler != "vite":
        return maps_private_elsewhere(facts, frontend)
    bringing = brings_maps(facts, frontend)
    if bringing is not None and all(_unset(facts, b) for b in builds):
        return maps_private_elsewhere(facts, frontend)
    verdicts = [_one_build(facts, frontend, b) for b in (*builds, *further_builds(facts, frontend))]
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN):
        found = next((v for v in verdicts if v.outcome is outcome), None)
        if found is not None:
            return found
    return verdicts[0]


def _unset(facts: Facts, made: ViteBuild) -> bool:
    """Return whether neither the config of a build nor its command says anything of maps."""
    config = config_of(facts, made)
    return isinstance(config, ViteConfig) and config.sourcemap is None and made.sourcemap_flag is None


def _one_build(facts: Facts, frontend: Frontend, made: ViteBuild) -> Verdict:
    target, path = frontend.target, made.config
    config = config_of(facts, made)
    if isinstance(config, ParseError) or config is None:
        message = config.message if isinstance(config, ParseError) else "it is not there"
        line = config.line if isinstance(config, ParseError) else None
        return unknown(
            f"{path} cannot be read: {message}", path=path, line=line, hint="fix the syntax error", target=target
        )
    outputs = written_maps(config, made)
    served = next((o for w in ("inline", "on", "unclear") for o in outputs if o.state == w), outputs[0])
    state, line = served.state, js.line_of(served.node) if served.node is not None else None
    if state == "inline":
        return failed(
            Finding(
                message=f"{_key(served)} is 'inline': the source is in the bundle",
                path=path,
                line=line,
                hint="use 'hidden'",
            ),
            target=target,
        )
    if state == "off":
        return passed(in_repository("the build writes no maps", path, line), target=target)
    kept = _kept(facts, frontend, made, config)
    workers = list(worker_maps(config.root)) if isinstance(kept, Kept) and kept.by_plugin else []
    if workers:
        message = "vite-plugin-pwa writes the maps of its service worker when the plugin has deleted the others"
        place, hint = js.line_of(workers[0].call), f"give it {workers[0].key}: {{ sourcemap: false }}"
        if not workers[0].readable:
            return unknown(
                "whether vite-plugin-pwa leaves the maps of its service worker cannot be determined",
                path=path,
                line=place,
                hint=hint,
                target=target,
            )
        return failed(Finding(message=message, path=path, line=place, hint=hint), target=target)
    if isinstance(kept, Kept):
        dangling = _dangling(facts, frontend, made, outputs) if kept.deletes else None
        return dangling or passed(in_repository(kept.fact, kept.path, kept.line), target=target)
    if isinstance(kept, Verdict):
        return kept
    if state == "unclear":
        return unknown(
            "whether the build writes maps cannot be determined",
            path=path,
            line=line,
            hint="see source-maps",
            target=target,
        )
    written = f"sourcemap: {served.written}" if served.node is not None else "--sourcemap"
    written = f"{served.by_plugin} switches them on" if served.by_plugin else written
    message = kept or f"the build writes maps ({written}), and nothing deletes them before they are served"
    return failed(
        Finding(message=message, path=path, line=line, hint="set sourcemaps.filesToDeleteAfterUpload"), target=target
    )


def _kept(facts: Facts, frontend: Frontend, made: ViteBuild, config: ViteConfig) -> Kept | Verdict | str | None:
    """Return what keeps the maps private, a verdict where that cannot be determined, or why what is there does not do it."""
    samples = sample_maps(facts, made)
    after = _after(facts, frontend, made)
    if samples is not None:
        command = removal(after, samples)
        if command is not None:
            where = made.build.step.line if made.build is not None and made.build.step is not None else None
            fact = f"`{' '.join(command.words)[:60]}` deletes the maps after the build"
            return Kept(
                fact=fact, path=command.path, line=where if command.path == _workflow(made) else None, deletes=True
            )
        shipped = left_out(after, samples)
        if shipped is not None:
            return Kept(
                fact=f"`{' '.join(shipped.words)[:60]}` leaves the maps out",
                path=shipped.path,
                line=None,
                deletes=False,
            )
    by_image = image_removes(facts, frontend, samples) or image_leaves_out(facts, made.build, samples)
    elsewhere = by_image or refused(facts, frontend.root, _addresses(facts, made, samples))
    if elsewhere is not None:
        return elsewhere
    by_plugin = _by_plugin(facts, frontend, made, config, samples)
    perhaps = perhaps_removes(after, samples or []) if not isinstance(by_plugin, Kept) else None
    if perhaps is None and not isinstance(by_plugin, Kept):
        perhaps = _own_script(facts, after)
    if perhaps is not None:
        return unknown(
            f"`{' '.join(perhaps.words)[:60]}` may delete the maps: a condition or a variable decides",
            path=perhaps.path,
            hint="delete them in every build that is deployed, with their names spelled out",
            target=frontend.target,
        )
    return by_plugin


def _addresses(facts: Facts, made: ViteBuild, samples: list[str] | None) -> tuple[str, ...]:
    """Return the paths at which the maps of a build are requested, as its output folder is served."""
    out = output_folder(facts, made)
    return tuple("/" + s.removeprefix(f"{out}/") for s in samples) if samples and out is not None else USUAL


def _own_script(facts: Facts, after: tuple[Ran, ...]) -> Ran | None:
    """Return the command that runs a script of the repository which names map files: it may delete them."""
    for ran in after:
        for file in node_scripts(" ".join(ran.words)):
            if ".map" in (facts.text(join(ran.folder, file)) or ""):
                return ran
    return None


def _workflow(made: ViteBuild) -> str | None:
    return made.build.path if made.build is not None else None


def _after(facts: Facts, frontend: Frontend, made: ViteBuild) -> tuple[Ran, ...]:
    """Return what runs behind the bundler: in the job, or in the package script where no build was found."""
    if made.build is not None and made.build.made is not None:
        return made.build.after
    for name in ("build", *sorted(frontend.scripts)):
        ran = follow(facts, f"npm run {name}", frontend.root, frontend.manifest)
        at = next((n for n, r in enumerate(ran) if r.words[:2] == ("vite", "build")), None)
        if at is not None:
            return tuple(ran[at + 1 :])
    return ()


def _by_plugin(
    facts: Facts, frontend: Frontend, made: ViteBuild, config: ViteConfig, samples: list[str] | None
) -> Kept | Verdict | str | None:
    wrong: str | None = None
    uncertainty: tuple[str, int] | None = None
    for state in plugin_states(facts, made):
        value = option(state.root, state.options, "sourcemaps", "filesToDeleteAfterUpload")
        if value is None:
            outer = option(state.root, state.options, "filesToDeleteAfterUpload")
            if outer is not None:
                wrong = wrong or "filesToDeleteAfterUpload must be inside `sourcemaps`; nothing reads it here"
            continue
        if state.works is False:
            wrong = f"the plugin that deletes the maps is off in this build: {state.why}"
            continue
        if state.works is None:
            uncertainty = (
                f"whether the plugin that deletes the maps is on cannot be determined: {state.why}",
                state.line,
            )
            continue
        patterns = patterns_of(state.root, value, state.made)
        if patterns == []:
            continue
        if patterns is None or samples is None:
            open_folder = _left_open(config) if patterns is not None and made.out_flag is None else None
            what = "filesToDeleteAfterUpload" if patterns is None else "the folder that the build writes to"
            uncertainty = (f"{what} cannot be determined, so it may not delete every map", state.call.line)
            if open_folder is not None:
                why, line = open_folder
                uncertainty = (f"{why}, so filesToDeleteAfterUpload may not name every map", line)
            continue
        from checks.parsers.globs import glob_matches

        left = [s for s in samples if not any(glob_matches(p, s) for p in patterns)]
        if not left:
            return Kept(
                fact="the plugin deletes the maps after the upload",
                path=state.path,
                line=state.call.line,
                deletes=True,
                by_plugin=True,
            )
        out = output_folder(facts, made)
        wrong = f"filesToDeleteAfterUpload names {', '.join(patterns)}, but the build writes {left[0]} to {out}"
    if wrong is None and uncertainty is not None:
        return unknown(
            uncertainty[0],
            path=made.config,
            line=uncertainty[1],
            hint="write the output folder as a literal",
            target=frontend.target,
        )
    return wrong


def _left_open(config: ViteConfig) -> tuple[str, int] | None:
    """Return why no file tells the folder of a build without `build.outDir`, and the line that brings the plugin deciding it."""
    written = config.chosen is not None and config.chosen.out_dir is not None
    return None if written else folder_left_open(config.root)


def _key(maps: WrittenMaps) -> str:
    return "the output's own `sourcemap`" if maps.by_output else "build.sourcemap"


def _dangling(facts: Facts, frontend: Frontend, made: ViteBuild, outputs: Sequence[WrittenMaps]) -> Verdict | None:
    """Fail a link to a map that is deleted where Django's Manifest storage follows it: collectstatic stops there.

    https://docs.djangoproject.com/en/5.2/ref/contrib/staticfiles/#manifeststaticfilesstorage
    """
    linked = next((o for o in outputs if o.value is True), None)
    storage = manifest_storage(facts, output_folder(facts, made)) if linked is not None else None
    if storage is None or linked is None:
        return None
    line = js.line_of(linked.node) if linked.node is not None else None
    message = (
        f"`sourcemap: true` leaves `//# sourceMappingURL` in bundles whose maps are deleted, and {storage.fact} "
        "stops collectstatic at it"
    )
    hint = "remove it from the output, and write build.sourcemap: 'hidden'" if linked.by_output else _HIDDEN
    return failed(
        Finding(message=message, path=made.config, line=line, hint=hint), evidence=[storage], target=frontend.target
    )
