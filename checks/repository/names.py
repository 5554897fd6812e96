"""Names that follow from a repository: its own, and its Sentry projects'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from checks.repository.git import run_git
from checks.repository.origin import read_origin

if TYPE_CHECKING:
    from checks.repository.facts import Facts


def slugify(text: str) -> str:
    """Return a slug as Sentry takes it: lower case, digits, `-` and `_`, not only digits, at most 50 characters."""
    slug = re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:50].strip("-_")
    return f"project-{slug}" if slug.isdigit() else slug or "project"


def names_of_roots(roots: Sequence[str]) -> list[str]:
    """Return a name for each root, none twice: its folder, with as many of those around it as tell it from the ones before."""
    names: list[str] = []
    for root in roots:
        parts = root.split("/") if root != "." else ["root"]
        wanted = ["-".join(parts[-n:]) for n in range(1, len(parts) + 1)]
        numbered = (f"{wanted[-1]}-{n}" for n in count(2))
        names.append(next(w for w in chain(wanted, numbered) if w not in names))
    return names


def repository_name(root: str) -> str:
    """Return a repository's name: the last part of its `origin`, else its folder's name."""
    folder = Path(root)
    origin = run_git(folder, "config", "--get", "remote.origin.url") if folder.is_dir() else None
    if origin:
        last = re.split(r"[/:\\]", origin.decode(errors="replace").strip().rstrip("/"))[-1].removesuffix(".git")
        if last:
            return slugify(last)
    return slugify(folder.resolve().name if root != "." or folder.is_dir() else "repository")


def github_name(root: str) -> str | None:
    """Return `owner/name` of a repository whose `origin` is at GitHub, else None."""
    origin = read_origin(Path(root)) if Path(root).is_dir() else None
    return origin.name if origin and origin.forge == "github" else None


def project_slug(facts: Facts, kind: str, name: str) -> str:
    """Return the Sentry project of a backend or frontend.

    The configured one comes first, then the one that CI releases, the one that a plugin names, else `<repository>-<name>`.
    """
    from checks.frontends.uploaders import named_in_plugins
    from checks.repository.release_steps import released_project

    configured = facts.config.get(f"{kind}.project", name) or released_project(facts, kind)
    if configured is None and kind == "frontend":
        configured = next((named_in_plugins(facts, f, "project") for f in facts.frontends if f.name == name), None)
    return configured or slugify(f"{repository_name(facts.tree.root)}-{name}")


def organization_named(facts: Facts) -> str | None:
    """Return the organization that release steps and plugins of the repository name, None where none does, or several do."""
    from checks.frontends.uploaders import named_in_plugins
    from checks.repository.release_steps import find_release_steps
    from checks.sentry_api.dsn import is_placeholder

    found: set[str | None] = {s.organization for s in find_release_steps(facts)}
    found |= {named_in_plugins(facts, f, "org") for f in facts.frontends}
    kept = {o for o in found if o and "$" not in o and not is_placeholder(o)}
    return kept.pop() if len(kept) == 1 else None
