"""uWSGI's ini file: options behind the last one of the section, as the file writes its own."""

from __future__ import annotations

import pytest

from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.editors.uwsgi import switch_on

BOTH = ("enable-threads", "py-call-uwsgi-fork-hooks")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "[uwsgi]\nmodule = shop.wsgi\nmaster = true\n",
            "[uwsgi]\nmodule = shop.wsgi\nmaster = true\nenable-threads = true\npy-call-uwsgi-fork-hooks = true\n",
        ),
        (
            "[uwsgi]\nprocesses=1\nmaster=1\n# home=/venv\n\n[cron]\na=b\n",
            "[uwsgi]\nprocesses=1\nmaster=1\nenable-threads=1\npy-call-uwsgi-fork-hooks=1\n# home=/venv\n\n[cron]\na=b\n",
        ),
        (
            "[uwsgi]\nprocesses = 1\nenable-threads = on",
            "[uwsgi]\nprocesses = 1\nenable-threads = on\npy-call-uwsgi-fork-hooks = on\n",
        ),
        (
            "[uwsgi]\r\nenv = A=1\r\nenv = B=2\r\n",
            "[uwsgi]\r\nenv = A=1\r\nenv = B=2\r\nenable-threads = true\r\npy-call-uwsgi-fork-hooks = true\r\n",
        ),
        ("[uwsgi]\n", "[uwsgi]\nenable-threads = true\npy-call-uwsgi-fork-hooks = true\n"),
    ],
)
def test_options_go_behind_the_last_one(before, after):
    done = switch_on(before.encode(), BOTH)
    assert isinstance(done, Edited) and done.data.decode() == after
    assert isinstance(switch_on(done.data, BOTH), Unchanged)


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        ("[uwsgi]\nmaster = true\nenable-threads = false\n", "x.ini switches enable-threads off", "x.ini:3"),
        ("[uwsgi]\nif-env = A\nmaster = true\nendif =\n", "x.ini includes other files or has conditions", "x.ini:1"),
        ("[uwsgi]\nini = base.ini\n", "x.ini includes other files or has conditions", "x.ini:1"),
        ("[uwsgi]\nmaster = true\n[uwsgi]\nmaster = true\n", "", "x.ini"),
        ("[app]\nmaster = true\n", "x.ini has no section [uwsgi], or several", "x.ini"),
        ("master = true\n", "x.ini cannot be read", "x.ini"),
        ("[uwsgi]\nmaster\n  processes = 4\n", "x.ini cannot be read: ", "x.ini"),
    ],
)
def test_what_is_not_followed_is_refused_with_its_text(text, reason, place):
    done = switch_on(text.encode(), BOTH, "x.ini")
    assert isinstance(done, Refused) and reason in done.reason and done.place == place
    assert done.snippet == "enable-threads = true\npy-call-uwsgi-fork-hooks = true"
