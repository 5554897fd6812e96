"""Compose files. Source: https://docs.docker.com/reference/compose-file/services/."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace
from yaml import MappingNode, Node

from checks.hosts.compose_started import started_by_deploying
from checks.hosts.development import SUPERUSER, makes_known_superuser, runs_djangos_server, runs_for_development
from checks.hosts.images import read_image
from checks.hosts.own_images import starts_backend
from checks.hosts.serving import only_prepares, runs_python
from checks.hosts.shapes import command_of, is_image_of_others, variables_of
from checks.parsers import yaml as y
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.env_loading import compose_files, named_compose_files
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import PRODUCTION, Purpose, folder_purposes, purposes, words_of

_NAMED_BACKEND = lazy_pattern(r"(^|[_-])(web|app|api|backend|django|server|worker|celery)")
_NAMED_FRONTEND = lazy_pattern(r"front|client|nginx|caddy|traefik|ui$")
_DEBUG = lazy_pattern(r"^((DJANGO|FLASK|QUART|LITESTAR)_)?DEBUG$")
_ON = ("1", "true", "yes", "on")
_OF_BUILD = frozenset({"build", "image", "platform", "pull_policy", "container_name"})
"""What a file says of a service that another one runs, where it only tells how the image is made."""
_NOT_ITS_VALUES = frozenset({Purpose.DEVELOPMENT, Purpose.TEST})
_HERE = ("$PWD", "${PWD}")
_OF_NODE = frozenset({"node", "npm", "npx", "yarn", "pnpm", "next", "nuxt", "serve"})
_DEEPEST = 5
_BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""The file that Compose reads by itself, and others add to (https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/)."""
_SETTINGS = "DJANGO_SETTINGS_MODULE"
"""The variable that only a process of Django's is given (https://docs.djangoproject.com/en/stable/topics/settings/)."""


def read_compose(facts: Facts, path: str, depth: int = 0) -> Iterator[Deployment]:
    """Read the services of a compose file and of those that it includes; one that is for development only deploys nothing."""
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "compose", "backend", document)
    if not isinstance(document, Node) or for_development(facts, path, document):
        return
    beside = _beside(facts, path)
    built = {n: folder for n, services in beside.items() if (folder := _built(facts, services)) is not None}
    made = _images_of(document, built)
    for file in _included(facts, path, document) if depth < _DEEPEST else ():
        for one in read_compose(facts, file, depth + 1):
            yield replace(one, environment=environment_of(path, one.name))
    own = _images_of_django(facts, path, document)
    left_out = _of_other_profiles(document)
    # Production by its name only, and made like a developer's: what it leaves out another deployment may declare.
    why = why_development(facts, path, document)
    doubt = f"where production really runs: {path} is called after it, but {why}" if why else None
    for name, key, service in y.pairs(y.get(document, "services")):
        if name in left_out:
            continue
        if _adds(service, path) and any(not _adds(other, p) for p, other in beside.get(name, ())):
            continue  # what it says is added to the service of another file
        blocks = with_bases(facts, path, service)
        merged = merged_with(facts, path, name, blocks)
        if merged is not None and _adds_only(blocks):
            if not _of_production(path) and not for_development(facts, merged[0], merged[2], name):
                continue  # the file that it adds to tells of the service
            blocks += with_bases(facts, merged[0], merged[1])
            merged = None
        commands = next((c for _, b in blocks if (c := command_of(b, "entrypoint", "command"))), "")
        if runs_djangos_server(commands) or only_prepares(commands):
            continue
        build = next((b for _, block in blocks if (b := y.get(block, "build")) is not None), None)
        context = y.scalar(build) or y.scalar(y.get(build, "context"))
        image = next((i for _, block in blocks if (i := y.scalar(y.get(block, "image")))), None)
        variables: dict[str, Declared] = {}
        unseen: str | None = None
        for place, block in reversed(blocks):
            from_files, missing = _env_files(facts, place, block)
            variables |= from_files | _environment(y.get(block, "environment"), place)
            unseen = missing or unseen
        if merged is not None:
            others = _environment(y.get(merged[1], "environment"), merged[0])
            both = next((n for n in others if "SENTRY" in n and n not in variables), None)
            unseen = unseen or (f"{merged[0]} too, if Compose is given both files" if both else None)
            if _lacks_context(
                blocks
            ):  # alone it builds nothing, so both files are given, and what one hands over counts
                unseen = unseen or _env_files(facts, merged[0], merged[1])[1]
        # Without a command it starts what its image starts, which another service shows to be the application's.
        runs_django = runs_python(commands) or _SETTINGS in variables or (not commands and image in own)
        if build is None and is_image_of_others(image):
            continue
        # An image that this repository builds elsewhere, with the command that it has by itself.
        runs_django = runs_django or (build is None and not commands and starts_backend(facts, image))
        if build is None and not (runs_django or name in built or image in made):
            continue
        folder = join(parent(path), context) if context else built.get(name) if build is None else None
        yield Deployment(
            name=name,
            host="compose",
            environment=environment_of(path, name),
            path=path,
            line=y.line_of(key),
            root=folder,
            serves="backend"
            if runs_django
            else "frontend"
            if not commands and build is not None and _starts_node(facts, path, build)
            else _serves(name, commands, variables),
            variables=variables,
            closed=unseen is None and doubt is None,
            commands=commands,
            elsewhere=unseen or doubt,
        )


