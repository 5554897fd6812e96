"""The deployed services that a repository describes, and the variables declared for each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from yaml import Node

from checks.parsers import yaml as y
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.facts import Facts, inside, join, parent

_COMPOSE = lazy_pattern(r"(^|/)(docker-)?compose([.-][^/]*)?\.ya?ml$")
_DEVELOPMENT = lazy_pattern(
    r"(^|[./_-])(local|dev|develop|development|test|tests|testing|ci|override|debug|e2e|docs)([./_-]|$)"
)
_SERVES_DJANGO = lazy_pattern(
    r"gunicorn|uvicorn|daphne|hypercorn|granian|waitress|celery|manage\.py|wsgi|asgi|\bdramatiq|\brq\b"
)
_NOT_DEPLOYED = lazy_pattern(r"(^|/)(tests?|docs?|examples?|fixtures?|node_modules|\{\{.*)(/|$)")


def find_deployments(facts: Facts) -> tuple[Deployment, ...]:
    """Read every file that deploys; one that does not parse is a deployment of which nothing is known but its `problem`."""
    found: list[Deployment] = []
    for path in facts.configuration:
        if _NOT_DEPLOYED.search(path):
            continue
        name = path.rpartition("/")[2]
        if name in ("render.yaml", "render.yml"):
            found += _render(facts, path)
        elif name == "fly.toml" or (name.startswith("fly.") and name.endswith(".toml")):
            found += _fly(facts, path)
        elif name == "app.json":
            found += _heroku(facts, path)
        elif _COMPOSE.search(path) and not _DEVELOPMENT.search(name):
            found += _compose(facts, path)
        elif name in ("railway.json", "railway.toml", "nixpacks.toml") and not any(d.host == "railway" for d in found):
            found.append(_dashboard(facts, path, "railway", "unknown"))
        elif name == "vercel.json":
            found.append(_dashboard(facts, path, "vercel", "frontend"))
        elif name == "netlify.toml":
            found.append(_dashboard(facts, path, "netlify", "frontend"))
        elif name == "Procfile" and not any(d.host == "heroku" for d in found) and _serves(facts, path):
            found.append(_dashboard(facts, path, "heroku", "backend"))
        elif path.endswith((".yml", ".yaml")) and re.search(
            r"(^|/)(k8s|kube|kubernetes|helm|charts|deploy|manifests)/", path
        ):
            found += _kubernetes(facts, path)
    production_compose = any(d.host == "compose" and re.search(r"prod|staging", d.path) for d in found)
    others = any(d.host != "compose" for d in found)
    return tuple(
        d
        for d in found
        if d.host != "compose" or re.search(r"prod|staging", d.path) or not (production_compose or others)
    )


def _serves(facts: Facts, path: str) -> bool:
    """A Procfile whose web process is the development server starts things on a laptop (honcho, foreman)."""
    web = re.search(r"(?m)^web:\s*(.*)$", facts.text(path) or "")
    return web is None or "runserver" not in web.group(1)


def _dashboard(facts: Facts, path: str, host: str, serves: str) -> Deployment:
    variables: dict[str, Declared] = {}
    build, line = None, None
    if path.endswith(".json"):
        document = facts.yaml(path)
        if isinstance(document, ParseError):
            return unreadable(path, host, serves, document)
        if isinstance(document, Node):
            for table in (y.get(document, "env"), y.get(document, "build", "env")):
                variables |= {
                    k: Declared(value=y.scalar(v), path=path, line=y.line_of(n)) for k, n, v in y.pairs(table)
                }
            command = y.get(document, "buildCommand") or y.get(document, "build", "buildCommand")
            build = y.scalar(command)
            line = y.line_of(command) if command is not None else None
    elif path.endswith(".toml"):
        try:
            data = load_toml(facts.text(path) or "")
        except ParseError as problem:
            return unreadable(path, host, serves, problem)
        section = data.get("build", {}) if isinstance(data.get("build"), dict) else {}
        if isinstance(section, dict):
            written: object = section.get("command") or section.get("buildCommand")
            build = written if isinstance(written, str) else None
            line = _line(facts, path, build) if build else None
            env = section.get("environment", {})
            for key, value in env.items() if isinstance(env, dict) else ():
                variables[key] = Declared(value=str(value), path=path, line=_line(facts, path, key))
    return Deployment(
        name=path,
        host=host,
        environment=environment_of(path),
        path=path,
        line=1,
        root=parent(path),
        serves=serves,
        variables=variables,
        closed=False,
        build=build,
        build_line=line,
    )


def _line(facts: Facts, path: str, needle: str) -> int:
    for number, text in enumerate((facts.text(path) or "").splitlines(), start=1):
        if needle in text:
            return number
    return 1


def _render(facts: Facts, path: str) -> Iterator[Deployment]:
    """Source: https://render.com/docs/blueprint-spec."""
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "render", "backend", document)
    if not isinstance(document, Node):
        return
    groups: dict[str, dict[str, Declared]] = {}
    services: list[tuple[Node, str | None]] = []
    tops: list[tuple[Node, str | None]] = [(document, None)]
    for project in y.sequence(y.get(document, "projects")):
        tops += [(e, y.scalar(y.get(e, "name"))) for e in y.sequence(y.get(project, "environments"))]
    for top, environment in tops:
        for group in y.sequence(y.get(top, "envVarGroups")):
            groups[y.scalar(y.get(group, "name")) or ""] = _render_variables(group, path)[0]
        # A blueprint with the same key twice is invalid, but seen: every `services` block is read.
        blocks = [v for k, _, v in y.pairs(top) if k == "services"]
        services += [(service, environment) for block in blocks for service in y.sequence(block)]
    for service, environment in services:
        variables, used = _render_variables(service, path)
        open_group = False
        for group_name in used:
            open_group = open_group or group_name not in groups
            variables = groups.get(group_name, {}) | variables
        kind = y.scalar(y.get(service, "type")) or ""
        runtime = y.scalar(y.get(service, "runtime")) or y.scalar(y.get(service, "env")) or ""
        if kind in ("pserv", "keyvalue", "redis") and runtime not in ("python", "docker"):
            continue
        name = y.scalar(y.get(service, "name")) or "service"
        root_dir = y.scalar(y.get(service, "rootDir"))
        build = y.get(service, "buildCommand")
        commands = " ".join(
            y.scalar(y.get(service, k)) or ""
            for k in ("startCommand", "dockerCommand", "preDeployCommand", "buildCommand")
        )
        static = runtime == "static" or kind == "static_site"
        serves = (
            "frontend"
            if static
            else (
                "backend" if runtime in ("python", "docker", "image") or _SERVES_DJANGO.search(commands) else "unknown"
            )
        )
        context = y.scalar(y.get(service, "dockerContext"))
        yield Deployment(
            name=name,
            host="render",
            path=path,
            line=y.line_of(service),
            environment=environment_of(name, environment, y.scalar(y.get(service, "branch"))),
            root=join(parent(path), root_dir or context or "."),
            serves=serves,
            variables=variables,
            closed=not open_group,
            build=y.scalar(build),
            build_line=y.line_of(build) if build is not None else None,
        )


