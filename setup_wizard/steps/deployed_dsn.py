"""Where a backend runs: the variables of the step `dsn` in each host's own file, or the exact text for the person."""

from __future__ import annotations

import json
from shlex import quote

from yaml import Node

from checks.ci.deploying import deploying_jobs
from checks.hosts.cdk import given_by_stack
from checks.hosts.compose import why_development
from checks.hosts.entrypoints import Cleared, cleared_by
from checks.hosts.heroku import PROCFILE
from checks.hosts.images import images_that_run
from checks.manual import HOST_COMMANDS, OF_PROCFILES, host_value_id
from checks.parsers import yaml as y
from checks.parsers.text import ParseError, decode
from checks.repository.backends import Backend
from checks.repository.deployment import Deployment
from checks.repository.deploys import deployments_of_backend
from checks.repository.env_loading import compose_env_files, env_files
from checks.repository.path_words import NOT_PRODUCTION, purposes
from checks.targets.env_ways import backend_services
from setup_wizard.editors import compose, kamal, package_json, render, toml
from setup_wizard.editors.base import Refused
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.chart_templates import charts, lists_of_chart, places, task
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.declarations import declaration, secrets_of_chart, whole_secret
from setup_wizard.steps.env_file_choice import of_application
from setup_wizard.steps.examples import OWN_NAMES
from setup_wizard.steps.left_out import left_out
from setup_wizard.steps.written_env import in_ci, written_by_ci

_KAMAL = "config/deploy.yml"
_MANY = 3
"""So many applications of one host are told in one task."""


def declare_where_deployed(context: Context, backend: Backend, name: str, environment: str | None) -> None:
    """Declare the variables in every file that deploys a backend; what is not edited is left to the person with its text."""
    by_file: dict[str, list[Deployment]] = {}
    for deployment in deployments_of_backend(context.facts, backend.root):
        by_file.setdefault(deployment.path, []).append(deployment)
    told = {d.host for ds in by_file.values() for d in ds if name in d.variables}
    # Beside services that have the variable, one of which nothing shows that it runs the application is another program.
    kept = {
        p: [d for d in ds if d.host not in told or d.serves != "unknown" or name in d.variables]
        for p, ds in by_file.items()
    }
    by_file = {p: ds for p, ds in kept.items() if ds}
    alike = _alike([d for ds in by_file.values() for d in ds], name)
    if alike:
        context.actions.append(_of_each(alike, name, context.dsn("backend", backend.name) or "…"))
    for path, deployments in by_file.items():
        others_of_file = [d for d in deployments if d not in alike]
        if others_of_file:
            with context.part():
                _declare(context, backend, path, others_of_file, name, environment)
    with context.part():
        _kamal(context, name, environment)
    names = (name, *((environment,) if environment else ()), "SENTRY_RELEASE")
    others = left_out(context, backend, names[:-1], frozenset(by_file))
    if not (by_file or others or kamal.is_kamal(context.read(_KAMAL) or b"")):
        context.actions.append(_anywhere(context, backend, name, environment))
    context.actions += others
    for image in images_that_run(context.facts, backend):
        cleared = cleared_by(context.facts, image, names)
        if cleared is not None:
            context.actions.append(_handed_on(cleared, names))


def _alike(deployments: list[Deployment], name: str) -> list[Deployment]:
    """Return the applications of Cloud Foundry that lack a variable, where they are so many that one command is for them all."""
    lacking = [d for d in deployments if d.host == "cloud foundry" and d.problem is None and name not in d.variables]
    return lacking if len({d.name for d in lacking}) >= _MANY else []


def _of_each(alike: list[Deployment], name: str, value: str) -> ManualTask:
    """Return the one task to set a variable for each of many applications, each in the space that it runs in."""
    names = list(dict.fromkeys(d.name for d in alike))
    line = HOST_COMMANDS[alike[0].host].format(name=name, value=quote(value), service='"$app"')
    # It has no id of the audit's, which ticks each application by itself.
    return ManualTask(
        title=f"set {name} for each of {len(names)} applications on {alike[0].host_name}: {', '.join(names)}",
        reason="`cf target -s SPACE` first for each application in a different space",
        command=f"for app in {' '.join(quote(n) for n in names)}; do {line}; done",
        path=alike[0].path,
    )


