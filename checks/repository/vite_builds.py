"""The Vite builds that are deployed, as they are run: config, mode, variables, flags; and the Sentry plugin in each."""

from __future__ import annotations

import posixpath

from msgspec import Struct, field
from msgspec.structs import replace
from tree_sitter import Node

from checks.frontends.outputs import output_of_plugins, plugin_folder
from checks.frontends.server_configs import is_for_server, makes_a_server
from checks.parsers import javascript as js
from checks.parsers.javascript_values import OBJECT, UNKNOWN, BuildValues, production_value
from checks.parsers.text import ParseError
from checks.parsers.vite import ViteConfig, output_dirs, read_vite_config, written_path
from checks.parsers.vite_objects import Reader, UnresolvedSource, assume_may_define, resolve
from checks.parsers.vite_shared import Shared
from checks.repository.build_env import in_env_files, written_before
from checks.repository.builds import Build, deployed, find_builds, makes_bundle
from checks.repository.commands import Ran, follow
from checks.repository.config_modules import modules_around
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.frontends import Frontend

_HOSTS = {"netlify": ("CI", "NETLIFY"), "vercel": ("CI", "VERCEL")}
"""The beginnings of the variables that a host gives each of its builds."""


class ViteBuild(Struct, frozen=True, kw_only=True):
    """One build of a frontend: the config that it reads, and what its command line says beside it.

    `cwd` is the folder in which it runs, `out_flag` and `sourcemap_flag` are its flags (None: not given), `unset` collects the
    variables that the config reads and nothing gives to the build.
    """

    config: str
    mode: str
    cwd: str
    build: Build | None
    out_flag: str | None
    sourcemap_flag: str | None
    root_flag: str | None
    values: BuildValues
    unset: list[str] = field(default_factory=list)


def vite_builds(facts: Facts, frontend: Frontend) -> list[ViteBuild]:
    """Return the builds of a Vite frontend that are deployed; one with the defaults where none is found."""

    def compute() -> list[ViteBuild]:
        found = [_vite_build(facts, frontend, b) for b in deployed(find_builds(facts, frontend))[:8]]
        return found or [_vite_build(facts, frontend, None)]

    return facts.memoize(vite_builds, f"{frontend.root}:{frontend.vite_config}", compute)


def further_builds(facts: Facts, frontend: Frontend) -> list[ViteBuild]:
    """Return the builds with a config of their own that run behind a frontend's first one, in the same job: their files are served too."""
    builds = deployed(find_builds(facts, frontend))[:8]
    known = {id(b.made) for b in builds}
    found = []
    for build in builds:
        for at, ran in enumerate(build.after):
            named = _flags(ran.words).get("config") if ran.words[:1] == ("vite",) and makes_bundle(ran) else None
            path = join(ran.folder, named) if named is not None else ""
            if id(ran) in known or path not in facts.paths or is_for_server(facts, path):
                continue
            if inside(ran.folder, frontend.root):
                further = replace(
                    build, made=ran, before=(*build.before, *build.after[:at]), after=build.after[at + 1 :]
                )
                found.append(_vite_build(facts, frontend, further))
    return found


def _vite_build(facts: Facts, frontend: Frontend, build: Build | None) -> ViteBuild:
    made = build.made if build is not None else None
    if made is None and build is not None:
        command = build.command if build.command else ""
        made = next((r for r in follow(facts, command, frontend.root, frontend.manifest) if makes_bundle(r)), None)
    if made is None:
        scripts = [r for t in frontend.scripts.values() for r in follow(facts, t, frontend.root, frontend.manifest)]
        own = (r for r in scripts if r.words[0] == "vite" and makes_bundle(r))
        made = next((r for r in own if not makes_a_server(facts, r.folder, list(r.words))), None)
    flags = _flags(made.words if made is not None and made.words[0] == "vite" else ())
    cwd = made.folder if made is not None else frontend.root
    unset: list[str] = []
    named = join(cwd, flags["config"]) if flags.get("config") else None
    config = named if named in facts.paths else frontend.vite_config or join(frontend.root, "vite.config.ts")
    mode = flags.get("mode") or "production"
    return ViteBuild(
        config=config or "",
        mode=mode,
        cwd=cwd,
        build=build,
        out_flag=flags.get("outDir"),
        sourcemap_flag=flags.get("sourcemap"),
        root_flag=flags.get("root"),
        values=BuildValues(OBJECT if "$" in mode else mode, _lookup(facts, frontend, build, made, mode, unset)),
        unset=unset,
    )


