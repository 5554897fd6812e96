"""Which optional dependencies production installs: the extras and groups that images, builds of hosts and CI ask for.

Sources: https://pip.pypa.io/en/stable/cli/pip_install/#requirement-specifiers, https://docs.astral.sh/uv/concepts/projects/sync/,
https://python-poetry.org/docs/cli/#install, https://pdm-project.org/latest/usage/dependency/,
https://devcenter.heroku.com/articles/python-support (no extra and no group).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from checks.hosts.images import Image, Stage, assignments, images
from checks.hosts.sam_builds import recipes_of_sam
from checks.parsers.requirements import is_development, load_toml
from checks.parsers.text import ParseError
from checks.repository.dependencies import included_by, python_manifests
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, folder_purposes, purposes

if TYPE_CHECKING:
    from checks.parsers.shell import Command

_MANAGERS: dict[str, frozenset[str]] = {
    "pip": frozenset({"install", "wheel"}),
    "uv": frozenset({"sync", "export", "run", "add", "pip"}),
    "poetry": frozenset({"install", "sync", "export"}),
    "pdm": frozenset({"install", "sync", "export"}),
    "pipenv": frozenset({"install", "sync"}),
}
"""Package managers, with the commands of each that install something, or write a list to install."""
_EXTRAS = frozenset({"--extra", "--extras", "-E"})
_GROUPS = frozenset({"--group", "--only-group", "--with", "--only", "-G", "--categories"})
_ONLY = frozenset({"--only", "--only-group", "--no-default-groups"})
"""Flags that leave out the groups which are installed without being asked for."""
_WITHOUT = frozenset({"--without", "--no-group"})
_EVERY = {"--all-extras": ("extra",), "--all-groups": ("group", "extra")}
"""Flags that ask for all; PDM calls groups what others call extras."""
_DEEPEST = 4


class Installed(Struct, frozen=True, kw_only=True):
    """A command of an image that installs one distribution by name; `sure` is False where it may not run."""

    path: str
    line: int
    sure: bool


class Install(Struct, frozen=True, kw_only=True):
    """A command that installs: what it asks for (`extra sentry`, `group sentry`, `extra *`), its text and its place.

    `unclear` says that a variable is among what it asks for, `decides` that production has what it asks for, and no more.
    `only` says that it leaves out the groups it does not ask for, `without` names those that it leaves out, `lists` are the names
    of the requirements files that it installs.
    """

    asks: frozenset[str]
    text: str
    path: str
    line: int
    unclear: bool = False
    decides: bool = True
    only: bool = False
    without: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()

    def leaves(self, group: str) -> bool:
        """Return whether this command leaves out a group (`group prod`) that is installed without being asked for."""
        return group in self.without or (self.only and not self.gives(group))

    def gives(self, optional: str) -> bool:
        """Return whether this command asks for an extra or a group."""
        return optional in self.asks or f"{optional.partition(' ')[0]} *" in self.asks


def production_installs(facts: Facts, root: str) -> tuple[Install, ...]:
    """Return the commands that install what production runs: those of images and hosts, without any those of CI that deploys.

    Requirements files are among them where they install a project with extras (`-e .[sentry]`).
    """
    return facts.memoize(production_installs, root, lambda: _production_installs(facts, root))


def _production_installs(facts: Facts, root: str) -> tuple[Install, ...]:
    found: list[Install] = []
    own = own_names(facts, root)
    for image in images(facts):
        if not folder_purposes(image.path) & NOT_DEPLOYED:
            found += _of_image(facts, image, own)
    for deployment in deployments_of_backend(facts, root):
        text = f"{deployment.build or ''}\n{deployment.commands}"
        found += _of_text(facts, text, own, deployment.root or root, deployment.path, deployment.line)
        if deployment.host == "heroku":
            text = "Heroku's buildpack installs no extra"
            found.append(Install(asks=frozenset(), text=text, path=deployment.path, line=deployment.line))
    for text, path, line in recipes_of_sam(facts):
        found += _of_text(facts, text, own, root, path, line)
    if not found:
        found += _of_ci(facts, root, own)
    return (*_of_requirements(facts, root, own), *found)


def left_out(facts: Facts, root: str, path: str) -> bool:
    """Return whether production installs requirements files, and a file of requirements is none of these and in none of them."""
    found = [i for i in production_installs(facts, root) if i.decides]
    named = {n for i in found for n in i.lists}
    if not path.endswith((".txt", ".in")) or not named or any(i.unclear for i in found):
        return False
    starts = [p for p in python_manifests(facts, root).files if p.rpartition("/")[2] in named]
    return bool(starts) and path not in starts and not any(path in included_by(facts, p) for p in starts)


def installs_something(facts: Facts, root: str, image: Image) -> bool:
    """Return whether a command of an image is known to install what a backend needs, in a stage that the image is made of."""
    return any(True for _ in _of_image(facts, image, own_names(facts, root)))


def installed_by_image(facts: Facts, root: str, distribution: str) -> Installed | None:
    """Return the command with which an image of a backend installs a distribution (canonical name), one that surely runs first.

    Images in the folder of another backend are none of this one's.
    """
    others = [b.root for b in facts.backends if b.root != root and not inside(root, b.root)]
    found = []
    for image in images(facts):
        if purposes(image.path) & (NOT_DEPLOYED | NOT_PRODUCTION) or any(inside(image.path, o) for o in others):
            continue
        for command, path, line in _commands_of_image(facts, image):
            if distribution in _distributions(_plain(command.words)):
                found.append(Installed(path=path, line=line, sure=command.runs is True))
    return next((i for i in found if i.sure), found[0] if found else None)


def _distributions(words: tuple[str, ...]) -> set[str]:
    """Return the distributions (canonical names) that a command installs by name."""
    if words[:2] == ("uv", "pip"):
        words = ("pip", *words[2:])
    if len(words) < 3 or (words[0], words[1]) not in _BY_NAME:
        return set()
    found: set[str] = set()
    for before, word in pairwise(words[1:]):
        name = re.match(r"[A-Za-z0-9][\w.-]*", word)
        if name and before not in _VALUED and "/" not in word.partition("@")[0]:
            found.add(canonicalize_name(name.group(0)))
    return found


_BY_NAME = frozenset({("pip", "install"), ("uv", "add"), ("poetry", "add"), ("pdm", "add"), ("pipenv", "install")})
_VALUED = frozenset(
    {"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "-f", "-t", "--target"}
)
"""Flags of pip whose next word is not what is installed."""


def _of_image(facts: Facts, image: Image, own: frozenset[str]) -> Iterator[Install]:
    """Read what the stages install."""
    for path, text, line in _texts_of_image(facts, image):
        yield from _of_text(facts, text, own, parent(image.path), path, line)


def _commands_of_image(facts: Facts, image: Image) -> Iterator[tuple[Command, str, int]]:
    for path, text, line in _texts_of_image(facts, image):
        yield from _commands_of(facts, text, parent(image.path), path, line)


def _texts_of_image(facts: Facts, image: Image) -> Iterator[tuple[str, str, int]]:
    """Yield file, shell text and line of each instruction that runs: of the stages that the last one begins with, or copies from."""
    wanted, waiting = [], [image.stages[-1]] if image.stages else []
    while waiting:
        stage = waiting.pop()
        if stage in wanted:
            continue
        wanted.append(stage)
        waiting += [*image.parents(stage), *image.copied_from(stage)]
    values = _arguments(facts, image, wanted)
    for stage in wanted:
        for instruction in stage.instructions:
            if instruction.word in ("RUN", "CMD", "ENTRYPOINT"):
                yield image.path, _substituted(instruction.script, values), instruction.line


def _arguments(facts: Facts, image: Image, stages: list[Stage]) -> dict[str, str]:
    """Return the arguments and variables of a build whose value is known: the default, where no build gives another."""
    from checks.hosts.image_builds import builds_of

    found: dict[str, str] = {}
    for instruction in (*image.before, *(i for s in stages for i in s.instructions)):
        if instruction.word in ("ARG", "ENV"):
            found |= {n: v for n, v in assignments(instruction) if v is not None}
    for build in builds_of(facts, image) if found else ():
        for name, value in build.arguments.items():
            if value is None or "$" in value:
                found.pop(name, None)
            elif name in found:
                found[name] = value
    return found


def _substituted(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda m: values.get(m.group(1) or m.group(2), m.group(0)), text)


def _of_requirements(facts: Facts, root: str, own: frozenset[str]) -> Iterator[Install]:
    for path in python_manifests(facts, root).files:
        name = path.rpartition("/")[2]
        if not name.endswith((".txt", ".in")) or is_development(name):
            continue
        for number, line in enumerate((facts.text(path) or "").splitlines(), start=1):
            word = re.sub(r"^(-e|--editable)[ =]\s*", "", line.strip().partition(" #")[0])
            extras = extras_of(word, own) if "[" in word and not word.startswith("#") else []
            if extras:
                asks = frozenset(f"extra {canonicalize_name(e)}" for e in extras)
                yield Install(asks=asks, text=line.strip()[:120], path=path, line=number)


def _of_ci(facts: Facts, root: str, own: frozenset[str]) -> Iterator[Install]:
    from checks.ci.deploying import deploying

    for workflow in facts.workflows:
        for job in workflow.jobs:
            if any(_installs_something(s.run or "") for s in job.steps) and deploying(facts, workflow, job).deploys:
                for step in job.steps:
                    for found in _of_text(facts, step.run or "", own, root, step.path, step.line):
                        yield replace(found, decides=False)


def _installs_something(text: str) -> bool:
    return any(name in text for name in _MANAGERS)


def _of_text(facts: Facts, text: str, own: frozenset[str], folder: str, path: str, line: int) -> Iterator[Install]:
    """Read what the commands of a text install, and those of the scripts of the repository that it starts."""
    for command, place, at in _commands_of(facts, text, folder, path, line):
        if command.why == _UNREAD:
            text = " ".join(command.text.split())[:80]
            yield Install(asks=frozenset(), text=text, path=place, line=at, unclear=True)
            continue
        found = _read(_plain(command.words), own, " ".join(command.words), place, at)
        if found is not None:
            yield found


def installs_of_text(facts: Facts, text: str, own: frozenset[str], path: str, line: int | None) -> Iterator[Install]:
    """Return what the commands of a text install, which decides nothing; without a line, the text is its whole file."""
    if not _installs_something(text):
        return
    for command, place, at in _commands_of(facts, text, parent(path), path, line or 1, depth=0 if line else 1):
        found = _read(_plain(command.words), own, " ".join(command.words), place, at) if command.words else None
        if found is not None:
            yield replace(found, decides=False)


_UNREAD = "this is not shell"


def _commands_of(
    facts: Facts, text: str, folder: str, path: str, line: int, depth: int = 0
) -> Iterator[tuple[Command, str, int]]:
    """Yield the commands of a text that may run, with file and line, and those of the scripts of the repository that it starts.

    A text that is not shell and names a package manager is one command without words, whose `why` is `_UNREAD`.
    """
    from checks.parsers.shell import Command, parse_shell

    if depth > _DEEPEST or not text.strip():
        return
    try:
        commands = parse_shell(text)
    except ParseError:
        if _installs_something(text):
            yield Command(words=(), line=line, runs=None, text=text, why=_UNREAD, assigned={}), path, line
        return
    for command in commands:
        if command.runs is False:
            continue
        for word in command.words[:2]:
            script = _script(facts, word, folder)
            if script is not None:
                yield from _commands_of(facts, facts.text(script) or "", folder, script, 1, depth + 1)
        yield command, path, command.line if depth else line


def _script(facts: Facts, word: str, folder: str) -> str | None:
    if "$" in word or word.endswith(".py") or ("/" not in word and not word.endswith((".sh", ".bash"))):
        return None
    candidates = (join(folder, word.lstrip("/")), join(folder, word.rpartition("/")[2]), word.lstrip("./"))
    path = next((c for c in candidates if c in facts.paths), None)
    return path if path is not None and b"#!" in (facts.read(path) or b"")[:2] else None


def _plain(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command without what only starts it; `python -m pip` is `pip`, and `uv pip install` stays `uv`."""
    while words:
        name = words[0].rpartition("/")[2]
        module = words[1:2] == ("-m",) and re.fullmatch(r"python[\d.]*|\$\w+", name)
        if name in ("sudo", "env", "exec", "time", "nice") or ("=" in name and not name.startswith("-")):
            words = words[1:]
        elif module or (name in ("poetry", "pipenv", "pdm") and words[1:2] == ("run",)):
            words = words[2:]
        else:
            return (re.sub(r"^pip[\d.]+$", "pip", name), *words[1:])
    return words


