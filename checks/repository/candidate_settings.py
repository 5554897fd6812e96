"""Settings modules that production may run where nothing names one: those that are not for development, tests or a base."""

from __future__ import annotations

from checks.parsers.python import Module
from checks.repository.backends import Backend, SettingsModule, module_path
from checks.repository.facts import Facts, inside, parent
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, Purpose, folder_purposes, purposes

_BASES = frozenset({"base", "common", "defaults", "default", "shared", "components", "env"})
_MAX_CANDIDATES = 12


def candidate_settings(facts: Facts, backend: Backend) -> list[SettingsModule]:
    """Return the settings modules of a backend that nothing names, by their places: `settings.py`, and the modules of `settings/`."""
    found: list[SettingsModule] = []
    for path in facts.with_suffix("py"):
        if not inside(path, backend.root):
            continue
        relative = path if backend.root == "." else path.removeprefix(backend.root + "/")
        folder, name = parent(relative), relative.rpartition("/")[2].removesuffix(".py")
        is_package = folder.rpartition("/")[2] in ("settings", "conf") and name != "__init__"
        if not (name == "settings" or is_package) or relative.count("/") > 4:
            continue
        words = purposes(name) | folder_purposes(folder)
        if name in _BASES or words & (NOT_PRODUCTION | NOT_DEPLOYED | {Purpose.STAGING, Purpose.TEMPLATE}):
            continue
        module = facts.python(path)
        dotted = relative.removesuffix(".py").replace("/", ".").removeprefix("src.")
        says = isinstance(module, Module) and {"INSTALLED_APPS", "ROOT_URLCONF"} & module.assignments.keys()
        stars = isinstance(module, Module) and any("*" in i.names for i in module.imports)
        if (says or (is_package and stars)) and module_path(facts, backend.root, dotted) == path:
            found.append(SettingsModule(name=dotted, path=path, found_in=path, found_line=1))
    return found[:_MAX_CANDIDATES]
