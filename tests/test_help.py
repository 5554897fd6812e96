"""Help and completion: every flag is described, groups have examples, and each shell suggests the product's own words."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess

import pytest

from checks.arguments import FORMATS
from checks.checklist import CHECKLIST
from checks.config import ANSWER_KEYS
from checks.errors import ExitCode
from setup_wizard.arguments import COMMANDS, TOPICS, build_parser
from setup_wizard.cli import main
from setup_wizard.completion import completing_parser
from setup_wizard.steps import PRACTICES, STEPS
from setup_wizard.topics import ANSWERS


def parsers() -> dict[str, argparse.ArgumentParser]:
    group = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(group.choices)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_of_every_command_is_described_and_the_example_parses(name):
    parser = parsers()[name]
    for action in parser._actions:
        assert action.help, (name, action.dest)
    text = parser.format_help()
    assert text.startswith(f"usage: sentry-setup {name}") and f"example:\n  {COMMANDS[name][2]}" in text


def test_the_overview_has_groups_examples_variables_and_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for group in ("set up", "check", "record", "tools"):
        part = text.partition(f"\n{group}:\n")[2].partition("\n\n")[0]
        assert "    e.g. sentry-setup " in part, group
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[a-z]", text, re.M), name
    for code in ExitCode:
        assert re.search(rf"^  {int(code)} +\w", text, re.M), code
    assert "SENTRY_READ_TOKEN" in text and max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("topic", [*COMMANDS, *TOPICS])
def test_every_topic_has_its_help(topic, capsys):
    assert main(["help", topic]) == 0
    assert len(capsys.readouterr().out) > 60


def test_help_lists_answers_and_steps_and_names_the_nearest_topic(capsys):
    assert set(ANSWERS) == set(ANSWER_KEYS)
    main(["help", "answers"])
    main(["help", "steps"])
    text = capsys.readouterr().out
    assert all(f"  {k} " in text for k in ANSWER_KEYS) and all(f"  {s.id} " in text for s in STEPS)
    assert main(["help", "anwsers"]) == 2 and "did you mean `answers`?" in capsys.readouterr().err
    assert main(["-V"]) == 0 and capsys.readouterr().out.startswith("sentry-setup ")


@pytest.mark.parametrize("port", ["abc", "-1", "1.5", "٣"])
def test_a_port_that_is_not_a_number_is_named(port, capsys):
    assert main(["sandbox", f"--port={port}"]) == 2
    error = capsys.readouterr().err
    assert f"`{port}` is not a port number" in error and "did you mean" not in error
    assert "see `sentry-setup sandbox --help`" in error


def test_the_words_that_shells_suggest_are_the_product_s_own():
    group = next(a for a in completing_parser()._actions if isinstance(a, argparse._SubParsersAction))
    words = {(n, a.metavar): a.choices for n, p in group.choices.items() for a in p._actions if a.choices}
    assert words["audit", "FORMAT"] == FORMATS and words["plan", "FORMAT"] == ("diff", "json")
    assert words["explain", "ID"] == tuple(i.id for i in CHECKLIST)
    assert words["sign-off", "ID"] == tuple(i.id for i in CHECKLIST if i.signable)
    assert words["apply", "STEP"] == tuple(s.id for s in (*STEPS, *PRACTICES))
    assert words["plan", "KEY=VALUE"] == tuple(f"{k}=" for k in ANSWER_KEYS)
    revision = next(a for a in group.choices["audit"]._actions if a.metavar == "GITREV")
    assert {"bash", "zsh", "fish"} <= set(revision.complete)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_it_can_read(shell, capsys, tmp_path):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "sentry-setup" in script and "source-maps" in script and "backend.settings=" in script
    program = shutil.which(shell)
    if program:
        path = tmp_path / "script"
        path.write_text(script)
        done = subprocess.run([program, "-n", str(path)], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("sentry-setup expl", "explain"),
        ("sentry-setup explain source-m", "source-maps"),
        ("sentry-setup audit --format sar", "sarif"),
    ],
)
def test_bash_completes(line, word, capsys, tmp_path):
    main(["completion", "bash"])
    path = tmp_path / "script"
    path.write_text(capsys.readouterr().out)
    words = line.split()
    code = (
        f"source {path}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
        "_shtab_sentry_setup; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, timeout=30)
    assert word in done.stdout.split(), done.stdout + done.stderr
