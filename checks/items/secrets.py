"""Where a Sentry auth token must not be: in git, in the browser's bundle, in an image's layers; and which kind it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from checks.frontends.defines import Prefix, env_prefix, exposed
from checks.frontends.vite_plugin import effective_plugin
from checks.hosts.image_builds import inline_dockerfiles
from checks.hosts.image_tokens import tokens_of
from checks.hosts.images import read_image
from checks.model import (
    Evidence,
    EvidenceKind,
    Finding,
    Place,
    Verdict,
    failed,
    in_repository,
    not_applicable,
    passed,
    unknown,
)
from checks.parsers import javascript as js
from checks.parsers.position import Line, shifted
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.browser import script
from checks.repository.facts import Facts, inside
from checks.repository.frontends import Frontend
from checks.repository.scan import Hit, scan
from checks.repository.text_index import word_index
from checks.targets.applicability import not_application
from checks.targets.browsers import no_frontend

_EXPOSED = lazy_pattern(
    r"\b(?:VITE|REACT_APP|NEXT_PUBLIC|NUXT_PUBLIC|PUBLIC|GATSBY|VUE_APP)_\w*(?:SENTRY_AUTH|AUTH_TOKEN)\w*"
)
_TOKENS = ("org-token", "user-token", "legacy-token")
_ENV_FILE = lazy_pattern(r"(^|/)\.env[^/]*$|(^|/)\.sentryclirc$")
REVOKE = "revoke it first at https://sentry.io/settings/auth-tokens/, then remove the line"


def _node_place(path: str, node: Node) -> Place:
    return {"path": path, "line": js.line_of(node), "column": None}


def token_not_committed(facts: Facts) -> Sequence[Verdict]:
    """Everyone who clones the repository can read a token in git; removing the line does not remove it from history.

    To fix: revoke the token, create a new one, keep it in the CI's secret store, and `git rm --cached` the file.
    """
    done = scan(facts)
    hits = [h for h in done.hits if h.kind in _TOKENS and not _of_tests(h)]
    local = [h for h in hits if not facts.tree.versioned and _ENV_FILE.search(h.path)]
    findings = [
        Finding(
            message=f"a Sentry token ({h.masked}) is in a file that git tracks",
            path=h.path,
            line=h.line,
            hint=REVOKE,
        )
        for h in hits
        if h not in local
    ]
    if findings:
        return [failed(*findings)]
    if local:
        hint = "run the audit in the git repository"
        return [
            unknown(
                "this is not a git repository, so whether the token is committed cannot be determined",
                path=local[0].path,
                line=local[0].line,
                hint=hint,
            )
        ]
    if done.searched == 0:
        return [not_applicable("there are no files")]
    skipped = [p for p in done.skipped if not not_application(p)]
    if skipped:
        many = "1 file was" if len(skipped) == 1 else f"{len(skipped):,} files were"
        message = f"{many} not searched for tokens: unreadable, or too large and mentioning Sentry"
        return [unknown(message, path=skipped[0], hint="search them yourself, or remove them from git")]
    fact = f"{done.searched:,} files were searched and contain no Sentry token"
    return [passed(Evidence(kind=EvidenceKind.REPOSITORY, fact=fact))]


def _of_tests(hit: Hit) -> bool:
    """A made-up token in a test is not a leak; one with a valid checksum looks real, so only legacy shapes pass."""
    return hit.kind == "legacy-token" and not_application(hit.path)


def token_not_in_bundle(facts: Facts) -> Sequence[Verdict]:
    """Anyone can read what is in the bundle: a `VITE_…AUTH_TOKEN` is inlined wherever it is used.

    An empty `envPrefix`, or one that SENTRY_AUTH_TOKEN begins with, and a `define` of the whole environment do the same.

    To fix: name it SENTRY_AUTH_TOKEN, keep the default `envPrefix`, and define single variables; then revoke the old token.
    """
    return [_token_not_in_bundle(facts, f) for f in facts.frontends] or no_frontend(facts)


def _token_not_in_bundle(facts: Facts, frontend: Frontend) -> Verdict:
    findings: list[Finding] = []
    open_prefix: Prefix | None = None
    index = word_index(facts)
    shared = {w.path for w in facts.workflows} | {d.path for d in facts.deployments}
    for path in index.files_containing("AUTH_TOKEN"):
        name = path.rpartition("/")[2]
        near = inside(path, frontend.root) or path in shared or ("/" not in path and name.startswith(".env"))
        if (
            not near
            or "node_modules/" in path
            or name.endswith((".lock", ".map", ".md", ".svg"))
            or name == "package-lock.json"
        ):
            continue
        findings += [
            Finding(
                message=f"`{variable}` ends up in the bundle",
                path=path,
                line=number,
                hint="name it SENTRY_AUTH_TOKEN, and revoke the token",
            )
            for number, variable in _public_names(facts, path)
        ]
    config = facts.vite(frontend.vite_config) if frontend.vite_config else None
    if isinstance(config, ParseError):
        if findings:
            return failed(*findings, target=frontend.target)
        return unknown(
            f"{frontend.vite_config} cannot be read: {config.message}",
            path=frontend.vite_config,
            line=config.line,
            hint="fix the syntax error",
            target=frontend.target,
        )
    if config is not None and config.config is not None and frontend.vite_config:
        prefix = env_prefix(config)
        if prefix is not None and prefix.lets_in("SENTRY_AUTH_TOKEN"):
            message = f"envPrefix {js.text_of(prefix.node)[:60]} lets the bundle read SENTRY_AUTH_TOKEN"
            place_of = _node_place(frontend.vite_config, prefix.node)
            findings.append(Finding(message=message, **place_of, hint="keep the default prefix VITE_"))
        elif prefix is not None and prefix.lets_in("SENTRY_AUTH_TOKEN") is None:
            open_prefix = prefix
    found = list(exposed(facts, frontend))
    findings += [
        Finding(
            message=f"{plugin} copies {d.what} into the bundle",
            **_node_place(path, d.node),
            hint="define single, public variables",
        )
        for path, plugin, d in found
        if d.certain
    ]
    open_one = next(((path, plugin, d) for path, plugin, d in found if not d.certain), None)
    if findings:
        return failed(*findings[:8], target=frontend.target)
    if open_prefix is not None:
        return unknown(
            f"envPrefix is `{js.text_of(open_prefix.node)[:40]}`, and whether SENTRY_AUTH_TOKEN begins with it cannot be determined",
            path=frontend.vite_config,
            line=js.line_of(open_prefix.node),
            hint="keep the default prefix VITE_",
            target=frontend.target,
        )
    if open_one is not None:
        path, plugin, defined = open_one
        what = "define" if plugin == "`define`" else plugin
        return unknown(
            f"{what} is computed from {defined.what}, and whether SENTRY_AUTH_TOKEN is in it cannot be determined",
            path=path,
            line=js.line_of(defined.node),
            hint="define single, public variables",
            target=frontend.target,
        )
    if config is not None and config.config is None:
        return unknown(
            f"`envPrefix` and `define` cannot be determined: {config.problem}",
            path=frontend.vite_config,
            hint="check whether they expose SENTRY_AUTH_TOKEN",
            target=frontend.target,
        )
    place = frontend.vite_config or frontend.manifest
    return passed(
        in_repository(f"no Sentry token reaches the bundle ({index.searched:,} files searched)", place),
        target=frontend.target,
    )


def _public_names(facts: Facts, path: str) -> Iterator[tuple[int, str]]:
    """Yield the variables for browsers that are named like the token, with their lines; those in comments are none."""
    tree = (
        script(facts, path) if path.endswith((".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")) else None
    )
    if isinstance(tree, Node):
        for node in js.descend(tree):
            found = _EXPOSED.search(js.text_of(node)) if not node.children and node.type != "comment" else None
            if found:
                yield js.line_of(node), found.group(0)
        return
    for number, line in enumerate((facts.text(path) or "").splitlines(), start=1):
        found = _EXPOSED.search(line)
        if found and not line.lstrip().startswith(("#", "//", "*")):
            yield Line(number, column=found.start() + 1), found.group(0)


def token_not_in_image(facts: Facts) -> Sequence[Verdict]:
    """A build argument or variable with the token stays in the image's history, for everyone who can pull it.

    In a stage that is not shipped, it stays in the build's cache and provenance, which are often published too.

    To fix: `RUN --mount=type=secret,id=SENTRY_AUTH_TOKEN,env=SENTRY_AUTH_TOKEN npm run build`.
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    texts = [*((p, 0, facts.text(p) or "") for p in facts.dockerfiles), *inline_dockerfiles(facts)]
    for path, before, text in texts:
        if "sentry" not in text.lower():
            continue
        for found in tokens_of(read_image(path, text)):
            line = shifted(found.line, before) if before else found.line
            if found.message is None:
                evidence.append(in_repository("the token is a build secret", path, line))
            else:
                hint = "mount it as a build secret"
                findings.append(Finding(message=found.message, path=path, line=line, hint=hint))
    if findings:
        return [failed(*findings, evidence=evidence)]
    if evidence:
        return [passed(*evidence)]
    unread = [p for p in facts.dockerfiles if facts.read(p) is None]
    if unread:
        return [unknown(f"{unread[0]} cannot be read", path=unread[0], hint="check whether it names SENTRY_AUTH_TOKEN")]
    return [not_applicable("no Dockerfile is given a Sentry token")]


def token_scope(facts: Facts) -> Sequence[Verdict]:
    """CI needs an organization token (`sntrys_`), which can only manage releases and uploads.

    A personal token can do everything that you can, and stops working when its owner's account is removed.

    To fix: create an organization token under Settings → Auth Tokens and store it as a CI secret.
    """
    hits = [h for h in scan(facts).hits if h.kind == "user-token" and not not_application(h.path)]
    if hits:
        message = f"a personal or integration token ({hits[0].masked}) is used"
        hit, hint = hits[0], "use an organization token for CI"
        return [failed(Finding(message=message, path=hit.path, line=hit.line, hint=hint))]
    users = [(s, j, w) for w in facts.workflows for j in w.jobs for s in j.steps if s.env.get("SENTRY_AUTH_TOKEN")]
    plugins = [p for f in facts.frontends if (p := effective_plugin(facts, f)) is not None]
    if not users and not plugins:
        return [not_applicable("no CI job and no build uses a Sentry token")]
    path, line = (users[0][0].path, users[0][0].line) if users else (plugins[0].path, plugins[0].line)
    return [
        unknown(
            "the token is kept in a secret store, where its kind cannot be seen",
            path=path,
            line=line,
            hint="check that it begins with `sntrys_`",
        )
    ]