def _starts_node(facts: Facts, path: str, build: Node) -> bool:
    """Return whether a service's image surely starts a server of Node: its last stage begins with Node's image, and so does its command."""
    context = y.scalar(build) or y.scalar(y.get(build, "context")) or "."
    dockerfile = join(join(parent(path), context), y.scalar(y.get(build, "dockerfile")) or "Dockerfile")
    text = facts.text(dockerfile) if dockerfile in facts.paths else None
    image = read_image(dockerfile, text, y.scalar(y.get(build, "target"))) if text is not None else None
    if image is None or not image.stages:
        return False
    base = (image.parents(image.stages[-1]) or [image.stages[-1]])[0].base
    started = image.command.split()[:1]
    return base.rpartition("/")[2].partition(":")[0] == "node" and bool(started) and started[0] in _OF_NODE


def _included(facts: Facts, path: str, document: Node) -> list[str]:
    """Return the files that a compose file includes and whose names say nothing of Compose: all others are read by themselves.

    https://docs.docker.com/compose/how-tos/multiple-compose-files/include/
    """
    entries = y.sequence(y.get(document, "include"))
    named = [t for e in entries for t in ([y.scalar(e)] if y.scalar(e) else y.strings(y.get(e, "path"))) if t]
    files = dict.fromkeys(join(parent(path), name) for name in named)
    return [f for f in files if f in facts.paths and f != path and "compose" not in f.rpartition("/")[2]]


def _images_of_django(facts: Facts, path: str, document: Node) -> set[str | None]:
    """Return the images with which a service of the file runs Django by its command or its variables."""
    found = set()
    for _, _, service in y.pairs(y.get(document, "services")):
        blocks = [block for _, block in with_bases(facts, path, service)]
        commands = next((c for b in blocks if (c := command_of(b, "entrypoint", "command"))), "")
        if runs_python(commands) or any(_SETTINGS in variables_of(y.get(b, "environment"), path) for b in blocks):
            found.add(next((i for b in blocks if (i := y.scalar(y.get(b, "image")))), None))
    return found - {None}


def _images_of(document: Node, built: dict[str, str]) -> set[str | None]:
    """Return the images of the services that other files build and whose names are a backend's: what else runs them runs it too."""
    services = y.pairs(y.get(document, "services"))
    return {y.scalar(y.get(s, "image")) for n, _, s in services if n in built and _serves(n, "", {}) == "backend"} - {
        None
    }


def _beside(facts: Facts, path: str) -> dict[str, list[tuple[str, Node]]]:
    """Return the services of the other compose files of a project, by name, each with its file.

    Compose merges the services of the files that it is given (https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/).
    """
    named = named_compose_files(facts)
    together = [p for p in compose_files(facts) if parent(p) == parent(path) or {p, path} <= set(named)]
    found: dict[str, list[tuple[str, Node]]] = {}
    for other in (p for p in together if p != path):
        document = facts.yaml(other)
        for name, _, service in y.pairs(y.get(document, "services")) if isinstance(document, Node) else ():
            found.setdefault(name, []).append((other, service))
    return found


def _adds(service: Node, path: str) -> bool:
    """Return whether a file only tells how a service's image is built, or changes a service that another one starts.

    A file of production says what production changes, so that is its place.
    """
    keys = {k for k, _, _ in y.pairs(service)}
    starts = keys & {"image", "build", "command", "entrypoint", "extends", "<<"}
    return keys <= _OF_BUILD or not (starts or _of_production(path))


