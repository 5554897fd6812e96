"""Every command that a repository deploys or starts itself with: hosts, images, compose files, Procfiles, scripts, process managers.

Those that deploy come first: `rank` 0 is what a host starts, 1 what an image starts, 2 what runs on a developer's machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace
from yaml import Node

from checks.hosts.heroku import procfile_of
from checks.hosts.images import Image, images
from checks.hosts.shapes import command_of, variables_of
from checks.hosts.started import unwrapped
from checks.hosts.systemd import settings_of
from checks.hosts.task_scripts import named_script
from checks.parsers import yaml as y
from checks.parsers.commands import read_commands
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, join, parent
from checks.repository.path_words import NOT_DEPLOYED, Purpose, folder_purposes, purposes

_SHELLS = frozenset({"sh", "bash", "ash", "zsh", "dash"})
_DEEPEST, _MAX_SCRIPTS = 4, 60
_UWSGI = {"--module": "UWSGI_MODULE", "--wsgi-file": "UWSGI_WSGI_FILE", "--callable": "UWSGI_CALLABLE"}
"""Options of uWSGI by the variables that stand for them (https://uwsgi-docs.readthedocs.io/en/latest/Configuration.html)."""


class Command(Struct, frozen=True, kw_only=True):
    """A simple command: its words, the variables that it sees, the folder it runs in, its place, and its rank.

    `host` names what starts it; `workdir` is the folder of the image that it runs in.
    """

    words: tuple[str, ...]
    variables: Mapping[str, str]
    folder: str
    path: str
    line: int
    rank: int
    host: str
    workdir: str = ""


def start_commands(facts: Facts) -> tuple[Command, ...]:
    """Return the commands that start something, what deploys first."""
    return facts.memoize(start_commands, "", lambda: tuple(sorted(_all(facts), key=lambda c: c.rank)))


def commands_in(facts: Facts, text: str, folder: str) -> list[Command]:
    """Return the commands of a text that starts something in a folder, those of the repository's scripts that it runs too."""
    base = Command(words=(), variables={}, folder=folder, path="", line=1, rank=0, host="")
    return list(_text(facts, text, base, 0))


def _all(facts: Facts) -> Iterator[Command]:
    for deployment in facts.deployments:
        if deployment.serves == "frontend" or not deployment.commands:
            continue
        known = {n: d.value for n, d in deployment.variables.items() if d.value}
        folder = deployment.root or parent(deployment.path)
        base = Command(
            words=(),
            variables=known,
            folder=folder,
            path=deployment.path,
            line=deployment.line,
            rank=0,
            host=deployment.host,
        )
        yield from _text(facts, deployment.commands, base, 0)
    for image in images(facts):
        if folder_purposes(image.path) & NOT_DEPLOYED:
            continue
        yield from _image(facts, image)
    yield from _on_a_laptop(facts)
    yield from _managers(facts)


def _image(facts: Facts, image: Image) -> Iterator[Command]:
    settings = {n: s.value for n, s in image.environment({}).items() if not s.empty_arguments}
    instructions = image.instructions()
    line = next((i.line for i in reversed(instructions) if i.word in ("CMD", "ENTRYPOINT")), 1)
    workdir = next((i.text.strip() for i in reversed(instructions) if i.word == "WORKDIR"), "")
    base = Command(
        words=(),
        variables=settings,
        folder=parent(image.path),
        path=image.path,
        line=line,
        rank=1,
        host="image",
        workdir=workdir,
    )
    command = image.command
    bases = {s.base for s in image.stages}
    if any("uvicorn-gunicorn" in b or "meinheld-gunicorn" in b for b in bases) and not command:
        # These images start `app.main:app`, or `main:app` (https://github.com/tiangolo/uvicorn-gunicorn-docker#module_name).
        module = (
            settings.get("APP_MODULE")
            or f"{settings.get('MODULE_NAME', 'app.main')}:{settings.get('VARIABLE_NAME', 'app')}"
        )
        command = f"gunicorn {module}"
    yield from _text(facts, command, base, 0)
    named = {n: settings[v] for n, v in _UWSGI.items() if settings.get(v)}
    if named:
        yield replace(base, words=("uwsgi", *(w for pair in named.items() for w in pair)))


def _text(facts: Facts, text: str, base: Command, depth: int, *, script: bool = False) -> Iterator[Command]:
    """Yield the commands of a text: in the lines of a script, or all of them where the text is written."""
    for command in read_commands(text):
        known = dict(base.variables) | {n: v for n, v in command.assigned.items() if "$" not in v}
        line = command.line if script else base.line
        folder = join(base.folder, command.folder.lstrip("/") or ".")
        given = replace(base, words=command.words, variables=known, folder=folder, line=line)
        if command.words and command.runs is not False:
            yield from _words(facts, given, depth)


def _words(facts: Facts, command: Command, depth: int) -> Iterator[Command]:
    words = unwrapped(command.words) or command.words
    for given in (command.words, words) if depth < _DEEPEST else ():
        scripts = named_script(facts, command.folder, command.path, given)
        for text in scripts:
            yield from _text(facts, text, command, depth + 1)
        if scripts:
            return
    head = words[0].rpartition("/")[2]
    if head in _SHELLS and depth < _DEEPEST:
        inner = words[1:]
        while inner and inner[0].startswith("-") and "c" not in inner[0]:
            inner = inner[1:]
        if inner and inner[0].startswith("-"):
            text = inner[1] if len(inner) == 2 else " ".join(inner[1:])
            yield from _text(facts, text, command, depth + 1)
            return
        words = inner
        head = words[0].rpartition("/")[2] if words else ""
    script = _script(facts, command.folder, words[0]) if words else None
    if script is not None and depth < _DEEPEST:
        text = facts.text(script) or ""
        inside = replace(command, path=script, line=1)
        yield from _text(facts, text, inside, depth + 1, script=True)
        if len(words) > 1 and '"$@"' in text:
            yield from _words(facts, replace(command, words=words[1:]), depth + 1)
        return
    if words:
        yield replace(command, words=words)


def _script(facts: Facts, folder: str, word: str) -> str | None:
    """Return the shell script of the repository that a word names: below the folder, or the only one of its name near it."""
    name = word.rpartition("/")[2]
    if not name or "$" in word:
        return None
    if not (name.endswith(".sh") or "/" in word or name in ("start", "entrypoint", "run", "docker-entrypoint")):
        return None
    plain = word.removeprefix("./").lstrip("/")
    candidates = [join(folder, plain)] if not word.startswith("/") else []
    parts = plain.split("/")
    candidates += [join(folder, "/".join(parts[n:])) for n in range(len(parts))]
    candidates += facts.named(name)
    for path in candidates:
        if path in facts.paths and not path.endswith(".py"):
            text = facts.text(path) or ""
            if name.endswith(".sh") or (text.startswith("#!") and "sh" in text.split("\n", 1)[0]):
                return path
    return None


def _on_a_laptop(facts: Facts) -> Iterator[Command]:
    """Yield what compose files, Procfiles, Makefiles and scripts start that no host was seen to use."""
    seen = {d.path for d in facts.deployments}
    for path in facts.configuration:
        name = path.rpartition("/")[2]
        if folder_purposes(path) & NOT_DEPLOYED or purposes(name) & {Purpose.TEST, Purpose.CI}:
            continue
        base = Command(words=(), variables={}, folder=parent(path), path=path, line=1, rank=2, host="script")
        if "compose" in name and name.endswith((".yml", ".yaml")) and path not in seen:
            yield from _compose(facts, path, base)
        elif name == "Procfile" and path not in seen:
            for command in procfile_of(facts, path).values():
                yield from _text(facts, command, base, 1)
        elif name == ".flaskenv":
            text = facts.text(path) or ""
            pairs = [w.partition("=") for w in text.split() if "=" in w and not w.startswith("#")]
            yield replace(base, words=("flask", "run"), variables={n: v.strip("\"'") for n, _, v in pairs})
    scripts = [p for p in facts.with_suffix("sh") if not folder_purposes(p) & NOT_DEPLOYED]
    for path in scripts[:_MAX_SCRIPTS]:
        base = Command(words=(), variables={}, folder=parent(path), path=path, line=1, rank=2, host="script")
        yield from _text(facts, facts.text(path) or "", base, _DEEPEST, script=True)


def _compose(facts: Facts, path: str, base: Command) -> Iterator[Command]:
    document = facts.yaml(path)
    if not isinstance(document, Node):
        return
    for _, key, service in y.pairs(y.get(document, "services")):
        commands = command_of(service, "entrypoint", "command")
        build = y.get(service, "build")
        context = y.scalar(build) or y.scalar(y.get(build, "context"))
        known = {n: d.value for n, d in variables_of(y.get(service, "environment"), path).items() if d.value}
        folder = join(parent(path), context) if context else parent(path)
        yield from _text(
            facts, commands, replace(base, folder=folder, line=y.line_of(key), variables=known, host="compose"), 0
        )


def _managers(facts: Facts) -> Iterator[Command]:
    """Yield what supervisord, systemd, uWSGI and App Engine start; a unit of systemd that starts Python deploys, and comes before."""
    deployed = {d.path for d in facts.deployments}
    for path in facts.configuration:
        name = path.rpartition("/")[2]
        if folder_purposes(path) & NOT_DEPLOYED or not name.endswith((".conf", ".ini", ".service", ".cfg", ".toml")):
            continue
        text = facts.text(path) or ""
        base = Command(words=(), variables={}, folder=parent(path), path=path, line=1, rank=1, host=name)
        if path in deployed:
            continue
        if name.endswith(".service") and "ExecStart" in text:
            for key, value, number in settings_of(text):
                if key == "ExecStart":
                    yield from _text(facts, value, replace(base, line=number), 0)
        elif "[program:" in text or "[uwsgi]" in text:
            yield from _ini(facts, text, base)


def _ini(facts: Facts, text: str, base: Command) -> Iterator[Command]:
    from checks.parsers.ini import read_ini  # few repositories have such a file

    try:
        parser = read_ini(text)
    except ParseError:
        return
    for section in parser.sections():
        values = dict(parser.items(section))
        line = next((n for n, row in enumerate(text.splitlines(), 1) if row.strip() == f"[{section}]"), 1)
        if section.startswith("program:") and values.get("command"):
            yield from _text(facts, values["command"], replace(base, line=line), 0)
        elif section == "uwsgi":
            words = ["uwsgi"]
            for key in ("module", "callable", "wsgi-file"):
                if values.get(key):
                    words += [f"--{key}", values[key]]
            yield replace(base, words=tuple(words), line=line)


def script_targets(facts: Facts, root: str) -> dict[str, tuple[str, str, int]]:
    """Return `{name: (module:function, file, line)}` of the commands that a project installs.

    https://packaging.python.org/en/latest/specifications/pyproject-toml/#entry-points; Poetry's table is the same.
    """
    path = join(root, "pyproject.toml")
    if path not in facts.paths:
        return {}
    text = facts.text(path) or ""
    try:
        data = load_toml(text)
    except ParseError:
        return {}
    found: dict[str, tuple[str, str, int]] = {}
    tool = data.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for table in (data.get("project"), poetry):
        scripts = table.get("scripts") if isinstance(table, dict) else None
        for name, target in scripts.items() if isinstance(scripts, dict) else ():
            if isinstance(target, str):
                line = next((n for n, row in enumerate(text.splitlines(), 1) if row.lstrip().startswith(name)), 1)
                found[str(name)] = (target, path, line)
    return found
