"""Which packages are frontends: what is built for browsers and deployed, by whatever builds it; documentation is none."""

from __future__ import annotations

import json

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.model import Outcome
from checks.repository.builds import find_builds
from checks.repository.facts import Facts
from checks.repository.frontends import left_out
from checks.repository.tree import MemoryTree
from checks.repository.vite_builds import vite_builds
from tests.checks.test_frontend_items import web
from tests.support.repo import backend, check_one, facts_of

ROOT = web("dsn: 'https://k@o1.ingest.sentry.io/7'")


def package(build: str = "", *packages: str, **more: object) -> str:
    scripts = {"build": build} if build else {}
    return json.dumps({"private": True, "scripts": scripts, "dependencies": dict.fromkeys(packages, "1.0.0"), **more})


def found(files: dict[str, str], config: Config | None = None) -> list[tuple[str, str]]:
    return [(f.root, f.bundler) for f in Facts(MemoryTree(files), config or Config()).frontends]


def others(files: dict[str, str]) -> dict[str, str]:
    return {o.root: o.why for o in left_out(Facts(MemoryTree(files), Config()))}


ESBUILD = "import { build } from 'esbuild'\nawait build({ entryPoints: ['src/app.js'], bundle: true })\n"
SECOND = {
    "craco": ({"package.json": package("craco build", "react", "@craco/craco", "react-scripts")}, "webpack"),
    "react-scripts": ({"package.json": package("react-scripts build", "react", "react-scripts")}, "webpack"),
    "rewired": ({"package.json": package("react-app-rewired build", "react", "react-app-rewired")}, "webpack"),
    "vue-cli": ({"package.json": package("vue-cli-service build", "vue", "@vue/cli-service")}, "webpack"),
    "rollup": ({"package.json": package("rollup -c", "svelte", "rollup"), "public/index.html": ""}, "rollup"),
    "esbuild's command": ({"package.json": package("esbuild src/app.js --bundle", "preact")}, "esbuild"),
    "a script of Node's": ({"package.json": package("node build.mjs", "esbuild", "htmx.org"), "build.mjs": ESBUILD}, "esbuild"),
    "a script, and code that uses the page": (
        {"package.json": package("node ./build.mjs", "esbuild"), "build.mjs": ESBUILD, "src/app.js": "document.body.append(1)\n"},
        "esbuild",
    ),
    "React Router": ({"package.json": package("react-router build", "react", "@react-router/dev")}, "vite"),
    "Remix": ({"package.json": package("remix vite:build", "react", "@remix-run/dev")}, "remix"),
    "SolidStart": ({"package.json": package("vinxi build", "solid-js", "@solidjs/start")}, "vite"),
    "TanStack Start": ({"package.json": package("vite build", "react", "@tanstack/react-start", "vite")}, "vite"),
    "Astro": ({"package.json": package("astro build", "astro")}, "astro"),
    "Nuxt": ({"package.json": package("nuxt generate", "nuxt")}, "vite"),
    "SvelteKit": ({"package.json": package("vite build", "svelte", "@sveltejs/kit", "vite")}, "vite"),
    "Next": ({"package.json": package("next build", "next", "react")}, "next"),
    "Angular": ({"package.json": package("ng build", "@angular/core")}, "angular"),
    "webpack with variables": ({"package.json": package("cross-env NODE_ENV=production npx webpack", "jquery", "webpack")}, "webpack"),
    "rspack": ({"package.json": package("rspack build --config x.js", "react", "@rspack/core")}, "rspack"),
    "a chain": ({"package.json": package("tsc -b && pnpm exec parcel build index.html", "lit", "parcel")}, "parcel"),
    "a runner of parts": ({"package.json": package("run-p types 'made'", "vue", scripts={"build": "run-p a", "build-only": "vite build"})}, "vite"),
}  # fmt: skip


@pytest.mark.parametrize("name", SECOND)
def test_a_second_frontend_is_seen_by_what_builds_it(name):
    files, bundler = SECOND[name]
    second = {f"shop/admin/{path}": text for path, text in files.items()}
    assert found(ROOT | second) == [("frontend", "vite"), ("shop/admin", bundler)]
    result = check_one("frontend-initialized", ROOT | second)
    assert result.outcome is Outcome.FAIL
    assert [f.message for f in result.findings] == ["no Sentry.init() in the code of shop/admin"]


