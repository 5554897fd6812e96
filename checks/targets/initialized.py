"""Whether a backend initializes the SDK in production: what an item says of it, and every other that needs `init` asks."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from msgspec.structs import replace

from checks.model import Finding, Outcome, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers.position import line_of
from checks.production.core import reading_hint
from checks.production.values import Class, External, Guard, Initialization, Known
from checks.repository.agreed_settings import candidate_chains
from checks.repository.backends import Backend, SettingsModule
from checks.repository.candidate_settings import candidate_settings
from checks.repository.facts import Facts
from checks.repository.settings import LocatedInit, SettingsChain, settings_chain
from checks.repository.text_index import python_files_containing
from checks.targets.init_elsewhere import executed_init, init_elsewhere

_TEMPLATE_SETTINGS = "the settings file is a template"


def no_backend() -> list[Verdict]:
    """Return the verdicts for a repository without a backend."""
    return [not_applicable("no backend found (no manage.py that starts Django, no application of another framework)")]


def decide_initialized(facts: Facts, backend: Backend) -> Verdict:
    """Decide `sdk-initialized` for one backend, once; other items begin with it."""
    return facts.memoize(decide_initialized, f"{backend.name}:{backend.root}", lambda: _sdk_initialized(facts, backend))


def _candidates(facts: Facts, backend: Backend) -> Verdict | None:
    """Judge each settings module that production may run, where nothing names one: what holds of all is known."""
    verdicts = [
        (module, _sdk_initialized(facts, replace(backend, name=f"{backend.name} {module.name}", settings=module)))
        for module in candidate_settings(facts, backend)
    ]
    outcomes = {v.outcome for _, v in verdicts}
    if outcomes == {Outcome.PASS}:
        return passed(*(e for _, v in verdicts for e in v.evidence[:1]), target=backend.target)
    if outcomes == {Outcome.FAIL} and not _named_elsewhere(facts, backend, [m for m, _ in verdicts]):
        return failed(*(f for _, v in verdicts for f in v.findings[:1]), target=backend.target)
    if Outcome.PASS in outcomes:
        module = next(m for m, v in verdicts if v.outcome is not Outcome.PASS)
        other = next(m for m, v in verdicts if v.outcome is Outcome.PASS)
        return unknown(
            f"{other.name} initializes the SDK, {module.name} does not, and nothing names the one that production runs",
            path=module.path,
            target=backend.target,
            hint="set `backend.settings` in the configuration, as in DJANGO_SETTINGS_MODULE",
        )
    return None


def unfollowed_init(facts: Facts, backend: Backend) -> Finding:
    """Say why items have no call of init to judge although the SDK is initialized, or may be."""
    verdict = decide_initialized(facts, backend)
    if verdict.findings:
        return verdict.findings[0]
    places = {
        name: f"{i.path}:{i.call.line}"
        for name, chain in candidate_chains(facts, backend).items()
        for i in chain.inits
        if i.runs
    }
    which = ", ".join(f"{name} at {place}" for name, place in places.items())
    how = f"differently ({which})" if len(set(places.values())) > 1 else "in a way that depends on which of them runs"
    return Finding(
        message=f"the settings that production may run initialize the SDK {how}, and nothing names the one that it runs",
        path=verdict.evidence[0].path if verdict.evidence else None,
        line=verdict.evidence[0].line if verdict.evidence else None,
        hint="set `backend.settings` in the configuration, as in DJANGO_SETTINGS_MODULE",
    )


def _named_elsewhere(facts: Facts, backend: Backend, modules: Sequence[SettingsModule]) -> bool:
    """Return whether a file that no candidate loads names Sentry: a server's configuration may start it there."""
    loaded = {
        path
        for module in modules
        for path in settings_chain(facts, replace(backend, name=f"{backend.name} {module.name}", settings=module)).files
    }
    return any(path not in loaded for path in python_files_containing(facts, backend, "sentry"))


