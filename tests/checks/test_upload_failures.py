"""Whether a failed upload of source maps is noticed: by the build that stops, and by the job that fails with its build."""

from __future__ import annotations

import pytest

from tests.checks.test_ci_items import CI, TOKEN
from tests.checks.test_map_builds import DELETES, F, P, U, config, said, shop
from tests.support.repo import check_one

HANDLERS = [
    ("errorHandler: (e) => { throw e }", TOKEN, P, "stops the build"),
    ("errorHandler: (e) => { console.warn(e) /* throw */ }", TOKEN, F, "does not throw"),
    ("errorHandler: console.error", TOKEN, F, "does not throw"),
    ("errorHandler: (e) => { if (mode === 'x') throw e }", TOKEN, U, "cannot be determined"),
    ("errorHandler: () => process.exit()", TOKEN, U, "cannot be determined"),
    ("errorHandler: () => process.exit( 0 )", TOKEN, F, "does not throw"),
    ("errorHandler: () => { process.exitCode = 1 }", TOKEN, P, "stops the build"),
    ("errorHandler: () => { process.exitCode = 0 }", TOKEN, F, "does not throw"),
    ("errorHandler: async (e) => { throw e }", TOKEN, U, "cannot be determined"),
    ("errorHandler: (e) => { try { throw e } catch { console.log(e) } }", TOKEN, U, "cannot be determined"),
    ("errorHandler: (e) => stop(e)", TOKEN, U, "cannot be determined"),
    ("errorHandler: (e) => { console.error('throw'); return; throw e }", TOKEN, F, "does not throw"),
    ("errorHandler: () => process.exit(1)", TOKEN, P, "stops the build"),
    ("errorHandler: () => process.exit(0)", TOKEN, F, "does not throw"),
    ("errorHandler: (e) => { throw e }", "", F, "the plugin only warns"),
]


@pytest.mark.parametrize(("handler", "env", "outcome", "words"), HANDLERS)
def test_a_failed_upload_is_visible_only_where_the_build_stops(handler, env, outcome, words):
    found, text = said("upload-failure-visible", shop(config(f"{DELETES}, {handler}"), env=env))
    assert found is outcome and words in text, text


TOKENLESS = "process.env.SENTRY_RELEASE && !process.env.SENTRY_AUTH_TOKEN"
RELEASE = "SENTRY_RELEASE: ${{ github.sha }}"
STOPS = [
    (f"{{ name: 'guard', generateBundle() {{ if ({TOKENLESS}) throw new Error('x') }} }},", "", P),
    ("{ name: 'guard', buildStart() { if (!process.env.SENTRY_AUTH_TOKEN) this.error('x') } },", "", P),
    ("{ name: 'guard', buildStart: () => { if (!process.env.SENTRY_AUTH_TOKEN) process.exit(1) } },", "", P),
    ("{ name: 'guard', buildStart() { if (!process.env.SENTRY_AUTH_TOKEN) console.warn('x') } },", "", F),
    ("{ name: 'guard', buildStart() { if (process.env.SENTRY_AUTH_TOKEN) throw new Error('x') } },", "", F),
    ("{ name: 'guard', buildStart() { return; throw new Error('x') } },", "", F),
    ("{ name: 'guard', buildStart() { if (process.env.STRICT && !process.env.SENTRY_AUTH_TOKEN) throw 1 } },", "", F),
    ("{ name: 'guard', buildStart() { try { throw 1 } catch { } } },", "", F),
    ("{ name: 'guard', apply: 'serve', buildStart() { if (!process.env.SENTRY_AUTH_TOKEN) throw 1 } },", "", F),
    ("{ name: 'guard', configureServer() { if (!process.env.SENTRY_AUTH_TOKEN) throw 1 } },", "", F),
    ("mode === 'staging' && { name: 'guard', buildStart() { throw new Error('x') } },", "", F),
    ("", "if (!process.env.SENTRY_AUTH_TOKEN) throw new Error('x')", P),
    ("", "if (mode === 'production' && !process.env.SENTRY_AUTH_TOKEN) throw new Error('x')", P),
    ("", "const check = () => { if (!process.env.SENTRY_AUTH_TOKEN) throw new Error('x') }", F),
    ("", "const guard = { buildStart() { if (!process.env.SENTRY_AUTH_TOKEN) throw 1 } }", F),
]


@pytest.mark.parametrize(("plugin", "before", "outcome"), STOPS)
def test_a_build_without_a_token_is_visible_where_the_config_stops_it(plugin, before, outcome):
    text = config(f"{DELETES}, errorHandler: (e) => {{ throw e }}", gate=f"{plugin} %s", before=before)
    assert said("upload-failure-visible", shop(text, env=RELEASE))[0] is outcome


