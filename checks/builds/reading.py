"""Read the files of a finished build piece by piece: what a bundle names, whatever its size, in bounded memory."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from checks.patterns import lazy_pattern

_PIECE, _OVERLAP = 512 * 1024, 2048
_MAX_FILES, _DEEPEST = 100_000, 40

BUNDLE = (".js", ".mjs", ".cjs")
_TEXT = (*BUNDLE, ".css")

_UUID = rb"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_COMMENT = lazy_pattern(rb"//# debugId=(" + _UUID + rb")")
_SNIPPET = lazy_pattern(rb"sentry-dbid-(" + _UUID + rb")")
_IN_MAP = lazy_pattern(rb'"debug_?[iI]d"\s*:\s*"(' + _UUID + rb')"')
_LINK = lazy_pattern(rb"[\r\n][ \t]*(?://|/\*)[#@][ \t]*sourceMappingURL=([^\s'\"*]{1,1024})")
_TOKEN = lazy_pattern(rb"sntry[su]_[A-Za-z0-9+/=_-]{16,}")
_DSN = lazy_pattern(rb"https?://[0-9a-f]{32}(?::[0-9a-f]{32})?@[A-Za-z0-9.-]+(?::\d+)?/(?:[\w-]+/)*\d+")
_WORDS: dict[re.Pattern[bytes], bytes] = {
    _COMMENT: b"//# debugId=",
    _SNIPPET: b"sentry-dbid-",
    _IN_MAP: b'"debug',
    _LINK: b"sourceMappingURL=",
    _TOKEN: b"sntry",
    _DSN: b"@",
}
"""What each pattern's match holds: looking for that alone is many times as fast, and most pieces do not have it."""


_CORE_JS = b"__core-js_shared__"
"""The global that core-js keeps its state in (https://github.com/zloirock/core-js, `internals/shared-store`)."""

NITRO = "nitro.json"
"""The file by which Nitro says what it built; beside it are `public` and `server` (https://nitro.build/deploy)."""

_NEXT, _LARGEST_MANIFEST = "build-manifest.json", 8 * 1024 * 1024

SMALL = 64 * 1024
"""Bytes of a file that is looked into: a list of imports or plain data is no longer."""


class BuiltFile(Struct, frozen=True, kw_only=True):
    """A file of a build: its path below the folder, and what was found in it.

    `debug_ids` are of the comment and of the snippet of a bundle, or of a map; `link` is its `sourceMappingURL`, `tokens` counts
    Sentry tokens, `dsn` says that a DSN is in it, `unmapped` that its bundler makes it without a map and
    without any code of the application, `head` are its first bytes where it is small. `served` is False for what only a server
    runs. `problem` says why it was not read.
    """

    path: str
    size: int
    debug_ids: frozenset[str]
    link: str | None
    tokens: bool
    dsn: bool
    unmapped: bool = False
    head: bytes = b""
    served: bool = True
    problem: str | None = None

    @property
    def is_bundle(self) -> bool:
        """Whether browsers may load it as a script."""
        return self.path.lower().endswith(BUNDLE)

    @property
    def is_map(self) -> bool:
        """Whether it is a source map."""
        return self.path.lower().endswith(".map")


def read_build(folder: Path) -> Iterator[BuiltFile]:
    """Yield the files below a folder in order of their paths; links are not followed out of it.

    Yields at most 100,000 files; a last one with `problem` says that there are more.
    """
    unmapped = unmapped_of_next(folder)
    own = "server/" if (folder / NITRO).is_file() else None
    for count, path in enumerate(_files(folder, 0), start=1):
        relative = path.relative_to(folder).as_posix()
        if count > _MAX_FILES:
            yield _unread(relative, f"more than {_MAX_FILES} files: the rest was not read")
            return
        found = _read(path, relative, relative in unmapped)
        yield replace(found, served=False) if own is not None and relative.startswith(own) else found