def _sdk_initialized(facts: Facts, backend: Backend) -> Verdict:
    target = backend.target
    if backend.settings is None and backend.is_django:
        judged = _candidates(facts, backend)
        if judged is not None:
            return judged
    if backend.settings is None:
        return unknown(
            "the production settings module is not named anywhere",
            target=target,
            hint="set `backend.settings` in the configuration, as in DJANGO_SETTINGS_MODULE",
        )
    if backend.settings.path is None:
        return unknown(
            f"`{backend.settings.name}` ({backend.settings.found_in}) is not a file of this repository",
            path=backend.settings.found_in,
            line=backend.settings.found_line,
            target=target,
            hint="set `backend.settings` in the configuration",
        )
    chain = settings_chain(facts, backend)
    if chain.problems:
        path, problem = chain.problems[0]
        template = re.search(r"\{\{|\{%", facts.text(path) or "")
        reason = _TEMPLATE_SETTINGS if template else problem.message
        return unknown(
            f"{path} cannot be read: {reason}",
            path=path,
            line=problem.line,
            target=target,
            hint="audit a project that is made from the template" if template else reading_hint(problem),
        )
    reasons: list[Finding] = []
    uncertain: list[Finding] = []
    for located in chain.inits:
        state, why = _runs_in_production(located, chain)
        if state == "runs":
            where = "" if located.reached_by == "settings" else f", from {located.reached_by} only"
            ended = _switched_off(chain, backend)
            if ended is not None:
                return ended
            sent = _transport(located, chain, backend)
            if sent is not None:
                return sent
            evidence = [in_repository(f"sentry_sdk.init() in production{where}{why}", located.path, located.call.line)]
            if backend.settings.found_in != backend.settings.path:
                what = "production settings are" if backend.is_django else "production starts"
                evidence.append(
                    in_repository(
                        f"{what} {backend.settings.name}",
                        backend.settings.found_in,
                        backend.settings.found_line,
                    )
                )
            return passed(*evidence, target=target)
        finding = Finding(
            message=f"sentry_sdk.init() {why}",
            path=located.path,
            line=located.call.line,
            hint=_where_to_call(located.initialization.decided_by, backend),
        )
        (reasons if state == "never" else uncertain).append(finding)
    if uncertain:
        first = uncertain[0]
        return unknown(
            first.message,
            path=first.path,
            line=first.line,
            target=target,
            hint="set `backend.settings`, or declare the switch where it deploys",
        )
    if reasons:
        return failed(*reasons, target=target)
    called = None if backend.is_django else _begun_by_call(facts, backend)
    if called is not None:
        return called
    elsewhere = init_elsewhere(facts, backend, chain)
    if elsewhere:
        return elsewhere
    if chain.opaque_imports and backend.is_django:
        path, line, name = chain.opaque_imports[0]
        executed = executed_init(facts, backend, path) if name.startswith(("exec(", "exec ")) else None
        if executed is not None:
            return unknown(
                f"sentry_sdk.init() is in {executed[0]}, which `{name}` may run: that is not followed",
                path=executed[0],
                line=executed[1],
                target=target,
                hint="check that production runs it, then sign the item off",
            )
        where = "which is not followed" if name.startswith("exec(") else "which is not in this repository"
        return unknown(
            f"the settings take everything from `{name}`, {where}",
            path=path,
            line=line,
            target=target,
            hint="check whether that calls sentry_sdk.init()",
        )
    other = _replaced_init(chain)
    if other is not None:
        path, line = other
        message = "`sentry_sdk.init` is another function: the code replaces the SDK's"
        return failed(Finding(message=message, path=path, line=line, hint="remove the assignment"), target=target)
    return failed(
        Finding(
            message=f"no sentry_sdk.init() in {backend.settings.name} or what it imports",
            path=backend.settings.path,
            hint="`sentry-setup apply sdk --yes` adds it",
        ),
        target=target,
    )


def _replaced_init(chain: SettingsChain) -> tuple[str, int] | None:
    """Return where the code puts another function in the place of `sentry_sdk.init`, None where it does not."""
    machine = chain.machine
    put = machine.heap.names(machine.replaced).items.get("sentry_sdk.init") if machine is not None else None
    return (put.path, line_of(put.node)) if put is not None and put.node is not None else None


def _switched_off(chain: SettingsChain, backend: Backend) -> Verdict | None:
    """Judge what takes the client of an init away again, None where nothing does."""
    if chain.ended is None:
        return None
    ended = chain.ended.initialization
    what = f"`{ended.ends}`" if ended.ends else "a second sentry_sdk.init() with an empty DSN"
    place = {"path": ended.path, "line": ended.line}
    if ended.runs:
        message = f"{what} switches the SDK off after it was initialized"
        return failed(Finding(message=message, **place, hint="remove it"), target=backend.target)  # type: ignore[arg-type]
    guard = ended.decided_by
    when = f" if {guard.test}, which cannot be determined here" if guard is not None else ""
    return unknown(
        f"{what} may switch the SDK off after it was initialized{when}",
        **place,  # type: ignore[arg-type]
        hint="remove it, or declare what decides it where it deploys",
        target=backend.target,
    )


