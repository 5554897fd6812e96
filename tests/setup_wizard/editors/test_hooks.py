"""Functions for `sentry_sdk.init`: where they are put, what is refused, and that they do what they say."""

from __future__ import annotations

import pytest

from setup_wizard.editors import hooks
from setup_wizard.editors.base import Edited, Refused, Unchanged

AFTER = [
    ("sentry_sdk.init(dsn=DSN)\n", 1, "sentry_sdk.init(dsn=DSN, before_send=before_send)\n"),
    ("A = 1\n# why\nsentry_sdk.init()\n", 3, "# why\nsentry_sdk.init(before_send=before_send)\n"),
    ("if DSN:\n    sentry_sdk.init(\n        dsn=DSN,\n    )\n", 2, "        before_send=before_send,\n    )\n"),
    ("def start():\n    sentry_sdk.init(dsn=DSN)\n", 2, "    sentry_sdk.init(dsn=DSN, before_send=before_send)\n"),
]


def add(text: str, line: int) -> Edited | Unchanged | Refused:
    return hooks.add_function(text.encode(), line, "before_send", hooks.BEFORE_SEND, "settings.py")


@pytest.mark.parametrize(("before", "line", "end"), AFTER)
def test_the_function_stands_above_the_statement_that_passes_it(before, line, end):
    result = add(before, line)
    assert isinstance(result, Edited)
    after = result.data.decode()
    assert after.endswith(end) and after.count("def before_send(") == 1
    assert after.index("def before_send(") < after.index("init(")
    assert "\n\n\n\n" not in after and compile(after, "settings.py", "exec")
    if before.startswith("A"):
        assert after.startswith("A = 1\n\n\ndef before_send") and "return event\n\n\n# why\n" in after


REFUSED = [
    ("options = {}\nsentry_sdk.init(**options)\n", 2, "dictionary"),
    ("def before_send():\n    pass\n\nsentry_sdk.init()\n", 4, "something else"),
    ("from x import before_send\nsentry_sdk.init()\n", 2, "something else"),
    ("sentry_sdk.init(\n", 1, "cannot be read"),
    ("A = 1\n", 1, "no init call"),
    ("A = 1\r\nsentry_sdk.init()\n", 2, "mixes line ends"),
    ("\xff".encode("latin-1").decode("latin-1"), 1, "no init call"),
]


@pytest.mark.parametrize(("before", "line", "why"), REFUSED)
def test_what_is_not_followed_is_refused_with_the_snippet(before, line, why):
    result = add(before, line)
    assert isinstance(result, Refused) and why in result.reason and "before_send=before_send" in result.snippet


def test_a_call_that_has_it_stays():
    assert isinstance(add("sentry_sdk.init(before_send=None)\n", 1), Unchanged)


def test_the_filter_drops_noise_and_nothing_else():
    space: dict = {}
    exec(hooks.BEFORE_SEND, space)
    assert space["before_send"]({"logger": "django.security.DisallowedHost"}, {}) is None
    assert space["before_send"]({"logger": "x"}, {}) == {"logger": "x"} and space["before_send"]({}, {}) == {}


@pytest.mark.parametrize(
    ("context", "rate"),
    [
        ({}, 0.2),
        ({"parent_sampled": True}, 1.0),
        ({"parent_sampled": False}, 0.0),
        ({"wsgi_environ": {"PATH_INFO": "/healthz"}}, 0.0),
        ({"asgi_scope": {"path": "/health/"}}, 0.0),
        ({"wsgi_environ": {"PATH_INFO": "/orders"}}, 0.2),
        ({"wsgi_environ": None, "transaction_context": {"op": "queue.task.celery"}}, 0.2),
    ],
)
def test_the_sampler_answers_in_every_process(context, rate):
    space: dict = {}
    exec(hooks.traces_sampler(0.2), space)
    assert space["traces_sampler"](context) == rate
