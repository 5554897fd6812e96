"""Edited Dockerfiles, built: the token reaches the build's command and nothing else, the DSN and the release reach the bundle.

buildah builds them from a base image of this machine's own shell and Node, in a store of its own; no registry is asked. Without
buildah, root or Node there is nothing to build with.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from setup_wizard.plan.engine import Engine
from setup_wizard.steps import find_steps
from tests.real.test_real_parts import MACHINE
from tests.support.edits import DSN, READY, VITE

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        shutil.which("buildah") is None or shutil.which("node") is None or os.geteuid() != 0,
        reason="buildah, Node and root are needed to build images",
    ),
]

TOKEN, RELEASE = "sntrys_canary-of-the-image-tests", "0123abcd" * 5
FLOW = (
    "on:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n"
    "      - run: buildah bud -t r.example/shop .\n"
)
MANAGER = """#!/usr/bin/env node
const fs = require('fs'), crypto = require('crypto'), words = process.argv.slice(2).filter((w) => !w.startsWith('-'))
const token = process.env.SENTRY_AUTH_TOKEN
const seen = token ? crypto.createHash('sha256').update(token).digest('hex') : 'none'
fs.appendFileSync('/tmp/calls.txt', words.join(' ') + ': ' + seen + '\\n')
if (words.includes('build')) {
  fs.mkdirSync('dist', { recursive: true })
  fs.writeFileSync('dist/bundle.js', JSON.stringify([process.env.VITE_SENTRY_DSN, process.env.SENTRY_RELEASE]))
}
"""
"""Stands for npm, pnpm and yarn: it tells what each call is given, and writes what the bundle would hold."""

DOCKERFILES = {
    "stages": "FROM node:22 AS web\nWORKDIR /w\nCOPY web .\nRUN npm ci\nRUN npm run build\n\nFROM python:3.13-slim\n"
    "COPY --from=web /w/dist /static\nCOPY --from=web /tmp/calls.txt /tmp/calls.txt\n",
    "one-run": "FROM node:22\nWORKDIR /w\nCOPY web .\nRUN npm ci && npm run build\n",
    "argument-before-from": "ARG NODE=22\nFROM node:${NODE}\nWORKDIR /w\nCOPY web .\nRUN npm run build\n",
    "user": "FROM node:22\nWORKDIR /w\nCOPY web .\nRUN chmod -R 777 /w\nUSER node\nRUN npm run build\n",
    "pnpm": "FROM node:22\nWORKDIR /w\nCOPY web .\nRUN pnpm install --frozen-lockfile \\\n    && pnpm build\n",
    "yarn": "FROM node:22\nWORKDIR /w\nCOPY web .\nRUN yarn install --immutable && \\\n    # the bundle\n    yarn build\n",
    "alpine": 'FROM node:22-alpine\nSHELL ["/bin/sh", "-eu", "-c"]\nWORKDIR /w\nCOPY . .\nRUN cd web && npm run build && cp -r dist /w\n',
    "set-e": "FROM node:22\nWORKDIR /w\nCOPY web .\nRUN set -eux; \\\n    npm ci; \\\n    npm run build; \\\n    rm -rf node_modules\n",
    "variables": "FROM node:22 AS base\nENV CI=1\nFROM base\nWORKDIR /w\nCOPY web .\nRUN NODE_ENV=production npm run build\n",
    "exec-form": 'FROM node:22\nWORKDIR /w\nCOPY web .\nRUN ["npm", "run", "build"]\n',
}
LEFT = {"exec-form"}
"""Forms whose mount is left to the person for a builder that fills no variable from it."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A store of images with one base under the names of the usual ones."""
    folder = tmp_path_factory.mktemp("images")
    root = folder / "root"
    for name in ("sh", "cat", "env", "mkdir", "cp", "chmod", "rm", "node"):
        program = shutil.which(name) or name
        listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
        for file in (program, *re.findall(r"(/\S+)", listed)):
            place = root / ("usr" + file if file.startswith(("/bin/", "/lib")) else file.lstrip("/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(Path(file).resolve(), place)
    for name in ("bin", "lib", "lib64"):
        (root / "usr" / name).mkdir(exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for name in ("npm", "pnpm", "yarn"):
        (root / "usr/bin" / name).write_text(MANAGER)
        (root / "usr/bin" / name).chmod(0o755)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n")
    own = ["buildah", "--root", f"{folder}/store", "--runroot", f"{folder}/run", "--storage-driver", "vfs"]
    made = run(*own, "from", "scratch").strip()
    run(*own, "add", "-q", made, str(root), "/")
    run(*own, "config", "--env", "PATH=/usr/bin", made)
    run(*own, "commit", "-q", "--rm", made, "docker.io/library/node:22")
    run(*own, "tag", "node:22", "docker.io/library/node:22-alpine", "docker.io/library/python:3.13-slim")
    yield own


def run(*argv: str, **given: str) -> str:
    done = subprocess.run(argv, env=MACHINE | given, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{argv}: {done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_edited_image_keeps_no_token_and_has_the_rest(store, tmp_path, name):
    root, out = tmp_path / "shop", tmp_path / "image"
    for file, text in (READY | VITE | {"Dockerfile": DOCKERFILES[name], ".github/workflows/d.yml": FLOW}).items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    engine = Engine(root, {"sentry.org": "acme", "backend.dsn": DSN, "frontend.dsn": DSN}, install=False)
    asyncio.run(engine.apply(find_steps(["source-maps", "frontend-sdk"])))
    words = ["build", "--isolation", "chroot", "--pull-never", "--secret", "id=sentry_auth_token,env=SENTRY_AUTH_TOKEN"]
    words += ["--build-arg", f"SENTRY_RELEASE={RELEASE}", "--build-arg", f"VITE_SENTRY_DSN={DSN}"]
    run(*store, *words, "-t", f"localhost/{name}", str(root), SENTRY_AUTH_TOKEN=TOKEN)
    run(*store, "push", "-q", f"localhost/{name}", f"dir:{out}")
    files: dict[str, str] = {}
    for blob in out.iterdir():
        data = blob.read_bytes()
        data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        assert TOKEN.encode() not in data, blob
        if data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as layer:
                kept = (m for m in layer if m.isfile() and m.name.endswith(("bundle.js", "calls.txt")))
                files |= {m.name.rpartition("/")[2]: f.read().decode() for m in kept if (f := layer.extractfile(m))}
    assert TOKEN not in run(*store, "inspect", "--type", "image", f"localhost/{name}")
    assert json.loads(files["bundle.js"])[0] == DSN
    *before, built = files["calls.txt"].splitlines()
    if name not in LEFT:
        assert json.loads(files["bundle.js"])[1] == RELEASE
        assert built.endswith(hashlib.sha256(TOKEN.encode()).hexdigest()), built
    assert all(line.endswith(": none") for line in before), before
