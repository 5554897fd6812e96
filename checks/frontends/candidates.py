"""The packages of a repository that may be browser applications, each with what builds it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from checks.frontends.commands import builder, commands, delegates, flag, node_scripts
from checks.frontends.configs import configured
from checks.frontends.frameworks import framework_of
from checks.frontends.server_configs import makes_a_server
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, inside, join, parent

VITE_NAMES = tuple(f"vite.config.{suffix}" for suffix in ("js", "mjs", "ts", "cjs", "mts", "cts"))
_BUNDLER_PACKAGES = {
    "vite": "vite",
    "webpack": "webpack",
    "@rspack/core": "rspack",
    "@rsbuild/core": "rspack",
    "parcel": "parcel",
    "rollup": "rollup",
    "rolldown": "rollup",
    "esbuild": "esbuild",
}
_OF_RUBY = "config/vite.json"
"""The configuration of vite_ruby, which builds with a program of its own (https://vite-ruby.netlify.app/config/)."""
_CONFIGURED = ("webpack", "rspack")
"""Bundlers that build nothing without a configuration."""
_EXECUTORS = {"vite": "vite", "webpack": "webpack", "next": "next", "rspack": "rspack", "angular": "angular"}
"""What the executor of an Nx target names, and the bundler that it runs (https://nx.dev/reference/project-configuration)."""
_BROWSER_ONLY = frozenset(
    {
        "@hotwired/stimulus",
        "@hotwired/turbo",
        "@sentry/browser",
        "alpinejs",
        "backbone",
        "bootstrap",
        "d3",
        "htmx.org",
        "jquery",
        "knockout",
        "leaflet",
        "mithril",
    }
)
_PAGES = ("index.html", "public/index.html", "src/index.html", "app/index.html", "static/index.html", "web/index.html")
_SCRIPTS = ("js", "mjs", "cjs", "ts", "tsx", "jsx", "mts")
_FILES_LOOKED_AT = 40
_SCRIPTS_FOLLOWED = 12
_STEPS_FOLLOWED = 60
_OF_NODE = frozenset({"node", "neutral"})


class Candidate(Struct, frozen=True, kw_only=True):
    """A folder that something builds, or may build: its manifest, what it depends on, its scripts, its bundler.

    `inherited` are the dependencies that the manifests above add. `page` says that it has an HTML page.
    """

    root: str
    manifest: str
    data: dict[str, object]
    bundler: str
    vite_config: str | None
    dependencies: dict[str, str]
    scripts: dict[str, str]
    page: bool


def manifest_of(facts: Facts, path: str) -> dict[str, object] | None:
    """Return a package.json as a dictionary, or None when it is none."""
    text = facts.text(path)
    try:
        data = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def strings(value: object) -> dict[str, str]:
    """Return the entries of a JSON object whose values are texts."""
    return {k: v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else {}


def candidates(facts: Facts) -> Iterator[Candidate]:
    """Yield what may be a browser application, in the order of its path: packages, Nx projects, folders built from above."""
    seen = set()
    for path in facts.named("package.json"):
        found = candidate(facts, parent(path))
        if found is not None:
            seen.add(found.root)
            yield found
    for path in facts.named("project.json", *VITE_NAMES):
        root = parent(path)
        if root not in seen and "node_modules/" not in path:
            found = _of_folder(facts, root)
            if found is not None:
                seen.add(root)
                yield found


def candidate(facts: Facts, root: str, *, forced: bool = False) -> Candidate | None:
    """Return the package of a folder if it is built for browsers; with `forced`, whatever it is."""
    path = join(root, "package.json")
    data = manifest_of(facts, path) if path in facts.paths else None
    if data is None:
        return _of_folder(facts, root, forced=forced)
    scripts = strings(data.get("scripts"))
    own = strings(data.get("dependencies")) | strings(data.get("devDependencies"))
    dependencies = own if framework_of(own) is not None else _inherited(facts, root) | own
    vite_config = next((p for n in VITE_NAMES if (p := join(root, n)) in facts.paths), None)
    known = next((b for p, b in _BUNDLER_PACKAGES.items() if p in own), None)
    framework = framework_of(dependencies)
    builders = list(dict.fromkeys(_builders(facts, root, scripts)))
    if not builders and (known or framework is not None):
        builders = _built_elsewhere(facts, root, scripts)
    if "vite" in builders and (vite_config is None or _always_named(scripts)):
        vite_config = _named_config(facts, root, scripts) or vite_config
    if vite_config and builders and not {"vite", "remix"} & set(builders):
        vite_config = None  # a config for tests beside another bundler
    bundler = "vite" if vite_config else next(iter(builders), None) or (framework and framework.bundler) or known
    found = Candidate(
        root=root,
        manifest=path,
        data=data,
        bundler=bundler or "unknown",
        vite_config=vite_config,
        dependencies=dependencies,
        scripts=scripts,
        page=any(join(root, p) in facts.paths for p in _PAGES),
    )
    if forced:
        return found
    if bundler is None or _is_library(facts, found, builders):
        return None
    if join(root, "index.html") in facts.paths and (known or vite_config or (framework and framework.bundler)):
        return found
    project = _project(facts, root)
    built = bool(builders) or (project is not None and project[1]) or _by_task_runner(facts, found)
    built = built or (known in _CONFIGURED and _has_config(facts, root)) or join(root, _OF_RUBY) in facts.paths
    return found if built and _for_browsers(facts, found) else None


def _inherited(facts: Facts, root: str) -> dict[str, str]:
    """Return what the manifests above a package add, where they are one workspace."""
    found: dict[str, str] = {}
    folder = root
    while folder != ".":
        folder = parent(folder)
        data = manifest_of(facts, join(folder, "package.json")) or {}
        shared = "workspaces" in data or any(join(folder, n) in facts.paths for n in ("pnpm-workspace.yaml", "nx.json"))
        if shared:
            found = strings(data.get("dependencies")) | strings(data.get("devDependencies")) | found
    return found


def _builders(facts: Facts, root: str, scripts: dict[str, str]) -> Iterator[str]:
    for name, script in scripts.items():
        if "storybook" in name or name.startswith(("test", "dev", "start")):
            continue
        here = True
        for words in commands(script):
            here = here and not (words[0] in ("cd", "pushd") and words[1:2] not in ([], ["."]))
            found = builder(words) if here else None
            if found is not None and not makes_a_server(facts, root, words):
                yield found
        for file in node_scripts(script):
            yield from _built_by(facts, join(root, file))


def _built_elsewhere(facts: Facts, root: str, scripts: dict[str, str]) -> list[str]:
    """Return the bundlers that build a package by a way around its scripts: a shell script, make, a manifest above, or CI."""
    from checks.repository.commands import follow

    found = []
    folder = root
    manifests = [(root, scripts)]
    while folder != ".":
        folder = parent(folder)
        data = manifest_of(facts, join(folder, "package.json"))
        manifests += [(folder, strings(data.get("scripts")))] if data is not None else []
    for place, given in manifests:
        for name in [n for n in given if "build" in n or n.startswith("prod")][:_SCRIPTS_FOLLOWED]:
            found += follow(facts, f"npm run {name}", place, join(place, "package.json"))
    steps = [s for w in facts.workflows if not w.only_pull_requests for j in w.jobs for s in j.steps if s.run]
    for step in steps[:_STEPS_FOLLOWED]:
        found += follow(facts, step.run or "", join(".", step.working_directory or "."), step.path)
    return list(
        dict.fromkeys(
            b
            for r in found
            if r.folder == root
            and (b := builder(list(r.words))) is not None
            and not makes_a_server(facts, root, list(r.words))
        )
    )


def _named_config(facts: Facts, root: str, scripts: dict[str, str]) -> str | None:
    """Return the config that `vite build` is told to read, where it is no usual one."""
    return next(iter(named_configs(facts, root, scripts)), None)


def _always_named(scripts: dict[str, str]) -> bool:
    """Return whether every script that builds with Vite names its config: the usual one is for something else then."""
    builds = [words for script in scripts.values() for words in commands(script) if builder(words) == "vite"]
    return bool(builds) and all(flag(words, "--config", "-c") is not None for words in builds)


def named_configs(facts: Facts, root: str, scripts: dict[str, str]) -> list[str]:
    """Return the configs that scripts build for browsers with, by name; the one of `build` is the first."""
    found = []
    for name in sorted(scripts, key=lambda n: (n != "build", n)):
        for words in commands(scripts[name]):
            given = flag(words, "--config", "-c") if builder(words) == "vite" else None
            if given is not None and join(root, given) in facts.paths and not makes_a_server(facts, root, words):
                found.append(join(root, given))
    return list(dict.fromkeys(found))


def _built_by(facts: Facts, path: str) -> Iterator[str]:
    """Yield the bundlers that a Node script calls for browsers."""
    tree = (
        facts.parsed("javascript", path, lambda t: js.parse_javascript(t.encode(), path))
        if path in facts.paths
        else None
    )
    if tree is None or isinstance(tree, ParseError):
        return
    named = [_BUNDLER_PACKAGES[m] for m, _, _ in js.imports(tree) if m in _BUNDLER_PACKAGES]
    platforms = [
        js.string_of(js.unwrap(value))
        for node in js.descend(tree)
        if node.type == "object"
        for key, _, value in js.properties(node)
        if key == "platform"
    ]
    if named and not (platforms and all(p in _OF_NODE for p in platforms)):
        yield named[0]


def _project(facts: Facts, root: str) -> tuple[str, bool, dict[str, object]] | None:
    """Return `(bundler, is an application, project)` of a folder's Nx project, or None."""
    path = join(root, "project.json")
    data = manifest_of(facts, path) if path in facts.paths else None
    if data is None or data.get("projectType") == "library":
        return None
    targets = data.get("targets")
    target = targets.get("build") if isinstance(targets, dict) else None
    executor = str(target.get("executor", "")) if isinstance(target, dict) else ""
    options = target.get("options") if isinstance(target, dict) else None
    if isinstance(options, dict) and options.get("target") in ("node", "web-worker"):
        return None
    named = next(
        (
            b
            for word, b in _EXECUTORS.items()
            if word in executor.partition(":")[0] or executor.startswith(f"@nx/{word}")
        ),
        None,
    )
    return (named or "", named is not None or data.get("projectType") == "application", data)


def _of_folder(facts: Facts, root: str, *, forced: bool = False) -> Candidate | None:
    """Return a folder without a manifest of its own that the one above builds: an Nx project, or one with a Vite config."""
    above = root
    while above != "." and join(above, "package.json") not in facts.paths:
        above = parent(above)
    path = join(above, "package.json")
    data = manifest_of(facts, path) if above != root and path in facts.paths else None
    if data is None:
        return None
    vite_config = next((p for n in VITE_NAMES if (p := join(root, n)) in facts.paths), None)
    project = _project(facts, root)
    scripts = strings(data.get("scripts"))
    relative = root if above == "." else root.removeprefix(above + "/")
    named = {n: s for n, s in scripts.items() if any(_names(w, relative) for words in commands(s) for w in words)}
    page = any(join(root, p) in facts.paths for p in _PAGES)
    dependencies = strings(data.get("dependencies")) | strings(data.get("devDependencies"))
    framework = framework_of(dependencies)
    bundler = "vite" if vite_config else (project[0] if project else "") or (framework and framework.bundler) or ""
    if not forced:
        by_project = project is not None and project[1] and bool(bundler)
        if not (by_project or (vite_config and named)) or not (page or by_project):
            return None
    elif not any(inside(p, root) for p in facts.paths):
        return None
    if project is not None and not named:
        name = str(project[2].get("name") or root.rpartition("/")[2])
        named = {
            n: s for n, s in scripts.items() if delegates(s) and any(name in w for words in commands(s) for w in words)
        }
    return Candidate(
        root=root,
        manifest=path,
        data={},
        bundler=bundler or "unknown",
        vite_config=vite_config,
        dependencies=dependencies,
        scripts=named,
        page=page,
    )


def _names(word: str, folder: str) -> bool:
    plain = word.partition("=")[2] or word
    plain = plain.removeprefix("./").rstrip("/")
    return plain == folder or plain.startswith(folder + "/")


def _has_config(facts: Facts, root: str) -> bool:
    """Return whether a package has a configuration of webpack or Rspack with an entry: an image may start it without a script."""
    paths = (join(root, f"{name}.config.{s}") for name in _CONFIGURED for s in ("js", "cjs", "mjs", "ts", "babel.js"))
    return any(configured(facts, p, "entry") for p in paths if p in facts.paths)


def _by_task_runner(facts: Facts, found: Candidate) -> bool:
    """Return whether a task runner that infers its targets builds a package with a Vite config and no script of its own."""
    return found.vite_config is not None and "nx.json" in facts.paths and found.root != "."


def _for_browsers(facts: Facts, found: Candidate) -> bool:
    framework = framework_of(found.dependencies)
    if found.page or (framework is not None and framework.renders) or bool(_BROWSER_ONLY & found.dependencies.keys()):
        return True
    return _uses_the_page(facts, found.root)


def _uses_the_page(facts: Facts, root: str) -> bool:
    """Return whether any of a folder's scripts uses `document` or `window`, as only code for browsers can."""
    looked_at = 0
    for path in facts.with_suffix(*_SCRIPTS):
        if not inside(path, root) or re.search(
            r"(^|/)(node_modules|dist|build|static|tests?)/|\.config\.|\.d\.ts$", path
        ):
            continue
        data = facts.read(path) or b""
        if b"document" not in data and b"window" not in data:
            continue
        looked_at += 1
        if looked_at > _FILES_LOOKED_AT:
            return False
        tree = facts.parsed("javascript", path, lambda t, p=path: js.parse_javascript(t.encode(), p))  # type: ignore[misc]
        if tree is None or isinstance(tree, ParseError):
            continue
        if any(
            n.type == "identifier" and js.text_of(n) in ("document", "window") and _is_read(n) for n in js.descend(tree)
        ):
            return True
    return False


def _is_read(node: object) -> bool:
    above = getattr(node, "parent", None)
    return above is not None and above.type in ("member_expression", "subscript_expression")


def _is_library(facts: Facts, found: Candidate, builders: list[str]) -> bool:
    """Tell a component library from an application: `build.lib`, peer-dependent entry points, or a published bundle."""
    data = found.data
    entries = {"exports", "main", "module", "types"} & data.keys()
    published = data.get("private") is not True or bool(entries)
    if found.vite_config and published:
        config = facts.vite(found.vite_config)
        if config is not None and not isinstance(config, ParseError) and config.config is not None:
            build = {n: v for n, _, v in js.properties(config.config)}.get("build")
            literal = build is not None and js.unwrap(build).type == "object"
            if literal and build is not None and any(n == "lib" for n, _, _ in js.properties(js.unwrap(build))):
                return True
        elif configured(facts, found.vite_config, "build", "lib"):
            return True
    if set(builders) and set(builders) <= {"rollup", "esbuild"} and entries and data.get("private") is not True:
        return True
    if "peerDependencies" not in data:
        return False
    return bool({"exports", "module"} & data.keys()) or ("main" in data and _is_taken_in(facts, found))


def _is_taken_in(facts: Facts, found: Candidate) -> bool:
    """Return whether another package of the repository depends on this one."""
    name = found.data.get("name")
    others = (manifest_of(facts, p) or {} for p in facts.named("package.json") if p != found.manifest)
    keys = ("dependencies", "devDependencies")
    return isinstance(name, str) and any(name in strings(other.get(key)) for other in others for key in keys)
