"""Source maps judged by the build that is deployed: its conditions, variables, flags, scripts, and what removes its maps."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_ci_items import CI, TOKEN
from tests.support.repo import backend, check_one, workflow

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
DELETES = "sourcemaps: { filesToDeleteAfterUpload: ['./dist/**/*.map'] }"
CALL = "sentryVitePlugin({ org: 'acme', project: 'web', authToken: process.env.SENTRY_AUTH_TOKEN, %s })"
HEAD = "import { defineConfig, loadEnv } from 'vite'\nimport { sentryVitePlugin } from '@sentry/vite-plugin'\n"


def config(
    options: str = DELETES, *, gate: str = "%s", before: str = "", build: str = "sourcemap: 'hidden'", more: str = ""
) -> str:
    plugin = gate.replace("%s", CALL % options)
    return (
        f"{HEAD}export default defineConfig(({{ mode, command }}) => {{\n  {before}\n"
        f"  return {{ plugins: [{plugin}], build: {{ {build} }}, {more} }}\n}})\n"
    )


def shop(
    vite: str,
    *,
    scripts: dict[str, str] | None = None,
    run: str = "npm run build",
    env: str = TOKEN,
    root: str = "web",
    **files: str,
) -> dict[str, str]:
    """A Django project with a Vite frontend that one workflow builds."""
    package = {
        "name": "web",
        "private": True,
        "scripts": scripts or {"build": "vite build"},
        "dependencies": {"react": "19"},
        "devDependencies": {"vite": "7", "@sentry/vite-plugin": "^4.6.0"},
    }
    flow = workflow(run, env=env)
    if run.startswith("npm run build") and root:
        flow += f"        working-directory: {root}\n"
    made = backend() | {CI: flow, f"{root}/package.json": json.dumps(package), f"{root}/index.html": "<div></div>"}
    return made | {f"{root}/vite.config.ts": vite} | {k.replace("__", "/"): v for k, v in files.items()}


def said(item: str, files: dict[str, str]) -> tuple[Outcome, str]:
    result = check_one(item, files)
    return result.outcome, " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])


MAPS = [
    ("plain", shop(config()), P, "uploads the maps"),
    ("inverted", shop(config(f"{DELETES}, disable: process.env.NODE_ENV === 'production'")), F, "`disable` is"),
    ("staging-name", shop(config(f"{DELETES}, disable: mode !== 'staging'")), F, "`mode !== 'staging'`"),
    ("on-in-ci", shop(config(f"{DELETES}, disable: !process.env.CI")), P, "uploads the maps"),
    ("opt-out-unset", shop(config(f"{DELETES}, disable: process.env.SKIP_SENTRY === '1'")), P, "uploads the maps"),
    ("maps-off", shop(config("sourcemaps: { disable: true }")), F, "`sourcemaps.disable` is `true`"),
    ("serve", shop(config(gate="command === 'serve' && %s")), F, "it is on only with `command === 'serve'`"),
    ("mode", shop(config(gate="mode === 'staging' && %s")), F, "`mode === 'staging'`"),
    ("mode-flag", shop(config(gate="mode === 'staging' && %s"), scripts={"build": "vite build --mode staging"}), P, ""),
    ("mode-argument", shop(config(gate="mode === 'live' && %s"), run="npm run build -- --mode live"), P, ""),
    ("mode-variable", shop(config(gate="mode === 'live' && %s"), run="npm run build -- --mode $MODE"), U, "'live'"),
    ("emptied", shop(config(), scripts={"build": "cross-env SENTRY_AUTH_TOKEN= vite build"}), F, "no `SENTRY_AUTH_TOKEN`"),
    ("emptied-before", shop(config(), run="cd web && SENTRY_AUTH_TOKEN='' npm run build"), F, "no `SENTRY_AUTH_TOKEN`"),
    ("given-again", shop(config(), run="cd web && SENTRY_AUTH_TOKEN=$TOKEN npm run build", env=""), P, ""),
    ("no-token", shop(config(gate="process.env.SENTRY_AUTH_TOKEN && %s"), env=""), F, "no `SENTRY_AUTH_TOKEN`"),
    ("unset", shop(config(gate="process.env.RELEASE && %s")), U, "no build step sets `RELEASE`"),
    ("unset-spread", shop(config(gate="...(process.env.RELEASE ? [%s] : [])")), U, "`RELEASE`"),
    ("set", shop(config(gate="process.env.RELEASE && %s"), env=f"{TOKEN}\nRELEASE: '1'"), P, ""),
    ("in-command", shop(config(gate="process.env.RELEASE && %s"), scripts={"build": "cross-env RELEASE=1 vite build"}), P, ""),
    ("named", shop(config(gate="...extra", before="const extra = mode === 'dev' ? [%s] : []".replace("%s", CALL % ""))), F, "dev"),
    ("unused", shop(config(gate="", before="const extra = " + CALL % DELETES)), F, "nothing uses it"),
    ("early-return", shop(config(before="if (command === 'build') return {}")), F, ""),
    (
        "public-only",
        shop(config(before="const env = loadEnv(mode, process.cwd())", gate="env.SENTRY_ORG && %s"), env=f"{TOKEN}\nSENTRY_ORG: a"),
        F,
        "`env.SENTRY_ORG`",
    ),
    (
        "every-variable",
        shop(config(before="const env = loadEnv(mode, process.cwd(), '')", gate="env.SENTRY_ORG && %s"), env=f"{TOKEN}\nSENTRY_ORG: a"),
        P,
        "",
    ),
    ("assets-elsewhere", shop(config("include: './dist', sourcemaps: { assets: './build/**' }")), F, "web/build/**"),
    ("assets-maps", shop(config("sourcemaps: { assets: './dist/**/*.map' }")), F, "web/dist/**/*.map"),
    ("assets-computed", shop(config("sourcemaps: { assets: pick() }")), U, "`sourcemaps.assets` is `pick()`"),
    ("ignore-all", shop(config("sourcemaps: { ignore: ['**'] }")), F, "`sourcemaps.ignore` leaves out"),
    ("ignore-both", shop(config("sourcemaps: { ignore: ['dist/assets/vendor-*', '**/index-*.js'] }")), F, "leaves out"),
    ("ignore-vendor", shop(config("sourcemaps: { ignore: 'dist/assets/vendor-*' }")), P, ""),
    ("ignore-computed", shop(config("sourcemaps: { ignore: skip }")), U, "`sourcemaps.ignore` is `skip`"),
    ("output-off", shop(config(build="sourcemap: true, rollupOptions: { output: { sourcemap: false } }")), F, "the output's own `sourcemap` is `false`"),
    ("output-of-several", shop(config(build="sourcemap: true, rolldownOptions: { output: [{}, { sourcemap: 'inline' }] }")), F, "`'inline'`"),
    ("output-hidden", shop(config(build="sourcemap: true, rollupOptions: { output: { sourcemap: 'hidden' } }")), P, ""),
    ("output-computed", shop(config(build="sourcemap: true, rollupOptions: { output: { sourcemap: wanted() } }")), U, "cannot be determined"),
    ("assets-fit", shop(config("sourcemaps: { assets: ['dist/assets/*.{js,js.map}'] }")), P, ""),
    ("flag-off", shop(config(), scripts={"build": "vite build --sourcemap false"}), F, "--sourcemap false"),
    ("foreign", shop(config().replace("import { defineConfig, loadEnv } from 'vite'", "import { defineConfig } from '@acme/vite'")), U, "`defineConfig` of `@acme/vite`, which is not followed"),
    ("foreign-file", shop(config().replace("import { defineConfig, loadEnv } from 'vite'", "import { defineConfig } from './build'")), U, "`defineConfig` of `./build`"),
    ("plus", shop(config().replace("import { defineConfig, loadEnv } from 'vite'", "import { defineConfig } from 'vite-plus'")), P, ""),
    ("spread-of-a-function", shop(config(build="", more="...made()", before="").replace("build: {  },", "").replace("export default", "const made = () => ({ build: { sourcemap: 'hidden' } })\nexport default")), P, ""),
    ("spread-of-a-function-off", shop(config(build="", more="...made()").replace("build: {  },", "").replace("export default", "function made() { return { build: { sourcemap: false } } }\nexport default")), F, "build.sourcemap"),
    ("spread-of-two-results", shop(config(build="", more="...made()").replace("build: {  },", "").replace("export default", "function made() { if (told()) return {}\n return { build: { sourcemap: true } } }\nexport default")), U, "cannot be determined"),
    ("spread-off", shop(config(build="...(mode === 'staging' ? { sourcemap: true } : {})")), F, "not turned on"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), [pytest.param(f, o, w, id=n) for n, f, o, w in MAPS])
def test_whether_the_plugin_works_is_decided_with_the_values_of_the_build(files, outcome, words):
    found, text = said("source-maps", files)
    assert found is outcome and words in text, text


WEB = {"name": "root", "private": True, "workspaces": ["web"]}
TURBO = {"tasks": {"build": {"env": ["SENTRY_AUTH_TOKEN"]}}}
ROOTS = [
    ("workspace", "npm run all", {"all": "npm run build -w web"}, {}, P),
    ("workspace-folder", "npm run build --workspace=web", {}, {}, P),
    ("prefix", "npm --prefix web run build", {}, {}, P),
    ("folder", "cd web && npm ci && npm run build", {}, {}, P),
    ("filter", "pnpm --filter web build", {}, {}, P),
    ("yarn", "yarn workspace web build", {}, {}, P),
    ("turbo", "npx turbo run build", {}, {"turbo.json": json.dumps(TURBO)}, P),
    ("turbo-strict", "npx turbo run build", {}, {"turbo.json": json.dumps({"tasks": {"build": {}}})}, F),
    ("turbo-loose", "npx turbo run build", {}, {"turbo.json": json.dumps({"envMode": "loose", "tasks": {}})}, P),
    ("nx", "npx nx build web", {}, {"nx.json": "{}"}, P),
    ("make", "make ship", {}, {"Makefile": "NPM = npm\nship: front\n\techo shipped\nfront:\n\tcd web && $(NPM) run build\n"}, P),
    ("other-workspace", "npm run build -w api", {}, {"api/package.json": '{"name": "api", "scripts": {"build": "tsc"}}'}, U),
]  # fmt: skip


@pytest.mark.parametrize(("run", "scripts", "more", "outcome"), [pytest.param(*r[1:], id=r[0]) for r in ROOTS])
def test_a_build_is_found_from_the_root(run, scripts, more, outcome):
    files = shop(config(), run="X", root="web") | {"package.json": json.dumps(WEB | {"scripts": scripts})}
    found, text = said("source-maps", files | {CI: workflow(run, env=TOKEN)} | more)
    assert found is outcome, text


UPLOAD = "sentry-cli sourcemaps upload --org acme --project web ./build"
CHAINS = [
    ("chain", {"build": "react-scripts build && npm run maps", "maps": UPLOAD}, "npm run build", P, "uploads source maps"),
    ("ci-chain", {"build": "react-scripts build", "postbuild": UPLOAD}, "npm run build", P, "uploads source maps"),
    ("nobody", {"build": "react-scripts build", "maps": UPLOAD}, "npm run build", F, "nothing uploads"),
    ("echoed", {"build": f"react-scripts build && echo '{UPLOAD}'"}, "npm run build", F, "nothing uploads"),
    ("before", {"build": f"{UPLOAD} && react-scripts build"}, "npm run build", F, "it runs before the build"),
]  # fmt: skip


@pytest.mark.parametrize(("scripts", "run", "outcome", "words"), [pytest.param(*c[1:], id=c[0]) for c in CHAINS])
def test_an_upload_counts_where_a_script_that_ci_runs_comes_to_it(scripts, run, outcome, words):
    package = {"name": "web", "scripts": scripts, "dependencies": {"react": "18", "react-scripts": "5"}}
    flow = workflow(run, env=TOKEN) + "        working-directory: web\n"
    files = backend() | {CI: flow, "web/package.json": json.dumps(package), "web/index.html": ""}
    found, text = said("source-maps", files)
    assert found is outcome and words in text, text


def ships(command: str) -> dict[str, str]:
    files = shop(config(""))
    return files | {CI: files[CI] + f"      - run: {command}\n"}


def image(command: str, ignored: str, run: str = "") -> dict[str, str]:
    return ships(command) | {"Dockerfile": f"FROM python:3.13\nCOPY . /srv\n{run}", ".dockerignore": ignored}


def netlify(path: str) -> str:
    return f'[[redirects]]\nfrom = "{path}"\nto = "/404"\nstatus = 404\nforce = true\n'


NGINX = "server {\n  location ~ \\.map$ {\n    return 404;\n  }\n}\n"
ADMIN = "export default { build: { sourcemap: true, outDir: 'dist/admin' } }\n"
PRIVATE = [
    ("plugin", shop(config()), P, "the plugin deletes the maps"),
    ("css-only", shop(config("sourcemaps: { filesToDeleteAfterUpload: ['./dist/**/*.css.map'] }")), F, "index-D4x9.js.map"),
    ("bundles", shop(config("sourcemaps: { filesToDeleteAfterUpload: ['dist/**/*.css'] }")), F, "names web/dist/**/*.css"),
    ("top-level-only", shop(config("sourcemaps: { filesToDeleteAfterUpload: 'dist/*.map' }")), F, "names web/dist/*.map"),
    ("wrong-place", shop(config("filesToDeleteAfterUpload: ['dist/**/*.map']")), F, "inside `sourcemaps`"),
    ("template", shop(config("sourcemaps: { filesToDeleteAfterUpload: [`${out}/**/*.map`] }", before="const out = 'dist'")), P, ""),
    ("computed", shop(config("sourcemaps: { filesToDeleteAfterUpload: globs() }")), U, "cannot be determined"),
    ("plugin-off", shop(config(f"{DELETES}, disable: true")), F, "is off in this build"),
    ("flag-out", shop(config(), scripts={"build": "vite build --outDir ../static/app"}), F, "static/app/assets"),
    ("root", shop(config("sourcemaps: { filesToDeleteAfterUpload: 'out/**/*.map' }", build="sourcemap: true, outDir: '../out'", more="root: 'src',")), P, ""),
    ("names", shop(config("sourcemaps: { filesToDeleteAfterUpload: 'dist/assets/*.map' }", build="sourcemap: true, rollupOptions: { output: { entryFileNames: 'js/[name].js' } }")), F, "js/index.js.map"),
    ("rm-before", shop(config(""), scripts={"build": "rimraf 'dist/**/*.map' && vite build"}), F, "nothing deletes"),
    ("rm-after", shop(config(""), scripts={"build": "vite build && rimraf 'dist/**/*.map'"}), P, "after the build"),
    ("rm-post", shop(config(""), scripts={"build": "vite build", "postbuild": "find dist -name '*.map' -delete"}), P, ""),
    ("rm-nobody", shop(config(""), scripts={"build": "vite build", "clean": "rm dist/assets/*.map"}), F, "nothing deletes"),
    ("rm-else", shop(config(""), scripts={"build": "vite build || rm dist/assets/*.map"}), F, "nothing deletes"),
    ("rm-css", shop(config(""), scripts={"build": "vite build && rm -f dist/assets/*.css.map"}), F, "nothing deletes"),
    ("find-shallow", ships("find web/dist -maxdepth 1 -name '*.map' -delete"), F, "nothing deletes"),
    ("find-old", ships("find web/dist -name '*.map' -mtime +7 -delete"), F, "nothing deletes"),
    ("find-folders", ships("find web/dist -type d -name '*.map' -delete"), F, "nothing deletes"),
    ("find-either", ships("find web/dist -name '*.map' -o -name '*.txt' -delete"), F, "nothing deletes"),
    ("find-either-both", ships("find web/dist \\( -name '*.js.map' -o -name '*.css.map' \\) -type f -delete"), P, "deletes the maps"),
    ("find-not", ships("find web/dist -name '*.map' ! -path '*/assets/*' -delete"), F, "nothing deletes"),
    ("find-not-css", ships("find web/dist ! -name '*.css.map' -name '*.map' -exec rm -f {} +"), P, "deletes the maps"),
    ("find-moves", ships("find web/dist -name '*.map' -exec gzip {} ';'"), F, "nothing deletes"),
    ("find-prints", ships("find web/dist -name '*.map'"), F, "nothing deletes"),
    ("find-xargs", ships("find web/dist -name '*.map' | xargs rm"), P, "deletes the maps"),
    ("s3", ships("aws s3 sync web/dist s3://shop --exclude '*.map'"), P, "leaves the maps out"),
    ("s3-again", ships("aws s3 sync web/dist s3://shop --exclude '*' --include '*.map'"), F, "nothing deletes"),
    ("own-dir", shop(config(build="sourcemap: 'hidden', rollupOptions: { output: { dir: 'theme' } }")), F, "to web/theme"),
    ("own-dirs", shop(config(build="sourcemap: 'hidden', rolldownOptions: { output: [{ dir: 'dist' }, { dir: 'theme' }] }")), U, "the folder that the build writes to cannot be determined"),
    ("own-dir-same", shop(config(build="sourcemap: 'hidden', outDir: 'out', rollupOptions: { output: { dir: './dist' } }")), P, "after the upload"),
    ("own-dir-computed", shop(config(build="sourcemap: 'hidden', rollupOptions: { output: { dir: folder() } }")), U, "the folder that the build writes to cannot be determined"),
    ("s3-folder", ships("aws s3 sync web/dist s3://shop --exclude 'maps/*'"), F, "nothing deletes"),
    ("s3-tail", ships("aws s3 sync web/dist s3://shop --exclude 'ts/*.map'"), F, "nothing deletes"),
    ("s3-name", ships("aws s3 sync web/dist s3://shop --exclude 'index-*.map' --exclude 'vendor-*.map'"), F, "nothing deletes"),
    ("s3-below", ships("aws s3 sync web/dist s3://shop --exclude 'assets/*.map'"), P, "leaves the maps out"),
    ("s3-and-scp", ships("aws s3 sync web/dist s3://shop --exclude '*.map' && scp -r web/dist host:/srv"), F, "nothing deletes"),
    ("s3-other", ships("aws s3 sync web/dist s3://shop --exclude '*.css'"), F, "nothing deletes"),
    ("rsync", ships("rsync -a --exclude='*.map' web/dist/ host:/srv"), P, "leaves the maps out"),
    ("rm-if", ships("if [ -n '$CLEAN' ]; then rm web/dist/assets/*.map; fi"), U, "may delete the maps"),
    ("rm-variable", ships("rm $OUT/assets/*.map"), U, "may delete the maps"),
    ("own-script", shop(config(""), scripts={"build": "vite build && node clean.mjs"}) | {"web/clean.mjs": "rm('dist/**/*.map')"}, U, "may delete"),
    ("collectstatic", ships("python manage.py collectstatic --noinput -i '*.map'"), P, "leaves the maps out"),
    ("collectstatic-css", ships("python manage.py collectstatic --ignore=*.css"), F, "nothing deletes"),
    ("rm-after-if", ships("if true; then echo; fi; rm web/dist/assets/*.map"), P, "deletes the maps"),
    ("rm-step-if", (lambda f: f | {CI: f[CI] + "        if: vars.TIDY == 'yes'\n"})(ships("rm web/dist/assets/*.map")), U, "may delete"),
    ("rm-step-failure", (lambda f: f | {CI: f[CI] + "        if: failure()\n"})(ships("rm web/dist/assets/*.map")), F, "nothing deletes"),
    ("rsync-rooted", ships("rsync -a --exclude='/*.map' web/dist/ host:/srv"), F, "nothing deletes"),
    ("rsync-folder", ships("rsync -a --exclude=maps/ web/dist/ host:/srv"), F, "nothing deletes"),
    ("rsync-below", ships("rsync -a --exclude='assets/*.map' web/dist/ host:/srv"), P, "leaves the maps out"),
    ("rsync-one-level", ships("rsync -a --exclude='/dist/*.map' web/dist host:/srv"), F, "nothing deletes"),
    ("rsync-deep", ships("rsync -a --exclude='/dist/**.map' web/dist host:/srv"), P, "leaves the maps out"),
    ("rsync-first", ships("rsync -a --include='*.map' --exclude='*.map' web/dist/ host:/srv"), F, "nothing deletes"),
    ("second-config", shop(config(), scripts={"build": "vite build && vite build --config admin.ts"}) | {"web/admin.ts": ADMIN}, F, "sourcemap: true"),
    ("second-hidden", shop(config(), scripts={"build": "vite build && vite build -c admin.ts"}) | {"web/admin.ts": ADMIN.replace("true", "'hidden'")}, F, "sourcemap: 'hidden'"),
    ("second-without-maps", shop(config(), scripts={"build": "vite build && vite build -c admin.ts"}) | {"web/admin.ts": ADMIN.replace("true", "false")}, P, ""),
    ("second-removed", shop(config(), scripts={"build": "vite build && vite build -c admin.ts && rm -rf dist/admin/**/*.map"}) | {"web/admin.ts": ADMIN}, P, ""),
    ("late", ships("aws s3 sync web/dist s3://shop && rm web/dist/assets/*.map"), F, "nothing deletes"),
    ("nginx", shop(config("")) | {"deploy/nginx.conf": NGINX}, P, "does not serve"),
    ("nginx-comment", shop(config("")) | {"deploy/nginx.conf": "# " + NGINX.replace("\n", "\n# ")}, F, "nothing deletes"),
    ("caddy", shop(config("")) | {"Caddyfile": ":80 {\n  @maps path *.map\n  respond @maps 404\n}\n"}, P, "does not serve"),
    ("caddy-log", shop(config("")) | {"Caddyfile": ":80 {\n  @maps path *.map\n  header @maps X-A b\n}\n"}, F, "nothing deletes"),
    ("netlify-splat-inside", shop(config("")) | {"netlify.toml": netlify("/*.map")}, F, "nothing deletes"),
    ("netlify-splat-below", shop(config("")) | {"web/public/_redirects": "/assets/*.map /404 404!\n"}, F, "nothing deletes"),
    ("netlify-names", shop(config("")) | {"netlify.toml": "".join(netlify(f"/assets/{n}.js.map") for n in ("index-D4x9", "vendor-B7k2"))}, P, "does not serve"),
    ("netlify-weak", shop(config("")) | {"netlify.toml": netlify("/assets/*").replace("force = true", "")}, F, ""),
    ("output-on", shop(config("", build="rollupOptions: { output: { sourcemap: true } }")), F, "the build writes maps (sourcemap: true)"),
    ("output-inline", shop(config("", build="rolldownOptions: { output: { sourcemap: 'inline' } }")), F, "the output's own `sourcemap` is 'inline'"),
    ("output-off", shop(config("", build="sourcemap: true, rollupOptions: { output: { sourcemap: false } }")), P, "writes no maps"),
    ("one-output-on", shop(config("", build="rollupOptions: { output: [{ format: 'es' }, { sourcemap: 'hidden' }] }")), F, "nothing deletes"),
    ("output-asked", shop(config("", build="rollupOptions: { output: { sourcemap: asked() } }")), U, "whether the build writes maps"),
    ("ignored-by-docker", image("docker build -t x . && docker push x", "**/*.map\n"), P, "the maps are kept out of the image"),
    ("ignored-and-put-back", image("docker build -t x .", "**/*.map\n!web/dist/**\n"), F, "nothing deletes"),
    ("ignored-of-another-folder", image("docker build -t x -f Dockerfile web", "**/*.map\n"), F, "nothing deletes"),
    ("ignored-top-only", image("docker build -t x .", "*.map\n"), F, "nothing deletes"),
    ("ignored-and-synced", image("docker build -t x . && aws s3 sync web/dist s3://shop", "**/*.map\n"), F, "nothing deletes"),
    ("ignored-but-built-there", image("docker build -t x .", "**/*.map\n", "RUN cd web && npm run build\n"), F, "nothing deletes"),
    ("vercel", shop(config("")) | {"web/vercel.json": '{"routes": [{"src": "/(.*)\\\\.map", "status": 404}]}'}, P, ""),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), [pytest.param(f, o, w, id=n) for n, f, o, w in PRIVATE])
def test_maps_are_private_by_what_the_build_writes_and_the_order_of_its_steps(files, outcome, words):
    found, text = said("source-maps-private", files)
    assert found is outcome and words in text, text


def by_plugin(module: str, call: str, pattern: str, build: str = "sourcemap: 'hidden'", **files: str) -> dict[str, str]:
    """A frontend whose output folder a plugin of its config chooses."""
    vite = config(f"sourcemaps: {{ filesToDeleteAfterUpload: '{pattern}' }}", gate=f"made({call}), %s", build=build)
    return shop(f"import {{ made }} from '{module}'\n{vite}", **files)


ROUTER, KEPT = "@react-router/dev/vite", {"web/react-router.config.ts": "export default { buildDirectory: 'out' }\n"}
LARAVEL_TOO = {
    "web/vite.config.ts": by_plugin("vite-plugin-laravel-i18n", "", "public/build/**/*.map")["web/vite.config.ts"]
    .replace("made(), ", "laravel('a.ts'), made(), ")
    .replace("import", "import laravel from 'laravel-vite-plugin'\nimport", 1)
}
CHOSEN = [
    ("router", by_plugin(ROUTER, "", "build/**/*.map"), P),
    ("router-dist", by_plugin(ROUTER, "", "dist/**/*.map"), F),
    ("router-out-dir", by_plugin(ROUTER, "", "dist/**/*.map", "sourcemap: true, outDir: 'dist'"), F),
    ("router-config", by_plugin(ROUTER, "", "build/**/*.map") | KEPT, F),
    ("router-named", by_plugin(ROUTER, "", "out/**/*.map") | KEPT, P),
    ("remix-option", by_plugin("@remix-run/dev", "{ buildDirectory: 'out' }", "build/**/*.map"), F),
    ("laravel", by_plugin("laravel-vite-plugin", "{ input: 'a.ts' }", "public/build/**/*.map"), P),
    ("laravel-option", by_plugin("laravel-vite-plugin", "{ buildDirectory: 'shop' }", "public/shop/**/*.map"), P),
    ("laravel-computed", by_plugin("laravel-vite-plugin", "{ buildDirectory: dir() }", "public/build/**/*.map"), U),
    ("django", by_plugin("django-vite-plugin", "{ root: '../' }", "dist/**/*.map"), U),
    ("django-out-dir", by_plugin("django-vite-plugin", "", "out/**/*.map", "sourcemap: true, outDir: 'out'"), P),
    ("django-no-maps", by_plugin("django-vite-plugin", "", "out/**/*.map", "sourcemap: false"), P),
    ("django-flag", by_plugin("django-vite-plugin", "", "out/**/*.map", scripts={"build": "vite build --outDir out"}), P),
    ("spring", by_plugin("@wim.deblauwe/vite-plugin-spring-boot", "", "dist/**/*.map"), U),
    ("adonis", by_plugin("@adonisjs/vite/client", "", "dist/**/*.map"), U),
    ("a-helper-beside-laravel", by_plugin("vite-plugin-laravel-i18n", "", "public/build/**/*.map") | LARAVEL_TOO, P),
    ("compression", by_plugin("vite-plugin-compression", "", "dist/**/*.map"), P),
    ("own-module", by_plugin("./vite/django", "", "dist/**/*.map"), P),
    ("laravel-out-dir", by_plugin("laravel-vite-plugin", "", "out/**/*.map", "sourcemap: true, outDir: 'out'"), P),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome"), [pytest.param(f, o, id=n) for n, f, o in CHOSEN])
def test_a_plugin_may_choose_the_output_folder(files, outcome):
    found, text = said("source-maps-private", files)
    assert found is outcome, text


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (
            "django-vite-plugin",
            "takes the folder of the build from `BUILD_DIR` of DJANGO_VITE_PLUGIN in Django's settings",
        ),
        ("vite-plugin-php", "`vite-plugin-php` may choose the folder that the build writes to"),
    ],
)
def test_what_decides_the_folder_of_a_server_s_plugin_is_told_at_its_import(module, words):
    result = check_one("source-maps-private", by_plugin(module, "", "dist/**/*.map"))
    (finding,) = result.findings
    assert words in finding.message and "may not name every map" in finding.message
    assert (finding.path, finding.line) == ("web/vite.config.ts", 1)
    assert finding.hint == "write the output folder as a literal"


def pwa(options: str, **files: str) -> dict[str, str]:
    return shop("import { VitePWA } from 'vite-plugin-pwa'\n" + config(gate=f"VitePWA({options}), %s"), **files)


WORKERS = [
    ("default", pwa(""), F, "writes the maps of its service worker"),
    ("off", pwa("{ workbox: { sourcemap: false } }"), P, ""),
    ("on", pwa("{ workbox: { sourcemap: true } }"), F, "writes the maps of its service worker"),
    ("asked", pwa("{ workbox: { sourcemap: debugging } }"), U, "cannot be determined"),
    ("spread", pwa("{ workbox: { ...shared } }"), U, "cannot be determined"),
    ("own-worker", pwa("{ strategies: 'injectManifest', workbox: { sourcemap: false } }"), F, ""),
    ("own-worker-off", pwa("{ strategies: 'injectManifest', injectManifest: { sourcemap: false } }"), P, ""),
    ("disabled", pwa("{ disable: true }"), P, ""),
    ("elsewhere", pwa("settings()"), U, ""),
    ("removed", pwa("", scripts={"build": "vite build && find dist -name '*.map' -delete"}), P, ""),
    ("no-maps", shop("import { VitePWA } from 'vite-plugin-pwa'\n" + config(gate="VitePWA(), %s", build="")), P, ""),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), [pytest.param(f, o, w, id=n) for n, f, o, w in WORKERS])
def test_a_service_worker_writes_its_maps_later(files, outcome, words):
    found, text = said("source-maps-private", files)
    assert found is outcome and words in text, text


MANIFEST = 'STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}\n'
OWN_STORAGE = 'STORAGES = {"staticfiles": {"BACKEND": "shop.storages.%s"}}\n'
STORAGE_CLASSES = """\
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Follows(CompressedManifestStaticFilesStorage):
    manifest_strict = False


