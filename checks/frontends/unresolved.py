"""Imports whose file cannot be determined: an alias that a plugin or computed code of the bundler's config makes."""

from __future__ import annotations

from checks.frontends.aliases import aliases
from checks.frontends.candidates import manifest_of
from checks.repository.browser import file_stem, reached, resolve, sources
from checks.repository.facts import Facts, join, parent, upwards
from checks.repository.frontends import Frontend
from checks.repository.module_imports import imported

_MOST = 3000
"""Files of a frontend, of more only the file itself is looked for."""
_GROUPS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")


def perhaps_imports(facts: Facts, frontend: Frontend, path: str) -> tuple[str, str] | None:
    """Return `(file, module)` of an import that an entry reaches, and that may be a file, or one that leads to it."""
    wanted = _names(facts, frontend, path)
    known = _packages(facts, frontend.root)
    told = [a for a in aliases(facts, frontend.root, frontend.dependencies) if a.by_bundler]
    for importer in reached(facts, frontend):
        for module in imported(facts, importer):
            if module[:1] in "./" or ":" in module or _package(module) in known or any(a.paths(module) for a in told):
                continue
            if _last(module) in wanted and resolve(facts, frontend, importer, module) is None:
                return importer, module
    return None


def _names(facts: Facts, frontend: Frontend, path: str) -> set[str]:
    """Return the names by which an import may mean a file, or a file that leads to it."""
    leading: dict[str, list[str]] = {}
    own = sources(facts, frontend)
    for importer in own if len(own) <= _MOST else ():
        for module in imported(facts, importer):
            target = resolve(facts, frontend, importer, module)
            if target is not None:
                leading.setdefault(target, []).append(importer)
    found, waiting = {path}, [path]
    while waiting:
        following = [p for p in leading.get(waiting.pop(), ()) if p not in found]
        found.update(following)
        waiting += following
    names = {file_stem(p) for p in found}
    return names | {parent(p).rpartition("/")[2] for p in found if file_stem(p) == "index"}


def _last(module: str) -> str:
    name = module.partition("?")[0].rstrip("/").rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and suffix in ("js", "jsx", "ts", "tsx", "mjs", "vue", "svelte") else name


def _package(module: str) -> str:
    parts = module.split("/")
    return "/".join(parts[: 2 if module.startswith("@") else 1])


def _packages(facts: Facts, root: str) -> set[str]:
    """Return the packages that a frontend, or a folder above it, depends on."""
    manifests = [m for f in upwards(root) if (m := join(f, "package.json")) in facts.paths]
    groups = [(manifest_of(facts, m) or {}).get(g) for m in manifests for g in _GROUPS]
    return {name for group in groups if isinstance(group, dict) for name in group}