def _flags(words: tuple[str, ...]) -> dict[str, str]:
    """Read the command line of `vite build` (https://vite.dev/guide/cli.html#vite-build)."""
    found: dict[str, str] = {}
    names = {
        "-m": "mode",
        "--mode": "mode",
        "-c": "config",
        "--config": "config",
        "--outDir": "outDir",
        "--sourcemap": "sourcemap",
    }
    waiting = list(words[2:])
    while waiting:
        word = waiting.pop(0)
        flag, equals, value = word.partition("=")
        if not word.startswith("-"):
            found.setdefault("root", word)
        elif flag in names:
            optional = flag == "--sourcemap"
            if not equals:
                takes = waiting and not waiting[0].startswith("-") and (not optional or waiting[0] in _MAPS)
                value = waiting.pop(0) if takes else "true"
            found[names[flag]] = value
        elif not equals and flag in ("--base", "--logLevel", "-l", "--assetsDir", "--minify") and waiting:
            waiting.pop(0)
    return found


_MAPS = ("true", "false", "hidden", "inline")


def _lookup(facts: Facts, frontend: Frontend, build: Build | None, made: Ran | None, mode: str, unset: list[str]):  # type: ignore[no-untyped-def]
    own = dict(made.env) if made is not None else {}
    given = dict(build.step.env) if build is not None and build.step is not None else {}
    workflow = next((w for w in facts.workflows if build is not None and w.path == build.workflow), None)
    place = build.command.partition(" ")[0] if build is not None else ""
    marks = workflow.ci.marks if workflow is not None else _HOSTS.get(place, ())
    token = build is None or build.token is not None
    if build is not None and build.kind == "host":
        service = next((d for d in facts.deployments if d.name == build.job and d.path == build.path), None)
        given = {n: d.value if d.value is not None else "$" for n, d in (service.variables if service else {}).items()}
        marks = _HOSTS.get(service.host if service else "", ())

    def variable(name: str, with_files: bool) -> object:
        if name in own:
            return own[name] if "$" not in own[name] else OBJECT
        if name in given and (made is None or made.lets(name)):
            value = given[name]
            if "||" in value or "&&" in value:
                return UNKNOWN
            return value if "$" not in value else OBJECT
        if name == "NODE_ENV":
            return "production"
        if name == "CI" and "CI" in marks:
            return "true"
        if any(m != "CI" and name.startswith(m) for m in marks):
            return "true" if name in ("GITHUB_ACTIONS", "GITLAB_CI", "NETLIFY") else OBJECT
        if with_files:
            written = in_env_files(facts, frontend, name, mode)
            if written is not None:
                return written[1].value
        if name.endswith("AUTH_TOKEN") and token:
            return OBJECT
        handed = written_before(facts, frontend, build.before, name, mode) if build is not None else False
        if handed is not False or (
            build is not None and build.kind == "docker" and _in_image(facts, frontend, build, name)
        ):
            return OBJECT if handed is not None else UNKNOWN
        unset.append(name)
        return None if build is None or build.closed else UNKNOWN

    return variable


def _in_image(facts: Facts, frontend: Frontend, build: Build, name: str) -> bool:
    """Return whether an image's build is handed a variable."""
    return any(b.token for b in find_builds(facts, frontend, name) if b.kind == "docker" and b.path == build.path)


def values_in_builds(facts: Facts, frontend: Frontend, name: str) -> list[object]:
    """Return what a variable is in each deployed build: a text, `OBJECT` (set, the value is elsewhere), None (unset) or `UNKNOWN`."""
    found = []
    for made in vite_builds(facts, frontend):
        value = made.values.variable(name, True)
        found.append(UNKNOWN if value is None and made.build is None else value)
    return found


def config_of(facts: Facts, made: ViteBuild) -> ViteConfig | ParseError | None:
    """Return the config of a build, its conditions decided with the values of that build."""
    if made.config not in facts.paths:
        return None
    key, modules = f"vite of {made.mode} {id(made.values)}", modules_around(facts, made.config)
    return facts.parsed(
        key,
        made.config,
        lambda text: read_vite_config(text.encode(), made.config, values=made.values, modules=modules),
    )


def option(
    root: Node, options: Node | None, *keys: str, shared: Shared | None = None
) -> Node | UnresolvedSource | None:
    """Return the value of an option, through constants and spreads; `UnresolvedSource` where it cannot be determined."""
    found: Node | UnresolvedSource | None = options
    for key in keys:
        if found is None or isinstance(found, UnresolvedSource):
            return found
        literal = resolve(found, root)
        if literal.type != "object":
            return UnresolvedSource(literal)
        found = Reader(root, assume_may_define, shared=shared).lookup(literal, key)
    return found


