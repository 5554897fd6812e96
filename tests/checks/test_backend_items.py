"""The items of the section Backend: each outcome, on the shapes that the catalogue names."""

from __future__ import annotations

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.model import Outcome
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from tests.support.repo import RENDER, assert_outcome, backend, frontend, numbered, workflow

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
HEAD = "import os\nimport sentry_sdk\nfrom .base import *\n"
TOKEN = "SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}"
DSN = "https://0a1b2c3d4e5f60718293a4b5c6d7e8f9@o42.ingest.us.sentry.io/4501"
RELEASE = 'sentry-cli releases new -p shop-backend "$SENTRY_RELEASE"'


def django(
    init: str | None, *, sdk: str = "==2.75.0", before: str = "", after: str = "", **files: str
) -> dict[str, str]:
    """A Django project whose settings call init with the given arguments (None: not at all)."""
    call = "" if init is None else f"sentry_sdk.init({init})\n"
    made = backend() | {"requirements.txt": f"django\nsentry-sdk{sdk}\n"}
    return made | {"shop/settings.py": f"import os\nimport sentry_sdk\nDEBUG = False\n{before}{call}{after}"} | files


ENV = 'dsn=os.environ.get("SENTRY_DSN")'
UNREAD = {"shop/settings.py": "def broken(:\n"}
STAR = "**options_from_elsewhere()"
BARE_LOGGING = (
    ", default_integrations=False, integrations=[sentry_sdk.integrations.logging.LoggingIntegration(event_level=None)]"
)
NOTHING = {"README.md": "no Django here"}

