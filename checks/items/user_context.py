"""What the application sends to Sentry about a user: the dictionary that `set_user` gets, as far as it can be followed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct

from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers.flow import call_name, walk
from checks.parsers.position import line_of
from checks.production.heap import texts
from checks.production.values import Known, Made
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.settings import SettingsChain, settings_chain
from checks.targets.applicability import application_modules, each_backend, unparsed_module_verdict
from checks.targets.personal import PERSONAL

_READS = ("get", "keys", "items", "values", "copy")
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None


class _Sent(Struct, frozen=True, kw_only=True):
    """The keys found in a dictionary; `whole` means that it has no others."""

    keys: frozenset[str]
    whole: bool


def user_context_minimal(facts: Facts) -> Sequence[Verdict]:
    """Sentry receives whatever the application passes to `set_user`, including email and name, regardless of the PII options.

    It also receives request bodies of any size with `max_request_body_size="always"`, and passwords and session ids in them
    where a `denylist` of `EventScrubber` replaces the SDK's own.

    To fix: pass only the id: `set_user({"id": user.id})`.
    """
    return each_backend(facts, _user_context_minimal)


def _user_context_minimal(facts: Facts, backend: Backend) -> Verdict:
    findings: list[Finding] = []
    uncertainties: list[tuple[str, int]] = []
    evidence: list[Evidence] = []
    findings += _sent_by_options(settings_chain(facts, backend))
    for path, module in application_modules(facts, backend, "set_user"):
        for call, scope in _calls(module.tree, None):
            sent = _sent(module.tree, call, scope)
            personal = sorted(sent.keys & PERSONAL)
            if personal:
                message = f"set_user sends {', '.join(personal)}, even with PII off"
                findings.append(Finding(message=message, path=path, line=line_of(call), hint="send only the id"))
            elif not sent.whole:
                uncertainties.append((path, line_of(call)))
            elif sent.keys:
                evidence.append(in_repository(f"set_user sends {', '.join(sorted(sent.keys))}", path, line_of(call)))
    if findings:
        return failed(*findings, evidence=evidence, target=backend.target)
    if uncertainties:
        return unknown(
            "what set_user sends cannot be determined",
            path=uncertainties[0][0],
            line=uncertainties[0][1],
            hint="pass a dictionary with the id",
            target=backend.target,
        )
    open_one = unparsed_module_verdict(facts, backend, "set_user")
    if open_one is not None:
        return open_one
    if evidence:
        return passed(*evidence, target=backend.target)
    return not_applicable("set_user is not called, or clears the user", target=backend.target)


def _sent_by_options(chain: SettingsChain) -> list[Finding]:
    """Return the options of init that send more than the SDK does by default.

    Source: https://docs.sentry.io/platforms/python/configuration/options/#max_request_body_size,
    https://docs.sentry.io/platforms/python/data-management/sensitive-data/#event-scrubber
    """
    findings: list[Finding] = []
    machine = chain.machine
    for located in (i for i in chain.inits if i.runs and machine is not None):
        options = located.initialization.options
        place = {"path": located.path, "line": located.call.line}
        for name in ("max_request_body_size", "request_bodies"):
            if name in options and machine is not None and machine.resolved(options[name].value) == Known("always"):
                message = f"{name} is 'always': request bodies of any size are sent"
                findings.append(Finding(message=message, **place, hint="leave it out, or set it to `small`"))  # type: ignore[arg-type]
        scrubber = options["event_scrubber"].value if "event_scrubber" in options else None
        if not isinstance(scrubber, Made) or machine is None:
            continue
        denied = scrubber.named.get("denylist") or (scrubber.given[0] if scrubber.given else None)
        items = machine.items(denied.value) if denied is not None else None
        if (
            denied is not None
            and items is not None
            and not items.open
            and "password" not in texts(machine.heap, denied.value)
        ):
            message = "EventScrubber's denylist replaces the SDK's own: passwords and session ids are sent"
            findings.append(Finding(message=message, **place, hint="write `DEFAULT_DENYLIST + […]`"))  # type: ignore[arg-type]
    return findings


def _calls(node: ast.AST, scope: _Scope) -> Iterator[tuple[ast.Call, _Scope]]:
    """Yield each call of `set_user` with the function around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and call_name(child) == "set_user":
            yield child, scope
        inner = child if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else scope
        yield from _calls(child, inner)


def _sent(tree: ast.Module, call: ast.Call, scope: _Scope) -> _Sent:
    # The parameter is called `value` (https://docs.sentry.io/platforms/python/enriching-events/identify-user/).
    given = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "value"), None)
    if isinstance(given, ast.Constant) and given.value is None:
        return _Sent(keys=frozenset(), whole=True)
    if isinstance(given, ast.Dict):
        return _literal(given)
    if isinstance(given, ast.Name):
        here = _followed(scope, call, given.id) if scope is not None else None
        return here or _followed(tree, call, given.id) or _Sent(keys=frozenset(), whole=False)
    return _Sent(keys=frozenset(), whole=False)


def _literal(node: ast.Dict) -> _Sent:
    keys = [k.value for k in node.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)]
    # `**more` and a key that is a name are no string constants: something else may be sent.
    return _Sent(keys=frozenset(keys), whole=len(keys) == len(node.keys))


def _followed(scope: ast.AST, call: ast.Call, name: str) -> _Sent | None:
    """Follow a name within a function or module; None when nothing there binds it. Any use that may change it leaves it open."""
    keys: set[str] = set()
    bound, whole = 0, True
    plain: set[int] = {id(n) for n in walk(call)}
    for node in walk(scope):
        if isinstance(node, ast.arg) and node.arg == name:
            bound, whole = bound + 1, False
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id == name:
                    sent = _literal(node.value)
                    keys, whole, bound = keys | sent.keys, whole and sent.whole, bound + 1
                    plain.add(id(target))
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                plain.add(id(node.value))
                keys |= {node.slice.value} if isinstance(node.ctx, ast.Store) else set()
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
            plain |= {id(node.value)} if node.attr in _READS else set()
    for node in walk(scope):
        if isinstance(node, ast.Name) and node.id == name and id(node) not in plain:
            whole = False
            bound += isinstance(node.ctx, ast.Store)
    return _Sent(keys=frozenset(keys), whole=whole) if bound else None
