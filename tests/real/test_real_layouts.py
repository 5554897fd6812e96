"""Repositories of many layouts, set up and built with the published packages: every map reaches the sandbox, and none is left.

Workspaces of each package manager, also with a config that a package of them makes, two frontends, builds that write more than bundles, React Router's own build, and Django
projects whose `collectstatic` runs under a Manifest storage afterwards: needs npm and a registry.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.real.test_real_parts import MACHINE, call

pytestmark = [pytest.mark.real, pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")]

Files = dict[str, str]

REACT = {"react": "^19.2.0", "react-dom": "^19.2.0"}
TOOLS = {"vite": "^7.2.0", "@vitejs/plugin-react": "^5.0.0"}
SHARED = TOOLS | {"vite-plugin-pwa": "^1.1.0", "@vitejs/plugin-legacy": "^7.2.0", "terser": "^5.40.0"}
IGNORED = {".gitignore": "node_modules\ndist\nbuild\nassets\nstaticfiles\n.react-router\n"}
CONFIG = """\
import {{ defineConfig }} from 'vite'
import react from '@vitejs/plugin-react'
{imported}
export default defineConfig({{
  plugins: [
    react(),{plugin}
  ],{more}
}})
"""
BELOW_DJANGO = """
  base: '/static/',
  build: {
    manifest: 'manifest.json',
    outDir: '../assets',
    emptyOutDir: true,
    rollupOptions: { input: 'src/main.jsx' },
  },"""


def written(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def package(name: str, development: dict[str, str] = TOOLS) -> str:
    scripts = {"build": "vite build"}
    given = {"name": name, "private": True, "version": "1.0.0", "type": "module", "scripts": scripts}
    return written(given | {"dependencies": REACT, "devDependencies": development})


def react(prefix: str, name: str = "web", *, imported: str = "", plugin: str = "", more: str = "") -> Files:
    """Return the files of a small React application below a folder."""
    start = "import { createRoot } from 'react-dom/client'\nimport App from './App'\n\n"
    files = {
        "package.json": package(name),
        "index.html": '<div id="app"></div>\n<script type="module" src="/src/main.jsx"></script>\n',
        "vite.config.js": CONFIG.format(imported=imported, plugin=plugin, more=more),
        "src/main.jsx": start + "createRoot(document.getElementById('app')).render(<App />)\n",
        "src/App.jsx": f"export default function App() {{\n  return <p>{name}</p>\n}}\n",
    }
    return {prefix + path: text for path, text in files.items()}


def workspace(build: str, more: Files) -> Files:
    """Return a workspace of two packages, of which one is a frontend."""
    root = {"name": "mono", "private": True, "workspaces": ["packages/*"], "scripts": {"build": build}}
    library = {"name": "@acme/ui", "private": True, "type": "module", "version": "1.0.0", "exports": "./index.js"}
    files = {"package.json": written(root), "packages/ui/package.json": written(library)}
    return react("packages/web/") | files | {"packages/ui/index.js": "export const label = 'x'\n"} | more


CALLED = """\
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export const createConfig = ({ target = 'es2022' } = {}) =>
  defineConfig(%s({ mode }) => ({ plugins: [react()], build: { target, minify: mode === 'production' } }))
"""
GIVEN = """\
import react from '@vitejs/plugin-react'

