"""Whether the running code and CI name a release alike: the parts of a name, and how a value gets into an image."""

from __future__ import annotations

import ast

import pytest

from checks.config import load_config
from checks.hosts.dockerignore import kept_out
from checks.hosts.images import read_image
from checks.production.origins import environment_read
from checks.production.values import FromEnvironment
from checks.repository.facts import Facts
from checks.repository.release_kinds import (
    DESCRIBE,
    FULL,
    SHORT,
    TAG,
    VERSION,
    asks_git,
    kind_of_javascript,
    kind_of_python,
)
from checks.repository.release_text import TEXT, UNKNOWN, Part, agree, python_parts, shell_parts
from checks.repository.settings import settings_chain
from checks.repository.tree import MemoryTree
from tests.checks.test_backend_items import ENV, TOKEN, F, P, U, django
from tests.checks.test_browser_shapes import ini
from tests.support.repo import backend, check_one, facts_of

_IMAGE = 'FROM python:3.13-slim\n{}COPY . .\nCMD ["gunicorn", "shop.wsgi"]\n'
_ARG = "ARG GIT_SHA\nENV SENTRY_RELEASE=$GIT_SHA\n"
_SHA = "${{ github.sha }}"


def _flow(build: str, release: str = '"$GITHUB_SHA"') -> dict[str, str]:
    text = "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n"
    text += (
        f"      - uses: docker/build-push-action@v6\n        with:\n          build-args: |\n            {build}\n"
        if "build " not in build
        else f"      - run: {build}\n"
    )
    text += f"      - run: sentry-cli releases new {release}\n        env:\n          {TOKEN}\n"
    return {".github/workflows/d.yml": text}


def _code(release: str) -> str:
    return f"{ENV}, release={release}"


