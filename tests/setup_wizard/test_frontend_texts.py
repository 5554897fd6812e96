"""What is printed for a frontend that is not edited works when it is followed: its folder, module system, versions and builds."""

from __future__ import annotations

import json

import pytest

from tests.support.edits import READY, after

REACT = 'import { createRoot } from "react-dom/client";\n\ncreateRoot(document.body).render(null);\n'
WEBPACK = {"webpack": "^5.90.0"}


def package(build: str, dependencies: dict[str, str], tools: dict[str, str] | None = None, **more: object) -> str:
    manifest = {"private": True, "scripts": {"build": build}, "dependencies": dependencies, **more}
    return json.dumps(manifest | {"devDependencies": tools or {}}) + "\n"


def left(tmp_path, files: dict[str, str], *steps: str) -> str:
    return after(tmp_path, READY | files, *(steps or ("frontend-sdk",))).left


def webpack(
    entry: str, code: str, config: str = "", react: str = "^19.0.0", version: str = "^5.90.0"
) -> dict[str, str]:
    config = config or f"module.exports = {{ entry: './{entry}', output: {{ path: __dirname + '/static/dist' }} }};\n"
    return {
        "web/package.json": package("webpack", {"react": react, "react-dom": react}, {"webpack": version}),
        "web/webpack.config.js": config,
        f"web/{entry}": code,
    }


@pytest.mark.parametrize(
    ("entry", "code", "wanted"),
    [
        ("assets/js/main.jsx", REACT, ["web/assets/js/instrument.js", "web/assets/js/main.jsx, above", 'import "./instrument";']),
        ("ui/main.tsx", REACT, ["web/ui/instrument.ts", "declare const process: ", 'import "./instrument";']),
        ("js/site.js", 'const { render } = require("react-dom");\nrender();\n', ["web/js/instrument.js", 'const Sentry = require("@sentry/react");', 'require("./instrument");']),
    ],
)  # fmt: skip
def test_the_module_is_beside_the_entry_in_its_own_module_system(tmp_path, entry, code, wanted):
    told = left(tmp_path, webpack(entry, code))
    assert [w for w in wanted if w not in told] == [] and "src/instrument" not in told
    assert ("import * as Sentry" in told) is ("require(" not in code)
    assert 'environment: "production"' not in told and "SENTRY_ENVIRONMENT=production" in told
    assert "cd web\nnpm install @sentry/react\n" in told


def test_every_entry_that_renders_imports_it_and_no_other(tmp_path):
    config = "module.exports = { entry: { a: './js/a/main.js', b: './js/b/main.js', admin: './js/admin.js' } };\n"
    files = webpack("js/a/main.js", REACT, config) | {
        "web/js/b/main.js": REACT,
        "web/js/admin.js": "document.title = 1;\n",
    }
    told = left(tmp_path, files)
    assert "// web/js/instrument.js, a new file" in told and told.count('import "../instrument";') == 2
    assert "admin.js" not in told


@pytest.mark.parametrize(
    ("react", "webpack_version", "node", "sdk", "plugin"),
    [
        ("^19.0.0", "^5.90.0", "22", "@sentry/react\n", "@sentry/webpack-plugin\n"),
        ("16.14.0", "^5.90.0", "22", "@sentry/react@10\n", "@sentry/webpack-plugin\n"),
        ("^19.0.0", "^5.90.0", "16", "@sentry/react@10\n", "@sentry/webpack-plugin@4\n"),
        ("^19.0.0", "^5.90.0", "18", "@sentry/react@10\n", "@sentry/webpack-plugin@5\n"),
        ("16.13.1", "^5.90.0", "22", "@sentry/react@7\n", "@sentry/webpack-plugin\n"),
        ("^17.0.2", "^4.46.0", "22", "@sentry/react@8\n", "@sentry/webpack-plugin@4\n"),
    ],
)
def test_versions_are_those_that_react_webpack_and_node_take(tmp_path, react, webpack_version, node, sdk, plugin):
    files = webpack("src/index.js", REACT, react=react, version=webpack_version) | {"web/.nvmrc": f"{node}\n"}
    told = left(tmp_path, files, "frontend-sdk", "source-maps")
    assert f"npm install {sdk}" in told and f"npm install --save-dev {plugin}" in told
    assert ("dataCollection" in told) is (sdk == "@sentry/react\n")


