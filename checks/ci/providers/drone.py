"""Drone (https://docs.drone.io/yaml/docker/), and the conditions that Woodpecker shares with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from yaml import MappingNode, Node, SequenceNode

from checks.ci.model import YES, Answer, Job, Provider, Step, Workflow
from checks.ci.providers.reading import PULLS, any_true, first_false, from_documents, script, texts
from checks.ci.ref_filters import default_branches
from checks.parsers import yaml as y
from checks.repository.facts import Facts


def read(facts: Facts, path: str) -> Workflow:
    """Read each pipeline of the file as one job."""
    return from_documents(facts, path, "drone", lambda document: list(_jobs(path, document)))


def _jobs(path: str, document: Node) -> Iterator[Job]:
    if y.scalar(y.get(document, "kind")) not in (None, "pipeline"):
        return
    name = y.scalar(y.get(document, "name")) or "pipeline"
    yield pipeline(path, name, document, when(y.get(document, "trigger"), "trigger"))


def pipeline(path: str, name: str, document: Node, answer: Answer) -> Job:
    """Return a pipeline of steps as a job; the steps are a list, or a mapping by name."""
    env = texts(y.get(document, "environment"))
    node = y.get(document, "steps") or y.get(document, "pipeline")
    named = [(k, v) for k, _, v in y.pairs(node)] or [(y.scalar(y.get(i, "name")) or "", i) for i in y.sequence(node)]
    # Steps run one after the other, until one says what it depends on: then each waits for what it names only.
    ordered = not any(y.get(item, "depends_on") is not None for _, item in named)
    status = [s for n in y.sequence(y.get(document, "trigger")) for s in y.strings(y.get(n, "status"))]
    return Job(
        id=name,
        line=y.line_of(document),
        steps=tuple(_step(path, own, item, env, ordered=ordered) for own, item in named),
        after_failure="failure" in status,
        own_machine=_reaches_host(document),
        needs=tuple(y.strings(y.get(document, "depends_on"))),
        env=env,
        node=document,
        runs=answer[0],
        why=answer[1],
    )


def _reaches_host(document: Node) -> bool:
    """Return whether a pipeline runs on its machine itself, or is given the Docker of it."""
    bare = y.scalar(y.get(document, "type")) in ("exec", "ssh")
    return bare or any("/var/run/docker.sock" in (y.scalar(n) or "") for _, n in y.walk(document))


def _step(path: str, name: str, node: Node, env: dict[str, str], *, ordered: bool) -> Step:
    commands = y.get(node, "commands")
    settings = y.get(node, "settings")
    answer = first_false(when(y.get(node, "when"), "when"))
    image = y.scalar(y.get(node, "image"))
    return Step(
        path=path,
        line=y.line_of(commands) if commands is not None else y.line_of(node),
        name=name,
        run=script(commands) if commands is not None else None,
        uses=f"plugin:{image}" if image is not None and commands is None else None,
        inputs=texts(settings),
        env=env | texts(y.get(node, "environment")),
        continue_on_error=y.scalar(y.get(node, "failure")) == "ignore" or y.scalar(y.get(node, "detach")) == "true",
        runs=answer[0],
        why=answer[1],
        after_failure=any("failure" in y.strings(y.get(n, "status")) for n in y.sequence(y.get(node, "when"))),
        follows=None if ordered else tuple(y.strings(y.get(node, "depends_on"))),
    )


def when(node: Node | None, name: str) -> Answer:
    """Read `when` and `trigger`; a list of them means any (https://woodpecker-ci.org/docs/usage/workflow-syntax#when---conditional-execution)."""
    if isinstance(node, SequenceNode):
        return any_true([when(item, name) for item in node.value], f"`{name}`")
    if not isinstance(node, MappingNode):
        return YES
    for key in ("event", "status"):
        asked = y.get(node, key)
        if asked is None:
            continue
        names, without = y.strings(asked), []
        if isinstance(asked, MappingNode):
            names, without = y.strings(y.get(asked, "include")), y.strings(y.get(asked, "exclude"))
        nothing = PULLS if key == "event" else frozenset({"failure"})
        if names and set(names) <= nothing:
            return False, f"`{name}: {key}: {', '.join(names)}`"
        if names and key == "event" and set(names) <= {*PULLS, "cron"}:
            return None, f"`{name}: {key}: {', '.join(names)}`"
        if "push" in without and "tag" in without:
            return False, f"`{name}` leaves out pushes and tags"
    asked = y.get(node, "branch")
    wanted = y.strings(asked) if not isinstance(asked, MappingNode) else y.strings(y.get(asked, "include"))
    excluded = y.strings(y.get(asked, "exclude"))
    usual = default_branches([*wanted, *excluded])
    tagged = not isinstance(node, MappingNode) or "tag" in y.strings(y.get(node, "event"))
    if excluded and not tagged and all(any(fnmatchcase(b, p) for p in excluded) for b in usual):
        return False, f"`{name}` leaves the default branch out"
    if wanted and not tagged and all("*" in w and not any(fnmatchcase(b, w) for b in usual) for w in wanted):
        return None, f"a push to `{', '.join(wanted)[:60]}`"
    text = (y.scalar(y.get(node, "evaluate")) or "").strip()
    if text in ("false", "true"):
        return (text == "true"), "" if text == "true" else f"`{name}: evaluate: {text}`"
    return (None, f"`evaluate: {text[:80]}`") if text else YES


def snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    """Return a step of commands, the token from the secrets of the repository."""
    head = ["  - name: sentry-release", "    image: python:3.13", "    environment:", "      SENTRY_AUTH_TOKEN:"]
    return [*head, "        from_secret: sentry_auth_token", "    commands:", *(f"      - {c}" for c in commands)]


PROVIDER = Provider(
    name="drone",
    title="Drone",
    matches=lambda path: path in (".drone.yml", ".drone.yaml"),
    read=read,
    options="-e",
    commit="$DRONE_COMMIT_SHA",
    marks=("CI", "DRONE"),
    secrets="the repository's Secrets",
    snippet=snippet,
)
