"""A Vite config that is changed after it is made: it is left to the person, with the object that changes."""

from __future__ import annotations

import pytest

from setup_wizard.editors import vite
from setup_wizard.editors.base import Edited, Refused

CONFIG = (
    "import {{ defineConfig }} from 'vite'\n\nconst config = {{ plugins: [vue()] }}\n{change}\nexport default config\n"
)
LIST = "import vue from 'vue'\n\nconst plugins = [vue()]\n{change}\nexport default {{ plugins }}\n"
OPTIONS = vite.PluginOptions(org="acme", project="shop")


@pytest.mark.parametrize(
    "change",
    [
        "config.plugins.push(react())",
        "config.plugins!.unshift(react())",
        "config.plugins = [react()]",
        "config.plugins ??= []",
        "config['plugins'] = []",
        "config.build = { sourcemap: true }",
        "config.build.sourcemap = true",
        "if (process.env.CI) {\n  config.build ||= {}\n}",
        "Object.assign(config, await extra())",
        "Object.assign(config.build, extra)",
    ],
)
def test_a_config_that_is_changed_is_left_to_the_person(change):
    found = vite.add_plugin(CONFIG.format(change=change).encode(), "vite.config.ts", OPTIONS)
    assert isinstance(found, Refused)
    assert found.reason == "vite.config.ts: `config` is changed after it is declared"
    assert "sentryVitePlugin({" in found.snippet


@pytest.mark.parametrize(
    "change",
    [
        "// config.plugins.push(react())",
        'console.log("config.build = 1")',
        "config.server = { port: 3000 }",
        "const builds = other.builder.build",
        "routes.push('/')",
        "Object.assign({}, config)",
        "process.env.build = '1'",
    ],
)
def test_what_only_looks_like_a_change_is_none(change):
    found = vite.add_plugin(CONFIG.format(change=change).encode(), "vite.config.ts", OPTIONS)
    assert isinstance(found, Edited) and b"sentryVitePlugin({" in found.data


@pytest.mark.parametrize(
    ("change", "opened"),
    [
        ("", True),
        ("if (process.env.CI) plugins.push(react())", False),
        ("plugins[0] = react()", False),
        ("plugins.length = 0", False),
        ("other.plugins.push(react())", None),
        ("// plugins.push(react())", True),
        ("const names = plugins.map((p) => p.name)", True),
    ],
)
def test_a_list_that_is_changed_in_place_is_put_into_another(change, opened):
    found = vite.add_plugin(LIST.format(change=change).encode(), "vite.config.js", OPTIONS)
    if opened is None:
        assert isinstance(found, Refused) and "`other` is changed" in found.reason
    else:
        assert isinstance(found, Edited)
        assert (b"const plugins = [\n  vue(),\n  sentryVitePlugin({" in found.data) is opened
