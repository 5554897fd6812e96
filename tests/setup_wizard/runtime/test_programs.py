"""Running programs that are observed: as their command starts them, and with what settings of pydantic need.

The settings are a stand-in on pydantic itself; the SDK is the real one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from setup_wizard.cli import main
from tests.setup_wizard.runtime.test_observe import INIT, verify


def program(root: Path, command: str, text: str = "from . import work\n\nwork.begin()\n") -> Path:
    """A program in a package, which initializes the SDK and then runs on."""
    for path, held in {
        "bot/__init__.py": "",
        "bot/__main__.py": text,
        "bot/work.py": f"import time\n{INIT}\n\ndef begin():\n    while True:\n        time.sleep(1)\n",
        "requirements.txt": "requests\nsentry-sdk\n",
        "Procfile": f"worker: {command}\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(held)
    return root


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("python -m bot", "from . import work\n\nwork.begin()\n"),
        ("python bot/__main__.py", "import work\n\nwork.begin()\n"),
    ],
)
def test_a_program_is_started_as_its_command_says(tmp_path, capsys, command, text):
    code, seen, err = verify(program(tmp_path / "shop", command, text), capsys)
    assert (code, seen["problem"]) == (0, None), err
    assert seen["observations"]["arrived"]["script"] == 1  # type: ignore[index]


BLOCKING = """
import urllib3.connection
from urllib3.exceptions import HTTPError


def refuse(self):
    raise HTTPError("local address blocked")


urllib3.connection.HTTPConnection._new_conn = refuse
"""


def test_a_program_that_refuses_this_machine_is_told_why_nothing_arrives(tmp_path, capsys):
    root = program(tmp_path / "shop", "python -m bot", "from . import guard, work\n\nwork.begin()\n")
    (root / "bot/guard.py").write_text(BLOCKING)
    assert main(["verify-runtime", str(root), "--python", sys.executable]) == 1
    out = capsys.readouterr().out
    assert "did not arrive: the SDK could not send it (HTTPError: local address blocked)" in out
    assert "bot/guard.py:7" in out and "→ let the application connect to 127.0.0.1 while it is verified" in out


def test_a_file_that_needs_its_package_fails_as_its_command_does(tmp_path, capsys):
    code, seen, _ = verify(program(tmp_path / "shop", "python bot/__main__.py"), capsys)
    assert code == 1 and seen["started"] is False
    assert seen["problem"]["message"] == "attempted relative import with no known parent package"  # type: ignore[index]


SETTINGS = """import os

from pydantic import BaseModel


class BaseSettings(BaseModel):
    def __init__(__pydantic_self__, **given):
        held = {n.lower(): v for n, v in os.environ.items()}
        prefix = __pydantic_self__.model_config.get("env_prefix", "")
        found = {n: held[(prefix + n).lower()] for n in type(__pydantic_self__).model_fields if (prefix + n).lower() in held}
        super().__init__(**found, **given)
"""
CONFIG = """import time
from typing import Literal

from pydantic import PostgresDsn, constr
from pydantic_settings import BaseSettings


class Config(BaseSettings):
    model_config = {{"env_prefix": "SHOP_"}}
    database_url: PostgresDsn
    mode: Literal["dark", "light"]
    weight: float
    {more}


{made}
{init}

def begin():
    while True:
        time.sleep(1)
"""


@pytest.mark.parametrize("made", ["Config()", "Config.model_validate({})"])
def test_what_settings_of_pydantic_need_is_made_up_in_the_shape_that_they_take(tmp_path, capsys, made):
    root = program(tmp_path / "shop", "python -m bot")
    (root / "pydantic_settings.py").write_text(SETTINGS)
    (root / "bot/work.py").write_text(CONFIG.format(init=INIT, more="", made=made))
    code, seen, err = verify(root, capsys)
    assert (code, seen["problem"]) == (0, None), err
    assert seen["variables"]["invented"] == ["SENTRY_DSN", "SHOP_DATABASE_URL", "SHOP_MODE", "SHOP_WEIGHT"]  # type: ignore[index]
    assert "SHOP_MODE has no value in any file: a harmless placeholder is used" in err


def test_a_field_that_refuses_what_was_made_up_is_named(tmp_path, capsys):
    root = program(tmp_path / "shop", "python -m bot")
    (root / "pydantic_settings.py").write_text(SETTINGS)
    (root / "bot/work.py").write_text(CONFIG.format(init=INIT, more="code: constr(pattern='^[a-c]$')", made="Config()"))
    assert main(["verify-runtime", str(root), "--python", sys.executable]) == 1
    out = capsys.readouterr().out
    assert "give the variable: `--env SHOP_CODE=VALUE`" in out, out
