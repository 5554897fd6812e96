"""Packages of one repository that import each other by name: npm, pnpm, Yarn and Bun link them as workspaces."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from checks.frontends.candidates import manifest_of, strings
from checks.parsers import yaml
from checks.parsers.globs import glob_matches
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, inside, join, parent, upwards

_CONDITIONS = frozenset({"node", "import", "module-sync", "default"})
"""What Node takes of `exports` for a config that is imported (https://nodejs.org/api/packages.html#conditional-exports)."""

_SUFFIXES = ("ts", "mts", "js", "mjs", "cjs", "tsx")
_GROUPS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")


def members(facts: Facts, folder: str) -> list[str]:
    """Return the patterns that name the packages of a workspace at a folder, empty where it is none.

    Node finds a package that is linked in a folder above (https://docs.npmjs.com/cli/using-npm/workspaces, https://pnpm.io/workspaces).
    """
    manifest = join(folder, "package.json")
    given = (manifest_of(facts, manifest) or {}).get("workspaces") if manifest in facts.paths else None
    given = given.get("packages") if isinstance(given, dict) else given
    path = join(folder, "pnpm-workspace.yaml")
    read = facts.yaml(path) if path in facts.paths else None
    listed = yaml.strings(yaml.get(read, "packages")) if read is not None and not isinstance(read, ParseError) else []
    return [g for g in given if isinstance(g, str)] if isinstance(given, list) else listed


def is_member(folder: str, above: str, patterns: list[str]) -> bool:
    """Return whether the package in a folder is one that the patterns of a workspace name."""
    if folder == above or not inside(folder, above):
        return False
    path = folder if above == "." else folder[len(above) + 1 :]
    excluded = any(glob_matches(p[1:].rstrip("/"), path) for p in patterns if p.startswith("!"))
    return not excluded and any(
        glob_matches(p.rstrip("/"), path) if set("*?[{") & set(p) else join(".", p) == path
        for p in patterns
        if not p.startswith("!")
    )


def named_packages(facts: Facts) -> dict[str, str]:
    """Return the folder of each package of the repository by its name; of several with one name the last."""
    return facts.memoize(named_packages, "", lambda: dict(_named(facts)))


def _named(facts: Facts) -> Iterator[tuple[str, str]]:
    for path in facts.named("package.json"):
        name = (manifest_of(facts, path) or {}).get("name") if "node_modules/" not in path else None
        if isinstance(name, str) and name:
            yield name, parent(path)


def workspace_module(facts: Facts, importer: str, module: str) -> str | None:
    """Return the file of the repository that a module imports from a package of its workspace, or None.

    The package is one that the importer's own depends on, or that a workspace above has; `exports` decides where there is one.
    """
    parts = module.split("/")
    count = 2 if module[:1] == "@" else 1
    name, rest = "/".join(parts[:count]), "/".join(parts[count:])
    folders = [f for n, f in facts.memoize(workspace_module, "", lambda: list(_named(facts))) if n == name]
    if len(folders) != 1 or not _is_linked(facts, importer, name, folders[0]):
        return None
    folder = folders[0]
    data = manifest_of(facts, join(folder, "package.json")) or {}
    given = data.get("exports")
    if given is not None:
        target = _exported(given, f"./{rest}" if rest else ".")
        return _file(facts, join(folder, target)) if target is not None and target.startswith("./") else None
    if rest:
        return _file(facts, join(folder, rest))
    named = [n for n in (data.get("main"), "index") if isinstance(n, str) and n]
    return next((p for n in named if (p := _file(facts, join(folder, n))) is not None), None)


def _is_linked(facts: Facts, importer: str, name: str, folder: str) -> bool:
    home = next((f for f in upwards(parent(importer)) if join(f, "package.json") in facts.paths), None)
    data = (manifest_of(facts, join(home, "package.json")) or {}) if home is not None else {}
    asked = next((v for g in _GROUPS if (v := strings(data.get(g)).get(name)) is not None), None)
    if asked is not None and asked.startswith(("file:", "link:", "portal:")):
        return home is not None and join(home, asked.partition(":")[2]) == folder
    return data.get("name") == name or any(
        is_member(folder, above, patterns) for above in upwards(parent(importer)) if (patterns := members(facts, above))
    )


_FOR_BROWSERS = frozenset({"browser", "import", "module", "production", "default"})
"""What a bundler takes of `exports` for browsers (https://vite.dev/config/shared-options.html#resolve-conditions)."""


def exports_for_browsers(data: dict[str, object]) -> dict[str, str]:
    """Return what a package's `exports` give under each name that is written out, `.` for the package itself."""
    given = data.get("exports")
    named = given if isinstance(given, dict) and any(str(k).startswith(".") for k in given) else {".": given}
    found = {str(name): _target(target, _FOR_BROWSERS) for name, target in named.items() if "*" not in str(name)}
    return {name: target for name, target in found.items() if target is not None}


def _exported(given: object, subpath: str) -> str | None:
    """Return what `exports` gives for a subpath: by its name, else by the longest pattern that fits."""
    if isinstance(given, dict) and any(str(k).startswith(".") for k in given):
        exact = given.get(subpath)
        if exact is not None:
            return _target(exact)
        fitting = []
        for key in (k for k in given if isinstance(k, str) and "*" in k):
            start, _, end = key.partition("*")
            if subpath.startswith(start) and subpath.endswith(end) and len(subpath) >= len(start) + len(end):
                fitting.append((len(start), key, subpath[len(start) : len(subpath) - len(end)]))
        if not fitting:
            return None
        _, key, star = max(fitting)
        target = _target(given[key])
        return target.replace("*", star) if target is not None else None
    return _target(given) if subpath == "." else None


def _target(given: object, conditions: frozenset[str] = _CONDITIONS) -> str | None:
    """Return the first target whose conditions hold: by default where a config is loaded."""
    if isinstance(given, dict):
        return next(
            (t for c, v in given.items() if c in conditions and (t := _target(v, conditions)) is not None), None
        )
    if isinstance(given, list):
        return next((t for v in given if (t := _target(v, conditions)) is not None), None)
    return given if isinstance(given, str) else None


def _file(facts: Facts, path: str) -> str | None:
    """Return the tracked file of a module; of one that a build makes in `dist`, its source in `src`."""
    for base in (path, path.replace("/dist/", "/src/", 1) if "/dist/" in path else path):
        found = next((p for p in module_names(base) if p in facts.paths), None)
        if found is not None:
            return found
    return None


def module_names(path: str) -> list[str]:
    """Return the files that a module's path may be, as bundlers look for them: a name with `.js` may be TypeScript's."""
    stem, dot, suffix = path.rpartition(".")
    stem = stem if dot and suffix in ("js", "mjs", "cjs") else path
    return [path, *(f"{stem}{end}" for s in _SUFFIXES for end in (f".{s}", f"/index.{s}"))]


def relative_name(path: str, folder: str) -> str:
    """Return the name of a file relative to a folder, as a module that is beside or above it is imported."""
    found = posixpath.relpath(path, folder)
    return found if found.startswith("..") else f"./{found}"
