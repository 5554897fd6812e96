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


STORE = """import * as Sentry from "@sentry/react";
import { create } from "zustand";

export const useSentry = create((set) => ({
  setSentry: (dsn) => {
    Sentry.init({ dsn });
  },
}));
"""
EFFECT = """import { useEffect } from "react";
import { useSentry } from "./sentry";

export default function App() {
  const setSentry = useSentry((state) => state.setSentry);
  const config = useConfig();
  useEffect(() => {
    setSentry(config.sentry_dsn);
  }, [config]);
  return null;
}
"""
MODULE = 'import * as Sentry from "@sentry/react";\n\nSentry.init({ dsn: import.meta.env.VITE_OWN_DSN });\n'
PLAIN = "export default function App() {\n  return null;\n}\n"


@pytest.mark.parametrize(
    ("module", "app", "snippet"),
    [
        (MODULE, PLAIN, '// web/src/main.tsx, above its other imports\nimport "./sentry";'),
        (
            STORE,
            EFFECT,
            "// web/src/main.tsx, before the application renders: wait there for what web/src/App.tsx:8 waits for\n"
            "useSentry.getState().setSentry(config.sentry_dsn)",
        ),
    ],
)
def test_a_call_that_is_there_comes_with_what_makes_it_run_first(tmp_path, module, app, snippet):
    main = HEAD.split("\n", 1)[1] + RENDER
    own = {"web/src/main.tsx": main, "web/src/App.tsx": app, "web/src/sentry.js": module}
    done = after(tmp_path, READY | VITE | {"web/package.json": json.dumps(PACKAGE)} | own, "frontend-sdk")
    assert done.text("web/src/main.tsx") == main and done.text("web/src/sentry.js") == module
    task = next(t for t in done.steps["frontend-sdk"].manual if t.reason.endswith("an existing call is never moved"))
    assert task.snippet == snippet
    assert "VITE_SENTRY_DSN" not in str(done.steps["frontend-sdk"].manual)
