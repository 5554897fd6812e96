"""The env file that a frontend's build reads on a developer's machine: one that nothing reads needs no line in a `.gitignore`.

Sources: https://vite.dev/guide/env-and-mode, https://cli.vuejs.org/guide/mode-and-env.html, https://nextjs.org/docs/pages/guides/environment-variables,
https://bun.com/docs/runtime/environment-variables, https://webpack.js.org/guides/environment-variables/
"""

from __future__ import annotations

import re

from tree_sitter import Node

from checks.frontends.production import env_read
from checks.parsers import javascript as js
from checks.patterns import lazy_pattern
from checks.repository.browser import script, script_part, sources, sources_holding
from checks.repository.env_loading import is_env_example
from checks.repository.facts import Facts, join, parent
from checks.repository.frontends import Frontend

_WITHOUT_ENV_FILES = frozenset({"webpack", "rollup", "esbuild", "browserify", "gulp", "babel", "tsc"})
"""Bundlers that read no env file by themselves."""
_BUILT_IN = frozenset(
    {"MODE", "BASE_URL", "PROD", "DEV", "SSR", "NODE_ENV", "BABEL_ENV", "PUBLIC_URL", "CI", "HOME", "PATH"}
)
"""Names that a build, CI or the system sets by itself."""
_LOADERS = ("loadEnv", "$env/", "dotenv")
"""What reads env files, or their variables, by another way than `env.NAME`: Vite's function, SvelteKit's modules, packages."""
_NEEDLES = ("import.meta", "process.env", *_LOADERS)
_MARKUP = lazy_pattern(r"(?:import\.meta|process)\.env\??\.(\w+)")
_IN_PAGE = lazy_pattern(r"%([A-Z][A-Z0-9_]+)%")


def env_file_of(facts: Facts, frontend: Frontend) -> str | None:
    """Return the name of the file with a developer's own values, None where the build reads none or the code takes no variable.

    None, too, where nobody is shown to keep one: a bundle's variables are public, and most have a default.
    """
    if not reads_env_files(frontend) or not shows_env_file(facts, frontend):
        return None
    by_package = _is_plain(frontend)  # what the package's own options name is somebody's choice
    return env_file_name(frontend) if by_package or takes_variables(facts, frontend) else None


def shows_env_file(facts: Facts, frontend: Frontend) -> bool:
    """Return whether a frontend shows that people keep an env file: one of them, an example, a package for it, or a DSN to keep."""
    names = (p.rpartition("/")[2] for p in facts.configuration if parent(p) == frontend.root)
    if _has_package(frontend) or any(n.startswith(".env") or is_env_example(n) for n in names):
        return True
    trees = [script(facts, p) for p in sources_holding(facts, frontend, "SENTRY")]
    reads = [env_read(n) for t in trees if isinstance(t, Node) for n in js.descend(t)]
    return any(r is not None and "SENTRY" in r[1] for r in reads)


def env_file_name(frontend: Frontend) -> str:
    """Return the name of the env file with a developer's own values, as the build would read it."""
    if _is_plain(frontend):
        return ".env" if _has_package(frontend) else ".env.local"
    return (frontend.framework.env_file if frontend.framework is not None else None) or ".env.local"


def reads_env_files(frontend: Frontend) -> bool:
    """Return whether a frontend's build reads env files at all."""
    if _is_plain(frontend):
        return _has_package(frontend)
    return frontend.framework is None or frontend.framework.env_file is not None or _has_package(frontend)


def builder_name(frontend: Frontend) -> str:
    """Return what builds a frontend, as a message names it."""
    return frontend.bundler if _is_plain(frontend) or frontend.framework is None else frontend.framework.name


def _has_package(frontend: Frontend) -> bool:
    return any("dotenv" in name for name in frontend.dependencies)


def _is_plain(frontend: Frontend) -> bool:
    """Return whether a frontend's build is a bundler that is no more than that, and reads no env file."""
    framework = frontend.framework
    return frontend.bundler in _WITHOUT_ENV_FILES and (framework is None or framework.bundler is None)


def takes_variables(facts: Facts, frontend: Frontend) -> bool:
    """Return whether a frontend's own code or page takes any variable that a person sets; what is not understood takes some."""
    page = facts.text(join(frontend.root, "index.html")) or ""
    if any(name not in _BUILT_IN for name in _IN_PAGE.findall(page)):
        return True
    return any(_takes(facts, frontend, p) for p in facts.holding(_NEEDLES, sources(facts, frontend)))


def _takes(facts: Facts, frontend: Frontend, path: str) -> bool:
    text = facts.text(path) or ""
    if any(word in script_part(text, path) for word in _LOADERS):
        return True
    tree = script(facts, path)
    if not isinstance(tree, Node):
        return True
    if path.endswith((".vue", ".svelte", ".astro")) and any(n not in _BUILT_IN for n in _MARKUP.findall(text)):
        return True
    return any(_is_variable(frontend, node) for node in js.descend(tree))


def _is_variable(frontend: Frontend, node: Node) -> bool:
    read = env_read(node)
    if read is not None:
        # Plain Vite hands `process.env` on from no file.
        plain_vite = frontend.bundler == "vite" and (frontend.framework is None or frontend.framework.bundler is None)
        return read[1] not in _BUILT_IN and not (plain_vite and read[0] == "process.env")
    if node.type != "member_expression" or not re.fullmatch(r"import\.meta\s*\.\s*env", js.text_of(node)):
        return False
    above = node.parent
    if above is None or above.type in ("member_expression", "subscript_expression"):
        return False
    return not _taken_apart(above)


def _taken_apart(node: Node) -> bool:
    """Return whether a declaration takes names apart that `env_read` sees one by one: `const { VITE_X } = import.meta.env`."""
    name = node.child_by_field_name("name") if node.type == "variable_declarator" else None
    if name is None or name.type != "object_pattern":
        return False
    return all(n.type == "shorthand_property_identifier_pattern" for n in name.named_children)
