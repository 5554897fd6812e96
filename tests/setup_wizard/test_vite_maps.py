"""Maps of a Vite build: what the plugin deletes, where several builds or workers write them, and where Vue is initialized."""

from __future__ import annotations

import pytest

from setup_wizard.editors.vite_maps import matching
from tests.support.edits import READY, VITE, after

HEAD = 'import { defineConfig } from "vite";\n\n'


def config(build: str) -> dict[str, str]:
    return (
        READY
        | VITE
        | {"web/vite.config.ts": f"{HEAD}export default defineConfig({{\n  plugins: [],\n  build: {build},\n}});\n"}
    )


@pytest.mark.parametrize(
    ("build", "patterns"),
    [
        (
            '{ outDir: "../shop/static/js", emptyOutDir: false, rollupOptions: { output: { entryFileNames: "web-[name].js" } } }',
            ["web-*.js.map", "assets/*-*.js.map"],
        ),
        ('{ outDir: "../shop/static" }', ["assets/*-*.js.map"]),
        ('{ outDir: "../shop/static", emptyOutDir: false, assetsDir: "web" }', ["web/*-*.js.map"]),
        ('{ outDir: "../shop/static", emptyOutDir: true }', ["**/*.map"]),
        ('{ outDir: "out" }', ["**/*.map"]),
    ],
)
def test_a_folder_of_others_loses_only_the_maps_of_this_build(tmp_path, build, patterns):
    done = after(tmp_path, config(build), "source-maps")
    made = done.text("web/vite.config.ts")
    told = made.split("filesToDeleteAfterUpload: [")[1].split("]")[0]
    assert [
        p.strip().strip('"').split("/", 4 if "js/" in p else 3 if ".." in p else 2)[-1]
        for p in told.split(",")
        if p.strip()
    ] == patterns
    assert 'sourcemap: "hidden"' in made


BUILT = """\
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: cd web && npm ci && npm run build
        env:
          A: b%s
      - run: ./deploy.sh
"""
PACKAGE = '{"name": "web", "scripts": {"build": "%s"}, "devDependencies": {"vite": "^7.0.0"}}\n'
OUT = "if the build with source maps ends with `JavaScript heap out of memory`, raise "


@pytest.mark.parametrize(
    ("script", "more", "limit", "place"),
    [
        ("vite build", "", None, None),
        ("NODE_OPTIONS=--max-old-space-size=4096 vite build", "", "--max-old-space-size=4096", "web/package.json:1"),
        ("cross-env NODE_OPTIONS=--max_old_space_size=8192 vite build", "", "--max_old_space_size=8192", "web/package.json:1"),
        ("vite build", "\n          NODE_OPTIONS: --no-warnings --max-old-space-size=6144", "--max-old-space-size=6144", ".github/workflows/ci.yml:6"),
        ("NODE_OPTIONS=--no-warnings vite build", "", None, None),
    ],
)  # fmt: skip
def test_a_build_whose_memory_is_limited_by_hand_is_named(tmp_path, script, more, limit, place):
    files = READY | VITE | {"web/package.json": PACKAGE % script, ".github/workflows/ci.yml": BUILT % more}
    told = [t.title for t in after(tmp_path, files, "source-maps").applied.by_hand if t.title.startswith(OUT)]
    assert told == ([f"{OUT}{limit} in {place}"] if limit is not None else [])


PWA = 'import { defineConfig } from "vite";\nimport { VitePWA } from "vite-plugin-pwa";\n\nexport default defineConfig({ plugins: [VitePWA(%s)] });\n'


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ("", "VitePWA({ workbox: { sourcemap: false } })"),
        ('{ registerType: "prompt" }', 'VitePWA({ registerType: "prompt", workbox: { sourcemap: false } })'),
        ("{ workbox: { skipWaiting: true } }", "VitePWA({ workbox: { skipWaiting: true, sourcemap: false } })"),
        ('{ strategies: "injectManifest" }', "injectManifest: { sourcemap: false } })"),
        ("{ workbox: { sourcemap: false } }", "VitePWA({ workbox: { sourcemap: false } })"),
        ("settings", None),
        ("{ ...settings }", None),
        ("{ workbox: { sourcemap: true } }", "VitePWA({ workbox: { sourcemap: false } })"),
        ("{ workbox: { sourcemap: debugging } }", None),
        ("{ workbox: { ...shared } }", None),
    ],
)
def test_a_service_worker_leaves_no_maps(tmp_path, options, wanted):
    done = after(tmp_path, READY | VITE | {"web/vite.config.ts": PWA % options}, "source-maps")
    if wanted is None:
        assert "would leave its maps" in done.steps["source-maps"].reason
        (task,) = done.steps["source-maps"].manual
        assert "// and, in the options of VitePWA: workbox: { sourcemap: false }" in task.snippet
    else:
        assert wanted in done.text("web/vite.config.ts")


@pytest.mark.parametrize(
    ("settings", "folder"),
    [("{}", "./build/**/*.map"), ('{ buildDirectory: "out" }', "./out/**/*.map"), ("{ buildDirectory: dir() }", None)],
)
def test_maps_are_deleted_where_the_framework_writes_them(tmp_path, settings, folder):
    vite = 'import { reactRouter } from "@react-router/dev/vite";\nexport default { plugins: [reactRouter()] };\n'
    files = READY | VITE | {"web/vite.config.ts": vite, "web/react-router.config.ts": f"export default {settings};\n"}
    done = after(tmp_path, files, "source-maps")
    if folder is None:
        assert "a plugin's output path" in done.steps["source-maps"].reason
    else:
        assert f'filesToDeleteAfterUpload: ["{folder}"]' in done.text("web/vite.config.ts")