SAMPLER = "def sampler(ctx):\n    {body}\n"
CASES: dict[str, list[tuple[dict[str, str], Outcome]]] = {
    "sdk-current": [
        (django(ENV), P),
        (django(ENV, sdk=">=2.70,<3"), P),
        (django(ENV, sdk="==2.18.0"), F),
        (django(ENV, sdk="==3.0.0b2"), F),
        (django(ENV, sdk=">=2.70"), F),
        (django(ENV, sdk=">=2.70") | {"uv.lock": 'name = "sentry-sdk"\nversion = "2.75.0"\n'}, P),
        (django(ENV) | {"requirements.txt": "sentry-sdk @ git+https://example.org/sdk.git\n"}, U),
        (backend(), N),
    ],
    "sdk-options-valid": [
        (django(ENV), P),
        (django(ENV + ", traces_sampl_rate=1"), F),
        (django(ENV + ", with_locals=True"), F),
        (django(ENV + ", data_collection={}", sdk="==2.18.0"), F),
        (django(ENV + ", send_default_pii=False", sdk="==3.0.0b2"), F),
        (django(STAR), U),
        (backend(), N),
    ],
    "sdk-options-current": [
        (django(ENV), P),
        (django(ENV + ", enable_tracing=True"), F),
        (django(ENV + ", send_default_pii=False"), F),
        (django(ENV + ", send_default_pii=False", sdk="==2.60.0"), P),
        (django(ENV, **{"shop/tasks.py": "from sentry_sdk import configure_scope\n"}), F),
        (django(ENV, **{"shop/tasks.py": "import raven\n"}), F),
        (django(STAR), U),
        (backend(), N),
    ],
    "init-covers-workers": [
        (django(ENV), P),
        (backend() | {"shop/wsgi.py": "import sentry_sdk\nsentry_sdk.init()\n", "requirements.txt": "sentry-sdk\n"}, F),
        (
            backend()
            | {
                "shop/wsgi.py": "import sentry_sdk\nsentry_sdk.init()\n",
                "shop/celery.py": "import sentry_sdk\nsentry_sdk.init()\n",
            },
            P,
        ),
        (backend() | UNREAD, U),
        (backend(), N),
    ],
    "dsn-not-hardcoded": [
        (django(ENV), P),
        (django(f'dsn="{DSN}"'), F),
        (django(ENV) | {"deploy.yml": f"env:\n  SENTRY_DSN: {DSN}\n"}, F),
        (django(ENV) | {".env": f"SENTRY_DSN={DSN}\n"}, F),
        (django(ENV) | {"docs/setup.md": DSN, "tests/test_x.py": f'DSN = "{DSN}"\n'}, P),
        (django('dsn="https://examplePublicKey@o0.ingest.sentry.io/0"'), P),
        (NOTHING, N),
    ],
    "dsn-target": [
        (django(ENV), U),
        (django(f'dsn="{DSN}"') | {"sentry-setup.toml": 'sentry.url = "https://de.sentry.io"\n'}, F),
        (django(f'dsn="{DSN}"') | {"sentry-setup.toml": 'sentry.url = "https://sentry.acme.example"\n'}, F),
        (
            django(f'dsn="{DSN}"')
            | frontend()
            | {"frontend/src/main.ts": f"import * as S from '@sentry/react'\nS.init({{dsn: '{DSN}'}})\n"},
            F,
        ),
        (NOTHING, N),
    ],
    "environment-set": [
        (django(ENV + ', environment=os.environ.get("DJANGO_ENV")'), P),
        (django(ENV + ', environment="production"'), P),
        (django(ENV + ', environment=""'), F),
        (django(ENV) | {"render.yaml": RENDER}, F),
        (django(ENV) | {"render.yaml": RENDER + "      - key: SENTRY_ENVIRONMENT\n        value: production\n"}, P),
        (django(ENV) | {"railway.json": "{}"}, U),
        (django(ENV), U),
        (django(STAR), U),
        (backend(), N),
    ],
    "environment-explicit": [
        (django(ENV + ', environment=os.environ["DJANGO_ENV"]'), P),
        (django(ENV + ', environment=os.getenv("DJANGO_ENV", "development")'), P),
        (django(ENV + ', environment=os.getenv("DJANGO_ENV", "production")'), F),
        (django(ENV + ', environment=os.getenv("DJANGO_ENV") or "production"'), F),
        (django(ENV + ', environment="production"'), F),
        (django(ENV) | {"railway.json": "{}"}, U),
        (backend(), N),
    ],
    "release-consistent": [
        (
            django(ENV + ', release=os.environ.get("SENTRY_RELEASE") or os.environ.get("RENDER_GIT_COMMIT")')
            | {".github/workflows/ci.yml": workflow(RELEASE, env=f"{TOKEN}\nSENTRY_RELEASE: ${{{{ github.sha }}}}")},
            P,
        ),
        (
            django(ENV)
            | {".github/workflows/ci.yml": workflow("sentry-cli releases new $(git describe --always)", env=TOKEN)},
            F,
        ),
        (
            django(ENV)
            | {".github/workflows/ci.yml": workflow(RELEASE, env=f"{TOKEN}\nSENTRY_RELEASE: ${{{{ github.sha }}}}")},
            U,
        ),
        (django(ENV), N),
    ],
    "pii-off": [
        (django(ENV), P),
        (django(ENV + ", send_default_pii=False"), P),
        (django(ENV + ", send_default_pii=True"), F),
        (django(ENV + ', send_default_pii=bool(os.getenv("PII"))'), F),
        (django(ENV + ', data_collection={"user_info": False}'), F),
        (django(ENV, sdk="==3.0.0b2"), F),
        (django(ENV + ", send_default_pii=decide()"), U),
        (backend(), N),
    ],
    "user-context-minimal": [
        (django(ENV, **{"shop/views.py": 'from sentry_sdk import set_user\nset_user({"id": 1})\n'}), P),
        (
            django(
                ENV, **{"shop/views.py": 'from sentry_sdk import set_user\nset_user({"id": 1, "email": u.email})\n'}
            ),
            F,
        ),
        (django(ENV, **{"shop/views.py": "from sentry_sdk import set_user\nset_user(describe(u))\n"}), U),
        (django(ENV), N),
    ],
    "context-used": [
        (django(ENV, **{"shop/views.py": 'import sentry_sdk\nsentry_sdk.set_tag("plan", "pro")\n'}), P),
        (django(ENV, **{"shop/views.py": 'import sentry_sdk\nsentry_sdk.set_tag("email", e)\n'}), F),
        (django(ENV), F),
        (backend() | UNREAD, U),
        (backend(), N),
    ],
    "tracing-enabled": [
        (django(ENV + ", traces_sample_rate=0.1"), P),
        (django(ENV + ', traces_sample_rate=float(os.getenv("RATE", "0.1"))'), P),
        (django(ENV), F),
        (django(ENV + ", traces_sample_rate=None"), F),
        (django(ENV + ", traces_sample_rate=10"), F),
        (django(ENV + ', traces_sample_rate=os.getenv("RATE", "0.1")'), F),
        (django(ENV + ', traces_sample_rate=os.environ["RATE"]'), F),
        (django(ENV + ', traces_sample_rate=float(os.environ["RATE"])'), U),
        (backend(), N),
    ],
    "sampling-sensible": [
        (django(ENV + ", traces_sample_rate=0.1"), P),
        (django(ENV + ", traces_sample_rate=1.0"), F),
        (django(ENV + ", traces_sample_rate=0"), F),
        (django(ENV + ', traces_sample_rate=float(os.environ["RATE"])'), U),
        (django(ENV), N),
    ],
    "traces-sampler-safe": [
        (
            django(ENV + ", traces_sampler=sampler", before=SAMPLER.format(body='return ctx["parent_sampled"] or 0.1')),
            P,
        ),
        (django(ENV + ", traces_sampler=sampler", before=SAMPLER.format(body="if ctx:\n        return 1.0")), F),
        (
            django(
                ENV + ", traces_sampler=sampler",
                sdk="==2.18.0",
                before=SAMPLER.format(body='return 1 if ctx["wsgi_environ"] else 0'),
            ),
            F,
        ),
        (
            django(
                ENV + ", traces_sampler=sampler", before=SAMPLER.format(body='return 1 if ctx["wsgi_environ"] else 0')
            ),
            P,
        ),
        (django(ENV + ", traces_sampler=made_elsewhere"), U),
        (django(ENV), N),
    ],
    "before-send-safe": [
        (django(ENV + ", before_send=keep", before="def keep(event, hint):\n    return event\n"), P),
        (django(ENV + ", before_send=lambda event, hint: event"), P),
        (django(ENV + ", before_send=keep", before="def keep(event, hint):\n    if event:\n        return event\n"), F),
        (django(ENV + ", before_send=keep", before="def keep(event, hint):\n    print(event)\n"), F),
        (django(ENV + ", before_send=keep", before="def keep(event):\n    return event\n"), F),
        (django(ENV + ", before_send=elsewhere.keep"), U),
        (django(ENV), N),
    ],
    "noise-filtered": [
        (django(ENV + ", ignore_errors=[KeyError]"), P),
        (
            django(
                ENV,
                after='from sentry_sdk.integrations.logging import ignore_logger\nignore_logger("django.security.DisallowedHost")\n',
            ),
            P,
        ),
        (django(ENV), F),
        (backend() | UNREAD, U),
        (backend(), N),
    ],
    "integrations-installed": [
        (django(ENV + ", integrations=[DjangoIntegration()]"), P),
        (django(ENV + ", integrations=[RedisIntegration()]"), F),
        (django(ENV + ", integrations=[RedisIntegration()]") | {"requirements.txt": "django\nsentry-sdk\nredis\n"}, P),
        (django(ENV + ", integrations=made_elsewhere()"), U),
        (backend(), N),
    ],
    "logging-captured": [
        (django(ENV), P),
        (django(ENV + ", integrations=[sentry_sdk.integrations.logging.LoggingIntegration(event_level=None)]"), F),
        (django(ENV + ", integrations=[LoggingIntegration(event_level=None)]"), U),
        (django(ENV + BARE_LOGGING), F),
        (django(ENV, sdk="==3.0.0b2"), F),
        (django(ENV, after='LOGGING = {"handlers": {"s": {"class": "raven.handlers.logging.SentryHandler"}}}\n'), F),
        (django(STAR), U),
        (backend(), N),
    ],
    "debug-off": [
        (django(None), P),
        (django(None, after="DEBUG = True\n"), F),
        (django(None, after='DEBUG = os.getenv("DEBUG")\n'), F),
        (django(None, after='DEBUG = os.getenv("DEBUG", "True") == "True"\n'), F),
        (django(None, after='import environ\nenv = environ.Env()\nDEBUG = env.bool("DEBUG", default=False)\n'), P),
        (django(None, after="DEBUG = decide()\n"), U),
        (backend() | UNREAD, U),
        (NOTHING, N),
    ],
    "development-quiet": [
        (django(ENV), P),
        (django(ENV, **{"shop/test_settings.py": "import sentry_sdk\nsentry_sdk.init(dsn=None)\n"}), F),
        (django(ENV, **{".env": f"SENTRY_DSN={DSN}\n"}), F),
        (django(f'dsn="{DSN}"'), F),
        (django("dsn=made_elsewhere()"), U),
        (backend(), N),
    ],
    "celery-monitored": [
        (
            django(
                ENV + ", integrations=[CeleryIntegration(monitor_beat_tasks=True)]",
                before="from sentry_sdk.integrations.celery import CeleryIntegration\n",
                after="CELERY_BEAT_SCHEDULE = {}\n",
            )
            | {"requirements.txt": "django\nsentry-sdk\ncelery\n"},
            P,
        ),
        (django(ENV, after="CELERY_BEAT_SCHEDULE = {}\n") | {"requirements.txt": "django\nsentry-sdk\ncelery\n"}, F),
        (django(ENV) | {"requirements.txt": "django\nsentry-sdk\ncelery\n"}, N),
        (backend() | UNREAD | {"requirements.txt": "celery\nsentry-sdk\n"}, U),
        (django(ENV), N),
    ],
    "exceptions-not-swallowed": [
        (
            django(
                ENV,
                after='MIDDLEWARE = ["shop.m.Hide"]\n',
                **{
                    "shop/m.py": "class Hide:\n    def process_exception(self, r, e):\n        return HttpResponse(status=500)\n"
                },
            ),
            F,
        ),
        (
            django(
                ENV,
                after='MIDDLEWARE = ["shop.m.Hide"]\n',
                **{
                    "shop/m.py": "from sentry_sdk import capture_exception\n\n\nclass Hide:\n    def process_exception(self, r, e):\n        capture_exception(e)\n        return HttpResponse(status=500)\n"
                },
            ),
            P,
        ),
        (django(ENV, after='MIDDLEWARE = ["shop.m.Hide"]\n', **{"shop/m.py": "Hide = make()\n"}), U),
        (django(ENV), N),
    ],
    "debug-route-guarded": [
        (django(ENV, **{"shop/urls.py": "urlpatterns = [path('sentry-debug/', trigger_error)]\n"}), F),
        (
            django(
                ENV,
                **{
                    "shop/urls.py": "urlpatterns = []\nif settings.DEBUG:\n    urlpatterns += [path('sentry-debug/', trigger_error)]\n"
                },
            ),
            P,
        ),
        (django(ENV, **{"shop/urls.py": "def broken(:\n"}), U),
        (django(ENV), N),
    ],
}


