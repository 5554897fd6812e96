"""The Vite editor on a collection of real shapes, and on what its modules hold; `tests/real` evaluates the results."""

from __future__ import annotations

import pytest
from msgspec import structs
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.vite import read_vite_config, written_sourcemap
from checks.parsers.vite_following import Modules
from setup_wizard.editors import vite
from setup_wizard.editors.base import Edited, Refused, Unchanged
from tests.support.vite_configs import config_name, vite_configs

OPTIONS = vite.PluginOptions(org="acme", project="shop-frontend")
CONFIGS = vite_configs()
WAYS = {"edit": Edited, "nothing": Unchanged, "refuse": Refused}


@pytest.mark.parametrize(("name", "expected", "text"), CONFIGS, ids=[c[0] for c in CONFIGS])
def test_a_real_shape_is_edited_once_or_refused_with_a_snippet(name, expected, text):
    path = config_name(name)
    result = vite.add_plugin(text.encode(), path, OPTIONS)
    assert isinstance(result, WAYS[expected]), result
    if isinstance(result, Refused):
        assert "sentryVitePlugin({" in result.snippet and result.place and result.reason
    if not isinstance(result, Edited):
        return
    assert isinstance(vite.add_plugin(result.data, path, OPTIONS), Unchanged)
    config = read_vite_config(result.data, path)
    assert all(written_sourcemap(o) == "on" for o in config.objects if o.production)
    after = result.data.decode()
    for shape in (lambda t: t.replace("\n", "\r\n"), lambda t: "\ufeff" + t, lambda t: t.rstrip("\n")):
        again = vite.add_plugin(shape(text).encode(), path, OPTIONS)
        assert isinstance(again, Edited) and again.data.decode() == shape(after)


@pytest.mark.parametrize(("name", "expected", "text"), CONFIGS, ids=[c[0] for c in CONFIGS])
def test_no_character_of_a_config_is_lost_but_a_sourcemap_that_was_off_or_open(name, expected, text):
    result = vite.add_plugin(text.encode(), config_name(name), OPTIONS)
    if not isinstance(result, Edited):
        return
    switches = {
        (o.sourcemap.start_byte, o.sourcemap.end_byte)
        for o in read_vite_config(text.encode(), config_name(name)).objects
        if isinstance(o.sourcemap, Node)
    }
    kept, at = b"", 0
    for start, end in sorted(switches):
        kept, at = kept + text.encode()[at:start], end
    rest = iter(result.data.decode())
    assert all(any(c == other for other in rest) for c in (kept + text.encode()[at:]).decode() if not c.isspace())


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("mode === 'development'", "mode === 'development' || 'hidden'"),
        ("command === 'build'", "command === 'build' && 'hidden'"),
        ("mode !== 'production' ? 'inline' : false", "mode !== 'production' ? 'inline' : 'hidden'"),
        ("mode === 'production' ? (true) : 'inline'", "mode === 'production' ? ('hidden') : 'inline'"),
        ("command === 'serve' && mode !== 'test'", "(command === 'serve' && mode !== 'test') || 'hidden'"),
        ("dev", "dev || 'hidden'"),
        ("process.env.CI ? false : 'hidden'", "'hidden'"),
        ("!!env.DEBUG", "'hidden'"),
        ("env.MAPS === 'true' || dev", "'hidden'"),
        ("Boolean(wanted)", "'hidden'"),
        ("process.env.MAPS ? 'inline' : false", "'hidden'"),
        ("mode === 'development' ? false : 'inline'", "mode === 'development' ? false : 'hidden'"),
        ("wantsMaps()", None),
        ("env.MAPS && wantsMaps(mode)", None),
    ],
)
def test_a_switch_of_maps_gives_production_hidden_ones_and_keeps_what_other_builds_have(switch, expected):
    text = f"""\
export default defineConfig(({{ mode, command }}) => {{
  const env = loadEnv(mode, process.cwd(), '')
  const dev = mode === 'development'
  const {{ WANTED: wanted }} = process.env
  return {{ plugins: [], build: {{ sourcemap: {switch} }} }}
}})
"""
    result = vite.add_plugin(text.encode(), "vite.config.js", OPTIONS)
    if expected is None:
        assert isinstance(result, Refused) and f"build.sourcemap is {switch}; write 'hidden'" in result.reason
    else:
        assert isinstance(result, Edited) and f"sourcemap: {expected} }}" in result.data.decode()
        assert isinstance(vite.add_plugin(result.data, "vite.config.js", OPTIONS), Unchanged)


