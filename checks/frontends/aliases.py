"""What imports mean in a frontend: aliases of the bundler, `paths` of TypeScript, `imports` of the package, a framework's own."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.candidates import VITE_NAMES, manifest_of
from checks.frontends.configs import Value, below_root, configured, follow, json_of, path_text
from checks.frontends.frameworks import framework_of
from checks.frontends.workspaces import exports_for_browsers, is_member, members, named_packages
from checks.parsers import javascript as js
from checks.repository.facts import Facts, join, parent, upwards

_PROJECTS = ("tsconfig.json", "tsconfig.app.json", "jsconfig.json", "tsconfig.base.json")
_WITH_ALIASES = (
    *VITE_NAMES,
    *(
        f"{n}.config.{s}"
        for n in ("webpack", "rspack", "rsbuild", "vue", "nuxt", "craco")
        for s in ("js", "ts", "mjs", "cjs")
    ),
    "svelte.config.js",
)
_WHERE = (
    ("resolve", "alias"),
    ("webpack", "alias"),
    ("configureWebpack", "resolve", "alias"),
    ("kit", "alias"),
    ("alias",),
)
_CONDITIONS = ("browser", "production", "import", "module", "default", "require")
_EXTENDED = 8


class Alias(Struct, frozen=True):
    """What an import that begins with `prefix` (`exact`: is it) may stand for, as paths of the repository.

    `by_bundler` says that the bundler's own config has it: nothing else is tried for what it fits.
    """

    prefix: str
    exact: bool
    targets: tuple[str, ...]
    by_bundler: bool = False

    def paths(self, module: str) -> list[str]:
        """Return the paths that a module may stand for; none where the alias does not fit."""
        if self.exact:
            return list(self.targets) if module == self.prefix else []
        if not module.startswith(self.prefix):
            return []
        rest = module[len(self.prefix) :]
        return [t.replace("*", rest) if "*" in t else join(t, rest) if rest else t for t in self.targets]


def aliases(facts: Facts, root: str, dependencies: dict[str, str]) -> tuple[Alias, ...]:
    """Return the aliases of a frontend, those that are tried first in front."""
    return facts.memoize(aliases, root, lambda: tuple(_aliases(facts, root, dependencies)))


def taken_away(facts: Facts, root: str, dependencies: dict[str, str], package: str) -> str | None:
    """Say what the bundler's own config puts in the place of a package, or that it leaves it out; None where it does neither."""
    for alias in aliases(facts, root, dependencies):
        if alias.by_bundler and (paths := alias.paths(package)):
            return f"the bundler takes {paths[0]} for {package}"
    for name in VITE_NAMES:
        path = join(root, name)
        for keys in _EXTERNALS if path in facts.paths else ():
            for value in configured(facts, path, *keys):
                node = follow(facts, value).node
                named = [js.string_of(n) for n in (node.named_children if node.type == "array" else [node])]
                if package in named:
                    return f"the bundler leaves {package} out of the bundle (`external`)"
    return None


_EXTERNALS = (("build", "rollupOptions", "external"), ("build", "rolldownOptions", "external"))


def _aliases(facts: Facts, root: str, dependencies: dict[str, str]) -> Iterator[Alias]:
    found = [*_of_bundler(facts, root), *_of_package(facts, root), *_of_typescript(facts, root)]
    yield from sorted(found, key=lambda a: (not a.exact, -len(a.prefix)))
    yield from _of_workspace(facts, root, dependencies)
    framework = framework_of(dependencies)
    for prefix, folders in framework.aliases.items() if framework is not None else ():
        targets = tuple(join(root, f or ".") for f in folders)
        yield Alias(prefix, not prefix.endswith("/"), targets)


def _of_bundler(facts: Facts, root: str) -> Iterator[Alias]:
    for name in _WITH_ALIASES:
        path = join(root, name)
        if path not in facts.paths:
            continue
        for keys in _WHERE:
            for value in configured(facts, path, *keys):
                yield from _listed(facts, follow(facts, value), root, _served_from(facts, path, root))


def _served_from(facts: Facts, path: str, root: str) -> str:
    """Return the folder that an address `/` means in a bundler's config: the frontend's, or Vite's `root` in it."""
    given = (
        [path_text(facts, v, root) for v in configured(facts, path, "root")]
        if path.rpartition("/")[2] in VITE_NAMES
        else []
    )
    return (below_root(given[0], root) if len(given) == 1 and given[0] else None) or root