@pytest.mark.parametrize(("item_id", "files", "outcome"), numbered(CASES))
def test_outcome(item_id, files, outcome):
    assert_outcome(item_id, files, outcome)


@pytest.mark.parametrize("folder", ["clean", "scripts", "functions/resize"])
def test_a_manifest_below_that_is_not_the_backend_s_own_installs_nothing(folder):
    """Another project's, or a script's: the manifest beside manage.py, which has Django, is the backend's."""
    nested = {f"{folder}/requirements.txt": "django\nsentry-sdk==2.40.0\n"}
    if folder == "clean":
        nested |= {f"clean/{k}": v for k, v in backend().items() if k != "requirements.txt"}
    facts = Facts(MemoryTree({**backend(), "requirements.txt": "django\n", **nested}), Config())
    verdict = next(v for v in run_audit(facts, CHECKLIST).result("sdk-installed").verdicts if v.target.root == ".")
    assert verdict.outcome is Outcome.FAIL
    assert verdict.findings[0].path == "requirements.txt"


def test_a_manifest_below_counts_where_the_backend_has_no_other():
    files = {k: v for k, v in backend().items() if k != "requirements.txt"}
    files |= {"pyproject.toml": "[tool.ruff]\n", "deploy/requirements.txt": "django\nsentry-sdk==2.40.0\n"}
    report = run_audit(Facts(MemoryTree(files), Config()), CHECKLIST)
    assert report.result("sdk-installed").outcome is Outcome.PASS
