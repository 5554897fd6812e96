"""A manifest whose versions cannot be installed beside sentry-sdk gets no line of it: the pin and its place are told instead."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, after

REST = {k: v for k, v in BARE.items() if k != "requirements.txt"}
PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = [\n    "django",\n    "urllib3{}",\n]\n'
POETRY = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.11"\ndjango = "^5.2"\nurllib3 = "{}"\n'


@pytest.mark.parametrize(
    ("files", "place", "asked"),
    [
        ({"requirements.txt": "Django==3.2.25\nurllib3==1.25.11\n"}, "requirements.txt:2", "==1.25.11"),
        ({"requirements.txt": "urllib3<1.26\nDjango==3.2.25\n"}, "requirements.txt:1", "<1.26"),
        ({"requirements.txt": "-c limits.txt\nDjango==5.2\n", "limits.txt": "urllib3~=1.25.4\n"}, "limits.txt:1", "~=1.25.4"),
        (
            {"requirements.txt": "-r requirements/base.txt\nurllib3==1.26.10\n", "requirements/base.txt": "Django==5.2\n"},
            "requirements.txt:2",
            "==1.26.10",
        ),
        ({"pyproject.toml": PROJECT.format(">=1.21,<1.26")}, "pyproject.toml:6", "<1.26,>=1.21"),
        ({"pyproject.toml": POETRY.format("1.25.11")}, "pyproject.toml:6", "1.25.11"),
    ],
)  # fmt: skip
def test_a_version_that_keeps_the_sdk_out_is_told(tmp_path, files, place, asked):
    done = after(tmp_path, REST | files, "sdk")
    step = done.steps["sdk"]
    assert (step.outcome.value, step.place) == ("refused", place)
    assert step.reason == (
        f"{place} asks for urllib3 {asked}, and sentry-sdk needs urllib3>=1.26.11, so nothing can install both; "
        "raise that version first"
    )
    assert step.snippet == "urllib3>=1.26.11\nsentry-sdk>=2.75,<3"
    assert all(done.text(path) == text for path, text in (REST | files).items())


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "Django==5.2\nurllib3==1.26.20\n"},
        {"requirements.txt": "Django==5.2\nurllib3>=1.21,<1.27\n"},
        {"requirements.txt": "Django==5.2\nurllib3>1.26.12,<1.26.14\n"},
        {"requirements.txt": 'Django==5.2\nurllib3==1.25.11; python_version < "3.9"\nurllib3==2.5.0\n'},
        {"requirements.txt": 'Django==5.2\nurllib3==1.25.11; python_version < "3.9"\n'},
        {"requirements.txt": "Django==5.2\nurllib3\n"},
        # Another list that is not installed with it.
        {"requirements.txt": "Django==5.2\n", "requirements-docs.txt": "sphinx\nurllib3==1.25.11\n"},
        {"pyproject.toml": PROJECT.format("~=2.2")},
        {"pyproject.toml": POETRY.format("^1.26")},
    ],
)
def test_a_version_that_leaves_room_hinders_nothing(tmp_path, files):
    done = after(tmp_path, REST | files, "sdk")
    assert done.steps["sdk"].outcome.value == "applied"
    assert "sentry-sdk" in done.text("requirements.txt") + done.text("pyproject.toml")


def test_the_sdk_is_not_added_beside_the_one_that_it_replaces(tmp_path):
    files = REST | {"requirements.txt": "Django==5.2.8\nraven==6.10.0\n"}
    done = after(tmp_path, files, "sdk")
    assert done.text("requirements.txt") == files["requirements.txt"]
    assert done.text("shop/settings.py") == files["shop/settings.py"]
    told = done.steps["sdk"].manual[0]
    assert "with both, each error is reported twice" in told.reason
    assert (told.place, told.snippet) == ("requirements.txt:2", "# in place of raven\nsentry-sdk>=2.75,<3")
