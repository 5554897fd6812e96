"""What lets the browser's events through, or stops them: the content security policy, and a tunnel of one's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.items.browser import each_frontend, initialised
from checks.items.scope import application_modules, call_name, unread
from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.flow import walk
from checks.patterns import lazy_pattern
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.settings import settings_chain

_POLICY = lazy_pattern(r"Content-Security-Policy(?!-Report-Only)[\"']?", re.IGNORECASE)
_CARRIERS = lazy_pattern(
    r"\.(conf|conf\.template|conf\.j2|html|htm|toml|json|ya?ml|ejs)$|(^|/)(_headers|Caddyfile|vercel\.json|netlify\.toml|nginx[^/]*)$"
)
_LETS_SENTRY = lazy_pattern(r"sentry\.io|ingest|(^|[\s'\"])(https:|\*|http:)(?=[\s'\";,]|$)|sentry", re.IGNORECASE)
_VALIDATES = lazy_pattern(
    r"hostname|netloc|SENTRY_HOST|ALLOWED|KNOWN|PROJECT_ID|project_id|known_project|SENTRY_DSN|\.host\b"
)


class _Policy(Struct, frozen=True, kw_only=True):
    """A policy: what it lets the page connect to (None: cannot be told), with its place."""

    sources: str | None
    path: str
    line: int


def csp_allows_sentry(facts: Facts) -> Sequence[Verdict]:
    """A content security policy that does not name Sentry's host makes the browser drop every event, without a word.

    To fix: add the host of the DSN (`https://*.ingest.sentry.io`, or your region's) to `connect-src`, or use a `tunnel`.
    """
    return each_frontend(facts, _csp_allows)


def _csp_allows(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    policies = facts.once("content security policies", "", lambda: [*_by_settings(facts), *_by_files(facts)])
    if not policies:
        return not_applicable("no content security policy is set", target=target)
    found = initialised(facts, frontend)
    tunnel = found.option("tunnel") if not isinstance(found, Verdict) else None
    if tunnel is not None and not isinstance(found, Verdict):
        return passed(
            in_repository("events go through a tunnel of the same origin", found.path, js.line_of(tunnel)),
            target=target,
        )
    evidence: list[Evidence] = []
    findings: list[Finding] = []
    for policy in policies:
        if policy.sources is None:
            return unknown(
                "what the policy lets the page connect to cannot be told",
                path=policy.path,
                line=policy.line,
                hint="write connect-src as literals",
                target=target,
            )
        if _LETS_SENTRY.search(policy.sources):
            evidence.append(in_repository("connect-src names Sentry's host", policy.path, policy.line))
        else:
            message = f"connect-src is `{policy.sources.strip()[:80]}`: the browser drops every event"
            hint = "add the DSN's host to connect-src"
            findings.append(Finding(message=message, path=policy.path, line=policy.line, hint=hint))
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    return passed(*evidence, target=target)


def _by_settings(facts: Facts) -> Iterator[_Policy]:
    """Read django-csp (both generations) and Django 6's SECURE_CSP
    (https://django-csp.readthedocs.io/en/latest/configuration.html, https://docs.djangoproject.com/en/6.0/ref/csp/).
    """
    for backend in facts.backends:
        chain = settings_chain(facts, backend)
        old = next((n for n in ("CSP_CONNECT_SRC", "CSP_DEFAULT_SRC") if n in chain.names), None)
        if old is not None:
            yield _Policy(sources=_literals(chain.names[old]), path=chain.name_files[old], line=chain.names[old].lineno)
        for name in ("CONTENT_SECURITY_POLICY", "SECURE_CSP"):
            value = chain.names.get(name)
            if value is None:
                continue
            directives = _directives(value)
            chosen = directives.get("connect-src", directives.get("default-src"))
            yield _Policy(
                sources=_literals(chosen) if chosen is not None else None,
                path=chain.name_files[name],
                line=value.lineno,
            )


def _directives(value: ast.expr) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in walk(value):
        if isinstance(node, ast.Dict):
            for key, item in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.endswith("-src"):
                    found.setdefault(key.value, item)
    return found


def _literals(node: ast.expr) -> str | None:
    """Return the texts of a list; names like `CSP.SELF` count by themselves, and a computed host makes it None."""
    elements = node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else [node]
    words = []
    for element in elements:
        if isinstance(element, ast.Constant) and isinstance(element.value, str):
            words.append(element.value)
        elif isinstance(element, (ast.Name, ast.Attribute)) and ast.unparse(element).rpartition(".")[2] in (
            "SELF",
            "NONE",
            "UNSAFE_INLINE",
            "NONCE",
        ):
            words.append("'self'")
        elif re.search(r"sentry", ast.unparse(element), re.IGNORECASE):
            words.append("sentry")
        else:
            return None
    return " ".join(words)


def _by_files(facts: Facts) -> Iterator[_Policy]:
    for path in (*facts.configuration, *facts.with_suffix("html", "htm", "ejs")):
        if not _CARRIERS.search(path) or "node_modules/" in path or path.startswith((".github/", "docs/")):
            continue
        data = facts.read(path)
        if data is None or b"ontent-" not in data or not _POLICY.search(data.decode("utf-8", errors="replace")):
            continue
        text = facts.text(path) or ""
        for match in _POLICY.finditer(text):
            line_start = text.rfind("\n", 0, match.start()) + 1
            if text[line_start : match.start()].lstrip().startswith(("#", "//", "<!--")):
                continue
            rest = text[match.end() : match.end() + 3000]
            written = re.search(r"(connect-src|default-src)\s", rest)
            chosen = re.search(r"connect-src\s+([^;\"\n]*)", rest) or re.search(r"default-src\s+([^;\"\n]*)", rest)
            if written is None:
                continue
            sources = chosen.group(1) if chosen else None
            computed = (
                sources is not None and re.search(r"\$\{|\{\{|\$\w", sources) and not _LETS_SENTRY.search(sources)
            )
            yield _Policy(sources=None if computed else sources, path=path, line=text.count("\n", 0, match.start()) + 1)


def tunnel_safe(facts: Facts) -> Sequence[Verdict]:
    """A tunnel that forwards whatever it gets to whatever host the envelope names is an open proxy into your network.

    To fix: take the DSN out of the envelope's first line, and compare its host and project with your own before forwarding.
    """
    return each_frontend(facts, _tunnel_safe)


def _tunnel_safe(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    found = initialised(facts, frontend)
    tunnel = found.option("tunnel") if not isinstance(found, Verdict) else None
    forwards = [f for b in facts.backends for f in _forwarders(facts, b)]
    if not any(not safe for _, _, safe in forwards):
        for backend in facts.backends:
            open_one = unread(facts, backend, "envelope")
            if open_one is not None:
                return replace(open_one, target=target)
    if tunnel is None and not forwards:
        if isinstance(found, Verdict) and found.findings and found.outcome.value == "unknown":
            return found
        return not_applicable("events go to Sentry directly, without a tunnel", target=target)
    if not forwards:
        assert not isinstance(found, Verdict) and tunnel is not None
        return unknown(
            f"the tunnel is {js.text_of(tunnel)[:60]}, and the code behind it was not found in this repository",
            path=found.path,
            line=js.line_of(tunnel),
            hint="see that it compares the DSN's host and project with your own",
            target=target,
        )
    open_ones = [(path, line) for path, line, safe in forwards if not safe]
    if open_ones:
        return failed(
            *(
                Finding(
                    message="the tunnel forwards to any host that an envelope names",
                    path=path,
                    line=line,
                    hint="compare the DSN's host and project with your own",
                )
                for path, line in open_ones
            ),
            target=target,
        )
    return passed(
        *(in_repository("the tunnel checks where it forwards to", p, line) for p, line, _ in forwards), target=target
    )


def _forwarders(facts: Facts, backend: Backend) -> Iterator[tuple[str, int, bool]]:
    """Yield `(path, line, validated)` of each function that posts an envelope to a host."""
    for path, module in application_modules(facts, backend, "envelope"):
        for node in module.nodes:
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            text = ast.unparse(node)
            posts = any(
                isinstance(n, ast.Call) and call_name(n) in ("post", "request", "urlopen", "Request")
                for n in walk(node)
            )
            if not posts or "envelope" not in text:
                continue
            fixed = not re.search(r"dsn|json\.loads|urlparse|urlsplit", text)
            tests = [ast.unparse(n.test) for n in walk(node) if isinstance(n, (ast.If, ast.IfExp, ast.Assert))]
            yield path, node.lineno, fixed or any(_VALIDATES.search(t) for t in tests)
