"""A pass is wired until Sentry shows it, and proven from then on; a launch and a strict audit want the proof."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.cli import exit_code
from checks.errors import ExitCode
from checks.model import Outcome, Proof, Report
from checks.report.github import render_github
from checks.report.html import render_html
from checks.report.junit import render_junit
from checks.report.markdown import render_markdown
from checks.report.sarif import render_sarif
from checks.report.text import render_text
from setup_wizard.sandbox.records import Fault, now
from setup_wizard.sandbox.state import SandboxState
from tests.support.repo import INIT, PLUGIN, RENDER, backend, frontend, workflow
from tests.support.truths import ask, made, release, send

ENV = (
    "SENTRY_ORG: acme\nSENTRY_PROJECT: shop-backend shop-frontend\nSENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}"
)
RELEASE = workflow(
    "./deploy\nsentry-cli releases new $GITHUB_SHA -p shop-backend -p shop-frontend\n"
    "sentry-cli releases set-commits --auto $GITHUB_SHA\nsentry-cli releases finalize $GITHUB_SHA\n"
    "sentry-cli releases deploys $GITHUB_SHA new -e production",
    env=ENV,
)
FILES = {
    **backend(),
    **frontend(PLUGIN),
    "shop/settings.py": INIT.replace(
        '"))', '"), environment=os.environ.get("SENTRY_ENVIRONMENT"), traces_sample_rate=0.1)'
    ),
    "requirements.txt": "django\nsentry-sdk\n",
    "render.yaml": RENDER + "      - key: SENTRY_ENVIRONMENT\n        value: prod\n",
    ".github/workflows/deploy.yml": RELEASE,
}


def browser(state: SandboxState, environment: str) -> None:
    values = {"values": [{"type": "Error", "value": "x"}]}
    event = {"platform": "other", "exception": values, "environment": environment}
    state.add_event(state.projects["shop-frontend"], event)


def bundle(state: SandboxState) -> None:
    one = {"checksum": "c" * 40, "projects": ["shop-frontend"], "release": "a" * 40, "dist": None, "fileCount": 2}
    state.bundles.append(one | {"date": now(), "debugIds": ["d1"]})


def deployed(state: SandboxState, **changes: object) -> None:
    release(state, "a" * 40)
    state.release("a" * 40)["projects"] = [{"id": int(p.id), "slug": p.slug} for p in state.projects.values()]
    state.release("a" * 40).update(changes)


CASES: dict[str, Callable[[SandboxState], object]] = {
    "dsn-configured": lambda s: send(s, None, "prod"),
    "environment-set": lambda s: send(s, None, "prod"),
    "release-tracking": deployed,
    "deploy-recorded": lambda s: deployed(s, deployCount=1, lastDeploy={"environment": "prod"}),
    "commits-associated": lambda s: deployed(s, commitCount=3),
    "tracing-enabled": lambda s: s.projects["shop-backend"].losses.update({("accepted", "span"): 5}),
}
"""What happens on the server, and the item that it proves."""


@pytest.mark.parametrize("item", CASES)
async def test_what_is_wired_becomes_proven_when_it_is_seen(item):
    state = made()
    before = (await ask(state, FILES)).result(item)
    assert (before.outcome, before.proof) == (Outcome.PASS, Proof.WIRED), before.findings
    CASES[item](state)
    after = (await ask(state, FILES)).result(item)
    assert (after.outcome, after.proof) == (Outcome.PASS, Proof.PROVEN), after.evidence


async def test_an_upload_ticks_source_maps_and_an_error_the_frontends_dsn():
    state = made()
    build = FILES | {".github/workflows/build.yml": workflow("cd frontend && npm run build\n./deploy", env=ENV)}
    before = (await ask(state, build)).result("source-maps")
    bundle(state)
    browser(state, "prod")
    after = await ask(state, build)
    assert before.proof is not Proof.PROVEN and after.result("source-maps").proof is Proof.PROVEN
    assert "artifact bundle cccccccc… of release" in after.result("source-maps").evidence[0].fact


async def test_another_environment_proves_nothing():
    state = made()
    send(state, None, "staging")
    assert (await ask(state, FILES)).result("dsn-configured").proof is Proof.WIRED


ODD = {
    "/releases/": ('[{"version": {}}]', "release-tracking", "Sentry's answer for a release has no `version`"),
    "/events/": ('{"data": [{"project.id": []}]}', "dsn-configured", "did not answer with a list"),
    "stats_v2": ("[]", "tracing-enabled", "Sentry's answer for what arrived has an unexpected shape"),
}


@pytest.mark.parametrize("path", ODD)
async def test_an_answer_that_cannot_be_read_is_why_a_pass_is_not_proven(path):
    body, item, said = ODD[path]
    state = made()
    CASES[item](state)
    state.faults.append(Fault(method="GET", path=path, status=200, body=body, headers={}, times=9))
    result = (await ask(state, FILES)).result(item)
    assert (result.outcome, result.proof) == (Outcome.PASS, Proof.WIRED)
    assert any(f.message.startswith("not proven: ") and said in f.message for f in result.findings), result.findings


async def test_a_strict_audit_online_wants_proof_and_says_so():
    state = made()
    whole = await ask(state, FILES)
    kept = tuple(r for r in whole.results if r.item.id in ("dsn-configured", "debug-off", "sdk-installed"))
    report = Report(root=".", revision=None, results=kept, online=True)
    assert exit_code(report, strict=False) is ExitCode.OK and exit_code(report, strict=True) is ExitCode.UNCHECKED
    assert "Not proven yet: dsn-configured" in render_text(report)
    assert "not proven yet: dsn-configured" in render_github(report)
    assert "No required item fails. 1 required item is not proven yet." in render_markdown(report)
    assert "1 required item is not proven yet." in render_html(report)
    assert "wired; proven by an event from each deployed environment" in render_junit(report)
    assert "dsn-configured is not proven yet; proven by" in render_sarif(report)
    assert '"dsn-configured": "wired"' in render_sarif(report)
    seen = Report(root=".", revision=None, results=(whole.result("project-created"),), online=True)
    assert "\nproven\n" in render_junit(seen) and '"project-created": "proven"' in render_sarif(seen)
    offline = Report(root=".", revision=None, results=kept, online=False)
    assert exit_code(offline, strict=True) is ExitCode.OK and "Not proven" not in render_text(offline)
