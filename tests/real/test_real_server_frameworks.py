"""Nuxt set up as its texts say, built, verified, served by its own server, and failing in a browser: needs npm and Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from checks.frontends.frameworks import FRAMEWORKS
from setup_wizard.cli import main
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.support.mapped import places

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (shutil.which("npm") and shutil.which("chromium")), reason="npm or Chromium is missing"),
]
PAGE = """\
<script setup>
onMounted(() => {
  throw new Error('shop nuxt')
})
</script>
<template><p>a</p></template>
"""


def _parts(text: str) -> dict[str, str]:
    """Take a text apart at the comments that name a file."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("// "):
            name = line[3:]
        elif name and not line.startswith(("#", "NUXT_")):
            found[name] = found.get(name, "") + line + "\n"
    return found


@contextmanager
def _served(root: Path, environ: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    values = os.environ | environ | {"PORT": str(port), "HOST": "127.0.0.1"}
    server = subprocess.Popen(["node", ".output/server/index.mjs"], cwd=root, env=values)
    try:
        for _ in range(100):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_nuxt_is_built_and_reports_as_its_texts_say(tmp_path, capsys, monkeypatch):
    setup = next(f.setup for f in FRAMEWORKS if f.name == "Nuxt")
    assert setup is not None
    with running_sandbox(SandboxState()) as sandbox:
        sandbox.add_project("shop", "shop", "javascript", sandbox.team, default_alert=False)
        dsn = sandbox.dsn(sandbox.projects["shop"])
        maps = setup.maps.replace("{org}", sandbox.organization).replace("{project}", "shop")
        sdk = _parts(setup.sdk.replace("  {privacy}\n", ""))
        config = _parts(maps)["nuxt.config.ts"] + sdk["nuxt.config.ts"]
        package = {"name": "web", "private": True, "type": "module", "scripts": {"build": "nuxt build"}}
        package |= {"dependencies": {"nuxt": "^4.2.0", "@sentry/nuxt": "^10.75.0"}}
        files = {
            "package.json": json.dumps(package),
            "nuxt.config.ts": f"export default defineNuxtConfig({{\n  compatibilityDate: '2025-07-15',\n{config}}})\n",
            "sentry.client.config.ts": sdk["sentry.client.config.ts"],
            "app/app.vue": PAGE,
        }
        root = tmp_path / "web"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        install = ["npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps"]
        subprocess.run(install, cwd=root, check=True, capture_output=True, timeout=500)
        values = {"SENTRY_AUTH_TOKEN": sandbox.token, "SENTRY_RELEASE": "1" * 40, "SENTRY_URL": sandbox.public_url}
        for variable, value in (values | {"NUXT_TELEMETRY_DISABLED": "1"}).items():
            monkeypatch.setenv(variable, value)
        subprocess.run(["npm", "run", "build"], cwd=root, check=True, capture_output=True, timeout=400)
        assert sandbox.bundles
        for part in (".output", ".output/public"):
            assert main(["verify-build", str(root / part)]) == 0, capsys.readouterr().out
        with _served(root, {"NUXT_PUBLIC_SENTRY_DSN": dsn}) as page:
            flags = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
            command = ["chromium", *flags, "--virtual-time-budget=8000", "--dump-dom", page]
            subprocess.run(command, check=True, capture_output=True, timeout=90)
        thrown = [event for event in sandbox.events if "shop nuxt" in event.title]
        assert thrown, [e.title for e in sandbox.events]
        (source, line), *_ = places(thrown[0], sandbox)
        assert source.endswith("app/app.vue") and "shop nuxt" in PAGE.split("\n")[line - 1], (source, line)
