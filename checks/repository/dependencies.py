"""The Python dependencies of a backend, in whichever files declare and lock them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from checks.parsers import requirements as r
from checks.parsers.command_words import arguments, unwrapped
from checks.parsers.commands import read_commands
from checks.parsers.dockerfile import parse_dockerfile
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, folder_purposes, purposes

if TYPE_CHECKING:
    from checks.repository.backends import Backend

_REQUIREMENTS = lazy_pattern(
    r"(^|/)(requirements[^/]*\.(txt|in)|requirements/[^/]+\.(txt|in)|[^/]*requirements\.(txt|in))$"
)
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
PINNED = "requirements.lock"
"""A list of pins that is made from the pyproject.toml beside it, by pip or a tool that writes no header."""
_CONDA = lazy_pattern(r"(^|/)environment[^/]*\.ya?ml$")


class Declaration(Struct, frozen=True, kw_only=True):
    """A dependency with the file that declares it; `development` when that file or group is not for production."""

    dependency: r.Dependency
    path: str
    development: bool


class Manifests(Struct, frozen=True, kw_only=True):
    """All declarations of a backend, locked versions by distribution, and files that could not be read."""

    declarations: tuple[Declaration, ...]
    locked: dict[str, tuple[str, str, int]]
    problems: tuple[tuple[str, ParseError], ...]
    files: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """Return whether any of some distributions is declared for production, or locked."""
        declared = {d.dependency.name for d in self.declarations if not d.development}
        return any(n in declared or n in self.locked for n in names)

    def of(self, name: str) -> list[Declaration]:
        """Return the declarations of one distribution (canonical name), runtime ones first."""
        return sorted((d for d in self.declarations if d.dependency.name == name), key=lambda d: d.development)


def python_manifests(facts: Facts, root: str) -> Manifests:
    """Read the dependency files in a backend's folder and in the folders above it."""
    return facts.memoize(python_manifests, root, lambda: _python_manifests(facts, root, facts.backends))


def manifests_of_folder(facts: Facts, root: str) -> Manifests:
    """Read the dependency files of a folder of which nobody knows yet whether it is a backend's."""
    return facts.memoize(manifests_of_folder, root, lambda: _python_manifests(facts, root, ()))


def _python_manifests(facts: Facts, root: str, backends: Sequence[Backend]) -> Manifests:
    folders = [root]
    while folders[-1] != ".":
        folders.append(parent(folders[-1]))
    declarations: list[Declaration] = []
    problems: list[tuple[str, ParseError]] = []
    files: list[str] = []
    locked: dict[str, tuple[str, str, int]] = {}
    readers: dict[str, Callable[[str], list[r.Dependency]]] = {
        "pyproject.toml": r.parse_pyproject,
        "Pipfile": r.parse_pipfile,
        "setup.cfg": r.parse_setup_cfg,
        "setup.py": r.parse_setup_py,
    }
    included: set[str] = set()
    below: set[str] = set()
    others = tuple(b.root for b in backends if b.root != root and inside(b.root, root))
    for path in (*facts.configuration, *facts.named("setup.py")):
        folder = parent(path)
        base = parent(folder) if folder.rpartition("/")[2] == "requirements" else folder
        name = path.rpartition("/")[2]
        near = base in folders or (inside(path, root) and base.count("/") - root.count("/") <= 2)
        if any(inside(path, other) for other in others):
            continue
        if not near or folder_purposes(path.removeprefix(root + "/")) & NOT_DEPLOYED:
            continue
        if name in _LOCKS or name == "Pipfile.lock":
            locked |= _locked(facts, path)
            continue
        if name in readers:
            parsed = facts.parsed(name, path, readers[name])
            dependencies: list[r.Dependency] = parsed if isinstance(parsed, list) else []
            if isinstance(parsed, ParseError):
                problems.append((path, parsed))
            if name == "setup.py":
                opened = [join(folder, t) for t in r.requirements_read_by(facts.text(path) or "")]
                included |= {
                    p
                    for o in opened
                    if o in facts.paths and not _development_file(o)
                    for p in (o, *included_by(facts, o))
                }
        elif _REQUIREMENTS.search(path):
            both = facts.parsed("requirements", path, r.parse_requirements)
            dependencies = both[0] if isinstance(both, tuple) else []
            if isinstance(both, tuple) and not _development_file(path):
                included |= included_by(facts, path)
        elif _CONDA.search(path):
            dependencies = _conda(facts, path)
        else:
            continue
        if base not in folders:
            below.add(path)
        files.append(path)
        declarations += [
            Declaration(dependency=d, path=path, development=_development_file(path) or r.is_development(d.group))
            for d in dependencies
        ]
    members = {m for p in files if p.endswith("pyproject.toml") and p not in below for m in _members(facts, p)}
    for path in sorted(members - {*files}):
        parsed = facts.parsed("pyproject.toml", path, r.parse_pyproject)
        files.append(path)
        of_member = [d for d in parsed if not d.group] if isinstance(parsed, list) else []
        declarations += [Declaration(dependency=d, path=path, development=False) for d in of_member]
    foreign = tuple(b.root for b in backends if not inside(root, b.root))
    # The image of a backend beside this one installs what that one needs.
    installed = [p for p in _installed_by_images(facts) if not any(inside(p, other) for other in foreign)]
    included |= {p for path in installed for p in (path, *included_by(facts, path))}
    if any(d.dependency.name == "django" and not d.development and d.path not in below for d in declarations):
        # The backend's own manifest is found: what lies below is of a script, a function, another service.
        declarations = [d for d in declarations if d.path not in below or d.path in included]
        files = [f for f in files if f not in below or f in included]
    frameworks = {n for b in backends if b.root == root for n in b.facts.distributions}
    home = _own_environment(facts, folders, declarations, frameworks)
    if home is not None:
        # The folder has an environment of its own: what a project above it installs is not in there.
        declarations = [d for d in declarations if inside(d.path, home) or d.path in included]
        files = [f for f in files if inside(f, home) or f in included]
        locked = {name: one for name, one in locked.items() if inside(one[1], home)}
    declarations = [
        Declaration(dependency=d.dependency, path=d.path, development=False) if d.path in included else d
        for d in declarations
    ]
    # Files of any name count once another file takes them in.
    for path in sorted(included - set(files)):
        both = facts.parsed("requirements", path, r.parse_requirements)
        if isinstance(both, tuple):
            files.append(path)
            declarations += [Declaration(dependency=d, path=path, development=False) for d in both[0]]
    return Manifests(declarations=tuple(declarations), locked=locked, problems=tuple(problems), files=tuple(files))


