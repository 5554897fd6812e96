"""Judge a finished build: every bundle has a debug id, no map is published, no link dangles, no token, the DSN is inside."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from urllib.parse import unquote

from msgspec import Struct
from tree_sitter import Node

from checks.builds.reading import SMALL, BuiltFile
from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern

_SERVICE_WORKERS = lazy_pattern(r"(^|/)(sw|service-?worker|workbox-[\w-]+|registerSW|firebase-messaging-sw)\.m?js$")
_CODE = frozenset(
    {"arrow_function", "function_expression", "function", "call_expression", "new_expression", "method_definition"}
)
_STATEMENTS = frozenset({"import_statement", "export_statement", "comment", "empty_statement"})


class Judged(Struct, frozen=True, kw_only=True):
    """One thing that a build is judged by: `findings` are `(file or None, message)`; without any it holds.

    `fact` says what was seen, `hint` what to do.
    """

    id: str
    title: str
    fact: str
    hint: str
    findings: tuple[tuple[str | None, str], ...]

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.findings


class BuildReport(Struct, frozen=True, kw_only=True):
    """The judgement of a build, with its counts; `notes` are what is said of it beside the judgement.

    `path` is the folder below the repository, `revision` the commit that is checked out there (None: no repository).
    """

    folder: str
    path: str | None = None
    revision: str | None = None
    bundles: int
    maps: int
    files: int
    judged: tuple[Judged, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the whole build is as it should be."""
        return all(j.holds for j in self.judged)


