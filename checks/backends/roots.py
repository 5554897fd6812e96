"""The folder of a backend, and what the dependency files there say of its framework."""

from __future__ import annotations

from checks.backends.entry import Entry
from checks.backends.frameworks import framework_named
from checks.hosts.commands import script_targets
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.repository.dependencies import manifests_of_folder
from checks.repository.facts import Facts, inside, join, parent

_MANIFESTS = (
    "pyproject.toml",
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "requirements.in",
    "environment.yml",
)


def is_tool(facts: Facts, path: str) -> bool:
    """Return whether a program is a command that people install, whose image is only another way to get it."""
    folder = parent(path)
    while folder != "." and not has_manifest(facts, folder):
        folder = parent(folder)
    return bool(script_targets(facts, folder)) and not manifests_of_folder(facts, folder).of("sentry-sdk")


def backend_root(facts: Facts, entry: Entry) -> str:
    """Return a backend's folder: that of its nearest manifest, or the one that its imports start from where there is none."""
    if entry.template:
        return entry.template
    folder = parent(entry.path)
    while folder != "." and not has_manifest(facts, folder):
        folder = parent(folder)
    if has_manifest(facts, folder) or not inside(entry.source, folder):
        return folder
    return entry.source


def has_manifest(facts: Facts, folder: str) -> bool:
    """Return whether a folder has a file that declares dependencies."""
    found = [p for m in _MANIFESTS if (p := join(folder, m)) in facts.paths]
    return any(not p.endswith("setup.py") or b"setup(" in (facts.read(p) or b"") for p in found)


def installs(facts: Facts, root: str, framework: str) -> bool:
    """Return whether production installs a framework here; a library that only tests with it, or is it, serves nothing."""
    known = framework_named(framework)
    manifests = manifests_of_folder(facts, root)
    if _own_name(facts, root) in known.distributions:
        return False
    declared = [d for name in known.distributions for d in manifests.of(name)]
    return any(not d.development and not d.dependency.group for d in declared)


def _own_name(facts: Facts, root: str) -> str:

    path = join(root, "pyproject.toml")
    try:
        data = load_toml(facts.text(path) or "") if path in facts.paths else {}
    except ParseError:
        return ""
    project = data.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return name.lower() if isinstance(name, str) else ""