_GIVEN = f"GIT_SHA={_SHA}"
_READ = 'os.environ.get("SENTRY_RELEASE")'
CASES = [
    ("argument handed in", django(ENV), _IMAGE.format(_ARG), _flow(_GIVEN), P, "names it by the full commit SHA"),
    ("argument read by name", django(_code(_READ)), _IMAGE.format(_ARG), _flow(_GIVEN), P, "names it by the full commit SHA"),
    ("argument read directly", django(_code('os.environ["GIT_SHA"]')), _IMAGE.format("ARG GIT_SHA\nENV GIT_SHA=$GIT_SHA\n"), _flow(_GIVEN), P, "the full commit SHA"),
    ("argument by docker build", django(ENV), _IMAGE.format(_ARG), _flow("docker build --build-arg GIT_SHA=$GITHUB_SHA ."), P, "the full commit SHA"),
    ("argument by buildx with =", django(ENV), _IMAGE.format(_ARG), _flow("docker buildx build --build-arg=GIT_SHA=$GITHUB_SHA ."), P, "the full commit SHA"),
    ("short commit", django(ENV), _IMAGE.format(_ARG), _flow("docker build --build-arg GIT_SHA=${GITHUB_SHA::7} ."), F, "by a short SHA"),
    ("argument not handed in", django(ENV), _IMAGE.format(_ARG), _flow("OTHER=1"), F, "no build hands `GIT_SHA` in"),
    ("argument of another name", django(ENV), _IMAGE.format(_ARG), _flow(f"SHA={_SHA}"), F, "no build hands `GIT_SHA` in"),
    ("argument before FROM", django(ENV), "ARG GIT_SHA\n" + _IMAGE.format("ENV SENTRY_RELEASE=$GIT_SHA\n"), _flow(_GIVEN), F, "an ARG before FROM"),
    ("argument before FROM and again", django(ENV), "ARG GIT_SHA\n" + _IMAGE.format(_ARG), _flow(_GIVEN), P, "the full commit SHA"),
    ("argument of another stage", django(ENV), "FROM python AS build\n" + _ARG + _IMAGE.format(""), _flow(_GIVEN), F, "nothing sets `SENTRY_RELEASE`"),
    ("argument of the base stage", django(ENV), "FROM python AS base\n" + _ARG + "FROM base\nCMD gunicorn shop.wsgi\n", _flow(_GIVEN), P, "the full commit SHA"),
    ("no release, slim image", django(ENV), _IMAGE.format(""), _flow("A=1"), F, "begins with `python:3.13-slim`, which has no git"),
    ("no release, slim image that echoes", django(ENV), _IMAGE.format("RUN echo 'apt-get install -y git'\n"), _flow("A=1"), F, "which has no git"),
    ("no release, slim image of a tool of git", django(ENV), _IMAGE.format("RUN apt-get install -y git-lfs-doc  # git\n"), _flow("A=1"), F, "which has no git"),
    ("no release, whole image", django(ENV), _IMAGE.format("").replace("-slim", ""), _flow("A=1"), U, "only where git is available"),
    ("no release, .git ignored", django(ENV) | {".dockerignore": "*.pyc\n.git\n"}, _IMAGE.format("").replace("-slim", ""), _flow("A=1"), F, ".dockerignore:2 keeps `.git` out"),
    ("variable of nobody", django(_code('os.environ.get("GIT_SHA")')), _IMAGE.format(""), _flow("A=1"), F, "nothing sets what"),
    ("prefix in code", django(_code("f\"shop@{os.environ['GIT_SHA']}\"")), _IMAGE.format("ARG GIT_SHA\nENV GIT_SHA=$GIT_SHA\n"), _flow(_GIVEN), F, "`shop@` and the full commit SHA"),
    ("prefix in both", django(_code("\"shop@\" + os.environ['GIT_SHA']")), _IMAGE.format("ARG GIT_SHA\nENV GIT_SHA=$GIT_SHA\n"), _flow(_GIVEN, '"shop@$GITHUB_SHA"'), P, "`shop@` and the full commit SHA"),
    ("prefix in the image", django(ENV), _IMAGE.format("ARG GIT_SHA\nENV SENTRY_RELEASE=shop@${GIT_SHA}\n"), _flow(_GIVEN, '"shop@$GITHUB_SHA"'), P, "`shop@` and the full commit SHA"),
    ("prefix in CI", django(ENV), _IMAGE.format(_ARG), _flow(_GIVEN, '"shop@$GITHUB_SHA"'), F, "CI by `shop@` and the full commit SHA"),
    ("version and commit", django(_code("f\"1.4.0+{os.environ['GIT_SHA'][:7]}\"")), _IMAGE.format("ARG GIT_SHA\nENV GIT_SHA=$GIT_SHA\n"), _flow(_GIVEN), F, "`1.4.0+` and a short SHA"),
    ("git in the image", django(_code('subprocess.check_output(["git", "rev-parse", "HEAD"])'), before="import subprocess\n"), _IMAGE.format(""), _flow("A=1"), F, "which has no git"),
    ("unknown part", django(_code("f\"{make()}@{os.environ['GIT_SHA']}\"")), _IMAGE.format("ARG GIT_SHA\nENV GIT_SHA=$GIT_SHA\n"), _flow(_GIVEN), U, "cannot be determined"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "image", "flow", "outcome", "says"), [pytest.param(*c[1:], id=c[0]) for c in CASES])
def test_release_in_an_image(files, image, flow, outcome, says):
    (verdict,) = check_one("release-consistent", files | {"Dockerfile": image} | flow).verdicts
    told = [f.message for f in verdict.findings] + [e.fact for e in verdict.evidence]
    assert verdict.outcome is outcome, told
    assert any(says in t for t in told), told


def test_a_missing_argument_is_found_at_the_line_of_its_variable():
    files = django(ENV) | {"Dockerfile": _IMAGE.format(_ARG)} | _flow("OTHER=1")
    (verdict,) = check_one("release-consistent", files).verdicts
    assert (verdict.findings[0].path, verdict.findings[0].line) == ("Dockerfile", 3)


@pytest.mark.parametrize(
    ("host", "outcome"),
    [
        ({"Procfile": "web: gunicorn shop.wsgi\n", "heroku.yml": "{}\n"}, F),
        ({"Procfile": "web: gunicorn shop.wsgi\n"}, U),
        ({}, P),
    ],
)
def test_git_at_run_time_is_not_there_on_heroku(host, outcome):
    files = django(_code('subprocess.check_output(["git", "rev-parse", "HEAD"])'), before="import subprocess\n")
    (verdict,) = check_one("release-consistent", files | host | _flow("A=1")).verdicts
    assert verdict.outcome is outcome


