"""The files that a bundler's configuration imports: by a relative name, or from a package of the same workspace."""

from __future__ import annotations

from checks.frontends.workspaces import module_names, relative_name, workspace_module
from checks.parsers.vite_following import Modules
from checks.repository.facts import Facts, join, parent


def modules_around(facts: Facts, path: str) -> Modules:
    """Return what gives the modules around a configuration, by their names relative to it."""
    folder = parent(path)

    def text_of(module: str) -> str | None:
        return next((facts.text(n) for n in module_names(join(folder, module)) if n in facts.paths), None)

    def package(module: str, home: str) -> str | None:
        if module[:1] in ("#", "/") or ":" in module:
            return None
        found = workspace_module(facts, join(folder, home) if home else path, module)
        return relative_name(found, folder) if found is not None else None

    return Modules(text_of, package)
