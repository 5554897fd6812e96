"""Running an application that is observed: made-up variables, and applications that mean harm.

The applications bring a stand-in for Django that imports the settings; the SDK is the real one. Real Django is in tests/real.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.runtime import process
from setup_wizard.runtime.environment import Variables, harmless
from setup_wizard.runtime.observe import Observed, Process
from setup_wizard.runtime.process import changed_files, fingerprint, run_child
from setup_wizard.runtime.roles import Role
from setup_wizard.runtime.shown import shown

DJANGO = (
    "def setup():\n    import importlib, os\n    importlib.import_module(os.environ['DJANGO_SETTINGS_MODULE'])\n"
    "def get_version():\n    return '5.2'\n"
)
CONF = "class settings:\n    WSGI_APPLICATION = None\n    DEBUG = False\n    ALLOWED_HOSTS = []\n"
INIT = "import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ['SENTRY_DSN'], environment='production')\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    for path, text in {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")\nexecute_from_command_line([])\n',
        "web/__init__.py": "",
        "web/settings.py": INIT,
        "requirements.txt": "django\nsentry-sdk\n",
        "django/__init__.py": DJANGO,
        "django/conf/__init__.py": CONF,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def verify(root: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, dict[str, object], str]:
    code = main(["verify-runtime", str(root), "--python", sys.executable, "--format", "json", *flags])
    out, err = capsys.readouterr()
    return code, json.loads(out)["backends"][0] if out else {}, err


def test_variables_that_are_declared_nowhere_are_made_up_and_named(shop, capsys):
    (shop / "web/settings.py").write_text(
        "import os\nA = os.environ['PAYMENT_KEY']\nB = int(os.environ['POOL_SIZE'])\nos.getenv('SHOP_MODE')\n" + INIT
    )
    code, seen, err = verify(shop, capsys)
    assert code == 1 and seen["started"] is True
    assert seen["variables"]["invented"] == ["PAYMENT_KEY", "POOL_SIZE", "SENTRY_DSN"]  # type: ignore[index]
    assert "SHOP_MODE" in seen["variables"]["unset"]  # type: ignore[index]
    assert "PAYMENT_KEY has no value in any file" in err
    assert seen["options"]["environment"] == "production"  # type: ignore[index]


def test_a_dsn_under_another_name_is_found_by_its_read(shop, capsys):
    (shop / "web/settings.py").write_text(INIT.replace("os.environ['SENTRY_DSN']", "os.getenv('SHOP_SENTRY_DSN')"))
    _, seen, _ = verify(shop, capsys)
    assert str(seen["options"]["dsn"]).startswith("127.0.0.1:")  # type: ignore[index]
    assert seen["variables"]["invented"] == ["SENTRY_DSN", "SHOP_SENTRY_DSN"]  # type: ignore[index]


def test_what_the_person_gives_is_passed_and_not_printed(shop, capsys, tmp_path):
    (shop / "web/settings.py").write_text(
        "import os\nassert os.environ['ONE'] + os.environ['TWO'] == 'xy-secret'\n" + INIT
    )
    (tmp_path / "env").write_text("TWO=y-secret\n")
    _, seen, err = verify(shop, capsys, "--env", "ONE=x", "--env-file", str(tmp_path / "env"))
    assert seen["started"] is True and seen["variables"]["given"] == ["ONE", "TWO"]  # type: ignore[index]
    assert "y-secret" not in json.dumps(seen) + err


@pytest.mark.parametrize("name", ["text", "json", "github"])
@pytest.mark.parametrize(
    "how", ["raise RuntimeError(os.environ['PIN'])", "print(os.environ['PIN'], flush=True); os._exit(3)"]
)
def test_a_value_that_the_application_repeats_is_in_no_report(shop, capsys, name, how):
    (shop / "web/settings.py").write_text("import os\n" + how + "\n")
    flags = ["--python", sys.executable, "--format", name, "--env", "PIN=9-secret"]
    assert main(["verify-runtime", str(shop), *flags]) == 1
    out, err = capsys.readouterr()
    assert "[value of PIN]" in out and "9-secret" not in out + err


@pytest.mark.parametrize("python", ["no-python-of-this-name", "web/settings.py", "/nothing/bin/python"])
def test_an_interpreter_that_cannot_be_started_is_a_usage_error(shop, capsys, monkeypatch, python):
    monkeypatch.chdir(shop)
    assert main(["verify-runtime", str(shop), "--python", python]) == 2
    out, err = capsys.readouterr()
    assert out == "" and f"`--python {python}` is not a program that can be started" in err
    assert "→ name the Python of the application's virtual environment" in err


def test_a_start_that_fails_says_where_and_what_to_do(shop, capsys):
    (shop / "web/settings.py").write_text("import nothing_of_this_name\n")
    assert main(["verify-runtime", str(shop), "--python", sys.executable]) == 1
    out = capsys.readouterr().out
    assert (
        "✗ backend does not start under web.settings: ModuleNotFoundError: No module named 'nothing_of_this_name'"
        in out
    )
    assert "web/settings.py:1" in out
    assert "→ install the package that provides `nothing_of_this_name` for the interpreter that runs it" in out


@pytest.mark.parametrize(
    ("change", "flags", "advice"),
    [
        ("raise ImportError('SHOP_KEY is empty') if os.environ.get('SHOP_KEY') else KeyError('SHOP_KEY')", [],
         "give the variable: `--env SHOP_KEY=VALUE`"),
        ("import socket\nsocket.create_connection(('203.0.113.7', 5432))", [], "it needs a service that is not connected here"),
        ("raise RuntimeError('not today')", [], "fix what it raises, or give the variables that production has"),
        ("", ["--settings", "elsewhere.settings"], "elsewhere is not in this repository: name the settings that production uses"),
    ],
)  # fmt: skip
def test_a_start_that_fails_says_what_would_help(shop, capsys, change, flags, advice):
    (shop / "web/settings.py").write_text(INIT + change + "\n")
    assert main(["verify-runtime", str(shop), "--python", sys.executable, *flags]) == 1
    assert f"→ {advice}" in capsys.readouterr().out


@pytest.mark.parametrize("isolated", [True, False])
def test_an_application_that_means_harm_is_bounded_and_told(shop, capsys, monkeypatch, isolated):
    if not isolated:
        monkeypatch.setattr(process, "_KEPT", False)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "sntrys_canary_0123456789")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-caller")
    (shop / "web/settings.py").write_text(
        INIT + "import socket, subprocess, sys\nfrom pathlib import Path\n"
        "Path('web/planted.txt').write_text(repr(dict(os.environ)))\n"
        "assert 'SENTRY_DSN' in Path('web/planted.txt').read_text()\n"
        "subprocess.run([sys.executable, '-c', 'import os; open(\"web/other.txt\", \"w\").write(repr(dict(os.environ)))'])\n"
        "for address in [('203.0.113.7', 443), ('127.0.0.1', 22)]:\n"
        "    try:\n        socket.create_connection(address, 1)\n    except OSError:\n        pass\n"
        "listener = socket.create_server(('0.0.0.0', 8000))\nassert listener.getsockname()[0] == '127.0.0.1'\n"
    )
    _, seen, _ = verify(shop, capsys)
    assert seen["started"] is True, seen["problem"]
    assert seen["redirected_files"] == ["web/planted.txt"] and not (shop / "web/planted.txt").exists()
    isolated = seen["processes"][0]["isolated"]  # type: ignore[index]
    assert seen["changed_files"] == ([] if isolated else ["web/other.txt"])
    assert set(seen["refused_connections"]) == {"203.0.113.7:443", "127.0.0.1:22"}  # type: ignore[call-overload]
    assert seen["listened"] == ["0.0.0.0:8000"] and Path(sys.executable).name in seen["programs"]
    assert (shop / "web/other.txt").exists() is not isolated
    planted = "" if isolated else (shop / "web/other.txt").read_text()
    assert "canary" not in planted and "SENTRY_AUTH_TOKEN" not in planted and str(Path.home()) not in planted


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_variables_of_another_process_cannot_be_read(shop, capsys):
    (shop / "web/settings.py").write_text(INIT + "print(len(open(f'/proc/{os.getppid()}/environ').read()))\n")
    _, seen, _ = verify(shop, capsys)
    assert (
        seen["started"] is False and "keeps processes from reading each other's variables" in seen["problem"]["message"]
    )  # type: ignore[index]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("change", "redirected", "works"),
    [
        ("import sqlite3\nsqlite3.connect('db.sqlite3').execute('create table a (b)')", "db.sqlite3", True),
        ("os.makedirs('logs/app', exist_ok=True)\nopen('logs/app/x.log', 'a').write('x')", "logs", True),
        ("import logging\nlogging.FileHandler('app.log')", "app.log", True),
        ("os.close(os.open('made', os.O_CREAT | os.O_WRONLY))", "made", True),
        ("open('a.tmp', 'w').close()\nos.replace('a.tmp', 'a')\nassert os.path.exists('a')", "a", True),
        ("os.remove('requirements.txt')", "requirements.txt", False),
        ("os.rename('requirements.txt', 'other')", "requirements.txt", False),
        ("import shutil\nshutil.rmtree('web')", "web", False),
        ("os.truncate('requirements.txt', 0)", "requirements.txt", False),
        ("os.symlink('/etc/passwd', 'link')", "link", False),
    ],
)
def test_what_the_application_writes_into_the_repository_goes_elsewhere_or_is_refused(
    shop, capsys, change, redirected, works
):
    (shop / "web/settings.py").write_text(INIT + change + "\n")
    before = fingerprint(shop)
    _, seen, _ = verify(shop, capsys)
    assert fingerprint(shop) == before and seen["changed_files"] == []
    assert seen["started"] is works, seen["problem"]
    assert redirected in seen["redirected_files"]  # type: ignore[operator]
    assert works or "writes nothing into the repository" in seen["problem"]["message"]  # type: ignore[index]


def test_a_value_that_its_reader_refuses_gets_another_shape(shop, capsys):
    (shop / "web/settings.py").write_text(
        "import json, os\nA = int(os.environ['WORKERS'])\nB = json.loads(os.environ['FEATURES'])['a':] if 0 else json.loads(os.environ['FEATURES'])\n"
        "assert isinstance(A, int)\n" + INIT
    )
    _, seen, _ = verify(shop, capsys)
    assert seen["started"] is True, seen["problem"]
    assert {"WORKERS", "FEATURES"} <= set(seen["variables"]["invented"])  # type: ignore[index]


def test_a_switch_that_is_a_number_is_off(shop, capsys):
    (shop / "web/settings.py").write_text("import os\nDEBUG = int(os.environ['DEBUG'])\nassert DEBUG == 0\n" + INIT)
    _, seen, _ = verify(shop, capsys)
    assert seen["started"] is True and "DEBUG" in seen["variables"]["invented"]  # type: ignore[index]


def test_a_variable_whose_absence_shows_as_none_is_made_up(shop, capsys):
    (shop / "web/settings.py").write_text("import os\nHOSTS = os.environ.get('WEB_HOSTS').split(' ')\n" + INIT)
    _, seen, err = verify(shop, capsys)
    assert seen["started"] is True and "WEB_HOSTS" in seen["variables"]["invented"]  # type: ignore[index]
    assert err.count("WEB_HOSTS has no value") == 1


def test_the_variable_of_a_setting_that_must_not_be_empty_is_made_up(shop, capsys):
    (shop / "web/settings.py").write_text(
        "import os\nSECRET_KEY = os.environ.get('DJANGO_SECRET_KEY', '')\n"
        "if not SECRET_KEY: raise ValueError('The SECRET_KEY setting must not be empty.')\n" + INIT
    )
    _, seen, _ = verify(shop, capsys)
    assert seen["started"] is True and "DJANGO_SECRET_KEY" in seen["variables"]["invented"]  # type: ignore[index]


@pytest.mark.thorough
def test_the_mode_of_a_file_that_was_written_elsewhere_can_be_changed(shop, capsys):
    (shop / "web/settings.py").write_text(
        INIT
        + "os.makedirs('data', exist_ok=True)\nwith open('data/key', 'w') as out:\n    os.chmod('data/key', 0o600)\n"
        "    out.write('x')\nassert os.listdir('data') == ['key'] and 'settings.py' in os.listdir('web')\n"
    )
    _, seen, _ = verify(shop, capsys)
    assert seen["started"] is True and not (shop / "data").exists(), seen["problem"]


def test_the_places_of_processors_that_get_every_event_are_noted(shop, capsys):
    (shop / "web/settings.py").write_text(
        INIT + "from sentry_sdk.scope import add_global_event_processor\nadd_global_event_processor(lambda e, h: e)\n"
    )
    _, seen, _ = verify(shop, capsys)
    assert seen["options"]["processors"] == ["web/settings.py:5"]  # type: ignore[index]


def test_a_dsn_in_the_code_is_replaced_and_told(shop, capsys):
    (shop / "web/settings.py").write_text(
        INIT.replace("os.environ['SENTRY_DSN']", "'https://1234567890abcdef@o1.ingest.sentry.io/2'")
    )
    _, seen, _ = verify(shop, capsys)
    assert seen["hard_coded_dsn"] == "o1.ingest.sentry.io"
    assert str(seen["options"]["dsn"]).startswith("127.0.0.1:")  # type: ignore[index]
    assert seen["initialized_at"] == ["web/settings.py:3"]


def test_a_dsn_that_a_deploying_file_declares_reaches_nobody():
    variables = Variables(declared={"URL": "https://1234567890abcdef@o1.ingest.sentry.io/2"}, given={}, invented={})
    assert variables.environ({}, "s", "http://a@127.0.0.1:1/2")["URL"] == "http://a@127.0.0.1:1/2"


def _running(mark: str) -> bool:
    """Whether a process of this machine has the mark in its command line (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return any(mark.encode() in text for text in found)


@pytest.mark.skipif(os.name != "posix", reason="process groups")
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import os, time\nfor _ in range(3): os.fork()\ntime.sleep(600)", "it did not end within 1 seconds"),
        ("import os, time\nif not os.fork():\n    os.setsid()\ntime.sleep(600)", "it did not end within 1 seconds"),
        ("while True: print('x' * 65536)", "it printed more than"),
    ],
    ids=["forks-and-stays", "leaves-its-group", "floods"],
)
def test_a_child_that_does_not_end_is_ended_with_all_it_started(tmp_path, script, reason):
    marked = f"import sys; MARK = {str(tmp_path)!r}\n{script}"
    ended = run_child(
        sys.executable, marked, {}, tmp_path, {"PATH": os.environ["PATH"]}, timeout=1.0 if "fork" in script else 60.0
    )
    assert ended.seen is None and reason in (ended.stopped or "") and len(ended.output) <= 2_000
    deadline = time.monotonic() + 10  # the system takes a moment to remove what was killed
    while _running(str(tmp_path)) and time.monotonic() < deadline:
        os.sched_yield()
    assert not _running(str(tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_a_child_is_ended_with_all_it_started_when_a_person_stops_it(tmp_path):
    stop = threading.Event()
    started = tmp_path / "started"
    script = (
        f"import os, time; os.fork(); open({str(started)!r}, 'w').close(); MARK = {str(tmp_path)!r}; time.sleep(600)"
    )

    def soon() -> None:
        while not started.exists():
            time.sleep(0.05)
        stop.set()

    threading.Thread(target=soon, daemon=True).start()
    ended = run_child(sys.executable, script, {}, tmp_path, {"PATH": os.environ["PATH"]}, timeout=120.0, stop=stop)
    assert ended.stopped == "it was stopped" and ended.seen is None
    deadline = time.monotonic() + 10
    while _running(str(tmp_path)) and time.monotonic() < deadline:
        os.sched_yield()
    assert not _running(str(tmp_path))


def test_an_interpreter_that_is_none_is_told(tmp_path):
    assert "cannot be started" in (run_child(str(tmp_path / "no"), "", {}, tmp_path, {}, 5.0).stopped or "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite://:memory:"),
        ("REDIS_URL", "redis://127.0.0.1:9/0"),
        ("REDIS_PORT", "9"),
        ("ALLOWED_HOSTS", "localhost"),
        ("DJANGO_DEBUG", "False"),
        ("SESSION_TIMEOUT", "1"),
        ("SITE_URL", "https://sentry-setup.invalid"),
        ("CELERY_BACKEND", "cache+memory://"),
        ("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend"),
    ],
)
def test_harmless_values_have_the_shape_that_the_name_asks_for(name, value):
    assert harmless(name) == value


