"""What filters, levels, middleware and routes do in production: the outcome, the message and the line."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_backend_items import ENV, F, N, P, U, django
from tests.support.repo import check_one

LOGGER = 'e["logger"] == "x"'


def _sender(body: str, before: str = "", name: str = "keep") -> dict[str, str]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return django(f"{ENV}, before_send={name}", before=f"{before}def keep(e, hint):\n{lines}")


SENDERS = [
    ("missing key", _sender(f"if {LOGGER}:\n    return None\nreturn e"), F, "an exception in a request: `e['logger']` raises KeyError", 5),
    ("missing key asked for", _sender(f'if "logger" in e and {LOGGER}:\n    return None\nreturn e'), P, "returns the event", 4),
    ("missing key asked for above", _sender(f'if "logger" not in e:\n    return e\nif {LOGGER}:\n    return None\nreturn e'), P, "returns the event", 4),
    ("missing key caught", _sender(f"try:\n    if {LOGGER}:\n        return None\nexcept KeyError:\n    pass\nreturn e"), P, "returns the event", 4),
    ("another error caught", _sender(f"try:\n    if {LOGGER}:\n        return None\nexcept ValueError:\n    pass\nreturn e"), F, "raises KeyError", 6),
    ("missing key where the level decides", _sender('if e["level"] == "error":\n    print(e["request"]["url"])\nreturn e'), F, "an exception in a task or command: `e['request']` raises KeyError", 6),
    ("hint", _sender('if isinstance(hint["exc_info"][1], OSError):\n    return None\nreturn e'), F, "a logged error: `hint['exc_info']` raises KeyError", 5),
    ("hint that is None", _sender('if isinstance(hint.get("exc_info")[1], OSError):\n    return None\nreturn e'), F, "raises TypeError", 5),
    ("hint asked for", _sender('info = hint.get("exc_info")\nif info and isinstance(info[1], OSError):\n    return None\nreturn e'), P, "returns the event", 4),
    ("attribute", _sender("if e.logger == 'x':\n    return None\nreturn e"), F, "`e.logger` raises AttributeError", 5),
    ("attribute with a default", _sender("if getattr(e, 'logger', '') == 'x':\n    return None\nreturn e"), P, "returns the event", 4),
    ("dropped in production", _sender("return e if DEBUG else None"), F, "drops every event in production", 4),
    ("dropped in production by statements", _sender("if not DEBUG:\n    return None\nreturn e"), F, "drops every event in production", 4),
    ("dropped in development", _sender("if DEBUG:\n    return None\nreturn e"), P, "returns the event", 4),
    ("dropped by a helper", _sender("return pick(e)", "def pick(e):\n    return None\n\n"), F, "drops every event in production", 7),
    ("kept by a helper", _sender("return pick(e)", "def pick(e):\n    return e\n\n"), P, "returns the event", 7),
    ("raising helper", _sender("return pick(e)", "def pick(e):\n    return e if e['tags'] else None\n\n"), F, "`e['tags']` raises KeyError", 5),
    ("given away", _sender("return scrub(e)", "from scrubber import scrub\n"), U, "returns `scrub(e)`, which cannot be determined here", 6),
    ("decorated", django(ENV + ", before_send=keep", before="@wraps_it\ndef keep(e, hint):\n    return e\n"), U, "the decorator `wraps_it`", 5),
    ("second definition", django(ENV + ", before_send=keep", before="def keep(e, h):\n    return e\ndef keep(e, h):\n    e['x'] = 1\n"), F, "drops every event", 6),
    ("second definition returns", django(ENV + ", before_send=keep", before="def keep(e, h):\n    e['x'] = 1\ndef keep(e, h):\n    return e\n"), P, "returns the event", 6),
    ("in a module of its own", django(ENV + ", before_send=keep", before="from shop.filters import keep\n", **{"shop/filters.py": f"def keep(e, h):\n    return None if {LOGGER} else e\n"}), F, "raises KeyError", 2),
    ("of a transaction", django(ENV + ", before_send_transaction=keep", before="def keep(e, h):\n    return None if e['exception'] else e\n"), F, "a transaction of a request: `e['exception']` raises KeyError", 5),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "message", "line"), [pytest.param(*c[1:], id=c[0]) for c in SENDERS])
def test_before_send_is_called_with_what_production_gives_it(files, outcome, message, line):
    _assert("before-send-safe", files, outcome, message, line)


NOISE = [
    (_sender("return e"), F, "before_send returns every event", 4),
    (_sender("e['tags'] = {}\nreturn e"), F, "before_send returns every event", 4),
    (_sender("return None if DEBUG else e"), F, "before_send returns every event", 4),
    (_sender("return None if e.get('logger') == 'x' else e"), P, "before_send filters events", 6),
    (_sender("return scrub(e)", "from scrubber import scrub\n"), U, "whether before_send `keep` drops any event", 7),
    (_sender("return scrub(e) if 'logger' in e else e", "from scrubber import scrub\n"), U, "whether before_send", 7),
    (django(ENV + ", ignore_errors=[]"), F, "no filter drops", 4),
    (django(ENV + ", ignore_errors=NOISE", before="NOISE = []\n"), F, "no filter drops", 5),
    (django(ENV + ", ignore_errors=NOISE", before="NOISE = []\nNOISE += [OSError]\n"), P, "ignore_errors filters", 6),
]


@pytest.mark.parametrize(("files", "outcome", "message", "line"), NOISE)
def test_noise_is_filtered_by_what_drops_some_events(files, outcome, message, line):
    _assert("noise-filtered", files, outcome, message, line)


HEAD = "import logging\nfrom sentry_sdk.integrations.logging import LoggingIntegration\n"
LEVELS = [
    ("LEVEL", "LEVEL = None\n", F, "event_level=None"),
    ("logging.CRITICAL", "", F, "event_level=logging.CRITICAL"),
    ("LEVEL", "from logging import FATAL as LEVEL\n", F, "event_level=logging.FATAL"),
    ("50", "", F, "event_level=50"),
    ("None if not DEBUG else logging.ERROR", "", F, "event_level=None"),
    ("None if DEBUG else logging.ERROR", "", P, "turns logged errors into issues"),
    ("logging.WARNING", "", P, "turns logged errors into issues"),
    ("40", "", P, "turns logged errors into issues"),
    ("made()", "from elsewhere import made\n", U, "event_level is `made()`"),
]


@pytest.mark.parametrize(("level", "before", "outcome", "message"), LEVELS)
def test_a_level_above_errors_loses_them(level, before, outcome, message):
    call = f"{ENV}, integrations=[LoggingIntegration(event_level={level})]"
    _assert("logging-captured", django(call, before=HEAD + before), outcome, message, 6 + bool(before))


@pytest.mark.parametrize(("rate", "outcome", "message"), [
    ("sample_rate=0", F, "sample_rate is 0: no error arrives"),
    ("sample_rate=0.0 if not DEBUG else 1.0", F, "sample_rate is 0.0: no error arrives"),
    ("sample_rate=1.0, traces_sample_rate=0.1", P, "traces_sample_rate is 0.1"),
    ("sample_rate=0.5", N, "tracing is off"),
])  # fmt: skip
def test_a_sample_rate_of_zero_sends_no_error(rate, outcome, message):
    _assert("sampling-sensible", django(f"{ENV}, {rate}"), outcome, message, 4 if outcome is not N else None)


SIGNALS_OF_DJANGO = (
    "from django.core import signals\nfrom django.core.signals import got_request_exception, request_finished\n"
)
HIDES = (
    "class Hide:\n    def process_exception(self, request, exception):\n        {}\n        return JsonResponse({{}})\n"
)
SIGNALS = [
    ("got_request_exception.send(sender=None, request=request)", P, "hides no exception", 3),
    ("signals.got_request_exception.send_robust(sender=None)", P, "hides no exception", 3),
    ("request_finished.send(sender=None)", F, "turns exceptions into a response", 4),
    ("got_request_exception.connect(print)", F, "turns exceptions into a response", 4),
]


@pytest.mark.parametrize(("call", "outcome", "message", "line"), SIGNALS)
def test_a_middleware_that_sends_djangos_signal_reports(call, outcome, message, line):
    files = django(ENV, after='MIDDLEWARE = ["shop.m.Hide"]\n', **{"shop/m.py": SIGNALS_OF_DJANGO + HIDES.format(call)})
    _assert("exceptions-not-swallowed", files, outcome, message, line)


def test_an_exception_handler_that_sends_djangos_signal_reports():
    handler = (
        SIGNALS_OF_DJANGO + "def handle(e, c):\n    got_request_exception.send(sender=None)\n    return Response({})\n"
    )
    after = 'REST_FRAMEWORK = {"EXCEPTION_HANDLER": "shop.h.handle"}\n'
    _assert("exceptions-not-swallowed", django(ENV, after=after, **{"shop/h.py": handler}), P, "hides no", 3)


ROUTE = "urlpatterns += [path('sentry-debug/', boom)]"
URLS = "from django.conf import settings\nfrom shop.elsewhere import FLAG\nurlpatterns = []\n"
ROUTES = [
    (f"if settings.DEBUG:\n    {ROUTE}\n", P, "is guarded", 5),
    (f"if not settings.DEBUG:\n    {ROUTE}\n", F, "raises an error for everyone", 5),
    (f"if settings.DEBUG:\n    pass\nelse:\n    {ROUTE}\n", F, "raises an error for everyone", 7),
    (f"if not settings.DEBUG:\n    pass\nelse:\n    {ROUTE}\n", P, "is guarded", 7),
    (f"if settings.DEBUG and FLAG:\n    {ROUTE}\n", P, "is guarded", 5),
    (f"if settings.DEBUG or FLAG:\n    {ROUTE}\n", U, "`settings.DEBUG or FLAG` decides", 5),
    (f"if FLAG:\n    {ROUTE}\n", U, "`FLAG` decides", 5),
    (f"{ROUTE} if settings.DEBUG else []\n".replace("+= ", "+= "), P, "is guarded", 4),
    (f"if settings.TROUBLE:\n    {ROUTE}\n", F, "raises an error for everyone", 5),
]


@pytest.mark.parametrize(("urls", "outcome", "message", "line"), ROUTES)
def test_a_route_is_guarded_where_production_does_not_reach_it(urls, outcome, message, line):
    files = django(ENV, after="TROUBLE = True\n", **{"shop/urls.py": URLS + urls})
    _assert("debug-route-guarded", files, outcome, message, line)


def _assert(item: str, files: dict[str, str], outcome: Outcome, message: str, line: int | None) -> None:
    (verdict,) = check_one(item, files).verdicts
    assert verdict.outcome is outcome, verdict
    said = [(f.message, f.line) for f in verdict.findings] or [(e.fact, e.line) for e in verdict.evidence]
    text = " ".join(m for m, _ in said) or verdict.reason
    assert message in text, text
    if outcome is not Outcome.NOT_APPLICABLE:
        assert line in [at for _, at in said], said
    if outcome in (F, U):
        assert all(f.hint for f in verdict.findings)
