"""Init in a server's entry module: where it goes, and what stays."""

from __future__ import annotations

import tomllib

import pytest

from checks.parsers.requirements import parse_pipfile, parse_pyproject
from setup_wizard.editors import entry_module, env_readers, toml
from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.editors.extras import with_extra
from setup_wizard.editors.requirements import add_requirement
from setup_wizard.editors.settings import InitOptions

BLOCK = entry_module.block_text(InitOptions())
HEAD = "import os\n\nimport sentry_sdk\n"

PLACES = [
    (
        "before the application",
        "from fastapi import FastAPI\n\napp = FastAPI()\n",
        ("app",),
        f"{HEAD}from fastapi import FastAPI\n\n{BLOCK}\napp = FastAPI()\n",
    ),
    (
        "above the comment that belongs to it",
        "from fastapi import FastAPI\n\nX = 1\n# mine\napp = FastAPI()\n",
        ("app",),
        f"{HEAD}from fastapi import FastAPI\n\nX = 1\n\n{BLOCK}\n# mine\napp = FastAPI()\n",
    ),
    (
        "before the factory",
        "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
        ("create_app",),
        f"{HEAD}from flask import Flask\n\n{BLOCK}\n\ndef create_app():\n    return Flask(__name__)\n",
    ),
    (
        "before a class with a decorator",
        "import arq\n\n\n@arq.x\nclass WorkerSettings:\n    pass\n",
        ("WorkerSettings",),
        f"import os\n\nimport arq\nimport sentry_sdk\n\n{BLOCK}\n\n@arq.x\nclass WorkerSettings:\n    pass\n",
    ),
    (
        "in an application that a condition makes",
        "from fastapi import FastAPI\n\nif True:\n    app = FastAPI()\n",
        ("app",),
        f"{HEAD}from fastapi import FastAPI\n\n{BLOCK}\nif True:\n    app = FastAPI()\n",
    ),
    (
        "behind the imports where nothing binds the name",
        "from bot import run\n\nrun()\n",
        ("main",),
        f"{HEAD}from bot import run\n\n{BLOCK}\nrun()\n",
    ),
    (
        "behind load_dotenv",
        "from dotenv import load_dotenv\n\nload_dotenv()\nprint(1)\n",
        ("main",),
        f"{HEAD}from dotenv import load_dotenv\n\nload_dotenv()\n\n{BLOCK}\nprint(1)\n",
    ),
    ("at the end of imports alone", "import shop.jobs\n", ("app",), f"{HEAD}import shop.jobs\n\n{BLOCK}"),
]


@pytest.mark.parametrize(("name", "before", "names", "after"), PLACES, ids=[p[0] for p in PLACES])
def test_place(name, before, names, after):
    edit = entry_module.add_init(before.encode(), InitOptions(), "main.py", names)
    assert isinstance(edit, Edited) and edit.data.decode() == after
    assert isinstance(entry_module.add_init(edit.data, InitOptions(), "main.py", names), Unchanged)


def test_an_integration_is_imported_and_listed():
    edit = entry_module.add_init(
        b"import json\n\n\ndef handler(event, context):\n    pass\n",
        InitOptions(),
        "app.py",
        ("handler",),
        ("aws_lambda", "AwsLambdaIntegration(timeout_warning=True)"),
    )
    assert isinstance(edit, Edited)
    text = edit.data.decode()
    assert "import sentry_sdk\nfrom sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration\n" in text
    assert "    integrations=[AwsLambdaIntegration(timeout_warning=True)],\n)\n\n\ndef handler" in text


@pytest.mark.parametrize("data", [b"def broken(:\n", b"a = 1\r\nb = 2\nc = 3\r\n", b"\xff\xfe"])
def test_what_is_not_understood_is_refused(data):
    assert isinstance(entry_module.add_init(data, InitOptions(), "main.py", ("app",)), Refused)


def test_only_what_the_block_names_is_imported():
    before = "from os import environ\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
    edit = entry_module.add_init(before.encode(), InitOptions(reader=env_readers.FROM_ENVIRON), "main.py", ("app",))
    assert isinstance(edit, Edited)
    lines = edit.data.decode().splitlines()
    assert 'dsn=environ.get("SENTRY_DSN"),' in "\n".join(lines)
    assert "import sentry_sdk" in lines and "import os" not in lines


def test_line_ends_and_quotes_stay():
    edit = entry_module.add_init(
        b"from flask import Flask\r\n\r\napp = Flask('x', 'y')\r\n", InitOptions(), "m.py", ("app",)
    )
    assert isinstance(edit, Edited)
    assert b"os.environ.get('SENTRY_DSN')" in edit.data and edit.data.count(b"\n") == edit.data.count(b"\r\n")


def test_the_extra_is_written_into_the_requirement_that_is_added():
    before = b"fastapi==0.120.0\n"
    edit = with_extra(add_requirement(before, "sentry-sdk", ">=2.75,<3", "==2.75.0"), before, "fastapi")
    assert isinstance(edit, Edited) and edit.data == before + b"sentry-sdk[fastapi]==2.75.0\n"
    again = with_extra(add_requirement(edit.data, "sentry-sdk", ">=2.75,<3", "==2.75.0"), edit.data, "fastapi")
    assert isinstance(again, Unchanged)


TABLES = {
    "poetry": (
        '[tool.poetry.dependencies]\npython = "^3.12"\nfastapi = "^0.120"\n',
        'sentry-sdk = {version = "^2.75", extras = ["fastapi"]}\n',
        "^2.75",
    ),
    "pipenv": (
        '[packages]\nfastapi = "*"\n',
        'sentry-sdk = {version = ">=2.75,<3", extras = ["fastapi"]}\n',
        ">=2.75,<3",
    ),
    "project": (
        '[project]\nname = "shop"\ndependencies = ["fastapi"]\n',
        '"sentry-sdk[fastapi]>=2.75,<3"',
        "<3,>=2.75",
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_extra_is_written_as_the_tables_of_a_tool_have_it(name):
    before, wanted, specifier = TABLES[name]
    path = "Pipfile" if name == "pipenv" else "pyproject.toml"
    edit = with_extra(
        toml.add_dependency(before.encode(), "sentry-sdk", ">=2.75,<3", path, "==2.75.0"), before.encode(), "fastapi"
    )
    assert isinstance(edit, Edited) and wanted in edit.data.decode()
    tomllib.loads(edit.data.decode())
    declared = parse_pipfile(edit.data.decode()) if name == "pipenv" else parse_pyproject(edit.data.decode())
    assert [(d.name, d.specifier.strip(), d.group) for d in declared if d.name == "sentry-sdk"] == [
        ("sentry-sdk", specifier, "")
    ]
    again = with_extra(
        toml.add_dependency(edit.data, "sentry-sdk", ">=2.75,<3", path, "==2.75.0"), edit.data, "fastapi"
    )
    assert isinstance(again, Unchanged)
