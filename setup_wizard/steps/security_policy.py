"""A content security policy that stops the browser's events: the directive as it has to read, for the person who owns the policy."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from checks.items.web_security import csp_allows_sentry
from checks.model import Finding, Outcome
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.policies import Policy, policies
from checks.sentry_api.dsn import parse_dsn
from checks.targets.defined_dsn import is_dsn
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import PENDING_MARK, Context

_SAAS = "https://*.sentry.io"
"""What lets a page reach every region of sentry.io, where the project's own host is not known yet."""


def policy_tasks(context: Context, frontend: Frontend) -> list[ManualTask]:
    """Return a task for each policy that stops the events of a frontend, or may stop them: nobody else decides what it lets through."""
    verdict = next(v for v in csp_allows_sentry(context.facts) if v.target == frontend.target)
    if verdict.outcome not in (Outcome.FAIL, Outcome.UNKNOWN):
        return []
    host = _host(context, frontend)
    found = [(f, _policy_at(context.facts, f)) for f in verdict.findings]
    return [
        _task(context.facts, f, policy, host, sure=verdict.outcome is Outcome.FAIL)
        for f, policy in found
        if policy is not None
    ]


def directive_of(facts: Facts) -> tuple[str, str]:
    """Return the place of the repository's policy, in words, and its `connect-src` as it has to read."""
    found = policies(facts)
    if not found:
        return "the Content-Security-Policy", f"connect-src 'self' {_SAAS}"
    return f"{found[0].path}:{found[0].line_of('connect-src')}", _written(found[0], "connect-src", _SAAS, facts)


def _policy_at(facts: Facts, finding: Finding) -> Policy | None:
    found = (p for p in policies(facts) if p.path == finding.path)
    return next((p for p in found if finding.line in (p.line, *p.lines.values())), None)


def _host(context: Context, frontend: Frontend) -> str:
    """Return the source that the policy has to name: the DSN's host, else that of the person's Sentry."""
    dsn = context.dsn("frontend", frontend.name) or ""
    if is_dsn(dsn) and PENDING_MARK.decode() not in dsn:
        return f"https://{parse_dsn(dsn).host}"
    own = urlsplit(context.own_url or "")
    return f"{own.scheme}://{own.netloc}" if own.netloc else _SAAS


def _task(facts: Facts, finding: Finding, policy: Policy, host: str, *, sure: bool) -> ManualTask:
    worker = "Session Replay" in finding.message
    directive, source = ("worker-src", "blob:") if worker else ("connect-src", host)
    place = f"{policy.path}:{policy.line_of(directive)}"
    title = f"add {source} to {directive} in {place}" if sure else f"check that {directive} in {place} names {source}"
    return ManualTask(
        title=title,
        reason=finding.message,
        place=place,
        path=policy.path,
        snippet=_written(policy, directive, source, facts),
    )


def _written(policy: Policy, directive: str, source: str, facts: Facts) -> str:
    """Return a directive with one more source, as the policy's file writes it; of one that cannot be read only what is added."""
    deciding = policy.deciding(directive)
    name, known = deciding if deciding is not None else (directive, ())
    elements = policy.elements.get(name, ())
    if known is None or (elements and name == directive):
        return f"{source};" if policy.setting is None else f"{json.dumps(source)},   # one more of {directive}"
    sources = [s for s in known if s != "'none'"]
    sources.append(source)
    if policy.setting is None:
        text = f"{directive} {' '.join(sources)};"
        return text.replace("${", "{") if policy.path.endswith(".py") else text
    listed = ", ".join([*elements, json.dumps(source)] if elements else [json.dumps(s) for s in sources])
    if policy.setting.startswith("CSP_"):
        value = (facts.line(policy.path, policy.line) or "").partition("=")[2].lstrip()
        whole = f"[{listed}]" if value.startswith("[") else f"({listed},)"
        return f"CSP_{directive.upper().replace('-', '_')} = {whole}"
    return f'"{directive}": [{listed}],'