def test_a_merged_configuration_gets_a_list_of_its_own(tmp_path):
    common = "module.exports = { entry: './src/index.js', plugins: [] };\n"
    prod = "const { merge } = require('webpack-merge');\nconst common = require('./common.js');\n\n"
    prod += "module.exports = merge(common, {\n  mode: 'production',\n  devtool: 'source-map',\n});\n"
    files = webpack("src/index.js", REACT) | {"web/webpack/common.js": common, "web/webpack/prod.js": prod}
    files["web/package.json"] = files["web/package.json"].replace('"webpack"', '"webpack --config webpack/prod.js"', 1)
    told = left(tmp_path, files, "source-maps")
    assert "web/webpack/common.js" not in told and "// web/webpack/prod.js:4, in the configuration" in told
    assert "  plugins: [\n    sentryWebpackPlugin({" in told


@pytest.mark.parametrize(
    ("devtool", "wanted"),
    [
        ("devtool: isProduction ? 'source-map' : 'eval'", "devtool: 'hidden-source-map',"),
        ("devtool: process.env.NODE_ENV === 'production' ? 'source-map' : 'eval'", "=== 'production' ? 'hidden-source-map' : 'eval',"),
    ],
)  # fmt: skip
def test_a_setting_keeps_its_other_branch(tmp_path, devtool, wanted):
    config = f"module.exports = {{ entry: './src/index.js', {devtool} }};\n"
    assert wanted in left(tmp_path, webpack("src/index.js", REACT, config), "source-maps")


def test_variables_that_the_configuration_passes_are_not_passed_again(tmp_path):
    config = "const webpack = require('webpack');\nmodule.exports = { entry: './src/index.js', plugins: [\n"
    config += "  new webpack.EnvironmentPlugin({ SENTRY_DSN: null, SENTRY_ENVIRONMENT: null }),\n] };\n"
    assert "EnvironmentPlugin" not in left(tmp_path, webpack("src/index.js", REACT, config))


def next_files(version: str, config: str, name: str, *pages: str) -> dict[str, str]:
    manifest = package("next build", {"next": version, "react": "18.2.0", "react-dom": "18.2.0"})
    return {"web/package.json": manifest, f"web/{name}": config} | {
        f"web/{p}": "export default () => null;\n" for p in pages
    }


COMMONJS = 'const { withSentryConfig } = require("@sentry/nextjs/config");\n\nmodule.exports = withSentryConfig('


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ("const own = {};\n\nmodule.exports = own;\n", ["next.config.js:3, instead of `module.exports = own`", COMMONJS + "own, {"]),
        ("module.exports = {\n  webpack(config) {\n    return config;\n  },\n};\n", ["`exported` is what `module.exports =` is given there today", COMMONJS + "exported, {"]),
        ("const own = {};\n\nexport default own;\n", ['import { withSentryConfig } from "@sentry/nextjs/config";\n\nexport default withSentryConfig(own, {']),
    ],
)  # fmt: skip
def test_next_is_wrapped_in_the_module_system_of_its_configuration(tmp_path, config, wanted):
    done = after(tmp_path, READY | next_files("14.2.0", config, "next.config.js", "pages/index.js"), "source-maps")
    assert [w for w in wanted if w not in done.left] == []
    assert any(t.place.startswith("web/next.config.js") for s in done.applied.steps for t in s.manual)


@pytest.mark.parametrize(
    ("version", "page", "wanted", "lacks"),
    [
        ("15.3.0", "src/app/page.js", ["web/src/instrumentation-client.js", "onRouterTransitionStart"], "step `source-maps`"),
        ("14.2.0", "app/page.jsx", ["web/instrumentation-client.js", "step `source-maps`"], "@sentry/nextjs@"),
        ("13.5.6", "pages/index.js", ["npm install @sentry/nextjs@10\n", "web/instrumentation-client.js"], "onRouterTransitionStart"),
        ("12.1.0", "pages/index.js", ["npm install @sentry/nextjs@7\n", "web/sentry.client.config.js"], "instrumentation-client"),
    ],
)  # fmt: skip
def test_next_gets_the_files_of_its_version_and_router(tmp_path, version, page, wanted, lacks):
    told = left(tmp_path, next_files(version, "module.exports = {};\n", "next.config.js", page))
    assert [w for w in wanted if w not in told] == [] and lacks not in told


