"""What was not read, or not followed, is never the ground of a tick: the items that look through the application's code."""

from __future__ import annotations

import datetime as dt
import os
import subprocess

import pytest

from checks.audit import decide
from checks.checklist import find_item
from checks.config import load_config
from checks.model import Outcome
from checks.repository.facts import Facts
from checks.repository.revision import RevisionTree
from checks.repository.tree import DirectoryTree
from tests.checks.test_backend_items import DSN, ENV, django
from tests.checks.test_frontend_items import web
from tests.support.repo import RENDER, backend, check_one
from tests.support.verdicts import hear

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
BROKEN = "def broken(:\n    pass\n"
GOOD_USER = "from sentry_sdk import set_user\nset_user({'id': 1})\n"
GUARDED = "if settings.DEBUG:\n    urlpatterns = [path('sentry-debug/', trigger_error)]\n"
TUNNEL = (
    "def tunnel(request):\n    envelope = request.body\n    dsn = urlparse(json.loads(envelope)['dsn'])\n"
    "    if dsn.hostname != HOST:\n        raise X\n    requests.post(f'https://{dsn.hostname}', data=envelope)\n"
)


def beside(words: str, good: str = "", **files: str) -> dict[str, str]:
    """An initialized backend with a module that does not parse and holds some words, beside one that does."""
    return django(ENV, **({"shop/good.py": good} if good else {}), **{"shop/broken.py": f"{words}\n{BROKEN}"}, **files)


@pytest.mark.parametrize(
    ("item_id", "files"),
    [
        ("user-context-minimal", beside("set_user({'email': e})", GOOD_USER)),
        ("user-context-minimal", beside("set_user({'email': e})")),
        ("sdk-options-current", beside("from sentry_sdk import push_scope")),
        ("sdk-options-current", beside("import raven")),
        ("context-used", beside("sentry_sdk.set_tag('email', e)", "import sentry_sdk\nsentry_sdk.set_tag('a', 1)\n")),
        ("context-used", beside("sentry_sdk.set_tag('a', 1)")),
        ("noise-filtered", beside("ignore_logger('x')")),
        (
            "celery-monitored",
            beside("app.conf.beat_schedule = {}") | {"requirements.txt": "celery\nsentry-sdk==2.75.0\n"},
        ),
        (
            "celery-monitored",
            beside("@sentry_sdk.monitor('x')", "CELERY_BEAT_SCHEDULE = {}\n")
            | {"requirements.txt": "celery\nsentry-sdk==2.75.0\n"},
        ),
        ("debug-route-guarded", beside("urlpatterns = []", GUARDED)),
        ("debug-route-guarded", beside("urlpatterns = []")),
        (
            "tunnel-safe",
            web("tunnel: '/t'") | backend() | {"shop/good.py": TUNNEL, "shop/broken.py": f"envelope\n{BROKEN}"},
        ),
        ("tunnel-safe", web() | backend() | {"shop/broken.py": f"envelope\n{BROKEN}"}),
        ("env-example-complete", beside("os.environ['SENTRY_X']") | {".env.example": "SECRET_KEY=\nSENTRY_DSN=\n"}),
    ],
)
def test_a_module_that_does_not_parse_leaves_the_item_open(item_id, files):
    result = check_one(item_id, files)
    assert result.outcome is U, (result.evidence, result.findings)
    assert any(f.path == "shop/broken.py" and f.line == 2 and f.hint for f in result.findings)


@pytest.mark.parametrize("blank", ["", "x = {{ cookiecutter.name }}\n", "{% if x %}\nfrom y import z\n{% endif %}\n"])
def test_a_module_that_cannot_matter_is_not_parsed_unless_it_is_a_template(blank):
    files = beside(f"import sentry_sdk\n{blank}")
    for item_id in ("sdk-options-current", "debug-route-guarded"):
        result = check_one(item_id, files)
        assert (result.outcome is U) is bool(blank), (item_id, result.findings)


def test_a_tag_that_is_personal_is_found_after_any_number_of_others():
    good = "import sentry_sdk\nsentry_sdk.set_tag('part', 1)\nsentry_sdk.set_tag('plan', 2)\n"
    files = django(ENV, **{f"shop/a{n}.py": good for n in range(9)})
    assert check_one("context-used", files).outcome is P
    bad = "import sentry_sdk\nsentry_sdk.set_tag(\n    'Email', x)\n"
    result = check_one("context-used", files | {"shop/z.py": bad})
    assert result.outcome is F and [f.path for f in result.findings] == ["shop/z.py"]
    for key in ("'em' 'ail'", "'\\x65mail'", "u'email'", "'environment'"):
        bad = f"import sentry_sdk\nsentry_sdk.set_tag({key}, x)\n"
        assert check_one("context-used", files | {"shop/z.py": bad}).outcome is F, key
    for words, outcome in (("sentry_sdk.set_tag('email', x)", U), ("sentry_sdk.set_tag('plan', x)", P)):
        result = check_one("context-used", files | {"shop/z.py": f"import sentry_sdk\n{words}\n{BROKEN}"})
        assert result.outcome is outcome


