"""The step `dsn`: the DSN in an ignored `.env`, its name in `.env.example`, its declaration where the backend deploys."""

from __future__ import annotations

from checks.items.environment import dsn_read
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.text import decode
from checks.parsers.values import EnvRead
from checks.repository.backends import Backend
from checks.repository.deployment import Deployment
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import join
from checks.repository.ignored import is_ignored
from checks.repository.settings import settings_chain
from setup_wizard.editors import compose, dotenv, package_json, render, toml
from setup_wizard.editors.base import Refused
from setup_wizard.plan.model import ByHand
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.sdk import environment_variable

_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example")
_HOST_COMMANDS = {
    "fly": "fly secrets set {name}=… --app {service}",
    "heroku": "heroku config:set {name}=…",
    "railway": "railway variables --set {name}=…",
    "vercel": "vercel env add {name} production",
}


def plan_dsn(context: Context) -> str | None:
    """Plan the env files and the declarations; returns why nothing is done, or None."""
    if not context.facts.backends:
        return "no Django project found"
    for backend in context.facts.backends:
        name = _variable(context, backend)
        environment = environment_variable(context, backend)
        _local(context, backend, name, environment)
        _deployed(context, backend, name, environment)
    return None


def _variable(context: Context, backend: Backend) -> str:
    found = dsn_read(settings_chain(context.facts, backend))
    if found is None:
        return "SENTRY_DSN"
    located, value = found
    if isinstance(value, EnvRead):
        return value.name
    place = f"{located.path}:{value.line}"
    raise StepRefused(
        Refused(
            "the DSN is not read from an environment variable, and existing code is never rewritten",
            'dsn=os.environ.get("SENTRY_DSN"),',
            place,
        )
    )


def _local(context: Context, backend: Backend, name: str, environment: str) -> None:
    path = join(backend.root, ".env")
    if context.tracked(path):
        raise StepRefused(
            Refused(
                f"git tracks {path}, so no DSN is written to it",
                f"git rm --cached {path}\necho .env >> .gitignore",
                path,
            )
        )
    if context.ignored(path) is not True:
        context.edit(".gitignore", lambda data: dotenv.ignore_patterns(data, (".env",)))
    if any(is_ignored(context.facts, join(f.root, ".env.local")) is False for f in context.facts.frontends):
        context.edit(".gitignore", lambda data: dotenv.ignore_patterns(data, (".env.local",)))
    present = {v.name: v.value for v in parse_dotenv(decode(context.overlay.read(path) or b""))}
    dsn = context.dsn("backend", backend.name)
    wanted = {name: dsn} if dsn else {}
    if dsn is None:
        context.actions.append(ByHand(title=f"put the project's DSN into {path} as {name}"))
    if environment == "SENTRY_ENVIRONMENT":
        wanted[environment] = "development"
    kept = [k for k in wanted if present.get(k)]
    missing = {k: v for k, v in wanted.items() if k not in kept}
    if name in kept and present.get(name) != wanted[name]:
        context.actions.append(ByHand(title=f"{path} keeps the {name} that you set; the project's is {wanted[name]}"))
    if missing:
        context.edit(path, lambda data: dotenv.set_variables(data, missing, path, "Sentry"), secret=True)
    folder_files = [join(backend.root, e) for e in _EXAMPLES] + list(_EXAMPLES)
    example = next((p for p in folder_files if context.overlay.read(p) is not None), join(backend.root, ".env.example"))
    known = {v.name for v in parse_dotenv(decode(context.overlay.read(example) or b""))}
    # An empty environment name would be sent as it is, so the example names one; the DSN stays for each to fill in.
    names = {k: v for k, v in {**wanted, name: "", environment: "development"}.items() if k not in known}
    if names:
        comment = "Sentry: the project's DSN, and the environment that events are filed under"
        context.edit(example, lambda data: dotenv.set_variables(data, names, example, comment))


def _deployed(context: Context, backend: Backend, name: str, environment: str) -> None:
    deployments = deployments_of_backend(context.facts, backend.root)
    by_file: dict[str, dict[str, dict[str, str | None]]] = {}
    for deployment in deployments:
        missing = _missing(deployment, name, environment)
        editable = deployment.host == "render" or (deployment.host == "compose" and deployment.closed)
        if deployment.host in _PLAIN and deployment.problem is None:
            _declare_plainly(context, deployment, name, environment)
        elif editable and missing:
            by_file.setdefault(deployment.path, {})[deployment.name] = missing
        elif name not in deployment.variables:
            context.actions.append(_by_hand(deployment, name))
    for path, services in by_file.items():
        if not path.endswith(("render.yaml", "render.yml")):
            result = compose.declare_variables(context.overlay.read(path) or b"", services, path)
            if isinstance(result, Refused):
                context.actions.append(ByHand(title=f"{result.reason}: declare {name} there", command=f"{name}: …"))
                continue
            context.edit(path, lambda data, p=path, s=services: compose.declare_variables(data or b"", s, p))  # type: ignore[misc]
            context.actions.append(
                ByHand(title=f"give {name} its value where {path} is started, or in the .env beside it")
            )
            continue
        context.edit(path, lambda data, p=path, s=services: render.declare_variables(data or b"", s, p))  # type: ignore[misc]
        for service in services:
            context.actions.append(
                ByHand(
                    title=f"give {name} its value in Render's dashboard, service {service}",
                    url="https://dashboard.render.com/",
                )
            )


_PLAIN = ("fly", "heroku")


def _declare_plainly(context: Context, deployment: Deployment, name: str, environment: str) -> None:
    """Name the environment in a file that holds plain values; the DSN is a secret of the host's own store."""
    path, own = deployment.path, {environment: deployment.environment}
    if deployment.host == "fly":
        context.edit(path, lambda data: toml.declare_variables(data or b"", own, path))
    else:
        wanted: dict[str, str | None] = {name: None, **own}
        context.edit(path, lambda data: package_json.declare_variables(data or b"", wanted, path))
    if name not in deployment.variables:
        context.actions.append(_by_hand(deployment, name))


def _missing(deployment: Deployment, name: str, environment: str) -> dict[str, str | None]:
    wanted: dict[str, str | None] = {name: None, environment: deployment.environment}
    return {k: v for k, v in wanted.items() if k not in deployment.variables}


def _by_hand(deployment: Deployment, name: str) -> ByHand:
    command = _HOST_COMMANDS.get(deployment.host)
    if command:
        return ByHand(
            title=f"set {name} on {deployment.host} for {deployment.name}",
            command=command.format(name=name, service=deployment.name),
        )
    return ByHand(
        title=f"declare {name} for {deployment.name} in {deployment.path}, by hand",
    )
