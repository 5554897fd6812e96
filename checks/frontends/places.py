"""Where an expression of a frontend is."""

from __future__ import annotations

from msgspec import Struct

from checks.repository.facts import Facts
from checks.repository.frontends import Frontend


class Place(Struct, frozen=True):
    """Where an expression stands: the repository, the frontend, and the file."""

    facts: Facts
    frontend: Frontend
    path: str

    def at(self, path: str) -> Place:
        """Return the same place in another file."""
        return Place(self.facts, self.frontend, path)
