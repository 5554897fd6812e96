"""Where a Vue entry imports the SDK: among its packages, in the order that import sorters keep."""

from __future__ import annotations

import pytest

from setup_wizard.editors.base import Edited, Unchanged
from setup_wizard.editors.entry import InstrumentOptions
from setup_wizard.editors.vue_entry import initialize

SENTRY = "import * as Sentry from '@sentry/vue'\n"
OPTIONS = InstrumentOptions(package="@sentry/vue", sample_rate=0.1, data_collection=False)
MADE = "\nconst app = createApp(App)\napp.mount('#app')\n"
VUE, APP = "import { createApp } from 'vue'\n", "import App from './App.vue'\n"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", VUE + APP),
        ("import './main.css'\n\n", VUE + APP),
        ("import 'virtual:uno.css'\nimport 'normalize.css'\n\n", VUE + APP),
        ("import { ui } from '@acme/ui'\n", "import { keys } from '@shared/keys'\nimport { createApp } from 'vue'\n" + APP),
        ("import type { Plugin } from 'vue'\nimport { ui } from '@acme/ui'\n", VUE + APP),
        ("import type { Shop } from '@acme/types'\nimport type { Plugin } from 'vue'\n\nimport { ui } from '@acme/ui'\n", "import { createPinia } from 'pinia'\n" + APP),
        ("import { ui } from '@acme/ui' // ours\n", "\nimport App from '@/App.vue'\n"),
        ("import { kit } from '@acme/kit'\nimport { ui } from '@acme/ui'\n", "import App from '@/App.vue'\n"),
        ("", "import { createPinia } from 'pinia'\nimport { api } from 'api'\n" + VUE),
        ("// The shop.\n\n", "// the framework\n" + VUE + APP),
        ("// SPDX-License-Identifier: MIT\n\n", VUE + APP),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_sorted_imports_stay_sorted(above, below, newline):
    text = (above + below + MADE).replace("\n", newline)
    edit = initialize(text.encode(), "src/main.ts", OPTIONS)
    assert isinstance(edit, Edited)
    head, found, rest = edit.data.decode().partition(SENTRY.replace("\n", newline))
    assert (head, bool(found)) == (above.replace("\n", newline), True), edit.data.decode()
    assert rest.startswith((below + MADE.partition("app.mount")[0]).replace("\n", newline))
    assert isinstance(initialize(edit.data, "src/main.ts", OPTIONS), Unchanged)
