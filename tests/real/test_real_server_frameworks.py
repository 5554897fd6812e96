"""Frameworks with a server of their own, set up as their texts say: built, verified, served, and failing in a browser: needs npm, Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from checks.config import Config
from checks.frontends.frameworks import FRAMEWORKS
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from setup_wizard.cli import main
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.steps.guides import Guide, filled, guide_of
from setup_wizard.steps.sdk_choice import sdk_for
from tests.real.test_real_layouts import IGNORED, ROUTER
from tests.support.mapped import places

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (shutil.which("npm") and shutil.which("chromium")), reason="npm or Chromium is missing"),
]
Files = dict[str, str]
PRIVATE = {"name": "web", "private": True, "type": "module"}
REACT = {"react": "^19.2.0", "react-dom": "^19.2.0"}


class Application:
    """One framework: its files, made of its texts; what the build writes; how it is served; the component that throws."""

    def __init__(
        self,
        framework: str,
        files: Callable[[Guide | None], Files],
        outputs: tuple[str, ...],
        serve: tuple[str, ...],
        component: str,
        steps: tuple[str, ...] = (),
    ) -> None:
        self.framework, self.files, self.outputs, self.serve = framework, files, outputs, serve
        self.component, self.steps = component, steps


def _parts(text: str) -> Files:
    """Take a text apart at the comments that name a file; what follows the name is left out, and so are variables."""
    found: Files = {}
    name = ""
    for line in text.splitlines():
        said = line.removeprefix("// ").replace(":", ",").split(",")[0].split(" ")[0]
        if line.startswith("// ") and "." in said:
            name = said
        elif line.startswith("# "):
            name = ""
        elif name:
            found[name] = found.get(name, "") + line + "\n"
    return found


def _apart(text: str) -> tuple[str, str]:
    """Return the imports of a text and the rest of it."""
    rows = text.splitlines(keepends=True)
    return "".join(r for r in rows if r.startswith("import ")), "".join(r for r in rows if not r.startswith("import "))


def _package(scripts: str, dependencies: Files, more: dict[str, object] | None = None) -> str:
    return json.dumps(PRIVATE | {"scripts": {"build": scripts}, "dependencies": dependencies} | (more or {}), indent=2)


def _nuxt(guide: Guide | None) -> Files:
    assert guide is not None
    sdk = _parts(guide.sdk)
    config = _parts(guide.maps)["nuxt.config.ts"] + sdk["nuxt.config.ts"]
    return {
        "package.json": _package("nuxt build", {"nuxt": "^4.2.0", "@sentry/nuxt": "^10.75.0"}),
        "nuxt.config.ts": f"export default defineNuxtConfig({{\n  compatibilityDate: '2025-07-15',\n{config}}})\n",
        "sentry.client.config.ts": sdk["sentry.client.config.ts"],
        "app/app.vue": "<script setup>\nonMounted(() => {\n  throw new Error('shop page')\n})\n</script>\n<template><p>a</p></template>\n",
    }


def _sveltekit(guide: Guide | None) -> Files:
    assert guide is not None
    imported, call = _apart(_parts(guide.maps)["vite.config.ts"])
    kit = {"@sveltejs/kit": "^2.48.0", "@sveltejs/adapter-node": "^5.4.0", "svelte": "^5.43.0"}
    kit |= {"@sveltejs/vite-plugin-svelte": "^6.2.0", "vite": "^7.2.0", "@sentry/sveltekit": "^10.75.0"}
    return {
        "package.json": _package("vite build", kit),
        "svelte.config.js": "import adapter from '@sveltejs/adapter-node'\n\nexport default { kit: { adapter: adapter() } }\n",
        "vite.config.ts": f"{imported}import {{ sveltekit }} from '@sveltejs/kit/vite'\n\nexport default {{\n  plugins: [\n{call}"
        "    sveltekit(),\n  ],\n}\n",
        "src/app.html": "<!doctype html><html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>\n",
        "src/hooks.client.ts": _parts(guide.sdk)["src/hooks.client.ts"],
        "src/routes/+page.svelte": "<script>\n  import { onMount } from 'svelte'\n\n  onMount(() => {\n    throw new Error('shop page')\n  })\n"
        "</script>\n\n<p>a</p>\n",
    }


def _react_router(_guide: Guide | None) -> Files:
    page = "import { useEffect } from 'react'\n\nexport default function Home() {\n  useEffect(() => {\n    throw new Error('shop page')\n  }, [])\n"
    package = json.loads(ROUTER["package.json"])
    package["dependencies"]["@react-router/serve"] = package["dependencies"]["@react-router/node"]
    made = ROUTER | IGNORED | {"app/routes/home.tsx": page + "  return <p>home</p>\n}\n"}
    return made | {"package.json": json.dumps(package, indent=2) + "\n"}


def _tanstack_start(guide: Guide | None) -> Files:
    assert guide is not None
    imported, call = _apart(_parts(guide.maps)["vite.config.ts"])
    sdk_import, start = _apart(_parts(guide.sdk)["src/router.tsx"])
    boundary_import, boundary = _apart(_parts(guide.boundary)["src/routes/__root.tsx"])
    needed = REACT | {"@tanstack/react-router": "^1.139.0", "@tanstack/react-start": "^1.169.0", "vite": "^8.0.0"}
    needed |= {"@vitejs/plugin-react": "^6.0.0", "@sentry/tanstackstart-react": "^10.75.0", "srvx": "^0.9.0"}
    return {
        "package.json": _package("vite build", needed),
        "vite.config.ts": "import { tanstackStart } from '@tanstack/react-start/plugin/vite'\nimport react from '@vitejs/plugin-react'\n"
        f"{imported}\nexport default {{\n  plugins: [\n    tanstackStart(),\n    react(),\n{call}  ],\n}}\n",
        "src/router.tsx": f"{sdk_import}import {{ createRouter }} from '@tanstack/react-router'\nimport {{ routeTree }} from './routeTree.gen'\n\n"
        f"export function getRouter() {{\n  const router = createRouter({{ routeTree }})\n{start}  return router\n}}\n",
        "src/routes/__root.tsx": f"{boundary_import}import {{ createRootRoute, Outlet, Scripts }} from '@tanstack/react-router'\n\n"
        f"export const Route = createRootRoute({{\n{boundary}"
        "  component: () => (\n    <html>\n      <body>\n        <Outlet />\n        <Scripts />\n      </body>\n    </html>\n  ),\n})\n",
        "src/routes/index.tsx": "import { createFileRoute } from '@tanstack/react-router'\nimport { useEffect } from 'react'\n\n"
        "export const Route = createFileRoute('/')({ component: Home })\n\n"
        "function Home() {\n  useEffect(() => {\n    throw new Error('shop page')\n  }, [])\n  return <p>home</p>\n}\n",
        "tsconfig.json": '{ "compilerOptions": { "jsx": "react-jsx", "module": "ESNext", "moduleResolution": "Bundler" } }\n',
    }


def _solidstart(guide: Guide | None) -> Files:
    assert guide is not None
    config = _parts(guide.maps)["app.config.ts"]
    imported, start = _apart(_parts(guide.sdk)["src/entry-client.tsx"])
    needed = {"@solidjs/start": "^1.2.0", "@solidjs/router": "^0.15.0", "solid-js": "^1.9.0", "vinxi": "^0.5.0"}
    return {
        "package.json": _package("vinxi build", needed | {"@sentry/solidstart": "^10.70.0"}),
        "app.config.ts": config,
        "src/entry-client.tsx": f"// @refresh reload\n{imported}import {{ mount, StartClient }} from '@solidjs/start/client'\n\n{start}"
        "mount(() => <StartClient />, document.getElementById('app')!)\n",
        "src/entry-server.tsx": "import { createHandler, StartServer } from '@solidjs/start/server'\n\nexport default createHandler(() => (\n"
        "  <StartServer\n    document={({ assets, children, scripts }) => (\n      <html>\n        <head>{assets}</head>\n"
        '        <body>\n          <div id="app">{children}</div>\n          {scripts}\n        </body>\n      </html>\n    )}\n  />\n))\n',
        "src/app.tsx": "import { Router } from '@solidjs/router'\nimport { FileRoutes } from '@solidjs/start/router'\nimport { Suspense } from 'solid-js'\n\n"
        "export default function App() {\n  return (\n    <Router root={(props) => <Suspense>{props.children}</Suspense>}>\n      <FileRoutes />\n"
        "    </Router>\n  )\n}\n",
        "src/routes/index.tsx": "import { onMount } from 'solid-js'\n\nexport default function Home() {\n  onMount(() => {\n    setTimeout(() => {\n"
        "      throw new Error('shop page')\n    })\n  })\n  return <p>home</p>\n}\n",
        "tsconfig.json": '{ "compilerOptions": { "jsx": "preserve", "jsxImportSource": "solid-js", "module": "ESNext", '
        '"moduleResolution": "Bundler", "types": ["vinxi/types/client"] } }\n',
    }


STEPS = ("source-maps", "frontend-sdk", "error-boundary")
NODE = ("node", ".output/server/index.mjs")
APPLICATIONS = {
    "nuxt": Application("Nuxt", _nuxt, (".output", ".output/public"), NODE, "app/app.vue"),
    "sveltekit": Application("SvelteKit", _sveltekit, ("build/client",), ("node", "build"), "src/routes/+page.svelte"),
    "react-router": Application(
        "React Router",
        _react_router,
        ("build/client",),
        ("node", "node_modules/.bin/react-router-serve", "build/server/index.js"),
        "app/routes/home.tsx",
        STEPS,
    ),
    "tanstack-start": Application(
        "TanStack Start",
        _tanstack_start,
        ("dist/client",),
        ("node", "node_modules/.bin/srvx", "--prod", "-s", "../client", "dist/server/server.js"),
        "src/routes/index.tsx",
    ),
    "solidstart": Application("SolidStart", _solidstart, (".output/public",), NODE, "src/routes/index.tsx"),
}


@contextmanager
def _served(argv: tuple[str, ...], root: Path, environ: Files) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    values = os.environ | environ | {"PORT": str(port), "HOST": "127.0.0.1"}
    server = subprocess.Popen(argv, cwd=root, env=values)
    try:
        for _ in range(150):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _guide(name: str, sandbox: SandboxState) -> Guide | None:
    """Return the texts for a new project of a framework in TypeScript; None where the steps edit its files."""
    framework = next(f for f in FRAMEWORKS if f.name == name)
    if framework.setup is None:
        return None
    package = _package("vite build", {framework.packages[0]: "*"})
    facts = Facts(MemoryTree({"package.json": package.encode(), "tsconfig.json": b"{}"}), Config())
    [frontend] = facts.frontends
    guide = guide_of(facts, frontend, sdk_for(facts, frontend, self_hosted=True))
    assert guide is not None
    return replace(guide, maps=filled(guide.maps, org=sandbox.organization, project="shop"))


def _set_up(application: Application, root: Path, sandbox: SandboxState, dsn: str) -> None:
    """Write the files as the framework's texts say, or have the steps do it where they edit it."""
    for path, text in application.files(_guide(application.framework, sandbox)).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    if application.steps:
        subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
        answers = [f"sentry.url={sandbox.public_url}", f"sentry.org={sandbox.organization}", "frontend.project=shop"]
        given = [w for a in [*answers, f"frontend.dsn={dsn}"] for w in ("--set", a)]
        argv = ["apply", *application.steps, "--repo", str(root), "--yes", "--offline", "--no-install", *given]
        assert main(argv) in (0, 5)


