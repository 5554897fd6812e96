"""A deployed service, and the variables declared for it."""

from __future__ import annotations

from msgspec import Struct

from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern

_STAGING = lazy_pattern(r"(^|[^a-z])(staging|stage|stg|qa|preview|uat)([^a-z]|$)")


class Declared(Struct, frozen=True, kw_only=True):
    """A declared variable: its value where it is written down (None: a secret kept elsewhere), and its place.

    `generated` says that the host makes up its value.
    """

    value: str | None
    path: str
    line: int
    generated: bool = False


class Lacking(Struct, frozen=True, kw_only=True):
    """A variable that a service does not get: what declares its variables is whole, and this one is not among them."""

    path: str
    line: int


class Elsewhere(Struct, frozen=True, kw_only=True):
    """A variable that a service may get from a place that is not in the repository: `where` names it."""

    where: str
    path: str
    line: int


_HOST_NAMES = {
    "caprover": "CapRover",
    "compose": "Docker Compose",
    "digitalocean": "DigitalOcean",
    "ecs": "ECS",
    "fly": "Fly.io",
    "procfile": "the Procfile's platform",
    "systemd": "systemd",
}
"""How hosts write themselves whose name is more than a capital letter."""

_KEEPERS = {"dokku": "configuration", "procfile": "configuration"}
"""Where a host keeps variables that has no dashboard (https://dokku.com/docs/configuration/environment-variables/)."""


class Deployment(Struct, frozen=True, kw_only=True):
    """A service that a file deploys.

    `closed` says that the file is meant to declare every variable of the service; an open one leaves some to a
    dashboard. `root` is the folder that is built (None: not reported), `serves` is `backend`, `frontend` or `unknown`.
    `commands` are those that start it, `elsewhere` names the place of what an open one leaves out.
    `schedule` is the crontab of one that is started by the clock, `zone` its time zone where the file names one.
    `domains` are the host names at which it answers, `image` is the reference of a container's image.
    `problem` says why the file could not be read: nothing but its place and its host is known then.
    """

    name: str
    host: str
    environment: str
    path: str
    line: int
    root: str | None
    serves: str
    variables: dict[str, Declared]
    closed: bool
    build: str | None = None
    build_line: int | None = None
    problem: ParseError | None = None
    commands: str = ""
    elsewhere: str | None = None
    schedule: str = ""
    zone: str = ""
    domains: tuple[str, ...] = ()
    image: str | None = None

    @property
    def host_name(self) -> str:
        """The host as it writes itself: `Fly.io`, `Docker Compose`."""
        return _HOST_NAMES.get(self.host) or (self.host.title() if " " in self.host else self.host.capitalize())

    @property
    def label(self) -> str:
        """The service and its host: `web (Render)`, `Railway (railway.json)`, or only the host where nothing has a name."""
        return self._labeled()

    @property
    def full_label(self) -> str:
        """The label with the environment: `web (Render, production)`, `Heroku (production)`."""
        return self._labeled(self.environment)

    def _labeled(self, *more: str) -> str:
        named = self.name not in (self.host, self.path)
        within = [self.host_name] if named else [self.path] if self.name == self.path else []
        notes = ", ".join([*within, *more])
        return (self.name if named else self.host_name) + (f" ({notes})" if notes else "")

    @property
    def on_host(self) -> str:
        """Where a person sets a variable: `for web on Render`, `on Heroku`, `on Railway (railway.json)`."""
        return f"on {self.label}" if self.name in (self.host, self.path) else f"for {self.name} on {self.host_name}"

    @property
    def leaves_to(self) -> str:
        """The place of the variables that an open deployment does not declare, as the end of "…gets variables from"."""
        return self.elsewhere or f"{self.host_name}'s {_KEEPERS.get(self.host, 'dashboard')}"

    @property
    def gets_variables(self) -> str:
        """The sentence that says where the variables come from that an open deployment does not declare."""
        if self.elsewhere or self.name not in (self.host, self.path):
            return f"{self.label} gets variables from {self.leaves_to}"
        return f"{self.label} keeps variables in its {_KEEPERS.get(self.host, 'dashboard')}"

    def state(self, variable: str) -> Declared | Lacking | Elsewhere:
        """Tell how a variable reaches this service."""
        declared = self.variables.get(variable)
        if declared is not None:
            return declared
        if self.closed:
            return Lacking(path=self.path, line=self.line)
        return Elsewhere(where=self.leaves_to, path=self.path, line=self.line)


def environment_of(*names: str | None) -> str:
    """Read an environment from names: `staging` where one says so, else `production`."""
    return "staging" if any(name and _STAGING.search(name.lower()) for name in names) else "production"


def unreadable(path: str, host: str, serves: str, problem: ParseError) -> Deployment:
    """Return the deployment of a file that does not parse: nothing is known of it but its place and its host."""
    return Deployment(
        name=path,
        host=host,
        environment=environment_of(path),
        path=path,
        line=problem.line or 1,
        root=None,
        serves=serves,
        variables={},
        closed=False,
        problem=problem,
    )
