"""What is left for the person: secrets to store, values to paste, integrations to connect; open until Sentry shows it was done.

It follows from the repository, so it is the same on every machine, and stays until something that arrived proves it done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shlex import quote

from msgspec.structs import replace

from checks.ci.model import Provider
from checks.ci.providers import provider, providers
from checks.ci.reading import names_read, uses_secret
from checks.items.dsn import known_dsns
from checks.model import ManualTask, Target
from checks.production.origins import EnvRead
from checks.repository.backends import Backend
from checks.repository.deployment import Deployment
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.names import github_name, project_slug
from checks.repository.origin import read_origin
from checks.repository.release_steps import commits_workflow
from checks.repository.settings import settings_chain
from checks.sentry_api.snapshot import NOT_ASKED, Integration, Repository, Unavailable
from checks.targets.dsn_reads import dsn_read
from checks.targets.observed import FRESH, every_target, made_by_tool, project_of
from checks.targets.production_environment import is_production, production_environments

TOKEN, READ_TOKEN = "SENTRY_AUTH_TOKEN", "SENTRY_READ_TOKEN"
_HOST_PAGES = {
    "render": "https://dashboard.render.com/",
    "railway": "https://railway.com/dashboard",
    "vercel": "https://vercel.com/dashboard",
    "netlify": "https://app.netlify.com/",
    "heroku": "https://dashboard.heroku.com/apps",
    "fly": "https://fly.io/dashboard",
}
HOST_COMMANDS = {
    "fly": "fly secrets set {name}={value} --app {service}",
    "heroku": "heroku config:set {name}={value}",
    "scalingo": "scalingo env-set {name}={value}",
    "dokku": "dokku config:set APP {name}={value}",
    "railway": "railway variables --set {name}={value}",
    "vercel": "vercel env add {name} production",
    "cloud foundry": "cf set-env {service} {name} {value}",
    "clever cloud": "clever env set {name} {value}",
}
"""How a value is set on a host, by the host's own client (https://dokku.com/docs/configuration/environment-variables/)."""
OF_PROCFILES = ("heroku", "dokku", "scalingo", "railway")
"""The hosts with a client that run a Procfile: which of them does is not written where a repository has no more than that."""
ON_GITHUB = "Settings > Secrets and variables > Actions of the repository on GitHub"
"""Where secrets and variables are kept, for a checkout that does not name its repository there."""


def secret_id(name: str) -> str:
    """Return the id of the task to store a secret of CI."""
    return f"ci-secret:{name}"


def variable_id(name: str) -> str:
    """Return the id of the task to store a variable of CI."""
    return f"ci-variable:{name}"


def host_secret_id(path: str, service: str, name: str) -> str:
    """Return the id of the task to store a secret for a service that a file deploys."""
    return f"host-secret:{path}:{service}:{name}"


def host_value_id(path: str, service: str, name: str) -> str:
    """Return the id of the task to give a variable its value for a service that a file deploys."""
    return f"host-value:{path}:{service}:{name}"


def integration_id(provider: str) -> str:
    """Return the id of the task to connect an integration that brings the repository's commits in."""
    return f"integration:{provider}"


def manual_tasks(facts: Facts) -> tuple[ManualTask, ...]:
    """Return the tasks in the order in which a person does them; `done` where Sentry shows it, open without a snapshot.

    A task is left out where the answer that would show it done was not asked for: it may be done long ago.
    """
    asked = _asked(facts)
    found = [
        *(_secrets(facts) if asked(("releases",), ("bundles",)) else ()),
        *(_values(facts) if asked(("environments", "keys"), ()) else ()),
        *(_variables(facts) if asked((), ("live", "keys")) else ()),
        *(_integrations(facts) if facts.snapshot is None or facts.snapshot.repositories is not NOT_ASKED else ()),
    ]
    return tuple({t.id: t for t in found}.values())


def _asked(facts: Facts) -> Callable[[Sequence[str], Sequence[str]], bool]:
    """Return what tells whether some answers were asked for: of every project, and of those of frontends."""

    def asked(of_all: Sequence[str], of_frontends: Sequence[str]) -> bool:
        browsers = {f.name for f in facts.frontends}
        parts = [(project_of(facts, t), t.name in browsers) for t in every_target(facts)]
        return not any(
            getattr(project, name) is NOT_ASKED
            for project, browser in parts
            if project is not None
            for name in (*of_all, *(of_frontends if browser else ()))
        )

    return asked


def with_stored(
    tasks: tuple[ManualTask, ...], secrets: frozenset[str], variables: frozenset[str]
) -> tuple[ManualTask, ...]:
    """Return the tasks, ticked where the CI's own store names the secret or the variable."""

    def stored(task: ManualTask) -> bool:
        kind, _, name = task.id.partition(":")
        return name in {"ci-secret": secrets, "ci-variable": variables}.get(kind, frozenset())

    return tuple(replace(t, done=True, seen="gh lists it") if not t.done and stored(t) else t for t in tasks)