def _built(facts: Facts, services: list[tuple[str, Node]]) -> str | None:
    """Return the folder that one of the files builds a service from; paths of files that are named together begin at the first's."""
    named = named_compose_files(facts)
    for path, service in services:
        build = y.get(service, "build")
        if build is not None:
            return join(
                parent(named[0] if path in named else path), y.scalar(build) or y.scalar(y.get(build, "context")) or "."
            )
    return None


def _serves(name: str, commands: str, variables: dict[str, Declared]) -> str:
    if runs_python(commands) or any("DJANGO" in v for v in variables):
        return "backend"
    if _NAMED_FRONTEND.search(name):
        return "frontend"
    return "backend" if _NAMED_BACKEND.search(name) else "unknown"


def _of_other_profiles(document: Node) -> set[str]:
    """Return the services that `--profile production` does not start, where a file has such a profile: those of other profiles only.

    https://docs.docker.com/compose/how-tos/profiles/
    """
    profiles = {n: set(y.strings(y.get(s, "profiles"))) for n, _, s in y.pairs(y.get(document, "services"))}
    if not any(names & PRODUCTION for names in profiles.values()):
        return set()
    return {n for n, names in profiles.items() if names and not names & PRODUCTION}


def why_development(facts: Facts, path: str, document: Node, only: str | None = None) -> str | None:
    """Return why a compose file is for development: it starts a server for that, mounts its code, builds a stage
    for it, sets DEBUG, or is in a folder of development (`docker/dev/compose.yml`); None otherwise.

    A mounted package of the repository is its code, wherever the container has it; a folder of media or configuration is not.
    `only` asks for one of its services.

    Sources: https://docs.docker.com/reference/compose-file/services/#volumes,
    https://docs.docker.com/reference/compose-file/develop/,
    https://docs.djangoproject.com/en/stable/ref/django-admin/#runserver
    """
    if Purpose.DEVELOPMENT in folder_purposes(path) and path not in started_by_deploying(facts):
        return "its folder is called after development"
    left_out = _of_other_profiles(document)
    for name, _, service in y.pairs(y.get(document, "services")):
        command = command_of(service, "command", "entrypoint")
        if only not in (None, name) or (only is None and name in left_out):
            continue
        if runs_for_development(command):
            return f"{name} runs `runserver`" if runs_djangos_server(command) else f"{name} starts a development server"
        if y.get(service, "develop") is not None:
            return f"{name} has a section `develop`"
        debug = {n: d for n, d in variables_of(y.get(service, "environment"), "").items() if _DEBUG.search(n)}
        variables = variables_of(y.get(service, "environment"), "")
        if (SUPERUSER in variables and variables[SUPERUSER].value) or makes_known_superuser(command):
            return f"{name} sets {SUPERUSER}"
        on = next((n for n, d in debug.items() if (d.value or "").strip("\"'").lower() in _ON), None)
        if on is not None:
            return f"{name} sets {on}"
        target = y.scalar(y.get(service, "build", "target")) or ""
        if purposes(target) & _NOT_ITS_VALUES:
            return f"{name} builds the stage `{target}`"
        context = y.scalar(y.get(service, "build")) or y.scalar(y.get(service, "build", "context"))
        if context and any(
            inside(join(".", context), s) or _is_package(facts, join(parent(path), s)) for s in mounted(service)
        ):
            return f"{name} mounts the source"
    return None


def for_development(facts: Facts, path: str, document: Node, service: str | None = None) -> bool:
    """Return whether a compose file, or one of its services, is for development only: it says so, and the file's name nothing else.

    An image that is built as `shop:local` stays on the machine that builds it, whatever the file is called.
    """
    if stays_here(document):
        return True
    return why_development(facts, path, document, service) is not None and not _of_production(path)


def stays_here(document: Node) -> bool:
    """Return whether every image that a compose file builds and names has the tag `local`."""
    built = [y.scalar(y.get(s, "image")) for _, _, s in y.pairs(y.get(document, "services")) if y.get(s, "build")]
    return bool(built) and all(image is not None and image.rpartition(":")[2] == "local" for image in built)


def _of_production(path: str) -> bool:
    return bool(words_of(path) & {*PRODUCTION, "staging"})


def _is_package(facts: Facts, folder: str) -> bool:
    return join(folder, "__init__.py") in facts.paths


