"""What an upload of CI names, against the folder that the build writes to: another folder's files are no maps of this build."""

from __future__ import annotations

import pytest

from tests.support.repo import check_one, frontend

MAPS = "export default { build: { sourcemap: 'hidden' } }\n"
OUT = "export default { build: { sourcemap: 'hidden', outDir: 'build' } }\n"
CI = ".github/workflows/d.yml"
TOKEN = "{SENTRY_AUTH_TOKEN: '${{ secrets.SENTRY_AUTH_TOKEN }}', SENTRY_ORG: acme, SENTRY_PROJECT: web}"


def _flow(step: str) -> dict[str, str]:
    return {
        CI: "on: push\njobs:\n  web:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - run: npm ci && npm run build\n        working-directory: frontend\n{step}        env: {TOKEN}\n"
    }


def _run(command: str, folder: str = "") -> str:
    where = f"        working-directory: {folder}\n" if folder else ""
    return f"      - run: {command}\n{where}"


UPLOAD = "sentry-cli sourcemaps upload"
ELSEWHERE = "job web uploads source maps from {}, and the build writes to {}"


@pytest.mark.parametrize(
    ("config", "step", "said"),
    [
        (MAPS, _run(f"{UPLOAD} --release 1 ./build/static/js --url-prefix '~/static/js'"), ("build/static/js", "frontend/dist")),
        (MAPS, _run(f"{UPLOAD} dist"), ("dist", "frontend/dist")),
        (OUT, _run(f"{UPLOAD} -x map dist", "frontend"), ("frontend/dist", "frontend/build")),
        (MAPS, "      - uses: getsentry/action-release@v3\n        with: {sourcemaps: ./web/dist}\n", ("web/dist", "frontend/dist")),
        (MAPS, _run(f"{UPLOAD} frontend/dist"), None),
        (MAPS, _run(f"{UPLOAD} frontend/dist/assets"), None),
        (MAPS, _run(f"{UPLOAD} ."), None),
        (OUT, _run(f"{UPLOAD} --url-prefix '~/x' build", "frontend"), None),
        (MAPS, _run(f"cd frontend && {UPLOAD} --dist 7 -x js -x map dist/"), None),
        (MAPS, _run(f"{UPLOAD} other frontend/dist"), None),
        (MAPS, _run(f'{UPLOAD} "$OUT"'), None),
        (MAPS, "      - uses: getsentry/action-release@v3\n        with: {sourcemaps: dist, working_directory: frontend}\n", None),
    ],
)  # fmt: skip
def test_an_upload_of_another_folder_is_none_of_this_build(config, step, said):
    found = check_one("source-maps", frontend(config) | _flow(step))
    verdict = found.verdicts[0]
    if said is None:
        assert str(verdict.outcome) == "pass", verdict
        return
    finding = verdict.findings[0]
    assert (str(verdict.outcome), finding.message) == ("unknown", ELSEWHERE.format(*said))
    assert (finding.path, finding.line) == (CI, 8)
    assert (finding.hint or "").startswith("upload the folder that the build writes to")
