"""AWS Lambda: the integration that has to be listed, init inside the handler, and what hides the errors of a handler."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
TEMPLATE = (
    "Transform: AWS::Serverless-2016-10-31\nResources:\n  Hello:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    "      CodeUri: src/\n      Handler: app.handler\n      Runtime: python3.13\n"
)
IMPORT = "import sentry_sdk\n"
LISTED = "from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration\nsentry_sdk.init(integrations=[{}])\n"
HANDLER = "def handler(event, context):\n    return work(event)\n"
CATCHES = (
    "def handler(event, context):\n    try:\n        return work(event)\n    except Exception as error:\n        {}\n"
)
ANSWER = "return {'statusCode': 500}"
LEFT_OUT = (
    "AwsLambdaIntegration is not listed, and the SDK does not enable it automatically: errors of the handler are lost"
)
BY_HAND = "AwsLambdaIntegration is not listed, and whether this sends the errors of every call cannot be determined"
LIST_IT = "add AwsLambdaIntegration(timeout_warning=True) to `integrations`"


def function(code: str, **files: str) -> dict[str, str]:
    named = {f"src/{name}.py": text for name, text in files.items()}
    return {"src/app.py": code, "src/requirements.txt": "sentry-sdk\n", "template.yaml": TEMPLATE} | named


LISTING = {
    "not listed": (IMPORT + "sentry_sdk.init()\n" + HANDLER, F, LEFT_OUT, 2),
    "another one listed": (
        IMPORT
        + "from sentry_sdk.integrations.logging import LoggingIntegration\n"
        + "sentry_sdk.init(integrations=[LoggingIntegration()])\n"
        + HANDLER,
        F,
        LEFT_OUT,
        3,
    ),
    "sent by hand": (
        IMPORT + "sentry_sdk.init()\n" + CATCHES.format("sentry_sdk.capture_exception(error); sentry_sdk.flush(2)"),
        U,
        BY_HAND,
        7,
    ),
    "sent by the client": (
        IMPORT + "sentry_sdk.init()\n" + CATCHES.format("sentry_sdk.get_client().flush(); raise"),
        U,
        BY_HAND,
        7,
    ),
    "flush of something else": (
        IMPORT + "import metrics\nsentry_sdk.init()\n" + CATCHES.format("metrics.flush(); raise"),
        F,
        LEFT_OUT,
        3,
    ),
}


@pytest.mark.parametrize("name", LISTING)
def test_the_integration_has_to_be_listed(name):
    code, outcome, message, line = LISTING[name]
    verdict = check_one("integrations-installed", function(code))
    (found,) = verdict.findings
    assert (verdict.outcome, found.message, found.path, found.line, found.hint) == (
        outcome,
        message,
        "src/app.py",
        line,
        LIST_IT,
    )


@pytest.mark.parametrize(
    "code",
    [
        IMPORT + LISTED.format("AwsLambdaIntegration()") + HANDLER,
        IMPORT
        + "from sentry_sdk.integrations.serverless import serverless_function\nsentry_sdk.init()\n@serverless_function\n"
        + HANDLER,
        IMPORT
        + "from sentry_sdk.integrations.serverless import serverless_function\nsentry_sdk.init()\n"
        + HANDLER.replace("handler", "answer")
        + "handler = serverless_function(answer)\n",
    ],
)
def test_what_wraps_the_handler(code):
    assert check_one("integrations-installed", function(code)).outcome is P


def test_options_that_are_not_followed_leave_it_open():
    code = IMPORT + "from other import options\nsentry_sdk.init(**options())\n" + HANDLER
    assert check_one("integrations-installed", function(code)).outcome is U


LATE = "sentry_sdk.init() runs only when handler is called: AwsLambdaIntegration comes too late to wrap that call"
INSIDE = "def handler(event, context):\n    sentry_sdk.init()\n    return work(event)\n"


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (function(IMPORT + INSIDE), ("src/app.py", 3)),
        (
            function(
                "from start import begin\ndef handler(event, context):\n    begin()\n",
                start="import sentry_sdk\ndef begin():\n    sentry_sdk.init()\n",
            ),
            ("src/start.py", 3),
        ),
    ],
)
def test_init_in_the_handler_is_too_late(files, place):
    verdict = check_one("sdk-initialized", files)
    (found,) = verdict.findings
    hint = "call it at module level, above handler"
    assert (verdict.outcome, found.message, (found.path, found.line), found.hint) == (F, LATE, place, hint)


def test_init_in_the_handler_that_sends_by_itself_is_left_open():
    code = IMPORT + INSIDE.replace("return work(event)", "work(event)\n    sentry_sdk.flush()")
    verdict = check_one("sdk-initialized", function(code))
    (found,) = verdict.findings
    said = (
        "sentry_sdk.init() runs only when handler is called, and whether its errors are reported cannot be determined"
    )
    assert (verdict.outcome, found.message, found.path, found.line) == (U, said, "src/app.py", 3)


WARNS = IMPORT + LISTED.format("AwsLambdaIntegration(timeout_warning=True)")
STOPPED = "a function that times out is stopped before it sends an event: the integration does not warn first"
HIDDEN = "the Lambda function handler turns every exception into a response and reports none"
HIDING = {
    "it answers": (WARNS + CATCHES.format(ANSWER), F, HIDDEN, 4),
    "it reports": (
        WARNS + CATCHES.format(f"sentry_sdk.capture_exception(error); {ANSWER}"),
        P,
        "hides no exception",
        4,
    ),
    "it raises again": (WARNS + CATCHES.format("raise"), P, "hides no exception", 4),
    "no warning": (IMPORT + LISTED.format("AwsLambdaIntegration()") + HANDLER, F, STOPPED, 3),
    "the warning is off": (
        IMPORT + LISTED.format("AwsLambdaIntegration(timeout_warning=False)") + HANDLER,
        F,
        STOPPED,
        3,
    ),
}


@pytest.mark.parametrize("name", HIDING)
def test_what_hides_the_errors_of_a_handler(name):
    code, outcome, message, line = HIDING[name]
    verdict = check_one("exceptions-not-swallowed", function(code))
    said = [(f.message, f.path, f.line) for f in verdict.findings] or [
        (e.fact, e.path, e.line) for e in verdict.evidence
    ]
    assert (verdict.outcome, len(said), message in said[0][0], said[0][1:]) == (
        outcome,
        1,
        True,
        ("src/app.py", line),
    ), said


def test_a_handler_that_warns_and_catches_nothing_has_nothing_to_hide():
    assert check_one("exceptions-not-swallowed", function(WARNS + HANDLER)).outcome is N
