"""What a template of AWS SAM or the Serverless Framework gives its functions, and which handlers it finds."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
HANDLER = (
    "import os\n\nimport sentry_sdk\n\nsentry_sdk.init(dsn=os.environ.get('SENTRY_DSN'))\n\n\n"
    "def handler(event, context):\n    return 1\n"
)
CODE = {"orders/pay.py": HANDLER, "requirements.txt": "sentry-sdk\n"}
SAM = (
    "Transform: AWS::Serverless-2016-10-31\n{}Resources:\n  Pay:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    "      Handler: orders.pay.handler\n      Runtime: python3.13\n{}"
)
SLS = "provider:\n  name: aws\n  runtime: python3.13\n{}functions:\n  pay:\n    handler: orders.pay.handler\n{}"


def _sam(value: str, head: str = "") -> dict[str, str]:
    own = f"      Environment:\n        Variables:\n          SENTRY_DSN: {value}\n"
    return {"template.yaml": SAM.format(head, own)}


def _sls(value: str, head: str = "") -> dict[str, str]:
    return {"serverless.yml": head + SLS.format("", f"    environment:\n      SENTRY_DSN: {value}\n")}


@pytest.mark.parametrize(
    ("files", "outcome", "says"),
    [
        (_sam("!Ref Dsn", "Parameters:\n  Dsn: {Type: String, NoEcho: true}\n"), P, "declared for Pay"),
        (_sam("!Ref Dsn", "Parameters:\n  Dsn: {Type: String, Default: ''}\n"), U, "the parameter `Dsn`"),
        (
            _sam("!Ref Dsn", "Parameters:\n  Dsn: {Type: 'AWS::SSM::Parameter::Value<String>', Default: dsn}\n"),
            P,
            "declared",
        ),
        (_sam("'{{resolve:ssm:/dsn}}'"), P, "declared for Pay"),
        (_sam("!Sub '{{resolve:ssm:/${Stage}/dsn}}'"), P, "declared for Pay"),
        (_sam("''"), F, "is empty"),
        (_sam("''").copy() | {"template.yaml": SAM.format("", "")}, F, "not declared for Pay (Lambda, production)"),
        (
            {"template.yaml": SAM.format("Globals:\n  Function:\n    Environment:\n      Variables:\n        SENTRY_DSN: !Ref D\n", "")},
            P,
            "declared for Pay",
        ),
        ({"sam-template.yaml": _sam("!Ref Dsn")["template.yaml"]}, P, "declared for Pay"),
        ({"template.yaml": SAM.format("", "      Environment: !Ref All\n")}, F, "not declared"),
        ({"template.yaml": SAM.format("", "      Environment:\n        Variables: !Ref All\n")}, U, "`All`"),
        (_sls("${env:SENTRY_DSN}"), P, "declared for pay"),
        (_sls("${env:SENTRY_DSN, ''}"), U, "`${env:SENTRY_DSN, ''}`"),
        (_sls("${ssm:/dsn}"), P, "declared for pay"),
        (_sls("${self:custom.dsn}", "custom:\n  dsn: ''\n"), F, "is empty"),
        (_sls("${self:custom.dsn}"), U, "`${self:custom.dsn}`"),
        ({"serverless.yml": SLS.format("", "")}, F, "not declared for pay"),
        ({"serverless.yml": SLS.format("  environment:\n    SENTRY_DSN: ${env:SENTRY_DSN}\n", "")}, P, "declared for pay"),
        ({"serverless.yml": SLS.format("  environment: ${file(env.yml):live}\n", "")}, U, "`${file(env.yml):live}`"),
        ({"serverless.yml": "plugins: [serverless-dotenv-plugin]\n" + SLS.format("", "")}, U, "serverless-dotenv-plugin"),
    ],
)  # fmt: skip
def test_the_dsn_of_a_function(files, outcome, says):
    result = check_one("dsn-configured", CODE | files)
    told = [f.message for v in result.verdicts for f in v.findings] + [
        e.fact for v in result.verdicts for e in v.evidence
    ]
    assert result.outcome is outcome, told
    assert any(says in t for t in told), told


def test_a_handler_may_be_in_a_package_itself():
    files = {"orders/__init__.py": HANDLER, "requirements.txt": "sentry-sdk\n"}
    template = SLS.format("", "").replace("orders.pay.handler", "orders.handler")
    assert check_one("sdk-initialized", files | {"serverless.yml": template}).outcome is P


def test_only_the_functions_below_a_backend_are_its_own():
    second = SAM.format("", "").partition("Resources:\n")[2].replace("Pay", "Ship").replace("orders.pay", "ships.go")
    own = "      Environment:\n        Variables:\n          SENTRY_DSN: !Ref Dsn\n"
    files = {
        "template.yaml": SAM.format("", own) + second,
        "ships/go.py": HANDLER,
        "ships/requirements.txt": "sentry-sdk\n",
        "orders/pay.py": HANDLER,
        "orders/requirements.txt": "sentry-sdk\n",
    }
    outcomes = {v.target: v.outcome for v in check_one("dsn-configured", files).verdicts}
    assert sorted(outcomes.values()) in ([F, P], [F]), outcomes