def _parts(*given: tuple) -> tuple[Part, ...]:
    return tuple(Part(kind=k, text=t, length=rest[0] if rest else None) for k, t, *rest in given)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("shop@$GITHUB_SHA", [(TEXT, "shop@"), (FULL, "$GITHUB_SHA")]),
        ("${{ github.sha }}", [(FULL, "${{ github.sha }}")]),
        ('"${GITHUB_SHA::7}-x"', [(SHORT, "${GITHUB_SHA::7}"), (TEXT, "-x")]),
        ("$(git rev-parse --short HEAD)", [(SHORT, "$(git rev-parse --short HEAD)")]),
        ("1.2.3", [(TEXT, "1.2.3")]),
        ("$NAME@1", [(UNKNOWN, "$NAME"), (TEXT, "@1")]),
    ],
)
def test_parts_of_a_shell_word(text, parts):
    assert [(p.kind, p.text) for p in shell_parts(text)] == parts


@pytest.mark.parametrize(
    ("text", "kind", "length"),
    [
        ("$(git rev-parse HEAD)", FULL, None),
        ("$(git rev-parse HEAD | cut -c1-8)", SHORT, 8),
        ("$(git rev-parse --short=10 HEAD)", SHORT, 10),
        ("$(echo $GITHUB_SHA | head -c 7)", SHORT, 7),
        ("$(git describe --tags --always)", DESCRIBE, None),
        ("$(git log -1 --format=%H)", FULL, None),
        ("$(git log -1 --pretty=format:%h)", SHORT, None),
        ("$(git rev-parse origin/main)", UNKNOWN, None),
        ("$(echo 'git describe')", UNKNOWN, None),
        ("`git rev-parse HEAD`", FULL, None),
        ("$(sentry-cli releases propose-version)", FULL, None),
        ("$(jq -r .version package.json)", VERSION, None),
        ("$(npx sentry-cli releases propose-version)", FULL, None),
        ("${GITHUB_SHA:0:7}", SHORT, 7),
        ("${GITHUB_REF_NAME#v}", TAG, None),
        ("${GITHUB_SHA:-dev}", FULL, None),
        ("$PREVIOUS_COMMIT_SHA", UNKNOWN, None),
        ("$CI_COMMIT_SHORT_SHA", SHORT, None),
        ("$(Build.SourceVersion)", FULL, None),
        ("${{ github.event.inputs.version || github.sha }}", UNKNOWN, None),
        ("${{ github.sha || github.sha }}", FULL, None),
        ("${{ steps.meta.outputs.sha_short }}", SHORT, None),
        ("${{ github.event.release.tag_name }}", TAG, None),
        ("${{ github.event.before_sha }}", UNKNOWN, None),
        ("github.sha", FULL, None),
        ("?", UNKNOWN, None),
    ],
)
def test_the_kind_of_a_value_in_ci(text, kind, length):
    (part,) = shell_parts(text)
    assert (part.kind, part.length) == (kind, length)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("subprocess.check_output(['git', 'rev-parse', 'HEAD']).decode().strip()", FULL),
        ("subprocess.run(['git', 'describe', '--tags']).stdout", DESCRIBE),
        ("os.popen('git rev-parse --short HEAD').read()", SHORT),
        ("log('git rev-parse HEAD')", None),
        ("Repo('.').head.commit.hexsha", FULL),
        ("importlib.metadata.version('shop')", VERSION),
        ("shop.__version__", VERSION),
        ("open('VERSION').read().strip()", VERSION),
        ("config('GIT_SHA')", FULL),
        ("make()", None),
    ],
)
def test_the_kind_of_a_python_value(expression, kind):
    node = ast.parse(expression, mode="eval").body
    assert kind_of_python(node) == kind
    assert asks_git(node) is (("'git" in expression and "log(" not in expression) or "hexsha" in expression)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("process.env.GITHUB_SHA", FULL),
        ("process.env.GITHUB_SHA?.slice(0, 7)", SHORT),
        ("process.env.SENTRY_RELEASE || process.env.GITHUB_SHA", FULL),
        ("execSync('git rev-parse HEAD').toString().trim()", FULL),
        ("execSync('git describe')", DESCRIBE),
        ("pkg.version", VERSION),
        ("`${process.env.CI_COMMIT_TAG}`", TAG),
        ("`shop@${process.env.GITHUB_SHA}`", None),
        ("'git describe'", None),
        ("shortSha", SHORT),
        ("f(", None),
    ],
)
def test_the_kind_of_a_javascript_value(expression, kind):
    assert kind_of_javascript(expression) == kind


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("f'a@{os.environ[\"A\"]}'", [(TEXT, "a@"), (FULL, "A")]),
        ("'a' + 'b'", [(TEXT, "ab")]),
        ("os.getenv('A')[:12]", [(SHORT, "os.getenv('A')[:12]")]),
        ("os.getenv('NONE', 'dev')", [(TEXT, "dev")]),
        ("os.getenv('NONE') or os.getenv('A')", [(FULL, "A")]),
        ("os.getenv('A').strip()", [(FULL, "A")]),
        ("other()", [(UNKNOWN, "other()")]),
        ("os.getenv('UNSEEN')", [(UNKNOWN, "UNSEEN")]),
    ],
)
def test_parts_of_a_python_expression(expression, parts):
    worth = {"A": _parts((FULL, "A")), "NONE": (), "UNSEEN": None}
    facts = facts_of(backend() | {"shop/settings.py": "import os\n"})
    machine = settings_chain(facts, facts.backends[0]).machine
    assert machine is not None

    def read(node: ast.expr) -> FromEnvironment | None:
        return environment_read(machine.value_in("shop/settings.py", node))

    found = python_parts(ast.parse(expression, mode="eval").body, {}, worth.__getitem__, read)
    assert [(p.kind, p.text) for p in found] == parts


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([(FULL, "a")], [(FULL, "b")], True),
        ([(FULL, "a")], [(SHORT, "b")], False),
        ([(SHORT, "x[:7]", 7)], [(SHORT, "${X::7}", 7)], True),
        ([(SHORT, "x[:7]", 7)], [(SHORT, "${X::8}", 8)], False),
        ([(SHORT, "x[:7]", 7)], [(SHORT, "--short", None)], True),
        ([(TEXT, "shop@"), (FULL, "a")], [(FULL, "a")], False),
        ([(TEXT, "1.2.3")], [(VERSION, "$VERSION")], None),
        ([(TEXT, "shop@1.2.3")], [(TEXT, "shop@"), (VERSION, "$VERSION")], None),
        ([(UNKNOWN, "x")], [(FULL, "a")], None),
    ],
)
def test_agreement(one, other, same):
    assert agree(_parts(*one), _parts(*other)) is same
    assert agree(_parts(*other), _parts(*one)) is same


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (".git\n", ".git", 1),
        ("**/.env.*\n", "frontend/.env.production", 1),
        ("*\n!frontend\n", "frontend/.env.production", None),
        ("frontend/*.map\n", "frontend/a/b.map", None),
        ("frontend\n", "frontend/a/b.map", 1),
        ("# .git\n", ".git", None),
        ("**/**/**/**/**/a\n", "a", None),
    ],
)
def test_a_dockerignore(text, path, line):
    tree = MemoryTree({".dockerignore": text, "Dockerfile": "FROM x\n", path: ""})
    found = kept_out(Facts(tree, load_config(tree)), read_image("Dockerfile", "FROM x\n"), path)
    assert found == (None if line is None else (".dockerignore", line))


