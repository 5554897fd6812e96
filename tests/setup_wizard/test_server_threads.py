"""uWSGI gets the threads that the SDK needs: in its file, or by the person in the command that starts it."""

from __future__ import annotations

from checks.model import Outcome
from tests.support.edits import BARE, after
from tests.support.repo import check_one

INI = "[uwsgi]\nhttp-socket = :8000\nmodule = shop.wsgi\nmaster = true\n"


def test_the_file_that_the_server_is_started_with_is_edited(tmp_path):
    files = BARE | {"Procfile": "web: uwsgi --ini uwsgi.ini\n", "uwsgi.ini": INI}
    done = after(tmp_path, files, "sdk")
    assert done.text("uwsgi.ini") == INI + "enable-threads = true\npy-call-uwsgi-fork-hooks = true\n"
    made = {name: done.text(name) for name in files}
    assert check_one("init-covers-workers", made).verdicts[0].outcome is Outcome.PASS


def test_the_file_of_an_application_that_has_the_sdk_is_edited_too(tmp_path):
    files = BARE | {"Procfile": "web: uwsgi uwsgi.ini\n", "uwsgi.ini": INI + "lazy-apps = true\n"}
    files["requirements.txt"] = "django\nsentry-sdk\n"
    files["shop/settings.py"] = (
        "import os\nimport sentry_sdk\n"
        + BARE["shop/settings.py"]
        + "\nsentry_sdk.init(dsn=os.environ.get('SENTRY_DSN'))\n"
    )
    done = after(tmp_path, files, "sdk")
    assert done.text("uwsgi.ini") == files["uwsgi.ini"] + "enable-threads = true\n"


def test_a_command_is_left_with_its_flags_and_place(tmp_path):
    done = after(
        tmp_path, BARE | {"Procfile": "web: uwsgi --http-socket :$PORT --module shop.wsgi --threads 2\n"}, "sdk"
    )
    [task] = [t for t in done.steps["sdk"].manual if "uWSGI" in t.title]
    assert (task.title, task.place) == ("give uWSGI `py-call-uwsgi-fork-hooks` in Procfile:1", "Procfile:1")
    assert task.snippet == "--py-call-uwsgi-fork-hooks"
    assert (
        task.reason == "uWSGI runs without `py-call-uwsgi-fork-hooks`: the SDK's thread may stop, and workers may crash"
    )


def test_a_file_with_conditions_is_left_with_its_lines(tmp_path):
    ini = INI + "if-file = /etc/own.ini\nini = /etc/own.ini\nendif =\n"
    done = after(tmp_path, BARE | {"Procfile": "web: uwsgi --ini uwsgi.ini\n", "uwsgi.ini": ini}, "sdk")
    [task] = [t for t in done.steps["sdk"].manual if "uWSGI" in t.title]
    assert task.title == "check that uWSGI has `enable-threads` and `py-call-uwsgi-fork-hooks`"
    assert (task.place, task.snippet) == ("uwsgi.ini:1", "enable-threads = true\npy-call-uwsgi-fork-hooks = true")
    assert "`if-file` in uwsgi.ini is not followed" in task.reason and done.text("uwsgi.ini") == ini


def test_another_server_is_left_alone(tmp_path):
    done = after(tmp_path, BARE | {"Procfile": "web: gunicorn shop.wsgi\n", "uwsgi.ini": INI}, "sdk")
    assert done.text("uwsgi.ini") == INI and "uWSGI" not in done.left
