"""Settings that are composed of files: `include` of django-split-settings."""

from __future__ import annotations

import ast
import fnmatch

from checks.parsers.position import line_of, written
from checks.production.statements import Statements
from checks.production.values import Value


class Includes(Statements):
    """Runs the files that settings include."""

    def include(self, pattern: Value, node: ast.Call) -> None:
        """Run the files of django-split-settings in the module that includes them."""
        plain = self.plain(pattern)
        if plain is None or not isinstance(plain.value, str):
            self.opaque.append((self.frame.path, line_of(node), written(node)[:80]))
            return
        found = self.included(plain.value)
        if plain.value and not found:
            # A file that must be there and is in no commit: each host has its own, and it may set any name.
            name = f"include({plain.value!r})"
            self.not_committed.append((self.frame.path, line_of(node), name))
            self.heap.blur(self.frame.scopes[-1], self.unknown(node, name))
        for path in found:
            if path not in self.files:
                self.take_in(path, self.frame.scopes[-1])

    def included(self, pattern: str) -> list[str]:
        """Return the files of the repository that a pattern of django-split-settings takes in, beside the module that runs."""
        folder = self.frame.path.rpartition("/")[0]
        wanted = f"{folder}/{pattern}" if folder else pattern
        parts: list[str] = []
        for part in wanted.split("/"):
            if part == ".." and parts:
                parts.pop()
            elif part not in (".", "", ".."):
                parts.append(part)
        return sorted(fnmatch.filter(self.repository.paths, "/".join(parts)))[:40]
