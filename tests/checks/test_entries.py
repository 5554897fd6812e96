"""The browser's entry where Django renders the page: the Vite config names it, and no index.html does."""

from __future__ import annotations

import pytest

from checks.config import Config
from checks.model import Outcome
from checks.parsers.vite import read_vite_config
from checks.repository.browser import entries
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from setup_wizard.plan.engine import Engine
from setup_wizard.steps import find_steps
from tests.checks.test_frontend_items import web
from tests.support.edits import READY, VITE, after
from tests.support.repo import check_one

INPUT = "export default {{ {root}build: {{ manifest: true, rollupOptions: {{ input: {input} }} }} }}\n"


def facts_of(files: dict[str, str]) -> Facts:
    return Facts(MemoryTree(files), Config())


def built(spelled: str, root: str = "", **more: str) -> dict[str, str]:
    files = web(config=INPUT.format(root=root, input=spelled), **more)
    files.pop("frontend/index.html", None)
    return {p.replace("src/main.tsx", "src/shop.tsx"): t for p, t in files.items()}


@pytest.mark.parametrize(
    ("spelled", "root"),
    [
        ("'src/shop.tsx'", ""),
        ("'./src/shop.tsx'", ""),
        ("['./src/shop.tsx']", ""),
        ("{ shop: 'src/shop.tsx' }", ""),
        ("{ shop: path.resolve(__dirname, 'src/shop.tsx') }", ""),
        ("{ shop: resolve(__dirname, 'src', 'shop.tsx') }", ""),
        ("{ shop: join(import.meta.dirname, './src/shop.tsx'), look: 'src/shop.css' }", ""),
        ("fileURLToPath(new URL('./src/shop.tsx', import.meta.url))", ""),
        ("'shop.tsx'", "root: path.resolve(__dirname, 'src'), "),
    ],
)
def test_the_config_names_the_entry(spelled, root):
    files = built(spelled, root, **{"frontend/src/shop.css": ""})
    facts = facts_of(files)
    assert entries(facts, facts.frontends[0]) == ("frontend/src/shop.tsx",)
    assert check_one("frontend-initialized", files).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "spelled",
    [
        "{ shop: 'src/shop.tsx', ...others }",
        "{ shop: named('shop') }",
        "glob.sync('src/*.tsx')",
        "'/src/elsewhere.tsx'",
    ],
)
def test_what_is_not_one_known_entry_is_none(spelled):
    more = {"frontend/src/admin.tsx": "", "frontend/page.html": ""}
    files = built(spelled, **more)
    facts = facts_of(files)
    assert entries(facts, facts.frontends[0]) == ()
    assert check_one("frontend-initialized", files).outcome is not Outcome.PASS


BOTH = "{ shop: 'src/shop.tsx', admin: 'src/pages/admin.tsx', look: 'src/look.css' }"


@pytest.mark.parametrize(
    ("spelled", "admin", "outcome"),
    [
        (BOTH, "render()\n", Outcome.FAIL),
        (BOTH, "import '../instrument'\nrender()\n", Outcome.PASS),
        (BOTH, "await import('../instrument')\nrender()\n", Outcome.PASS),
        (BOTH, "import * as S from '@sentry/react'\nS.init({})\nrender()\n", Outcome.PASS),
        (BOTH.replace("pages/admin", "made"), "render()\n", Outcome.UNKNOWN),
        ("{ shop: 'src/shop.tsx', page: 'page.html' }", "render()\n", Outcome.FAIL),
        ("{ shop: 'src/shop.tsx', page: 'empty.html' }", "render()\n", Outcome.PASS),
    ],
)
def test_each_page_needs_a_call(spelled, admin, outcome):
    more = {
        "frontend/src/pages/admin.tsx": admin,
        "frontend/page.html": "<script type='module' src='/src/pages/admin.tsx'></script>",
        "frontend/empty.html": "<p>",
    }
    assert check_one("frontend-initialized", built(spelled, **more)).outcome is outcome