@pytest.mark.parametrize(
    ("sdk", "python", "lost"),
    [
        ("1.23.1", "3.13.0", False),
        ("1.24.0", "3.13.0", True),
        ("2.10.0", "3.14.2", True),
        ("2.11.0", "3.13.0", False),
        ("2.0.1", "3.12.9", False),
        (None, "3.13.0", False),
    ],
)
def test_an_sdk_that_reports_no_exception_under_a_python_is_named(sdk, python, lost):
    role = Role(name="wsgi", kind="web", target="", folder=".", framework="django")
    silent = Process(
        role=role,
        started=True,
        problem=None,
        options={"dsn": "127.0.0.1:1/1"},
        observations={"reached": 1, "arrived": {"view": 0, "logged": 1}},
        versions={"sentry-sdk": sdk, "python": python},
        inits=[],
        answers={},
        dsn_replaced=None,
        refused=[],
        redirected=[],
        listened=[],
        programs=[],
    )
    variables = Variables(declared={}, given={}, invented={})
    seen = Observed(
        name="shop", root=".", settings="s", framework="django", processes=[silent], variables=variables, changed=[]
    )
    text = shown("text", {}, [seen])
    assert (f"did not arrive: sentry-sdk {sdk} reports no exception under Python 3.13" in text) is lost
    assert ("→ use `sentry-sdk>=" in text) is lost