def _render_variables(node: Node, path: str) -> tuple[dict[str, Declared], list[str]]:
    variables: dict[str, Declared] = {}
    groups = []
    for entry in y.sequence(y.get(node, "envVars")):
        group = y.scalar(y.get(entry, "fromGroup"))
        key = y.get(entry, "key")
        name = y.scalar(key)
        if group:
            groups.append(group)
        elif name and key is not None:
            variables[name] = Declared(value=y.scalar(y.get(entry, "value")), path=path, line=y.line_of(key))
    return variables, groups


def _fly(facts: Facts, path: str) -> Iterator[Deployment]:
    try:
        data = load_toml(facts.text(path) or "")
    except ParseError as problem:
        yield unreadable(path, "fly", "backend", problem)
        return
    env = data.get("env")
    variables = {
        k: Declared(value=str(v), path=path, line=_line(facts, path, k))
        for k, v in (env.items() if isinstance(env, dict) else ())
    }
    yield Deployment(
        name=str(data.get("app", "fly")),
        host="fly",
        environment=environment_of(path, str(data.get("app", ""))),
        path=path,
        line=1,
        root=parent(path),
        serves="backend",
        variables=variables,
        closed=False,
    )


def _heroku(facts: Facts, path: str) -> Iterator[Deployment]:
    try:
        data = json.loads(facts.text(path) or "")
    except (ValueError, RecursionError):
        return
    if not isinstance(data, dict) or not ({"buildpacks", "formation", "addons", "env"} & data.keys()):
        return
    env = data.get("env")
    variables = {}
    for key, value in env.items() if isinstance(env, dict) else ():
        text = value.get("value") if isinstance(value, dict) else value
        variables[key] = Declared(
            value=text if isinstance(text, str) and text else None, path=path, line=_line(facts, path, f'"{key}"')
        )
    addons = data.get("addons")
    for addon in addons if isinstance(addons, list) else []:
        plan = addon.get("plan", "") if isinstance(addon, dict) else addon
        if str(plan).split(":")[0] == "sentry":
            variables["SENTRY_DSN"] = Declared(value=None, path=path, line=_line(facts, path, "sentry"))
    yield Deployment(
        name=str(data.get("name", "heroku")),
        host="heroku",
        environment=environment_of(path),
        path=path,
        line=1,
        root=parent(path),
        serves="backend",
        variables=variables,
        closed=False,
    )


