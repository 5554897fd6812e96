"""Which routers an application includes: only those run what they register for the startup.

https://fastapi.tiangolo.com/reference/apirouter/#fastapi.APIRouter.on_event
"""

from __future__ import annotations

from checks.production.values import Guard

ROUTERS = frozenset({"fastapi.APIRouter", "fastapi.routing.APIRouter", "starlette.routing.Router"})
_Place = tuple[str, int]


class IncludedRouters:
    """The routers that register something, and the places of those that are included (None: one that is not seen)."""

    def __init__(self) -> None:
        self.known: set[_Place | None] = set()
        self.included: set[_Place | None] = set()

    def guard(self, owner: _Place | None) -> Guard | None:
        """Return the condition around what an object registers; None where it runs."""
        if owner not in self.known or (owner is not None and owner in self.included):
            return None
        truth = None if owner is None or None in self.included else False
        path, line = owner or ("", 1)
        return Guard(test="the application includes the router", path=path, line=line, truth=truth)