def test_a_module_too_large_to_search_leaves_the_item_open():
    large = {"shop/large.py": "set_user({'email': e})\n" + "x = 1\n" * 200_000}
    result = check_one("user-context-minimal", django(ENV, **{"shop/good.py": GOOD_USER}, **large))
    assert result.outcome is U and result.findings[0].path == "shop/large.py"


@pytest.mark.parametrize("path", ["shop/tests/test_user.py", "docs/example.py", "shop/migrations/0001_x.py"])
def test_what_is_not_the_application_does_not_matter(path):
    files = django(ENV, **{"shop/good.py": GOOD_USER, path: f"set_user({{'email': e}})\n{BROKEN}"})
    assert check_one("user-context-minimal", files).outcome is P


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("set_user({**describe(u)})", U),
        ("set_user({'id': 1, **describe(u)})", U),
        ("set_user({KEY: u.email})", U),
        ("set_user({'email': u.email, **more})", F),
        ("set_user(value={'email': u.email})", F),
        ("set_user(value={'id': 1})", P),
        ("set_user(**options)", U),
        ("set_user(None)", N),
        ("user = {'id': 1}\nuser['email'] = u.email\nset_user(user)", F),
        ("user = {'id': 1}\nuser[key] = u.email\nset_user(user)", U),
        ("user = {'id': 1}\nfill(user)\nset_user(user)", U),
        ("user = {'id': 1}\nuser.update(describe(u))\nset_user(user)", U),
        ("user = {'id': 1}\nuser |= describe(u)\nset_user(user)", U),
        ("def a():\n    user = {'id': 1}\n\ndef b(user):\n    set_user(user)", U),
        ("def b(u):\n    user = {'id': u.id}\n    set_user(user)", P),
        ("def b(u):\n    user = describe(u)\n    user = {'id': u.id}\n    set_user(user)", U),
        ("USER = {'id': 1}\ndef b():\n    set_user(USER)", P),
        ("def b(u):\n    user = {'id': u.id, 'email': u.email}\n    set_user(user)", F),
    ],
)
def test_what_set_user_sends_is_followed_or_left_open(code, outcome):
    result = check_one(
        "user-context-minimal", django(ENV, **{"shop/views.py": f"from sentry_sdk import set_user\n{code}\n"})
    )
    assert result.outcome is outcome, (result.evidence, result.findings)


@pytest.mark.parametrize(
    ("path", "text"),
    [("fly.toml", "[env\n"), ("compose.production.yml", "services: [\n"), ("deploy/render.yaml", "a: [\n")],
)
def test_a_deployment_that_cannot_be_read_is_no_ground_for_a_tick(path, text):
    rendered = f"{RENDER}".replace("sync: false", f"value: {DSN}")
    assert check_one("dsn-configured", django(ENV) | {"render.yaml": rendered}).outcome is P
    result = check_one("dsn-configured", django(ENV) | {"render.yaml": rendered, path: text})
    assert result.outcome is U and result.findings[0].path == path


LARGE = "x = 1\n" * 200_000


@pytest.mark.parametrize("item_id", ["token-not-committed", "dsn-not-hardcoded"])
def test_a_large_file_that_names_sentry_leaves_the_item_open_and_one_that_does_not_is_searched(item_id):
    result = check_one(item_id, backend() | {"shop/data.py": LARGE + f"SENTRY = '{DSN}'\n"})
    assert result.outcome is U and result.findings[0].path == "shop/data.py"
    assert check_one(item_id, backend() | {"shop/data.py": LARGE}).outcome is P


@pytest.fixture(params=["working tree", "revision"])
def look(request, tmp_path):
    """Commits files below a folder and decides an item there, in the working tree or in the revision."""

    def one(item_id: str, files: dict[str, str]):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, "utf-8")
        for command in (
            ["init", "-q"],
            ["add", "-A"],
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
        ):
            subprocess.run(["git", *command], cwd=tmp_path, check=True)
        tree = RevisionTree(tmp_path, "HEAD") if request.param == "revision" else DirectoryTree(tmp_path)
        (tmp_path / "gone.txt").unlink()
        result = hear(decide(Facts(tree, load_config(tree)), find_item(item_id), dt.date.today()))
        if isinstance(tree, RevisionTree):
            tree.close()
        return result

    return one


def test_a_file_too_large_to_read_is_searched_by_git(look):
    huge = "1,2,3\n" * 1_000_000
    files = backend() | {"data/huge.txt": huge, "gone.txt": "x"}
    assert look("token-not-committed", files).outcome is P


def test_a_file_too_large_to_read_that_names_sentry_leaves_the_item_open(look):
    huge = "1,2,3\n" * 1_000_000
    files = backend() | {"data/huge.txt": f"{huge}sntrys_abc\n", "gone.txt": "x"}
    result = look("token-not-committed", files)
    assert result.outcome is U and result.findings[0].path == "data/huge.txt"


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need a privilege there")
def test_a_link_that_leads_out_is_not_of_the_repository(tmp_path, look):
    (tmp_path / "out").symlink_to("/etc/hostname")
    assert look("token-not-committed", backend() | {"gone.txt": "x"}).outcome is P