def mounted(service: Node) -> list[str]:
    """Return the folders and files that a service mounts, relative to the compose file."""
    return [s for v in y.sequence(y.get(service, "volumes")) if (s := _source(v)) is not None]


def _source(volume: Node) -> str | None:
    """Return the folder that a volume mounts, relative to the compose file; None for a named volume."""
    if isinstance(volume, MappingNode):
        source = y.scalar(y.get(volume, "source")) if y.scalar(y.get(volume, "type")) == "bind" else None
    else:
        source = (y.scalar(volume) or "").partition(":")[0]
    source = "." if source in _HERE else source
    return join(".", source) if source and source.startswith(".") else None


def _environment(node: Node | None, path: str) -> dict[str, Declared]:
    """Return the variables of `environment`; one without a value is taken from where compose runs.

    https://docs.docker.com/reference/compose-file/services/#environment
    """
    found = variables_of(node, path)
    for name, _, value in y.pairs(node):
        if name in found and value.tag.endswith(":null"):
            found[name] = replace(found[name], value=None)
    return found


def with_bases(facts: Facts, path: str, service: Node) -> list[tuple[str, Node]]:
    """Return a service and those it extends, the own first, each with its file."""
    found: list[tuple[str, Node]] = [(path, service)]
    while len(found) < _DEEPEST:
        place, current = found[-1]
        extends = y.get(current, "extends")
        name = y.scalar(extends) or y.scalar(y.get(extends, "service"))
        file = y.scalar(y.get(extends, "file"))
        place = join(parent(place), file) if file else place
        document = facts.yaml(place) if place in facts.paths else None
        base = y.get(document, "services", name) if name and isinstance(document, Node) else None
        if base is None or any(base is b for _, b in found):
            break
        found.append((place, base))
    return found


def _adds_only(blocks: list[tuple[str, Node]]) -> bool:
    """Return whether a service says neither which image it starts nor what is built: another file has to."""
    for _, block in blocks:
        build = y.get(block, "build")
        if y.get(block, "image") is not None or y.scalar(build):
            return False
        if any(y.get(build, key) is not None for key in ("context", "dockerfile", "dockerfile_inline")):
            return False
    return True


def _lacks_context(blocks: list[tuple[str, Node]]) -> bool:
    """Return whether a service only says how the build of another file differs: its stage, its arguments."""
    builds = [b for _, block in blocks if (b := y.get(block, "build")) is not None]
    return bool(builds) and all(y.scalar(b) is None and y.get(b, "context") is None for b in builds)


def merged_with(facts: Facts, path: str, name: str, blocks: list[tuple[str, Node]]) -> tuple[str, Node, Node] | None:
    """Return `(path, service, document)` of the service that a compose file's service may be merged with: that of the file beside it.

    One that only says how a build differs may lie in a folder below.
    """
    folders = [parent(path), *([parent(parent(path))] if _lacks_context(blocks) and parent(path) != "." else [])]
    for file in (join(folder, n) for folder in folders for n in _BASES):
        if file == path or file not in facts.paths or any(p == file for p, _ in blocks):
            continue
        document = facts.yaml(file)
        service = y.get(document, "services", name) if isinstance(document, Node) else None
        if service is not None and isinstance(document, Node) and path.rpartition("/")[2] not in _BASES:
            return file, service, document
    return None


def _env_files(facts: Facts, path: str, service: Node) -> tuple[dict[str, Declared], str | None]:
    """Return the variables of the env files in the repository, and why the first other one says nothing; later files win.

    What is written for development or tests is not what production has, unless the compose file is production's by its name.
    """
    variables: dict[str, Declared] = {}
    unseen: str | None = None
    for entry in y.sequence(y.get(service, "env_file")):
        file = y.scalar(entry) or y.scalar(y.get(entry, "path")) or ""
        located = join(parent(path), file)
        text = facts.text(located) if located in facts.paths else None
        if text is None:
            unseen = unseen or f"`{file}`, which is not in this repository"
            continue
        if purposes(located) & _NOT_ITS_VALUES and not _of_production(path):
            unseen = unseen or f"`{located}`, which is not production's by its path"
            continue
        for bound in parse_dotenv(text):
            value = None if bound.value and "$" in bound.value else bound.value
            variables[bound.name] = Declared(value=value, path=located, line=bound.line)
    return variables, unseen
