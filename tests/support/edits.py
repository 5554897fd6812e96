"""A small repository on which steps are applied: what became of its files, with a second plan and the undo checked each time."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path

from setup_wizard.plan.engine import Applied, Engine, StepResult
from setup_wizard.steps import find_steps

DSN = "https://aa@o1.ingest.us.sentry.io/1"
BARE = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "shop/__init__.py": "",
    "shop/settings.py": 'DEBUG = False\nSECRET_KEY = "x"\nROOT_URLCONF = "shop.urls"\n',
    "shop/urls.py": "urlpatterns = []\n",
    "requirements.txt": "Django==5.2.8\ngunicorn==23.0.0\n",
    ".gitignore": ".env\n",
}
INIT = (
    'sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"), environment=os.environ.get("SENTRY_ENVIRONMENT"),'
    ' release=os.environ.get("SENTRY_RELEASE"))\n'
)
READY = BARE | {
    "shop/settings.py": "import os\nimport sentry_sdk\n" + BARE["shop/settings.py"] + INIT,
    "requirements.txt": BARE["requirements.txt"] + "sentry-sdk==2.75.0\n",
}
VITE = {
    "web/package.json": '{\n  "name": "web",\n  "private": true,\n  "scripts": {\n    "build": "vite build"\n  },\n'
    '  "dependencies": {\n    "react": "^19.2.0",\n    "react-dom": "^19.2.0"\n  },\n'
    '  "devDependencies": {\n    "vite": "^7.2.0"\n  }\n}\n',
    "web/index.html": '<div id="root"></div>\n<script type="module" src="/src/main.tsx"></script>\n',
    "web/src/main.tsx": 'import { createRoot } from "react-dom/client";\n\ncreateRoot(document.body).render(null);\n',
    "web/vite.config.ts": 'import { defineConfig } from "vite";\n\nexport default defineConfig({ plugins: [] });\n',
}


class After:
    """A repository after steps: `text` of its files, the `steps`' results, and everything that was applied."""

    def __init__(self, root: Path, applied: Applied) -> None:
        self.applied = applied
        self.files = {
            str(p.relative_to(root)): p.read_bytes().decode()
            for p in root.rglob("*")
            if p.is_file() and ".git" not in p.relative_to(root).parts
        }
        self.steps: dict[str, StepResult] = {s.step: s for s in applied.steps}

    def text(self, path: str) -> str:
        """Return a file's text; nothing for a missing one."""
        return self.files.get(path, "")

    @property
    def left(self) -> str:
        """The manual tasks as one text."""
        tasks = [t for s in self.applied.steps for t in s.manual]
        return "\n".join(f"{t.title}\n{t.reason}\n{t.path}\n{t.snippet}\n{t.command or ''}" for t in tasks)


def tree(root: Path) -> dict[str, bytes]:
    """Return every file but git's."""
    return {str(p): p.read_bytes() for p in root.rglob("*") if p.is_file() and ".git" not in p.relative_to(root).parts}


def after(root: Path, files: Mapping[str, str], *steps: str, **answers: str) -> After:
    """Apply steps on a repository of these files, offline; a second plan has to be empty, and the undo exact."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    git = ("git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "-q", "-b", "main"), ("add", "-A", "-f"), ("commit", "-qm", "x")):
        subprocess.run([*git, *words], check=True)
    before = tree(root)
    given = {"sentry.org": "acme", "backend.dsn": DSN, "frontend.dsn": DSN.replace("aa@", "bb@")}
    engine = Engine(root, given | {k.replace("__", "."): v for k, v in answers.items()}, install=False)
    chosen = find_steps(list(steps))
    applied = asyncio.run(engine.apply(chosen))
    done = After(root, applied)
    again = asyncio.run(engine.plan(chosen))
    assert not again.changes, [c.path for c in again.changes]
    if applied.run is not None:
        engine.undo(applied.run)
    assert tree(root) == before
    return done
