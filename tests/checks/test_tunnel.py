"""A tunnel forwards to the own project only where what its URL is made of was compared with values of one's own."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_frontend_items import web
from tests.support.repo import backend, check_one

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
READ = "envelope = request.body\n    dsn = urlparse(json.loads(envelope.split(b'\\n')[0])['dsn'])\n    project = dsn.path.strip('/')\n    "
POST = "requests.post(f'https://{dsn.hostname}/api/{project}/envelope/', data=envelope)"
HOST, PROJECT = "if dsn.hostname != HOST: raise X\n    ", "if project not in PROJECTS: return bad()\n    "

CASES = [
    ("both-compared", READ + HOST + PROJECT + POST, P, "checks where"),
    ("one-condition", READ + "if dsn.hostname != HOST or project not in PROJECTS: raise X\n    " + POST, P, "checks where"),
    ("only-both-wrong", READ + "if dsn.hostname != HOST and project not in PROJECTS: raise X\n    " + POST, F, "any host"),
    ("nothing", READ + POST, F, "any host"),
    ("project-only", READ + PROJECT + POST, F, "any host"),
    ("host-only", READ + HOST + POST, F, "any project"),
    ("named-like-a-check", READ + "if settings.ALLOWED_HOSTS and settings.SENTRY_DSN: log(1)\n    " + POST, F, "any host"),
    ("in-a-comment", READ + "# if dsn.hostname != HOST: raise\n    " + POST, F, "any host"),
    ("compared-and-not-left", READ + "if dsn.hostname != HOST: print('hostname')\n    " + POST, F, "any host"),
    ("compared-afterwards", READ + POST + "\n    if dsn.hostname != HOST: raise X", F, "any host"),
    ("method-compared", READ + "if request.method != 'POST': return bad()\n    " + POST, F, "any host"),
    ("the-wrong-way", READ + "if dsn.hostname == HOST: raise X\n    " + PROJECT + POST, F, "any host"),
    ("inside", READ + f"if dsn.hostname == HOST and project in PROJECTS:\n        {POST}", P, "checks where"),
    ("asserted", READ + "assert dsn.hostname in HOSTS\n    assert project == PROJECT\n    " + POST, P, "checks where"),
    ("trimmed-where-compared", READ.replace("project = dsn.path.strip('/')\n    ", "") + HOST + "if dsn.path.strip('/') not in PROJECTS: raise X\n    " + POST.replace("{project}", "{dsn.path}"), P, "checks where"),
    ("cut-where-compared", READ.replace("project = dsn.path.strip('/')\n    ", "") + HOST + "if int(dsn.path[1:]) not in PROJECTS: raise X\n    " + POST.replace("{project}", "{dsn.path}"), P, "checks where"),
    ("a-part-compared", READ.replace("project = dsn.path.strip('/')\n    ", "") + HOST + "if dsn.path[2:] not in PROJECTS: raise X\n    " + POST.replace("{project}", "{dsn.path}"), F, "any project"),
    ("whole-dsn", "envelope = request.body\n    raw = json.loads(envelope)['dsn']\n    if raw != settings.SENTRY_DSN: raise X\n    dsn = urlparse(raw)\n    project = dsn.path\n    " + POST, P, "checks where"),
    ("own-names", READ + "host = dsn.netloc\n    if host != HOST: raise X\n    " + PROJECT + "requests.post(f'https://{host}/api/{project}/envelope/', data=envelope)", P, "checks where"),
    ("fixed", "envelope = request.body\n    requests.post(settings.ENVELOPE_URL, data=envelope)", P, "checks where"),
    ("fixed-from-own-dsn", "envelope = request.body\n    dsn = urlparse(settings.SENTRY_DSN)\n    requests.post(f'https://{dsn.hostname}/api/{dsn.path}/envelope/', data=envelope)", P, "checks where"),
    ("helper-may-raise", READ + "check_host(dsn)\n    " + POST, U, "cannot be determined"),
    ("helper-decides", READ + "if not allowed(dsn.hostname): return bad()\n    " + POST, U, "cannot be determined"),
    ("helper-reads", "envelope = request.body\n    dsn = read_dsn(envelope)\n    project = dsn.path\n    " + POST, U, "cannot be determined"),
    ("any-of-sentry", READ + "if dsn.hostname.endswith('.sentry.io') and project in PROJECTS:\n        " + POST, P, "checks where"),
    ("ends-like-sentry", READ + "if dsn.hostname.endswith('sentry.io') and project in PROJECTS:\n        " + POST, F, "any host"),
    ("url-kept", "envelope = request.body\n    url = json.loads(envelope)['dsn']\n    requests.post(url, data=envelope)", F, "any host"),
    ("urlopen", READ + "urlopen(f'https://{dsn.hostname}/api/{project}/envelope/', envelope)", F, "any host"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "outcome", "text"), [pytest.param(*c[1:], id=c[0]) for c in CASES])
def test_what_a_tunnel_forwards_to(body: str, outcome: Outcome, text: str) -> None:
    files = backend() | web("tunnel: '/t'") | {"shop/views.py": f"def tunnel(request):\n    {body}\n"}
    result = check_one("tunnel-safe", files)
    told = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and text in told, told
