"""What reports of public repositories said that was not so, each found by reading them aloud."""

from __future__ import annotations

from checks.model import Outcome
from tests.support.repo import backend, check_one


def test_enable_tracing_is_tracing_at_a_rate_of_one():
    settings = 'import sentry_sdk\nsentry_sdk.init(dsn="https://a@o1.ingest.sentry.io/1", enable_tracing=True)\n'
    files = backend() | {"requirements.txt": "django\nsentry-sdk==2.75.0\n", "shop/settings.py": settings}
    assert check_one("tracing-enabled", files).outcome is Outcome.PASS
    result = check_one("sampling-sensible", files)
    assert result.outcome is Outcome.FAIL
    assert [(f.message, f.line) for f in result.findings] == [("enable_tracing records every trace", 2)]
    off = files | {"shop/settings.py": settings.replace("=True", "=False")}
    assert check_one("tracing-enabled", off).outcome is Outcome.FAIL


def test_a_policy_of_a_test_page_is_not_the_site_s():
    page = '<meta http-equiv="Content-Security-Policy" content="connect-src \'self\'">\n'
    entry = {
        "web/package.json": '{"dependencies": {"react": "19", "@sentry/react": "10"}, "devDependencies": {"vite": "7"}, "scripts": {"build": "vite build"}}',
        "web/index.html": "<script type=module src=/src/main.tsx></script>",
        "web/src/main.tsx": 'import * as Sentry from "@sentry/react";\nSentry.init({ dsn: "https://a@o1.ingest.sentry.io/1" });\n',
    }
    assert check_one("csp-allows-sentry", entry | {"web/public/index.html": page}).outcome is Outcome.FAIL
    assert check_one("csp-allows-sentry", entry | {"tests/data/html/cake.html": page}).outcome is Outcome.NOT_APPLICABLE


def test_a_variable_is_named_where_it_is_read():
    files = backend() | {
        "requirements.txt": "django\nsentry-sdk==2.75.0\n",
        "shop/conf.py": 'import os\n\n\nENVIRONMENT = os.environ.get("SHOP_SENTRY_ENV")\n',
        "shop/settings.py": "import os\nimport sentry_sdk\nfrom shop.conf import ENVIRONMENT\nsentry_sdk.init(dsn=os.environ['SENTRY_DSN'], environment=ENVIRONMENT)\n",
    }
    found = check_one("env-example-complete", files | {".env.example": "SECRET_KEY=\nSENTRY_DSN=\n"}).findings
    assert [f.message for f in found] == [".env.example does not name `SHOP_SENTRY_ENV`, which shop/conf.py:4 reads"]
