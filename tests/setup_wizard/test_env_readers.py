"""How the block that is written reads the environment: by the module's own name for it, as its linters allow, in its quotes."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, DSN, after

OWN = 'import os\n\nenv = os.environ.get\n\nDEBUG = env("DEBUG") == "1"\nSECRET_KEY = env("SECRET_KEY", "x")\nROOT_URLCONF = "shop.urls"\n'


def done(root, settings, **more):
    """The settings after the step `sdk`, and whether the SDK counts as initialized with its DSN from a variable."""
    applied = after(root, BARE | {"shop/settings.py": settings} | more, "sdk", "dsn")
    report = applied.applied.report
    assert report is not None
    assert [report.result(i).outcome.value for i in ("sdk-initialized", "dsn-not-hardcoded")] == ["pass", "pass"]
    return applied.text("shop/settings.py")


@pytest.mark.parametrize(
    ("settings", "read", "imports"),
    [
        (OWN, 'env("SENTRY_DSN")', 1),
        (OWN.replace("env = os.environ.get", "getting = os.getenv").replace("env(", "getting("), 'getting("SENTRY_DSN")', 1),
        (OWN.replace("import os\n", "from os import environ\n").replace("os.environ", "environ"), 'env("SENTRY_DSN")', 0),
        # Another value later: the name does not read any more.
        (OWN + "env = None\n", 'os.environ.get("SENTRY_DSN")', 1),
        # Nothing calls it.
        (OWN.replace('env("DEBUG") == "1"', "False").replace('env("SECRET_KEY", "x")', '"x"'), 'os.environ.get("SENTRY_DSN")', 1),
    ],
)  # fmt: skip
def test_a_modules_own_name_for_the_reader_is_used(tmp_path, settings, read, imports):
    text = done(tmp_path, settings)
    assert f"    dsn={read},\n" in text and text.count("import os\n") == imports


CLOUD = 'import cfenv\n\nenv = cfenv.AppEnv()\nDEBUG = False\nSECRET_KEY = env.get_credential("KEY", "x")\nROOT_URLCONF = "shop.urls"\n'


@pytest.mark.parametrize(
    ("settings", "more", "read"),
    [
        (CLOUD, {}, 'env.get_credential("SENTRY_DSN")'),
        (
            'from .base import *  # noqa: F403\nfrom .env import cloud\n',
            {
                "shop/env.py": "import cfenv\n\ncloud = cfenv.AppEnv()\n",
                "shop/base.py": "from .env import cloud\n" + CLOUD.partition("\n\n")[2].partition("\n")[2].replace("env.", "cloud."),
            },
            'cloud.get_credential("SENTRY_DSN")',
        ),
        # The settings take nothing from it.
        (CLOUD.replace('env.get_credential("KEY", "x")', '"x"'), {}, 'os.environ.get("SENTRY_DSN")'),
    ],
)  # fmt: skip
def test_credentials_of_cloud_foundry_are_read_as_the_others(tmp_path, settings, more, read):
    assert f"    dsn={read},\n" in done(tmp_path, settings, **more)


BASE = 'import environ\n\nenv = environ.Env()\nDEBUG = False\nSECRET_KEY = "x"\nROOT_URLCONF = "shop.urls"\nMIDDLEWARE = []\n'
READ, PLAIN = 'env.str("SENTRY_DSN", default=None),', 'os.environ.get("SENTRY_DSN"),'


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ("from .base import *  # noqa: F401,F403\n\nDEBUG = False\n", PLAIN),
        ("from .base import *  # noqa\n", PLAIN),
        ("from .base import *  # noqa: F403\n\nMIDDLEWARE.append(1)  # noqa: F405\n", READ + "  # noqa: F405"),
        ("from .base import *  # noqa: F403\nfrom .base import env\n", READ),
        ("from .base import *\n\nMIDDLEWARE.append(1)\n", READ),
        # Nobody's linter reports the names that are used here.
        ("from .base import *  # noqa: F403\n\nMIDDLEWARE.append(1)\n", READ),
    ],
)
def test_a_name_from_a_star_import_is_used_as_the_file_uses_others(tmp_path, settings, line):
    text = done(tmp_path, settings, **{"shop/base.py": BASE})
    assert f"    dsn={line}\n" in text
    assert text.count("# noqa: F405") == (4 if "F405" in line else 0)
    assert ("import os\n" in text) == (line == PLAIN)


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        # Running brings the name, and no linter sees that.
        ('from split_settings.tools import include\n\ninclude("base.py")\n', PLAIN),
        ("from split_settings.tools import include\n\ndef at(env):\n    return env\n\n\ninclude('base.py')\n", PLAIN.replace('"', "'")),
        ('from .base import *\n\nenv = {"A": 1}\nA = env["A"]\n', PLAIN),
        ('from split_settings.tools import include\n\nfrom .base import env\n\ninclude("base.py")\n', READ),
        ("from .base import *\n\n\ndef at(env):\n    return env\n", READ),
    ],
)  # fmt: skip
def test_only_a_name_that_the_modules_text_binds_is_used(tmp_path, settings, read):
    text = done(tmp_path, settings, **{"shop/base.py": BASE})
    assert f"    dsn={read}\n" in text and ("import os\n" in text) == (read != READ)


@pytest.mark.parametrize(
    ("settings", "quote"),
    [
        ("DEBUG = False\nSECRET_KEY = 'x'\nROOT_URLCONF = 'shop.urls'\nA = \"it's\"\n", "'"),
        ('"""Settings.\n\n"a", "b", "c", "d"\n"""\nDEBUG = False\nSECRET_KEY = \'x\'\nROOT_URLCONF = \'shop.urls\'\n', "'"),
        ("DEBUG = False\nSECRET_KEY = 'x'\nROOT_URLCONF = \"shop.urls\"\n", '"'),
        ('DEBUG = False\nSECRET_KEY = "don\'t"\nROOT_URLCONF = "shop.urls"\nA = \'x\'\n', '"'),
    ],
)  # fmt: skip
def test_the_quotes_are_those_that_most_strings_have(tmp_path, settings, quote):
    assert f"dsn=os.environ.get({quote}SENTRY_DSN{quote}),\n" in done(tmp_path, settings)


@pytest.mark.parametrize(
    ("lines", "made"),
    [
        ("from environ import environ\n", "environ.Env()"),
        ("from environ.environ import Env\n", "Env()"),
        ("import environ as e\n", "e.Env()"),
        ("import environ.environ\n", "environ.environ.FileAwareEnv()"),
    ],
)
def test_a_class_is_a_reader_by_whichever_of_its_names_it_is_imported(tmp_path, lines, made):
    settings = f'{lines}import sentry_sdk\nenv = {made}\nSECRET_KEY = env.str("KEY")\nROOT_URLCONF = "shop.urls"\n'
    settings += 'sentry_sdk.init(dsn=env.str("SHOP_DSN", default=None))\n'
    listed = BARE["requirements.txt"] + "django-environ==0.11.2\nsentry-sdk==2.75.0\n"
    applied = after(tmp_path, BARE | {"shop/settings.py": settings, "requirements.txt": listed}, "dsn")
    assert "SHOP_DSN=" in applied.left and applied.applied.report is not None
    assert applied.applied.report.result("dsn-not-hardcoded").outcome.value == "pass"


@pytest.mark.parametrize(
    ("dsn", "said", "text"),
    [
        ('reading("SHOP_DSN")', "whether `reading('SHOP_DSN')` reads the variable SHOP_DSN cannot be determined", f"# where it does, in production\nSHOP_DSN={DSN}"),
        ('reading(kind="SHOP_DSN")', "the variable that `reading(kind='SHOP_DSN')` reads the DSN from cannot be determined", "# set `reading(kind='SHOP_DSN')` in production"),
        ('reading("the dsn")', "the variable that `reading('the dsn')` reads the DSN from cannot be determined", "# set `reading('the dsn')` in production"),
        ('"https://aa@o1.ingest.us.sentry.io/1"', "the DSN is not read from an environment variable", 'dsn=os.environ.get("SENTRY_DSN"),'),
    ],
)  # fmt: skip
def test_a_refusal_says_no_more_of_a_dsn_than_is_known(tmp_path, dsn, said, text):
    settings = (
        f'from elsewhere import reading\nimport sentry_sdk\nROOT_URLCONF = "shop.urls"\nsentry_sdk.init(dsn={dsn})\n'
    )
    listed = BARE["requirements.txt"] + "sentry-sdk==2.75.0\n"
    step = after(tmp_path, BARE | {"shop/settings.py": settings, "requirements.txt": listed}, "dsn").steps["dsn"]
    assert step.outcome.value == "refused" and step.place == "shop/settings.py:4"
    assert step.reason == said + ", and existing code is never rewritten" and step.snippet.startswith(text)


def test_a_refusal_names_what_is_asked_for_the_dsn_and_advises_no_code_there(tmp_path):
    """The call takes a parameter: what is handed to it is to be looked at, and neither of the two is to be replaced."""
    settings = (
        "import sentry_sdk\nfrom elsewhere import config\n\n\ndef start(dsn):\n    sentry_sdk.init(dsn=dsn)\n\n\n"
        'ROOT_URLCONF = "shop.urls"\nstart(config.errors.dsn)\n'
    )
    files = BARE | {"shop/settings.py": settings, "requirements.txt": BARE["requirements.txt"] + "sentry-sdk==2.75.0\n"}
    step = after(tmp_path, files, "dsn").steps["dsn"]
    assert step.reason.startswith(
        "the variable that `elsewhere.config.errors.dsn` reads the DSN from cannot be determined"
    )
    assert step.place == "shop/settings.py:6"
    assert (
        step.snippet.startswith("# set `elsewhere.config.errors.dsn` in production\n")
        and "os.environ" not in step.snippet
    )


def test_no_variable_is_declared_while_the_code_that_reads_the_dsn_is_not_seen_to_run(tmp_path):
    """What the code calls it is written in a module that nothing is seen to load: another name would reach nobody."""
    files = {
        "requirements.txt": "fastapi\nuvicorn\nsentry-sdk==2.75.0\n",
        "app/__init__.py": "",
        "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
        "app/log.py": 'import os\nimport sentry_sdk\n\n\ndef start():\n    sentry_sdk.init(dsn=os.environ.get("SENTRY_DNS"))\n',
        "compose.yml": "services:\n  web:\n    build: .\n    command: uvicorn app.main:app\n    environment:\n      - LEVEL\n",
        "Dockerfile": "FROM python:3.13\nCOPY . .\nRUN pip install -r requirements.txt\n",
    }
    done = after(tmp_path, files, "dsn")
    assert done.text("compose.yml") == files["compose.yml"]
    step = done.steps["dsn"]
    assert (step.outcome.value, step.place) == ("refused", "app/log.py:6")
    assert step.reason.endswith("so the variable that production reads is unknown")
    # A call is there already: no second one is offered beside it.
    [task] = after(tmp_path / "again", files, "sdk").steps["sdk"].manual
    assert (
        task.reason.endswith("production does not appear to load it; a call is never duplicated") and task.snippet == ""
    )