def _read(words: tuple[str, ...], own: frozenset[str], text: str, path: str, line: int) -> Install | None:
    verbs = _MANAGERS.get(words[0]) if words else None
    if verbs is None or not any(w in verbs for w in words[1:4]):
        return None
    asks: set[str] = set()
    without: set[str] = set()
    lists: set[str] = set()
    unclear = only = False
    waiting = list(words[1:])
    while waiting:
        word = waiting.pop(0)
        flag, equals, value = word.partition("=")
        only = only or flag in _ONLY
        if flag in _WITHOUT:
            value = value if equals else waiting.pop(0) if waiting else ""
            without |= {f"group {canonicalize_name(n)}" for n in re.split(r"[\s,]+", value.strip("\"'")) if n}
            unclear = unclear or "$" in value
        elif flag in _EVERY:
            asks |= {f"{kind} *" for kind in _EVERY[flag]}
        elif flag in _EXTRAS | _GROUPS:
            value = value if equals else waiting.pop(0) if waiting else ""
            kinds = ("extra",) if flag in _EXTRAS else ("group", "extra") if flag == "-G" else ("group",)
            names = re.split(r"[\s,]+", value.strip("\"'"))
            asks |= {f"{kind} {'*' if n == ':all' else canonicalize_name(n)}" for kind in kinds for n in names if n}
            unclear = unclear or "$" in value
        elif flag in ("-r", "--requirement", "--requirements"):
            value = value if equals else waiting.pop(0) if waiting else ""
            lists.add(value.rpartition("/")[2])
            unclear = unclear or "$" in value
        elif word.startswith("$"):
            unclear = True
        elif word.startswith("-r") and words[0] == "pip":
            lists.add(word[2:].rpartition("/")[2])
        else:
            extras = extras_of(word.strip("\"'"), own)
            asks |= {f"extra {canonicalize_name(e)}" for e in extras}
            unclear = unclear or any("$" in e for e in extras)
    if words[0] == "uv" and words[1] in ("run", "add") and not asks:
        return None
    return Install(
        asks=frozenset(asks),
        text=text[:120],
        path=path,
        line=line,
        unclear=unclear,
        only=only,
        without=frozenset(without),
        lists=frozenset(lists),
    )


