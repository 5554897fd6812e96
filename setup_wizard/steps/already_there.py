"""What of a guide's text a repository has already: packages that are installed, a module that is listed, a handler that is exported."""

from __future__ import annotations

import re

from tree_sitter import Node

from checks.frontends.configs import tree_of
from checks.frontends.uploaders import find_uploader
from checks.parsers import javascript as js
from checks.parsers.javascript_exports import exported
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend

_INSTALL = lazy_pattern(r"^npm install (?:--save-dev )?(@?[^@\s]+)(?:@[~^]?(\d+)\S*)?$")
_NUXT_ROW = '  modules: ["@sentry/nuxt/module"], // behind those that are there'
_HOOK = "// a `handleError` that is there is its argument: handleErrorWithSentry(own)"
_HANDLER = "export const handleError = Sentry.handleErrorWithSentry();"
_LONGEST = 100


def without_present(facts: Facts, frontend: Frontend, text: str) -> str:
    """Return a guide's text without what is there: commands for packages that are declared, and Nuxt's module where it is listed."""
    rows = [r for r in text.split("\n") if not _is_declared(frontend, r)]
    uploader = find_uploader(facts, frontend) if _NUXT_ROW in rows else None
    if uploader is not None and uploader.name.startswith("@sentry/nuxt"):
        rows.remove(_NUXT_ROW)
    return _around_handler(facts, "\n".join(rows).lstrip("\n"))


def _is_declared(frontend: Frontend, row: str) -> bool:
    """Return whether a row is a command for a package that is declared, in the major version that it asks for."""
    asked = _INSTALL.match(row)
    declared = frontend.dependencies.get(asked[1]) if asked is not None else None
    if asked is None or declared is None:
        return False
    major = re.search(r"\d+", declared)
    return asked[2] is None or major is None or major[0] == asked[2]


def _around_handler(facts: Facts, text: str) -> str:
    """Return a text whose SvelteKit hook takes the `handleError` that its module exports; nothing of it where Sentry's is exported."""
    if _HOOK not in text:
        return text
    named = re.search(r"^// (\S+hooks\.\S+)$", text, re.MULTILINE)
    tree = tree_of(facts, named[1]) if named is not None else None
    given = exported(tree, "handleError") if tree is not None else None
    if given is None or named is None:
        return text.replace(f"{_HOOK}\n", "")
    if js.calls(given, "handleErrorWithSentry") or "handleErrorWithSentry" in js.text_of(given):
        return text.replace(f"\n{_HOOK}\n{_HANDLER}\n", "")
    return text.replace(f"{_HOOK}\n{_HANDLER}", _wrapping(named[1], given))


def _wrapping(path: str, given: Node) -> str:
    place, own = f"// {path}:{js.line_of(given)}", " ".join(js.text_of(given).split())
    if given.type in ("arrow_function", "identifier") and "\n" not in js.text_of(given) and len(own) <= _LONGEST:
        return f"{place}, instead of the `handleError` that is there\n{_HANDLER[:-2]}{own});"
    return (
        f"{place}: name that function `ownHandleError`, without `export`, and below it\n{_HANDLER[:-2]}ownHandleError);"
    )
