"""An exception that a middleware or a handler answers is reported on every way to that answer, or continues."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_backend_items import ENV, django
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
HEAD = """\
import logging

import sentry_sdk
from django.conf import settings
from django.core.signals import got_request_exception
from django.http import JsonResponse
from rest_framework.response import Response
from rest_framework.views import exception_handler

from shop.elsewhere import FLAG, describe, tell

logger = logging.getLogger(__name__)


"""
KNOWN = "response = exception_handler(exc, context)\n"
HANDLERS = [
    ("return exception_handler(exc, context)", P, None),
    (f"{KNOWN}if response is not None:\n    response.data['code'] = 1\nreturn response", P, None),
    (f"{KNOWN}if response is None:\n    return None\nreturn Response(response.data)", P, None),
    (f"{KNOWN}if response is None:\n    return Response({{}}, status=500)\nreturn response", F, 18),
    (f"{KNOWN}if not response:\n    response = Response({{}}, status=500)\nreturn response", F, 19),
    (f"{KNOWN}if response:\n    return response\nreturn Response({{}}, status=500)", F, 19),
    (f"{KNOWN}if response is None:\n    sentry_sdk.capture_exception(exc)\n    return Response({{}})\nreturn response", P, None),
    (f"{KNOWN}if response is None:\n    logger.exception('x')\n    return Response({{}})\nreturn response", P, None),
    (f"{KNOWN}if response is None:\n    logger.info('x', exc_info=exc)\n    return Response({{}})\nreturn response", F, 19),
    (f"{KNOWN}if response is None:\n    tell(exc)\n    return Response({{}})\nreturn response", U, "what it calls"),
    (f"{KNOWN}if response is None and isinstance(exc, OSError):\n    return Response({{}})\nreturn response", P, None),
    (f"{KNOWN}if response is None or FLAG:\n    return Response({{}})\nreturn response", F, 18),
    ("return exception_handler(exc, context) or Response({}, status=500)", F, 16),
    ("return Response({}) if isinstance(exc, OSError) else exception_handler(exc, context)", P, None),
    ("return Response({}) if isinstance(exc, Exception) else None", F, 16),
    ("return describe(exc, context)", U, "return describe(exc, context)"),
    ("if FLAG:\n    return Response({})\nreturn None", U, "FLAG"),
    ("try:\n    raise exc\nexcept OSError:\n    return Response({})", P, None),
    ("try:\n    raise exc\nexcept (OSError, Exception):\n    return Response({})", F, 19),
    ("match exc:\n    case OSError():\n        return Response({})", P, None),
    ("with lock():\n    return Response({})", F, 17),
    ("for known in (OSError,):\n    if isinstance(exc, known):\n        return Response({})", P, None),
    ("return own(exc)\n\n\ndef own(exc):\n    logger.error('x')\n    return Response({})", P, None),
    ("return own(exc)\n\n\ndef own(exc):\n    return Response({})", F, 16),
    ("return own(exc)\n\n\ndef own(exc):\n    if FLAG:\n        logger.error('x')\n    return Response({})", U, "what it calls"),
    ("raise exc", P, None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "outcome", "place"), HANDLERS)
def test_a_handler_lets_exceptions_continue_or_reports_them(body, outcome, place):
    first, *rest = body.split("\n\n\n")
    lines = "".join(f"    {line}\n" for line in first.splitlines())
    module = f"{HEAD}def handle(exc, context):\n{lines}" + "".join(f"\n\n{r}\n" for r in rest)
    files = django(ENV, after='REST_FRAMEWORK = {"EXCEPTION_HANDLER": "shop.h.handle"}\n', **{"shop/h.py": module})
    assert_said(
        check_one("exceptions-not-swallowed", files), "the exception handler handle", outcome, place, "shop/h.py"
    )


MIDDLEWARE = [
    ("return JsonResponse({})", F, 16),
    ("print(exception)", P, None),
    ("sentry_sdk.capture_exception(exception)\nreturn JsonResponse({})", P, None),
    ("self.told(exception)\nreturn JsonResponse({})", P, None),
    ("if request.path.startswith('/api/'):\n    return JsonResponse({})", F, 16),
    ("if isinstance(exception, PermissionError):\n    return JsonResponse({})\nreturn None", P, None),
    ("if not isinstance(exception, PermissionError):\n    return None\nreturn JsonResponse({})", P, None),
    ("if settings.DEBUG:\n    return JsonResponse({})", P, None),
    ("if settings.DEBUG:\n    logger.exception('x')\nreturn JsonResponse({})", F, 16),
    ("got_request_exception.send(sender=None)\nreturn JsonResponse({})", P, None),
    ("FLAG.error(exception)\nreturn JsonResponse({})", U, "what it calls"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "outcome", "place"), MIDDLEWARE)
def test_a_middleware_lets_exceptions_continue_or_reports_them(body, outcome, place):
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    module = (
        f"{HEAD}class Hide:\n    def process_exception(self, request, exception):\n{lines}\n"
        "    def told(self, exception):\n        logger.exception('x')\n"
    )
    files = django(ENV, after='MIDDLEWARE = ["shop.h.Hide"]\n', **{"shop/h.py": module})
    assert_said(check_one("exceptions-not-swallowed", files), "the middleware Hide", outcome, place, "shop/h.py")


def assert_said(result, named, outcome, place, path):
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is P:
        assert [e.fact for e in result.evidence] == [f"{named} hides no exception"]
        return
    [finding] = result.findings
    assert (finding.path, finding.hint) == (path, "call sentry_sdk.capture_exception() there")
    if outcome is F:
        assert finding.message == f"{named} turns exceptions into a response and reports none"
        assert finding.line == place
    else:
        assert finding.message == f"whether {named} reports exceptions cannot be determined: `{place}` decides"
