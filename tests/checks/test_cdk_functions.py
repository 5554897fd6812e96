"""Python functions that a stack of the AWS CDK deploys: which handlers are found, and what the stack gives them."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
HANDLER = (
    "import os\n\nimport sentry_sdk\n\nsentry_sdk.init(dsn=os.environ.get('SENTRY_DSN'))\n\n\n"
    "def handler(event, context):\n    return 1\n"
)
CODE = {"cdk.json": "{}", "functions/pay/index.py": HANDLER, "functions/pay/requirements.txt": "sentry-sdk\n"}
PYTHON = """{}


class Shop(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        {}
"""
LAMBDA = "from aws_cdk import Stack, aws_lambda as _lambda"
BETA = "from aws_cdk.aws_lambda_python_alpha import PythonFunction"
TYPESCRIPT = """{}

export class Shop extends Stack {{
  constructor(scope: Construct, id: string) {{
    super(scope, id)
    {}
  }}
}}
"""
SCRIPT = "import * as lambda from 'aws-cdk-lib/aws-lambda'"
ASSET = "_lambda.Function(self, 'Pay', runtime=_lambda.Runtime.PYTHON_3_13, handler='index.handler', code=_lambda.Code.from_asset({}){})"
OBJECT = "new lambda.Function(this, 'Pay', {{ runtime: lambda.Runtime.PYTHON_3_13, handler: 'index.handler', code: lambda.Code.fromAsset({}){} }})"
DSN = ", environment={'SENTRY_DSN': dsn}"


def python(call: str, head: str = LAMBDA) -> dict[str, str]:
    return {"stacks/shop.py": PYTHON.format(head, call)}


def typescript(call: str, head: str = SCRIPT) -> dict[str, str]:
    return {"lib/shop.ts": TYPESCRIPT.format(head, call)}


FOUND = [
    ("a folder of the application", python(ASSET.format("'functions/pay'", DSN))),
    ("a folder by its keyword", python(ASSET.format("exclude=['x'], path='functions/pay'", DSN))),
    ("a folder beside the stack", python(ASSET.format("os.path.join(os.path.dirname(__file__), '..', 'functions/pay')", DSN))),
    ("the library by its name", python(ASSET.format("'functions/pay'", DSN).replace("_lambda.F", "cdk.aws_lambda.F"), "import aws_cdk as cdk")),
    ("a module by its name", python(ASSET.format("'functions/pay'", DSN), "import aws_cdk.aws_lambda as _lambda")),
    ("the class alone", python(ASSET.format("'functions/pay'", DSN).replace("_lambda.F", "F"), "from aws_cdk.aws_lambda import Function")),
    ("PythonFunction", python(f"PythonFunction(self, 'Pay', entry='functions/pay'{DSN})", BETA)),
    ("PythonFunction, named", python(f"PythonFunction(self, 'Pay', entry='functions', index='pay/index.py', handler='handler'{DSN})", BETA)),
    ("TypeScript", typescript(OBJECT.format("'functions/pay'", ", environment: { SENTRY_DSN: dsn }"))),
    ("TypeScript, beside the stack", typescript(OBJECT.format("path.join(__dirname, '../functions/pay')", ", environment: { SENTRY_DSN: dsn }"))),
    ("TypeScript, the class alone", typescript(OBJECT.format("'functions/pay'", ", environment: { SENTRY_DSN: dsn }").replace("lambda.F", "F"), "import { Function } from 'aws-cdk-lib/aws-lambda'")),
    ("TypeScript, a part of the library", typescript(OBJECT.format("'functions/pay'", ", environment: { SENTRY_DSN: dsn }"), "import { aws_lambda as lambda } from 'aws-cdk-lib'")),
    ("TypeScript, PythonFunction", typescript("new PythonFunction(this, 'Pay', { entry: 'functions/pay', environment: { SENTRY_DSN: dsn } })", "import { PythonFunction } from '@aws-cdk/aws-lambda-python-alpha'")),
]  # fmt: skip


@pytest.mark.parametrize("stack", [f[1] for f in FOUND], ids=[f[0] for f in FOUND])
def test_a_handler_of_a_stack_is_judged_with_what_it_is_given(stack):
    (path,) = stack
    dsn = check_one("dsn-configured", CODE | stack)
    assert dsn.outcome is P and [(e.fact, e.path) for e in dsn.evidence][1:] == [
        ("`SENTRY_DSN` is declared for Pay (Lambda, production)", path)
    ]
    assert check_one("sdk-initialized", CODE | stack).evidence[0].path == "functions/pay/index.py"


@pytest.mark.parametrize(
    ("given", "outcome", "said"),
    [
        ("", U, "Pay (Lambda) gets variables from the rest of the stack, where `SENTRY_DSN` cannot be seen"),
        (
            ", environment=shared",
            U,
            "Pay (Lambda) gets variables from the rest of the stack, where `SENTRY_DSN` cannot be seen",
        ),
        (", environment={'SENTRY_DSN': ''}", F, "`SENTRY_DSN` for Pay (Lambda, production) is empty"),
    ],
    ids=["nothing", "a name", "an empty text"],
)
def test_what_a_stack_does_not_write_down_is_left_open(given, outcome, said):
    verdict = check_one("dsn-configured", CODE | python(ASSET.format("'functions/pay'", given)))
    (found,) = verdict.findings
    assert (verdict.outcome, found.message, found.path) == (outcome, said, "stacks/shop.py")


NOT_FOUND = [
    ("a folder that is put together", python(ASSET.format("folder", DSN))),
    ("a folder below another name", python(ASSET.format("os.path.join(HERE, 'functions/pay')", DSN))),
    ("a folder outside of the repository", python(ASSET.format("'../../functions/pay'", DSN))),
    ("a handler that is put together", python(ASSET.format("'functions/pay'", DSN).replace("'index.handler'", "name"))),
    ("another class", python(ASSET.format("'functions/pay'", DSN).replace("_lambda.F", "_lambda.EdgeF"))),
    ("a class of another library", python(ASSET.format("'functions/pay'", DSN), "from other import lambdas as _lambda")),
    ("CloudFront's class of that name", python(ASSET.format("'functions/pay'", DSN).replace("_lambda.F", "cf.F"), "from aws_cdk import aws_cloudfront as cf")),
    ("a test's stack", {"tests/shop.py": python(ASSET.format("'functions/pay'", DSN))["stacks/shop.py"]}),
    ("no application", python(ASSET.format("'functions/pay'", DSN)) | {"cdk.json": ""}),
    ("TypeScript, another module's", typescript(OBJECT.format("'functions/pay'", ""), "import * as lambda from './lambda'")),
    ("TypeScript, a shared object", typescript("new lambda.Function(this, 'Pay', options)")),
]  # fmt: skip


@pytest.mark.parametrize("stack", [f[1] for f in NOT_FOUND], ids=[f[0] for f in NOT_FOUND])
def test_no_handler_is_guessed(stack):
    files = {k: v for k, v in (CODE | stack).items() if v}
    assert "Pay" not in str(check_one("dsn-configured", files).verdicts)


def test_a_shared_environment_of_typescript_is_left_open():
    stack = typescript(OBJECT.format("'functions/pay'", ", environment: { ...shared }"))
    verdict = check_one("dsn-configured", CODE | stack)
    assert verdict.outcome is U and "the rest of the stack" in verdict.findings[0].message