@pytest.mark.parametrize(
    ("page", "wanted", "lacks"),
    [("src/app/page.js", "// web/src/app/global-error.jsx", "digest"), ("pages/index.js", "// web/pages/_error.jsx", "global-error")],
)  # fmt: skip
def test_what_next_catches_is_reported_by_its_router(tmp_path, page, wanted, lacks):
    told = left(tmp_path, next_files("14.2.0", "module.exports = {};\n", "next.config.js", page), "error-boundary")
    assert wanted in told and lacks not in told


ESBUILD = "import * as esbuild from 'esbuild'\n\nawait esbuild.build({ entryPoints: ['ui/main.jsx'], bundle: true, outdir: 'static/js' })\n"


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        ("node build.mjs", ["sourcemaps inject static/js\n", "find static/js -name '*.map'", 'define: {\n  "process.env.SENTRY_DSN": JSON']),
        ("esbuild ui/main.jsx --bundle --outfile=out/app.js", ["inject out/app.js out/app.js.map", "rm out/app.js.map", '--define:process.env.SENTRY_DSN=\\"\\\\\\"$SENTRY_DSN\\\\\\"\\"']),
    ],
)  # fmt: skip
def test_esbuild_puts_the_dsn_in_and_names_what_it_writes(tmp_path, build, wanted):
    files = {"web/package.json": package(build, {"react": "^19.0.0"}, {"esbuild": "^0.24.0"}), "web/ui/main.jsx": REACT}
    told = left(tmp_path, files | {"web/build.mjs": ESBUILD}, "frontend-sdk", "source-maps")
    assert [w for w in wanted if w not in told] == []


@pytest.mark.parametrize(
    ("build", "env", "folder"),
    [("react-scripts build", "", "build"), ("BUILD_PATH=../static craco build", "", "../static"), ("react-scripts build", "BUILD_PATH=out\n", "out")],
)  # fmt: skip
def test_create_react_app_deletes_the_comments_with_the_maps(tmp_path, build, env, folder):
    manifest = package(build, {"react": "^18.2.0", "react-scripts": "5.0.1"})
    told = left(tmp_path, {"web/package.json": manifest, "web/src/index.js": REACT, "web/.env": env}, "source-maps")
    assert f"sourcemaps inject {folder}\n" in told and f"find {folder} \\( -name '*.js'" in told
    assert "sourceMappingURL" in told and "files do not name" not in told


VUE_3 = "import { createApp } from 'vue'\nimport App from './App.vue'\n\n"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (VUE_3 + "const shop = createApp(App)\nshop.mount('#app')\n", ["web/src/main.js:4, below `shop = createApp(App)`", "app: shop,"]),
        (VUE_3 + "createApp(App).mount('#app')\n", ["const app = createApp(App)\n", "  app,\n", "\n})\n\napp\n"]),
        ("import Vue from 'vue'\n\nnew Vue({ el: '#app' })\n", ["web/src/main.js:3, above `new Vue(…)`", "  Vue,\n"]),
    ],
)  # fmt: skip
def test_a_vue_application_is_given_to_the_sdk_where_it_is_made(tmp_path, code, wanted):
    manifest = package("vue-cli-service build", {"vue": "^3.4.0"}, {"@vue/cli-service": "^5.0.8"})
    told = left(tmp_path, {"web/package.json": manifest, "web/src/main.js": code})
    assert [w for w in wanted if w not in told] == [] and "instrument" not in told


def test_each_environment_of_angular_gets_its_own_name(tmp_path):
    folder = "web/src/environments/environment"
    files = {f"{folder}{n}.ts": "export const environment = {};\n" for n in ("", ".prod", ".staging")}
    files |= {"web/package.json": package("ng build", {"@angular/core": "^17.0.0"}), "web/src/main.ts": "start();\n"}
    told = left(tmp_path, files)
    assert f"{folder}.prod.ts, in the object (a browser's DSN is public)\n  sentryDsn: \"https" in told
    assert 'sentryEnvironment: "staging"' in told and 'sentryDsn: "", sentryEnvironment: "development"' in told