@pytest.mark.parametrize("name", list(APPLICATIONS))
def test_a_framework_is_built_and_reports_as_its_texts_say(name, tmp_path, capsys, monkeypatch):
    application = APPLICATIONS[name]
    with running_sandbox(SandboxState()) as sandbox:
        sandbox.add_project("shop", "shop", "javascript", sandbox.team, default_alert=False)
        dsn = sandbox.dsn(sandbox.projects["shop"])
        root = tmp_path / "web"
        root.mkdir()
        _set_up(application, root, sandbox, dsn)
        install = ["npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps"]
        subprocess.run(install, cwd=root, check=True, capture_output=True, timeout=560)
        values = {"SENTRY_AUTH_TOKEN": sandbox.token, "SENTRY_RELEASE": "1" * 40, "SENTRY_URL": sandbox.public_url}
        values |= {"NUXT_TELEMETRY_DISABLED": "1", "VITE_SENTRY_DSN": dsn, "HOME": str(tmp_path / "home")}
        for variable, value in values.items():
            monkeypatch.setenv(variable, value)
        done = subprocess.run(["npm", "run", "build"], cwd=root, capture_output=True, text=True, timeout=560)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        assert sandbox.bundles
        for part in application.outputs:
            capsys.readouterr()
            assert main(["verify-build", str(root / part)]) == 0, capsys.readouterr().out
        at_run = {"NUXT_PUBLIC_SENTRY_DSN": dsn, "PUBLIC_SENTRY_DSN": dsn}
        with _served(application.serve, root, at_run) as page:
            flags = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
            command = ["chromium", *flags, "--virtual-time-budget=8000", "--dump-dom", page]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        thrown = [event for event in sandbox.events if "shop page" in event.title]
        assert thrown, [e.title for e in sandbox.events]
        (source, line), *_ = places(thrown[0], sandbox)
        written = (root / application.component).read_text().split("\n")
        assert source.partition("?")[0].endswith(application.component) and "shop page" in written[line - 1], (
            source,
            line,
        )
