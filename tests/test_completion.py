"""The completion scripts, run by the shells that read them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from setup_wizard.cli import main
from setup_wizard.completion import bash_script, commands, fish_script

BASH = shutil.which("bash")


def complete(*words: str) -> list[str]:
    script = (
        f"{bash_script()}\nCOMP_WORDS=(sentry-setup {' '.join(repr(w) for w in words)}); COMP_CWORD={len(words)}\n"
        "_sentry_setup; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    assert BASH
    return subprocess.run([BASH, "-c", script], capture_output=True, text=True, check=True, cwd="/").stdout.split()


@pytest.mark.skipif(BASH is None, reason="no bash on this system")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("au",), {"audit"}),
        (("explain", "sdk-i"), {"sdk-installed", "sdk-initialized"}),
        (("audit", "--str"), {"--strict"}),
        (("apply", "source"), {"source-maps"}),
        (("apply", "--set", "sentry.t"), {"sentry.team="}),
        (("sign-off", "performance-r"), {"performance-reviewed"}),
    ],
)
def test_bash_completes(words, expected):
    assert set(complete(*words)) == expected


def test_every_command_and_shell_is_there(capsys):
    known = commands()
    assert {"audit", "launch", "plan", "apply", "completion"} <= set(known)
    for shell in ("bash", "zsh", "fish"):
        assert main(["completion", shell]) == 0
        said = capsys.readouterr().out
        assert ("release-tracking" in said and "--online" in said) or shell == "fish"
    assert all(f"-a {name}" in fish_script() for name in known)
    assert main(["completion", "powershell"]) == 2