def _env_file(context: Context, root: str) -> tuple[str, str] | None:
    """Return the env file for secrets that a compose file which is not for development takes, and that compose file."""
    for path, files in compose_env_files(context.facts):
        document = context.facts.yaml(path)
        if not isinstance(document, Node) or why_development(context.facts, path, document) is not None:
            continue
        kept = [f for f in files if not context.tracked(f)]
        if kept and not purposes(path.rpartition("/")[2]) & NOT_PRODUCTION:
            own = backend_services(context.facts, root)
            return of_application(context.facts, path, kept, own), path
    return None


def _handed_on(cleared: Cleared, names: tuple[str, ...]) -> ManualTask:
    """Return the task for an entry point that starts the server with an environment of its own."""
    listed = ",".join(names)
    line = {
        "sudo": f"sudo --preserve-env={listed} COMMAND",
        "env": "env -i " + " ".join(f'{n}="${n}"' for n in names) + " COMMAND",
    }.get(cleared.program, f"{cleared.program} --whitelist-environment={listed} - USER")
    return ManualTask(
        title=f"pass {', '.join(names)} on in {cleared.path}:{cleared.line}",
        reason=f"`{cleared.program}` starts the application there without the variables of the container",
        place=f"{cleared.path}:{cleared.line}",
        path=cleared.path,
        snippet=line,
    )


def _anywhere(context: Context, backend: Backend, name: str, environment: str | None) -> ManualTask:
    """Return the task for production's variables where no file that is read here says how it takes them."""
    taken = _env_file(context, backend.root)
    if taken is not None:
        file, path = taken
        rows = [f"{name}={context.dsn('backend', backend.name) or '…'}"]
        title = f"set {name} in production's {file}, which {path} reads"
        return ManualTask(title=title, path=path, snippet="\n".join(rows))
    stack = given_by_stack(context.facts, name)
    if stack is not None:
        return ManualTask(
            title=f"give {name} its value where {stack[0]}:{stack[1]} takes it from",
            reason="the stack gives it to containers",
            place=f"{stack[0]}:{stack[1]}",
            path=stack[0],
            snippet=f"{name}={context.dsn('backend', backend.name) or '…'}",
        )
    made = written_by_ci(context.facts)
    if made is not None:
        return in_ci(made, name, environment if environment in OWN_NAMES else None, context.environment)
    lists = next((found for c in charts(context.facts) if (found := places(context.facts, c))), None)
    if lists is not None:
        return task(name, context.dsn("backend", backend.name) or "…", lists)
    deploys = next(((f, j) for f, j, what in deploying_jobs(context.facts) if what.deploys and not what.weak), None)
    rows = [f"{name}={context.dsn('backend', backend.name) or '…'}"]
    if environment in OWN_NAMES:
        rows.append(f"{environment}={context.environment}")
    return ManualTask(
        title=f"set {name} where production runs {backend.target.name}, for each of its processes",
        reason="no file here passes variables to production",
        place=f"{deploys[0].path}:{deploys[1].line}" if deploys else "",
        path=deploys[0].path if deploys else "",
        snippet="\n".join(rows),
    )