def _transport(located: LocatedInit, chain: SettingsChain, backend: Backend) -> Verdict | None:
    """Judge a transport of one's own: whether it sends what it is given is not known; None for the SDK's."""
    bound = located.initialization.options.get("transport")
    value = bound.value if bound is not None else Known(None)
    own = (
        isinstance(value, Class) and chain.machine is not None and chain.machine.class_member(value, "capture_envelope")
    )
    based = isinstance(value, Class) and any(isinstance(b, External) and _is_sdk(b.name) for b in value.bases)
    if value == Known(None) or (isinstance(value, External) and _is_sdk(value.name)) or (based and not own):
        return None
    line = line_of(bound.node) if bound is not None and bound.node is not None else located.call.line
    written = ast.unparse(bound.node)[:80] if bound is not None and bound.node is not None else "a function"
    return unknown(
        f"events go to the transport `{written}`, and whether it sends them cannot be determined here",
        path=located.path,
        line=line,
        hint="remove the option `transport`, or check that it sends every event",
        target=backend.target,
    )


def _is_sdk(name: str) -> bool:
    return name.startswith("sentry_sdk.") and name.endswith("Transport")


def _begun_by_call(facts: Facts, backend: Backend) -> Verdict | None:
    """Fail an init that runs in the function which a host calls: the host's integration stands around the call already."""
    from checks.targets.invoked import begun_by_call, sent_by_hand

    call, entry = begun_by_call(facts, backend), backend.entry
    if call is None or entry is None:
        return None
    place = {"path": call.path, "line": call.call.line, "hint": f"call it at module level, above {entry.attribute}"}
    by_hand = sent_by_hand(facts, entry)
    if by_hand is not None:
        message = f"sentry_sdk.init() runs only when {entry.attribute} is called, and whether its errors are reported cannot be determined"
        return unknown(message, **place, target=backend.target)  # type: ignore[arg-type]
    message = f"sentry_sdk.init() runs only when {entry.attribute} is called: {backend.facts.integration} comes too late to wrap that call"
    return failed(Finding(message=message, **place), target=backend.target)  # type: ignore[arg-type]


def _where_to_call(guard: Guard | None, backend: Backend) -> str:
    if guard is not None and guard.late:
        return f"call sentry_sdk.init() before {guard.path}:{guard.line}"
    return f"call it in {backend.start}"


def _runs_in_production(located: LocatedInit, chain: SettingsChain) -> tuple[str, str]:
    """Return `runs`, `never` or `uncertain`, with the conditions that decide it."""
    init = located.initialization
    guard = init.decided_by
    if guard is None or _on_both_sides(init, chain):
        held = list(dict.fromkeys(g.test for g in init.guards if g.test))
        return "runs", f", if {' and '.join(held)}" if held else ""
    if guard.late and guard.truth is False:
        return "never", f"comes too late: {guard.because}"
    if guard.late:
        return "uncertain", f"may come too late: {guard.because}"
    if not guard.test:
        return "never", f"is not reached: {guard.because}"
    because = f" ({guard.because})" if guard.because else ""
    if guard.test == "an exception was raised":
        return "uncertain", "runs only after an exception"
    if guard.truth is False:
        return "never", f"runs only if {guard.test}{because}"
    return "uncertain", f"runs only if {guard.test}, which cannot be determined here{because}"


def _on_both_sides(init: Initialization, chain: SettingsChain) -> bool:
    """Return whether the other side of the one condition that cannot be determined makes a call as well."""
    uncertainties = [g for g in init.guards if g.truth is not True]
    if len(uncertainties) != 1 or uncertainties[0].truth is False or uncertainties[0].late:
        return False
    own = uncertainties[0]
    for other in chain.inits:
        theirs = [g for g in other.initialization.guards if g.truth is not True]
        opposite = (
            len(theirs) == 1
            and theirs[0].truth is None
            and own.test in (f"not ({theirs[0].test})", theirs[0].test[5:-1])
        )
        if opposite and (theirs[0].path, theirs[0].line) == (own.path, own.line):
            return True
    return False