def extras_of(word: str, own: frozenset[str]) -> list[str]:
    """Return the extras that a requirement asks for of the project itself: `.[a,b]`, `dist/shop.whl[a]`, `shop[a]==1`.

    `own` are the project's names; the extras of other distributions (`celery[redis]`) are none of these.
    """
    before, bracket, rest = word.partition("[")
    inner, closing, _ = rest.partition("]")
    if not bracket or not closing or before.startswith("-"):
        return []
    other = before.replace("-", "").replace("_", "").replace(".", "").isalnum() and not before.endswith(".whl")
    if other and canonicalize_name(before) not in own:
        return []
    return [e.strip() for e in inner.split(",") if e.strip()]


def own_names(facts: Facts, root: str) -> frozenset[str]:
    """Return the names (canonical) of the distribution that a backend's folder makes."""
    found: set[str] = set()
    for folder in dict.fromkeys((root, parent(root), ".")):
        text = facts.text(join(folder, "pyproject.toml"))
        try:
            data = load_toml(text) if text is not None else {}
        except ParseError:
            continue
        tables = (data.get("project"), (data.get("tool") or {}).get("poetry"))  # type: ignore[attr-defined]
        found |= {canonicalize_name(str(t["name"])) for t in tables if isinstance(t, dict) and "name" in t}
        for name in ("setup.cfg", "setup.py"):
            text = facts.text(join(folder, name)) or ""
            found |= {canonicalize_name(m) for m in re.findall(r"\bname\s*=\s*[\"']?([A-Za-z][\w.-]*)", text)}
    return frozenset(found)
