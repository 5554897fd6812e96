"""A config with a Sentry plugin of its own, with outputs that choose their maps, and with folders that others share."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from setup_wizard.editors import vite
from setup_wizard.editors.base import Edited, Refused, Unchanged

OPTIONS = vite.PluginOptions(org="acme", project="web")
DELETES = "filesToDeleteAfterUpload: ['./dist/**/*.map']"
OWN = """\
import {{ sentryVitePlugin }} from '@sentry/vite-plugin'
import {{ defineConfig, loadEnv }} from 'vite'

export default defineConfig(({{ mode }}) => {{
  const env = loadEnv(mode, process.cwd(), '')
  const {{ SKIP_MAPS }} = env
  const maps = !SKIP_MAPS
  return {{ plugins: [sentryVitePlugin({options})], build: {{ {build} }} }}
}})
"""


def own(options: str, build: str) -> str:
    return OWN.format(options=options, build=build)


@pytest.mark.parametrize(
    ("options", "build", "expected"),
    [
        ("{ org: 'a' }", "sourcemap: false", f"sentryVitePlugin({{ org: 'a', sourcemaps: {{ {DELETES} }} }})"),
        ("{ org: 'a' }", "sourcemap: env.MAPS", "build: { sourcemap: 'hidden' }"),
        ("{ org: 'a' }", "sourcemap: maps", f"sourcemaps: {{ {DELETES} }}"),
        ("{ org: 'a' }", "outDir: 'out'", "filesToDeleteAfterUpload: ['./out/**/*.map']"),
        ("{ sourcemaps: { assets: './dist/**' } }", "sourcemap: false", f"{{ assets: './dist/**', {DELETES} }}"),
        (f"{{ sourcemaps: {{ {DELETES} }} }}", "sourcemap: false", f"sentryVitePlugin({{ sourcemaps: {{ {DELETES} }} }})"),
        ("{ org: 'a' }", "sourcemap: true", None),
        ("{ org: 'a' }", "sourcemap: 'hidden'", None),
        ("{ ...shared }", "sourcemap: false", "published"),
        ("shared", "sourcemap: false", "published"),
        ("", "sourcemap: env.MAPS", "published"),
        ("{ sourcemaps: made() }", "sourcemap: false", "published"),
        ("{ sourcemaps: { ...made } }", "sourcemap: false", "published"),
        ("{ org: 'a' }", "sourcemap: wanted()", "build.sourcemap is wanted()"),
    ],
)  # fmt: skip
def test_maps_that_an_edit_switches_on_are_deleted_by_the_plugin_that_is_there(options, build, expected):
    result = vite.add_plugin(own(options, build).encode(), "vite.config.js", OPTIONS)
    if expected is None:
        assert isinstance(result, Unchanged)
    elif expected in ("published", "build.sourcemap is wanted()"):
        assert isinstance(result, Refused) and expected in result.reason and "sentryVitePlugin({" in result.snippet
    else:
        assert isinstance(result, Edited) and expected in result.data.decode()
        assert isinstance(vite.add_plugin(result.data, "vite.config.js", OPTIONS), Unchanged)


def test_a_plugin_that_may_not_know_the_option_is_left_to_the_person():
    text = own("{ org: 'a' }", "sourcemap: false").encode()
    result = vite.add_plugin(text, "vite.config.js", replace(OPTIONS, outdated=True))
    assert isinstance(result, Refused) and "published" in result.reason


@pytest.mark.parametrize("maps", ["true", "'hidden'"])
def test_maps_that_are_published_are_deleted_and_hidden(maps):
    options = replace(OPTIONS, exposed=True)
    result = vite.add_plugin(own("{ org: 'a' }", f"sourcemap: {maps}").encode(), "vite.config.js", options)
    assert isinstance(result, Edited)
    assert f"sentryVitePlugin({{ org: 'a', sourcemaps: {{ {DELETES} }} }})" in result.data.decode()
    assert "build: { sourcemap: 'hidden' }" in result.data.decode()
    assert isinstance(vite.add_plugin(result.data, "vite.config.js", options), Unchanged)


def test_without_a_token_the_plugin_that_is_there_deletes_nothing_where_a_guard_is_wanted():
    text = own("{ org: 'a' }", "sourcemap: false").encode()
    result = vite.add_plugin(text, "vite.config.js", replace(OPTIONS, guard=True))
    assert isinstance(result, Edited)
    assert "filesToDeleteAfterUpload: process.env.SENTRY_AUTH_TOKEN ? ['./dist/**/*.map'] : []" in result.data.decode()


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("output: { sourcemap: true }", "output: { sourcemap: 'hidden' }"),
        ("output: [{ sourcemap: false }, { format: 'es' }]", "output: [{ sourcemap: 'hidden' }, { format: 'es' }]"),
        ("output: { sourcemap: 'hidden' }", "output: { sourcemap: 'hidden' }"),
        ("output: { sourcemap: process.env.MAPS === '1' }", "output: { sourcemap: 'hidden' }"),
        ("output: { sourcemap: wanted() }", None),
    ],
)
def test_an_output_that_chooses_its_maps_writes_hidden_ones_too(output, expected):
    text = f"import {{ defineConfig }} from 'vite'\nexport default defineConfig({{ build: {{ rollupOptions: {{ {output} }} }} }})\n"
    result = vite.add_plugin(text.encode(), "vite.config.ts", OPTIONS)
    if expected is None:
        assert isinstance(result, Refused)
    else:
        assert isinstance(result, Edited)
        after = result.data.decode()
        assert expected in after and after.count("'hidden'") == 2
        assert isinstance(vite.add_plugin(result.data, "vite.config.ts", OPTIONS), Unchanged)


HEAD = "import path from 'node:path'\nimport { defineConfig } from 'vite'\n"
KEPT = replace(OPTIONS, kept=("../shop/static/vendor/ui.css.map",))
NAMES, ALL = "/assets/*-*.js.map`]", "/**/*.map`]"


@pytest.mark.parametrize(
    ("folder", "more", "expected"),
    [
        ("path.resolve(__dirname, '../shop/static')", "", NAMES),
        ("path.join(import.meta.dirname, '..', 'shop', 'static')", "", NAMES),
        ("fileURLToPath(new URL('../shop/static', import.meta.url))", "", NAMES),
        ("path.resolve(__dirname, '../shop/static')", "emptyOutDir: true", ALL),
        ("path.resolve(__dirname, 'dist')", "", ALL),
        ("path.resolve(process.env.OUT, 'static')", "emptyOutDir: true", ALL),
        ("path.resolve(process.env.OUT, 'static')", "", "git tracks ../shop/static/vendor/ui.css.map"),
        ("path.resolve(__dirname, '../shop/static')", "assetsDir: 'vendor'", NAMES.replace("assets", "vendor")),
        (
            "path.resolve(__dirname, '../shop/static')",
            "rollupOptions: { output: { entryFileNames: 'vendor/[name].js', chunkFileNames: 'vendor/[name].css' } }",
            "git tracks ../shop/static/vendor/ui.css.map",
        ),
    ],
)
def test_a_computed_folder_that_others_share_keeps_their_maps(folder, more, expected):
    text = f"{HEAD}export default defineConfig({{ build: {{ outDir: {folder}, {more} }} }})\n"
    result = vite.add_plugin(text.encode(), "vite.config.ts", KEPT)
    if expected.startswith("git tracks"):
        assert isinstance(result, Refused) and expected in result.reason
    else:
        assert isinstance(result, Edited) and expected in result.data.decode()


def test_an_absolute_folder_is_below_no_root_of_the_base():
    text = f"import base from '@acme/vite'\n{HEAD}" + (
        "export default defineConfig(mergeConfig(base, { build: { outDir: path.resolve(__dirname, 'dist') } }))\n"
    )
    result = vite.add_plugin(text.encode(), "vite.config.ts", OPTIONS)
    assert isinstance(result, Edited) and "`${path.resolve(__dirname, 'dist')}/**/*.map`" in result.data.decode()
    relative = text.replace("path.resolve(__dirname, 'dist')", "'dist'")
    assert isinstance(vite.add_plugin(relative.encode(), "vite.config.ts", OPTIONS), Refused)