def patterns_of(root: Node, value: Node | UnresolvedSource, made: ViteBuild) -> list[str] | None:
    """Return the paths of an option, below the repository; None where they cannot be determined, empty where it sets none."""
    if isinstance(value, UnresolvedSource):
        return None
    node = resolve(value, root)
    for _ in range(6):
        condition = node.child_by_field_name("condition") if node.type == "ternary_expression" else None
        if condition is None:
            break
        decided = production_value(condition, build=made.values)
        branch = node.child_by_field_name("consequence" if decided else "alternative")
        if decided is UNKNOWN or branch is None:
            return None
        node = resolve(branch, root)
    if node.type in ("undefined", "null", "false"):
        return []
    nodes = [n for n in node.named_children if n.type != "comment"] if node.type == "array" else [node]
    found = [_path(n, root, made) for n in nodes]
    return [f for f in found if f is not None] if all(f is not None for f in found) else None


def _path(node: Node, root: Node, made: ViteBuild) -> str | None:
    node = js.unwrap(node)
    beside = written_path(node)
    if beside is not None and js.string_of(node) is None:
        return join_out(parent(made.config), beside)
    value = production_value(node, build=made.values)
    if not isinstance(value, str) and node.type == "template_string":
        text = js.text_of(node)[1:-1]
        for mark in ("${__dirname}", "${import.meta.dirname}", "${process.cwd()}"):
            text = text.removeprefix(mark + "/")
        text = _below_folder(node, root) or text
        return join_out(parent(made.config), text) if "${" not in text else None
    if not isinstance(value, str) or value.startswith("/"):
        return None
    return join_out(made.cwd, value)


def _below_folder(node: Node, root: Node) -> str | None:
    """Return the path of a template that begins with a folder which the config spells: `${resolve("./dist")}/**/*.map`."""
    first = node.named_children[0] if node.named_children else None
    if first is None or first.type != "template_substitution" or first.start_byte != node.start_byte + 1:
        return None
    inner = first.named_children[0] if len(first.named_children) == 1 else None
    folder = written_path(resolve(inner, root)) if inner is not None else None
    rest = js.text_of(node)[1:-1].removeprefix(js.text_of(first))
    return f"{folder}{rest}" if folder is not None and rest.startswith("/") else None


def join_out(folder: str, path: str) -> str:
    """Join a path to a folder of the repository; it may lead out of it."""
    return posixpath.normpath(posixpath.join(folder, path))


def _folder(value: Node | UnresolvedSource, root: Node, made: ViteBuild, base: str) -> str | None:
    """Return a folder that the config names, by a text below `base` or an expression; None for what is not known."""
    if isinstance(
        value, UnresolvedSource
    ):  # of another file, whose own folder is not asked for: only a text means the same here
        known = value.known
        return join_out(base, known) if isinstance(known, str) and not known.startswith("/") else None
    return _path(value, root, replace(made, cwd=base))


def _shared_outputs(config: ViteConfig) -> bool:
    """Return whether the bundler's own outputs in another file name a folder, or may."""
    build = config.chosen.build if config.chosen is not None else None
    if not isinstance(build, UnresolvedSource) or config.shared is None:
        return False
    if build.brought is None:
        return config.elsewhere is not None
    names = ("rollupOptions", "rolldownOptions")
    return any(config.shared.find(build.brought, n, "output", "dir") != () for n in names)


def output_folder(facts: Facts, made: ViteBuild) -> str | None:
    """Return the folder that a build writes to, below the repository; None where it cannot be determined.

    `outDir` is relative to Vite's root, which is the folder that it runs in unless told otherwise
    (https://vite.dev/config/build-options.html#build-outdir).
    """
    config = config_of(facts, made)
    if config is None or isinstance(config, ParseError) or config.chosen is None:
        return None
    chosen = config.chosen
    own = output_dirs(chosen, config.root)
    if own:  # a path from where the bundler is started
        folders = {_path(n, config.root, made) for n in own}
        return folders.pop() if len(folders) == 1 else None
    if _shared_outputs(config):
        return None
    root = made.root_flag or "."
    if chosen.vite_root is not None:
        written = _folder(chosen.vite_root, config.root, made, made.cwd)
        if written is None:
            return None
        root = posixpath.relpath(written, made.cwd)
    base = join_out(made.cwd, root)
    if config.elsewhere and config.shared and any(output_of_plugins(t) for _, t in config.shared.reached_modules()):
        return None
    by_plugin = output_of_plugins(config.root)
    if by_plugin is not None and (by_plugin.fixed or (chosen.out_dir is None and made.out_flag is None)):
        folder = plugin_folder(facts, made.config, by_plugin)
        return join_out(base, folder) if folder is not None else None
    if made.out_flag is not None:
        return join_out(base, made.out_flag) if "$" not in made.out_flag else None
    return join_out(base, "dist") if chosen.out_dir is None else _folder(chosen.out_dir, config.root, made, base)
