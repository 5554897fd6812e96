"""What the builds of an image hand in: arguments and secrets of CI steps, compose, Fly, Heroku and Kamal.

Sources: https://github.com/docker/build-push-action#inputs, https://docs.docker.com/reference/cli/docker/buildx/build/,
https://docs.docker.com/reference/compose-file/build/#args, https://fly.io/docs/reference/configuration/#the-build-section,
https://kamal-deploy.org/docs/configuration/builders/, https://render.com/docs/docker#building-from-a-dockerfile
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from yaml import Node

from checks.ci.commands import step_commands, steps_when_deployed
from checks.ci.model import Job, Step
from checks.hosts.bake import baked_targets
from checks.hosts.dockerignore import kept_out
from checks.hosts.image_names import named_images
from checks.hosts.images import Image, Stage, images
from checks.parsers import yaml as y
from checks.parsers.commands import read_commands
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.commands import Ran
from checks.repository.facts import Facts, join, parent

BUILD_ACTIONS = ("docker/build-push-action", "depot/build-push-action", "useblacksmith/build-push-action")
_BUILDERS = ("docker", "podman", "buildah", "nerdctl", "depot")
_BUILDAH_ACTION = "redhat-actions/buildah-build"
_SMALL = lazy_pattern(r"^(docker\.io/(library/)?)?python:[\w.-]*(slim|alpine)|distroless")
"""Official images of Python that come without git (https://hub.docker.com/_/python)."""
_DEFAULT = lazy_pattern(r"(?<!\$)\$\{\w+:?-([^${}]*)\}")
_COMPOSE = lazy_pattern(r"(^|/)(docker-)?compose([.-][^/]*)?\.ya?ml$")


class ImageBuild(Struct, frozen=True, kw_only=True):
    """A build of an image: the Dockerfile, the arguments and the ids of the secrets that it hands in, and its place.

    An argument's value is the text of the file, None where the build takes it from a place that is not seen. `kind` is `action`,
    `command`, `compose`, `bake`, or the host's name; `command` is the command as written, `name` the target of bake, `tool` what builds.
    `target` is the stage that is built where it is not the last one, `service` the one of a compose file. `names` are those that
    CI or compose gives the image, tags and expressions as written. `context` is the folder of the repository that is handed in,
    None where it is another place or not seen.
    """

    dockerfile: str
    arguments: Mapping[str, str | None]
    secrets: frozenset[str]
    path: str
    line: int
    kind: str
    command: str = ""
    name: str = ""
    tool: str = "docker"
    target: str | None = None
    service: str | None = None
    names: tuple[str, ...] = ()
    context: str | None = None


def builds_of(facts: Facts, image: Image) -> list[ImageBuild]:
    """Return the builds of one image; where the repository has a single image, every build is taken for its."""
    found = all_builds(facts)
    own = [b for b in found if b.dockerfile == image.path]
    return own or (found if len(images(facts)) == 1 else [])


def all_builds(facts: Facts) -> list[ImageBuild]:
    """Return every build of an image that CI or a host makes."""
    return facts.memoize(all_builds, "", lambda: list(_builds(facts)))


def no_git_in(facts: Facts, image: Image, stage: Stage | None = None) -> str | None:
    """Return why git cannot tell the commit in a running image, or in another stage of it, None where it may."""
    ignored = kept_out(facts, image, ".git")
    if ignored is not None:
        return f"{ignored[0]}:{ignored[1]} keeps `.git` out of the image"
    stage = stage or image.stages[-1]
    instructions = [i for s in (*image.parents(stage), stage) for i in s.instructions]
    mounts = any(f.startswith("--mount=") and "type=bind" in f for i in instructions for f in i.flags)
    copies = [i for i in instructions if i.word in ("COPY", "ADD") and not any(f.startswith("--from") for f in i.flags)]
    if not mounts and not any(set(i.arguments.split()[:-1]) & {".", "./", ".git", ".git/"} for i in copies):
        return f"{image.path} copies no `.git` folder"
    base = (image.parents(stage) or [stage])[0].base
    installs = any(_installs_git(i.script) for i in instructions if i.word == "RUN")
    return f"{image.path} begins with `{base}`, which has no git" if _SMALL.search(base) and not installs else None


def _installs_git(script: str) -> bool:
    """Return whether a command of a script may install git (`apt-get install -y git`, `apk add git`)."""
    for command in read_commands(script):
        words = command.words
        if (
            command.runs is not False
            and {"install", "add"} & set(words[1:])
            and any(w.partition("=")[0] == "git" for w in words[2:])
        ):
            return True
    return False


def _builds(facts: Facts) -> Iterator[ImageBuild]:
    for job, step in steps_when_deployed(facts):
        if step.runs is not False:
            yield from _of_step(facts, job, step)
    for target in baked_targets(facts):
        yield ImageBuild(
            dockerfile=target.image,
            arguments=target.arguments,
            secrets=frozenset(target.secrets),
            path=target.path,
            line=target.line,
            kind="bake",
            name=target.name,
        )
    for path in facts.configuration:
        name = path.rpartition("/")[2]
        if _COMPOSE.search(path):
            yield from _of_compose(facts, path)
        elif name.startswith("fly.") and name.endswith(".toml"):
            yield from _of_fly(facts, path)
        elif name == "heroku.yml" or path.endswith(("config/deploy.yml", "config/deploy.yaml")):
            yield from _of_yaml(facts, path)


def _of_step(facts: Facts, job: Job, step: Step) -> Iterator[ImageBuild]:
    if step.uses and step.uses.partition("@")[0] in BUILD_ACTIONS:
        yield from _of_action(facts, job, step)
    if (step.uses or "").partition("@")[0] == _BUILDAH_ACTION:
        yield _of_buildah(step)
    for ran in step_commands(facts, step):
        build = _of_command(ran, step) if ran.runs is not False else None
        if build is not None:
            yield build


def _of_action(facts: Facts, job: Job, step: Step) -> Iterator[ImageBuild]:
    """Yield the builds of a step, one for each Dockerfile that a matrix or the environment gives it."""
    context, file = step.inputs.get("context") or ".", step.inputs.get("file")
    secrets = _pairs(step.inputs.get("secrets", "")) | _pairs(step.inputs.get("secret-envs", ""))
    secrets |= _pairs(step.inputs.get("secret-files", ""))
    for dockerfile, names in named_images(facts, job, step, file or f"{context}/Dockerfile").items():
        yield ImageBuild(
            dockerfile=join(".", dockerfile),
            arguments=_pairs(step.inputs.get("build-args", "")),
            secrets=frozenset(secrets),
            path=step.path,
            line=step.line,
            kind="action",
            target=step.inputs.get("target") or None,
            names=names,
            context=_folder(".", step.inputs.get("context") or ""),
        )


def _of_buildah(step: Step) -> ImageBuild:
    """https://github.com/redhat-actions/buildah-build#action-inputs"""
    files = (step.inputs.get("containerfiles") or step.inputs.get("dockerfiles") or "").split()
    given = step.inputs.get("extra-args", "").split()
    return ImageBuild(
        dockerfile=join(".", files[0] if files else f"{step.inputs.get('context') or '.'}/Dockerfile"),
        arguments=_pairs(step.inputs.get("build-args", "")),
        secrets=frozenset(
            p.partition("=")[2] for w in given for p in w.removeprefix("--secret=").split(",") if p.startswith("id=")
        ),
        path=step.path,
        line=step.line,
        kind="buildah",
        tool="buildah",
    )


def _pairs(text: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().strip("\"'").partition("=")
        if name:
            found[name.strip()] = value.strip() if equals else None
    return found


def _of_command(ran: Ran, step: Step) -> ImageBuild | None:
    words = ran.words
    fly = words[0] in ("fly", "flyctl") and "deploy" in words[1:3]
    kaniko = words[0].endswith("kaniko/executor")
    if not fly and not kaniko and not (words[0] in _BUILDERS and {"build", "bud"} & set(words[1:3])):
        return None
    arguments: dict[str, str | None] = {}
    secrets: set[str] = set()
    file: str | None = None
    place = ""
    target: str | None = None
    names: list[str] = []
    rest = words[1:]
    for at, word in enumerate(rest):
        flag, equals, inline = word.partition("=")
        value = inline if equals else rest[at + 1] if at + 1 < len(rest) else ""
        if flag == "--build-arg":
            name, given, text = value.partition("=")
            arguments[name] = text if given else ran.env.get(name) or step.env.get(name)
        elif flag == "--secret":
            secrets |= {p.partition("=")[2] for p in value.split(",") if p.startswith("id=")}
        elif flag == "--build-secret":
            secrets.add(value.partition("=")[0])
        elif flag in ("-f", "--file", "--dockerfile"):
            file = value
        elif flag in ("--target", "--build-target"):
            target = value
        elif flag in ("-t", "--tag", "--destination"):
            names.append(value)
        elif flag in ("-c", "--context") and kaniko:
            place = value.removeprefix("dir://")
    context = rest[-1] if rest and not rest[-1].startswith("-") and not fly and not kaniko else "."
    if place and "$" not in place:
        context = place
    return ImageBuild(
        dockerfile=join(ran.folder, file or f"{context}/Dockerfile"),
        arguments=arguments,
        secrets=frozenset(secrets),
        path=step.path,
        line=step.line,
        kind="command",
        command=ran.source,
        tool="kaniko" if kaniko else words[0],
        target=target,
        names=tuple(names),
        context=_folder(ran.folder, context),
    )


def _folder(base: str, context: str) -> str | None:
    """Return the folder of a context; None without one (an action then takes a clone), for a URL, and for one that is computed."""
    if not context or "$" in context or ":" in context or context == "-":
        return None
    return join(base, context)


def _arguments(node: Node | None) -> dict[str, str | None]:
    found: dict[str, str | None] = {k: y.scalar(v) for k, _, v in y.pairs(node)}
    for text in y.strings(node):
        found |= _pairs(text)
    return found


def _of_compose(facts: Facts, path: str) -> Iterator[ImageBuild]:
    document = facts.yaml(path)
    if not isinstance(document, Node):
        return
    for name, _, service in y.pairs(y.get(document, "services")):
        build = y.get(service, "build")
        if build is None:
            continue
        context = join(parent(path), y.scalar(build) or y.scalar(y.get(build, "context")) or ".")
        secrets = {y.scalar(s) or y.scalar(y.get(s, "source")) or "" for s in y.sequence(y.get(build, "secrets"))}
        yield ImageBuild(
            dockerfile=join(context, _by_default(y.scalar(y.get(build, "dockerfile")) or "Dockerfile")),
            arguments=_arguments(y.get(build, "args")),
            secrets=frozenset(secrets - {""}),
            path=path,
            line=y.line_of(build),
            kind="compose",
            target=_by_default(y.scalar(y.get(build, "target")) or "") or None,
            service=name,
            names=tuple(filter(None, (y.scalar(y.get(service, "image")),))),
        )


def _by_default(text: str) -> str:
    """Return what a text of a compose file is where nothing is exported: `Dockerfile.${OS:-debian}` is `Dockerfile.debian`.

    https://docs.docker.com/reference/compose-file/interpolation/
    """
    return _DEFAULT.sub(r"\1", text)


def inline_dockerfiles(facts: Facts) -> Iterator[tuple[str, int, str]]:
    """Yield the Dockerfiles that compose files hold (`dockerfile_inline`): file, the line before their first one, and text."""
    for path in facts.configuration:
        document = (
            facts.yaml(path) if _COMPOSE.search(path) and "dockerfile_inline" in (facts.text(path) or "") else None
        )
        for _, _, service in y.pairs(y.get(document, "services")) if isinstance(document, Node) else ():
            node = y.get(service, "build", "dockerfile_inline")
            if (text := y.scalar(node)) and node is not None:
                yield path, y.line_of(node), text


def _of_fly(facts: Facts, path: str) -> Iterator[ImageBuild]:
    try:
        build = load_toml(facts.text(path) or "").get("build")
    except ParseError:
        return
    if isinstance(build, dict) and isinstance(arguments := build.get("args"), dict):
        yield ImageBuild(
            dockerfile=join(parent(path), str(build.get("dockerfile") or "Dockerfile")),
            arguments={k: str(v) for k, v in arguments.items()},
            secrets=frozenset(),
            path=path,
            line=1,
            kind="fly",
        )


def _of_yaml(facts: Facts, path: str) -> Iterator[ImageBuild]:
    """heroku.yml hands `build.config` in, Kamal `builder.args` and `builder.secrets`."""
    document = facts.yaml(path)
    if not isinstance(document, Node):
        return
    for node, arguments, root in (
        (y.get(document, "build"), "config", parent(path)),
        (y.get(document, "builder"), "args", parent(parent(path))),
    ):
        if node is not None:
            file = y.scalar(y.get(node, "dockerfile")) or y.scalar(y.get(node, "docker", "web")) or "Dockerfile"
            yield ImageBuild(
                dockerfile=join(root, file),
                arguments=_arguments(y.get(node, arguments)),
                secrets=frozenset(y.strings(y.get(node, "secrets"))),
                path=path,
                line=y.line_of(node),
                kind="heroku" if arguments == "config" else "kamal",
                tool="heroku" if arguments == "config" else "docker",
            )