NOT_FRONTENDS = {
    "no build": {"package.json": package("", "react")},
    "tests of React": {"package.json": package("vitest run", "react", "vitest")},
    "a tool for Node": {"package.json": package("esbuild cli.ts --bundle --platform=node", "react", "ink")},
    "a script for Node": {"package.json": package("node b.mjs", "react"), "b.mjs": ESBUILD.replace("bundle", "platform: 'node', bundle")},
    "a library": {"package.json": package("rollup -c", "react", peerDependencies={"react": "*"}, exports={})},
    "a published bundle": {"package.json": package("rollup -c", "d3", private=False, main="dist/x.js")},
    "emails": {"emails/package.json": package("vite build", "react", "vite")},
    "an example": {"examples/a/package.json": package("vite build", "react", "vite")},
    "an echo": {"package.json": package("echo 'vite build'", "react", "vite")},
    "only served": {"package.json": package("webpack serve", "react", "webpack")},
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_FRONTENDS)
def test_what_nothing_builds_for_browsers_is_none(name):
    assert found(ROOT | {f"other/{p}": t for p, t in NOT_FRONTENDS[name].items()}) == [("frontend", "vite")]


EXPORTED = {"next.config.mjs": "export default { output: 'export' }\n"}
DOCUMENTATION = {
    "docusaurus": {"package.json": package("docusaurus build", "@docusaurus/core", "react")},
    "vitepress": {"package.json": package("vitepress build", "vitepress", "vue")},
    "nextra": {"package.json": package("next build", "next", "nextra", "react")},
    "starlight": {"package.json": package("astro build", "astro", "@astrojs/starlight")},
    "named and described": EXPORTED | {"package.json": package("next build", "next", name="shop-handbook", description="How to sell")},
    "named, with a CMS for pages": EXPORTED | {"package.json": package("next build", "next", "decap-cms", name="shop-docs")},
    "gatsby with markdown": {"package.json": package("gatsby build", "gatsby", "gatsby-plugin-mdx", name="guides")},
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTATION)
def test_a_documentation_site_is_none(name):
    files = ROOT | {f"pages/{p}": t for p, t in DOCUMENTATION[name].items()}
    assert found(files) == [("frontend", "vite")]
    assert others(files).get("pages", "a documentation site") == "a documentation site"


def test_a_static_site_that_sells_is_a_frontend():
    shop = EXPORTED | {"package.json": package("next build", "next", name="storefront", description="The shop")}
    assert found(ROOT | {f"store/{p}": t for p, t in shop.items()}) == [("frontend", "vite"), ("store", "next")]


SITE = {"website/package.json": package("vite build", "react", "vite"), "website/index.html": ""}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, False),
        ({"shop/settings.py": "STATICFILES_DIRS = [BASE_DIR / 'website' / 'dist']\n"}, True),
        ({"shop/settings.py": "STATICFILES_DIRS = [os.path.join(BASE_DIR, 'website', 'dist')]\n"}, True),
        ({"shop/settings.py": "STATICFILES_DIRS = [BASE_DIR / 'websites']\n"}, False),
        ({"Dockerfile": "FROM node\nCOPY ./website/ ./website/\nRUN npm run build\n"}, True),
        ({"Dockerfile": "FROM node\nCOPY shop ./shop\n"}, False),
        ({"website/vercel.json": "{}"}, True),
    ],
)
def test_a_website_is_a_frontend_where_django_or_a_deploy_names_it(more, named):
    files = backend() | ROOT | SITE | more
    assert found(files) == [("frontend", "vite"), *([("website", "vite")] if named else [])]
    assert others(files) == ({} if named else {"website": "neither Django nor a deploy names it"})


def test_what_was_left_out_is_named_with_the_key_that_takes_it_in():
    note = (
        "website was not audited as a frontend: neither Django nor a deploy names it (set `frontend.root` to audit it)"
    )
    facts = Facts(MemoryTree(ROOT | SITE), Config())
    assert note in run_audit(facts, CHECKLIST).notes
    alone = check_one("source-maps", SITE)
    assert alone.outcome is Outcome.NOT_APPLICABLE
    assert (
        "website was left out (neither Django nor a deploy names it; `frontend.root` names it)"
        in alone.findings[0].message
    )
    named = Config(answers={"frontend.root": "website"})
    assert found(ROOT | SITE, named) == [("website", "vite")]


def test_projects_of_nx_without_a_package_of_their_own():
    project = {"name": "shop", "projectType": "application", "targets": {"build": {"executor": "@nx/vite:build"}}}
    files = {
        "package.json": package("nx build shop", "react", "nx", "vite"),
        "nx.json": "{}",
        "apps/shop/project.json": json.dumps(project),
        "apps/shop/vite.config.ts": "export default {}\n",
        "apps/api/project.json": json.dumps({"projectType": "application", "targets": {"build": {"executor": "@nx/esbuild:esbuild"}}}),
        "libs/ui/project.json": json.dumps({"projectType": "library", "targets": {"build": {"executor": "@nx/vite:build"}}}),
    }  # fmt: skip
    assert ("apps/shop", "vite") in found(files)
    assert not any(root.startswith("libs") for root, _ in found(files))


