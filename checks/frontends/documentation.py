"""Which of the packages that build for browsers are documentation sites, and which folders only a deploy makes applications."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.frontends.candidates import Candidate
from checks.frontends.commands import commands
from checks.parsers import javascript as js
from checks.parsers.flow import walk
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, inside, join

_GENERATORS = (
    "@docusaurus/core",
    "@astrojs/starlight",
    "nextra",
    "nextra-theme-docs",
    "fumadocs-core",
    "fumadocs-ui",
    "docz",
    "rspress",
    "@rspress/core",
    "dumi",
    "vuepress",
    "@mintlify/cli",
)
"""Packages that make documentation sites of what Next.js, Astro and others build."""

_NAMES = lazy_pattern(
    r"(^|[/@_-])(docs?|documentation|guides?|handbook|manual|wiki|help|knowledge-?base|contribut\w*|contribuer|styleguide)($|[/_-])"
)
_PROSE = lazy_pattern(r"\b(documentation|docs|guide|handbook|manual|how to|user help|tutorials?)\b", re.IGNORECASE)
_CONTENT_TOOLS = (
    "netlify-identity-widget",
    "decap-cms",
    "decap-cms-app",
    "netlify-cms-app",
    "tinacms",
    "contentlayer",
    "@next/mdx",
    "next-mdx-remote",
    "@astrojs/mdx",
    "gatsby-plugin-mdx",
    "gatsby-transformer-remark",
)
_SAYS_DOCUMENTED = lazy_pattern(r"\bdocument(ed|ation|s)?\b|\bdocs\b|\bguide\b", re.IGNORECASE)
_PAGES_ACTION = lazy_pattern(
    r"^(actions/deploy-pages|actions/upload-pages-artifact|peaceiris/actions-gh-pages|JamesIves/)"
)


def is_documentation(facts: Facts, found: Candidate) -> bool:
    """Return whether a package builds a documentation site: by its generator, or static pages that several signs call so."""
    if any(g in found.dependencies for g in _GENERATORS):
        return True
    if not _is_static(facts, found):
        return False
    name = str(found.data.get("name") or "")
    description = str(found.data.get("description") or "")
    folder = found.root.rpartition("/")[2]
    signs = (
        bool(_NAMES.search(folder) or _NAMES.search(name)),
        bool(_PROSE.search(description)),
        any(t in found.dependencies for t in _CONTENT_TOOLS)
        or join(found.root, "public/admin/config.yml") in facts.paths,
        found.root != "." and _readme_calls_it_so(facts, found.root),
    )
    return sum(signs) >= 2


def _is_static(facts: Facts, found: Candidate) -> bool:
    """Return whether only pages come out of a build: Next.js with `output: "export"`, Gatsby, or Astro without a server."""
    if found.bundler == "astro" or "gatsby" in found.dependencies:
        return True
    if found.bundler != "next":
        return False
    for suffix in ("js", "mjs", "cjs", "ts"):
        path = join(found.root, f"next.config.{suffix}")
        tree = facts.parsed("javascript", path, lambda t, p=path: js.parse_javascript(t.encode(), p))  # type: ignore[misc]
        if tree is None or isinstance(tree, ParseError):
            continue
        for node in js.descend(tree):
            if node.type == "object" and any(
                n == "output" and js.string_of(js.unwrap(v)) == "export" for n, _, v in js.properties(node)
            ):
                return True
    return any("next export" in s for s in found.scripts.values())


def _readme_calls_it_so(facts: Facts, root: str) -> bool:
    for path in facts.named("README.md", "CONTRIBUTING.md"):
        if "/" in path:
            continue
        for line in (facts.text(path) or "").splitlines():
            if re.search(rf"(?<![\w/-]){re.escape(root)}(?![\w-])", line) and _SAYS_DOCUMENTED.search(line):
                return True
    return False


def named_by_deploy(facts: Facts, root: str) -> bool:
    """Return whether Django's settings, a host, an image or a deploying CI job names a folder."""
    return (
        any(_holds(text, root) for text in _settings_paths(facts))
        or any(d.root is not None and d.root != "." and inside(d.root, root) for d in facts.deployments)
        or any(_holds(w, root) for d in facts.deployments for words in commands(d.build or "") for w in words)
        or _by_image(facts, root)
        or _by_job(facts, root)
    )


def _holds(text: str, root: str) -> bool:
    return f"/{root}/" in f"/{text.removeprefix('./').strip('/')}/"


def _settings_paths(facts: Facts) -> Iterator[str]:
    """Yield the paths that settings put together from texts: `BASE_DIR / "website" / "dist"`, `os.path.join(…)`."""
    from checks.repository.settings import settings_chain

    for backend in facts.backends:
        for value in settings_chain(facts, backend).names.values():
            for node in walk(value):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                    yield "/".join(_parts(node))
                elif isinstance(node, ast.Call):
                    yield "/".join(
                        a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                    )
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def _parts(node: ast.expr) -> Iterator[str]:
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.BinOp) and isinstance(current.op, ast.Div):
            stack += [current.right, current.left]
        elif isinstance(current, ast.Constant) and isinstance(current.value, str):
            yield current.value.strip("/")


def _by_image(facts: Facts, root: str) -> bool:
    for path in facts.dockerfiles:
        for line in (facts.text(path) or "").splitlines():
            words = line.split()
            if (
                words
                and words[0].upper() in ("COPY", "ADD", "WORKDIR", "RUN")
                and any(_holds(w, root) for w in words[1:])
            ):
                return True
    return False


def _by_job(facts: Facts, root: str) -> bool:
    for workflow in facts.workflows:
        for job in () if workflow.only_pull_requests else workflow.jobs:
            deploys = bool(job.environment) or "deploy" in f"{job.id} {job.name or ''}".lower()
            if not deploys or any(_PAGES_ACTION.search(s.uses or "") for s in job.steps):
                continue
            for step in job.steps:
                words = [w for words in commands(step.run or "") for w in words]
                if any(_holds(w, root) for w in (step.working_directory or "", *words)):
                    return True
    return False