def _declare(
    context: Context, backend: Backend, path: str, deployments: list[Deployment], name: str, environment: str | None
) -> None:
    """Declare the variables in one file that deploys; what is a secret of the host's own store is left to the person."""
    host = deployments[0].host
    if deployments[0].problem is not None:
        problem = deployments[0].problem
        raise StepRefused(
            Refused(f"{path} cannot be read: {problem.message}", f"{name}: …", f"{path}:{problem.line or 1}")
        )
    services = {d.name: missing for d in deployments if (missing := _missing(d, name, environment))}
    without = [d for d in deployments if name not in d.variables]
    value = context.dsn("backend", backend.name) or "…"
    if host == "compose":
        _compose(context, backend, path, deployments, services, name)
    elif host == "render":
        _told_twice(context, path)
        if services:
            context.edit(path, lambda data: render.declare_variables(data or b"", services, path))
        for service in services:
            where = f"in Render's dashboard, service {service}"
            context.actions.append(
                ManualTask(
                    id=host_value_id(path, service, name),
                    title=f"set {name} {where}",
                    url="https://dashboard.render.com/",
                    path=path,
                    snippet=f"{name}={value}",
                )
            )
    elif host == "fly":
        own = {environment: deployments[0].environment} if environment in OWN_NAMES and environment else {}
        if own:
            context.edit(path, lambda data: toml.declare_variables(data or b"", own, path))
        context.actions += [_by_hand(d, name, environment, value) for d in without]
    elif host == "heroku" and path.endswith(".json"):
        named = {name: None, **({environment: deployments[0].environment} if environment in OWN_NAMES else {})}
        context.edit(path, lambda data: package_json.declare_variables(data or b"", named, path))
        context.actions += [_by_hand(d, name, environment, value) for d in without]
    elif host == "helm" and (secrets := secrets_of_chart(context.facts, path)):
        context.actions += [_in_secret(d, name, value, secrets) for d in without]
    elif host == "helm" and without and (lists := lists_of_chart(context.facts, path)):
        told = task(name, value, lists)
        if all(a.title != told.title for a in context.actions if isinstance(a, ManualTask)):
            context.actions.append(told)
    elif not (host == "kamal" and path == _KAMAL and kamal.is_kamal(context.read(path) or b"")):
        text = decode(context.read(path) or b"")
        context.actions += [_by_hand(d, name, environment, value, text) for d in without]
    if not services:
        context.settled = True


def _compose(
    context: Context,
    backend: Backend,
    path: str,
    deployments: list[Deployment],
    services: dict[str, dict[str, str | None]],
    name: str,
) -> None:
    """Declare the variables where the services of a compose file take theirs; an env file's are given there by the person."""
    files = env_files(context.facts, path)
    # `environment` wins over an env file, so that an entry which is empty where compose is started would take the value away.
    taken = {d.name: files.get(d.name, ()) for d in deployments if files.get(d.name) or not d.closed}
    value = context.dsn("backend", backend.name) or "…"
    lacking = [d for d in deployments if name not in d.variables]
    served, chosen = {d.name for d in deployments}, set[str]()
    for d in lacking:
        mine = taken.get(d.name)
        if mine and not chosen & {*mine}:
            chosen.add(of_application(context.facts, path, mine, served))
    for file in sorted(chosen):
        title = f"set {name} in {file}, which {path} reads"
        place = f"{path}:{next(d.line for d in lacking if file in taken.get(d.name, ()))}"
        given = [a for a in context.actions if isinstance(a, ManualTask) and a.title == title]
        if any(a.snippet != f"{name}={value}" for a in given):
            # The file is of another backend's services too: one variable in it is the DSN of one project.
            own = f"{backend.name.upper().replace('-', '_')}_{name}"
            title, why = f"give {backend.name} its own {name} in {path}", f"{file} has the one of another backend"
            rows = f"environment:\n  {name}: ${{{own}}}"
            context.actions.append(ManualTask(title=title, reason=why, place=place, path=path, snippet=rows))
            continue
        context.actions.append(ManualTask(title=title, place=place, path=file, snippet=f"{name}={value}"))
    for d in deployments:
        if name not in d.variables and taken.get(d.name) == ():
            file = (d.elsewhere or "the env file").removesuffix(", which is not in this repository")
            title = f"set {name} in {file}, which {d.name} of {path} loads"
            place = f"{path}:{d.line}"
            context.actions.append(ManualTask(title=title, place=place, path=path, snippet=f"{name}={value}"))
    services = {k: v for k, v in services.items() if k not in taken}
    if not services:
        return
    document = context.facts.yaml(path)
    development = why_development(context.facts, path, document) if isinstance(document, Node) else None
    if development is not None:
        context.actions.append(
            ManualTask(
                title=f"declare {name} where production runs",
                reason=f"{path} starts a development server ({development}), and nothing else here deploys the backend",
                path=path,
                snippet=f"{name}=…",
            )
        )
        return
    context.edit(path, lambda before: compose.declare_variables(before or b"", services, path))
    context.actions.append(
        ManualTask(
            id=host_value_id(path, next(iter(services)), name),
            title=f"set {name} where {path} is started, or in the .env next to it",
            path=path,
        )
    )


