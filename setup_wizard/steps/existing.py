"""A call of `sentry_sdk.init` that is there, and of which it is not known that production makes it: what the person checks."""

from __future__ import annotations

import ast

from checks.model import Finding
from checks.parsers.python import Module
from checks.production.origins import EnvRead
from checks.repository.backends import Backend, module_path
from checks.repository.path_words import NOT_PRODUCTION, purposes
from checks.repository.running_settings import named_by_hosts, named_by_image
from checks.repository.settings import SettingsChain
from checks.repository.text_index import files_calling_sentry_init
from checks.targets.applicability import not_application
from checks.targets.dsn_reads import dsn_read
from checks.targets.initialized import decide_initialized
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context


def hosted_settings(context: Context, backend: Backend) -> dict[str, str]:
    """Return the settings modules that production services and the image name, each with its file."""
    names = [n.name for n in named_by_hosts(context.facts, backend.root)]
    image = named_by_image(context.facts, backend.root)
    found = dict.fromkeys([*names, *([image.name] if image is not None else [])])
    paths = {n: module_path(context.facts, backend.root, n) for n in found if not purposes(n) & NOT_PRODUCTION}
    return {name: path for name, path in paths.items() if path is not None}


def calls_of_application(context: Context, backend: Backend) -> list[tuple[str, int]]:
    """Return the files and lines of a backend's modules that call init, so that a second call would be one too many."""
    paths = (p for p in files_calling_sentry_init(context.facts, backend) if not not_application(p))
    modules = [(p, context.facts.python(p)) for p in paths]
    return [(p, call.line) for p, m in modules if isinstance(m, Module) for call in m.init_calls]


def call_elsewhere(context: Context, backend: Backend, chain: SettingsChain) -> Finding | None:
    """Return where init is called in a module that the production settings do not load; other hosts' settings are no such place."""
    verdict = decide_initialized(context.facts, backend)
    found = verdict.findings[0] if verdict.findings else None
    if found is None or found.path is None or found.path in chain.files:
        return None
    if not found.path.endswith(".py") and "sentry_sdk.init(" not in (context.facts.text(found.path) or ""):
        return None
    return None if found.path in hosted_settings(context, backend).values() else found


def leave_existing(context: Context, chain: SettingsChain, why: str) -> None:
    """Leave it to the person that the call runs, with the variables that decide it; it is never rewritten, moved or doubled.

    Nothing is left where the call waits for the DSN only, which the step `dsn` hands over.
    """
    located = chain.inits[0]
    guard = located.initialization.decided_by
    names = _variables(guard.test) if guard is not None else ()
    found = dsn_read(chain)
    own = found[1].name if found is not None and isinstance(found[1], EnvRead) else "SENTRY_DSN"
    if names and set(names) == {own}:
        context.settled = True
        return
    place = f"{located.path}:{located.call.line}"
    values = "\n".join(f"{name}=…" for name in names if name != own)
    reason = f"{why}; an existing call is never rewritten or duplicated"
    if values:
        title = f"set {', '.join(n for n in names if n != own)} where production runs, so that {place} is run"
    else:
        title = f"make sure that production runs sentry_sdk.init() in {place}"
    context.leave(Refused(reason, values, place), title)


def _variables(test: str) -> tuple[str, ...]:
    """Return the environment variables that a condition reads: constants in capitals that a call or a subscript is given."""
    try:
        tree = ast.parse(test, mode="eval")
    except (SyntaxError, ValueError):
        return ()
    given: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given += node.args[:1]
        elif isinstance(node, ast.Subscript):
            given.append(node.slice)
    names = [n.value for n in given if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return tuple(dict.fromkeys(n for n in names if n.isupper() and n.isidentifier()))
