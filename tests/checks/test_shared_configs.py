"""A Vite config that takes its build from another file: what that file writes decides, and what it may write is not known."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.edits import READY, VITE
from tests.support.repo import check_one

HEAD = 'import { shared } from "../config/build";\n\nexport default { plugins: [], %s };\n'


def shop(written: str, more: str = "...shared()") -> dict[str, str]:
    return READY | VITE | {"web/vite.config.ts": HEAD % more, "config/build.ts": written}


def made(build: str) -> str:
    return f"export function shared() {{\n  return {{ build: {{ {build} }} }};\n}}\n"


@pytest.mark.parametrize(
    ("files", "outcome", "message"),
    [
        (shop(made("sourcemap: true")), Outcome.FAIL, "the build writes maps (sourcemap: true), and nothing deletes them before they are served"),
        (shop(made("sourcemap: false")), Outcome.PASS, ""),
        (shop(made("minify: true")), Outcome.PASS, ""),
        (shop(made("sourcemap: wanted()")), Outcome.UNKNOWN, "whether the build writes maps cannot be determined"),
        (shop("export const shared = () => other();\n"), Outcome.UNKNOWN, "whether the build writes maps cannot be determined"),
        (shop("export const shared = async () => ({ build: { sourcemap: false } });\n"), Outcome.UNKNOWN, "whether the build writes maps cannot be determined"),
        (shop(made("sourcemap: true"), "build: { ...shared().build, sourcemap: false }"), Outcome.PASS, ""),
        (shop(made("sourcemap: false"), "build: { sourcemap: false, ...shared()?.build }"), Outcome.PASS, ""),
        (shop(made("sourcemap: false"), "build: { sourcemap: false, rollupOptions: { output: { ...shared().build.output } } }"), Outcome.UNKNOWN, "whether the build writes maps cannot be determined"),
        (shop(made("sourcemap: false, output: { compact: true }"), "build: { sourcemap: false, rollupOptions: { output: { ...shared().build.output } } }"), Outcome.PASS, ""),
        (shop("export function shared(own) {\n  const base = { build: { sourcemap: true } };\n  return { ...base, ...own };\n}\n", "...shared({ build: {} })"), Outcome.PASS, ""),
        (shop("export function shared(own = { build: { sourcemap: true } }) {\n  return own;\n}\n"), Outcome.FAIL, "the build writes maps (sourcemap: true), and nothing deletes them before they are served"),
    ],
)  # fmt: skip
def test_what_the_other_file_writes_decides_of_the_maps(files, outcome, message):
    verdict = next(v for v in check_one("source-maps-private", files).verdicts if v.target)
    assert verdict.outcome is outcome, (verdict.findings, verdict.evidence)
    assert message in "".join(f.message for f in verdict.findings)
    assert outcome is Outcome.PASS or {f.path for f in verdict.findings} == {"web/vite.config.ts"}


def test_maps_of_another_file_are_not_said_to_be_off():
    verdict = next(v for v in check_one("source-maps", shop(made("sourcemap: true"))).verdicts if v.target)
    assert [f.message for f in verdict.findings] == ["no sentryVitePlugin in the config, and no upload in CI"]


def test_a_folder_that_another_file_names_is_where_the_maps_are():
    plugin = '{ plugins: [sentryVitePlugin({ authToken: process.env.SENTRY_AUTH_TOKEN, sourcemaps: { filesToDeleteAfterUpload: ["%s/**/*.map"] } })], ...shared() }'
    for folder, outcome in (("out", Outcome.PASS), ("dist", Outcome.FAIL)):
        files = shop(made('sourcemap: "hidden", outDir: "out"'))
        files["web/vite.config.ts"] = 'import { sentryVitePlugin } from "@sentry/vite-plugin";\n' + (
            HEAD.partition("{ plugins")[0] + plugin % folder + ";\n"
        )
        verdict = next(v for v in check_one("source-maps-private", files).verdicts if v.target)
        assert verdict.outcome is outcome, (folder, verdict.findings, verdict.evidence)