def _own_environment(
    facts: Facts, folders: Sequence[str], declarations: Sequence[Declaration], frameworks: set[str]
) -> str | None:
    """Return the nearest folder with a project and its lock file that declares the backend's framework, None for the topmost."""
    for folder in folders[:-1]:
        named = any(
            d.dependency.name in frameworks and not d.development
            for d in declarations
            if parent(d.path) == folder and d.path.rpartition("/")[2] in _LOCKED_FROM
        )
        if named and any(join(folder, n) in facts.paths for ns in _LOCKED_FROM.values() for n in ns):
            return folder
    return None


def _members(facts: Facts, path: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the pyproject.toml of each package of the repository that one depends on, and of those that these depend on.

    https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources
    """
    sources = r.dependency_sources(facts.text(path) or "")
    for name, source in sources.items():
        if source:
            found = [join(join(parent(path), source), "pyproject.toml")]
        else:
            found = [p for p in facts.named("pyproject.toml") if r.project_name(facts.text(p) or "") == name]
        if len(found) == 1 and found[0] in facts.paths and found[0] not in seen | {path}:
            yield found[0]
            yield from _members(facts, found[0], seen | {path, found[0]})


_MAKERS = (
    ("pip-compile",),
    *(("uv", "pip", "compile"), ("uv", "export"), ("poetry", "export"), ("pdm", "export"), ("pipenv", "requirements")),
)
"""Commands that make a list of requirements and write themselves into its head."""
_LOCKED_FROM = {"Pipfile": ("Pipfile.lock",), "pyproject.toml": _LOCKS}


def compiled_without(facts: Facts, manifests: Manifests, declared: Declaration) -> str | None:
    """Return the list that is made from a declaration's file and lacks it: a compiled requirements file, or a lock.

    None where there is no such list, or it has the distribution. What is installed is the compiled list.
    """
    folder, name = parent(declared.path), declared.path.rpartition("/")[2]
    locks = [join(folder, lock) for lock in _LOCKED_FROM.get(name, ())]
    lock = next((path for path in locks if any(path == p for _, p, _ in manifests.locked.values())), None)
    if lock is not None and declared.dependency.name not in manifests.locked:
        return lock
    pinned = join(folder, PINNED) if name == "pyproject.toml" else ""
    counts = pinned in facts.paths and is_kept_list(facts, pinned)
    both = facts.parsed("requirements", pinned, r.parse_requirements) if counts else None
    held = {d.name for d in both[0]} if isinstance(both, tuple) else set()
    if held and declared.dependency.name not in held:
        return pinned
    for path in manifests.files:
        if not path.endswith(".txt") or parent(path) != folder:
            continue
        if _is_made_from(facts.text(path) or "", name) or path == declared.path.removesuffix(".in") + ".txt":
            held = {d.dependency.name for d in manifests.declarations if d.path == path}
            if held and declared.dependency.name not in held:
                return path
    return None


def _is_made_from(text: str, name: str) -> bool:
    """Return whether the head of a list says that it is made from a file: a tool's own words there, or its command."""
    head = [
        line.lstrip("# \t") for line in itertools.takewhile(lambda row: row[:1] in ("#", ""), text.splitlines()[:12])
    ]
    made = any("autogenerated by" in line or any(line.split()[: len(m)] == list(m) for m in _MAKERS) for line in head)
    return made and any(name == word.rpartition("/")[2] for line in head for word in re.split(r"[\s=]+", line))


_NAMING = (
    ".sh",
    ".yml",
    ".yaml",
    ".toml",
    ".cfg",
    ".ini",
    ".md",
    ".rst",
    "Makefile",
    "justfile",
    "Procfile",
    "Jenkinsfile",
)


def is_kept_list(facts: Facts, path: str) -> bool:
    """Return whether a list of pins is more than what `pip freeze` once printed: a tool made it, or another file names it.

    A tool writes its own words at the head, or where each pin comes from (https://rye.astral.sh/guide/sync/).
    """
    text, name = facts.text(path) or "", path.rpartition("/")[2]
    head = text.splitlines()[:12]
    if any(line.startswith("#") and ("generated by" in line or "compile" in line or "export" in line) for line in head):
        return True
    if "# via" in text or "--hash=" in text:
        return True
    naming = (p for p in facts.paths if p != path and (p.endswith(_NAMING) or p in facts.dockerfiles))
    return bool(facts.holding((name,), naming))


_INSTALLS = frozenset({"install", "wheel", "sync"})
_LISTS = ("-r", "--requirement", "--requirements")


def _installed_by_images(facts: Facts) -> list[str]:
    """Return the requirements files that a Dockerfile installs, as far as their names are found in the repository."""
    found = []
    for path in facts.dockerfiles:
        if purposes(path) & (NOT_DEPLOYED | NOT_PRODUCTION):
            continue
        for name in lists_of(facts.text(path) or ""):
            relative = name.lstrip("./").removeprefix("app/").removeprefix("code/")
            folder = parent(path)
            candidates = (join(folder, relative), relative, join(folder, relative.rpartition("/")[2]))
            target = next((c for c in candidates if c in facts.paths), None)
            if target is not None and not _development_file(target):
                found.append(target)
    return found


def lists_of(text: str) -> Iterator[str]:
    """Yield the lists that the commands of a Dockerfile give pip, or uv in its place."""
    if "pip" not in text or not any(flag in text for flag in _LISTS):
        return
    for instruction in parse_dockerfile(text).instructions:
        for command in read_commands(instruction.script) if instruction.word == "RUN" else ():
            words, _ = unwrapped(command.words)
            words = words[1:] if words[:2] == ("uv", "pip") else words
            if command.runs is False or len(words) < 2 or words[0].rpartition("/")[2] not in ("pip", "pip3"):
                continue
            plain, flags = arguments(words, frozenset(_LISTS))
            named = [*(v for f in _LISTS for v in flags.get(f, ())), *(f[2:] for f in flags if f[:2] == "-r" and f[2:])]
            yield from (n for n in named if n and "$" not in n) if _INSTALLS & set(plain[:1]) else ()


def _development_file(path: str) -> bool:
    return bool(_REQUIREMENTS.search(path)) and r.is_development(path.rpartition("/")[2])


def included_by(facts: Facts, path: str) -> set[str]:
    """Return the files that a requirements file takes in by `-r` (constraints install nothing)."""
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        both = facts.parsed("requirements", current, r.parse_requirements)
        for include in both[1] if isinstance(both, tuple) else ():
            target = join(parent(current), include.target)
            if not include.constraint and target not in seen and target in facts.paths:
                seen.add(target)
                waiting.append(target)
    return seen


def _locked(facts: Facts, path: str) -> dict[str, tuple[str, str, int]]:
    found = r.locked_versions(facts.text(path) or "", pipfile=path.endswith("Pipfile.lock"))
    return {name: (version, path, line) for name, (version, line) in found.items()}


def _conda(facts: Facts, path: str) -> list[r.Dependency]:
    from yaml import Node

    from checks.parsers import yaml as y

    document = facts.yaml(path)
    found = []
    for entry in y.sequence(y.get(document, "dependencies")) if isinstance(document, Node) else []:
        for node in [entry, *y.sequence(y.get(entry, "pip"))]:
            parsed = r.parse_requirement(y.scalar(node) or "")
            if parsed:
                found.append(r.Dependency(name=parsed[0], specifier=parsed[1], line=y.line_of(node)))
    return found
