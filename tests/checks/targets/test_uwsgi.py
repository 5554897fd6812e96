"""uWSGI without the threads that the SDK needs."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
CODE = "import sentry_sdk\nfrom flask import Flask\nsentry_sdk.init()\napp = Flask(__name__)\n"
FILE = "[uwsgi]\nmodule = app:app\nmaster = true\n{}"
BOTH = "uWSGI runs without `enable-threads` and `py-call-uwsgi-fork-hooks`: the SDK's thread may stop, and workers may crash"


def served(command: str, **files: str) -> dict[str, str]:
    named = {name.replace("_", "."): text for name, text in files.items()}
    return {"app.py": CODE, "requirements.txt": "flask\nuwsgi\nsentry-sdk\n", "Procfile": f"web: {command}\n"} | named


CASES: dict[str, tuple[dict[str, str], Outcome, str, tuple[str, int]]] = {
    "a file that is no INI": (
        served("uwsgi --ini app.ini", app_ini="[uwsgi]\nmaster\n  processes = 4\n"),
        U,
        "app.ini cannot be read",
        ("Procfile", 1),
    ),
    "no option": (served("uwsgi --http :8000 --module app:app --master"), F, BOTH, ("Procfile", 1)),
    "threads without hooks": (
        served("uwsgi --module app:app --enable-threads"),
        F,
        "without `py-call-uwsgi-fork-hooks`",
        ("Procfile", 1),
    ),
    "threads by their number": (
        served("uwsgi --module app:app --threads 2 --py-call-uwsgi-fork-hooks"),
        P,
        "initializes the SDK",
        ("app.py", 3),
    ),
    "lazy without threads": (
        served("uwsgi --module app:app --lazy-apps"),
        F,
        "without `enable-threads`:",
        ("Procfile", 1),
    ),
    "lazy with threads": (
        served("uwsgi --module app:app --lazy-apps --enable-threads"),
        P,
        "initializes the SDK",
        ("app.py", 3),
    ),
    "both": (
        served("uwsgi --module app:app --enable-threads --py-call-uwsgi-fork-hooks"),
        P,
        "initializes the SDK",
        ("app.py", 3),
    ),
    "a file without": (served("uwsgi --ini uwsgi.ini", uwsgi_ini=FILE.format("")), F, BOTH, ("uwsgi.ini", 1)),
    "a file with them": (
        served("uwsgi uwsgi.ini", uwsgi_ini=FILE.format("enable-threads = true\npy-call-uwsgi-fork-hooks = true\n")),
        P,
        "initializes the SDK",
        ("app.py", 3),
    ),
    "a file that switches them off": (
        served("uwsgi --ini uwsgi.ini", uwsgi_ini=FILE.format("enable-threads = false\nlazy-apps = true\n")),
        F,
        "without `enable-threads`:",
        ("uwsgi.ini", 1),
    ),
    "a file whose condition switches them on": (
        served("uwsgi --ini uwsgi.ini", uwsgi_ini=FILE.format("if-env = THREADS\nenable-threads = true\nendif =\n")),
        U,
        "cannot be determined: `if-env` in uwsgi.ini is not followed",
        ("uwsgi.ini", 1),
    ),
    "a file that has them before its condition": (
        served(
            "uwsgi --ini uwsgi.ini",
            uwsgi_ini=FILE.format(
                "enable-threads = true\nlazy-apps = true\nif-file = own.ini\nini = own.ini\nendif =\n"
            ),
        ),
        P,
        "initializes the SDK",
        ("app.py", 3),
    ),
    "a file that takes in another one": (
        served("uwsgi --ini uwsgi.ini", uwsgi_ini="[uwsgi]\nini = base.ini\n"),
        U,
        "`ini` in uwsgi.ini is not followed",
        ("uwsgi.ini", 1),
    ),
    "a file that is not here": (
        served("uwsgi --module app:app --ini /etc/uwsgi/shop.ini"),
        U,
        "/etc/uwsgi/shop.ini is not in this repository",
        ("Procfile", 1),
    ),
    "a file that is not here, beside the options": (
        served("uwsgi --ini /etc/uwsgi/shop.ini --enable-threads --py-call-uwsgi-fork-hooks"),
        P,
        "initializes the SDK",
        ("app.py", 3),
    ),
    "an emperor": (
        served("uwsgi --emperor vassals"),
        U,
        "`--emperor vassals` is not followed",
        ("Procfile", 1),
    ),
    "a file with another ending that nothing names": (
        {"app.py": CODE, "requirements.txt": "flask\nuwsgi\nsentry-sdk\n", "uwsgi.conf": FILE.format("")},
        F,
        BOTH,
        ("uwsgi.conf", 1),
    ),
    "a file that is left over": (
        served("gunicorn app:app", uwsgi_ini=FILE.format("")),
        P,
        "initializes the SDK",
        ("app.py", 3),
    ),
    "a script with a file that an image copies": (
        served("./serve.sh")
        | {
            "serve.sh": "#!/bin/sh\nexec /venv/bin/uwsgi --ini /srv/etc/uwsgi.conf\n",
            "etc/uwsgi.conf": FILE.format("if-file = own.ini\nini = own.ini\nendif =\n"),
        },
        U,
        "`if-file` in etc/uwsgi.conf is not followed",
        ("etc/uwsgi.conf", 1),
    ),
    "Django": (
        backend()
        | {
            "shop/settings.py": "import sentry_sdk\nsentry_sdk.init()\n",
            "shop/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
            "Procfile": "web: uwsgi --module shop.wsgi\n",
        },
        F,
        BOTH,
        ("Procfile", 1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_threads_of_uwsgi(name):
    files, outcome, said, place = CASES[name]
    verdict = check_one("init-covers-workers", files).verdicts[0]
    assert verdict.outcome is outcome, verdict
    if outcome is F:
        finding = verdict.findings[0]
        assert said in finding.message and (finding.path, finding.line) == place
        assert finding.hint is not None and finding.hint.startswith("add `")
    elif outcome is U:
        finding = verdict.findings[0]
        assert said in finding.message and (finding.path, finding.line) == place
        assert finding.hint is not None and finding.hint.startswith("check that uWSGI has `")
    else:
        assert said in verdict.evidence[0].fact and (verdict.evidence[0].path, verdict.evidence[0].line) == place
