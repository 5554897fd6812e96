"""What the browser SDK sends and catches: personal data, errors inside React, and the link to the backend's traces."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from checks.frontends.inits import BrowserInit
from checks.frontends.places import Place
from checks.frontends.production import followed, tracing_call, value_of
from checks.frontends.trace_targets import judge_targets
from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN
from checks.repository.facts import Facts, parent
from checks.repository.frontends import Frontend
from checks.repository.node import installed
from checks.targets.browsers import each_frontend, require_browser_init, sdk_of_module, sdk_package
from checks.targets.cross_origin import allows_origins, lets_traces_in


def frontend_pii_off(facts: Facts) -> Sequence[Verdict]:
    """Users' addresses, cookies and page contents need a decision before they are sent.

    `@sentry/react` 11 ignores `sendDefaultPii`, so even `false` collects; it asks for `dataCollection`. Session Replay
    records what is on the page unless it masks it.

    To fix: leave `sendDefaultPii` out before version 11, pass `dataCollection` from 11 on, and keep Replay's masking.
    """
    return each_frontend(facts, _pii_off)


def _pii_off(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    found = require_browser_init(facts, frontend)
    if isinstance(found, Verdict):
        return found
    if found.unread:
        return unknown(
            "the options of Sentry.init() are not a literal",
            path=found.path,
            line=found.line,
            hint="write them in the call",
            target=target,
        )
    package, root = sdk_package(facts, frontend), frontend.root
    if package is None and (package := sdk_of_module(facts, frontend)) is not None:
        root = parent(package[2])
    version = installed(facts, root, package[0]) if package else None
    if version is None:
        return unknown(
            "the SDK's version cannot be determined",
            path=found.path,
            line=found.line,
            hint="declare it in package.json",
            target=target,
        )
    findings: list[Finding] = []
    pii, collection = found.option("sendDefaultPii"), found.option("dataCollection")
    if version.version.major >= 11:
        if pii is not None:
            message = f"sendDefaultPii is ignored by version {version.text}: everything is collected"
            findings.append(_at(found.path_of("sendDefaultPii"), pii, message, "give `dataCollection`"))
        elif collection is None and not found.is_open("dataCollection"):
            message = f"version {version.text} collects user data unless `dataCollection` turns that off"
            findings.append(
                Finding(
                    message=message, path=found.path, line=found.line, hint="give `dataCollection` with userInfo: false"
                )
            )
        elif collection is not None:
            findings += _collected(facts, frontend, found, collection)
    elif pii is not None:
        known = value_of(Place(facts, frontend, found.path_of("sendDefaultPii")), pii)
        if known is UNKNOWN:
            return unknown(
                f"sendDefaultPii is `{js.text_of(pii)[:40]}`, which cannot be determined here",
                path=found.path_of("sendDefaultPii"),
                line=js.line_of(pii),
                hint="write false",
                target=target,
            )
        if known:
            findings.append(
                _at(found.path_of("sendDefaultPii"), pii, "sendDefaultPii is on: users' data is sent", "remove it")
            )
    for path, node in ((p, n) for p, v in found.values() for n in js.descend(v)):
        if node.type == "pair":
            name, value = node.child_by_field_name("key"), node.child_by_field_name("value")
            key = js.text_of(name) if name is not None else ""
            if value is None or key not in ("maskAllText", "blockAllMedia"):
                continue
            written, known = f"{key}: {js.text_of(value)}", value_of(Place(facts, frontend, path), value)
            if known is UNKNOWN:
                return unknown(
                    f"Session Replay is given `{written[:60]}`, which cannot be determined here",
                    path=path,
                    line=js.line_of(node),
                    hint="write true",
                    target=target,
                )
            if not known:
                findings.append(_at(path, node, f"Session Replay records the page ({written})", "keep the masking on"))
    if findings:
        return failed(*findings, target=target)
    unseen = next(
        (u for p, v in found.values() if (u := _unseen_replay(Place(facts, frontend, p), v)) is not None), None
    )
    if unseen is not None:
        return unknown(
            f"Session Replay is given `{' '.join(js.text_of(unseen).split())[:60]}`, which cannot be determined here",
            path=found.path,
            line=js.line_of(unseen),
            hint="write its options in the call",
            target=target,
        )
    if found.is_open("sendDefaultPii") or found.is_open("integrations"):
        return unknown(
            "some options come from `...`, which is not followed",
            path=found.path,
            line=found.line,
            hint="write them in the call",
            target=target,
        )
    fact = f"no option sends personal data ({version.text})"
    return passed(
        in_repository(fact, found.path, found.line),
        in_repository(f"version {version.text}", version.path, version.line),
        target=target,
    )


def _unseen_replay(place: Place, options: Node) -> Node | None:
    """Return what Replay is given where it is not written out: it may switch the masking off."""
    for node in js.descend(options):
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or arguments is None:
            continue
        if js.text_of(function).rpartition(".")[2] != "replayIntegration":
            continue
        for given in [a for a in arguments.named_children if a.type != "comment"][:1]:
            literal = followed(place, given)[1]
            if literal.type != "object" or literal.id != given.id or js.has_spread(literal):
                return given
    return None


def _collected(facts: Facts, frontend: Frontend, found: BrowserInit, collection: Node) -> list[Finding]:
    """Return what `dataCollection` lets through: `userInfo` is on unless it is switched off."""
    place, given = followed(Place(facts, frontend, found.path_of("dataCollection")), collection)
    if given.type != "object" or js.has_spread(given):
        return []
    user = next((v for n, _, v in js.properties(given) if n == "userInfo"), None)
    known = value_of(place, user) if user is not None else True
    if known is UNKNOWN or not known:
        return []
    message = "dataCollection collects user data" if user is not None else "dataCollection leaves userInfo on"
    return [_at(place.path, collection, message, "set userInfo to false")]


def _at(path: str, node: Node, message: str, hint: str) -> Finding:
    return Finding(message=message, path=path, line=js.line_of(node), hint=hint)


def error_boundary(facts: Facts) -> Sequence[Verdict]:
    """React catches an error in a component and shows an empty page; only a boundary or a root handler reports it in full.

    To fix: wrap the application in `Sentry.ErrorBoundary`, or give `createRoot` the handlers of `Sentry.reactErrorHandler()`.
    """
    return each_frontend(facts, _error_boundary)


def _error_boundary(facts: Facts, frontend: Frontend) -> Verdict:
    from checks.targets.boundaries import decide_boundary

    return decide_boundary(facts, frontend)


def trace_propagation(facts: Facts) -> Sequence[Verdict]:
    """Two headers continue the browser's trace in the backend; across origins they are sent and accepted only if you list them.

    To fix: list the API in `tracePropagationTargets`, and add `sentry-trace` and `baggage` to CORS_ALLOW_HEADERS.
    """
    return each_frontend(facts, _trace_propagation)


def _trace_propagation(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    if not facts.backends:
        return not_applicable("no backend continues the traces", target=target)
    found = require_browser_init(facts, frontend)
    if isinstance(found, Verdict):
        return found
    framework = frontend.framework
    called = any(tracing_call(Place(facts, frontend, p), v) for p, v in found.values())
    traced = called or (framework is not None and framework.traces and found.package == framework.sdk)
    if not traced:
        if found.is_open("integrations"):
            return unknown(
                "whether the frontend records traces cannot be determined: some options come from `...`, which is not followed",
                path=found.path,
                line=found.line,
                hint="write them in the call",
                target=target,
            )
        return not_applicable("the frontend records no traces", target=target)
    option = found.option("tracePropagationTargets")
    place = Place(facts, frontend, found.path_of("tracePropagationTargets"))
    findings, open_one = judge_targets(place, option) if option is not None else ([], None)
    evidence: list[Evidence] = [in_repository("the frontend records traces", found.path, found.line)]
    for backend in facts.backends:
        if backend.is_django and option is None and allows_origins(facts, backend):
            if found.is_open("tracePropagationTargets"):
                message = "tracePropagationTargets may come from options that are not followed"
                open_one = open_one or Finding(
                    message=message, path=found.path, line=found.line, hint="write the options in the call"
                )
            else:
                message = "the API allows other origins, and tracePropagationTargets does not name it"
                findings.append(
                    Finding(message=message, path=found.path, line=found.line, hint="list the API's address")
                )
        said = list(lets_traces_in(facts, backend))
        findings += [s for s in said if isinstance(s, Finding)]
        evidence += [s for s in said if isinstance(s, Evidence)]
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    if open_one is not None:
        return unknown(
            open_one.message,
            path=open_one.path,
            line=open_one.line,
            hint=open_one.hint,
            evidence=evidence,
            target=target,
        )
    return passed(*evidence, target=target)