def test_a_folder_that_the_manifest_above_builds():
    files = {
        "package.json": package("vite build --config client/vite.config.ts", "react", "vite"),
        "client/vite.config.ts": "export default { root: 'client' }\n",
        "client/index.html": "",
    }
    assert ("client", "vite") in found(files)


AROUND = {
    "a shell script": ({"package.json": package("sh ./make.sh", "react", "webpack"), "make.sh": "set -e\nnpx webpack --mode production\n"}, {}),
    "the manifest above": ({"package.json": package("", "react", "webpack")}, {"package.json": package("cd admin && npx webpack")}),
    "CI": (
        {"package.json": package("", "react", "webpack")},
        {".github/workflows/x.yml": "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: npx webpack\n        working-directory: admin\n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AROUND)
def test_a_build_by_a_way_around_the_scripts_is_one(name):
    own, above = AROUND[name]
    files = {f"admin/{p}": t for p, t in own.items()}
    assert found(ROOT | files | above) == [("admin", "webpack"), ("frontend", "vite")]
    if above:
        assert found(ROOT | files) == [("frontend", "vite")]


def test_vite_s_config_may_have_another_name():
    files = {
        "package.json": package("vite build --config config/vite.prod.ts", "react", "vite"),
        "config/vite.prod.ts": "export default {}\n",
    }
    facts = Facts(MemoryTree(files), Config())
    assert [f.vite_config for f in facts.frontends] == ["config/vite.prod.ts"]


def test_a_library_that_another_package_depends_on_is_no_frontend():
    library = {
        "viz/package.json": json.dumps(
            {
                "name": "@shop/viz",
                "main": "dist/viz.js",
                "scripts": {"build": "webpack"},
                "peerDependencies": {"react-dom": "19"},
                "devDependencies": {"webpack": "5"},
            }
        ),
        "viz/webpack.config.js": "module.exports = { entry: './src/index.js' }\n",
        "viz/src/index.js": "document.title = 'shop'\n",
    }
    user = {"name": "web", "private": True, "dependencies": {"@shop/viz": "workspace:*"}}
    assert [f.root for f in facts_of(library).frontends] == ["viz"]
    assert not facts_of(library | {"web/package.json": json.dumps(user)}).frontends


SERVERS = [
    ("export default { build: { ssr: true } }\n", True),
    ("export default { build: { ssr: 'src/server.ts', outDir: 'server' } }\n", True),
    ("import { resolve } from 'path'\nexport default () => ({ build: { ssr: resolve(__dirname, 'x.ts') } })\n", True),
    ("const entry = './src/server.ts'\nexport default { build: { ssr: entry } }\n", True),
    ("export default { build: { ssr: false } }\n", False),
    ("export default ({ isSsrBuild }) => ({ build: { ssr: isSsrBuild } })\n", False),
    ("export default ({ mode }) => mode === 'node' ? { build: { ssr: true } } : { build: {} }\n", False),
    ("export default { ssr: { noExternal: ['x'] }, build: {} }\n", False),
]


@pytest.mark.parametrize(("text", "serves"), SERVERS)
def test_a_config_that_builds_for_a_server_is_not_the_browser_s(text, serves):
    scripts = {
        "build-api": "NODE_ENV=production vite build -c vite.config.api.ts --mode production",
        "build-web": "vite build --config vite.config.web.ts",
    }
    files = {
        "package.json": package("", "react", "vite", scripts=scripts),
        "vite.config.api.ts": text,
        "vite.config.web.ts": "export default { build: { outDir: 'www' } }\n",
        "Dockerfile": "FROM node:24\nRUN npm ci && npm run build-api\n",
        "web.Dockerfile": "FROM node:24\nRUN npm ci && npm run build-web\n",
        "cd.Dockerfile": "FROM node:24\nRUN npx vite build -c vite.config.api.ts\n",
        ".github/workflows/x.yml": "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: npm run build-api\n",
    }
    facts = facts_of(files)
    (frontend,) = facts.frontends
    assert frontend.vite_config == ("vite.config.web.ts" if serves else "vite.config.api.ts")
    builds = {b.path for b in find_builds(facts, frontend)}
    others = {"Dockerfile", "cd.Dockerfile", ".github/workflows/x.yml"}
    assert builds == {"web.Dockerfile"} | (set() if serves else others)
    assert {m.config for m in vite_builds(facts, frontend)} >= {"vite.config.web.ts"}
    assert serves is not any(m.config == "vite.config.api.ts" for m in vite_builds(facts, frontend))


def test_a_package_that_builds_for_a_server_alone_is_no_frontend():
    files = {
        "package.json": package("vite build -c vite.server.ts", "hono", "vite"),
        "vite.server.ts": "export default { build: { ssr: 'src/main.ts' } }\n",
        "src/main.ts": "export const page = () => document.title\n",
    }
    assert not facts_of(files).frontends
    assert facts_of(files | {"vite.server.ts": "export default { build: {} }\n"}).frontends
