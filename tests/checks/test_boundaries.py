"""Error boundaries of the frameworks that let errors go: only one that keeps an error to itself hides it."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
SOLID = "import { render } from 'solid-js/web'\nimport { ErrorBoundary, catchError } from 'solid-js'\nimport * as Sentry from '@sentry/solid'\n"
WITH = "const Guard = Sentry.withSentryErrorBoundary(ErrorBoundary)\n"
PREACT = "import * as Sentry from '@sentry/browser'\nimport { useErrorBoundary } from 'preact/hooks'\n"
SVELTE = "<script>\n  import * as Sentry from '@sentry/svelte'\n  import { shown } from './other'\n  const said = (e) => Sentry.captureException(e)\n</script>\n"
VUE = "import { createApp } from 'vue'\nimport * as Sentry from '@sentry/vue'\nconst app = createApp(App)\n"


def app(framework: str, path: str, code: str) -> dict[str, str]:
    manifest = {
        "dependencies": {framework: "1.0.0"},
        "devDependencies": {"vite": "7"},
        "scripts": {"build": "vite build"},
    }
    page = '<script type="module" src="/src/main.tsx"></script>'
    files = {"package.json": json.dumps(manifest), "index.html": page, "vite.config.ts": "export default {}\n"}
    return files | {"src/main.tsx": ""} | {path: code}


SEEN = [
    ("solid-js", "src/main.tsx", SOLID + "render(() => <App />, x)", N, "reach the browser's handler"),
    ("solid-js", "src/main.tsx", SOLID + "const A = () => <ErrorBoundary fallback={<p>!</p>}><B /></ErrorBoundary>", F, "ErrorBoundary shows an error"),
    ("solid-js", "src/main.tsx", SOLID + "const A = () => <ErrorBoundary fallback={(e) => { Sentry.captureException(e); return <p>!</p> }}><B /></ErrorBoundary>", P, "ErrorBoundary reports"),
    ("solid-js", "src/main.tsx", SOLID + WITH.replace("Guard", "SafeErrorBoundary") + "const A = () => <SafeErrorBoundary fallback={<p>!</p>}><B /></SafeErrorBoundary>", P, "SafeErrorBoundary"),
    ("solid-js", "src/main.tsx", SOLID + "catchError(() => load(), (e) => console.error(e))", F, "catchError"),
    ("solid-js", "src/main.tsx", "import { ErrorBoundary } from './own'\nconst A = () => <ErrorBoundary fallback={1}><B /></ErrorBoundary>", N, ""),
    ("preact", "src/main.tsx", PREACT + "render(<App />, document.body)", N, "reach the browser's handler"),
    ("preact", "src/main.tsx", PREACT + "class A extends Component { componentDidCatch(e) { this.setState({ e }) } }", F, "componentDidCatch shows"),
    ("preact", "src/main.tsx", PREACT + "class A extends Component { componentDidCatch(e) { Sentry.captureException(e) } }", P, ""),
    ("preact", "src/main.tsx", PREACT + "function A() { const [error] = useErrorBoundary(); return error ? <p>!</p> : <B /> }", F, "useErrorBoundary"),
    ("preact", "src/main.tsx", PREACT + "function A() { const [error] = useErrorBoundary((e) => Sentry.captureException(e)); return <B /> }", P, ""),
    ("svelte", "src/App.svelte", SVELTE + "<main>text</main>", N, "reach the browser's handler"),
    ("svelte", "src/App.svelte", SVELTE + "<svelte:boundary>\n  <B />\n  {#snippet failed(error)}<p>!</p>{/snippet}\n</svelte:boundary>", F, "<svelte:boundary> shows an error"),
    ("svelte", "src/App.svelte", SVELTE + "<svelte:boundary onerror={said}><B /></svelte:boundary>", P, ""),
    ("svelte", "src/App.svelte", SVELTE + "<svelte:boundary onerror={(e) => console.log({ e }, '}')}><B /></svelte:boundary>", F, ""),
    ("svelte", "src/App.svelte", SVELTE + "<svelte:boundary\n  onerror={(e) => {\n    Sentry.captureException(e, { tags: { a: `}` } })\n  }}\n>\n<B /></svelte:boundary>", P, ""),
    ("svelte", "src/App.svelte", SVELTE + "<svelte:boundary {...rest}><B /></svelte:boundary>", U, ""),
    ("svelte", "src/App.svelte", SVELTE + "<svelte:boundary pending={wait}><B /></svelte:boundary>", N, ""),
    ("svelte", "src/App.svelte", SVELTE + "<svelte:boundary onerror={(e) => {><B />", U, ""),
    ("vue", "src/main.tsx", VUE + "Sentry.init({ app, dsn })\napp.mount('#a')", N, "its own error handler"),
    ("vue", "src/main.tsx", VUE + "Sentry.init({ app, dsn })\napp.config.errorHandler = (e) => console.error(e)", F, "replaces the SDK's handler"),
    ("vue", "src/main.tsx", VUE + "app.config.errorHandler = (e) => console.error(e)\nSentry.init({ app, dsn })", N, "its own error handler"),
    ("vue", "src/main.tsx", VUE + "Sentry.init({ app, dsn })\napp.config.errorHandler = (e) => Sentry.captureException(e)", N, "its own error handler"),
    ("vue", "src/main.tsx", VUE + "Sentry.init({ app, dsn })\nexport function later() { app.config.errorHandler = () => {} }", U, "is not known here"),
]  # fmt: skip


@pytest.mark.parametrize(("framework", "path", "code", "outcome", "words"), SEEN)
def test_a_boundary_that_keeps_an_error_to_itself_is_found(framework, path, code, outcome, words):
    result = check_one("error-boundary", app(framework, path, code + "\n"))
    said = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome, said
    assert words in said
    assert all(f.path == path and f.line for f in result.findings if outcome is F)


REACT = "import * as Sentry from '@sentry/react'\nconst Page = () => <p/>\n"
WRAPPED = [
    ("const Safe = Sentry.withErrorBoundary(Page, {})", {}, F),
    ("export const Safe = Sentry.withErrorBoundary(Page, {})", {}, F),
    ("export const Safe = Sentry.withErrorBoundary(Page, {}) as typeof Page", {"src/b.tsx": "export const Unsafe = 1"}, F),
    ("const Safe = Sentry.withErrorBoundary(Page, {})\nexport const App = () => <Safe />", {}, P),
    ("export const Safe = Sentry.withErrorBoundary(Page, {})", {"src/b.tsx": "import { Safe } from './main'\nshow(<Safe />)"}, P),
    ("const Safe = Sentry.withErrorBoundary(Page, {})\nexport default Safe", {}, P),
    ("export default Sentry.withErrorBoundary(Page, {})", {}, P),
]  # fmt: skip


@pytest.mark.parametrize(("code", "more", "outcome"), WRAPPED)
def test_a_wrapped_component_counts_where_its_name_is_read(code, more, outcome):
    result = check_one("error-boundary", app("react", "src/main.tsx", REACT + code + "\n") | more)
    assert result.outcome is outcome, (result.findings, result.evidence)