def judge_build(folder: str, files: Iterable[BuiltFile], *, at_start: tuple[str, str] | None = None) -> BuildReport:
    """Judge the files of a build; `at_start` is a framework whose server may hand the DSN to the browser, and its variable.

    (https://docs.sentry.io/platforms/javascript/sourcemaps/troubleshooting_js/debug-ids/)
    """
    known = {f.path: f for f in files}
    scripts = [f for f in known.values() if f.is_bundle and f.problem is None and f.served]
    own = [f for f in known.values() if f.is_bundle and not f.served and not f.debug_ids]
    workers = [f for f in scripts if _SERVICE_WORKERS.search(f.path)]
    unmapped = [f for f in scripts if f.unmapped and not f.debug_ids]
    bundles = [f for f in scripts if f not in workers and f not in unmapped and not _only_loads_others(f)]
    maps = [f for f in known.values() if f.is_map and f.served]
    notes = [f"{f.path} is a service worker, which the plugin does not touch" for f in workers]
    notes += [f"{f.path} is built without a map: it has polyfills or a list of pages" for f in unmapped]
    if own:
        notes.append(
            f"{_many(len(own), 'script')} of the server without a debug id, such as {own[0].path}: only browsers' are judged"
        )
    absent = [f for f in bundles if f.debug_ids and f"{f.path}.map" not in known]
    if absent and not maps:
        notes.append(
            f"the maps of {_many(len(absent), 'bundle')} are not here: either uploaded and deleted, as they should be, or never generated; "
            "`audit --online` asks Sentry"
        )
    dsn = _dsn(known)
    if at_start is not None and not dsn.holds:
        server, variable = at_start
        notes.append(
            f"no DSN is in the build: {server}'s server may pass it to the browser at run time, with {variable}"
        )
    return BuildReport(
        folder=folder,
        bundles=len(bundles),
        maps=len(maps),
        files=len(known),
        judged=(
            _ids(bundles, known),
            _published(maps),
            _links(known),
            _tokens(known),
            *([dsn] if dsn.holds or at_start is None else []),
            _read_all(known),
        ),
        notes=tuple(notes),
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _only_loads_others(file: BuiltFile) -> bool:
    """Return whether a small script has nothing but imports and exports of others: there is no frame in it to map."""
    if not file.head or file.debug_ids or file.size > SMALL:
        return file.size == 0
    try:
        root = js.parse_javascript(file.head, "chunk.js")
    except ParseError:
        return False
    return all(_is_data(n) for n in root.named_children) or all(
        n.type in _STATEMENTS
        and (n.type != "export_statement" or n.child_by_field_name("declaration") is None)
        and n.child_by_field_name("value") is None
        for n in root.named_children
    )


def _is_data(statement: Node) -> bool:
    """Return whether a statement assigns plain data: there is no code in it that could fail."""
    inner = statement.named_children[0] if statement.type == "expression_statement" else None
    right = inner.child_by_field_name("right") if inner is not None and inner.type == "assignment_expression" else None
    return right is not None and not any(n.type in _CODE for n in js.descend(right))


def _ids(bundles: list[BuiltFile], known: dict[str, BuiltFile]) -> Judged:
    findings: list[tuple[str | None, str]] = []
    for file in bundles:
        beside = known.get(f"{file.path}.map")
        if not file.debug_ids:
            findings.append((file.path, "it has no debug id: its stack frames cannot be mapped"))
        elif beside is not None and beside.debug_ids and not beside.debug_ids & file.debug_ids:
            findings.append((file.path, "its debug id differs from its map's"))
    return Judged(
        id="debug-ids",
        title="Every bundle carries a debug id",
        fact=f"{_many(len(bundles), 'bundle')} with a debug id",
        hint="add Sentry's bundler plugin, or run `sentry-cli sourcemaps inject` on the folder",
        findings=tuple(findings),
    )


def _published(maps: list[BuiltFile]) -> Judged:
    return Judged(
        id="maps-private",
        title="No source map is left to be published",
        fact="no .map file",
        hint="upload them, then delete them: `sourcemaps.filesToDeleteAfterUpload`",
        findings=tuple((f.path, "this map would be published") for f in maps),
    )


def _links(known: dict[str, BuiltFile]) -> Judged:
    findings: list[tuple[str | None, str]] = []
    for file in known.values():
        if file.link is None or not file.served:
            continue
        if file.link.startswith("data:"):
            findings.append((file.path, "it contains its map: the source is published"))
        elif "://" not in file.link and not file.link.startswith("//"):
            plain = unquote(file.link.partition("?")[0])
            target = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), plain.lstrip("/")))
            if plain.startswith("/"):
                target = plain.lstrip("/")
                if any(p == target or target.endswith("/" + p) for p in known):
                    continue
            if target not in known:
                findings.append((file.path, f"its sourceMappingURL names {plain[:120]}, which does not exist"))
    return Judged(
        id="links",
        title="No link to a missing map",
        fact="no dangling sourceMappingURL",
        hint="write build.sourcemap: 'hidden'; Django's Manifest storages stop at such a link",
        findings=tuple(findings),
    )


def _tokens(known: dict[str, BuiltFile]) -> Judged:
    return Judged(
        id="no-token",
        title="No Sentry token in any file",
        fact=f"{_many(len(known), 'file')} without a Sentry token",
        hint="revoke the token, then keep it out of `define` and of variables that begin with VITE_",
        findings=tuple((f.path, "a Sentry token is in it") for f in known.values() if f.tokens),
    )


def _dsn(known: dict[str, BuiltFile]) -> Judged:
    holder = next((f.path for f in known.values() if f.dsn and not f.is_map), None)
    return Judged(
        id="dsn",
        title="The build contains the DSN",
        fact=f"a DSN in {holder}",
        hint="pass the DSN's variable to the step that builds",
        findings=() if holder else ((None, "no file contains a DSN, so the SDK sends nothing"),),
    )


def _read_all(known: dict[str, BuiltFile]) -> Judged:
    return Judged(
        id="readable",
        title="Every file was read",
        fact=f"{_many(len(known), 'file')} read",
        hint="build into a folder that this user can read",
        findings=tuple((f.path, f.problem) for f in known.values() if f.problem is not None),
    )
