"""The programs that a text of shell runs, by its grammar: servers, workers, and the variables that they are given."""

from __future__ import annotations

import pytest

from checks.hosts.serving import assigned_to_python, programs, server_words, works


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("USE=1 gunicorn shop.wsgi", {"USE": "1"}),
        ("env USE=1 gunicorn shop.wsgi", {"USE": "1"}),
        ("export USE=1\nexec gunicorn shop.wsgi", {"USE": "1"}),
        ("USE=1\ngunicorn shop.wsgi", {}),
        ("sh -c 'USE=1 gunicorn shop.wsgi'", {"USE": "1"}),
        ("USE=1 gunicorn shop.wsgi & USE=0 celery -A shop worker", {}),
        ("USE=$OTHER gunicorn shop.wsgi", {}),
        ("USE=1 nginx", {}),
        ("# USE=1 gunicorn shop.wsgi", {}),
    ],
)
def test_a_variable_is_given_to_what_it_stands_before_or_is_exported_for(text, expected):
    assert assigned_to_python(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("celery -A shop worker", True),
        ("python manage.py qcluster", True),
        ("python -m celery -A shop beat", True),
        ("poetry run rq worker high", True),
        ("sh -c 'exec dramatiq shop.tasks'", True),
        ("gunicorn shop.wsgi", False),
        ("echo celery", False),
        ("gunicorn celery_shop.wsgi", False),
        ("# celery -A shop worker\ngunicorn shop.wsgi", False),
    ],
)
def test_work_in_the_background_is_told_by_the_program(text, expected):
    assert works(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gunicorn shop.wsgi -w 2", ("gunicorn", "shop.wsgi", "-w", "2")),
        ("python -m gunicorn shop.wsgi", ("gunicorn", "shop.wsgi")),
        ("some-starter gunicorn shop.wsgi", ("gunicorn", "shop.wsgi")),
        ("pip install gunicorn", ()),
        ("celery --config gunicorn", ()),
        ("echo gunicorn shop.wsgi", ()),
    ],
)
def test_the_words_of_a_server_begin_with_its_name(text, expected):
    found = [server_words(p.words) for p in programs(text)]
    assert found == [expected]