def _kamal(context: Context, name: str, environment: str | None) -> None:
    """Declare the variables in Kamal's configuration; the secret's value is read from `.kamal/secrets`."""
    path = _KAMAL
    data = context.read(path)
    if data is None or not kamal.is_kamal(data):
        return
    clear = {environment: "production"} if environment and environment in OWN_NAMES else {}
    context.edit(path, lambda before: kamal.declare_variables(before or b"", (name,), clear, path))
    line, secrets = f"{name}=${name}", ".kamal/secrets"
    if line not in decode(context.read(secrets) or b""):
        service = next((d.name for d in context.facts.deployments if d.path == path), path)
        context.actions.append(
            ManualTask(
                id=host_value_id(path, service, name),
                title=f"pass {name} to Kamal in {secrets}",
                path=secrets,
                snippet=line,
                reason="the file contains secrets",
            )
        )


def _told_twice(context: Context, path: str) -> None:
    """Leave a key that a blueprint writes twice to the person: each block is edited, and only one of them is read, or none."""
    document = context.facts.yaml(path)
    for key, line in y.doubled(document)[:3] if not isinstance(document, ParseError) else ():
        context.actions.append(
            ManualTask(
                title=f"write `{key}` once in {path}",
                reason="the key is there twice, and strict YAML parsers reject the whole file",
                place=f"{path}:{line}",
                path=path,
            )
        )


def _missing(deployment: Deployment, name: str, environment: str | None) -> dict[str, str | None]:
    wanted: dict[str, str | None] = {name: None}
    if environment in OWN_NAMES and environment is not None:
        wanted[environment] = deployment.environment
    return {k: v for k, v in wanted.items() if k not in deployment.variables}


def _in_secret(deployment: Deployment, name: str, value: str, secrets: list[str]) -> ManualTask:
    """Return the task to add a variable to a Secret that a chart's pods load in full: a key of its values reaches no template."""
    which = f"the Secret `{secrets[0]}`" if len(secrets) == 1 else f"one of the Secrets {', '.join(secrets)}"
    patch = json.dumps({"stringData": {name: value}})
    return ManualTask(
        title=f"set {name} in {which}, which the chart's pods load in full",
        path=deployment.path,
        place=f"{deployment.path}:{deployment.line}",
        command=f"kubectl patch secret {quote(secrets[0] if len(secrets) == 1 else 'NAME')} --patch {quote(patch)}",
    )


def _by_hand(deployment: Deployment, name: str, environment: str | None, value: str, text: str = "") -> ManualTask:
    command = HOST_COMMANDS.get(deployment.host)
    if command:
        line = command.format(name=name, value=quote(value), service=quote(deployment.name))
        if (
            deployment.host in ("heroku", "scalingo", "dokku")
            and environment in OWN_NAMES
            and environment not in deployment.variables
        ):
            line += f" {environment}={deployment.environment}"
        return ManualTask(
            id=host_value_id(deployment.path, deployment.name, name),
            title=f"set {name} {deployment.on_host}",
            command=line,
            path=deployment.path,
        )
    if deployment.host == PROCFILE:
        rows = [f"{name}={value}"]
        if environment in OWN_NAMES and environment not in deployment.variables:
            rows.append(f"{environment}={deployment.environment}")
        known = ", ".join(f"`{HOST_COMMANDS[h].partition(' {')[0]}`" for h in OF_PROCFILES)
        return ManualTask(
            id=host_value_id(deployment.path, deployment.name, name),
            title=f"set {name} on the platform that runs {deployment.path}",
            reason=f"nothing here names that platform: use its dashboard or its command ({known})",
            path=deployment.path,
            snippet="\n".join(rows),
        )
    if deployment.host == "kamal" and deployment.elsewhere is not None:
        title = f"set {name} in {deployment.elsewhere}, which {deployment.path} passes to {deployment.name}"
        return ManualTask(title=title, path=deployment.path, snippet=f"{name}={value}")
    snippet = declaration(deployment.host, name, value, text)
    whom = "" if deployment.name == deployment.path else f" for {deployment.name}"
    title = f"declare {name}{whom} in {deployment.path}"
    secret = whole_secret(text) if deployment.host == "kubernetes" else None
    if secret is not None:
        title = f"set {name} in the Secret `{secret}`, which {deployment.name} loads in full"
    return ManualTask(title=title, path=deployment.path, place=f"{deployment.path}:{deployment.line}", snippet=snippet)
