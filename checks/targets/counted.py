"""One sentence for what several services lack: how many of how many, and where each of them is."""

from __future__ import annotations

from collections.abc import Sequence

from checks.model import Finding
from checks.repository.deployment import Deployment

_LISTED = 8
"""Services that a sentence names; the rest is counted."""


def not_declared(
    name: str, missing: Sequence[Deployment], deployments: Sequence[Deployment], *, hint: str, because: str = ""
) -> list[Finding]:
    """Return the finding that a variable is not declared for some of the services, at the first of them; none without any."""
    if not missing:
        return []
    first = missing[0]
    known = [d for d in deployments if d.closed or name in d.variables]  # a dashboard may hold it for the others
    if len(missing) == 1:
        message = f"`{name}` is not declared for {first.full_label}"
    else:
        some = f"{'any' if len(missing) == len(known) else len(missing)} of the {len(known)} {_kind(known)}"
        message = f"`{name}` is not declared for {some}: {listed(missing)}"
    return [Finding(message=message + because, path=first.path, line=first.line, hint=hint)]


def counted(some: Sequence[Deployment], deployments: Sequence[Deployment]) -> str:
    """Return how many of how many services are meant, and which; the only one by its name."""
    if len(some) == 1:
        return f"{some[0].name} ({some[0].environment})"
    return f"{len(some)} of {len(deployments)} {_kind(deployments)}: {listed(some)}"


def listed(services: Sequence[Deployment]) -> str:
    """Return services with their environments and places."""
    places = [f"{d.name} ({d.environment}, {d.path}:{d.line})" for d in services[:_LISTED]]
    return ", ".join(places) + (f" and {len(services) - _LISTED} more" if len(services) > _LISTED else "")


def _kind(services: Sequence[Deployment]) -> str:
    hosts = {d.host_name for d in services}
    return f"{hosts.pop()} services" if len(hosts) == 1 else "services"