export const createConfig = (own = {}) => ({ plugins: [react()], build: { outDir: 'build', ...own.build } })
"""


def configured(build: str, made: str, more: Files, version: str = "*") -> Files:
    """Return a workspace of two applications whose configs a package of it makes."""
    config = "import { createConfig } from '@acme/vite-config'\n\nexport default createConfig()\n"
    shared = {"name": "@acme/vite-config", "private": True, "type": "module", "exports": {".": "./src/index.js"}}
    files = workspace(build, more)
    for name in ("web", "admin"):
        own = {"vite.config.js": config, "package.json": package(name, TOOLS | {"@acme/vite-config": version})}
        files |= react(f"packages/{name}/", name) | {f"packages/{name}/{path}": text for path, text in own.items()}
    files["packages/vite-config/package.json"] = written(shared | {"devDependencies": TOOLS})
    return files | {
        "packages/vite-config/src/index.js": "export * from './made.js'\n",
        "packages/vite-config/src/made.js": made,
    }


MANAGE = """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "x" * 60
DEBUG = False
ALLOWED_HOSTS = ["shop.example.com"]
INSTALLED_APPS = ["django.contrib.staticfiles"]
ROOT_URLCONF = "shop.urls"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": os.environ.get("STORAGE", "whitenoise.storage.CompressedManifestStaticFilesStorage")},
}
"""
STORAGES = (
    "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    "whitenoise.storage.CompressedManifestStaticFilesStorage",
)


def django() -> Files:
    files = {
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/settings.py": SETTINGS,
        "shop/urls.py": "urlpatterns = []\n",
    }
    bundled = react("frontend/", more=BELOW_DJANGO)
    del bundled["frontend/index.html"]
    page = '<div id="app"></div>{% vite_asset "src/main.jsx" %}\n'
    return bundled | files | {"requirements.txt": "django==5.2.8\nwhitenoise==6.11.0\n", "templates/index.html": page}


ROUTER = {
    "vite.config.ts": 'import { reactRouter } from "@react-router/dev/vite";\nimport { defineConfig } from "vite";\n\n'
    "export default defineConfig({\n  plugins: [reactRouter()],\n});\n",
    "react-router.config.ts": 'import type { Config } from "@react-router/dev/config";\n\n'
    "export default {\n  ssr: true,\n} satisfies Config;\n",
    "app/root.tsx": 'import { Outlet, Scripts } from "react-router";\n\n'
    "export function Layout({ children }: { children: React.ReactNode }) {\n"
    "  return (\n    <html>\n      <body>\n        {children}\n        <Scripts />\n      </body>\n    </html>\n  );\n}\n\n"
    "export default function App() {\n  return <Outlet />;\n}\n\n"
    "export function ErrorBoundary({ error }: { error: unknown }) {\n  return <h1>{String(error)}</h1>;\n}\n",
    "app/routes.ts": 'import { index } from "@react-router/dev/routes";\n\nexport default [index("routes/home.tsx")];\n',
    "app/routes/home.tsx": "export default function Home() {\n  return <p>home</p>;\n}\n",
    "package.json": written(
        {
            "name": "web",
            "private": True,
            "type": "module",
            "scripts": {"build": "react-router build"},
            "dependencies": REACT | {"react-router": "7.18.4", "@react-router/node": "7.18.4", "isbot": "^5"},
            "devDependencies": {"@react-router/dev": "7.18.4", "vite": "^7.2.0", "typescript": "^5.9.0"},
        }
    ),
}

PWA = "\n    VitePWA({ registerType: 'autoUpdate' }),"
LEGACY = "\n    legacy({ targets: ['defaults', 'not IE 11'] }),"
PNPM = {"pnpm-workspace.yaml": "packages:\n  - packages/*\n"}
LAYOUTS: dict[str, tuple[Files, dict[str, str], tuple[str, ...]]] = {
    "pwa": (
        react("", imported="import { VitePWA } from 'vite-plugin-pwa'\n", plugin=PWA),
        {"": "npm run build"},
        ("dist",),
    ),
    "legacy": (
        react("", imported="import legacy from '@vitejs/plugin-legacy'\n", plugin=LEGACY),
        {"": "npm run build"},
        ("dist",),
    ),
    "two": (
        react("apps/shop/", "shop") | react("apps/admin/", "admin"),
        {"apps/shop": "npm run build", "apps/admin": "npm run build"},
        ("apps/shop/dist", "apps/admin/dist"),
    ),
    "django": (django(), {"frontend": "npm run build"}, ("assets",)),
    "pnpm": (
        workspace("pnpm -r build", PNPM),
        {"": "npx --yes pnpm@10 install --no-frozen-lockfile && npx --yes pnpm@10 run build"},
        ("packages/web/dist",),
    ),
    "yarn": (
        workspace("yarn workspace web build", {"yarn.lock": ""}),
        {"": "npx --yes yarn@1.22 install && npx --yes yarn@1.22 build"},
        ("packages/web/dist",),
    ),
    "bun": (
        workspace("bun run --filter web build", {}),
        {"": "npx --yes bun@1.3 install && npx --yes bun@1.3 run build"},
        ("packages/web/dist",),
    ),
    "shared-object": (
        configured("npm run build --workspaces --if-present", GIVEN, {}),
        {"": "npm install --no-audit --no-fund && npm run build -w web", "packages/admin": "npm run build"},
        ("packages/web/build", "packages/admin/build"),
    ),
    "shared-function": (
        configured("pnpm -r build", CALLED % "", PNPM, "workspace:*"),
        {
            "": "npx --yes pnpm@10 install --no-frozen-lockfile && npx --yes pnpm@10 --filter web build",
            "packages/admin": "npx --yes pnpm@10 build",
        },
        ("packages/web/dist", "packages/admin/dist"),
    ),
    "shared-promise": (
        configured("npm run build --workspaces --if-present", CALLED % "async ", {}),
        {"": "npm install --no-audit --no-fund && npm run build -w web", "packages/admin": "npm run build"},
        ("packages/web/dist", "packages/admin/dist"),
    ),
    "react-router": (
        ROUTER,
        {"": "npm install --no-audit --no-fund && npm run build"},
        ("build/client",),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        for name in ("shop", "admin", "web"):
            state.add_project(name, name, "javascript-react", state.team, default_alert=False)
        yield state


@pytest.fixture(scope="module")
def above(tmp_path_factory) -> Path:
    """Return a folder whose packages the layouts below it share, so that one installation serves them."""
    folder = tmp_path_factory.mktemp("above")
    wanted = SHARED | {"@sentry/react": "^10.0.0", "@sentry/vite-plugin": "latest"} | REACT
    (folder / "package.json").write_text(written({"name": "above", "private": True, "dependencies": wanted}))
    call("npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps", cwd=folder)
    return folder


def make(root: Path, files: Files) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    return root


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_uploads_its_maps_and_leaves_none(name, above, sandbox, tmp_path, capsys):
    files, builds, outputs = LAYOUTS[name]
    root = make(above / name, files | IGNORED)
    several = {"two": ("shop", "admin")} | dict.fromkeys(
        [n for n in LAYOUTS if n.startswith("shared-")], ("web", "admin")
    )
    frontends = several.get(name, ("",))
    dsn = sandbox.dsn(sandbox.projects["shop"])
    answers = {"sentry.url": sandbox.public_url, "sentry.org": sandbox.organization}
    for part in frontends:
        prefix = f"frontend.{part}." if part else "frontend."
        answers |= {f"{prefix}project": part or "shop", f"{prefix}dsn": dsn}
    given = [word for key, value in answers.items() for word in ("--set", f"{key}={value}")]
    steps = ("source-maps", "frontend-sdk", "error-boundary")
    code = main(["apply", *steps, "--repo", str(root), "--yes", "--offline", "--no-install", *given])
    assert code in (0, 5), capsys.readouterr().out
    values = {"SENTRY_AUTH_TOKEN": sandbox.token, "SENTRY_RELEASE": "1" * 40, "VITE_SENTRY_DSN": dsn}
    environment = MACHINE | values | {"SENTRY_URL": sandbox.public_url, "HOME": str(tmp_path)}
    # Layouts with the same sources have the same bundles, which are kept once.
    sandbox.bundles.clear()
    for folder, command in builds.items():
        done = subprocess.run(
            ["sh", "-c", command], cwd=root / folder, env=environment, capture_output=True, text=True, timeout=500
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert len(sandbox.bundles) >= len(builds), "each build uploads its own"
    for output in outputs:
        capsys.readouterr()
        assert main(["verify-build", str(root / output)]) == 0, capsys.readouterr().out
        assert not list((root / output).rglob("*.map"))
    for storage in STORAGES if name == "django" else ():
        pytest.importorskip(storage.partition(".")[0])
        call(sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", cwd=root, STORAGE=storage)
