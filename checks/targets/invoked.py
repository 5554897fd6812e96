"""What happens in a function that a host calls: whether init comes before the call, what reports its errors, what hides them.

The integration of AWS Lambda puts itself around the host's call of the handler, and sends what waits before the host freezes the
process; the SDK does not enable it automatically (https://docs.sentry.io/platforms/python/integrations/aws-lambda/).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from checks.backends.applications import dotted_name, imported_names
from checks.backends.entry import Entry
from checks.backends.frameworks import framework_named
from checks.backends.leading import reached_modules
from checks.backends.serving import ServerChain, server_chain
from checks.model import Finding
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.production.values import Known, members
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.settings import LocatedInit
from checks.targets.integrations import listed_integrations

_DECORATOR = "sentry_sdk.integrations.serverless.serverless_function"
"""The SDK's decorator of any function of a host: it reports what the function raises, and sends it."""
_SENDS = frozenset({"sentry_sdk.flush", "sentry_sdk.api.flush"})


def functions_of(backend: Backend) -> tuple[Entry, ...]:
    """Return the entries of a backend that a host calls as functions."""
    entries = ((backend.entry,) if backend.entry is not None else ()) + backend.others
    return tuple(e for e in entries if e.kind == "function")


class Unlisted(Struct, frozen=True, kw_only=True):
    """A function whose call of init leaves the host's integration out; `by_hand` says that the code sends events itself."""

    entry: Entry
    call: LocatedInit
    by_hand: tuple[str, int] | None


def unlisted(facts: Facts, backend: Backend) -> Iterator[Unlisted]:
    """Yield the functions that initialize the SDK surely without the integration which reports their errors."""
    for entry in functions_of(backend):
        chain = server_chain(facts, backend, entry)
        calls = [i for i in chain.inits if i.runs]
        if not calls or _is_decorated(facts, entry):
            continue
        read = [listed_integrations(chain, c) for c in calls]
        opaque = any(c.call.star and not c.call.star_known for c in calls)
        wanted = framework_named(entry.framework).integration
        if opaque or any(not whole or any(i.name == wanted for i in listed) for listed, whole in read):
            continue
        yield Unlisted(entry=entry, call=calls[-1], by_hand=sent_by_hand(facts, entry))


def without_warning(facts: Facts, backend: Backend) -> Iterator[Finding]:
    """Yield where the integration is listed, and gives no warning before the host stops a function that takes too long."""
    for entry in functions_of(backend):
        chain = server_chain(facts, backend, entry)
        wanted = framework_named(entry.framework).integration
        found = [i for c in chain.inits if c.runs for i in listed_integrations(chain, c)[0] if i.name == wanted]
        if not found or not found[-1].sure or found[-1].made is None:
            continue
        made = found[-1].made
        bound = made.named.get("timeout_warning") or (made.given[0] if made.given else None)
        if bound is None or list(members(bound.value)) == [Known(False)]:
            yield Finding(
                message="a function that times out is stopped before it sends an event: the integration does not warn first",
                path=found[-1].path,
                line=found[-1].line,
                hint=f"write {wanted}(timeout_warning=True)",
            )


def begun_by_call(facts: Facts, backend: Backend) -> LocatedInit | None:
    """Return the call of init that runs only when the host calls the handler, None where there is none."""
    entry = backend.entry
    if entry is None or entry.kind != "function" or entry.called:
        return None
    chain: ServerChain = server_chain(facts, backend, replace(entry, called=True))
    return next((i for i in chain.inits if i.runs), None)


def sent_by_hand(facts: Facts, entry: Entry) -> tuple[str, int] | None:
    """Return where the code of a function sends what waits by itself."""
    for path in sorted({entry.path, *reached_modules(facts, entry.path)}):
        module = facts.python(path) if b"flush" in (facts.read(path) or b"") else None
        if not isinstance(module, Module):
            continue
        names = imported_names(module)
        for call in (n for n in module.nodes if isinstance(n, ast.Call)):
            if dotted_name(call.func, names) in {(n, 0) for n in _SENDS} or _of_client(call.func, names):
                return path, line_of(call)
    return None


def _of_client(function: ast.expr, names: dict[str, tuple[str, int]]) -> bool:
    """Return whether this is `flush` of what one of the SDK's functions returns: `sentry_sdk.get_client().flush`."""
    if not isinstance(function, ast.Attribute) or function.attr != "flush":
        return False
    owner = function.value
    while isinstance(owner, (ast.Attribute, ast.Call)):
        found = dotted_name(owner, names) if isinstance(owner, ast.Attribute) else None
        if found is not None:
            return found[0].startswith("sentry_sdk.")
        owner = owner.value if isinstance(owner, ast.Attribute) else owner.func
    found = dotted_name(owner, names)
    return found is not None and found[0].startswith("sentry_sdk.")


def _is_decorated(facts: Facts, entry: Entry) -> bool:
    """Return whether the handler has the SDK's decorator of functions."""
    module = facts.python(entry.path)
    if not isinstance(module, Module):
        return False
    names = imported_names(module)
    handler, wrapped = handler_of(module, entry), module.assignments.get(entry.attribute)
    around = [*(handler.decorator_list if handler is not None else ()), *([wrapped] if wrapped is not None else ())]
    return any(dotted_name(n.func if isinstance(n, ast.Call) else n, names) == (_DECORATOR, 0) for n in around)


def handler_of(module: Module, entry: Entry) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the function of a module that the host calls, None where the name is no function of it."""
    functions = (n for n in module.tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return next((f for f in functions if f.name == entry.attribute), None)