def test_the_places_that_build_it_are_named(tmp_path):
    flow = "name: Deploy\non: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: production\n"
    flow += "    steps:\n      - uses: actions/checkout@v4\n      - run: npm ci && npm run build\n        working-directory: web\n      - run: ./deploy.sh\n"
    told = left(
        tmp_path, webpack("src/index.js", REACT) | {".github/workflows/deploy.yml": flow}, "frontend-sdk", "source-maps"
    )
    assert told.count("# .github/workflows/deploy.yml:9 builds it: in the environment of that step") == 2
    assert "# the build needs SENTRY_AUTH_TOKEN (a secret) and SENTRY_RELEASE (the commit that is deployed)\n#" in told


@pytest.mark.parametrize(
    ("release", "argument"),
    [("", "SENTRY_RELEASE"), ("release: process.env.GIT_SHA, ", "GIT_SHA"), ('release: "shop@1", ', "")],
)
def test_an_image_is_handed_the_release_beside_the_token(tmp_path, release, argument):
    init = f"import * as Sentry from '@sentry/react';\n\nSentry.init({{ {release}dsn: process.env.DSN }});\n"
    files = webpack("src/index.js", init + REACT)
    files["web/package.json"] = files["web/package.json"].replace('"react":', '"@sentry/react": "^10.0.0", "react":')
    told = left(tmp_path, files | {"web/Dockerfile": "FROM node:22\nCOPY . .\nRUN npm run build\n"}, "source-maps")
    mount = "`RUN --mount=type=secret,id=SENTRY_AUTH_TOKEN,env=SENTRY_AUTH_TOKEN …` there"
    given = f"--build-arg {argument}=… " if argument else ""
    above = f"`ARG {argument}` above it, " if argument else ""
    assert f"builds it: {above}{mount}, and `{given}--secret id=SENTRY_AUTH_TOKEN,env=SENTRY_AUTH_TOKEN`" in told, told


def test_an_init_that_is_not_known_to_run_is_a_check_and_no_text(tmp_path):
    glob = "const glob = require('glob');\nmodule.exports = { entry: glob.sync('./js/*.js') };\n"
    files = webpack("js/a.js", "import './sentry';\n", glob)
    files |= {"web/js/sentry.js": "import * as Sentry from '@sentry/browser';\n\nSentry.init({ dsn: window.DSN });\n"}
    told = left(tmp_path, files)
    assert "check that production calls Sentry.init() in web/js/sentry.js:3 before the page renders" in told
    assert "in a module that the entry imports first" not in told and "edit web/js" not in told


def test_a_folder_that_is_computed_from_the_modules_url_is_named(tmp_path):
    config = "import path, { dirname } from 'path';\nimport { fileURLToPath } from 'url';\n\nexport default {\n  entry: './src/index.js',\n"
    config += "  output: { path: path.resolve(dirname(fileURLToPath(import.meta.url)), 'shop/dist') },\n};\n"
    told = left(tmp_path, webpack("src/index.js", REACT, config), "source-maps")
    assert "filesToDeleteAfterUpload: ['./shop/dist/**/*.map']" in told


@pytest.mark.parametrize(("version", "written"), [("6.0.1", '"10.78.0"'), ("^6.0.1", '"^10.78.0"')])
def test_versions_are_exact_where_all_others_are(tmp_path, version, written):
    dependencies = {"react": "16.14.0", "react-dom": "16.14.0"}
    manifest = json.dumps(
        {
            "private": True,
            "scripts": {"build": "vite build"},
            "dependencies": dependencies,
            "devDependencies": {"vite": version},
        }
    )
    page = '<div id="root"></div>\n<script type="module" src="/src/main.jsx"></script>\n'
    files = {"web/package.json": manifest, "web/index.html": page, "web/src/main.jsx": "import 'react-dom';\n"}
    done = after(tmp_path, READY | files, "frontend-sdk")
    assert f'"@sentry/react": {written}' in done.text("web/package.json")


