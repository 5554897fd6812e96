"""Node packages and Node itself: which version of a package is installed, and which Node runs the builds."""

from __future__ import annotations

import json
import re

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from checks.parsers.dockerfile import parse_dockerfile
from checks.parsers.position import Line, line_at, line_with
from checks.patterns import lazy_pattern
from checks.repository.catalogs import PROTOCOL, catalog_version
from checks.repository.facts import Facts, join, upwards
from checks.repository.frontends import Frontend, manifest_of
from checks.repository.node_locks import READERS

_FIRST_NUMBER = lazy_pattern(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")


class Located(Struct, frozen=True, kw_only=True):
    """A version with the place that names it; `least` where it is the oldest of a range that lets newer majors in too."""

    version: Version
    text: str
    path: str
    line: int
    least: bool = False


_MANAGERS = {
    "package-lock.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
}
"""Lock files, with the package manager that writes each."""


def package_manager(facts: Facts, root: str) -> str:
    """Return the package manager of a package, by the nearest lock file above it; npm where there is none."""
    for folder in upwards(root):
        for name, manager in _MANAGERS.items():
            if join(folder, name) in facts.paths:
                return manager
    return "npm"


def _version(text: str) -> Version | None:
    match = _FIRST_NUMBER.search(text)
    try:
        return Version(".".join(g or "0" for g in match.groups())) if match else None
    except InvalidVersion:
        return None


def _line(facts: Facts, path: str, needle: str) -> int:
    return line_with(facts.text(path) or "", needle) or 1


def installed(facts: Facts, root: str, package: str) -> Located | None:
    """Return the version of a package as a lock file has it, else the lowest that package.json lets in."""
    declared: Located | None = None
    for folder in upwards(root):
        path = join(folder, "package.json")
        manifest = manifest_of(facts, path) if path in facts.paths else None
        for key in ("dependencies", "devDependencies"):
            table = (manifest or {}).get(key)
            text = table.get(package) if isinstance(table, dict) else None
            if declared is None and isinstance(text, str):
                text = catalog_version(facts, folder, package, text) or text if text.startswith(PROTOCOL) else text
                version = _version(text)
                if version is not None:
                    declared = Located(version=version, text=text, path=path, line=_line(facts, path, f'"{package}"'))
        if declared is not None:
            locked = _locked(facts, folder, root, package, declared.text)
            if locked is not None:
                return locked
    return declared


def _locked(facts: Facts, folder: str, root: str, package: str, asked: str) -> Located | None:
    path = join(folder, "package-lock.json")
    if path in facts.paths:
        try:
            data = json.loads(facts.text(path) or "")
        except (ValueError, RecursionError):
            return None
        packages = data.get("packages") if isinstance(data, dict) else None
        relative = root if folder == "." else root.removeprefix(folder).lstrip("/")
        for key in (f"{relative}/node_modules/{package}", f"node_modules/{package}"):
            entry = packages.get(key) if isinstance(packages, dict) else None
            version = _version(str(entry.get("version", ""))) if isinstance(entry, dict) else None
            if version is not None:
                return Located(version=version, text=str(version), path=path, line=_line(facts, path, f'"{key}"'))
    relative = root if folder == "." else root.removeprefix(folder).lstrip("/") or "."
    for name, read in READERS.items():
        path = join(folder, name)
        found = read(facts.text(path) or "", package, relative, asked) if path in facts.paths else None
        version = _version(found[0]) if found is not None else None
        if found is not None and version is not None:
            line = Line(found[1], text=(facts.text(path) or "").splitlines()[found[1] - 1])
            return Located(version=version, text=found[0], path=path, line=line)
    return None


def node_versions(facts: Facts, frontend: Frontend) -> list[Located]:
    """Return the Node versions that the repository names for a frontend's builds: files, `engines`, CI, images.

    A bare major stands for its newest release, a range for its lowest: one without an upper end does not name what runs the build.
    """
    found: list[Located] = []

    def add(text: str, path: str, line: int) -> None:
        cleaned = text.strip().strip("\"'").removeprefix("lts/").lstrip("v")
        version = _version(cleaned) if re.match(r"[\^~>=v\s]*\d", cleaned) else None
        if version is not None:
            bare = re.fullmatch(r"[\^~>=\s]*\d+(\.x)?", cleaned) and not cleaned.lstrip().startswith(">")
            least = "||" in cleaned or (cleaned.lstrip().startswith(">") and "<" not in cleaned)
            exact = Version(f"{version.major}.99") if bare else version
            found.append(Located(version=exact, text=text.strip(), path=path, line=line, least=least))

    for folder in upwards(frontend.root):
        for name in (".nvmrc", ".node-version"):
            path = join(folder, name)
            if path in facts.paths:
                add((facts.text(path) or "").partition("\n")[0], path, 1)
        path = join(folder, ".tool-versions")
        for number, line in enumerate((facts.text(path) or "").splitlines() if path in facts.paths else (), start=1):
            if line.startswith(("nodejs ", "node ")):
                add(line.split()[1], path, Line(number, text=line.strip()))
        path = join(folder, "package.json")
        manifest = manifest_of(facts, path) if path in facts.paths else None
        for key in ("engines", "volta"):
            table = (manifest or {}).get(key)
            wanted = table.get("node") if isinstance(table, dict) else None
            if isinstance(wanted, str):
                add(wanted, path, _line(facts, path, '"node"'))
    for workflow in facts.workflows:
        for job in workflow.jobs:
            for step in job.steps:
                if (step.uses or "").startswith("actions/setup-node") and step.inputs.get("node-version"):
                    add(step.inputs["node-version"], step.path, _line_from(facts, step.path, "node-version", step.line))
    for path in facts.dockerfiles:
        text = facts.text(path) or ""
        for instruction in parse_dockerfile(text).instructions if "node:" in text else ():
            image, _, tag = instruction.arguments.split(" ")[0].partition("@")[0].rpartition("/")[2].partition(":")
            if instruction.word == "FROM" and image == "node" and tag[:1].isdecimal():
                at = instruction.offset(instruction.arguments.index(f"node:{tag}") + len("node:"))
                add(tag.partition("-")[0], path, line_at(text, at))
    return found


def _line_from(facts: Facts, path: str, needle: str, start: int) -> int:
    lines = (facts.text(path) or "").splitlines()
    return next((n for n in range(start, len(lines) + 1) if needle in lines[n - 1]), start)
