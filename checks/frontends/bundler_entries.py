"""What a build other than Vite's begins with: the entries of its configuration, its command or its script."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from checks.frontends.commands import build_scripts, builder, commands, flag, node_scripts, program
from checks.frontends.configs import (
    Value,
    below_root,
    branches,
    configured,
    follow,
    path_text,
    returned,
    tree_of,
    values,
)
from checks.parsers import javascript as js
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.repository.path_words import PRODUCTION, Purpose, purposes, words_of

Pages = list[tuple[str, ...]]

_SUFFIXES = (
    "",
    ".js",
    ".jsx",
    ".ts",
    ".tsx",
    ".mjs",
    ".mts",
    ".vue",
    "/index.js",
    "/index.ts",
    "/index.jsx",
    "/index.tsx",
)
_CONFIGS = {
    "webpack": (
        ("webpack.config", "webpack.prod", "webpack.config.prod", "webpack.prod.config", "webpack.production"),
        (("entry",),),
    ),
    "rspack": (("rspack.config", "rsbuild.config"), (("entry",), ("source", "entry"))),
    "rollup": (("rollup.config", "rolldown.config"), (("input",),)),
}
_FOLDERS = ("", "config/", "webpack/", "rspack/", "build/")
_ENDINGS = ("js", "cjs", "mjs", "ts", "mts")
_STYLES = (".css", ".scss", ".sass", ".less", ".styl")
"""Files of an entry that hold no code: a list of them may name the styles of a page before its scripts."""
_API = {"esbuild": "entryPoints", "rollup": "input", "webpack": "entry", "@rspack/core": "entry", "rolldown": "input"}
_FLAGS_WITH_VALUE = frozenset(
    {"-c", "--config", "--mode", "--env", "-o", "--output-path", "--outdir", "--dist-dir", "--config-name"}
)


def bundler_pages(facts: Facts, frontend: Frontend) -> tuple[tuple[str, ...], ...]:
    """Return the entries of each page that the build makes, `()` for one that cannot be determined; nothing where none is named."""
    found: Pages = []
    for words in (w for n, s in frontend.scripts.items() if "storybook" not in n for w in commands(s)):
        if builder(words) is not None:
            found += _by_command(facts, frontend, program(words))
    for script in (f for s in frontend.scripts.values() for f in node_scripts(s)):
        found += _by_script(facts, frontend, join(frontend.root, script))
    if not found:
        found += _by_config(facts, frontend, None)
    if not found and frontend.bundler == "angular":
        found += _angular(facts, frontend)
    scripts = [(page, tuple(p for p in page if not p.endswith(_STYLES))) for page in found]
    return tuple(dict.fromkeys(code for page, code in scripts if code or not page))


def _by_command(facts: Facts, frontend: Frontend, words: list[str]) -> Pages:
    name = words[0].rpartition("/")[2]
    given = flag(words, "--config", "-c")
    if given is not None:
        return _by_config(facts, frontend, join(frontend.root, given))
    named = flag(words, "--entry", "--input", "-i")
    rest = [named] if named else []
    if not rest and name in ("bun", "esbuild", "parcel", "webpack", "rollup"):
        rest = [
            w
            for before, w in pairwise(words)
            if not w.startswith("-")
            and before not in _FLAGS_WITH_VALUE
            and "." in w
            and not w.endswith((".css", ".html", ".scss"))
        ]
    page = tuple(p for w in rest if (p := _file(facts, join(frontend.root, w))) is not None)
    return [page] if page else []


def _by_config(facts: Facts, frontend: Frontend, given: str | None) -> Pages:
    keys = _CONFIGS.get(frontend.bundler, ((), (("entry",), ("input",), ("source", "entry"))))[1]
    if frontend.bundler == "webpack" and given is None:
        cli = [join(frontend.root, f"vue.config.{s}") for s in _ENDINGS]
        found = [v for p in cli if p in facts.paths for v in configured(facts, p, "pages")]
        if found:
            return _read(facts, frontend, found, frontend.root)
    path = _config(facts, frontend, given)
    if path is None:
        return []
    for chain in keys:
        found = [v for v in configured(facts, path, *chain) if not _for_node(v)]
        if found:
            contexts = [path_text(facts, v, frontend.root) for v in configured(facts, path, "context")]
            context = next((c for c in contexts if c), None)
            base = below_root(context, frontend.root) if context else frontend.root
            return _read(facts, frontend, found, base or frontend.root)
    if tree_of(facts, path) is None:
        return [()]
    default = _file(facts, join(frontend.root, "src/index")) if frontend.bundler != "rollup" else None
    return [(default,)] if default else []


def production_config(facts: Facts, frontend: Frontend) -> str | None:
    """Return the configuration file that a build command names, else the one of the usual name; None without.

    Of several the one that is called after production comes first, and one that is called after development last.
    """
    named = []
    for words in (w for s in build_scripts(frontend.scripts) for w in commands(s)):
        given = flag(program(words), "--config", "-c") if builder(words) is not None else None
        if given is not None:
            named.append(join(frontend.root, given))
    named.sort(key=lambda p: (not words_of(p) & PRODUCTION, Purpose.DEVELOPMENT in purposes(p)))
    return _config(facts, frontend, next(iter(named), None))


def _config(facts: Facts, frontend: Frontend, given: str | None) -> str | None:
    names = _CONFIGS.get(frontend.bundler, ((), ()))[0]
    usual = [join(frontend.root, f"{f}{n}.{s}") for f in _FOLDERS for n in names for s in _ENDINGS]
    return next((p for p in ([given] if given else usual) if p in facts.paths), None)


def _for_node(value: Value) -> bool:
    """Return whether the object around an entry is built for Node: one of several configurations may be the server's."""
    above = value.node.parent.parent if value.node.parent is not None else None
    given = {n: v for n, _, v in js.properties(above)} if above is not None and above.type == "object" else {}
    target = js.string_of(js.unwrap(given["target"])) if "target" in given else None
    return target is not None and ("node" in target or target.startswith("electron"))