def unmapped_of_next(folder: Path) -> frozenset[str]:
    """Return the scripts that Next.js writes without a map, as paths below a folder: `.next`, or `static` inside of it.

    Its build manifest lists them: polyfills of old browsers, and lists of pages
    (https://github.com/vercel/next.js/blob/canary/packages/next/src/server/get-page-files.ts).
    """
    prefix = "static/" if folder.resolve().name == "static" else ""
    manifest = folder.resolve().parent / _NEXT if prefix else folder / _NEXT
    try:
        if manifest.is_symlink() or manifest.stat().st_size > _LARGEST_MANIFEST:
            return frozenset()
        told = json.loads(manifest.read_bytes())
    except (OSError, ValueError, RecursionError):
        return frozenset()
    lists = [told.get(key) for key in ("polyfillFiles", "lowPriorityFiles")] if isinstance(told, dict) else []
    names = [name for listed in lists if isinstance(listed, list) for name in listed if isinstance(name, str)]
    return frozenset(name.removeprefix(prefix) for name in names)


def dsn_at_start(folder: Path) -> tuple[str, str] | None:
    """Return the framework whose server is in a build and may hand the DSN to the browser when it runs, with its variable.

    https://nuxt.com/docs/4.x/guide/going-further/runtime-config, https://svelte.dev/docs/kit/$env-dynamic-public
    """
    for around in (folder, folder.parent, folder.parent.parent):
        if (around / NITRO).is_file():
            nuxt = (around / "server/index.mjs").is_file() and (around / "public/_nuxt").is_dir()
            return ("Nuxt", "NUXT_PUBLIC_SENTRY_DSN") if nuxt else None
        if (around / "client/_app").is_dir() and (
            (around / "handler.js").is_file() or (around / "server/index.js").is_file()
        ):
            return "SvelteKit", "PUBLIC_SENTRY_DSN"
    return None


def _files(folder: Path, depth: int) -> Iterator[Path]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda e: e.name)
    for entry in entries:
        if entry.is_symlink():
            if entry.is_file() and Path(entry.path).resolve().is_relative_to(folder.resolve()):
                yield Path(entry.path)
        elif entry.is_dir():
            if entry.name not in ("node_modules", ".git") and depth < _DEEPEST:
                yield from _files(Path(entry.path), depth + 1)
        elif entry.is_file():
            yield Path(entry.path)


def _unread(relative: str, problem: str) -> BuiltFile:
    return BuiltFile(path=relative, size=0, debug_ids=frozenset(), link=None, tokens=False, dsn=False, problem=problem)


def _found(pattern: re.Pattern[bytes], text: bytes) -> Iterator[re.Match[bytes]]:
    return pattern.finditer(text) if _WORDS[pattern] in text else iter(())


def _read(path: Path, relative: str, unmapped: bool) -> BuiltFile:
    ids: set[str] = set()
    link: str | None = None
    tokens = dsn = polyfills = False
    head, size, kept = b"", 0, b"\n"
    lower = relative.lower()
    is_map, is_text = lower.endswith(".map"), lower.endswith(_TEXT)
    named_polyfills = lower.rpartition("/")[2].startswith("polyfills")
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                head = piece[:SMALL] if size == 0 else b""
                size += len(piece)
                text = kept + piece
                tokens = tokens or any(_found(_TOKEN, text))
                dsn = dsn or (not is_map and any(_found(_DSN, text)))
                polyfills = polyfills or (named_polyfills and _CORE_JS in text)
                for pattern in (_COMMENT, _SNIPPET) if is_text else (_IN_MAP,) if is_map else ():
                    ids |= {m.group(1).decode().lower() for m in _found(pattern, text)}
                for match in _found(_LINK, text) if is_text else ():
                    link = match.group(1).decode("utf-8", "replace")
                kept = text[-_OVERLAP:]
    except OSError as error:
        return _unread(relative, f"it cannot be read: {error.strerror}")
    return BuiltFile(
        path=relative,
        size=size,
        debug_ids=frozenset(ids),
        link=link,
        tokens=tokens,
        dsn=dsn,
        unmapped=unmapped or polyfills,
        head=head if size <= SMALL else b"",
    )
