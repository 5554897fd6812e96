"""A release that the code names itself: CI has to register that name, and the commit's would match no event."""

from __future__ import annotations

import pytest

from tests.support.edits import INIT as CALL
from tests.support.edits import READY, after

FLOW = "on: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - run: flyctl deploy\n"
PATH = ".github/workflows/d.yml"


def settings(release: str, before: str = "", condition: str = "") -> dict[str, str]:
    call = CALL.replace('os.environ.get("SENTRY_RELEASE")', release)
    call = f"if {condition}:\n    {call}" if condition else call
    return READY | {"shop/settings.py": READY["shop/settings.py"].replace(CALL, before + call), PATH: FLOW}


@pytest.mark.parametrize(
    ("files", "text", "line"),
    [
        (settings("'MonDiagArtif@9.0.0'"), "'MonDiagArtif@9.0.0'", "export SENTRY_RELEASE=MonDiagArtif@9.0.0\n"),
        (settings("V", 'V = "9.0.0"\n'), "'9.0.0'", "export SENTRY_RELEASE=9.0.0\n"),
        (settings("version('shop')", "from importlib.metadata import version\n"), "version('shop')", "print(version("),
        (settings("env.str('SHOP_RELEASE', default=None)", "from elsewhere import env\n"), "where that call reads the variable SHOP_RELEASE, set it to", "# what SHOP_RELEASE is set to where it runs"),
        (settings("f'shop@{V}'", "from elsewhere import V\n"), "f'shop@{V}'", "the value of f'shop@{V}'"),
        (settings("f\"shop@{os.environ['SHA']}\""), "shop@", "the value of f"),
        (settings("f'shop@{V}' if V else ''", "V = os.environ.get('BUILD', '')\n"), "shop@", "the value of f"),
        (settings("('shop@' + V) if V else None", "V = os.environ.get('BUILD')\n"), "shop@", "the value of"),
        (settings("version('shop')", "from importlib.metadata import version\n", "os.environ.get('LIVE') == '1'"), "version('shop')", "print(version("),
        (settings("'9.0.0'", "from elsewhere import IS_DEV\n", "not IS_DEV"), "'9.0.0'", "export SENTRY_RELEASE=9.0.0\n"),
    ],
)  # fmt: skip
def test_no_job_registers_the_commit_where_the_code_names_another_release(tmp_path, files, text, line):
    done = after(tmp_path, files, "release-tracking")
    assert done.text(PATH) == FLOW
    [task] = [t for t in done.steps["release-tracking"].manual if "carry the release" in (t.reason or "")]
    assert text in task.reason and "whatever SENTRY_RELEASE says" in task.reason and task.path == "shop/settings.py"
    assert line in task.snippet and "rev-parse" not in task.snippet and "releases new -p " in task.snippet
    assert "set SENTRY_RELEASE to" not in done.left


@pytest.mark.parametrize(
    ("release", "title"),
    [
        ('os.environ.get("SOURCE_VERSION")', "check that SOURCE_VERSION is the deployed commit where backend runs"),
        ('os.environ.get("APP_REV")', "set APP_REV to the deployed commit where backend runs"),
        ('os.environ.get("APP_REV") or None', "set APP_REV to the deployed commit where backend runs"),
    ],
)
def test_a_variable_of_its_own_is_the_one_to_set(tmp_path, release, title):
    done = after(tmp_path, settings(release), "release-tracking")
    assert "sentry-release-production:" in done.text(PATH)
    [task] = [t for t in done.steps["release-tracking"].manual if " commit where " in t.title]
    assert task.title == title and task.path == "shop/settings.py" and "SENTRY_RELEASE" not in task.snippet


def test_the_person_who_names_the_job_gets_it(tmp_path):
    done = after(tmp_path, settings("'9.0.0'"), "release-tracking", release__jobs="deploy:production")
    assert "sentry-release-production:" in done.text(PATH) and "export SENTRY_RELEASE=9.0.0" in done.left
