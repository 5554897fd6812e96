"""The code of a frontend: its own source files, the entry that its page loads, what the entry imports, Sentry's init calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.frontends import Frontend
from checks.repository.path_words import has_part
from checks.repository.text_index import word_index

_SUFFIXES_OF_SOURCE = ("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "mjsx", "mtsx", "vue", "svelte", "astro")
_ENDS_OF_SOURCE = tuple(f".{suffix}" for suffix in _SUFFIXES_OF_SOURCE)
_NOT_SOURCE = frozenset(
    {
        *("node_modules", "dist", "build", "out", ".next", ".nuxt", "coverage", "public", "static", "vendor"),
    }
)
_TESTS = frozenset(
    {
        *("__tests__", "__mocks__", "test", "tests", "e2e", "cypress", "playwright", "stories", ".storybook"),
        *("mock", "mocks"),
    }
)
_NOT_SHIPPED = frozenset({"test", "spec", "stories", "cy", "d", "min"})
"""What stands before the suffix of a file that no page loads (`main.test.ts`), or that is built already (`vendor.min.js`)."""

SDK = lazy_pattern(
    r"^@sentry/(react|browser|vue|svelte|sveltekit|nextjs|angular|angular-ivy|astro|nuxt|solid|solidstart|remix|react-router"
    r"|tanstackstart-react|gatsby|ember|preact|wasm|capacitor)$"
)
"""The SDKs for browsers (https://docs.sentry.io/platforms/javascript/)."""

_USUAL_ENTRIES = tuple(
    f"{folder}{name}.{suffix}"
    for folder in ("src/", "")
    for name in ("main", "index")
    for suffix in ("tsx", "ts", "jsx", "js")
)
_SUFFIXES = (
    "",
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".mjs",
    ".mts",
    ".vue",
    ".svelte",
    "/index.ts",
    "/index.tsx",
    "/index.js",
    "/index.jsx",
)


def sources(facts: Facts, frontend: Frontend) -> tuple[str, ...]:
    """Return a frontend's own source files: no tests, stories, built or public files, no other package below it."""
    return facts.memoize(
        sources,
        frontend.root,
        lambda: tuple(_own(facts, frontend, facts.with_suffix(*_SUFFIXES_OF_SOURCE))),
    )


def sources_holding(facts: Facts, frontend: Frontend, *words: str) -> list[str]:
    """Return a frontend's own source files that hold any of some words of the index."""
    return [p for p in _own(facts, frontend, word_index(facts).files_containing(*words)) if p.endswith(_ENDS_OF_SOURCE)]


def _own(facts: Facts, frontend: Frontend, paths: Iterable[str]) -> Iterator[str]:
    others = [f.root for f in facts.frontends if f.root != frontend.root and inside(f.root, frontend.root)]
    others += [
        b.root
        for b in facts.backends
        if b.root != frontend.root and inside(b.root, frontend.root) and frontend.root == "."
    ]
    for path in paths:
        if not inside(path, frontend.root):
            continue
        relative = path if frontend.root == "." else path.removeprefix(frontend.root + "/")
        if not _is_left_out(relative) and not any(inside(path, o) for o in others):
            yield path


def file_stem(path: str) -> str:
    """Return a file's name without folder and suffix."""
    return path.rpartition("/")[2].rpartition(".")[0]


def _is_left_out(path: str) -> bool:
    return has_part(path, _NOT_SOURCE) or is_test(path)


def is_test(path: str) -> bool:
    """Return whether no page loads a script: a test, a story, a mock, declarations of types; nor one that is built already."""
    return has_part(path, _TESTS) or file_stem(path).rpartition(".")[2] in _NOT_SHIPPED


def script(facts: Facts, path: str) -> Node | ParseError | None:
    """Parse a source file; of a Vue, Svelte or Astro component the script part, its lines kept in place."""
    return facts.parsed("javascript", path, lambda text: js.parse_javascript(script_part(text, path).encode(), path))


def script_part(text: str, path: str) -> str:
    """Return a module's text, of a component the script part with its lines in place and everything else blank."""
    if path.endswith((".vue", ".svelte")):
        blocks = list(re.finditer(r"<script\b[^>]*>(.*?)</script>", text, re.DOTALL))
    elif path.endswith(".astro"):
        blocks = list(re.finditer(r"\A---\n(.*?)\n---", text, re.DOTALL))
    else:
        return text
    kept = [" " if c != "\n" else c for c in text]
    for block in blocks:
        kept[block.start(1) : block.end(1)] = block.group(1)
    return "".join(kept)


def entries(facts: Facts, frontend: Frontend) -> tuple[str, ...]:
    """Return the modules that run first in the browser: those index.html names, a framework's own files, those that the build
    begins with, else the usual name. Of several pages, those of the first.
    """
    from checks.repository.starting_pages import starting_pages

    return next(iter(starting_pages(facts, frontend)), ())


def pages(facts: Facts, frontend: Frontend) -> tuple[tuple[str, ...], ...]:
    """Return the entries of each page that the build makes; an empty one stands for what cannot be determined from the repository."""
    return facts.memoize(pages, frontend.root, lambda: _with_code(facts, _pages(facts, frontend)))


def _with_code(facts: Facts, found: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    kept = [tuple(p for p in page if not _is_blank(facts, p)) for page in found]
    return tuple(k for k, page in zip(kept, found, strict=True) if k or not page)


def blank_entry(facts: Facts, frontend: Frontend) -> str | None:
    """Return the entry that has no code, where no other one starts the application; None where one does."""
    blank = [p for page in _pages(facts, frontend) for p in page if _is_blank(facts, p)]
    return blank[0] if blank and not pages(facts, frontend) else None


def _is_blank(facts: Facts, path: str) -> bool:
    """Return whether a module has nothing in it: it renders nothing."""
    text = facts.text(path)
    return text is not None and not text.strip()


def _pages(facts: Facts, frontend: Frontend) -> tuple[tuple[str, ...], ...]:
    return facts.memoize(_pages, frontend.root, lambda: _every_page(facts, frontend))


def _every_page(facts: Facts, frontend: Frontend) -> tuple[tuple[str, ...], ...]:
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    base = frontend.root
    inputs: tuple[str, ...] | None = ()
    if config is not None and not isinstance(config, ParseError):
        base = join(base, config.vite_root) if config.vite_root else base
        inputs = config.inputs
    index = [
        p
        for folder in dict.fromkeys((base, frontend.root))
        for p in _scripts(facts, join(folder, "index.html"), folder)
    ]
    framework = frontend.framework
    own = _present(facts, frontend, framework.client_files if framework is not None else ())
    found = [tuple(dict.fromkeys([*own, *index]))] if own or index else []
    for given in () if own else inputs or ():
        page = _begun_with(facts, given, base, frontend.root)
        if page is not None and page not in found:
            found.append(page)
    if not found and frontend.vite_config is None:
        from checks.frontends.bundler_entries import bundler_pages

        found = list(bundler_pages(facts, frontend))
    if not found and not inputs:
        usual = _present(facts, frontend, framework.entries if framework is not None else ())
        usual += [p for name in _USUAL_ENTRIES if (p := join(frontend.root, name)) in facts.paths]
        found = [(usual[0],)] if usual else []
    return tuple(found) if own or inputs is not None else (*found, ())


def _present(facts: Facts, frontend: Frontend, stems: tuple[str, ...]) -> list[str]:
    """Return those modules of a frontend that are there, of paths without a suffix."""
    found = (join(frontend.root, f"{stem}.{suffix}") for stem in stems for suffix in _SUFFIXES_OF_SOURCE)
    return [p for p in dict.fromkeys(found) if p in facts.paths]


def _begun_with(facts: Facts, given: str, base: str, root: str) -> tuple[str, ...] | None:
    """Return the entries of what the Vite config names as an input; None for what runs nothing, as a style sheet."""
    given = given.removeprefix("/")  # a path from Vite's root
    path = next((p for f in (base, root) if (p := join(f, given)) in facts.paths), None)
    if given.endswith(".html"):
        return None if path is None else tuple(_scripts(facts, path, base)) or None
    if not given.endswith(_ENDS_OF_SOURCE):
        return None
    return () if path is None else (path,)


def _scripts(facts: Facts, page: str, folder: str) -> list[str]:
    """Return the modules that a page loads; paths from the root are meant below `folder`."""
    text = facts.text(page) if page in facts.paths else None
    found = []
    for tag in re.findall(r"<script\b[^>]*>", re.sub(r"<!--.*?-->", "", text or "", flags=re.DOTALL)):
        source = re.search(r"src\s*=\s*[\"']?([^\"'\s>]+)", tag)
        if source and re.search(r"type\s*=\s*[\"']?module", tag):
            path = join(folder, source.group(1).lstrip("/").removeprefix("./"))
            found += [path] if path in facts.paths else []
    return found


def resolve(facts: Facts, frontend: Frontend, path: str, module: str) -> str | None:
    """Return the file behind an import: relative, by an alias that the repository defines, else by the usual ones of `src`."""
    module = module.partition("?")[0]
    if module.startswith("."):
        return _source(facts, [join(parent(path), module)])
    if module.startswith("/"):
        return _source(facts, [join(frontend.root, module.lstrip("/"))])
    from checks.frontends.aliases import aliases

    known = aliases(facts, frontend.root, frontend.dependencies)
    for alias in known:
        found = _source(facts, alias.paths(module))
        if found is not None:
            return found
    if any(a.by_bundler and a.paths(module) for a in known):
        return None
    rest = re.sub(r"^(@/|~/|#/|src/|@src/|~)", "", module)
    if rest == module and not module.startswith(("app/", "lib/", "config/", "utils/")):
        return None
    return _source(facts, [join(frontend.root, "src/" + rest), join(frontend.root, rest), join(frontend.root, module)])


def _source(facts: Facts, bases: list[str]) -> str | None:
    stems = [b for base in bases for b in (base, re.sub(r"\.jsx?$", "", base))]
    return next(
        (p for b in stems for s in _SUFFIXES if (p := b + s) in facts.paths and p.endswith(_ENDS_OF_SOURCE)), None
    )


def reached(facts: Facts, frontend: Frontend) -> dict[str, int]:
    """Return the files that the entries import, each with its order of execution (imports run before their importer)."""
    return facts.memoize(reached, frontend.root, lambda: reached_from(facts, frontend, entries(facts, frontend)))


def reached_from(facts: Facts, frontend: Frontend, starts: tuple[str, ...]) -> dict[str, int]:
    """Return the files that some entries import, each with its order of execution."""
    from checks.repository.module_imports import imported

    order: dict[str, int] = {}
    for entry in starts:
        stack: list[tuple[str, bool]] = [(entry, False)]
        open_files: set[str] = set()
        while stack:
            path, done = stack.pop()
            if done:
                order.setdefault(path, len(order))
                continue
            if path in order or path in open_files:
                continue
            open_files.add(path)
            stack.append((path, True))
            targets = [t for module in imported(facts, path) if (t := resolve(facts, frontend, path, module))]
            stack.extend((t, False) for t in reversed(targets))
    return order
