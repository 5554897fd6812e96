"""The step of a Vite build besides its maps: imports, types, tokens, packages, and what the person is told."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, VITE, after


def test_a_build_in_an_image_gets_the_config_and_a_secret_mount_that_its_build_hands_in(tmp_path):
    flow = (
        "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n"
        "        with:\n          push: true\n"
    )
    files = (
        READY
        | VITE
        | {"Dockerfile": "FROM node:22\nCOPY web .\nRUN npm run build\n", ".github/workflows/deploy.yml": flow}
    )
    done = after(tmp_path, files, "source-maps")
    assert done.steps["source-maps"].outcome == "applied" and "sentryVitePlugin(" in done.text("web/vite.config.ts")
    mount = "RUN --mount=type=secret,id=sentry_auth_token,env=SENTRY_AUTH_TOKEN npm run build\n"
    assert done.text("Dockerfile").endswith(f"ARG SENTRY_RELEASE\n{mount}")
    handed = "          secrets: |\n            sentry_auth_token=${{ secrets.SENTRY_AUTH_TOKEN }}\n"
    assert done.text(".github/workflows/deploy.yml").endswith(handed)
    for item in ("source-maps", "token-not-in-image"):
        assert done.applied.report.result(item).outcome.value == "pass"


LOADED = "const { defineConfig } = require('vite');\n\nmodule.exports = defineConfig({ plugins: [] });\n"


@pytest.mark.parametrize(
    ("names", "loaded"),
    [
        (("vite.config.js", "vite.config.ts"), "vite.config.js"),
        (("vite.config.mjs", "vite.config.ts"), "vite.config.mjs"),
        (("vite.config.cjs", "vite.config.ts"), "vite.config.ts"),
        (("vite.config.mts", "vite.config.cjs"), "vite.config.cjs"),
    ],
)
def test_of_two_configs_the_one_that_vite_loads_decides_and_both_are_edited(tmp_path, names, loaded):
    typed = VITE["web/vite.config.ts"]
    files = {p: t for p, t in (READY | VITE).items() if p != "web/vite.config.ts"}
    files |= {f"web/{n}": LOADED if n.endswith(".cjs") else typed for n in names}
    done = after(tmp_path, files, "source-maps")
    assert all("sentryVitePlugin({" in done.text(f"web/{n}") for n in names)
    verdict = done.applied.report.result("source-maps")
    assert any(e.path == f"web/{loaded}" for e in verdict.evidence), verdict.evidence


def test_a_second_config_that_cannot_be_edited_is_left_with_its_text(tmp_path):
    files = (
        READY
        | VITE
        | {"web/vite.config.js": VITE["web/vite.config.ts"], "web/vite.config.ts": "export default own();\n"}
    )
    done = after(tmp_path, files, "source-maps")
    assert "sentryVitePlugin({" in done.text("web/vite.config.js")
    told = next(t for t in done.steps["source-maps"].manual if t.path == "web/vite.config.ts")
    assert "web/vite.config.js" in told.reason and "sentryVitePlugin({" in told.snippet


HEAD = (
    'import path from "node:path";\nimport tailwind from "@tailwindcss/vite";\nimport { defineConfig } from "vite";\n'
)
OURS = 'import { sentryVitePlugin } from "@sentry/vite-plugin";\n'
REST = "\nexport default defineConfig({ plugins: [tailwind()] });\n"


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        (HEAD, HEAD.replace("import tailwind", OURS + "import tailwind")),
        (HEAD.replace("\n", "\r\n"), HEAD.replace("import tailwind", OURS + "import tailwind").replace("\n", "\r\n")),
        (HEAD + 'import own from "./own";\n', HEAD.replace("import tailwind", OURS + "import tailwind") + 'import own from "./own";\n'),
        (HEAD.replace("import tailwind", "// Styles\nimport tailwind"), None),
        # A directive or the head of the file does not speak of the import below it.
        *(
            (f"{head}\n" + HEAD.partition("\n")[2], f"{head}\n" + OURS + HEAD.partition("\n")[2])
            for head in ('/// <reference types="vitest" />', "// The build of the shop.", "// SPDX-License-Identifier: MIT\n")
        ),
        ("// @ts-expect-error no types\n" + HEAD.partition("\n")[2], None),
        (HEAD.replace("vite\";", "vite\"; // é"), None),
        ('import { defineConfig } from "vite";\nimport tailwind from "@tailwindcss/vite";\n\nimport own from "./own";\n', None),
    ],
)  # fmt: skip
def test_sorted_imports_stay_sorted(tmp_path, imports, expected):
    rest = REST.replace("\n", "\r\n") if "\r" in imports else REST
    done = after(tmp_path, READY | VITE | {"web/vite.config.ts": imports + rest}, "source-maps").text(
        "web/vite.config.ts"
    )
    if expected is not None:
        assert done.startswith(expected)
    before = [line for line in imports.splitlines() if line.startswith(("import", "//"))]
    assert [line for line in done.splitlines() if line in before] == before and done.count("sentryVitePlugin }") == 1
    assert done.find('"@sentry/vite-plugin"') < (done.find('"./own"') if "./own" in done else len(done))


TYPES = '/// <reference types="vite/client" />\n\ninterface ImportMetaEnv {\n%s}\n'
ROWS = "  readonly VITE_SENTRY_DSN?: string;\n  readonly VITE_SENTRY_ENVIRONMENT?: string;\n"


@pytest.mark.parametrize(
    ("rows", "interfaces"),
    [("", 1), ("  readonly VITE_API: string;\n", 1), ("  // é\n  readonly VITE_API: string;\n", 1), ("  [key: string]: any;\n", 2)],
)  # fmt: skip
def test_the_interface_of_variables_that_exists_is_used(tmp_path, rows, interfaces):
    files = READY | VITE | {"web/src/vite-env.d.ts": TYPES % rows}
    done = after(tmp_path, files, "frontend-sdk").text("web/src/vite-env.d.ts")
    assert done.count("interface ImportMetaEnv") == interfaces and ROWS in done and rows in done
    assert interfaces == 2 or done == TYPES % (rows + ROWS)


CLIENT = '/// <reference types="vite/client" />\n'
MADE = "interface ImportMetaEnv {\n" + ROWS + "}\n"


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        ({"web/src/global.d.ts": CLIENT + "\ninterface Window {\n  shop: string;\n}\n"}, "web/src/global.d.ts", CLIENT + "\ninterface Window {\n  shop: string;\n}\n\n" + MADE),
        ({"web/types/env.d.ts": TYPES % "  readonly VITE_API: string;\n"}, "web/types/env.d.ts", TYPES % ("  readonly VITE_API: string;\n" + ROWS)),
        (
            {"web/src/global.d.ts": CLIENT, "web/env.d.ts": "interface ImportMetaEnv {\n  readonly VITE_API: string;\n}\n"},
            "web/env.d.ts",
            "interface ImportMetaEnv {\n  readonly VITE_API: string;\n" + ROWS + "}\n",
        ),
        ({}, "web/src/vite-env.d.ts", CLIENT + "\n" + MADE),
        # What a declared module exports does not make the file one.
        (
            {"web/src/global.d.ts": CLIENT + "declare module '*.mdx' {\n  export default '';\n}\n"},
            "web/src/global.d.ts",
            CLIENT + "declare module '*.mdx' {\n  export default '';\n}\n\n" + MADE,
        ),
        # The compiler's configuration names the types, and a module declares globals in another way: neither is edited.
        ({"web/tsconfig.json": '{"compilerOptions": {"types": ["vite/client"]}}\n'}, None, ""),
        ({"web/src/global.d.ts": CLIENT + "export {};\n"}, None, ""),
        ({"web/src/vite-env.d.ts": CLIENT + 'import type React from "react";\n'}, None, ""),
        (
            {"web/src/vite-env.d.ts": CLIENT + "declare global {\n  interface ImportMetaEnv {\n    readonly VITE_API: string;\n  }\n}\nexport {};\n"},
            "web/src/vite-env.d.ts",
            CLIENT + "declare global {\n  interface ImportMetaEnv {\n    readonly VITE_API: string;\n  }\n}\nexport {};\n\ndeclare global {\n"
            + "".join(f"  {row}\n" for row in MADE.splitlines()) + "}\n",
        ),
        ({"web/src/vite-env.d.ts": "export type Shop = string;\n"}, "web/src/sentry-env.d.ts", CLIENT + "\n" + MADE),
    ],
)  # fmt: skip
def test_the_variables_are_declared_where_the_others_are(tmp_path, files, path, expected):
    done = after(tmp_path, READY | VITE | files, "frontend-sdk")
    changed = {n: t for n, t in done.files.items() if n.endswith(".d.ts") and t != files.get(n)}
    assert changed == ({} if path is None else {path: expected})


DELETED = '["./out-of-the-shop-and-all-of-it/**/*.map"]'


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        ({}, f"      sourcemaps: {{\n        filesToDeleteAfterUpload: {DELETED},\n      }},\n"),
        ({"web/.prettierrc": "printWidth: 100\n"}, f"      sourcemaps: {{ filesToDeleteAfterUpload: {DELETED} }},\n"),
        (
            {"web/.prettierrc": "printWidth: 70\n"},
            f"      sourcemaps: {{\n        filesToDeleteAfterUpload: [\n          {DELETED[1:-1]},\n        ],\n      }},\n",
        ),
    ],
)
def test_the_maps_to_delete_fit_the_width(tmp_path, more, rows):
    config = 'import { defineConfig } from "vite";\n\nexport default defineConfig({\n  plugins: [],\n  build: { outDir: "out-of-the-shop-and-all-of-it" },\n});\n'
    done = after(tmp_path, READY | VITE | {"web/vite.config.ts": config} | more, "source-maps")
    assert rows in done.text("web/vite.config.ts")


@pytest.mark.parametrize("read", [True, False])
def test_an_example_names_the_environment_of_the_browser_where_it_is_read(tmp_path, read):
    environment = "import.meta.env.VITE_SENTRY_ENVIRONMENT" if read else '"production"'
    call = f"Sentry.init({{ dsn: import.meta.env.VITE_SENTRY_DSN, environment: {environment} }});\n"
    main = 'import * as Sentry from "@sentry/react";\n' + call + VITE["web/src/main.tsx"]
    done = after(tmp_path, READY | VITE | {"web/src/main.tsx": main}, "frontend-sdk").text("web/.env.example")
    assert "VITE_SENTRY_DSN=\n" in done and ("VITE_SENTRY_ENVIRONMENT=" in done) == read


TEST_AND_IMAGE = {
    f".github/workflows/{name}.yml": (
        f"on: push\njobs:\n  {name}:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - run: npm run build\n        working-directory: web\n      - {then}\n"
    )
    for name, then in (("test", "run: pytest"), ("image", "uses: docker/build-push-action@v6"))
}


def test_a_build_of_tests_gets_no_token_where_another_hands_on_its_result(tmp_path):
    done = after(tmp_path, READY | VITE | TEST_AND_IMAGE, "source-maps", "frontend-sdk")
    given = [n for n in TEST_AND_IMAGE if "SENTRY_AUTH_TOKEN" in done.text(n) and "VITE_SENTRY_DSN" in done.text(n)]
    assert given == [".github/workflows/image.yml"] and done.text(".github/workflows/test.yml").count("SENTRY") == 0


def test_the_only_build_gets_the_token(tmp_path):
    of_main = "on: {push: {branches: [main]}}\n"
    flow = {k: v.replace("on: push\n", of_main) for k, v in TEST_AND_IMAGE.items() if "test" in k}
    assert "SENTRY_AUTH_TOKEN" in after(tmp_path, READY | VITE | flow, "source-maps").text(*flow)


@pytest.mark.parametrize(
    ("lock", "added"),
    [
        ("pnpm-lock.yaml", "pnpm add --save-dev @sentry/webpack-plugin"),
        ("yarn.lock", "yarn add --dev @sentry/webpack-plugin"),
        ("bun.lock", "bun add --dev @sentry/webpack-plugin"),
        ("package-lock.json", "npm install --save-dev @sentry/webpack-plugin"),
    ],
)
def test_commands_are_those_of_the_package_manager(tmp_path, lock, added):
    package = '{"scripts": {"build": "webpack"}, "dependencies": {"webpack": "5", "react": "18"}}\n'
    done = after(tmp_path, READY | {"web/package.json": package, f"web/{lock}": ""}, "source-maps")
    assert added in done.left


@pytest.mark.parametrize(
    ("package", "variable", "maps"),
    [
        ('"next": "16", "react": "19"', "NEXT_PUBLIC_SENTRY_DSN", "withSentryConfig"),
        ('"react-scripts": "5", "react": "18"', "REACT_APP_SENTRY_DSN", "sourcemaps upload --org acme"),
        ('"webpack": "5", "react": "18"', "SENTRY_DSN", "sentryWebpackPlugin({"),
        ('"@angular/core": "20"', "isDevMode() ? ", '"hidden": true'),
        ('"nuxt": "4", "vue": "3"', "NUXT_PUBLIC_SENTRY_DSN", "@sentry/nuxt/module"),
    ],
)
def test_what_is_not_edited_has_the_text_of_its_own_framework(tmp_path, package, variable, maps):
    tool = package.split('"')[1].replace("react-scripts", "react-scripts build").replace("@angular/core", "ng build")
    manifest = f'{{"private": true, "scripts": {{"build": "{tool} build"}}, "dependencies": {{{package}}}}}\n'
    done = after(
        tmp_path, READY | {"web/package.json": manifest, "web/src/index.js": "start()\n"}, "frontend-sdk", "source-maps"
    )
    assert done.steps["source-maps"].outcome == "refused" and "web/package.json" not in done.steps["frontend-sdk"].files
    assert variable in done.left and maps in done.left and "VITE_" not in done.left and "{org}" not in done.left


APPS = "{ rollupOptions: { input: { shop: '%s/main.tsx', map: '%s/main.tsx' } } }"


@pytest.mark.parametrize(
    ("first", "second", "modules"),
    [
        ("shop/front/src", "maps/front/src", ["maps/front/src/instrument.ts", "shop/front/src/instrument.ts"]),
        ("assets/src/shop", "assets/src/maps", ["assets/src/instrument.ts"]),
        ("src", "src", ["src/instrument.ts"]),
    ],
)
def test_each_application_of_a_package_imports_a_module_of_its_own_folders(tmp_path, first, second, modules):
    files = {k: v for k, v in VITE.items() if k == "web/package.json"}
    entry = VITE["web/src/main.tsx"]
    files |= {f"web/{first}/main.tsx": entry, f"web/{second}/{'main' if first != second else 'other'}.tsx": entry}
    build = (
        APPS % (first, second)
        if first != second
        else APPS.replace("%s/main.tsx' }", "%s/other.tsx' }") % (first, second)
    )
    files["web/vite.config.ts"] = f"{HEAD}export default defineConfig({{ build: {build} }});\n"
    done = after(tmp_path, READY | files, "frontend-sdk")
    assert sorted(n for n in done.files if n.endswith("instrument.ts")) == [f"web/{m}" for m in modules]
    imports = [t.splitlines()[0] for n, t in sorted(done.files.items()) if n.endswith(".tsx")]
    assert len(imports) == 2 and all(
        i.startswith("import") and "instrument" in i and i.count("../") < 2 for i in imports
    )


@pytest.mark.parametrize(
    ("example", "used"),
    [("SECRET_KEY=\n", "web/.env.example"), ("SECRET_KEY=\nVITE_API=\n", ".env.example")],
)
def test_the_variables_of_a_bundle_are_named_where_its_bundler_reads_them(tmp_path, example, used):
    done = after(tmp_path, READY | VITE | {".env.example": example}, "frontend-sdk")
    assert [n for n, t in done.files.items() if "VITE_SENTRY_DSN=" in t] == [used]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"web/default.env.development": "VITE_API=x\n"}, "web/default.env.development"),
        ({"web/.env.default": "VITE_API=x\n"}, "web/.env.default"),
        ({"web/.env": "# Optional: VITE_ variables.\n"}, "web/.env"),
        ({"web/.env": "VITE_API=/api\n"}, "web/.env"),
        ({"web/.env": "VITE_API=/api\n", "web/.env.example": "VITE_API=\n"}, "web/.env.example"),
        # Another program's variables: what is kept there is not the browser's alone.
        ({"web/.env": "PORT=3000\n"}, "web/.env.example"),
        ({}, "web/.env.example"),
    ],
)
def test_the_browsers_variables_are_named_where_the_project_names_its_own(tmp_path, more, named):
    done = after(tmp_path, READY | VITE | more | {".gitignore": ".env.local\n"}, "frontend-sdk")
    assert [n for n, text in done.files.items() if "VITE_SENTRY_DSN=\n" in text] == [named]
    report = done.applied.report
    assert report is not None and report.result("env-example-complete").outcome.value == "pass"


IMAGE = "FROM node:24\nWORKDIR /web\nCOPY web .\nRUN npm ci\nRUN npm run build\n"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, True),
        ({".github/workflows/lint.yml": "on: push\njobs:\n  lint:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm run lint\n"}, True),
        ({"web/Dockerfile": IMAGE}, False),
        (TEST_AND_IMAGE, False),
    ],
)  # fmt: skip
def test_who_builds_is_told_what_the_build_needs_where_no_file_builds(tmp_path, more, told):
    left = after(tmp_path, READY | VITE | more, "source-maps", "frontend-sdk").left
    assert ("set SENTRY_AUTH_TOKEN and SENTRY_RELEASE where web is built for production" in left) == told
    assert ("set VITE_SENTRY_DSN where web is built for production" in left) == told


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        ({"web/package-lock.json": '{"packages": {}}\n'}, "npm install --package-lock-only"),
        ({"web/yarn.lock": ""}, "yarn install"),
        ({"web/pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}, "pnpm install --lockfile-only"),
    ],
)
def test_a_command_is_told_once(tmp_path, lock, command):
    done = after(tmp_path, READY | VITE | lock, "source-maps", "frontend-sdk")
    asked = [t.command for s in done.applied.steps for t in s.manual if (t.command or "").startswith(command)]
    assert len(asked) == 1 and len([t for t in done.applied.by_hand if t.command in asked]) == 1


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("export default { build: { outDir: 'admin' } }\n", True),
        ("export default { build: { ssr: 'src/server.ts' } }\n", False),
        (
            "import { sentryVitePlugin } from '@sentry/vite-plugin'\nexport default { plugins: [sentryVitePlugin()] }\n",
            False,
        ),
    ],
)
def test_of_several_configs_for_browsers_those_that_are_not_edited_are_told(tmp_path, second, told):
    build = '"build": "vite build -c vite.shop.js", "build:admin": "vite build -c vite.admin.js"'
    package = f'{{"name": "web", "scripts": {{{build}}}, "devDependencies": {{"vite": "^7.0.0"}}}}\n'
    shop = "export default { build: { outDir: 'shop' } }\n"
    files = {k: v for k, v in (READY | VITE).items() if "vite.config" not in k}
    made = {"web/package.json": package, "web/vite.shop.js": shop, "web/vite.admin.js": second}
    done = after(tmp_path, files | made, "source-maps")
    assert "./shop/**/*.map" in done.text("web/vite.shop.js") and done.text("web/vite.admin.js") == second
    left = [t for t in done.applied.by_hand if "web/vite.admin.js" in t.title]
    assert [t.reason for t in left] == [
        "a script builds with web/vite.admin.js too, and only web/vite.shop.js was edited; its maps are not uploaded"
    ] * told


OWN = (
    "import { sentryVitePlugin } from '@sentry/vite-plugin'\n\nexport default {\n"
    "  plugins: [sentryVitePlugin({ org: 'acme', project: 'web' })],\n  build: { sourcemap: true },\n}\n"
)
BUILDS = {
    ".github/workflows/deploy.yml": "on:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: production\n"
    "    steps:\n      - uses: actions/checkout@v4\n      - run: npm run build\n        working-directory: web\n        env:\n"
    "          SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}\n      - run: ./deploy.sh\n"
}


@pytest.mark.parametrize("workflow", [{}, BUILDS])
def test_a_plugin_that_leaves_public_maps_deletes_them_whether_they_are_uploaded_already(tmp_path, workflow):
    done = after(tmp_path, READY | VITE | {"web/vite.config.ts": OWN} | workflow, "source-maps")
    config = done.text("web/vite.config.ts")
    assert "sourcemaps: { filesToDeleteAfterUpload: ['./dist/**/*.map'] }" in config and "sourcemap: 'hidden'" in config
    assert config.count("sentryVitePlugin(") == 1
    assert done.applied.report.result("source-maps-private").outcome.value == "pass"


def test_maps_that_are_private_by_another_way_stay_as_they_are(tmp_path):
    removed = {k: v.replace("./deploy.sh", "rm web/dist/assets/*.map && ./deploy.sh") for k, v in BUILDS.items()}
    done = after(tmp_path, READY | VITE | {"web/vite.config.ts": OWN} | removed, "source-maps")
    assert done.text("web/vite.config.ts") == OWN


def test_an_upload_of_the_command_line_gets_no_plugin_beside_it(tmp_path):
    upload = "npx sentry-cli sourcemaps upload --org acme --project web web/dist\n        env:\n          SENTRY_AUTH_TOKEN: ${{ secrets.T }}\n"
    flow = {
        k: v.replace("      - run: ./deploy.sh\n", f"      - run: {upload}      - run: ./deploy.sh\n")
        for k, v in BUILDS.items()
    }
    config = "export default { build: { sourcemap: true } }\n"
    done = after(tmp_path, READY | VITE | {"web/vite.config.ts": config} | flow, "source-maps")
    assert done.text("web/vite.config.ts") == config


PRETTIER = [
    (".prettierrc", '{"trailingComma": "none"}', ""),
    (".prettierrc.yaml", "trailingComma: none\n", ""),
    ("web/biome.json", '{"javascript": {"formatter": {"trailingCommas": "none"}}}', ""),
    ("web/.prettierrc", '{"trailingComma": "es5"}', ","),
    ("web/.prettierrc", '{"singleQuote": true}', ","),
]


@pytest.mark.parametrize(("name", "text", "comma"), PRETTIER)
@pytest.mark.parametrize("sdk", ["10", "11"])
def test_the_last_element_ends_as_the_formatter_writes_it(tmp_path, name, text, comma, sdk):
    manifest = VITE["web/package.json"].replace('"react":', f'"@sentry/react": "^{sdk}.12.0",\n    "react":')
    files = READY | VITE | {name: text, "web/package.json": manifest}
    done = after(tmp_path, files, "source-maps", "frontend-sdk")
    made, config = done.text("web/src/instrument.ts"), done.text("web/vite.config.ts")
    last = (
        "    genAI: { inputs: false, outputs: false }%s\n  }%s\n});\n"
        if sdk == "11"
        else "  tracesSampleRate: 0.1%s\n});\n"
    )
    assert made.endswith(last.replace("%s", comma)), made
    assert f'    sourcemaps: {{ filesToDeleteAfterUpload: ["./dist/**/*.map"] }}{comma}\n' in config, config
    assert ",\n" in made


def test_a_module_without_commas_at_the_end_stays_without(tmp_path):
    entry = VITE["web/src/main.tsx"] + "\nexport const options = {\n  a: 1,\n  b: 2\n};\n"
    done = after(tmp_path, READY | VITE | {"web/src/main.tsx": entry}, "frontend-sdk")
    assert done.text("web/src/instrument.ts").endswith("outputs: false }\n  }\n});\n")
