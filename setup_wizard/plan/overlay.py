"""A tree with changes on top of it: steps plan on it one after another, and the checks run on it before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from checks.repository.tree import Tree


class Overlay:
    """A tree whose files may have been changed in memory; reading falls through to the base."""

    def __init__(self, base: Tree, changed: dict[str, bytes] | None = None) -> None:
        self.base = base
        self.changed = dict(changed or {})
        self.root = base.root

    @property
    def revision(self) -> str | None:
        """The base's revision."""
        return self.base.revision

    @property
    def versioned(self) -> bool:
        """Whether git says which files belong to the base."""
        return self.base.versioned

    @property
    def refused(self) -> str | None:
        """Why git does not read the base's repository."""
        return self.base.refused

    @property
    def paths(self) -> tuple[str, ...]:
        """The base's files and the new ones, sorted."""
        return tuple(sorted({*self.base.paths, *self.changed}))

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes as changed, or the base's."""
        return self.changed[path] if path in self.changed else self.base.read(path)

    def files_containing(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
        """Return the base's files that hold the words, and all changed ones."""
        found = self.base.files_containing(needles, paths)
        return None if found is None else found | self.changed.keys()

    def write(self, path: str, data: bytes) -> None:
        """Change a file in memory."""
        self.changed[path] = data

    def fork(self) -> Overlay:
        """Return a copy that can be thrown away."""
        return Overlay(self.base, self.changed)
