"""What reports React's errors: where it is put into the entry, and what is refused."""

from __future__ import annotations

import pytest

from setup_wizard.editors import boundary
from setup_wizard.editors.base import Edited, Refused, Unchanged

IMPORTS = "import './instrument'\nimport { createRoot } from 'react-dom/client'\nimport App from './App'\n\n"
MADE = (
    "import './instrument'\nimport * as Sentry from '@sentry/react'\nimport { createRoot } from 'react-dom/client'\n"
    "import App from './App'\n\n"
)
ROWS = (
    "onUncaughtError: Sentry.reactErrorHandler(),\n  onCaughtError: Sentry.reactErrorHandler(),\n"
    "  onRecoverableError: Sentry.reactErrorHandler(),\n"
)
WRAPPED = "  <Sentry.ErrorBoundary fallback={<p>Something went wrong.</p>}>\n    <App />\n  </Sentry.ErrorBoundary>\n"

HANDLERS = [
    (
        IMPORTS + "createRoot(document.getElementById('root')!).render(<App />)\n",
        MADE + "createRoot(document.getElementById('root')!, {\n  " + ROWS + "}).render(<App />)\n",
    ),
    (
        IMPORTS + "createRoot(\n  box,\n).render(<App />)\n",
        MADE + "createRoot(\n  box,\n  {\n    " + ROWS.replace("\n  ", "\n    ") + "  },\n).render(<App />)\n",
    ),
    (
        IMPORTS + "const root = createRoot(box, {\n  identifierPrefix: 'a',\n})\nroot.render(<App />)\n",
        MADE + "const root = createRoot(box, {\n  identifierPrefix: 'a',\n  " + ROWS + "})\nroot.render(<App />)\n",
    ),
    (
        'import * as S from "@sentry/react";\nimport ReactDOM from "react-dom/client";\nReactDOM.hydrateRoot(box, <App />);\n',
        'import * as S from "@sentry/react";\nimport ReactDOM from "react-dom/client";\nReactDOM.hydrateRoot(box, <App />, {\n  '
        + ROWS.replace("Sentry.", "S.")
        + "});\n",
    ),
]

BOUNDARY = [
    (IMPORTS + "createRoot(box).render(<App />)\n", MADE + "createRoot(box).render(\n" + WRAPPED + ")\n"),
    (
        IMPORTS + "const root = createRoot(box)\nroot.render(\n  <App />,\n)\n",
        MADE + "const root = createRoot(box)\nroot.render(\n" + WRAPPED[:-1] + ",\n)\n",
    ),
    (
        IMPORTS + "createRoot(box).render(\n  <Strict>\n\n    <App />\n  </Strict>\n)\n",
        MADE
        + "createRoot(box).render(\n"
        + WRAPPED.replace("    <App />", "    <Strict>\n\n      <App />\n    </Strict>")
        + ")\n",
    ),
    (
        IMPORTS + "createRoot(box).render(\n  <App text={`a\n  b`} />\n)\n",
        MADE + "createRoot(box).render(\n" + WRAPPED.replace("<App />", "<App text={`a\n  b`} />") + ")\n",
    ),
    (
        IMPORTS.replace("createRoot", "hydrateRoot") + "hydrateRoot(box, <App />)\n",
        MADE.replace("createRoot", "hydrateRoot") + "hydrateRoot(box,\n" + WRAPPED + ")\n",
    ),
]


@pytest.mark.parametrize(
    ("add", "before", "after"),
    [(boundary.add_root_handlers, *c) for c in HANDLERS] + [(boundary.add_boundary, *c) for c in BOUNDARY],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_entry_reports_once(add, before, after, newline):
    result = add(before.replace("\n", newline).encode(), "src/main.tsx", "@sentry/react")
    assert isinstance(result, Edited)
    assert result.data.decode() == after.replace("\n", newline)
    assert isinstance(add(result.data, "src/main.tsx", "@sentry/react"), Unchanged)


REFUSED = [
    ("createRoot(box).render(<App />)\n", "does not import"),
    (IMPORTS + "const Sentry = 1\ncreateRoot(box).render(<App />)\n", "uses the name Sentry"),
    (IMPORTS + "export const start = createRoot\n", "makes no root"),
    (IMPORTS + "createRoot(...boxes).render(<App />)\n", "in an unsupported way"),
    (IMPORTS + "createRoot(\n", "not valid"),
]


@pytest.mark.parametrize("add", [boundary.add_root_handlers, boundary.add_boundary])
@pytest.mark.parametrize(("before", "why"), REFUSED)
def test_what_is_not_followed_is_refused_with_the_snippet(add, before, why):
    result = add(before.encode(), "src/main.tsx", "@sentry/react")
    assert isinstance(result, Refused) and why in result.reason and "@sentry/react" in result.snippet


@pytest.mark.parametrize(
    ("add", "call", "why"),
    [
        (boundary.add_root_handlers, "createRoot(box, options).render(<App />)", "not a literal"),
        (boundary.add_root_handlers, "createRoot(box, { ...options }).render(<App />)", "not a literal"),
        (boundary.add_root_handlers, "createRoot(box, { onCaughtError: log }).render(<App />)", "handler of its own"),
        (boundary.add_boundary, "createRoot(box).render(view)", "other than an element"),
        (
            boundary.add_boundary,
            "const root = createRoot(box)\nroot.render(<A />)\nroot.render(<B />)",
            "each root just once",
        ),
    ],
)
def test_what_somebody_decided_otherwise_is_left_alone(add, call, why):
    result = add((IMPORTS + call + "\n").encode(), "src/main.tsx", "@sentry/react")
    assert isinstance(result, Refused) and why in result.reason and result.place.startswith("src/main.tsx:")


@pytest.mark.parametrize("add", [boundary.add_root_handlers, boundary.add_boundary])
def test_every_root_reports(add):
    both = (
        IMPORTS.replace("createRoot", "createRoot, hydrateRoot")
        + "if (box.children.length) {\n  hydrateRoot(box, <App />)\n} else {\n  const root = createRoot(box)\n  root.render(<App />)\n}\n"
    )
    result = add(both.encode(), "src/main.tsx", "@sentry/react")
    assert isinstance(result, Edited)
    after = result.data.decode()
    assert after.count("onCaughtError: Sentry") == 2 or after.count("<Sentry.ErrorBoundary") == 2
    assert isinstance(add(result.data, "src/main.tsx", "@sentry/react"), Unchanged)
