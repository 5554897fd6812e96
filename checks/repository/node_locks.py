"""Versions of Node packages as the lock files of pnpm, Yarn and Bun have them, for one package of a workspace.

Sources: https://pnpm.io/git#lockfiles, https://classic.yarnpkg.com/en/docs/yarn-lock/, https://bun.com/docs/pm/lockfile
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


def of_pnpm(text: str, package: str, folder: str, _asked: str) -> tuple[str, int] | None:
    """Return the version, with its line, that the package in a folder of the workspace gets (`.` for the root), by `pnpm-lock.yaml`."""
    for keys, value, number in _pairs(text):
        within = keys[:1] == ["importers"] and keys[1:2] == [folder]
        named = keys[3:] if within else keys[1:]
        kinds = keys[2:3] if within else keys[:1]
        if kinds and kinds[0] in _KINDS and (within or folder == ".") and named in ([package], [package, "version"]):
            version = value.partition("(")[0].partition("_")[0]
            if version:
                return version, number
    return None


_KINDS = frozenset({"dependencies", "devDependencies", "optionalDependencies"})


def _pairs(text: str) -> Iterator[tuple[list[str], str, int]]:
    """Yield the keys of each line of a plain YAML document of nested mappings, with its value and its number."""
    above: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        key, colon, value = line.strip().partition(": ") if ": " in line else (line.strip().removesuffix(":"), ":", "")
        if not line.strip() or line.lstrip().startswith(("#", "- ")) or not colon:
            continue
        indent = len(line) - len(line.lstrip())
        while above and above[-1][0] >= indent:
            above.pop()
        above.append((indent, key.strip("'\"")))
        if above[0][1] in ("packages", "snapshots"):
            return  # what follows is every package, and no one's own
        yield [name for _, name in above], value.strip().strip("'\""), number


def of_yarn(text: str, package: str, _folder: str, asked: str) -> tuple[str, int] | None:
    """Return the version, with its line, of the entry that has what package.json asks for, by `yarn.lock`; the only one where none has."""
    wanted = {f"{package}@{asked}", f"{package}@npm:{asked}"}
    found: dict[str, int] = {}
    entry: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        if line and not line.startswith((" ", "#")):
            entry = {part.strip().strip('"') for part in line.removesuffix(":").replace('"', "").split(",")}
        elif any(e.rpartition("@")[0] in (package, f"{package}@npm") for e in entry) and line.startswith("  version"):
            version = line.removeprefix("  version").strip(': "')
            if entry & wanted:
                return version, number
            found.setdefault(version, number)
    return next(iter(found.items())) if len(found) == 1 else None


def of_bun(text: str, package: str, _folder: str, _asked: str) -> tuple[str, int] | None:
    """Return the version, with its line, that is installed at the workspace's root, by `bun.lock`."""
    start = f'"{package}": ["{package}@'
    rows = enumerate((row.strip() for row in text.splitlines()), start=1)
    return next(((row.removeprefix(start).partition('"')[0], n) for n, row in rows if row.startswith(start)), None)


READERS: dict[str, Callable[[str, str, str, str], tuple[str, int] | None]] = {
    "pnpm-lock.yaml": of_pnpm,
    "yarn.lock": of_yarn,
    "bun.lock": of_bun,
}
"""What reads a lock file, by its name: given its text, a package, the folder of the one that asks, and what that asks for."""
