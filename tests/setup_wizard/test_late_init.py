"""A call of `Sentry.init` that comes too late, or may not run: it is never moved, and advice to move it is given only where it works."""

from __future__ import annotations

import json

import pytest

from tests.support.edits import READY, VITE, after

PACKAGE = json.loads(VITE["web/package.json"])
PACKAGE["dependencies"] = {**PACKAGE.get("dependencies", {}), "@sentry/react": "^10.78.0"}
HEAD = 'import * as Sentry from "@sentry/react";\nimport { createRoot } from "react-dom/client";\nimport App from "./App";\n\n'
RENDER = 'createRoot(document.getElementById("root")).render(<App />);\n'
MOVABLE = "Sentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN, sendDefaultPii: false });\n"


@pytest.mark.parametrize(
    ("body", "advised"),
    [
        (RENDER + MOVABLE, True),
        # It needs a value of its place, or a condition of its own.
        ("const release = window.build;\n" + RENDER + MOVABLE.replace("sendDefaultPii: false", "release"), False),
        (RENDER + MOVABLE.replace("sendDefaultPii: false", "beforeSend: (event) => clean(event)"), False),
        (RENDER + MOVABLE.replace("sendDefaultPii: false", "beforeSend: (event) => event"), True),
        (f"{RENDER}if (window.active) {{\n  {MOVABLE}}}\n", False),
    ],
)
def test_a_call_is_advised_to_move_only_where_it_can(tmp_path, body, advised):
    files = READY | VITE | {"web/package.json": json.dumps(PACKAGE), "web/src/main.tsx": HEAD + body}
    done = after(tmp_path, files, "frontend-sdk")
    assert done.text("web/src/main.tsx") == HEAD + body
    step = done.steps["frontend-sdk"]
    task = next(t for t in step.manual if t.reason.endswith("an existing call is never moved"))
    assert task.place.startswith("web/src/main.tsx:")
    assert task.snippet.startswith("// in a module that the entry imports first\nSentry.init(") is advised
    assert advised or task.snippet == ""
