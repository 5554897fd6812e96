"""`apply --interactive`: the same questions and plans as plain prompts."""

from __future__ import annotations

import getpass

import pytest

from checks.errors import UsageError
from checks.sentry_api.models import Organization
from setup_wizard.cli import main
from setup_wizard.demo import fingerprint
from setup_wizard.interactive import LeftOutError, ask
from setup_wizard.questions import Question
from setup_wizard.session import Session


@pytest.fixture
def typed(monkeypatch):
    """Answers for the prompts, in order; then the input ends."""
    lines: list[str] = []

    def read(prompt: str = "") -> str:
        if not lines:
            raise EOFError
        return lines.pop(0)

    monkeypatch.setattr("builtins.input", read)
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": "")
    for name in ("SENTRY_AUTH_TOKEN", "SENTRY_READ_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return lines


def test_an_agreed_plan_is_applied_and_a_refused_one_leaves_everything(sample, typed, capsys):
    before = fingerprint(sample)
    typed += ["", "0.2", "n"]
    assert main(["apply", "sdk", "--interactive", "--repo", str(sample), "--offline", "--no-install"]) == 0
    out = capsys.readouterr().out
    assert "+sentry-sdk" in out and "traces_sample_rate=0.2" in out and "Left unchanged." in out
    assert fingerprint(sample) == before
    typed += ["", "2", "0.2", "maybe", "y"]
    assert main(["apply", "sdk", "--interactive", "--repo", str(sample), "--offline", "--no-install"]) == 0
    out = capsys.readouterr().out
    assert (
        "a number from 0 to 1" in out
        and "◐ Production initializes the SDK: wired\n    backend/orchard/settings/production.py:16  sentry_sdk.init() in"
        in out
    )
    assert "sdk-initialized" not in out and "To undo this step: sentry-setup undo 20" in out
    assert "traces_sample_rate=0.2" in (sample / "backend/orchard/settings/production.py").read_text()


def test_an_input_that_ends_changes_nothing(sample, typed, capsys):
    before = fingerprint(sample)
    assert main(["apply", "sdk", "--interactive", "--repo", str(sample), "--no-install"]) == 0
    assert "The input ended" in capsys.readouterr().out and fingerprint(sample) == before


def test_it_prints_text_only(sample, typed, capsys):
    assert main(["apply", "--interactive", "--repo", str(sample), "--format", "json"]) == 2


def test_a_choice_is_asked_until_it_is_one(typed, capsys):
    typed += ["x", "b"]
    assert ask(Question(key="sentry.team", label="Team", value="a", found="from Sentry", choices=("a", "b"))) == "b"
    assert "one of a, b; type - to skip this step" in capsys.readouterr().out


async def several(_: Session, token: str) -> list[Organization]:
    return [Organization(slug=s, name=s, region_url=None) for s in ("acme", "other")]


def test_no_organization_is_no_sentry(sample, typed, capsys, monkeypatch):
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "sntryu_1")
    monkeypatch.setattr(Session, "organizations", several)
    typed += ["-"]
    assert main(["apply", "project", "--interactive", "--repo", str(sample)]) == 0
    assert "Without Sentry: steps that need it are skipped." in capsys.readouterr().out


def test_a_step_is_left_out_and_one_that_needs_sentry_asks_nothing(sample, typed, capsys):
    before = fingerprint(sample)
    typed += ["-", "-"]
    named = ["project", "source-maps", "dsn"]
    assert main(["apply", *named, "--interactive", "--repo", str(sample), "--no-install", "--offline"]) == 0
    out = capsys.readouterr().out
    assert "== Sentry projects\nSkipped: it needs Sentry." in out and "== Source maps" in out and "Skipped.\n" in out
    assert "== DSN" in out and "# next:" not in out and "Left unchanged." in out
    assert not typed, "only the plan of one step and the questions of the other"
    assert fingerprint(sample) == before


def test_a_step_that_cannot_be_planned_is_told_and_the_next_one_comes(sample, typed, capsys, monkeypatch):
    real = Session.plan

    async def plan(self, step):
        if step.id == "sdk":
            raise UsageError("the settings cannot be determined", hint="pass `--set backend.settings=…`")
        return await real(self, step)

    monkeypatch.setattr(Session, "plan", plan)
    typed += ["", "0.2", "n"]
    said = ["apply", "sdk", "dsn", "--interactive", "--repo", str(sample), "--offline", "--no-install"]
    assert main(said) == 0
    out = capsys.readouterr().out
    assert "Not planned: the settings cannot be determined" in out and "`--set backend.settings=…`" in out
    assert out.index("Not planned") < out.index("== DSN") and "Left unchanged." in out


def test_an_empty_answer_given_twice_skips_the_step(typed, capsys):
    question = Question(key="sentry.org", label="Organization", value="", found="its slug", required=True)
    typed += ["", ""]
    with pytest.raises(LeftOutError):
        ask(question)
    assert "press Enter again to skip this step" in capsys.readouterr().out
    typed += ["", "acme"]
    assert ask(question) == "acme"


def test_the_end_says_what_is_left_how_to_undo_and_what_comes_next(sample, typed, capsys):
    typed += ["", "", "y", "y", "acme", "", "", "", "y"]
    named = ["sdk", "dsn", "source-maps", "alerts"]
    assert main(["apply", *named, "--interactive", "--repo", str(sample), "--offline", "--no-install"]) == 0
    out = capsys.readouterr().out
    start, _, end = out.partition("== Done\n")
    assert "8 required items failing, 6 unknown (connect to Sentry to check them).\n" in start
    assert "Run this again without --offline to set it up." in start and "--online" not in out
    assert "For you: Set" not in start and "For you: set SENTRY_DSN in Render's dashboard, service orchard\n" in start
    assert start.count("SENTRY_DSN in Render's dashboard, service orchard\n") == 1, (
        "a plan's tasks are not repeated after it"
    )
    assert "# " not in start.partition("requirements.txt")[0], "plain text, not comments of a patch"
    lines = end.splitlines()
    assert lines[0].endswith("unknown (connect to Sentry to check them).") and "required item" in lines[0]
    failing = lines[1 : lines.index("For you, 4 tasks:")]
    assert lines[0].startswith(f"{len(failing)} required items failing") and all(x.startswith("✗ ") for x in failing)
    assert any(x.startswith("✗ A frontend has no Sentry SDK: ") for x in failing)
    assert lines[len(failing) + 2] == "1. set SENTRY_DSN in backend/.env to the project's DSN"
    assert any(line.startswith("4. create an organization token") for line in lines)
    assert lines[-2:] == [
        "Review the changes with `git diff`. To undo the last step: sentry-setup undo",
        "Then run: sentry-setup launch",
    ]
