"""Whether Django's static files are stored under hashed names, which follows the links in every bundle."""

from __future__ import annotations

import ast

from checks.model import Evidence, in_repository
from checks.parsers.flow import walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.backends import module_path
from checks.repository.facts import Facts
from checks.repository.settings import settings_chain


def manifest_storage(facts: Facts, out: str | None) -> Evidence | None:
    """Return the Manifest storage of a backend whose static files may hold a build's output folder, or None.

    A storage of the repository counts by the class that it builds on. The folder counts where the settings name its last
    part, or where it is a `static` folder of the project.
    """
    for backend in facts.backends:
        chain = settings_chain(facts, backend)
        for name in ("STORAGES", "STATICFILES_STORAGE"):
            value = chain.names.get(name)
            written = [n.value for n in walk(value) if isinstance(n, ast.Constant)] if value is not None else []
            for dotted in (w for w in written if isinstance(w, str) and "." in w):
                if _is_manifest(facts, backend.root, dotted) and _collected(chain.names, out):
                    path = chain.name_files.get(name, "")
                    return in_repository(f"`{dotted}`", path, line_of(value) if value is not None else None)
    return None


def _is_manifest(facts: Facts, root: str, dotted: str) -> bool:
    """Return whether a storage is a Manifest one that follows links; a class of the repository may follow none (`patterns = ()`)."""
    module, _, name = dotted.rpartition(".")
    path = module_path(facts, root, module)
    parsed = facts.python(path) if path else None
    classes = [n for n in parsed.tree.body if isinstance(n, ast.ClassDef)] if isinstance(parsed, Module) else []
    for own in (c for c in classes if c.name == name):
        follows = not any(_sets_nothing(s, "patterns") for s in own.body)
        return follows and any("Manifest" in ast.unparse(b) for b in own.bases)
    return "Manifest" in name


def _sets_nothing(statement: ast.stmt, name: str) -> bool:
    """Return whether a statement of a class sets a name to an empty sequence."""
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return False
    empty = isinstance(value, ast.Tuple | ast.List) and not value.elts
    return empty and any(isinstance(t, ast.Name) and t.id == name for t in targets)


def _collected(names: dict[str, ast.expr], out: str | None) -> bool:
    """Return whether an output folder may be among the static files; one that cannot be determined may."""
    if out is None or "static" in out.split("/"):
        return True
    value = names.get("STATICFILES_DIRS")
    written = [n.value for n in walk(value) if isinstance(n, ast.Constant)] if value is not None else []
    parts = {p for w in written if isinstance(w, str) for p in w.strip("/").split("/")}
    vite = names.get("DJANGO_VITE") is not None or names.get("DJANGO_VITE_ASSETS_PATH") is not None
    return bool(parts & set(out.split("/"))) or vite
