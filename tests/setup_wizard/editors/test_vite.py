"""The Vite editor on a collection of real shapes, and on what its modules hold; `tests/real` evaluates the results."""

from __future__ import annotations

import difflib
import re

import pytest

from checks.parsers.vite import read_vite_config, written_sourcemap
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
    after = result.data.decode()
    lost = [
        text[a:b]
        for tag, a, b, _, _ in difflib.SequenceMatcher(None, text, after, autojunk=False).get_opcodes()
        if tag in ("replace", "delete")
    ]
    assert re.fullmatch(r"[\sfalseunditr]*", "".join(lost)), lost
    rest = iter(after)
    kept = re.sub(r"(sourcemap['\"]?: )(false|undefined|true)", r"\1", text)
    assert all(any(c == other for other in rest) for c in kept if not c.isspace())


BASE = "import base from './base'\nexport default mergeConfig(base, { plugins: [a()] })"
SPREAD = "import { base } from './base'\nexport default { ...base, base: '/' }"


@pytest.mark.parametrize(
    ("text", "module", "expected"),
    [
        (BASE, "export default { server: { port: 1 } }", "plugins: [\n  a(),\n  sentryVitePlugin({"),
        (BASE, "export default { build: { sourcemap: true } }", None),
        (BASE, "export default { build: { outDir: 'x' } }", None),
        (BASE, "export default { ...other }", None),
        (BASE, None, None),
        (SPREAD, "export const base = { server: {} }", "plugins: [\n    sentryVitePlugin({"),
        (SPREAD, "export const base = { plugins: [x()] }", "plugins: [\n    base.plugins,\n    sentryVitePlugin({"),
        (SPREAD, "export const base = { build: { target: 'es2020' } }", "    ...base.build,\n    sourcemap: 'hidden',"),
        (SPREAD, None, None),
        (
            "import { extra } from './extra'\nexport default { plugins: [extra()] }",
            "import { sentryVitePlugin } from '@sentry/vite-plugin'",
            None,
        ),
    ],
)
def test_what_an_imported_module_can_hold_decides(text, module, expected):
    result = vite.add_plugin(text.encode(), "vite.config.ts", OPTIONS, lambda _: module)
    if expected is None:
        assert isinstance(result, Refused), result
    else:
        assert isinstance(result, Edited), result
        assert expected in result.data.decode()
        assert isinstance(vite.add_plugin(result.data, "vite.config.ts", OPTIONS, lambda _: module), Unchanged)


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