def _compose(facts: Facts, path: str) -> Iterator[Deployment]:
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "compose", "backend", document)
    if not isinstance(document, Node):
        return
    for name, key, service in y.pairs(y.get(document, "services")):
        commands = " ".join(y.strings(y.get(service, "command")) + y.strings(y.get(service, "entrypoint")))
        if "runserver" in commands:
            continue
        build = y.get(service, "build")
        context = y.scalar(build) or y.scalar(y.get(build, "context"))
        if build is None and not _SERVES_DJANGO.search(commands):
            continue
        variables: dict[str, Declared] = {}
        environment = y.get(service, "environment")
        for variable, variable_key, value in y.pairs(environment):
            text = y.scalar(value)
            kept = None if text is None or "$" in text else text
            variables[variable] = Declared(value=kept, path=path, line=y.line_of(variable_key))
        for entry in y.sequence(environment):
            text = y.scalar(entry)
            if text:
                variable, _, value_text = text.partition("=")
                kept = None if not value_text or "$" in value_text else value_text
                variables[variable] = Declared(value=kept, path=path, line=y.line_of(entry))
        closed = True
        for entry in y.sequence(y.get(service, "env_file")):
            file = y.scalar(entry) or y.scalar(y.get(entry, "path")) or ""
            located = join(parent(path), file)
            text = facts.text(located) if located in facts.paths else None
            if text is None:
                closed = False
                continue
            for bound in parse_dotenv(text):
                variables.setdefault(bound.name, Declared(value=bound.value, path=located, line=bound.line))
        django = bool(_SERVES_DJANGO.search(commands)) or any("DJANGO" in v for v in variables)
        named = re.search(r"(^|[_-])(web|app|api|backend|django|server|worker|celery)", name)
        front = re.search(r"front|client|nginx|caddy|traefik|ui$", name)
        yield Deployment(
            name=name,
            host="compose",
            environment=environment_of(path, name),
            path=path,
            line=y.line_of(key),
            root=join(parent(path), context) if context else None,
            serves="backend" if django or (named and not front) else "frontend" if front else "unknown",
            variables=variables,
            closed=closed,
        )


def _kubernetes(facts: Facts, path: str) -> Iterator[Deployment]:
    text = facts.text(path) or ""
    if "{{" in text or "containers" not in text:
        return
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "kubernetes", "backend", document)
    if not isinstance(document, Node):
        return
    kind = y.scalar(y.get(document, "kind")) or ""
    if kind not in ("Deployment", "StatefulSet", "CronJob"):
        return
    name = y.scalar(y.get(document, "metadata", "name")) or path
    for _, node in y.walk(document):
        for container in y.sequence(y.get(node, "containers")):
            variables = {}
            for entry in y.sequence(y.get(container, "env")):
                key = y.get(entry, "name")
                variable = y.scalar(key)
                if variable and key is not None:
                    variables[variable] = Declared(
                        value=y.scalar(y.get(entry, "value")), path=path, line=y.line_of(key)
                    )
            commands = " ".join(y.strings(y.get(container, "command")) + y.strings(y.get(container, "args")))
            yield Deployment(
                name=name,
                host="kubernetes",
                environment=environment_of(path, name),
                path=path,
                line=y.line_of(container),
                root=None,
                serves="backend" if _SERVES_DJANGO.search(commands) or variables else "unknown",
                variables=variables,
                closed=y.get(container, "envFrom") is None,
            )


def deployments_of_backend(facts: Facts, root: str) -> list[Deployment]:
    """Return the deployments that may run the backend at `root`: those that serve it, in its folder where told."""
    found = []
    for deployment in facts.deployments:
        if deployment.serves == "frontend":
            continue
        if deployment.serves == "unknown" and deployment.closed:
            continue
        place = deployment.root
        if place is None or inside(root, place) or inside(place, root):
            found.append(deployment)
    return found
