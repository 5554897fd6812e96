"""Settings modules that production may run where nothing names one: those that are not for development, tests or a base."""

from __future__ import annotations

from checks.parsers.python import Module
from checks.repository.backends import Backend, SettingsModule, module_path
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import (
    NOT_DEPLOYED,
    NOT_PRODUCTION,
    PRODUCTION,
    Purpose,
    folder_purposes,
    purposes,
    words_of,
)

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


def outermost_settings(facts: Facts, backend: Backend) -> SettingsModule | None:
    """Return the settings of production that take in all others of production: `heroku_production` begins with `from .production import *`.

    None where a module is not production's by its name, or two of production do not take in each other.
    """
    found = {m.path: m for m in candidate_settings(facts, backend) if m.path is not None}
    if len(found) < 2 or not all(words_of(p.rpartition("/")[2].removesuffix(".py")) & PRODUCTION for p in found):
        return None
    taken = {path: {t for t in _taken(facts, path) if t in found} for path in found}
    outer = [path for path in found if not any(path in others for others in taken.values())]
    reached, waiting = set(outer), list(outer)
    while waiting:
        new = taken[waiting.pop()] - reached
        reached |= new
        waiting += new
    return found[outer[0]] if len(outer) == 1 and reached == set(found) else None


def _taken(facts: Facts, path: str) -> set[str]:
    """Return the modules of the same folder that a settings module takes in whole."""
    module = facts.python(path)
    imports = module.imports if isinstance(module, Module) else []
    return {
        join(parent(path), i.module.rpartition(".")[2] + ".py") for i in imports if "*" in i.names and not i.optional
    }
