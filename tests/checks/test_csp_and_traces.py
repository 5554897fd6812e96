"""The content security policy against the DSN's own host and Replay's worker; trace targets that match every host."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_frontend_items import web
from tests.support.repo import backend, check_one

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
KEY = "0123456789abcdef0123456789abcdef"


def given(host: str, policy: str, options: str = "") -> dict[str, str]:
    files = backend() | web(f"dsn: import.meta.env.VITE_SENTRY_DSN{options}")
    dsn = f"VITE_SENTRY_DSN=https://{KEY}@{host}/7\n"
    return files | {"frontend/.env.production": dsn, "nginx.conf": f'add_header Content-Security-Policy "{policy}";\n'}


@pytest.mark.parametrize(
    ("host", "policy", "outcome"),
    [
        ("o11.ingest.de.sentry.io", "connect-src 'self' https://*.ingest.sentry.io", F),
        ("o11.ingest.de.sentry.io", "connect-src 'self' https://o11.ingest.sentry.io", F),
        ("o11.ingest.us.sentry.io", "connect-src 'self' https://*.ingest.de.sentry.io", F),
        ("o11.ingest.us.sentry.io", "connect-src https://o12.ingest.us.sentry.io", F),
        ("o11.ingest.de.sentry.io", "connect-src https://*.ingest.de.sentry.io", P),
        ("o11.ingest.de.sentry.io", "connect-src https://*.sentry.io/api/", P),
        ("o11.ingest.de.sentry.io", "default-src 'self'; connect-src o11.ingest.de.sentry.io:443", P),
        ("o11.ingest.de.sentry.io", "default-src 'self'; img-src *", F),
        ("o11.ingest.de.sentry.io", "default-src https:", P),
        ("o11.ingest.de.sentry.io", "script-src 'self'", P),
        ("errors.acme.example", "connect-src https://*.ingest.sentry.io", F),
        ("errors.acme.example", "connect-src 'self' https://errors.acme.example", P),
        ("o11.ingest.de.sentry.io", "connect-src 'self' ${API_HOST}", U),
    ],
)
def test_the_policy_has_to_name_the_dsn_s_own_host(host, policy, outcome):
    result = check_one("csp-allows-sentry", given(host, policy))
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is F:
        assert f"the DSN's host is {host} (frontend/.env.production:1)" in result.findings[0].message
        assert (result.findings[0].path, result.findings[0].line) == ("nginx.conf", 1)
        assert result.findings[0].hint == f"add https://{host} to connect-src"


REPLAY = ", integrations: [Sentry.replayIntegration({})]"
OPEN = "connect-src https:; "


@pytest.mark.parametrize(
    ("options", "policy", "outcome"),
    [
        (REPLAY, OPEN + "worker-src 'self'", F),
        (REPLAY, OPEN + "child-src 'self'", F),
        (REPLAY, OPEN + "script-src 'self' https:", F),
        (REPLAY, OPEN + "default-src *", F),
        (REPLAY, OPEN + "worker-src 'self' blob:", P),
        (REPLAY, OPEN + "default-src 'self'; child-src blob:", P),
        (REPLAY, OPEN + "img-src 'self'", P),
        (REPLAY.replace("{}", "{ useCompression: false }"), OPEN + "worker-src 'self'", P),
        (REPLAY.replace("{}", "{ workerUrl: '/w.js' }"), OPEN + "worker-src 'self'", P),
        ("", OPEN + "worker-src 'self'", P),
        (", tunnel: '/t'" + REPLAY, "worker-src 'self'", F),
    ],
)
def test_replay_needs_its_worker(options, policy, outcome):
    result = check_one("csp-allows-sentry", given("o1.ingest.us.sentry.io", policy, options))
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is F:
        assert "the browser stops the worker of Session Replay" in result.findings[0].message
        assert result.findings[0].hint == "add blob: to worker-src"


HEADERS = {
    "headers": [{"source": "/(.*)", "headers": [{"key": "Content-Security-Policy", "value": "default-src 'self'"}]}]
}
CARRIERS = [
    ("vercel.json", json.dumps(HEADERS)),
    ("frontend/public/_headers", "/*\n  Content-Security-Policy: default-src 'self'\n"),
    ("netlify.toml", '[headers.values]\nContent-Security-Policy = """\n  default-src \'self\';\n"""\n'),
    ("frontend/index.html", "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\">"),
    ("Caddyfile", "header Content-Security-Policy \"default-src 'self'; img-src *\"\n"),
    ("shop/settings.py", "SECURE_CSP = {'default-src': [CSP.SELF]}\n"),
    ("shop/settings.py", "HERE = \"'self'\"\nCSP_DEFAULT_SRC = (HERE,)\n"),
    ("shop/settings.py", "CONTENT_SECURITY_POLICY = {'DIRECTIVES': {'connect-src': [\"'self'\", *[]]}}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), CARRIERS)
def test_a_policy_is_found_where_it_is_set(path, text):
    result = check_one("csp-allows-sentry", backend() | web() | {path: text})
    assert result.outcome is F, (result.evidence, result.findings)
    assert result.findings[0].path == path
    assert "'self'" in result.findings[0].message


def test_the_page_of_another_frontend_decides_nothing():
    files = web() | {"admin/index.html": CARRIERS[3][1], "admin/package.json": '{"devDependencies": {"vite": "7"}}'}
    found = {v.target.root: v.outcome for v in check_one("csp-allows-sentry", files).verdicts}
    assert found["frontend"] is N


LOCATION = "location / {\n root /embed;\n add_header Content-Security-Policy \"default-src 'self'\";\n }\n"
SERVER = "server {{\n  add_header Content-Security-Policy \"default-src 'self'\";\n  {}\n}}\n"


@pytest.mark.parametrize(
    ("path", "directive", "outcome"),
    [
        ("services/viewer/nginx.conf", "root /usr/share/nginx/html/embed;", U),
        ("services/viewer/nginx.conf", "include /etc/nginx/mime.types; root /srv;", U),
        ("services/viewer/Caddyfile", "file_server", U),
        ("services/nginx/nginx.conf", "location / { proxy_pass http://web:8000; }", F),
        ("services/nginx/nginx.conf", "location / { include uwsgi_params; uwsgi_pass web; }", F),
        ("services/viewer/nginx.conf", LOCATION + "location /far/ { proxy_pass http://elsewhere; }", U),
        ("services/viewer/nginx.conf", LOCATION.replace("root /embed;", "proxy_pass http://web:8000;"), F),
        ("services/viewer/nginx.conf", LOCATION.replace("root /embed;", "try_files $uri @web;"), F),
        ("deploy/nginx.conf", "include /etc/nginx/conf.d/*.conf;", F),
        ("nginx.conf", "root /srv;", F),
        ("frontend/deploy/nginx.conf", "root /srv;", F),
        ("shop/nginx.conf", "root /srv;", F),
    ],
)
def test_a_server_that_hands_nothing_on_may_serve_other_pages(path, directive, outcome):
    text = (
        f"server {{\n{directive}\n}}\n"
        if directive.startswith(LOCATION[:12]) and "add_header" in directive
        else SERVER.format(directive)
    )
    text = (
        text.replace("server {", "example.com {").replace("add_header", "header").replace(";\n", "\n")
        if "Caddy" in path
        else text
    )
    files = given("o1.ingest.us.sentry.io", "") | {path: text}
    files = {p: t for p, t in files.items() if p != "nginx.conf" or p == path}
    if path == "shop/nginx.conf":
        files = {"shop/" + p if p[:8] != "frontend" and p != path else p: t for p, t in files.items()}
    result = check_one("csp-allows-sentry", files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    assert (result.findings[0].path, result.findings[0].line) == (path, 4 if "add_header" in directive else 2)
    if outcome is U:
        assert f"if {path} serves its pages" in result.findings[0].message
        assert result.findings[0].hint == "check which pages it serves, then sign the item off"


TRACED = "integrations: [Sentry.browserTracingIntegration()], tracePropagationTargets: "


@pytest.mark.parametrize(
    ("targets", "outcome"),
    [
        ("[/.*/]", F),
        ("['/']", F),
        ("['']", F),
        ("['https://']", F),
        ("[/^https?:/]", F),
        ("[/^https:\\/\\/.+/i]", F),
        ("['localhost', /./]", F),
        ("[]", F),
        ("[/^\\//]", P),
        ("['/api/']", P),
        ("['localhost', /^https:\\/\\/api\\.shop\\.example/]", P),
        ("[import.meta.env.VITE_API]", P),
    ],
)
def test_a_target_that_matches_every_host_is_none(targets, outcome):
    result = check_one("trace-propagation", backend() | web(TRACED + targets))
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is F:
        assert result.findings[0].message.startswith("tracePropagationTargets ")
        assert (result.findings[0].path, result.findings[0].line) == ("frontend/src/instrument.ts", 2)


SET = "def add(response):\n    response%s\n    return response\n"
HEADER = "headers['Content-Security-Policy'] = "
OWN = "default-src 'self'"
NAMES = "https://*.ingest.sentry.io https://*.ingest.us.sentry.io https://*.ingest.de.sentry.io"


@pytest.mark.parametrize(("code", "outcome", "line", "words"), [
    (SET % f'.{HEADER}"{OWN}"', F, 2, "default-src is `'self'`: the browser blocks every event"),
    (SET % f'.{HEADER}"{OWN}; connect-src \'self\' {NAMES}"', P, 2, "connect-src names the host that events go to"),
    (SET % f'.setdefault("content-security-policy", "{OWN}")', F, 2, "the browser blocks every event"),
    (SET % f'.{HEADER}f"{OWN}; connect-src {{hosts}}"', U, 2, "which hosts the policy lets the page connect to cannot be determined"),
    (SET % f'.{HEADER}f"connect-src {{hosts}} {NAMES}"', P, 2, "connect-src names the host that events go to"),
    (SET % f'.{HEADER}f"{OWN}; connect-src {{hosts}}"' + "hosts = \"'self' api.example\"\n", F, 2, "connect-src is `'self' api.example`"),
    (SET % f'.{HEADER}"; ".join(["img-src *", "connect-src \'none\'"])', F, 2, "connect-src is `'none'`"),
    (SET % f'.{HEADER}"; ".join(f"{{k}} {{\' \'.join(v)}}" for k, v in POLICY.items())' + "POLICY = {\n    'connect-src': [\"'self'\", API],\n}\n", U, 5, "cannot be determined"),
    (SET % f'.{HEADER}"; ".join(f"{{k}} {{\' \'.join(v)}}" for k, v in POLICY.items())' + "POLICY = {\n    'connect-src': [\"'self'\"],\n}\n", F, 5, "connect-src is `'self'`"),
    (SET % f".{HEADER}build()", U, 2, "cannot be determined"),
    ("headers = {'Content-Security-Policy': \"default-src 'self'\"}\n", F, 1, "the browser blocks every event"),
    ("Talisman(app, content_security_policy={'default-src': \"'self'\"})\n", F, 1, "the browser blocks every event"),
    (SET % f'.headers["Content-Security-Policy-Report-Only"] = "{OWN}"', N, 0, "no content security policy is set"),
])  # fmt: skip
def test_a_policy_that_code_sets_is_read(code, outcome, line, words):
    result = check_one("csp-allows-sentry", backend() | web() | {"shop/security.py": code})
    found = [(f.message, f.path, f.line) for f in result.findings] + [(e.fact, e.path, e.line) for e in result.evidence]
    if outcome is N:
        assert result.outcome is N
        return
    assert (result.outcome, found[0][1:]) == (outcome, ("shop/security.py", line)) and words in found[0][0], found


def test_a_policy_of_a_test_is_none():
    code = {"shop/tests/test_csp.py": SET % f'.{HEADER}"{OWN}"'}
    assert check_one("csp-allows-sentry", backend() | web() | code).outcome is N


@pytest.mark.parametrize(("more", "outcome"), [("", U), ("'https://*.sentry.io'", P)])
def test_a_computed_host_of_settings_leaves_the_others_known(more, outcome):
    text = f"CONTENT_SECURITY_POLICY = {{'DIRECTIVES': {{\n  'connect-src': [f'https://{{bucket()}}/', {more}],\n}}}}\n"
    result = check_one("csp-allows-sentry", backend() | web() | {"shop/settings.py": text})
    found = [(f.path, f.line) for f in result.findings] + [(e.path, e.line) for e in result.evidence]
    assert (result.outcome, found[0]) == (outcome, ("shop/settings.py", 2))


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"frontend/scalingo.json": "{}\n"}, U),
        ({"frontend/vercel.json": "{}\n"}, U),
        ({"scalingo.json": "{}\n"}, F),
        ({"other/vercel.json": "{}\n"}, F),
    ],
)
def test_a_policy_of_a_backend_may_not_be_that_of_a_frontend_with_its_own_host(more, outcome):
    code = {"shop/security.py": SET % f'.{HEADER}"{OWN}"'}
    result = check_one("csp-allows-sentry", backend() | web() | code | more)
    [finding] = result.findings
    assert (result.outcome, finding.path, finding.line) == (outcome, "shop/security.py", 2)
    if outcome is U:
        assert f"if the backend serves its pages: {next(iter(more))} deploys it by itself" in finding.message
        assert finding.hint == "check which pages have the policy, then sign the item off"


