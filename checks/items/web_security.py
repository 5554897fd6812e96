"""What lets the browser's events through, or stops them: the content security policy."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from checks.frontends.inits import BrowserInit
from checks.model import Evidence, Finding, Target, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.repository.facts import Facts, inside
from checks.repository.frontends import Frontend
from checks.repository.policies import (
    Policy,
    deployed_apart,
    is_another_page,
    lets,
    policies,
    serves_other_pages,
)
from checks.targets.browser_dsns import dsn_hosts
from checks.targets.browsers import each_frontend, require_browser_init

_UNTOLD = "write connect-src as a literal"
_HOSTS = ("o1.ingest.sentry.io", "o1.ingest.us.sentry.io", "o1.ingest.de.sentry.io")
"""Hosts of DSNs, one for each region (https://docs.sentry.io/concepts/key-terms/dsn-explainer/)."""


def csp_allows_sentry(facts: Facts) -> Sequence[Verdict]:
    """A content security policy that does not name Sentry's host makes the browser silently drop every event.

    To fix: add the host of the DSN (`https://*.ingest.sentry.io`, or your region's) to `connect-src`, or use a `tunnel`.
    """
    return each_frontend(facts, _csp_allows)


def _csp_allows(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    others = [f.root for f in facts.frontends if f.root != frontend.root and not inside(frontend.root, f.root)]
    given = [p for p in policies(facts) if not any(o != "." and inside(p.path, o) for o in others)]
    if not given:
        return not_applicable("no content security policy is set", target=target)
    found = require_browser_init(facts, frontend)
    init = found if not isinstance(found, Verdict) else None
    evidence: list[Evidence] = []
    findings: list[Finding] = []
    elsewhere: Verdict | None = None
    tunnel = init.option("tunnel") if init is not None else None
    if init is not None and tunnel is not None:
        fact = "events go through a tunnel of the same origin"
        evidence.append(in_repository(fact, init.path, js.line_of(tunnel)))
    else:
        hosts = dsn_hosts(facts, init, frontend) if init is not None else []
        for policy in given:
            decided = _connects(policy, hosts)
            if isinstance(decided, Evidence):
                evidence.append(decided)
            elif decided.hint == _UNTOLD:
                return _untold(decided, target)
            elif is_another_page(facts, policy, frontend.root):
                elsewhere = unknown(
                    f"{decided.message}, if {frontend.name} runs on that page",
                    path=policy.path,
                    line=decided.line,
                    hint="check what the page loads, then sign the item off",
                    target=target,
                )
            elif serves_other_pages(facts, policy, frontend.root):
                return unknown(
                    f"{decided.message}, if {policy.path} serves its pages: what that policy is for passes nothing on to the application",
                    path=policy.path,
                    line=policy.line,
                    hint="check which pages it serves, then sign the item off",
                    target=target,
                )
            elif (host := deployed_apart(facts, policy, frontend.root)) is not None:
                return unknown(
                    f"{decided.message}, if the backend serves its pages: {host} deploys it by itself",
                    path=policy.path,
                    line=policy.line,
                    hint="check which pages have the policy, then sign the item off",
                    target=target,
                )
            else:
                findings.append(decided)
    worker = _compressing_replay(init) if init is not None else None
    for policy in given if worker is not None else ():
        deciding = policy.deciding("worker-src")
        if deciding is None or (deciding[1] is not None and "blob:" in deciding[1]):
            continue
        name, sources = deciding
        if sources is None:
            message = f"Session Replay starts a worker, and {name} cannot be determined"
            return _untold(Finding(message=message, path=policy.path, line=policy.line_of("worker-src")), target)
        message = f"{name} is `{_written(sources)}`: the browser stops the worker of Session Replay"
        findings.append(
            Finding(
                message=message, path=policy.path, line=policy.line_of("worker-src"), hint="add blob: to worker-src"
            )
        )
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    return elsewhere or passed(*evidence, target=target)


def _written(sources: Sequence[str]) -> str:
    """Return the sources of a directive as written, cut between two of them where they are long."""
    kept = [s for n, s in enumerate(sources) if n == 0 or len(" ".join(sources[: n + 1])) <= 80]
    return " ".join(kept if len(kept) == len(sources) else (*kept, "…"))


def _untold(finding: Finding, target: Target) -> Verdict:
    return unknown(finding.message, path=finding.path, line=finding.line, hint=_UNTOLD, target=target)


def _connects(policy: Policy, hosts: list[tuple[str, str, int]]) -> Evidence | Finding:
    """Decide whether a policy lets the page reach the hosts of its DSNs, or any of Sentry's where those are not seen."""
    deciding, line = policy.deciding("connect-src"), policy.line_of("connect-src")
    if deciding is None:
        return in_repository("the policy does not limit connections", policy.path, line)
    name, sources = deciding
    if sources is None:
        message = "which hosts the policy lets the page connect to cannot be determined"
        return Finding(message=message, path=policy.path, line=line, hint=_UNTOLD)
    written = _written(sources)
    for host, path, at in hosts:
        states = [lets(s, host) for s in sources]
        if not any(states):
            if None in states:
                message = f"whether {name} lets the page connect to {host} cannot be determined"
                return Finding(message=message, path=policy.path, line=line, hint=_UNTOLD)
            message = (
                f"{name} is `{written}` and the DSN's host is {host} ({path}:{at}): the browser blocks every event"
            )
            hint = f"add https://{host} to connect-src"
            return Finding(message=message, path=policy.path, line=line, hint=hint)
    states = [lets(s, h) for s in sources for h in _HOSTS] if not hosts else [True]
    if any(states) or any("sentry" in s for s in sources):
        return in_repository(f"{name} names the host that events go to", policy.path, line)
    if None in states:
        message = "which hosts the policy lets the page connect to cannot be determined"
        return Finding(message=message, path=policy.path, line=line, hint=_UNTOLD)
    message = f"{name} is `{written}`: the browser blocks every event"
    return Finding(message=message, path=policy.path, line=line, hint="add the DSN's host to connect-src")


def _compressing_replay(init: BrowserInit) -> Node | None:
    """Return the call of `replayIntegration` that compresses in its own worker
    (https://docs.sentry.io/platforms/javascript/session-replay/configuration/).
    """
    root = init.node
    while root.parent is not None:
        root = root.parent
    for node in js.descend(root):
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is None or js.text_of(function).rpartition(".")[2] not in ("replayIntegration", "Replay"):
            continue
        arguments = node.child_by_field_name("arguments")
        options = arguments.named_children[0] if arguments is not None and arguments.named_children else None
        given = {n: v for n, _, v in js.properties(options)} if options is not None and options.type == "object" else {}
        plain = "useCompression" in given and js.text_of(given["useCompression"]) == "false"
        return None if plain or "workerUrl" in given else node
    return None
