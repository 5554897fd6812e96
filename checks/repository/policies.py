"""Content security policies: where a repository sets them, and what they let a page do (https://www.w3.org/TR/CSP3/)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from checks.parsers.flow import walk
from checks.parsers.position import line_at, line_of
from checks.parsers.server_blocks import Directive, parse_caddy, parse_nginx
from checks.patterns import lazy_pattern
from checks.production.values import Known
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import has_part
from checks.repository.python_policies import WrittenPolicy, python_policies, text_of
from checks.repository.settings import SettingsChain, settings_chain

_POLICY = lazy_pattern(r"Content-Security-Policy(?!-Report-Only)[\"']?", re.IGNORECASE)
_CARRIERS = lazy_pattern(
    r"\.(conf|conf\.template|conf\.j2|html|htm|toml|json|ya?ml|ejs)$|(^|/)(_headers|Caddyfile|vercel\.json|netlify\.toml|nginx[^/]*)$"
)
_DIRECTIVE = lazy_pattern(
    r"\b((?:default|connect|script|style|img|font|worker|child|frame|media|object)-src)(?=[\s;\"])"
)
_SOURCE = lazy_pattern(
    r"[a-z][a-z0-9+.-]*:|([a-z][a-z0-9+.-]*://)?(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*)(:(\d+|\*))?(/.*)?|\[[0-9a-f:.]+\](:\d+)?"
)
"""A scheme or a host (https://www.w3.org/TR/CSP3/#grammardef-host-source), and an address; anything else is a template's."""
_FALLBACK = {
    "connect-src": ("connect-src", "default-src"),
    "worker-src": ("worker-src", "child-src", "script-src", "default-src"),
}
"""Which directives decide in turn (https://www.w3.org/TR/CSP3/#directive-fallback-list)."""

_KEYWORDS = frozenset({"SELF", "NONE", "UNSAFE_INLINE", "UNSAFE_EVAL", "NONCE", "STRICT_DYNAMIC"})
COMPUTED_SENTRY = "{sentry}"
"""A source that is computed and names Sentry."""

_MAX_POLICY_CHARACTERS = 4000

Sources = tuple[str, ...]


_SERVERS = (".conf", ".conf.template", ".conf.j2", "nginx")
_HANDS_ON = frozenset(
    {"proxy_pass", "uwsgi_pass", "fastcgi_pass", "grpc_pass", "reverse_proxy", "php_fastcgi", "import", "include"}
)
"""Directives that hand a request on to the application, and those that may bring such a one from another file."""

_SAMPLES = frozenset({"test", "tests", "__tests__", "testdata", "fixture", "fixtures", "example", "examples"})
"""Folders of pages that nobody serves."""


class Policy(Struct, frozen=True, kw_only=True):
    """A policy: the sources of each directive (None: not each can be told), with its place.

    `whole` says that every directive is known; of another one, a directive that is not there may still be set.
    `setting` is the name of the Django setting that holds it, None where it is the text of a header. `lines` are those of the
    directives, where they are known; `elements` the expressions of those whose list has more than texts, as the code writes them.
    """

    directives: dict[str, Sources | None]
    path: str
    line: int
    whole: bool = True
    setting: str | None = None
    lines: dict[str, int] = {}
    elements: dict[str, tuple[str, ...]] = {}

    def line_of(self, name: str) -> int:
        """Return the line of the directive that decides for another, of the policy where it has none of its own."""
        deciding = self.deciding(name)
        return self.lines.get(deciding[0], self.line) if deciding is not None else self.line

    def deciding(self, name: str) -> tuple[str, Sources | None] | None:
        """Return the directive that decides for another and its sources; None where the policy leaves that free."""
        found = next((d for d in _FALLBACK[name] if d in self.directives), None)
        if found is not None:
            return found, self.directives[found]
        return None if self.whole else (name, None)


def lets(source: str, host: str) -> bool | None:
    """Return whether a source expression lets a page connect to a host by HTTPS; None for a computed one."""
    given = source.strip().lower()
    if given in ("*", "https:", "http:", "https://*", "http://*", COMPUTED_SENTRY):
        return True
    if re.search(r"\$\{|\{\{|\$\w|<%", given):
        return True if "sentry" in given else None
    if not given.startswith("'") and not _SOURCE.fullmatch(given):
        return True if "sentry" in given else None  # what fills it in, no file here says
    pattern = re.sub(r"^(https?|wss?)://", "", given).partition("/")[0]
    name, plain = pattern.partition(":")[0], host.partition(":")[0].lower()
    return plain.endswith(name[1:]) if name.startswith("*.") else name == plain


def policies(facts: Facts) -> list[Policy]:
    """Return every policy that settings and files of the repository set."""
    return facts.memoize(policies, "", lambda: [*_by_settings(facts), *_by_files(facts), *_by_code(facts)])


def is_another_page(facts: Facts, policy: Policy, root: str) -> bool:
    """Return whether a policy is written in a page, whose own it is, that lies apart from the frontend at a root and every backend."""
    homes = [root, *(b.root for b in facts.backends)]
    return policy.path.endswith((".html", ".htm")) and not any(inside(policy.path, h) for h in homes)


def serves_other_pages(facts: Facts, policy: Policy, root: str) -> bool:
    """Return whether a policy is that of a web server which may serve something else: it hands nothing on, and lies apart from
    the frontend at a root and from every backend.
    """
    name, folder = policy.path.rpartition("/")[2], parent(policy.path)
    parse = parse_caddy if name.startswith("Caddyfile") else parse_nginx if name.endswith(_SERVERS) else None
    homes = [root, *(b.root for b in facts.backends)]
    if parse is None or any(inside(h, folder) or (h != "." and inside(policy.path, h)) for h in homes):
        return False
    found = facts.parsed(f"{parse.__name__} {policy.path}", policy.path, parse)
    if not isinstance(found, tuple):
        return False
    own = _location_of(found, policy.line)
    named: set[str] = set()
    for directive in _all(found if own is None else own.block or ()):
        named |= {directive.name} if not directive.words[-1].endswith("mime.types") else set()
        # A named location may hand on what this one has no file for.
        named |= {"proxy_pass"} if own is not None and any(w.startswith("@") for w in directive.words[1:]) else set()
    return not named & _HANDS_ON


_HOSTED = (
    *(
        "scalingo.json",
        "app.json",
        "Procfile",
        "static.json",
        "vercel.json",
        "netlify.toml",
        "firebase.json",
        "fly.toml",
    ),
    *("staticwebapp.config.json", "wrangler.toml", "wrangler.json", "wrangler.jsonc", "apphosting.yaml", "amplify.yml"),
)
"""Files that a host reads in the folder of what it deploys."""


def deployed_apart(facts: Facts, policy: Policy, root: str) -> str | None:
    """Return the file that deploys the frontend at a root by itself, where a policy is set by the code of a backend; else None.

    The backend's own pages have that policy, and those of the frontend come from another host.
    """
    if not policy.path.endswith(".py") or any(inside(b.root, root) for b in facts.backends):
        return None
    return next((p for name in _HOSTED if (p := join(root, name)) in facts.paths), None)


def _location_of(directives: Sequence[Directive], line: int) -> Directive | None:
    """Return the innermost location of nginx whose own directives have one at a line: its headers are for what it answers only."""
    locations = [d for d in _all(directives) if d.name == "location"]
    return next((d for d in locations if any(inner.line == line for inner in d.block or ())), None)


def _all(directives: Sequence[Directive]) -> Iterator[Directive]:
    for directive in directives:
        yield directive
        yield from _all(directive.block or ())


def _by_settings(facts: Facts) -> Iterator[Policy]:
    """Read django-csp (both generations) and Django 6's SECURE_CSP
    (https://django-csp.readthedocs.io/en/latest/configuration.html, https://docs.djangoproject.com/en/6.0/ref/csp/).
    """
    for backend in facts.backends:
        chain = settings_chain(facts, backend)
        if _sends_none(facts, chain):
            continue
        old = {m[1].lower().replace("_", "-"): n for n in chain.names if (m := re.fullmatch(r"CSP_(\w+_SRC)", n))}
        first = old.get("connect-src") or old.get("default-src")
        if first is not None:
            yield Policy(
                directives={d: _sources(chain.names[n], chain.names) for d, n in old.items()},
                elements={d: e for d, n in old.items() if (e := _expressions(chain.names[n]))},
                path=chain.name_files[first],
                line=line_of(chain.names[first]),
                setting=first,
            )
        for name in ("CONTENT_SECURITY_POLICY", "SECURE_CSP"):
            value = chain.names.get(name)
            if value is not None:
                given = _directives(value)
                found = {d: _sources(v, chain.names) for d, v in given.items()}
                yield Policy(
                    directives=found,
                    lines={d: line_of(v) for d, v in given.items()},
                    elements={d: e for d, v in given.items() if (e := _expressions(v))},
                    path=chain.name_files[name],
                    line=line_of(value),
                    whole=bool(found) and isinstance(value, ast.Dict),
                    setting=name,
                )


def _expressions(value: ast.expr) -> tuple[str, ...]:
    """Return the elements of a list as the code writes them, nothing where all of them are texts and keywords."""
    if not isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return (f"*{ast.unparse(value)}",) if not isinstance(value, ast.Constant) else ()
    keywords = (ast.unparse(e).rpartition(".")[2] in _KEYWORDS for e in value.elts)
    plain = all(isinstance(e, ast.Constant) or k for e, k in zip(value.elts, keywords, strict=True))
    return () if plain else tuple(ast.unparse(e) for e in value.elts)


def _sends_none(facts: Facts, chain: SettingsChain) -> bool:
    """Return whether no middleware of the settings sends a policy: each is of a package that is known to send none."""
    bound = chain.bindings.get("MIDDLEWARE")
    items = chain.machine.items(bound.value) if bound is not None and chain.machine is not None else None
    if items is None or items.open:
        return False
    values = [b.value.value if isinstance(b.value, Known) else None for b in items.items]
    return all(isinstance(v, str) and v != _DJANGOS_POLICY and v.partition(".")[0] in _SENDING_NONE for v in values)


_DJANGOS_POLICY = "django.middleware.csp.ContentSecurityPolicyMiddleware"
_SENDING_NONE = frozenset(
    "django whitenoise corsheaders allauth debug_toolbar django_prometheus simple_history waffle hijack axes django_otp two_factor "  # noqa: SIM905
    "social_django crum impersonate django_htmx wagtail oauth2_provider silk auditlog reversion django_structlog log_request_id".split()
)
"""Packages whose middlewares send no policy, but for Django's own one; what another package's middleware sends is not known."""


def _directives(value: ast.expr) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in walk(value):
        if isinstance(node, ast.Dict):
            for key, item in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.endswith("-src"):
                    found.setdefault(key.value, item)
    return found


def _sources(node: ast.expr, names: dict[str, ast.expr], depth: int = 6) -> Sources | None:
    """Return the texts of a list; names like `CSP.SELF` count by themselves, and a computed host makes it None."""
    if isinstance(node, ast.Constant):
        return tuple(node.value.split()) if isinstance(node.value, str) else None if node.value is not None else ()
    if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.BinOp)):
        parts = [node.left, node.right] if isinstance(node, ast.BinOp) else node.elts
        found = [_sources(p.value if isinstance(p, ast.Starred) else p, names, depth) for p in parts]
        computed = (f"${{{ast.unparse(p)}}}" for p in parts)
        return tuple(s for f, c in zip(found, computed, strict=True) for s in ((c,) if f is None else f))
    if isinstance(node, ast.JoinedStr):
        return tuple(text_of(node, names).split())
    written = ast.unparse(node)
    if isinstance(node, (ast.Name, ast.Attribute)) and written.rpartition(".")[2] in _KEYWORDS:
        return ("'self'",)
    if isinstance(node, ast.Name) and node.id in names and depth:
        found_there = _sources(names[node.id], names, depth - 1)
        if found_there is not None:
            return found_there
    return (COMPUTED_SENTRY,) if "sentry" in written.lower() else None


