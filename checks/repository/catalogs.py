"""Catalogs of a pnpm workspace: the one place where the versions of its packages are named (https://pnpm.io/catalogs)."""

from __future__ import annotations

from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, join, upwards

PROTOCOL = "catalog:"
WORKSPACE = "pnpm-workspace.yaml"


def workspace_of(facts: Facts, root: str) -> str | None:
    """Return the workspace file that a package's catalogs are in: the nearest one above it."""
    return next((p for folder in upwards(root) if (p := join(folder, WORKSPACE)) in facts.paths), None)


def catalog_version(facts: Facts, root: str, package: str, asked: str) -> str | None:
    """Return the version that a catalog names for a package whose manifest asks for `catalog:` or `catalog:NAME`."""
    path = workspace_of(facts, root)
    try:
        document = y.parse_yaml(facts.text(path) or "") if path is not None else None
    except ParseError:
        return None
    return next((v for keys in catalog_keys(asked) if (v := y.scalar(y.get(document, *keys, package)))), None)


def catalog_keys(asked: str) -> tuple[tuple[str, ...], ...]:
    """Return where a workspace file may have the catalog that a manifest asks for; `catalog:` means the default one."""
    name = asked.removeprefix(PROTOCOL).strip() or "default"
    return (("catalog",), ("catalogs", "default")) if name == "default" else (("catalogs", name),)
