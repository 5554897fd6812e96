"""Everything the checks know about a repository: each file read and parsed once, each discovery made once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from checks.parsers import yaml as yaml_parser
from checks.parsers.python import Module, read_module
from checks.parsers.text import ParseError, decode
from checks.patterns import lazy_pattern
from checks.repository.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from yaml import Node

    from checks.ci.model import Workflow
    from checks.config import Config
    from checks.parsers.vite import ViteConfig
    from checks.policy import Policy
    from checks.repository.backends import Backend
    from checks.repository.deployment import Deployment
    from checks.repository.frontends import Frontend
    from checks.sentry_api.snapshot import Snapshot

T = TypeVar("T")
DOCKERFILE = lazy_pattern(r"(^|/)([^/]*\.|[\w-]*[-_])?([Dd]ocker|[Cc]ontainer)file(\.[^/]*|[-_][\w-]+)?$")
NOT_TEXT = frozenset(
    [
        "avi",
        "bin",
        "bz2",
        "csv",
        "db",
        "dll",
        "doc",
        "docx",
        "eot",
        "exe",
        "geojson",
        "gif",
        "gz",
        "ico",
        "jar",
        "jpeg",
        "jpg",
        "lock",
        "map",
        "mo",
        "mov",
        "mp3",
        "mp4",
        "otf",
        "parquet",
        "pdf",
        "png",
        "po",
        "pot",
        "ppt",
        "pptx",
        "pyc",
        "so",
        "sqlite",
        "sqlite3",
        "svg",
        "tar",
        "tsv",
        "ttf",
        "webm",
        "webp",
        "whl",
        "woff",
        "woff2",
        "xls",
        "xlsx",
        "xz",
        "zip",
    ]
)
"""Suffixes of files that hold no text to search, and of locks."""
_BULK = frozenset(
    [
        "adoc",
        "astro",
        "c",
        "cc",
        "cjs",
        "cpp",
        "cs",
        "css",
        "cts",
        "ejs",
        "go",
        "graphql",
        "h",
        "hpp",
        "htm",
        "html",
        "ipynb",
        "j2",
        "java",
        "jinja",
        "js",
        "jsx",
        "kt",
        "less",
        "md",
        "mjs",
        "mts",
        "php",
        "proto",
        "pug",
        "py",
        "pyi",
        "rb",
        "rs",
        "rst",
        "sass",
        "scss",
        "snap",
        "sql",
        "svelte",
        "swift",
        "ts",
        "tsx",
        "vue",
    ]
) | (NOT_TEXT - {"lock"})
"""Suffixes of files that configure nothing; what is looked for among them is asked for by its suffix or name."""


CACHE_BYTES = 16 * 1024 * 1024
"""Upper bound, in bytes, of cached file contents."""


class Facts:
    """A repository as the checks see it. `snapshot` holds what Sentry answered, None when the audit is offline."""

    def __init__(self, tree: Tree, config: Config, snapshot: Snapshot | None = None) -> None:
        self.tree = tree
        self.config = config
        self.snapshot = snapshot
        self.policy: Policy | None = None
        self._parsed: dict[tuple[str, str], object] = {}
        self._computed: dict[tuple[Callable[..., object], str], object] = {}
        self._held: dict[str, bytes | None] = {}
        self._cache_budget = CACHE_BYTES

    @cached_property
    def paths(self) -> frozenset[str]:
        """All files, for membership tests."""
        return frozenset(self.tree.paths)

    @cached_property
    def by_suffix(self) -> dict[str, list[str]]:
        """Files by what follows the last dot of their name, "" for none."""
        grouped: defaultdict[str, list[str]] = defaultdict(list)
        for path in self.tree.paths:
            dot = path.rfind(".")
            grouped["" if dot < path.rfind("/") or dot < 0 else path[dot + 1 :]].append(path)
        return dict(grouped)

    @cached_property
    def _joined(self) -> str:
        """All paths in one text, each between two NULs, which no path holds: a name is found in it at the speed of memory."""
        return "\0" + "\0".join(self.tree.paths) + "\0"

    def with_suffix(self, *suffixes: str) -> list[str]:
        """Return the files that end in any of some suffixes (without the dot), sorted."""
        found = [p for s in suffixes for p in self.by_suffix.get(s, ())]
        return found if len(suffixes) == 1 else sorted(found)

    @cached_property
    def configuration(self) -> tuple[str, ...]:
        """Files that may configure, build or deploy something: all but code, pages, documents, pictures and data, sorted."""
        return tuple(sorted(p for s, found in self.by_suffix.items() if s.lower() not in _BULK for p in found))

    @cached_property
    def dockerfiles(self) -> tuple[str, ...]:
        """Files that describe an image."""
        return tuple(p for p in self.configuration if DOCKERFILE.search(p) and "node_modules/" not in p)

    def named(self, *names: str) -> list[str]:
        """Return the files of some names, the least deep first, then by path."""
        found = []
        for name in names:
            at = self._joined.find(name + "\0")
            while at >= 0:
                if self._joined[at - 1] in "/\0":
                    found.append(self._joined[self._joined.rfind("\0", 0, at) + 1 : at + len(name)])
                at = self._joined.find(name + "\0", at + 1)
        return sorted(found, key=lambda p: (p.count("/"), p))

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None when it is missing or may not be read."""
        if path in self._held:
            return self._held[path]
        try:
            data = self.tree.read(path)
        except UnreadableFileError:
            data = None
        self.cache_file(path, data)
        return data

    def cache_file(self, path: str, data: bytes | None) -> None:
        """Cache the contents of a file, or that it is missing, unless the cache is full: then each use reads the file again."""
        size = len(data or b"")
        if path not in self._held and size <= self._cache_budget:
            self._held[path] = data
            self._cache_budget -= size

    def text(self, path: str) -> str | None:
        """Return a file's text with line ends as `\\n`, or None."""
        data = self.read(path)
        return None if data is None else decode(data).replace("\r\n", "\n")

    def holding(self, needles: Iterable[str], paths: Iterable[str]) -> list[str]:
        """Return those of some files whose text holds any of some words, sorted; `git grep` looks where there are many."""
        asked, words = sorted(set(paths)), tuple(needles)
        held = self.tree.files_containing(words, asked) if asked and words else frozenset()
        if held is not None:
            asked = [p for p in asked if p in held]
        return [p for p in asked if any(w in (self.text(p) or "") for w in words)]

    def line(self, path: str, number: int) -> str | None:
        """Return a line (1-based) of a file, or None where there is none."""
        lines = (self.text(path) or "").split("\n", number)
        return lines[number - 1] if 0 < number <= len(lines) else None

    def column(self, path: str, line: int, offset: int) -> int | None:
        """Return the 1-based column, in characters, of an offset in UTF-8 bytes: so `ast` and tree-sitter count."""
        text = self.line(path, line)
        return (
            None if text is None else len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore")) + 1
        )

    def parsed(self, kind: str, path: str, parse: Callable[[str], T]) -> T | ParseError | None:
        """Parse a file once; None when it is missing, the `ParseError` when its grammar refuses it."""
        key = (kind, path)
        if key not in self._parsed:
            text = self.text(path)
            try:
                self._parsed[key] = None if text is None else parse(text)
            except ParseError as error:
                self._parsed[key] = error
        return self._parsed[key]  # type: ignore[return-value]

    def memoize(self, function: Callable[..., object], key: str, compute: Callable[[], T]) -> T:
        """Compute something once for this repository; later calls with the same function and key return the same value.

        `function` is the one whose value it is: two that choose the same words for a key cannot meet.
        """
        place = (function, key)
        if place not in self._computed:
            self._computed[place] = compute()
        return self._computed[place]  # type: ignore[return-value]

    def has(self, function: Callable[..., object], key: str = "") -> bool:
        """Return whether `memoize` has computed a value of a function."""
        return (function, key) in self._computed

    def forget(self) -> None:
        """Drop what was read and computed; what is asked for again is computed again.

        What is computed refers to the facts, which hold it: without this only a full garbage collection frees it, and that stops
        every thread. One entry at a time, so that other threads run in between.
        """
        for held in (self._computed, self._parsed, self._held):
            while held:
                held.popitem()
        self._cache_budget = CACHE_BYTES
        for name in [n for n, v in vars(type(self)).items() if isinstance(v, cached_property)]:
            self.__dict__.pop(name, None)

    def yaml(self, path: str) -> Node | ParseError | None:
        """Return a YAML file's first document."""
        return self.parsed("yaml", path, yaml_parser.parse_yaml)

    def documents(self, path: str) -> tuple[Node, ...] | ParseError:
        """Return every document of a YAML (or JSON) file; none where it is missing."""
        found = self.parsed("yaml documents", path, yaml_parser.parse_documents)
        return () if found is None else found

    def python(self, path: str) -> Module | ParseError | None:
        """Return a Python module's facts."""
        return self.parsed("python", path, read_module)

    def vite(self, path: str) -> ViteConfig | ParseError | None:
        """Return a Vite config's facts."""
        from checks.parsers.vite import read_vite_config
        from checks.repository.config_modules import modules_around

        modules = modules_around(self, path)
        return self.parsed("vite", path, lambda text: read_vite_config(text.encode(), path, modules=modules))

    @cached_property
    def backends(self) -> tuple[Backend, ...]:
        """The Django projects of the repository."""
        from checks.repository.backends import find_backends

        return find_backends(self)

    @cached_property
    def frontends(self) -> tuple[Frontend, ...]:
        """The browser applications of the repository."""
        from checks.repository.frontends import find_frontends

        return find_frontends(self)

    @cached_property
    def workflows(self) -> tuple[Workflow, ...]:
        """The CI definitions of the repository, of every provider."""
        from checks.ci.providers import find_workflows

        return find_workflows(self)

    @cached_property
    def deployments(self) -> tuple[Deployment, ...]:
        """The deployed services that files of the repository describe."""
        from checks.repository.deploys import find_deployments

        return find_deployments(self)


def join(folder: str, name: str) -> str:
    """Join a POSIX path relative to the root, `.` being the root, with `..` and `.` folded; never above the root."""
    parts: list[str] = []
    for part in (name if name.startswith("/") else f"{folder}/{name}").split("/"):
        if part == "..":
            if not parts:
                return "../" + name
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts) or "."


def parent(path: str) -> str:
    """Return the folder of a path, `.` for the root."""
    return path.rpartition("/")[0] or "."


def upwards(folder: str) -> list[str]:
    """Return a folder and those above it, the root last."""
    folders = [folder]
    while folders[-1] != ".":
        folders.append(parent(folders[-1]))
    return folders


def inside(path: str, folder: str) -> bool:
    """Return whether a path lies in a folder (`.` holds everything)."""
    return folder == "." or path == folder or path.startswith(folder + "/")