def _by_code(facts: Facts) -> Iterator[Policy]:
    for found in python_policies(facts):
        parts = [p.split() for p in found.text.split(";")]
        directives: dict[str, Sources | None] = {
            p[0].lower(): tuple(p[1:]) for p in reversed(parts) if p and p[0].lower().endswith("-src")
        }
        whole = bool(directives) and not any(p and p[0].startswith("$") for p in parts)
        lines = {d: _line_naming(facts, found, d) for d in directives}
        yield Policy(directives=directives, path=found.path, line=found.line, whole=whole, lines=lines)


def _line_naming(facts: Facts, policy: WrittenPolicy, directive: str) -> int:
    """Return the line of a module that spells a directive, from the policy on, else before it: a constant may hold it."""
    rows = (facts.text(policy.path) or "").splitlines()
    named = [n for n, row in enumerate(rows, start=1) if directive in row]
    return next((n for n in named if n >= policy.line), named[-1] if named else policy.line)


def _by_files(facts: Facts) -> Iterator[Policy]:
    for path in (*facts.configuration, *facts.with_suffix("html", "htm", "ejs")):
        if (
            not _CARRIERS.search(path)
            or "node_modules/" in path
            or path.startswith((".github/", "docs/"))
            or has_part(path, _SAMPLES)
        ):
            continue
        data = facts.read(path)
        if data is None or b"ontent-" not in data or not _POLICY.search(data.decode("utf-8", errors="replace")):
            continue
        text = facts.text(path) or ""
        for match in _POLICY.finditer(text):
            line_start = text.rfind("\n", 0, match.start()) + 1
            if text[line_start : match.start()].lstrip().startswith(("#", "//", "<!--")):
                continue
            found = _written(text[match.end() : match.end() + _MAX_POLICY_CHARACTERS])
            if found:
                yield Policy(directives=found, path=path, line=line_at(text, match.start()))


def _written(rest: str) -> dict[str, Sources | None]:
    """Read the directives of a policy that follows its header's name: up to the closing quote, or the end of the line."""
    first = _DIRECTIVE.search(rest)
    if first is None:
        return {}
    before = rest[: first.start()]
    quote = before[max(before.rfind('"'), before.rfind("`"))] if '"' in before or "`" in before else ""
    if quote:
        end = rest.find(quote, first.start())
        policy = rest[first.start() : end if end >= 0 else len(rest)]
    else:
        lines = rest[first.start() :].splitlines()
        more = [n for n, line in enumerate(lines) if n == 0 or _DIRECTIVE.match(line.strip() + " ")]
        policy = " ".join(lines[n] for n in more if more[: n + 1] == list(range(n + 1)))
    found: dict[str, Sources | None] = {}
    for part in policy.split(";"):
        words = part.split()
        if words and words[0].lower().endswith("-src"):
            found.setdefault(words[0].lower(), tuple(words[1:]))
    return found
