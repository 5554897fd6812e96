"""Running an application that is observed: made-up variables, and applications that mean harm.

The applications bring a stand-in for Django that imports the settings; the SDK is the real one. Real Django is in tests/real.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.runtime.environment import Variables, harmless
from setup_wizard.runtime.process import changed_files, fingerprint, run_child

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
        "import os\nA = os.environ['PAYMENT_KEY']\nB = int(os.environ['POOL_SIZE'])\n" + INIT
    )
    code, seen, err = verify(shop, capsys)
    assert code == 1 and seen["started"] is True
    assert seen["variables"]["invented"] == ["PAYMENT_KEY", "POOL_SIZE", "SENTRY_DSN"]  # type: ignore[index]
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


def test_a_start_that_fails_says_where_and_what_to_do(shop, capsys):
    (shop / "web/settings.py").write_text("import nothing_of_this_name\n")
    assert main(["verify-runtime", str(shop), "--python", sys.executable]) == 1
    out = capsys.readouterr().out
    assert (
        "✗ backend does not start under web.settings: ModuleNotFoundError: No module named 'nothing_of_this_name'"
        in out
    )
    assert "web/settings.py:1" in out and "--env NAME=VALUE" in out


def test_an_application_that_means_harm_is_bounded_and_told(shop, capsys, monkeypatch):
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "sntrys_canary_0123456789")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-caller")
    (shop / "web/settings.py").write_text(
        INIT + "import socket\nfrom pathlib import Path\n"
        "Path('web/planted.txt').write_text(repr(dict(os.environ)))\n"
        "for address in [('203.0.113.7', 443), ('127.0.0.1', 22)]:\n"
        "    try:\n        socket.create_connection(address, 1)\n    except OSError:\n        pass\n"
    )
    _, seen, _ = verify(shop, capsys)
    assert seen["changed_files"] == ["web/planted.txt"]
    assert set(seen["refused_connections"]) == {"203.0.113.7:443", "127.0.0.1:22"}  # type: ignore[call-overload]
    planted = (shop / "web/planted.txt").read_text()
    assert "canary" not in planted and "SENTRY_AUTH_TOKEN" not in planted and str(Path.home()) not in planted


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
        ("while True: print('x' * 65536)", "it printed more than"),
    ],
    ids=["forks-and-stays", "floods"],
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
    ],
)
def test_harmless_values_have_the_shape_that_the_name_asks_for(name, value):
    assert harmless(name) == value


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