def test_an_image_is_read_with_its_long_lines_comments_and_here_documents():
    text = '# syntax\nFROM a AS b\nENV A=1 \\\n  # why\n  B=\'2 3\'\nRUN <<EOF\nENV A=9\nEOF\nENV C=$A-${D:-x}\nCMD ["a", "b"]\n'
    image = read_image("Dockerfile", text)
    found = image.environment({})
    assert {n: (s.value, s.line) for n, s in found.items()} == {"A": ("1", 3), "B": ("2 3", 3), "C": ("1-x", 9)}
    assert image.command == "a b"


def test_two_hosts_have_to_name_the_release_alike():
    step = {".github/workflows/d.yml": _flow(_GIVEN)[".github/workflows/d.yml"]}
    heroku = {"Procfile": "web: gunicorn shop.wsgi\n", "README.md": "`git push heroku main`\n"}
    render = {
        "render.yaml": "services:\n  - {type: web, name: shop, runtime: python, startCommand: gunicorn shop.wsgi}\n"
    }
    worker = "  - {type: worker, name: jobs, runtime: python, startCommand: celery -A shop worker}\n"
    given = "  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n    envVars: [{key: SENTRY_RELEASE, value: $RENDER_GIT_COMMIT}]\n"

    def outcome(*more: dict[str, str]):
        files = django(ENV) | step
        for one in more:
            files |= one
        return check_one("release-consistent", files).outcome

    assert outcome(heroku) is P
    assert outcome(heroku, render) is U
    assert outcome({"render.yaml": "services:\n" + given}) is P
    assert outcome({"render.yaml": "services:\n" + given + worker}) is U


