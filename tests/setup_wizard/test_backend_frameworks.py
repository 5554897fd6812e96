"""The steps on backends that are no Django projects: what is written where, and that the items pass afterwards."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.edits import after
from tests.support.repo import check_one

FASTAPI = 'from fastapi import FastAPI\n\napp = FastAPI(title="shop")\n'
FLASK = "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n"
RENDER = "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: {}\n    envVars:\n      - key: A\n        value: b\n"
CELERY = 'from celery import Celery\n\napp = Celery("jobs")\n'
NEEDS = "fastapi==0.120.0\nflask==3.1.2\ncelery==5.5.3\nlitestar==2.18.0\n"
STARTS = {
    "uvicorn": ({"main.py": FASTAPI, "render.yaml": RENDER.format("uvicorn main:app")}, "main.py", "fastapi"),
    "factory": ({"shop.py": FLASK, "Procfile": 'web: gunicorn "shop:create_app()"\n'}, "shop.py", "flask"),
    "worker": ({"jobs.py": CELERY, "Procfile": "worker: celery -A jobs worker\n"}, "jobs.py", "celery"),
    "litestar": ({"main.py": "from litestar import Litestar\n\napp = Litestar([])\n"}, "main.py", "litestar"),
}


@pytest.mark.parametrize("name", STARTS)
def test_sdk_and_init(name, tmp_path):
    files, entry, extra = STARTS[name]
    files = files | {"requirements.txt": NEEDS, ".gitignore": ".env\n"}
    done = after(tmp_path, files, "sdk")
    assert f"sentry-sdk[{extra}]==2.75.0\n" in done.text("requirements.txt")
    assert "\nsentry_sdk.init(\n" in done.text(entry)
    changed = {k: v for k, v in done.files.items() if k in files}
    for item in (
        "sdk-installed",
        "sdk-initialized",
        "sdk-options-valid",
        "pii-off",
        "tracing-enabled",
        "sampling-sensible",
    ):
        assert check_one(item, changed).outcome is Outcome.PASS, item


def test_a_worker_gets_its_own_call_and_what_calls_already_none(tmp_path):
    files = {"main.py": FASTAPI, "jobs.py": CELERY, "requirements.txt": NEEDS}
    done = after(tmp_path / "a", files, "sdk")
    assert done.text("main.py").count("sentry_sdk.init(") == done.text("jobs.py").count("sentry_sdk.init(") == 1
    shared = files | {"jobs.py": CELERY.replace("\n\n", "\n\nfrom main import app as service\n\n")}
    done = after(tmp_path / "b", shared, "sdk")
    assert "sentry_sdk" not in done.text("jobs.py")


def test_a_call_that_is_not_reached_is_neither_doubled_nor_moved(tmp_path):
    code = 'import sentry_sdk\nfrom fastapi import FastAPI\n\napp = FastAPI()\nif __name__ == "__main__":\n    sentry_sdk.init()\n'
    files = {"main.py": code, "requirements.txt": NEEDS + "sentry-sdk==2.75.0\n", "Procfile": "web: uvicorn main:app\n"}
    done = after(tmp_path, files, "sdk")
    assert done.text("main.py") == code and "never rewritten or duplicated" in done.left


def test_an_application_that_an_import_makes_is_left_to_the_person(tmp_path):
    files = {
        "main.py": "from shop import app\n",
        "shop.py": "from litestar import Litestar\n\napp = Litestar([])\n",
        "requirements.txt": NEEDS,
        "Procfile": "web: uvicorn main:app\n",
    }
    done = after(tmp_path, files, "sdk")
    assert done.text("main.py") == files["main.py"] and "would not run before" in done.left


def test_the_dsn_is_declared_where_it_deploys(tmp_path):
    files = {
        "main.py": FASTAPI,
        "render.yaml": RENDER.format("uvicorn main:app"),
        "requirements.txt": NEEDS,
        ".gitignore": ".env\n",
    }
    done = after(tmp_path, files, "sdk", "dsn")
    assert "      - key: SENTRY_DSN\n        sync: false\n" in done.text("render.yaml")
    assert "SENTRY_ENVIRONMENT" in done.text("render.yaml") and done.text(".env.example") == ""


def test_lambda_handlers_get_the_integration(tmp_path):
    template = (
        "Globals: {Function: {Runtime: python3.13}}\nResources:\n"
        "  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: a/, Handler: app.handler}}\n"
    )
    handler = "import json\n\n\ndef handler(event, context):\n    return json.dumps(event)\n"
    files = {"template.yaml": template, "a/app.py": handler, "a/requirements.txt": "boto3==1.40.0\n"}
    done = after(tmp_path, files, "sdk")
    assert "integrations=[AwsLambdaIntegration(timeout_warning=True)]" in done.text("a/app.py")
    assert "sentry-sdk==2.75.0" in done.text("a/requirements.txt")


def test_a_framework_whose_integration_the_sdk_does_not_enable_gets_it(tmp_path):
    code = "import dramatiq\nfrom dramatiq.brokers.redis import RedisBroker\n\nbroker = RedisBroker()\ndramatiq.set_broker(broker)\n"
    files = {"jobs.py": code, "requirements.txt": "dramatiq==1.18.0\n", "Procfile": "worker: dramatiq jobs\n"}
    done = after(tmp_path, files, "sdk")
    text = done.text("jobs.py")
    assert "from sentry_sdk.integrations.dramatiq import DramatiqIntegration\n" in text
    assert text.index("integrations=[DramatiqIntegration()],\n)\n") < text.index("broker = RedisBroker()")


def test_a_function_whose_own_package_lacks_the_sdk_does_not_import_it(tmp_path):
    function = "  {}: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: {}/, Handler: app.handler}}}}\n"
    template = (
        "Globals: {Function: {Runtime: python3.13}}\nResources:\n"
        + function.format("A", "a")
        + function.format("B", "b")
    )
    handler = "def handler(event, context):\n    return event\n"
    own = '[project]\nname = "b"\nversion = "1"\ndependencies = []\n'
    files = {"template.yaml": template, "a/app.py": handler, "a/requirements.txt": "boto3==1.40.0\n"}
    done = after(tmp_path / "lacking", files | {"b/app.py": handler, "b/pyproject.toml": own}, "sdk")
    assert "sentry_sdk.init(" in done.text("a/app.py") and done.text("b/app.py") == handler
    has = {
        "b/pyproject.toml": own.replace("[]", '["sentry-sdk==2.75.0"]'),
        "a/requirements.txt": "sentry-sdk==2.75.0\n",
    }
    done = after(tmp_path / "having", files | {"b/app.py": handler} | has, "sdk")
    assert "sentry_sdk.init(" in done.text("b/app.py")


def test_a_function_of_a_stack_is_left_with_what_has_to_be_packed(tmp_path):
    stack = (
        "from aws_cdk import Stack, aws_lambda\n\n\nclass Shop(Stack):\n    def __init__(self, scope, id):\n"
        "        aws_lambda.Function(self, 'Pay', handler='app.handler', code=aws_lambda.Code.from_asset('pay'))\n"
    )
    handler = "def handler(event, context):\n    return event\n"
    files = {"cdk.json": "{}", "stack.py": stack, "pay/app.py": handler, "pay/requirements.txt": "boto3==1.40.0\n"}
    done = after(tmp_path, files, "sdk")
    assert done.text("pay/app.py") == handler and done.text("pay/requirements.txt") == "boto3==1.40.0\n"
    assert "# 1. in pay/requirements.txt\nsentry-sdk>=2.75,<3\n" in done.left
    assert "whether stack.py packs sentry-sdk with the function was not seen" in done.left
    assert "AwsLambdaIntegration" in done.left
