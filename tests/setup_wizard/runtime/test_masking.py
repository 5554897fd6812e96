"""What an application says may repeat a value that it was given: the report has the variable's name in its place."""

from __future__ import annotations

import pytest

from setup_wizard.runtime.masking import masked, masked_text

LONG = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----"


@pytest.mark.parametrize(
    ("name", "value", "text", "shown"),
    [
        ("STRIPE_KEY", "hunter2x", "bad hunter2x, hunter2x", "bad [value of STRIPE_KEY], [value of STRIPE_KEY]"),
        ("DB_PASSWORD", "correcthorse", "no correcthorse", "no [value of DB_PASSWORD]"),
        ("ANY", "4f-x!1", "4f-x!1", "[value of ANY]"),
        ("URL", "postgres://u:p%40ssword@h/d", "u and p@ssword", "u and [value of URL]"),
        ("URL", "postgres://u:p%40ssword@h/d", "postgres://u:p%40ssword@h/d", "[value of URL]"),
        ("SIGNING", LONG, repr(LONG), "'[value of SIGNING]'"),
        ("SIGNING", LONG, "cut " + LONG[:30], "cut [value of SIGNING]"),
        ("SIGNING", LONG, LONG[-30:] + " cut", "[value of SIGNING] cut"),
        ("APP_ENV", "production", "no module shop.production", "no module shop.production"),
        (
            "DJANGO_SETTINGS_MODULE",
            "shop.settings",
            "No module named 'shop.settings'",
            "No module named 'shop.settings'",
        ),
        ("API_KEY", "1", "1 of 1", "1 of 1"),
        ("DEBUG", "False", "DEBUG is False", "DEBUG is False"),
    ],
)
def test_a_value_is_replaced_by_its_name(name, value, text, shown):
    assert masked_text(text, {name: value}) == shown


def test_the_longer_of_two_values_is_hidden_whole():
    assert masked_text("k3y-and-more", {"A_KEY": "k3y-", "B_KEY": "k3y-and-more"}) == "[value of B_KEY]"


def test_only_what_the_application_wrote_is_masked():
    seen = {
        "problem": {"type": "KeyError", "message": "'k3y-0'", "missing": "k3y-0", "path": "k3y-0.py"},
        "observations": {"failed": {"view": {"message": "k3y-0"}}, "startup": {"failed": "k3y-0"}, "reached": 1},
        "answers": {"traces_sampler": {"web": {"raised": "E: k3y-0"}, "task": 0.5}},
        "options": {"release": "k3y-0", "callbacks": ["k3y-0"]},
        "inits": [None],
    }
    hidden = "[value of A]"
    assert masked(seen, {"A": "k3y-0"}) == {
        "problem": {"type": "KeyError", "message": f"'{hidden}'", "missing": hidden, "path": "k3y-0.py"},
        "observations": {"failed": {"view": {"message": hidden}}, "startup": {"failed": hidden}, "reached": 1},
        "answers": {"traces_sampler": {"web": {"raised": f"E: {hidden}"}, "task": 0.5}},
        "options": {"release": "k3y-0", "callbacks": ["k3y-0"]},
        "inits": [None],
    }