THROWS = config(f"{DELETES}, errorHandler: (e) => {{ throw e }}")
PASSED_OVER = [
    ("npm run build || true", {}, "", "`npm run build`"),
    ("set +e\nnpm run build\nexit 0", {}, "", "`npm run build`"),
    ("npm run build", {"build": "vite build || echo failed"}, "", "`npm run build`"),
    ("npm run build", {}, "        continue-on-error: true\n", "`npm run build`"),
    ("npm run build || exit 1", {}, "", ""),
    ("set +e\nnpm run build || exit 1\necho built", {}, "", ""),
    ("set +e\nnpm run build\n[ $? -eq 0 ] || exit 1\necho built", {}, "", ""),
    ("npm run build", {"build": "vite build; cp robots.txt dist"}, "", "`npm run build`"),
    ("npm run build\nls dist || true", {}, "", ""),
    ("npm run build", {}, "        continue-on-error: false\n", ""),
    ("if ! npm run build; then echo failed; exit 1; fi", {}, "", ""),
    ("if npm run build; then echo built; else echo failed; exit 1; fi", {}, "", ""),
    ("if npm run build; then echo built; elif retry; then false; fi", {}, "", ""),
    ("stop() { exit 1; }\nif ! npm run build; then stop; fi", {}, "", ""),
    ("until npm run build; do sleep 1; done", {}, "", ""),
    ("npm run build | tee log\nexit ${PIPESTATUS[0]}", {}, "", ""),
    ("npm run build || { echo failed; exit 1; }", {}, "", ""),
    ("if npm run build; then echo built; fi", {}, "", "`npm run build`"),
    ("npm run build | tee log", {}, "", "`npm run build`"),
    ("! npm run build\necho built", {}, "", "`npm run build`"),
]


# In the background the status of the build is lost, unless a `wait` for its own process has it.
BACKGROUND = [
    ("npm run build & wait", {}, "`npm run build`"),
    ("npm run build &\nsleep 1\n./warm.sh\nwait", {}, "`npm run build`"),
    ("npm run build &\nBUILD=$!\nnpm run docs &\nwait $BUILD $!", {}, "`npm run build`"),
    ("npm run build & wait $! || true", {}, "`npm run build`"),
    ("set +e\nnpm run build &\nwait $!\necho done", {}, "`npm run build`"),
    ("npm run build", {"build": "vite build & wait"}, "`npm run build`"),
    ("npm run build & wait $!", {}, ""),
    ('npm run build &\nBUILD=$!\nnpm run docs\nwait "$BUILD"', {}, ""),
    ("npm run build &\nBUILD=$!\nnpm run docs &\nDOCS=$!\nwait $DOCS\nwait ${BUILD}", {}, ""),
    ("set +e\nnpm run build &\nwait $! || exit 1\necho done", {}, ""),
    ("npm run build &\nif ! wait $!; then exit 1; fi\necho done", {}, ""),
    ("npm run build &\nif ! wait $!; then echo failed; fi", {}, "`npm run build`"),
    ("npm run docs &\nnpm run build\nwait", {}, ""),
    ('npm run build & jobs="$jobs $!"\nfor job in $jobs; do wait $job; done', {}, None),
    ("npm run build &\nwait -n", {}, None),
]


@pytest.mark.parametrize(("run", "scripts", "command"), BACKGROUND)
def test_the_failure_of_a_build_in_the_background_is_that_of_a_wait_for_it(run, scripts, command):
    files = shop(THROWS, run=run, scripts=scripts or None)
    verdict = check_one("upload-failure-visible", files).verdicts[0]
    if command is None:
        message = "whether the job fails with `npm run build`, which runs in the background, cannot be determined"
        assert verdict.outcome is U and verdict.findings[0].message == message, (verdict.findings, verdict.evidence)
        return
    assert verdict.outcome is (F if command else P), (verdict.findings, verdict.evidence)
    assert not command or f"the job continues although {command} failed" in verdict.findings[0].message
    assert not command or verdict.findings[0].path == ".github/workflows/ci.yml"


@pytest.mark.parametrize(("run", "scripts", "more", "command"), PASSED_OVER)
def test_a_failed_upload_is_visible_only_where_the_job_fails_with_its_build(run, scripts, more, command):
    files = shop(THROWS, run=run, scripts=scripts or None)
    files[CI] += more
    result = check_one("upload-failure-visible", files)
    assert result.outcome is (F if command else P)
    if command:
        [finding] = result.findings
        assert finding.message == f"the job continues although {command} failed, and with it the upload"
        assert (finding.path, finding.line, finding.hint) == (
            CI,
            7 + run.startswith("set"),
            "let the job fail with its build",
        )
