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
    if "Manifest" in dotted.rpartition(".")[2]:
        return True
    module, _, name = dotted.rpartition(".")
    path = module_path(facts, root, module)
    parsed = facts.python(path) if path else None
    classes = [n for n in parsed.tree.body if isinstance(n, ast.ClassDef)] if isinstance(parsed, Module) else []
    return any("Manifest" in ast.unparse(b) for c in classes if c.name == name for b in c.bases)


def _collected(names: dict[str, ast.expr], out: str | None) -> bool:
    """Return whether an output folder may be among the static files; one that cannot be determined may."""
    if out is None or "static" in out.split("/"):
        return True
    value = names.get("STATICFILES_DIRS")
    written = [n.value for n in walk(value) if isinstance(n, ast.Constant)] if value is not None else []
    parts = {p for w in written if isinstance(w, str) for p in w.strip("/").split("/")}
    vite = names.get("DJANGO_VITE") is not None or names.get("DJANGO_VITE_ASSETS_PATH") is not None
    return bool(parts & set(out.split("/"))) or vite
