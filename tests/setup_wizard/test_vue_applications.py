"""Where a Vue application is made: in the entry, in a function of it, or in a module that the entry imports or loads."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, after

PAGE = '<div id="app"></div>\n<script type="module" src="/src/main.js"></script>\n'
PACKAGE = '{\n  "name": "web",\n  "private": true,\n  "scripts": {"build": "vite build"},\n  "dependencies": {"vue": "^3.5.0"},\n  "devDependencies": {"vite": "^7.0.0"}\n}\n'
WEB = {
    "web/package.json": PACKAGE,
    "web/index.html": PAGE,
    "web/vite.config.js": "import vue from '@vitejs/plugin-vue'\n\nexport default { plugins: [vue()] }\n",
}
FUNCTION = "import { createApp } from 'vue'\nimport App from './App.vue'\n\nasync function start() {\n  const app = createApp(App)\n  app.mount('#app')\n}\n\nstart()\n"
FACTORY = "import { createApp } from 'vue'\nimport App from './App.vue'\n\nexport function createShop() {\n  const app = createApp(App)\n  return app\n}\n"
PLAIN = (
    "import { createApp } from 'vue'\nimport App from './App.vue'\n\nconst app = createApp(App)\napp.mount('#app')\n"
)


@pytest.mark.parametrize(
    ("files", "path", "indent"),
    [
        ({"web/src/main.js": FUNCTION}, "web/src/main.js", "  "),
        ({"web/src/main.js": "import { createShop } from './app'\n\nconst app = createShop()\napp.mount('#app')\n", "web/src/app.js": FACTORY}, "web/src/app.js", "  "),
        ({"web/src/main.js": "import './style.css'\n\nimport('./late')\n", "web/src/style.css": "", "web/src/late.js": PLAIN}, "web/src/late.js", ""),
        ({"web/src/main.js": PLAIN}, "web/src/main.js", ""),
    ],
)  # fmt: skip
def test_the_call_stands_behind_what_makes_the_application(tmp_path, files, path, indent):
    done = after(tmp_path, READY | WEB | files, "frontend-sdk")
    text = done.text(path)
    assert text.startswith("import * as Sentry from '@sentry/vue'\n"), done.left
    behind = text.partition(f"{indent}const app = createApp(App)\n")[2]
    assert behind.lstrip("\n").startswith(f"{indent}Sentry.init({{\n{indent}  app,\n"), text
    assert '"@sentry/vue"' in done.text("web/package.json")
    assert [p for p in files if p != path and done.text(p) != files[p]] == []


def test_an_application_that_is_made_twice_is_left_with_the_package_installed(tmp_path):
    files = {"web/src/main.js": PLAIN + "createApp(App).mount('#other')\n"}
    done = after(tmp_path, READY | WEB | files, "frontend-sdk")
    assert done.text("web/src/main.js") == files["web/src/main.js"]
    assert '"@sentry/vue"' in done.text("web/package.json")
    [task] = [t for t in done.steps["frontend-sdk"].manual if t.path == "web/src/main.js"]
    assert "does not make one application with createApp()" in task.reason and "Sentry.init({" in task.snippet