def test_a_second_page_beside_index_html_counts():
    spelled = "{ main: 'index.html', admin: path.resolve(__dirname, 'admin.html') }"
    page = "<script type=module src=/src/admin.tsx></script>"
    files = web(
        config=INPUT.format(root="", input=spelled), **{"frontend/admin.html": page, "frontend/src/admin.tsx": "x()\n"}
    )
    found = check_one("frontend-initialized", files)
    assert found.outcome is Outcome.FAIL and found.findings[0].path == "frontend/src/admin.tsx"


async def test_the_step_serves_every_page(sample):
    config = sample / "frontend/vite.config.ts"
    config.write_text(
        config.read_text().replace(
            "defineConfig({",
            "defineConfig({\n  build: { rollupOptions: { input: ['index.html', 'src/pages/admin.tsx'] } },",
        )
    )
    admin = sample / "frontend/src/pages/admin.tsx"
    admin.parent.mkdir()
    admin.write_text("import { createRoot } from 'react-dom/client'\n\ncreateRoot(document.body).render(<p />)\n")
    applied = await Engine(sample, {"sentry.org": "acme"}, install=False).apply(find_steps(["frontend-sdk"]))
    assert admin.read_text().startswith("import '../instrument'\n") and applied.report is not None
    assert applied.report.result("frontend-initialized").outcome is Outcome.PASS


@pytest.mark.parametrize("spelled", ["{ main: 'index.html', ...others }", "glob.sync('src/*.tsx')", "named()"])
def test_pages_that_cannot_be_told_leave_it_open(spelled):
    assert (
        check_one("frontend-initialized", web(config=INPUT.format(root="", input=spelled))).outcome is Outcome.UNKNOWN
    )


def test_index_html_comes_first():
    files = web(config=INPUT.format(root="", input="'src/other.tsx'"), **{"frontend/src/other.tsx": ""})
    facts = facts_of(files)
    assert entries(facts, facts.frontends[0]) == ("frontend/src/main.tsx",)


def test_inputs_of_newer_versions():
    config = read_vite_config(b"export default { build: { rolldownOptions: { input: 'a.ts' } } }", "vite.config.ts")
    assert config.inputs == ("a.ts",)


@pytest.mark.parametrize("blank", ["", "\n  \n"])
def test_an_empty_entry_starts_nothing(blank):
    files = built("'src/shop.tsx'") | {"frontend/src/shop.tsx": blank}
    del files["frontend/src/instrument.ts"]
    facts = facts_of(files)
    assert entries(facts, facts.frontends[0]) == ()
    verdict = check_one("frontend-initialized", files)
    assert verdict.outcome is Outcome.UNKNOWN
    [finding] = verdict.findings
    assert finding.message == "frontend/src/shop.tsx, the entry of frontend, is empty: nothing starts the application"
    assert (finding.path, finding.line) == ("frontend/src/shop.tsx", 1)
    assert finding.hint == "write the entry, or name the packages that are deployed in `frontend.root`"


def test_an_empty_input_beside_the_entry_counts_for_no_page():
    files = built("['src/shop.tsx', 'src/later.tsx']") | {"frontend/src/later.tsx": ""}
    facts = facts_of(files)
    assert entries(facts, facts.frontends[0]) == ("frontend/src/shop.tsx",)
    assert check_one("frontend-initialized", files).outcome is Outcome.PASS


@pytest.mark.parametrize("name", ["frontend-sdk", "source-maps"])
def test_the_wizard_leaves_an_empty_entry(tmp_path, name):
    done = after(tmp_path, READY | VITE | {"web/index.html": "", "web/src/main.tsx": ""}, name)
    step = done.steps[name]
    assert step.reason == "web/src/main.tsx, the entry of web, is empty: nothing starts the application"
    assert step.place == "web/src/main.tsx" and step.files == ()
    assert done.text("web/src/main.tsx") == "" and "@sentry" not in done.text("web/package.json")
    assert done.text("web/vite.config.ts") == VITE["web/vite.config.ts"]