def _url(facts: Facts) -> str:
    return facts.snapshot.url if facts.snapshot else facts.config.answers.get("sentry.url", "https://sentry.io")


def _organization(facts: Facts) -> str:
    return facts.snapshot.organization if facts.snapshot else facts.config.answers.get("sentry.org", ":orgslug")


def storing(ci: Provider, name: str, repository: str | None) -> tuple[str | None, str | None]:
    """Return the command that stores a secret of CI, and the place in words where no command is sure to do it.

    `repository` is its `owner/name` at GitHub, None elsewhere: GitHub's command asks the checkout's remote.
    """
    command = ci.secret_command.format(name=name) or None
    if command is None:
        return None, ci.secrets
    return command, ON_GITHUB if ci.forge == "GitHub" and repository is None else None


def _secrets(facts: Facts) -> Iterator[ManualTask]:
    """The token of CI, and of the hosts that build: proven by an upload, or by a release that CI made."""
    page = f"{_url(facts)}/settings/{_organization(facts)}/auth-tokens/"
    seen, repository = _uploaded(facts), github_name(facts.tree.root)
    for flow in facts.workflows:
        text = facts.text(flow.path) or ""
        command, place = storing(flow.ci, TOKEN, repository)
        if TOKEN in text and uses_secret(facts, flow, TOKEN):
            yield ManualTask(
                id=secret_id(TOKEN),
                title=f"Create an organization token and store it as the CI secret {TOKEN}",
                reason=f"{flow.path} uses it to create releases and to upload source maps",
                url=page,
                command=command,
                place=place,
                path=flow.path,
                done=bool(seen),
                seen=seen or "a release that CI created, or an uploaded artifact bundle",
            )
        command, place = storing(flow.ci, READ_TOKEN, repository)
        if (f"secrets.{READ_TOKEN}" if flow.ci.hands_secrets else READ_TOKEN) in text:
            yield ManualTask(
                id=secret_id(READ_TOKEN),
                title=f"Create a personal token with read scopes and store it as the CI secret {READ_TOKEN}",
                reason=f"{flow.path} uses it to check Sentry",
                url=f"{_url(facts)}/settings/account/api/auth-tokens/new-token/",
                command=command,
                place=place,
                path=flow.path,
                done=False,
                seen="the secret in CI's own store",
            )
    for deployment in facts.deployments:
        declared = deployment.variables.get(TOKEN)
        if declared is not None and declared.value is None:
            yield ManualTask(
                id=host_secret_id(deployment.path, deployment.name, TOKEN),
                title=f"Store an organization token as {TOKEN} {deployment.on_host}",
                reason="its build uploads source maps",
                url=_HOST_PAGES.get(deployment.host, page),
                path=declared.path,
                done=bool(seen),
                seen=seen or "an uploaded artifact bundle",
            )


def _uploaded(facts: Facts) -> str:
    """Return what shows that a token is stored where CI runs, "" for nothing."""
    recent = dt.datetime.now(dt.UTC) - FRESH
    for target in every_target(facts):
        project = project_of(facts, target)
        for release in project.releases if project is not None and isinstance(project.releases, tuple) else ():
            if made_by_tool(release) and (release.created is None or release.created > recent):
                return f"release {release.version} of {project.slug} is in Sentry" if project else ""
        for bundle in project.bundles if project is not None and isinstance(project.bundles, tuple) else ():
            if bundle.date is not None and bundle.date > recent:
                return f"artifact bundle {bundle.id[:8]}… of {project.slug} is in Sentry" if project else ""
    return ""


def _dsn(facts: Facts, kind: str, target: Target) -> str | None:
    """Return the public DSN of a target: the project's active key, else one that is written down; None without either."""
    project = project_of(facts, target)
    keys = project.keys if project is not None and isinstance(project.keys, tuple) else ()
    live = next((k.dsn for k in keys if k.active), None)
    if live is not None:
        return live
    written = known_dsns(facts, kind, target)
    return written[0].dsn.text if written else None


def _keys_page(facts: Facts, kind: str, target: Target) -> str:
    """Return the page on which a person finds the DSN of a target's project."""
    project = project_of(facts, target)
    slug = project.slug if project is not None else project_slug(facts, kind, target.name)
    return f"{_url(facts)}/settings/{_organization(facts)}/projects/{slug}/keys/"


def _values(facts: Facts) -> Iterator[ManualTask]:
    """The DSN in each place that keeps values outside of the repository: proven by an event from that environment."""
    for backend in facts.backends:
        name, dsn = _variable_of(facts, backend), _dsn(facts, "backend", backend.target)
        for deployment in deployments_of_backend(facts, backend.root):
            declared = deployment.variables.get(name)
            if deployment.problem is None and (declared.value is None if declared else not deployment.closed):
                task = _value(deployment, name, dsn, _environment_seen(facts, backend, deployment))
                page = _keys_page(facts, "backend", backend.target)  # also of a value whose host has no page of its own
                yield replace(task, url=task.url or (page if dsn else None), value_url=None if dsn else page)