PWA = """\
import {{ VitePWA }} from 'vite-plugin-pwa'
const worker = {{ workbox: {{ globPatterns: ['**/*.js'] }} }}
export default {{ plugins: [VitePWA({})] }}
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("worker", "workbox: { globPatterns: ['**/*.js'], sourcemap: false }"),
        ("{ ...worker }", None),
        ("made()", None),
    ],
)
def test_a_service_workers_options_are_followed_to_their_constant(options, expected):
    result = vite.add_plugin(PWA.format(options).encode(), "vite.config.js", OPTIONS)
    if expected is None:
        assert isinstance(result, Refused) and "would leave its maps" in result.reason
    else:
        assert isinstance(result, Edited) and expected in result.data.decode()


def test_a_switch_in_short_is_written_out():
    text = "const sourcemap = process.env.NODE_ENV !== 'production'\nexport default { build: { sourcemap } }\n"
    result = vite.add_plugin(text.encode(), "vite.config.js", OPTIONS)
    assert isinstance(result, Edited) and "build: { sourcemap: sourcemap || 'hidden' }" in result.data.decode()


@pytest.mark.parametrize("module", ["@acme/vite-config", "./build/define", "@/config"])
def test_a_config_that_another_packages_function_takes_is_left(module):
    text = f"import {{ defineConfig }} from '{module}'\nexport default defineConfig({{ vite: {{ plugins: [] }} }})\n"
    result = vite.add_plugin(text.encode(), "vite.config.ts", OPTIONS)
    assert isinstance(result, Refused)
    assert (
        result.reason == f"vite.config.ts: the config goes through `defineConfig` of `{module}`, which is not followed"
    )


@pytest.mark.parametrize("module", ["vite", "vitest/config", "vite-plus", "rolldown-vite", "npm:vite@^7"])
def test_vites_own_function_is_followed_wherever_it_comes_from(module):
    text = f"import {{ defineConfig }} from '{module}'\nexport default defineConfig({{ plugins: [] }})\n"
    assert isinstance(vite.add_plugin(text.encode(), "vite.config.ts", OPTIONS), Edited)


BASE = "import base from './base'\nexport default mergeConfig(base, { plugins: [a()] })"
SHARED = "import { shared } from './shared'\nexport default mergeConfig(shared, { base: '/' })"
CLOSED = """\
import {{ names }} from './names'
export const list = [...names]
export const shared = {{ {} }}
"""
SPREAD = "import { base } from './base'\nexport default { ...base, base: '/' }"


@pytest.mark.parametrize(
    ("text", "module", "expected"),
    [
        (BASE, "export default { server: { port: 1 } }", "plugins: [\n  a(),\n  sentryVitePlugin({"),
        (BASE, "export default { build: { sourcemap: true } }", "build: {\n    sourcemap: 'hidden'"),
        (BASE, "export default { build: { outDir: 'x' } }", "filesToDeleteAfterUpload: ['./x/**/*.map']"),
        (BASE, "export default { build: { outDir: folder() } }", None),
        (BASE, "export default { ...other }", None),
        (BASE, None, None),
        (SPREAD, "export const base = { server: {} }", "plugins: [\n    sentryVitePlugin({"),
        (SPREAD, "export const base = { plugins: [x()] }", "plugins: [\n    base.plugins,\n    sentryVitePlugin({"),
        (SPREAD, "export const base = { build: { target: 'es2020' } }", "    ...base.build,\n    sourcemap: 'hidden',"),
        (SPREAD, None, None),
        (SHARED, CLOSED.format("base: '/'"), "plugins: [\n    sentryVitePlugin({"),
        (SHARED, CLOSED.format("...others"), None),
        (SHARED, CLOSED.format("build: { ...others }"), None),
        (SHARED, CLOSED.format("[key]: 1"), None),
        (
            SHARED,
            CLOSED.format("base: '/'").replace("export const shared", "const own") + "export { own as shared }",
            "plugins: [\n    sentryVitePlugin({",
        ),
        (
            "import { extra } from './extra'\nexport default { plugins: [extra()] }",
            "import { sentryVitePlugin } from '@sentry/vite-plugin'",
            None,
        ),
    ],
)
def test_what_an_imported_module_can_hold_decides(text, module, expected):
    result = vite.add_plugin(text.encode(), "vite.config.ts", OPTIONS, Modules(lambda _: module))
    if expected is None:
        assert isinstance(result, Refused), result
    else:
        assert isinstance(result, Edited), result
        assert expected in result.data.decode()
        assert isinstance(vite.add_plugin(result.data, "vite.config.ts", OPTIONS, Modules(lambda _: module)), Unchanged)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plugins: [react(), tailwind()],", "  plugins: [\n    react(),\n    tailwind(),\n    sentryVitePlugin({"),
        (
            "root: resolve('./src'),\n  build: { outDir: '/srv/bundles/', emptyOutDir: false },",
            "filesToDeleteAfterUpload: ['/srv/bundles/assets/*-*.js.map']",
        ),
        (
            "root: resolve('./src'),\n  build: { outDir: 'out/' },",
            "filesToDeleteAfterUpload: [`${resolve('./src')}/out/**/*.map`]",
        ),
        (
            "build: { outDir: 'theme', rollupOptions: { output: { dir: 'theme/assets' } } },",
            "filesToDeleteAfterUpload: ['./theme/assets/**/*.map']",
        ),
        (
            "build: { outDir: 'out', emptyOutDir: false, rollupOptions: { output: {\n"
            "    entryFileNames: (chunk) => { console.log(chunk); return 'js/[name]-[hash].js' },\n"
            "    chunkFileNames: () => 'js/[name].js' } } },",
            "filesToDeleteAfterUpload: ['./out/js/*-*.js.map', './out/js/*.js.map']",
        ),
        (
            "plugins: [react()],\n  a: 'b',\n  c: 'd',\n  e: 'f',",
            'import { sentryVitePlugin } from "@sentry/vite-plugin"',
        ),
    ],
)
def test_what_is_written_is_as_a_maintainer_writes_it(text, expected):
    head = 'import { resolve } from "path"\nimport react from "@vitejs/plugin-react"\n\n'
    if "a: 'b'" not in text:
        head = head.replace('"', "'")
    result = vite.add_plugin(f"{head}export default {{\n  {text}\n}}\n".encode(), "vite.config.js", OPTIONS)
    assert isinstance(result, Edited) and expected in result.data.decode()


@pytest.mark.parametrize("module", ["django-vite-plugin", "vite-plugin-django", "@acme/vite-backend"])
def test_a_plugin_of_a_server_that_chooses_the_folder_is_told_with_what_to_write(module):
    text = f"import {{ django }} from '{module}'\n\nexport default {{\n  plugins: [django({{ root: '../' }})],\n%s}}\n"
    refused = vite.add_plugin((text % "").encode(), "vite.config.js", OPTIONS)
    assert isinstance(refused, Refused) and f"`{module}`" in refused.reason and "not known" in refused.reason
    assert "filesToDeleteAfterUpload: ['./FOLDER_OF_THE_BUILD/**/*.map']" in refused.snippet
    assert "build: { outDir: 'FOLDER_OF_THE_BUILD', sourcemap: 'hidden' }" in refused.snippet
    assert "dist" not in refused.snippet
    for build in ("{ outDir: 'out' }", "{ rollupOptions: { output: { dir: 'out' } } }"):
        edited = vite.add_plugin((text % f"  build: {build},\n").encode(), "vite.config.js", OPTIONS)
        assert isinstance(edited, Edited) and b"'./out/**/*.map'" in edited.data


@pytest.mark.parametrize(
    ("build", "given", "expected"),
    [
        ("build: { outDir: 'out', emptyOutDir: false, lib: { entry: 'a.ts' } }", {}, "'./out/**/*.map' /* only where nothing else keeps maps there */"),
        ("build: { outDir: '../static', assetsDir: '.', rollupOptions: { output: { chunkFileNames: (c) => c.name } } }", {}, "/* the maps that this build writes to ../static, by name */"),
        ("build: { emptyOutDir: false, lib: { entry: 'a.ts' } }", {}, "'./dist/**/*.map' /* only where nothing else keeps maps there */"),
        ("build: { outDir: 'out', emptyOutDir: false, lib: { entry: 'a.ts' } }", {"kept": ("out/theirs.js.map",)}, "/* the maps that this build writes, by name: out/theirs.js.map stays */"),
        ("base: '/'", {"flags": ("$OUT",)}, "'./FOLDER_OF_THE_BUILD/**/*.map' /* FOLDER_OF_THE_BUILD: what `--outDir $OUT` of the script says */"),
        ("build: { rollupOptions: { output: { dir: out() } } }", {}, "'./FOLDER_OF_THE_BUILD/**/*.map' /* FOLDER_OF_THE_BUILD: what the bundler's `output.dir` says */"),
        ("root: here(), build: { outDir: there() }", {}, "'./FOLDER_OF_THE_BUILD/**/*.map' /* FOLDER_OF_THE_BUILD: what `build.outDir` says */"),
    ],
)  # fmt: skip
def test_a_text_names_the_folder_or_what_decides_it(build, given, expected):
    text = f"import x from 'x'\n\nexport default {{\n  plugins: [x()],\n  {build},\n}}\n"
    refused = vite.add_plugin(text.encode(), "vite.config.js", structs.replace(OPTIONS, **given))
    assert isinstance(refused, Refused)
    assert f"filesToDeleteAfterUpload: [{expected}]" in refused.snippet, refused
    assert js.parse_javascript(f"x = [{refused.snippet.partition(chr(10) + '// and')[0]}]".encode(), "a.js")


OWN = "export function shared() {\n  return { build: { sourcemap: true, minify: false } };\n}\n"
TAKES = "import { mergeConfig } from 'vite'\nexport const make = (own: UserConfig) => mergeConfig({ plugins: [x()], build: { outDir: 'out' } }, own)\n"
SPREADS = "export function make({ plugins = [], ...rest }) {\n  return { ...rest, plugins: [x(), ...plugins] }\n}\n"
MAKE = "import { defineConfig } from 'vite'\nimport { make } from './make'\n\nexport default defineConfig(make({ base: '/' }))\n"
CALLBACK = (
    "import { defineConfig } from 'vite'\nexport const make = () => defineConfig(({ mode }) => ({ base: mode }))\n"
)


@pytest.mark.parametrize(
    ("text", "modules", "expected"),
    [
        # A function of another file is read: `build` is kept and completed, and its folder is known.
        ("import { shared } from './s'\nexport default { plugins: [a()], ...shared() }\n", {"./s": OWN}, ["...shared().build,", "sourcemap: 'hidden'", "./dist/**"]),
        ("import { shared } from './s'\nconst s = shared()\nexport default { plugins: [], ...s, build: { ...s.build, target: 'x' } }\n", {"./s": OWN}, ["...s.build, target: 'x', sourcemap: 'hidden'", "./dist/**"]),
        ("const { shared } = require('./s')\nmodule.exports = { plugins: [], ...shared() }\n", {"./s": "module.exports.shared = () => ({ build: { outDir: 'o' } })\n"}, ["...shared().build", "./o/**"]),
        # A config that another file makes is merged with what is added, the other file's folder deciding.
        (MAKE, {"./make": TAKES}, ["import { defineConfig, mergeConfig } from 'vite'", "defineConfig(mergeConfig(make({ base: '/' }), {\\n", "./out/**"]),
        ("import { make } from './make'\n\nexport default make({ build: { outDir: 'web' } });\n", {"./make": TAKES}, ["import { mergeConfig } from 'vite'\\n", "export default mergeConfig(make({ build: { outDir: 'web' } }), {", "./web/**"]),
        ("import base from './base'\n\nexport default base\n", {"./base": "export { default } from './deep/own'\n", "./deep/own": "export default { build: { sourcemap: 'hidden' } }\n"}, ["export default mergeConfig(base, {\\n  plugins: [", "  ],\\n})"]),
        # One that is made as a function is called as Vite calls it.
        (MAKE, {"./make": CALLBACK}, ["import { defineConfig, mergeConfig } from 'vite'", "defineConfig((configEnv) => mergeConfig(make({ base: '/' })(configEnv), {\\n", "./dist/**"]),
        (MAKE, {"./make": CALLBACK.replace("(({", "(async ({")}, ["defineConfig(async (configEnv) => mergeConfig(await make({ base: '/' })(configEnv), {\\n"]),
        ("import own from './own';\n\nexport default own;\n", {"./own": "export default ({ mode }) => ({ base: mode })\n"}, ["import { defineConfig, mergeConfig } from 'vite';", "export default defineConfig((configEnv) => mergeConfig(own(configEnv), {\\n"]),
        # A type that says less than the code, a promise, what is computed or changed later is left.
        (MAKE, {"./make": CALLBACK.replace("() =>", "(): UserConfigExport =>")}, None),
        (MAKE, {"./make": "export async function make() { return {} }\n"}, None),
        (MAKE, {"./make": SPREADS}, None),
        (MAKE, {"./make": "export const make = (o) => other(o)\n"}, None),
        (MAKE, {}, None),
        ("import { shared } from './s'\nexport default { plugins: [], ...shared() }\n", {"./s": "export const shared = () => ({ build: { outDir: process.env.OUT } })\n"}, None),
        ("import { shared } from './s'\nexport default { plugins: [], ...shared() }\n", {"./s": "export const shared = () => ({ build: { rollupOptions: { output: { dir: 'x' } } } })\n"}, None),
        ("import { s } from './s'\nexport default { plugins: [], ...s }\n", {"./s": "export const s = { build: {} }\ns.build.outDir = 'x'\n"}, None),
    ],
)  # fmt: skip
def test_what_another_file_makes_is_followed(text, modules, expected):
    result = vite.add_plugin(text.encode(), "vite.config.ts", OPTIONS, Modules(modules.get))
    if expected is None:
        assert isinstance(result, Refused), result
        return
    assert isinstance(result, Edited), result
    done = result.data.decode()
    assert all(e.replace("\\n", "\n") in done for e in expected), done
    assert done.count("sentryVitePlugin({") == 1
    assert isinstance(vite.add_plugin(result.data, "vite.config.ts", OPTIONS, Modules(modules.get)), Unchanged)
