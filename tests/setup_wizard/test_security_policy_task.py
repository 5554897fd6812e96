"""A content security policy that stops the browser's events: the person gets the directive as that file writes it."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, VITE, after

HOST = "https://o1.ingest.us.sentry.io"
SETTINGS = BARE["shop/settings.py"]


MIDDLEWARE = """def policy(get_response):
    def handle(request):
        response = get_response(request)
        # Only what we serve.
        response["Content-Security-Policy"] = %s
        return response
    return handle
"""


@pytest.mark.parametrize(
    ("path", "text", "line", "snippet"),
    [
        ("nginx.conf", "add_header Content-Security-Policy \"default-src 'none'; connect-src 'self'\";\n", 1, f"connect-src 'self' {HOST};"),
        ("nginx.conf", "add_header Content-Security-Policy \"default-src 'none'\";\n", 1, f"connect-src {HOST};"),
        ("web/index.html", VITE["web/index.html"] + '<meta http-equiv="Content-Security-Policy" content="default-src \'self\' cdn.example">\n', 3, f"connect-src 'self' cdn.example {HOST};"),
        ("shop/settings.py", SETTINGS + "CSP_DEFAULT_SRC = (\"'self'\",)\n", 4, f'CSP_CONNECT_SRC = ("\'self\'", "{HOST}",)'),
        ("shop/settings.py", SETTINGS + "CSP_CONNECT_SRC = [\n    \"'self'\",\n]\n", 4, f'CSP_CONNECT_SRC = ["\'self\'", "{HOST}"]'),
        ("shop/settings.py", SETTINGS + "CONTENT_SECURITY_POLICY = {\n    'DIRECTIVES': {'connect-src': [\"'self'\"]},\n}\n", 5, f'"connect-src": ["\'self\'", "{HOST}"],'),
        ("shop/settings.py", SETTINGS + "S3 = 's3.example'\nCONTENT_SECURITY_POLICY = {\n    'DIRECTIVES': {\n        'connect-src': [\n            f'https://{S3}/',\n        ],\n    },\n}\n", 7, f'"{HOST}",   # one more of connect-src'),
        ("shop/settings.py", SETTINGS + "S3 = 's3.example'\nCONTENT_SECURITY_POLICY = {\n    'DIRECTIVES': {'default-src': [f'https://{S3}/']},\n}\n", 6, f"\"connect-src\": [f'https://{{S3}}/', \"{HOST}\"],"),
        ("shop/middleware.py", MIDDLEWARE % "\"default-src 'self'; connect-src 'self' cdn.example\"", 5, f"connect-src 'self' cdn.example {HOST};"),
        ("shop/middleware.py", MIDDLEWARE % "'; '.join(f'{k} {v}' for k, v in POLICY.items())" + "\n\nPOLICY = {\n    'default-src': \"'self'\",\n}\n", 11, f"connect-src 'self' {HOST};"),
        ("shop/settings.py", SETTINGS + "from django.utils.csp import CSP\nSECURE_CSP = {'default-src': [CSP.SELF]}\n", 5, f'"connect-src": ["\'self\'", "{HOST}"],'),
    ],
)  # fmt: skip
def test_the_directive_is_told_as_it_has_to_read(tmp_path, path, text, line, snippet):
    done = after(tmp_path, BARE | VITE | {path: text}, "frontend-sdk")
    assert done.text(path) == text, "who owns the policy decides what it lets through"
    [task] = [t for t in done.steps["frontend-sdk"].manual if t.place == f"{path}:{line}"]
    assert task.title == f"add {HOST} to connect-src in {path}:{line}" and task.snippet == snippet
    assert "the browser blocks every event" in task.reason and task.path == path


def test_a_policy_that_cannot_be_read_is_to_be_checked(tmp_path):
    text = SETTINGS + "CSP_CONNECT_SRC = make()\n"
    done = after(tmp_path, BARE | VITE | {"shop/settings.py": text}, "frontend-sdk")
    [task] = [t for t in done.steps["frontend-sdk"].manual if "connect-src" in t.title]
    assert task.title == f"check that connect-src in shop/settings.py:4 names {HOST}"
    assert task.snippet == f'"{HOST}",   # one more of connect-src'
    assert task.reason == "which hosts the policy lets the page connect to cannot be determined"


@pytest.mark.parametrize(
    ("answers", "source"),
    [
        ({"frontend__dsn": "https://a@errors.acme.example/4"}, "https://errors.acme.example"),
        ({"frontend__dsn": ""}, "https://*.sentry.io"),
        ({"frontend__dsn": "", "sentry__url": "https://sentry.acme.example"}, "https://sentry.acme.example"),
    ],
)
def test_the_host_is_that_of_the_dsn_or_of_the_person_s_sentry(tmp_path, answers, source):
    files = BARE | VITE | {"nginx.conf": "add_header Content-Security-Policy \"default-src 'self'\";\n"}
    done = after(tmp_path, files, "frontend-sdk", **answers)
    [task] = [t for t in done.steps["frontend-sdk"].manual if t.path == "nginx.conf"]
    assert task.snippet == f"connect-src 'self' {source};"


@pytest.mark.parametrize("policy", ["connect-src https:", "img-src 'self'", "connect-src 'self' https://*.sentry.io"])
def test_a_policy_that_lets_events_through_asks_nothing(tmp_path, policy):
    files = BARE | VITE | {"nginx.conf": f'add_header Content-Security-Policy "{policy}";\n'}
    assert "connect-src" not in after(tmp_path, files, "frontend-sdk").left