def _by_script(facts: Facts, frontend: Frontend, path: str) -> Pages:
    """Read what a Node script hands to a bundler."""
    tree = tree_of(facts, path)
    if tree is None:
        return []
    names = {local: m for m, given, _ in js.imports(tree) if m in _API for local in given}
    found: Pages = []
    for node in js.descend(tree):
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or arguments is None or not arguments.named_children:
            continue
        module = names.get(js.text_of(function).partition(".")[0])
        if module is not None:
            given = list(values(facts, Value(path, arguments.named_children[0]), _API[module]))
            found += _read(facts, frontend, given, frontend.root)
    return found


def _read(facts: Facts, frontend: Frontend, given: list[Value], base: str) -> Pages:
    found: Pages = []
    for value in given:
        for page in _pages(facts, frontend, value, base):
            if page is None:
                found.append(())
            elif page and page not in found:
                found.append(page)
    return found


def _pages(facts: Facts, frontend: Frontend, value: Value, base: str) -> Iterator[tuple[str, ...] | None]:
    """Yield the modules of each entry; None for one that cannot be determined."""
    value = follow(facts, value)
    node = value.node
    if node.type == "object":
        names = {n: v for n, _, v in js.properties(node)}
        for key in ("import", "entry", "in"):
            if key in names:
                yield from _pages(facts, frontend, Value(value.path, names[key]), base)
                return
        for child in node.named_children:
            if child.type == "spread_element":
                yield from _pages(facts, frontend, Value(value.path, child.named_children[0]), base)
        for given in names.values():
            if given.type == "object" and "dependOn" in {n for n, _, _ in js.properties(given)}:
                continue  # the entry that it depends on runs before it (https://webpack.js.org/configuration/entry-context/)
            yield from _pages(facts, frontend, Value(value.path, given), base)
    elif node.type == "array":
        parts = [
            p
            for c in node.named_children
            if c.type != "comment"
            for p in _pages(facts, frontend, Value(value.path, c), base)
        ]
        if None in parts:
            yield None
        elif frontend.bundler in ("esbuild", "rollup"):
            yield from parts
        else:
            yield tuple(p for part in parts if part is not None for p in part)
    elif node.type in ("arrow_function", "function_expression", "function_declaration", "method_definition"):
        for given in returned(node):
            yield from _pages(facts, frontend, Value(value.path, given), base)
    elif node.type == "ternary_expression":
        for branch in branches(node):
            yield from _pages(facts, frontend, Value(value.path, branch), base)
    else:
        yield _page(facts, value, base, frontend.root)


def _page(facts: Facts, value: Value, base: str, root: str) -> tuple[str, ...] | None:
    text = path_text(facts, value, root)
    if text is None:
        return None
    path = below_root(text, base)
    found = _file(facts, path) if path else None
    if found is not None:
        return (found,)
    # A bare name is a package, such as a polyfill; a style sheet runs nothing.
    bare = not text.startswith((".", "/"))
    return () if bare or text.endswith((".css", ".scss", ".sass", ".less", ".html")) else None


def _file(facts: Facts, path: str) -> str | None:
    return next((p for s in _SUFFIXES if (p := path + s) in facts.paths), None)


def _angular(facts: Facts, frontend: Frontend) -> Pages:
    """Read `browser` or `main` of angular.json (https://angular.dev/reference/configs/workspace-config)."""
    from checks.frontends.candidates import manifest_of

    data = manifest_of(facts, join(frontend.root, "angular.json")) or {}
    stack: list[object] = [data]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            for key in ("browser", "main"):
                given = current.get(key)
                if isinstance(given, str) and (path := _file(facts, join(frontend.root, given))) is not None:
                    return [(path,)]
            stack += current.values()
    return []