def _value(deployment: Deployment, name: str, dsn: str | None, seen: str) -> ManualTask:
    host, service = deployment.host, deployment.name
    command = HOST_COMMANDS.get(host)
    return ManualTask(
        id=host_value_id(deployment.path, service, name),
        title=f"Set {name} {deployment.on_host} ({deployment.environment})",
        reason=f"{deployment.path} declares it and leaves the value to {deployment.leaves_to}"
        if name in deployment.variables
        else deployment.gets_variables,
        url=_HOST_PAGES.get(host),
        command=command.format(name=name, value=quote(dsn), service=quote(service)) if command and dsn else None,
        value=f"{name}={dsn}" if dsn else None,
        path=deployment.path,
        done=bool(seen),
        seen=seen or f"an error from {deployment.environment}",
    )


def _variable_of(facts: Facts, backend: Backend) -> str:
    read = dsn_read(settings_chain(facts, backend))
    return read[1].name if read is not None and isinstance(read[1], EnvRead) else "SENTRY_DSN"


def _environment_seen(facts: Facts, backend: Backend, deployment: Deployment) -> str:
    project, names = project_of(facts, backend.target), production_environments(facts)
    environments = project.environments if project is not None and isinstance(project.environments, tuple) else ()
    for one in environments:
        wanted = is_production(one, names) if deployment.environment == "production" else one == deployment.environment
        if wanted:
            return f"errors of {one} arrive in {project.slug}" if project else ""
    return ""


def _variables(facts: Facts) -> Iterator[ManualTask]:
    """The repository variable with a frontend's DSN, which its build in CI reads: proven by an error of the browser."""
    flows = [f for f in facts.workflows if f.ci.hands_secrets and "SENTRY_DSN" in (facts.text(f.path) or "")]
    names = {n for f in flows for n in names_read(f.node, "vars") if n.endswith("SENTRY_DSN")}
    if not names or not facts.frontends:
        return
    target = facts.frontends[0].target
    dsn, project = _dsn(facts, "frontend", target), project_of(facts, target)
    live = project.live if project is not None and isinstance(project.live, tuple) else ()
    repository = github_name(facts.tree.root)
    for name in sorted(names):
        yield ManualTask(
            id=variable_id(name),
            title=f"Store the frontend's DSN as the repository variable {name}",
            reason="the build in CI reads it; a browser's DSN is public",
            url=f"https://github.com/{repository}/settings/variables/actions" if repository else None,
            command=f"gh variable set {name}" + (f" --body {dsn}" if dsn else ""),
            place=None if repository else ON_GITHUB,
            value=f"{name}={dsn}" if dsn else None,
            value_url=None if dsn else _keys_page(facts, "frontend", target),
            done=bool(live),
            seen=f"errors of the frontend arrive in {project.slug}" if live and project else "an error of the browser",
        )


def _integrations(facts: Facts) -> Iterator[ManualTask]:
    """The integration that brings the repository's commits in, without which no release knows its commits.

    Done is it only where the integration of the repository's own forge works, and Sentry lists this very repository by it.
    """
    flow = commits_workflow(facts)
    if flow is None:
        return
    origin = read_origin(Path(facts.tree.root)) if Path(facts.tree.root).is_dir() else None
    forges = {p.name: p for p in providers() if p.integrations}
    own = forges.get((origin.forge if origin else None) or "") or forges.get(flow.provider)
    ci = own or next(iter(forges.values()))
    forge = ci.name
    name, installed = (origin.name if origin else None), facts.snapshot.integrations if facts.snapshot else ()
    active = () if isinstance(installed, Unavailable) else working_integrations(installed, forge)
    listed = facts.snapshot.repositories if facts.snapshot else ()
    linked = None if isinstance(listed, Unavailable) else linked_repository(name, active, listed)
    seen = f"this repository of {ci.forge} in Sentry's list of repositories"
    if linked:
        seen = f"Sentry lists {linked.name}"
    elif active and name:
        seen = f"{active[0].name} is connected, and Sentry does not list {name} yet"
    yield ManualTask(
        id=integration_id(forge),
        title=f"Connect {ci.forge} to Sentry" + (f" and give it {name}" if name else ""),
        reason="releases then know their commits, and issues their suspect commits",
        url=f"{_url(facts)}/settings/{_organization(facts)}/integrations/{forge}/",
        path=flow.path,
        done=linked is not None,
        seen=seen,
    )


def working_integrations(installed: Sequence[Integration], forge: str) -> tuple[Integration, ...]:
    """Return the integrations that work and bring the repositories of a forge in."""
    return tuple(i for i in installed if i.active and i.provider in provider(forge).integrations)


def linked_repository(
    name: str | None, active: Sequence[Integration], listed: Sequence[Repository]
) -> Repository | None:
    """Return the repository that Sentry has by one of these integrations, None without it; GitLab's names have spaces."""
    ids = {i.id for i in active}
    for one in listed if name else ():
        if one.active and one.integration in ids and one.name.replace(" ", "").lower() == (name or "").lower():
            return one
    return None