class NoManifest(CompressedManifestStaticFilesStorage):
    patterns = ()
"""


@pytest.mark.parametrize(
    ("maps", "settings", "outcome"),
    [
        ("true", MANIFEST + 'STATICFILES_DIRS = ["web/dist"]\n', F),
        ("'hidden'", MANIFEST + 'STATICFILES_DIRS = ["web/dist"]\n', P),
        ("true", 'STATICFILES_DIRS = ["web/dist"]\n', P),
        ("true", MANIFEST, P),
        ("'hidden', rollupOptions: { output: { sourcemap: true } }", MANIFEST + 'STATICFILES_DIRS = ["web/dist"]\n', F),
        ("true, rollupOptions: { output: { sourcemap: 'hidden' } }", MANIFEST + 'STATICFILES_DIRS = ["web/dist"]\n', P),
        ("true", OWN_STORAGE % "Follows" + 'STATICFILES_DIRS = ["web/dist"]\n', F),
        ("true", OWN_STORAGE % "NoManifest" + 'STATICFILES_DIRS = ["web/dist"]\n', P),
    ],
)
def test_a_link_to_a_deleted_map_stops_a_manifest_storage(maps, settings, outcome):
    files = shop(config(build=f"sourcemap: {maps}")) | {
        "shop/settings.py": settings,
        "shop/storages.py": STORAGE_CLASSES,
    }
    result = check_one("source-maps-private", files)
    assert result.outcome is outcome
    if outcome is F:
        assert "sourceMappingURL" in result.findings[0].message and "'hidden'" in (result.findings[0].hint or "")


NEXT = [
    ("export default {}\n", "^10.0.0", P, F),
    ("import { withSentryConfig } from '@sentry/nextjs'\nexport default withSentryConfig({})\n", "^10.0.0", P, P),
    ("import { withSentryConfig } from '@sentry/nextjs'\nexport default withSentryConfig({})\n", "^8.0.0", F, P),
    ("export default { productionBrowserSourceMaps: true } // withSentryConfig\n", "^10.0.0", F, F),
    ("// deleteSourcemapsAfterUpload: true\nexport default { productionBrowserSourceMaps: true }\n", "^10.0.0", F, F),
]


@pytest.mark.parametrize(("text", "sdk", "private", "uploaded"), NEXT)
def test_next_is_read_from_its_config_and_the_defaults_of_its_version(text, sdk, private, uploaded):
    package = {
        "scripts": {"build": "next build"},
        "dependencies": {"next": "15", "react": "19", "@sentry/nextjs": sdk},
    }
    flow = workflow("npm run build", env=TOKEN) + "        working-directory: web\n"
    files = backend() | {CI: flow, "web/package.json": json.dumps(package), "web/next.config.mjs": text}
    assert said("source-maps-private", files)[0] is private
    assert said("source-maps", files)[0] is uploaded


@pytest.mark.parametrize(
    ("config", "outcome"),
    [
        ("module.exports = { productionBrowserSourceMaps: true }\n", F),
        ("const own = {\n  productionBrowserSourceMaps: true,\n}\nmodule.exports = own\n", F),
        ("module.exports = {}\n", P),
    ],
)
def test_a_file_that_is_no_config_of_next_says_nothing_of_its_maps(config, outcome):
    package = {"scripts": {"build": "next build"}, "dependencies": {"next": "15", "react": "19"}}
    others = {"web/cypress/invite_spec.js": "it('x')\n", "web/next-env.d.ts": "declare const x: string\n"}
    files = others | {"web/package.json": json.dumps(package), "web/pages/index.jsx": "document.title\n"}
    result = check_one("source-maps-private", files | {"web/next.config.js": config})
    assert result.outcome is outcome
    places = [f.path for f in result.findings] + [e.path for e in result.evidence]
    assert places == ["web/next.config.js"]


ENV = "const env = loadEnv(mode, process.cwd(), '')"
KEYS = "const KEYS = ['VITE_A', 'SENTRY_AUTH_TOKEN']"
DEFINES = [
    ("{ 'process.env': process.env }", ENV, F),
    ("{ 'process.env': JSON.stringify(env) }", ENV, F),
    ("{ 'process.env': { ...process.env } }", ENV, F),
    ("{ __ENV__: JSON.stringify({ ...env, A: 1 }) }", ENV, F),
    ("Object.fromEntries(Object.entries(env).map(([k, v]) => [`process.env.${k}`, JSON.stringify(v)]))", ENV, F),
    ("{ ...Object.keys(process.env).reduce((a, k) => ({ ...a, [k]: process.env[k] }), {}) }", ENV, F),
    ("Object.fromEntries(Object.entries(env).filter(([k]) => k.startsWith('VITE_')))", ENV, P),
    ("make()", ENV, U),
    ("{ 'process.env': JSON.stringify(env) }", "const env = loadEnv(mode, process.cwd())", P),
    ("{ 'process.env.A': JSON.stringify(process.env.A), B: env['B'] }", ENV, P),
    ("{ T: JSON.stringify(process.env.SENTRY_AUTH_TOKEN) }", ENV, F),
    ("{ __NAME__: JSON.stringify('env') }", ENV, P),
    ("Object.fromEntries(KEYS.map((k) => [`process.env.${k}`, JSON.stringify(env[k])]))", f"{KEYS}; {ENV}", U),
    ("{ 'process.env': Object.fromEntries(KEYS.map((k) => [k, env[k]])) }", f"{KEYS}; {ENV}", U),
    ("{ 'process.env': pick(env, KEYS) }", f"{KEYS}; {ENV}", U),
    ("Object.fromEntries(Object.entries(env).filter(([k]) => KEYS.includes(k)))", f"{KEYS}; {ENV}", U),
    (
        "{ 'process.env': Object.fromEntries(KEYS.map(one)) }",
        f"{KEYS}; function one(k) {{ return [k, process.env[k]] }}",
        U,
    ),
    ("{ A: JSON.stringify(env[NAME]) }", f"const NAME = 'VITE_A'; {ENV}", P),
    ("{ A: JSON.stringify(env[NAME]) }", f"const NAME = 'SENTRY_AUTH_TOKEN'; {ENV}", F),
    ("{ A: JSON.stringify(token) }", "const token = process.env.SENTRY_AUTH_TOKEN", U),
    ("{ A: !!process.env.SENTRY_AUTH_TOKEN, B: Boolean(token) }", "const token = process.env.SENTRY_AUTH_TOKEN", P),
    (
        "{ A: !!process.env.SENTRY_AUTH_TOKEN, B: JSON.stringify(on) }",
        "const on = Boolean(process.env.SENTRY_AUTH_TOKEN)",
        P,
    ),
    ("made", f"const made = {{}}; {KEYS}; for (const k of KEYS) made[k] = JSON.stringify(process.env[k])", U),
    (
        "{ ...made }",
        f"const made = {{}}; {KEYS}; KEYS.forEach((k) => {{ made[k] = JSON.stringify(process.env[k]) }})",
        U,
    ),
    ("made", "const made = {}; made.T = JSON.stringify(process.env.SENTRY_AUTH_TOKEN)", F),
    ("made", "const made = {}; made.A = JSON.stringify(process.env.VITE_A)", P),
    ("made", "const made = {}; Object.assign(made, process.env)", F),
    ("made", "const made = {}; Object.assign(made, { A: '1' }); Object.assign(made, made)", P),
    ("made", "const made = {}; fill(made)", U),
    ("made", "const made = a ? made : other; const other = { A: process.env }", F),
]


@pytest.mark.parametrize(("define", "before", "outcome"), DEFINES)
def test_a_define_over_the_whole_environment_puts_the_token_into_the_bundle(define, before, outcome):
    result = check_one("token-not-in-bundle", shop(config(before=before, more=f"define: {define},")))
    assert result.outcome is outcome, (result.findings, result.evidence)
    if outcome is not P:
        assert result.findings[0].path == "web/vite.config.ts" and "define" in result.findings[0].message
        assert result.findings[0].hint == "define single, public variables"