@pytest.mark.parametrize("name", ["BASE_COMMIT_SHA", "PREVIOUS_GIT_SHA", "GIT_COMMIT_BEFORE", "LAST_GIT_COMMIT"])
def test_another_commit_is_not_the_one_that_is_built(name):
    assert [p.kind for p in shell_parts(f"shop@${{{name}}}")] == [TEXT, UNKNOWN]
    assert [p.kind for p in shell_parts(f"${name}")] == [UNKNOWN]
    assert [p.kind for p in shell_parts("$GIT_COMMIT")] == [FULL]


def _named_twice(init: str, plugin: str) -> dict[str, str]:
    config = f"import {{ sentryVitePlugin }} from '@sentry/vite-plugin'\nexport default {{ plugins: [sentryVitePlugin({{ release: {{ name: {plugin} }} }})] }}\n"
    return ini(
        f"Sentry.init({{ dsn: import.meta.env.VITE_SENTRY_DSN, release: {init} }})\n",
        env="VITE_NAME: ${{ github.ref_name }}",
    ) | {"web/vite.config.ts": config}


@pytest.mark.parametrize(
    ("init", "plugin", "outcome", "said"),
    [
        ("'web@1.0.0'", "process.env.GITHUB_SHA", F, "the browser's events name the release by `web@1.0.0` (`'web@1.0.0'`), and its plugin by the full commit SHA (`process.env.GITHUB_SHA`)"),
        ("'1.0.0'", "`1.1.0`", F, "the browser's events name the release by `1.0.0` (`'1.0.0'`), and its plugin by `1.1.0` (``1.1.0``)"),
        ("'1.0.0'", "pkg.version", U, "the browser's events name the release by `1.0.0` (`'1.0.0'`): whether its plugin does cannot be determined"),
        ("'1.0.0'", "'1.0.0'", P, "the browser names it by `1.0.0` (`'1.0.0'`)"),
        ("import.meta.env.VITE_GITHUB_SHA", "'1.0.0'", F, "the browser's events name the release by the full commit SHA (`import.meta.env.VITE_GITHUB_SHA`), and its plugin by `1.0.0` (`'1.0.0'`)"),
        ("import.meta.env.VITE_NAME", "'1.0.0'", U, "the browser's events name the release by a tag (`import.meta.env.VITE_NAME`): whether its plugin does cannot be determined"),
        ("import.meta.env.VITE_NAME", "process.env.GITHUB_REF_NAME", P, "the browser names it by a tag (`import.meta.env.VITE_NAME`)"),
        ("import.meta.env.VITE_OTHER", "'1.0.0'", P, "only the plugin names the release"),
    ],
)  # fmt: skip
def test_browser_names_a_release_beside_its_plugin(init, plugin, outcome, said):
    result = check_one("release-consistent", _named_twice(init, plugin))
    [own] = [v for v in result.verdicts if v.target.root == "web"]
    assert own.outcome is outcome
    told = own.findings[0] if own.findings else own.evidence[0]
    assert (told.message if own.findings else told.fact) == said
    assert (told.path, told.line) == (("web/vite.config.ts", 2) if "only" in said else ("web/src/instrument.ts", 2))
    if own.findings:
        assert told.hint == "remove `release` from Sentry.init(): the plugin puts its own name into the bundle"
        assert [e.fact for e in own.evidence] == [f"the plugin names the release by {_described(plugin)}"]


def _described(plugin: str) -> str:
    kinds = {"process.env.GITHUB_SHA": FULL, "pkg.version": VERSION, "process.env.GITHUB_REF_NAME": TAG}
    return f"{kinds.get(plugin, '`' + plugin[1:-1] + '`')} (`{plugin}`)"