def test_no_variable_of_the_caller_is_passed_on():
    variables = Variables(declared={"A": "declared"}, given={"A": "given"}, invented={"A": "made up", "B": "b"})
    environ = variables.environ({"PATH": "/bin", "SECRET": "s", "SENTRY_AUTH_TOKEN": "t"}, "shop.settings")
    assert environ["A"] == "given" and environ["B"] == "b" and environ["PATH"] == "/bin"
    assert not {"SECRET", "SENTRY_AUTH_TOKEN"} & environ.keys()


def test_changes_of_files_are_seen(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("1")
    before = fingerprint(tmp_path)
    (tmp_path / "a").write_text("2")
    (tmp_path / "b").unlink()
    (tmp_path / "c").write_text("")
    assert changed_files(before, fingerprint(tmp_path)) == ["a", "b", "c"]


def test_the_variable_that_the_code_takes_its_dsn_from_is_known_by_reading(shop, capsys):
    (shop / "web/settings.py").write_text(
        "import os\nimport sentry_sdk\nif os.environ.get('SITE_ERRORS'):\n    sentry_sdk.init(dsn=os.environ.get('SITE_ERRORS'))\n"
    )
    _, seen, _ = verify(shop, capsys)
    assert seen["variables"]["dsn"] == ["SITE_ERRORS"]  # type: ignore[index]
    assert str(seen["options"]["dsn"]).startswith("127.0.0.1:")  # type: ignore[index]