def test_env_files_of_modes_that_are_in_git_get_no_example_beside_them(tmp_path):
    manifest = package("vite build", {"react": "^19.0.0"}, {"vite": "^7.0.0"})
    page = '<script type="module" src="/src/main.jsx"></script>\n'
    files = {"web/package.json": manifest, "web/index.html": page, "web/src/main.jsx": REACT}
    plain = after(tmp_path / "plain", READY | files, "frontend-sdk")
    kept = after(tmp_path / "kept", READY | files | {"web/.env.production": "VITE_API=/api\n"}, "frontend-sdk")
    assert "VITE_SENTRY_DSN" in plain.text("web/.env.example") and "web/.env.example" not in kept.files


def test_the_options_of_a_framework_are_indented_as_code_is(tmp_path):
    told = left(tmp_path, next_files("15.3.0", "module.exports = {};\n", "next.config.js", "app/page.js"))
    rows = [
        r.strip("\n") for r in told.splitlines() if "dataCollection" in r or "userInfo" in r or "tracesSampleRate" in r
    ]
    depths = [len(r) - len(r.lstrip()) for r in rows]
    assert [d - depths[0] for d in depths] == [0, 0, 2]


def test_a_range_that_lets_in_a_newer_next_does_not_count_as_the_old_one(tmp_path):
    told = left(tmp_path, next_files("^15.1.3", "module.exports = {};\n", "next.config.js", "app/page.js"))
    assert "instrumentation-client.js" in told and "makes this version" not in told


@pytest.mark.parametrize(
    ("build", "bundler", "name", "code", "wanted"),
    [
        ("node build.mjs", "esbuild", "build.mjs", 'import * as esbuild from "esbuild";\nawait esbuild.build({ entryPoints: ["src/main.js"], bundle: true, outdir: "dist" });\n', '`sourcemap: "external"` in the options that esbuild is given by web/build.mjs'),
        ("esbuild src/main.js --bundle --outdir=dist", "esbuild", "note.txt", "", "`--sourcemap=external` at the end of the command"),
        ("rollup -c", "rollup", "rollup.config.mjs", 'export default { input: "src/main.js", output: { file: "dist/b.js" }, plugins: [] };\n', '`sourcemap: "hidden"` in `output` of web/rollup.config.mjs'),
    ],
)  # fmt: skip
def test_the_setting_for_maps_names_the_file_that_it_goes_into(tmp_path, build, bundler, name, code, wanted):
    files = {
        "web/package.json": package(build, {"react": "^19.0.0", "react-dom": "^19.0.0"}, {bundler: "^4.0.0"}),
        f"web/{name}": code,
        "web/src/main.js": REACT,
    }
    told = left(tmp_path, files, "source-maps", "frontend-sdk")
    assert wanted in told and ("web/rollup.config.mjs, the first of `plugins`" in told) is (bundler == "rollup")


@pytest.mark.parametrize(
    ("version", "module"),
    [("15.3.0", "@sentry/nextjs/config"), ("13.5.6", "@sentry/nextjs"), ("12.1.0", "@sentry/nextjs")],
)
def test_the_function_that_wraps_comes_from_where_its_version_has_it(tmp_path, version, module):
    for name, config, line in [
        ("next.config.mjs", "export default {};\n", f'import {{ withSentryConfig }} from "{module}";'),
        ("next.config.js", "module.exports = {};\n", f'const {{ withSentryConfig }} = require("{module}");'),
    ]:
        assert line in left(tmp_path / name, next_files(version, config, name, "app/page.js"), "source-maps")


def test_of_several_configurations_the_one_of_production_is_named(tmp_path):
    dev = "module.exports = { mode: 'development', devtool: 'eval', entry: './src/index.js' };\n"
    files = webpack("src/index.js", REACT) | {
        "web/webpack.dev.cjs": dev,
        "web/webpack.prod.cjs": "module.exports = { mode: 'production', entry: './src/index.js' };\n",
    }
    del files["web/webpack.config.js"]
    manifest = json.loads(files["web/package.json"])
    manifest["scripts"] = {
        "build": "webpack --config webpack.dev.cjs",
        "build:prod": "webpack --config webpack.prod.cjs",
    }
    files["web/package.json"] = json.dumps(manifest)
    told = left(tmp_path, files, "source-maps")
    assert "// web/webpack.prod.cjs" in told and "webpack.dev.cjs" not in told, told
