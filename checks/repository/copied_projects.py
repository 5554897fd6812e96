"""Django projects without a `manage.py`: an image takes it, and `wsgi.py`, from the one that it begins with."""

from __future__ import annotations

import ast

from checks.parsers.python import Module
from checks.repository.dependencies import manifests_of_folder
from checks.repository.facts import Facts, parent
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, folder_purposes, purposes

_LISTS = ("INSTALLED_APPS", "MIDDLEWARE")
"""Settings of a project, that no library of apps has outside of its tests."""


def copied_projects(facts: Facts) -> list[str]:
    """Return the root of a project whose settings an image copies in, none where no such settings are found.

    Three things tell it: a runtime dependency on Django, a module called `settings` (or in a folder of that name) that makes or
    extends the lists of a project, and an image that is built here. A library has such settings only for its tests or examples.
    """
    found = [p for p in facts.with_suffix("py") if _is_settings(facts, p)]
    copied = (p for p in facts.dockerfiles if not (folder_purposes(p) | purposes(p)) & (NOT_DEPLOYED | NOT_PRODUCTION))
    if not found or next(copied, None) is None:
        return []
    declared = [d for d in manifests_of_folder(facts, ".").of("django") if not d.development]
    return ["."] if declared else []


def _is_settings(facts: Facts, path: str) -> bool:
    name, folder = path.rpartition("/")[2].removesuffix(".py"), parent(path).rpartition("/")[2]
    if name != "settings" and folder not in ("settings", "conf"):
        return False
    if (folder_purposes(path) | purposes(path)) & (NOT_DEPLOYED | NOT_PRODUCTION):
        return False
    text = facts.text(path) or ""
    module = facts.python(path) if any(n in text for n in _LISTS) else None
    return isinstance(module, Module) and any(_lists(s) for s in module.tree.body)


def _lists(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    targets = [statement.target] if isinstance(statement, ast.AugAssign) else targets
    return any(isinstance(t, ast.Name) and t.id in _LISTS for t in targets)
