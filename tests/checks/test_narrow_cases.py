"""One condition each: what an item says where just that condition decides, with the message and the line that it names."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import RENDER, backend, check_one, frontend
from tests.support.shop import first_place

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
CI = ".github/workflows/ci.yml"
TOKEN = "        env: {SENTRY_AUTH_TOKEN: '${{ secrets.SENTRY_AUTH_TOKEN }}'}\n"
USER_TOKEN = "sntryu_" + "0123456789abcdef" * 4
DJANGO = backend() | {"requirements.txt": "django\nsentry-sdk==2.75.0\ngunicorn\n", "render.yaml": RENDER}
READS = 'import os\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"]{})\n'
ONLY_WEB = frontend()


def flow(*steps: str, on: str = "push") -> dict[str, str]:
    return {CI: f"on: {on}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n" + "".join(steps)}


def runs(*commands: str) -> str:
    return "      - run: |\n" + "".join(f"          {c}\n" for c in commands) + TOKEN


def settings(options: str = "", **files: str) -> dict[str, str]:
    return DJANGO | {"shop/settings.py": READS.format(options)} | files


RELEASE = 'sentry-cli releases new -p web "$GITHUB_SHA"'
HEAD = "      - uses: actions/checkout@v4\n        with: {ref: '${{ github.event.workflow_run.head_sha }}'}\n"
WSGI = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nimport sentry_sdk\nsentry_sdk.init(send_default_pii=True)\nfrom django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"

CASES = [
    ("a secret DSN of a frontend alone", "dsn-not-hardcoded", ONLY_WEB | {"frontend/src/main.tsx": "\nconst dsn = 'https://0a1b2c3d4e5f60718293a4b5c6d7e8f9:9f8e7d6c5b4a39281706f5e4d3c2b1a0@o42.ingest.us.sentry.io/4501'\n"}, F, "a DSN with its secret part is committed", 2),
    ("a token beside a checkout of workflow_run", "ci-token-safe", flow(HEAD, runs(RELEASE), on="{workflow_run: {workflows: [x]}}"), F, "on workflow_run, pull request code runs", 6),
    ("a token on workflow_run without a checkout", "ci-token-safe", flow(runs(RELEASE), on="{workflow_run: {workflows: [x]}}"), P, "job deploy gets the token, and runs no pull request code", 6),
    ("pip's compatible release", "ci-cli-pinned", flow(runs("pip install sentry-cli~=2.50", RELEASE)), P, "pip installs sentry-cli 2.50", 8),
    ("pip's lower bound", "ci-cli-pinned", flow(runs("pip install 'sentry-cli>=2.50'", RELEASE)), F, "job deploy installs the newest sentry-cli from pip", 8),
    ("npm's own packages, and pip's pinned cli", "ci-cli-pinned", flow(runs("npm install", "pip install sentry-cli==2.50", RELEASE)), P, "pip installs sentry-cli 2.50", 9),
    ("npm's i", "ci-cli-pinned", flow(runs("npm i @sentry/cli", RELEASE)), F, "installs the newest sentry-cli from npm", 8),
    ("the SDK that is just new enough", "sdk-current", settings(**{"requirements.txt": "django\nsentry-sdk==2.60.0\n"}), P, "2.60", None),
    ("the SDK that is just too old", "sdk-current", settings(**{"requirements.txt": "django\nsentry-sdk==2.59.0\n"}), F, "sentry-sdk 2.59.0 is outdated", 2),
    ("a literal DSN, and development's variable", "development-quiet", DJANGO | {"shop/settings.py": "import sentry_sdk\nsentry_sdk.init(dsn='https://k@o1.ingest.sentry.io/1')\n", ".env": "A=1\nSENTRY_DSN=https://abc@o1.ingest.sentry.io/1\n"}, F, "`SENTRY_DSN` is set in a file that development loads", 2),
    ("another variable's DSN in development", "development-quiet", DJANGO | {"shop/settings.py": READS.format("").replace("SENTRY_DSN", "ERRORS_DSN"), ".env": "SENTRY_DSN=\nERRORS_DSN=https://abc@o1.ingest.sentry.io/1\n"}, F, "`ERRORS_DSN` is set", 2),
    ("init(debug=True)", "development-quiet", settings(", debug=True"), F, "init(debug=True) makes the SDK log everything in production", 4),
    ("production's env file of cookiecutter-django", "development-quiet", settings(**{".envs/.production/.django": "SENTRY_DSN=https://abc@o1.ingest.sentry.io/1\n"}), P, "", None),
    ("local's env file of cookiecutter-django", "development-quiet", settings(**{".envs/.local/.django": "SENTRY_DSN=https://abc@o1.ingest.sentry.io/1\n"}), F, "`SENTRY_DSN` is set in a file that development loads", 1),
    ("a personal token in tests only", "token-scope", settings(**{"tests/test_x.py": f"TOKEN = '{USER_TOKEN}'\n"}), N, "no CI job and no build uses a Sentry token", None),
    ("a personal token in the code", "token-scope", settings(**{"shop/x.py": f"\n\nTOKEN = '{USER_TOKEN}'\n"}), F, "a personal or integration token", 3),
    ("settings that may initialize, wsgi that does", "pii-off", DJANGO | {"shop/settings.py": "import os\nimport sentry_sdk\nDEBUG = False\nif os.environ['STAGE'] == 'x':\n    sentry_sdk.init(send_default_pii=False)\n", "shop/wsgi.py": WSGI}, F, "send_default_pii is on: users' data is sent", 4),
    ("settings that do initialize, wsgi that does too", "pii-off", DJANGO | {"shop/settings.py": READS.format(""), "shop/wsgi.py": WSGI}, P, "send_default_pii is not set", 4),
    ("data_collection where it first has effect", "pii-off", settings(", data_collection={'user_info': False}", **{"requirements.txt": "django\nsentry-sdk==2.70.0\n"}), F, "data_collection leaves out cookies", 4),
    ("data_collection before it has effect", "pii-off", settings(", data_collection={'user_info': False}", **{"requirements.txt": "django\nsentry-sdk==2.69.0\n"}), P, "send_default_pii is not set", 4),
    ("an empty variable through bool()", "pii-off", settings(", send_default_pii=bool(os.environ['PII'])", **{"render.yaml": RENDER + "      - key: PII\n        value: ''\n"}), P, "", None),
    ("any value through bool()", "pii-off", settings(", send_default_pii=bool(os.environ.get('PII', ''))"), F, "any value of `PII` turns it on, even `False`", 4),
    ("an empty environment", "environment-set", settings(", environment=''"), F, "the environment is empty", 4),
    ("development's name", "environment-set", settings(", environment='development'"), F, "production reports the environment 'development'", 4),
    ("production's name", "environment-set", settings(", environment='production'"), P, "environment is 'production'", 4),
    ("a sampler of all", "traces-sampler-safe", settings(", traces_sampler=lambda c: 1.0"), P, "", None),
    ("a sampler of more than all", "traces-sampler-safe", settings(", traces_sampler=lambda c: 1.5"), F, "1.5, outside 0 to 1", 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "files", "outcome", "message", "line"), [pytest.param(*c[1:], id=c[0]) for c in CASES]
)
def test_just_this_decides(item, files, outcome, message, line):
    result = check_one(item, files)
    said, at = first_place(result)
    assert result.outcome is outcome, (said, at)
    assert message in said
    assert line is None or at == line, said