@pytest.mark.parametrize(
    ("build", "tracked", "why"),
    [
        (
            '{ outDir: "../shop/static", emptyOutDir: false, rollupOptions: { output: { entryFileNames: "[name].js" } } }',
            "",
            "which of its maps this build writes",
        ),
        (
            '{ outDir: "../shop/static", emptyOutDir: false, rollupOptions: { output: { entryFileNames: (c) => c.name } } }',
            "",
            "which of its maps this build writes",
        ),
        (
            '{ outDir: "../shop/static", emptyOutDir: false }',
            "shop/static/assets/vendor-1.js.map",
            "git tracks ../shop/static/assets/vendor-1.js.map",
        ),
        (
            '{ outDir: "../shop/static", emptyOutDir: false, lib: { entry: "a.ts" } }',
            "",
            "which of its maps this build writes",
        ),
    ],
)
def test_what_would_delete_maps_of_others_is_left_to_the_person(tmp_path, build, tracked, why):
    files = config(build) | ({tracked: "{}\n"} if tracked else {})
    done = after(tmp_path, files, "source-maps")
    step = done.steps["source-maps"]
    assert step.outcome == "refused" and why in step.reason
    told = ", by name: ../shop/static/assets/vendor-1.js.map stays" if tracked else " to ../shop/static, by name */"
    assert f"the maps that this build writes{told}" in step.snippet and "**/*.map" not in step.snippet


@pytest.mark.parametrize(
    ("pattern", "path", "named"),
    [
        ("./a/**/*.map", "a/b/c.js.map", True),
        ("./a/**/*.map", "a/c.map", True),
        ("./a/*.map", "a/b/c.map", False),
        ("../a/web-*.js.map", "../a/web-1.js.map", True),
        ("../a/web-*.js.map", "../a/vendor.js.map", False),
    ],
)
def test_a_glob_names_what_it_says(pattern, path, named):
    assert (matching(pattern, [path]) is not None) is named


TWO = """export default defineConfig(({ mode, command }) => {
  if (%s) {
    return { plugins: [], build: { outDir: "dist-widget" } };
  }
  return { plugins: [], build: { outDir: "dist" } };
});
"""


@pytest.mark.parametrize(
    ("condition", "hidden"),
    [('mode === "widget"', 2), ("process.env.WIDGET", 2), ('command === "serve"', 1), ('mode === "development"', 1)],
)
def test_each_result_that_gets_the_plugin_gets_its_maps(tmp_path, condition, hidden):
    done = after(tmp_path, READY | VITE | {"web/vite.config.ts": HEAD + TWO % condition}, "source-maps")
    made = done.text("web/vite.config.ts")
    assert made.count('sourcemap: "hidden"') == hidden and made.count("sentryVitePlugin(") == 2


def test_maps_that_were_named_in_the_bundle_are_hidden_where_they_are_deleted(tmp_path):
    done = after(tmp_path, config("{ sourcemap: true }"), "source-maps")
    assert 'sourcemap: "hidden"' in done.text("web/vite.config.ts")


@pytest.mark.parametrize("others", ["src/words/en.ts", "src/worker.ts", "src/embed/data.ts"])
def test_of_several_inputs_those_that_start_the_application_get_the_import(tmp_path, others):
    name = others.rpartition("/")[2].partition(".")[0]
    files = config(f'{{ manifest: true, rollupOptions: {{ input: {{ main: "src/main.tsx", {name}: "{others}" }} }} }}')
    done = after(tmp_path, files | {f"web/{others}": "export const words = {};\n"}, "frontend-sdk")
    assert done.text(f"web/{others}") == "export const words = {};\n" and "./instrument" in done.text(
        "web/src/main.tsx"
    )


VUE = {
    "web/package.json": VITE["web/package.json"]
    .replace('"react": "^19.2.0",\n    "react-dom"', '"vue"')
    .replace("^19.2.0", "^3.5.0"),
    "web/index.html": '<div id="app"></div>\n<script type="module" src="/src/main.ts"></script>\n',
    "web/vite.config.ts": VITE["web/vite.config.ts"],
}
INIT_OF_VUE = "Sentry.init({\n  app,\n  dsn: import.meta.env.VITE_SENTRY_DSN,\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('createApp(App).mount("#app");\n', "const app = createApp(App);\n\n" + INIT_OF_VUE),
        ('createApp(App).use(router).mount("#app");\n', "const app = createApp(App);\n\n" + INIT_OF_VUE),
        ('const app = createApp(App);\napp.mount("#app");\n', "const app = createApp(App);\n\n" + INIT_OF_VUE),
        ('const shop = createApp(App);\nshop.mount("#app");\n', "  app: shop,\n"),
    ],
)
def test_vue_is_initialized_with_its_application_before_it_is_mounted(tmp_path, body, expected):
    main = 'import { createApp } from "vue";\nimport App from "./App.vue";\n\n' + body
    done = after(tmp_path, READY | VUE | {"web/src/main.ts": main}, "frontend-sdk")
    made = done.text("web/src/main.ts")
    assert expected in made and made.startswith('import * as Sentry from "@sentry/vue";\n')
    assert made.index("Sentry.init(") < made.index(".mount(") and '"@sentry/vue"' in done.text("web/package.json")
    report = done.applied.report
    assert report is not None and report.result("frontend-initialized").outcome.value == "pass"


@pytest.mark.parametrize(
    "body", ["export const make = () => createApp(App);\n", "createApp(A).mount(1);\ncreateApp(B).mount(2);\n"]
)
def test_vue_that_is_not_followed_is_left_with_the_text(tmp_path, body):
    main = 'import { createApp } from "vue";\n\n' + body
    done = after(tmp_path, READY | VUE | {"web/src/main.ts": main}, "frontend-sdk")
    assert done.text("web/src/main.ts") == main and "Sentry.init({\n  app," in done.left
