"""Whether the code contains a DSN, and whether the known ones point to the right project and region."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from checks.model import (
    Evidence,
    EvidenceKind,
    Finding,
    Target,
    Verdict,
    failed,
    in_repository,
    in_sentry,
    not_applicable,
    passed,
    unknown,
)
from checks.parsers.dotenv import parse_dotenv
from checks.patterns import lazy_pattern
from checks.production.origins import EnvRead, Literal, Unresolved
from checks.repository.backends import Backend
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts, inside, join
from checks.repository.scan import Hit, scan
from checks.repository.settings import settings_chain
from checks.sentry_api.dsn import Dsn, is_placeholder, parse_dsn
from checks.sentry_api.regions import region_of
from checks.sentry_api.snapshot import ProjectSnapshot
from checks.targets.applicability import not_application
from checks.targets.dsn_reads import dsn_read
from checks.targets.dsn_variables import dsn_variable

_CODE = lazy_pattern(
    r"\.(py|ya?ml|toml|ini|cfg|conf|env|sh|properties|json)$|(^|/)(\.env[^/]*|[^/]*ockerfile[^/]*|Procfile)$"
)
_BROWSER = lazy_pattern(r"\.([cm]?[jt]sx?|vue|svelte|astro|html?)$")
_ENV_FILE = lazy_pattern(r"(^|/)\.env(\.[^/]*)?$")
_DOCUMENTS = lazy_pattern(r"\.(md|rst|txt|adoc)$|(^|/)(CHANGELOG|README)[^/]*$", re.IGNORECASE)


def dsn_not_hardcoded(facts: Facts) -> Sequence[Verdict]:
    """A DSN in the code cannot be switched off in development, and every fork of the repository reports to you.

    In a browser bundle a DSN is public by design; one with a secret part (`key:secret@`) is wrong anywhere.

    To fix: read `SENTRY_DSN` from the environment, and rotate the key in Project Settings → Client Keys.
    """
    if not facts.backends and not facts.frontends:
        return [not_applicable("neither a backend nor a frontend was found")]
    done = scan(facts)
    findings = []
    for hit in done.hits:
        if hit.kind not in ("dsn", "dsn-secret") or not_application(hit.path) or _DOCUMENTS.search(hit.path):
            continue
        if hit.kind == "dsn-secret":
            findings.append(_finding(hit, "a DSN with its secret part is committed", "revoke the key in Sentry"))
        elif _ENV_FILE.search(hit.path) and facts.tree.versioned:
            message = f"{hit.path} has a DSN, and git does not ignore it"
            findings.append(_finding(hit, message, "add it to .gitignore; run `git rm --cached` where git tracks it"))
        elif _CODE.search(hit.path) and not _BROWSER.search(hit.path):
            findings.append(_finding(hit, "a DSN is written in the code", "read SENTRY_DSN from the environment"))
    if findings or (findings := [f for b in facts.backends for f in _put_together(facts, b)]):
        return [failed(*findings)]
    skipped = [p for p in done.skipped if _CODE.search(p) and not _BROWSER.search(p) and not not_application(p)]
    if skipped:
        message = f"{skipped[0]} is unreadable, or names Sentry and is too large to be searched"
        return [unknown(message, path=skipped[0], hint="search it yourself, or split it")]
    return [passed(_searched(done.searched, "contain no DSN"))]


def _put_together(facts: Facts, backend: Backend) -> list[Finding]:
    """Return the DSN that `init` is given as a text of the code, where no line has the whole of it."""
    read = dsn_read(settings_chain(facts, backend))
    value = read[1] if read is not None else None
    text = value.value if isinstance(value, Literal) else value.default if isinstance(value, EnvRead) else None
    if read is None or isinstance(value, Unresolved | None) or not isinstance(text, str):
        return []
    known = _parse(text, in_repository("", read[0].path, value.line))
    if not known:
        return []
    message = f"a DSN of {known[0].dsn.host} is written in the code, in parts"
    return [Finding(message=message, path=read[0].path, line=value.line, hint="read SENTRY_DSN from the environment")]


def _searched(count: int, what: str) -> Evidence:
    return Evidence(kind=EvidenceKind.REPOSITORY, fact=f"{count:,} files were searched and {what}")


def _finding(hit: Hit, message: str, hint: str) -> Finding:
    return Finding(message=f"{message} ({hit.masked})", path=hit.path, line=hit.line, hint=hint)


class _Known(Struct, frozen=True, kw_only=True):
    """A DSN whose value is known, and where it was seen."""

    dsn: Dsn
    place: Evidence


def dsn_target(facts: Facts) -> Sequence[Verdict]:
    """A DSN of another project or region sends errors where nobody looks, and everything seems quiet.

    The check reads DSNs from code, deployment files and env files; it cannot see a secret that is stored elsewhere.

    To fix: copy the DSN from the project's Client Keys page; give the backend and the frontend a project each.
    """
    targets: list[tuple[str, Target]] = [("backend", b.target) for b in facts.backends]
    targets += [("frontend", f.target) for f in facts.frontends]
    if not targets:
        return [not_applicable("neither a backend nor a frontend was found")]
    known = {t.name: known_dsns(facts, kind, t) for kind, t in targets}
    return [_dsn_target(facts, kind, target, known) for kind, target in targets]


def _dsn_target(facts: Facts, kind: str, target: Target, known: dict[str, list[_Known]]) -> Verdict:
    own = known[target.name]
    findings = []
    if kind == "backend":
        for other, dsns in known.items():
            shared = [k for k in own for o in dsns if other != target.name and _same(k.dsn, o.dsn)]
            findings += [
                Finding(
                    message=f"{target.name} and {other} report to the same project {k.dsn.project_id}",
                    path=k.place.path,
                    line=k.place.line,
                    hint="give each its own project",
                )
                for k in shared[:1]
            ]
    url = facts.config.answers.get("sentry.url")
    for item in own:
        problem = _region_problem(item.dsn, url)
        if problem:
            findings.append(
                Finding(
                    message=problem,
                    path=item.place.path,
                    line=item.place.line,
                    hint="copy the DSN from the project's Settings > Client Keys",
                )
            )
    if findings:
        return failed(*findings, target=target)
    snapshot = facts.snapshot.projects.get(target.name) if facts.snapshot else None
    if isinstance(snapshot, ProjectSnapshot) and isinstance(snapshot.keys, tuple) and own:
        return _online(snapshot, own, target)
    if own:
        return unknown(
            "whether the DSN is a key of the right project cannot be seen offline",
            path=own[0].place.path,
            line=own[0].place.line,
            hint="run with `--online` to compare it with the project's client keys",
            evidence=[own[0].place],
            target=target,
        )
    if isinstance(snapshot, ProjectSnapshot) and isinstance(snapshot.environments, tuple) and snapshot.environments:
        # Where the value is stored elsewhere, arriving events show where it points.
        return passed(in_sentry(f"errors arrived in {snapshot.slug} within 30 days"), target=target)
    hint = "put the DSN into a local `.env` and run with `--online` to compare it with the project's client keys"
    if facts.snapshot is not None:
        hint = f"an error of {target.name} decides it once it arrives, or name the DSN with `--set {kind}.dsn=…`"
    return unknown(
        "no file contains the DSN's value, so its project cannot be determined",
        hint=hint,
        target=target,
    )


def _online(snapshot: ProjectSnapshot, own: list[_Known], target: Target) -> Verdict:
    keys = {k.public: k for k in snapshot.keys} if isinstance(snapshot.keys, tuple) else {}
    findings = []
    evidence = []
    for item in own:
        key = keys.get(item.dsn.public_key)
        if key is None:
            message = f"the DSN is not a client key of the project {snapshot.slug}"
        elif not key.active:
            message = f"the client key of the project {snapshot.slug} is disabled"
        elif problem := _elsewhere(item.dsn, parse_dsn(key.dsn)):
            message = f"the DSN has a client key of the project {snapshot.slug}, but {problem}"
        else:
            evidence += [item.place, in_sentry(f"the DSN is an active client key of {snapshot.slug}")]
            continue
        findings.append(
            Finding(message=message, path=item.place.path, line=item.place.line, hint="copy the DSN of the project")
        )
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    return passed(*dict.fromkeys(evidence), target=target)


def _elsewhere(dsn: Dsn, key: Dsn) -> str | None:
    """Return how a DSN leads elsewhere than the client key it was copied from, None where both lead to one place.

    sentry.io takes events of a key at `sentry.io`, at `oN.ingest.sentry.io` and at the host of its region, except in the EU
    (https://docs.sentry.io/organization/data-storage-location/).
    """
    if dsn.project_id != key.project_id:
        return f"its project number is {dsn.project_id} instead of {key.project_id}"
    if dsn.host == key.host and dsn.path == key.path:
        return None
    in_saas = all(d.host == "sentry.io" or d.host.endswith(".sentry.io") for d in (dsn, key))
    if in_saas and {dsn.region, key.region} <= {None, "us"}:
        return None
    return f"it points to {dsn.host}{dsn.path} instead of {key.host}{key.path}"


def _same(one: Dsn, other: Dsn) -> bool:
    return (one.host, one.project_id) == (other.host, other.project_id)


def _region_problem(dsn: Dsn, url: str | None) -> str | None:
    """Compare a DSN's host with the configured Sentry (https://docs.sentry.io/concepts/key-terms/dsn-explainer/)."""
    if url is None:
        return None
    host = urlsplit(url).hostname or ""
    saas = host == "sentry.io" or host.endswith(".sentry.io")
    ours = dsn.host == "sentry.io" or dsn.host.endswith(".sentry.io")
    if saas != ours:
        return f"the DSN's host is {dsn.host}, but Sentry is {host}"
    region = host.removesuffix(".sentry.io") if host.endswith(".sentry.io") else ""
    if region == "de" and dsn.region != "de":
        return f"the organization is in the EU, but the DSN's host is {dsn.host}: events there are refused or lost"
    if region == "us" and dsn.region == "de":
        return f"the organization is in the US, but the DSN's host is {dsn.host}"
    return None


def _parse(value: str | None, place: Evidence) -> list[_Known]:
    if not value or is_placeholder(value):
        return []
    try:
        return [_Known(dsn=parse_dsn(value), place=place)]
    except ValueError:
        return []


def named_region(facts: Facts) -> str | None:
    """Return the URL of the region of sentry.io that the repository's DSNs name, None where they name none, or several."""
    targets = [("backend", b.target) for b in facts.backends] + [("frontend", f.target) for f in facts.frontends]
    return region_of(k.dsn for kind, t in targets for k in known_dsns(facts, kind, t))


def known_dsns(facts: Facts, kind: str, target: Target) -> list[_Known]:
    """Return the DSNs of a target whose values are written down, each once."""
    found: list[_Known] = []
    configured = facts.config.get(f"{kind}.dsn", target.name)
    found += _parse(configured, in_repository(f"{kind}.dsn is configured", facts.config.path or "the answers"))
    names = ["VITE_SENTRY_DSN", "NEXT_PUBLIC_SENTRY_DSN", "REACT_APP_SENTRY_DSN"]
    if kind == "backend":
        backend = next(b for b in facts.backends if b.target == target)
        chain = settings_chain(facts, backend)
        read = dsn_read(chain)
        names = ["SENTRY_DSN"]
        if read is not None and isinstance(read[1], Literal):
            found += _parse(str(read[1].value), in_repository("the DSN is in the code", read[0].path, read[1].line))
        if read is not None and isinstance(read[1], EnvRead):
            names = [read[1].name]
            found += _parse(read[1].default, in_repository("the DSN's default", read[0].path, read[1].line))
        for deployment in deployments_of_backend(facts, target.root):
            for name in names:
                declared = deployment.variables.get(name)
                if declared is not None:
                    place = in_repository(f"`{name}` for {deployment.name}", declared.path, declared.line)
                    found += _parse(declared.value, place)
    else:
        own = next((dsn_variable(facts, f) for f in facts.frontends if f.target == target), None)
        names = [own[1]] if own is not None else names
        for hit in scan(facts).hits:
            if hit.kind == "dsn" and inside(hit.path, target.root) and _BROWSER.search(hit.path):
                found += _parse(hit.value, in_repository("a DSN is in the code", hit.path, hit.line))
    folders = dict.fromkeys((target.root, "."))
    for path in (join(folder, name) for folder in folders for name in (".env", ".env.local", ".env.production")):
        text = facts.text(path)
        for variable in parse_dotenv(text) if text is not None else ():
            if variable.name in names:
                found += _parse(variable.value, in_repository(f"`{variable.name}` is set", path, variable.line))
    unique: dict[tuple[str, str], _Known] = {}
    for item in found:
        unique.setdefault((item.dsn.public_key, item.dsn.project_id), item)
    return list(unique.values())