PAGE = '<meta http-equiv="Content-Security-Policy" content="connect-src {}">'


@pytest.mark.parametrize("filled", ["%VITE_CONNECT%", "__CONNECT_SRC__", "@connect@", "<?=$connect?>", "#{connect}"])
def test_a_source_that_a_template_fills_in_is_open(filled):
    result = check_one("csp-allows-sentry", web() | {"frontend/index.html": PAGE.format(f"'self' {filled}")})
    assert result.outcome is U, (result.evidence, result.findings)
    assert result.findings[0].message == "which hosts the policy lets the page connect to cannot be determined"
    assert (result.findings[0].path, result.findings[0].line) == ("frontend/index.html", 1)


@pytest.mark.parametrize(
    "other", ["data:", "wss:", "https://api.example.com:8000/v1", "*.example.com", "http://localhost:*", "[::1]:9000"]
)
def test_a_source_of_another_host_lets_nothing_through(other):
    result = check_one("csp-allows-sentry", web() | {"frontend/index.html": PAGE.format(f"'self' {other}")})
    assert result.outcome is F and "the browser blocks every event" in result.findings[0].message


def test_long_sources_are_cut_between_two_of_them():
    hosts = " ".join(f"https://host{n}.example.com" for n in range(6))
    result = check_one("csp-allows-sentry", web() | {"frontend/index.html": PAGE.format(hosts)})
    shown = " ".join(hosts.split()[:3])
    assert result.findings[0].message == f"connect-src is `{shown} …`: the browser blocks every event"


def test_a_page_apart_from_the_frontend_has_a_policy_of_its_own():
    page = {"infra/maintenance.html": PAGE.format("'self'")}
    result = check_one("csp-allows-sentry", web() | page)
    assert result.outcome is U
    (found,) = result.findings
    said = "connect-src is `'self'`: the browser blocks every event, if frontend runs on that page"
    assert (found.message, found.path, found.line) == (said, "infra/maintenance.html", 1)
    assert found.hint == "check what the page loads, then sign the item off"
    own = {"frontend/index.html": PAGE.format("https://api.example.com")}
    both = check_one("csp-allows-sentry", web() | page | own)
    assert both.outcome is F and [f.path for f in both.findings] == ["frontend/index.html"]
