"""The house holds: imports go one way, the offline audit stays light, every module says what it owns."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from checks.parsers.python import parse_python

ROOT = Path(__file__).parent.parent
PRODUCT = sorted(
    p for package in ("checks", "setup_wizard") for p in (ROOT / package).rglob("*.py") if "samples" not in p.parts
)
HEAVY = ["textual", "httpx", "sentry_sdk", "git", "starlette", "uvicorn", "tomlkit", "keyring"]


def modules_after(code: str, *, cwd: Path) -> set[str]:
    script = f"import json, sys\nsys.argv[1:] = []\n{code}\nprint('MODULES' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {m.split(".")[0] for m in json.loads(done.stdout.rpartition("MODULES")[2])}


def test_an_offline_audit_loads_no_terminal_ui_no_http_and_no_sdk(sample):
    loaded = modules_after("from setup_wizard.cli import main\nassert main(['audit']) == 1", cwd=sample)
    assert not set(HEAVY) & loaded
    assert "checks" in loaded


def test_version_and_help_load_next_to_nothing(tmp_path):
    code = "from setup_wizard.cli import main\ntry:\n    main(['--version'])\nexcept SystemExit as done:\n    assert not done.code"
    loaded = modules_after(code, cwd=tmp_path)
    assert not {*HEAVY, "yaml", "tree_sitter", "packaging"} & loaded


def test_import_contracts_hold():
    tool = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert tool, "import-linter is part of the `dev` extra"
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_say_what_they_own_and_stay_readable(path):
    text = path.read_text("utf-8")
    assert ast.get_docstring(parse_python(text)), "no docstring"
    assert len(text.splitlines()) <= 400, "more than one thing in it?"


def test_expressions_are_compiled_when_they_are_used_and_each_one_compiles():
    """Compiling them all takes a tenth of an audit; a wrong one would be noticed only where it is used."""
    asked = (
        "import checks.patterns as p, importlib\nmade = []\noriginal = p._Lazy.__init__\n"
        "def noted(self, *given):\n    original(self, *given)\n    made.append(self)\n"
        "p._Lazy.__init__ = noted\n"
        "for name in %r:\n    importlib.import_module(name)\n"
        "assert all(m.flags >= 0 for m in made)\nprint(len(made))"
    )
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for p in PRODUCT]
    done = subprocess.run([sys.executable, "-c", asked % names], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    written = sum(p.read_text("utf-8").count("lazy_pattern(") for p in PRODUCT) - 1
    assert int(done.stdout) == written
    for path in PRODUCT:
        module = parse_python(path.read_text("utf-8"))
        functions = [n for n in ast.walk(module) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
        inside = {n for f in functions for n in ast.walk(f)}
        compiled = [n for n in ast.walk(module) if isinstance(n, ast.Call) and ast.unparse(n.func) == "re.compile"]
        assert all(n in inside for n in compiled), f"{path}: `lazy_pattern` at module level"


def test_readme_tells_the_truth_about_items_commands_and_exit_codes():
    from checks.errors import ExitCode
    from checks.guide import items_page
    from setup_wizard.arguments import build_parser
    from setup_wizard.steps import STEPS

    assert items_page() == (ROOT / "checks/items/README.md").read_text("utf-8"), "`python -m checks.guide` writes it"
    pages = ("README.md", "setup_wizard/README.md", "checks/README.md")
    readme = "\n".join((ROOT / page).read_text("utf-8") for page in pages)
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120
    for page in pages:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text("utf-8")):
            assert (ROOT / page).parent.joinpath(link.replace("%5B", "[").replace("%5D", "]")).exists(), (
                f"{page}: {link}"
            )
    for step in STEPS:
        if step.plan is not None:
            assert f"`{step.id}`" in readme, step.id
    commands = next(a for a in build_parser()._actions if a.dest == "command").choices
    assert commands is not None
    for command in commands:
        assert f"sentry-setup {command}" in readme or command == "wizard", command
    for code in ExitCode:
        assert f"| {int(code)} |" in readme, code


def test_the_top_of_the_repository_holds_what_belongs_there():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    seen = {path.split("/")[0] for path in tracked if path and not path.startswith(".")}
    assert seen == {"LICENSE", "README.md", "action.yml", "checks", "pyproject.toml", "setup_wizard", "tests"}


def test_a_release_names_the_repository_that_it_is_made_in(tmp_path):
    steps = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))["jobs"]["build"]["steps"]
    script = next(s["run"] for s in steps if s.get("name") == "Name this repository in the metadata")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    given = os.environ | {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/sentry-setup"}
    for _ in range(2):
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=given, check=True)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["urls"]["Source"] == "https://github.com/acme/sentry-setup" and len(project["urls"]) == 5
    assert "urls" not in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"], "no address is made up"


def test_nothing_of_the_repository_runs_at_install_and_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["build-system"]["requires"] == ["hatchling>=1.26"], "a build without plugins of others"
    hatch = project["tool"]["hatch"]
    assert "hooks" not in hatch.get("build", {}) and not (ROOT / "setup.py").exists()
    assert not (ROOT / "hatch_build.py").exists()
    reasons = (ROOT / ".github/CONTRIBUTING.md").read_text("utf-8").lower()
    names = [d.partition(">")[0] for d in project["project"]["dependencies"]]
    table = [row for row in reasons.splitlines() if row.startswith("| ")]
    for name in names:
        assert any(name.removesuffix("-json").removesuffix("-typescript") in row.split("|")[1] for row in table), name
    assert all(">=" in d for d in project["project"]["dependencies"]), "a lower bound, which .ci/run tests"


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda p: p.stem)
def test_own_workflows_pin_every_action_and_ask_for_no_more_than_they_need(path):
    text = path.read_text("utf-8")
    uses = re.findall(r"uses: (\S+)", text)
    assert uses and all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", u) for u in uses), uses
    assert "\npermissions: {}\n" in text and "persist-credentials: false" in text and "secrets." not in text
