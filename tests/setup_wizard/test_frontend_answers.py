"""What a person chooses for a frontend is written, and nothing of it unless it is chosen."""

from __future__ import annotations

import pytest

from checks.errors import UsageError
from checks.targets.addresses import backend_origins
from setup_wizard.questions import questions_for
from setup_wizard.steps.frontend_answers import origins
from tests.setup_wizard.test_frontend_frameworks import MAIN, made_with
from tests.support.edits import after
from tests.support.repo import facts_of

FLOW = "on: [push, pull_request]\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm run build\n        working-directory: web\n      - run: fly deploy\n"


def shop(framework: str = "react") -> dict[str, str]:
    return made_with(framework) | {"web/src/main.tsx": MAIN[framework], ".github/workflows/deploy.yml": FLOW}


@pytest.mark.parametrize(("framework", "path"), [("react", "web/src/instrument.ts"), ("vue", "web/src/main.tsx")])
def test_options_of_the_sdk(tmp_path, framework, path):
    chosen = {"frontend.trace_targets": "https://api.example.com", "frontend.replay": "yes", "frontend.logs": "yes"}
    text = after(tmp_path, shop(framework), "frontend-sdk", **chosen).text(path)
    assert r"tracePropagationTargets: [/^\//, /^https:\/\/api\.example\.com(?:\/|$)/]," in text
    assert "Sentry.browserTracingIntegration(), Sentry.replayIntegration()]" in text
    assert "replaysSessionSampleRate: 0.1," in text and "enableLogs: true," in text


def test_nothing_is_on_unless_it_is_chosen(tmp_path):
    done = after(tmp_path, shop(), "frontend-sdk", "source-maps")
    text = done.text("web/src/instrument.ts") + done.text("web/vite.config.ts")
    assert not any(
        w in text for w in ("Replay", "replays", "enableLogs", "tracePropagationTargets", "telemetry", "throw")
    )


def test_a_guard_leaves_pull_requests_alone(tmp_path):
    done = after(tmp_path, shop(), "source-maps", **{"frontend.guard": "yes", "frontend.telemetry": "no"})
    config, flow = done.text("web/vite.config.ts"), done.text(".github/workflows/deploy.yml")
    assert (
        "generateBundle()" in config
        and "telemetry: false" in config
        and "errorHandler: (error) => { throw error }" in config
    )
    assert "SENTRY_RELEASE: ${{ github.event_name != 'pull_request' && github.sha || '' }}" in flow


@pytest.mark.parametrize(
    ("key", "value"), [("frontend.replay", "maybe"), ("frontend.trace_targets", "api.example.com/x")]
)
def test_other_words_are_refused(tmp_path, key, value):
    with pytest.raises(UsageError):
        after(tmp_path, shop(), "frontend-sdk", **{key: value})


def test_questions_offer_them_off():
    asked = {q.key: q for s in ("frontend-sdk", "source-maps") for q in questions_for(s, facts_of(shop()), None)}
    assert {
        k: asked[k].value for k in ("frontend.replay", "frontend.logs", "frontend.guard", "frontend.telemetry")
    } == {
        "frontend.replay": "no",
        "frontend.logs": "no",
        "frontend.guard": "no",
        "frontend.telemetry": "yes",
    }
    assert asked["frontend.trace_targets"].problem("api") and not asked["frontend.trace_targets"].problem(
        "https://a.example"
    )


def test_origins():
    assert origins("https://a.example/, http://b.example:8000") == ("https://a.example", "http://b.example:8000")
    assert origins("") == ()


SETTINGS = {"shop/settings.py": 'ALLOWED_HOSTS = ["shop.example.org", "localhost", ".example.net", "*"]\n'}
RENDER = {
    "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n"
    "    domains: [www.shop.org]\n    envVars:\n      - key: BACKEND_URL\n        value: https://api.shop.org/v1\n"
    "      - key: REDIS_URL\n        value: redis://cache.shop.org\n"
}
ADDRESSES = [
    (SETTINGS, ("https://shop.example.org",)),
    (RENDER, ("https://api.shop.org", "https://www.shop.org")),
    ({"web/.env.production": "VITE_API_URL=https://api.shop.org/v2\nVITE_CDN_URL=https://cdn.shop.org\n"}, ("https://api.shop.org",)),
    ({"web/.env.production": "VITE_API_URL=/api\nVITE_API_BASE=$HOST\nVITE_SERVER_URL=http://localhost:8000\n"}, ()),
    ({}, ()),
]  # fmt: skip


@pytest.mark.parametrize(("files", "origins"), ADDRESSES)
def test_the_addresses_of_a_backend_are_those_that_are_written_down(files, origins):
    facts = facts_of(shop() | files)
    assert backend_origins(facts, facts.frontends[0]) == origins
    assert {q.key: q for q in questions_for("frontend-sdk", facts, None)}["frontend.trace_targets"].value == ", ".join(
        origins
    )


def test_traces_go_to_the_backends_own_address_unless_told_otherwise(tmp_path):
    own = r"tracePropagationTargets: [/^\//, /^https:\/\/shop\.example\.org(?:\/|$)/],"
    assert own in after(tmp_path, shop() | SETTINGS, "frontend-sdk").text("web/src/instrument.ts")
    other = after(tmp_path / "b", shop() | SETTINGS, "frontend-sdk", **{"frontend.trace_targets": "https://a.example"})
    assert "shop" not in other.text("web/src/instrument.ts").partition("tracePropagationTargets")[2]


CORS = {"shop/settings.py": SETTINGS["shop/settings.py"] + 'INSTALLED_APPS = ["corsheaders"]\n'}
LET_IN = 'from corsheaders.defaults import default_headers\nCORS_ALLOW_HEADERS = (*default_headers, "sentry-trace", "baggage")\n'


def test_no_request_carries_a_trace_that_the_backend_refuses(tmp_path):
    done = after(tmp_path, shop() | CORS, "frontend-sdk")
    assert "tracePropagationTargets" not in done.text("web/src/instrument.ts")
    [task] = [t for t in done.steps["frontend-sdk"].manual if "tracePropagationTargets" in t.title]
    assert "add https://shop.example.org" in task.title and task.path == "shop/settings.py"
    assert (
        "CORS_ALLOW_HEADERS lacks sentry-trace and baggage" in task.reason
        and task.snippet == LET_IN.rstrip().replace("headers\nCORS", "headers\n\nCORS")
    )
    asked = {q.key: q for q in questions_for("frontend-sdk", facts_of(shop() | CORS), None)}
    assert asked["frontend.trace_targets"].value == ""


def test_a_backend_that_lets_the_headers_in_gets_the_trace(tmp_path):
    files = shop() | {"shop/settings.py": CORS["shop/settings.py"] + LET_IN}
    done = after(tmp_path, files, "frontend-sdk")
    assert r"/^https:\/\/shop\.example\.org" in done.text("web/src/instrument.ts")
    assert not [t for t in done.steps["frontend-sdk"].manual if "tracePropagationTargets" in t.title]


def test_a_person_who_names_the_address_decides(tmp_path):
    chosen = {"frontend.trace_targets": "https://shop.example.org"}
    done = after(tmp_path, shop() | CORS, "frontend-sdk", **chosen)
    assert r"shop\.example\.org" in done.text("web/src/instrument.ts")
    assert not [t for t in done.steps["frontend-sdk"].manual if "let the headers" in t.title]