def _listed(facts: Facts, value: Value, root: str, base: str) -> Iterator[Alias]:
    pairs: list[tuple[str, Value]] = []
    if value.node.type == "object":
        pairs = [(n, Value(value.path, v)) for n, _, v in js.properties(value.node)]
    elif value.node.type == "array":
        for child in value.node.named_children:
            parts = {n: v for n, _, v in js.properties(child)} if child.type == "object" else {}
            name = _found_by(js.unwrap(parts["find"])) if "find" in parts else None
            if name is not None and "replacement" in parts:
                pairs.append((name, Value(value.path, parts["replacement"])))
    for name, given in pairs:
        text = path_text(facts, given, root)
        target = below_root(text, root) if text else None
        plain = js.string_of(js.unwrap(given.node))
        if target is None and plain is not None and plain.startswith("/"):
            target = join(base, plain.lstrip("/") or ".")  # Vite takes it from the project's root, as a page's address
        if target is None:
            continue
        if name.startswith("^"):
            yield Alias(name[1:], False, (target,), True)
        elif name.endswith("$"):
            yield Alias(name.removesuffix("$"), True, (target,), True)
        elif name.endswith("/*"):
            yield Alias(name[:-1], False, (target,), True)
        else:
            yield Alias(name, True, (target,), True)
            yield Alias(name if name.endswith("/") else name + "/", False, (target,), True)
            if name in ("~", "#"):
                yield Alias(name, False, (target,), True)


def _found_by(find: Node) -> str | None:
    """Return what `find` asks for: a text, or `^` and the beginning that an expression such as `/^@\\//` is."""
    plain = js.string_of(find)
    if plain is not None:
        return plain
    written = js.text_of(find)
    inner = written[2:-1].replace("\\/", "/") if written.startswith("/^") and written.endswith("/") else ""
    return "^" + inner if inner and all(c.isalnum() or c in "@~#/_-" for c in inner) else None


def _of_package(facts: Facts, root: str) -> Iterator[Alias]:
    """Read `imports` (https://nodejs.org/api/packages.html#subpath-imports)."""
    data = manifest_of(facts, join(root, "package.json")) or {}
    given = data.get("imports")
    for name, target in given.items() if isinstance(given, dict) else ():
        for _ in range(len(_CONDITIONS)):
            if isinstance(target, dict):
                target = next((target[c] for c in _CONDITIONS if c in target), None)
        if isinstance(target, str) and target.startswith("./"):
            yield Alias(name.removesuffix("*"), not name.endswith("*"), (join(root, target),))


def _of_workspace(facts: Facts, root: str, dependencies: dict[str, str]) -> Iterator[Alias]:
    """Yield the packages of the repository that a frontend depends on, or that a workspace above links for it, as their sources."""
    workspaces = [(f, patterns) for f in upwards(root) if (patterns := members(facts, f))]
    for name, folder in named_packages(facts).items():
        if name in dependencies or any(is_member(folder, above, patterns) for above, patterns in workspaces):
            data = manifest_of(facts, join(folder, "package.json")) or {}
            given = [str(data.get(k) or "") for k in ("source", "module", "main", "types")]
            exports = exports_for_browsers(data)
            for part, target in exports.items():
                if part != ".":
                    yield Alias(f"{name}{part[1:]}", True, (join(folder, target),))
            sources = [join(folder, g) for g in (exports.get(".", ""), *given) if g]
            sources += [join(folder, g.replace("dist/", "src/").rpartition(".")[0]) for g in given if "dist/" in g]
            yield Alias(name, True, (*sources, join(folder, "src"), folder))
            yield Alias(name + "/", False, (join(folder, "src"), folder))


def _of_typescript(facts: Facts, root: str) -> Iterator[Alias]:
    """Read `compilerOptions.paths` and `baseUrl` (https://www.typescriptlang.org/tsconfig/#paths)."""
    folder = root
    while not any(join(folder, n) in facts.paths for n in _PROJECTS):
        if folder == ".":
            return
        folder = parent(folder)
    for name in _PROJECTS:
        path = join(folder, name)
        if path in facts.paths:
            yield from _of_project(facts, path)


def _of_project(facts: Facts, path: str) -> Iterator[Alias]:
    paths: tuple[str, dict[str, list[str]]] | None = None
    base: str | None = None
    queue: list[str] = [path]
    seen: set[str] = set()
    while queue and len(seen) < _EXTENDED:
        current = queue.pop(0)
        value = json_of(facts, current)
        if current in seen or value is None:
            continue
        seen.add(current)
        top = {n: v for n, _, v in js.properties(value.node)}
        options = {n: v for n, _, v in js.properties(top["compilerOptions"])} if "compilerOptions" in top else {}
        if base is None and "baseUrl" in options:
            base = join(parent(current), js.string_of(options["baseUrl"]) or ".")
        if paths is None and "paths" in options:
            mapped = {
                n: [s for c in v.named_children if (s := js.string_of(c))]
                for n, _, v in js.properties(options["paths"])
            }
            paths = (parent(current), mapped)
        queue += [p for p in _extended(facts, current, top.get("extends")) if p not in seen]
    for name, targets in paths[1].items() if paths is not None else ():
        where = base or (paths[0] if paths is not None else ".")
        yield Alias(name.removesuffix("*"), not name.endswith("*"), tuple(join(where, t) for t in targets))
    if base is not None:
        yield Alias("", False, (base,))


def _extended(facts: Facts, path: str, node: Node | None) -> Iterator[str]:
    if node is None:
        return
    given = node.named_children if node.type == "array" else [node]
    for text in (js.string_of(g) for g in given):
        if text and text.startswith("."):
            target = join(parent(path), text)
            yield from (p for s in ("", ".json", "/tsconfig.json") if (p := target + s) in facts.paths)
