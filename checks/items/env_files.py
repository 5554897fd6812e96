"""Env files: git ignores those with secrets, and the example names every variable that the code reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.env_files import builder_name, env_file_name, env_file_of, reads_env_files, shows_env_file
from checks.frontends.production import env_read
from checks.model import Evidence, Finding, Target, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.dotenv import commented_out, parse_dotenv
from checks.parsers.position import line_of
from checks.patterns import lazy_pattern
from checks.production.origins import EnvRead, origin
from checks.production.values import FromEnvironment, members
from checks.repository.browser import script, sources_holding
from checks.repository.env_loading import (
    OF_BUNDLES,
    is_composes,
    is_env_example,
    is_of_bundle,
    read_for_more,
    tracked_variables,
)
from checks.repository.facts import Facts, inside, join
from checks.repository.git import trust_hint
from checks.repository.ignored import excepting_rule, ignoring_rule
from checks.repository.local_run import is_idle
from checks.repository.path_words import Purpose, purposes
from checks.repository.scan import is_example, scan
from checks.repository.settings import settings_chain
from checks.repository.tree import Tree
from checks.sentry_api.dsn import is_placeholder, parse_dsn
from checks.targets.applicability import application_modules, unparsed_module_verdict
from checks.targets.dsn_reads import dsn_read
from checks.targets.env_ways import carries, described, loads_env, reads_env_file, way_of_example

_SECRET_NAMES = lazy_pattern(r"AUTH_TOKEN|API_KEY|SECRET|PASSWORD|PRIVATE_KEY")
_DEFAULTS = lazy_pattern(
    r"^(postgres|password|secret|admin|root|default|django|debug|guest|minio|redis|rabbitmq|change[-_]?(this|me|it))$"
    r"|(^|[^a-z])(dev|development|local|localhost|insecure|tests?|example|dummy|fake|sample|notsecure|unsafe)([^a-z]|$)",
    re.IGNORECASE,
)
"""Values that are meant for a developer's machine, and are no secret."""


def env_ignored(facts: Facts) -> Sequence[Verdict]:
    """One `git add .` publishes the token in an env file that git does not ignore.

    Checked for the `.env` of each backend that loads one, the `.env.local` of each frontend that has an env file or an example
    of one, or takes a DSN from one, and every env file that git already tracks; one without a DSN or a secret (the name of a
    Compose project, defaults for development) may stay.

    To fix: add `.env`, `.env.local` and `.env.sentry-build-plugin` to `.gitignore`; `git rm --cached` those that are tracked.
    """
    targets = [(b.target, ".env") for b in facts.backends]
    targets += [(f.target, env_file_name(f)) for f in facts.frontends]
    if not targets:
        return [not_applicable("neither a backend nor a frontend was found")]
    return [_env_ignored(facts, target, name) for target, name in targets]


def _without_git(tree: Tree, target: Target) -> Verdict:
    if tree.refused is None:
        hint = "run the audit in the git repository"
        return unknown("this is not a git repository, so nothing can be ignored", hint=hint, target=target)
    message = f"git cannot read this repository ({tree.refused}), so what it ignores is unknown"
    return unknown(message, hint=trust_hint(Path(tree.root)), target=target)


def _env_ignored(facts: Facts, target: Target, name: str) -> Verdict:
    if not facts.tree.versioned:
        return _without_git(facts.tree, target)
    findings: list[Finding] = []
    kept: list[Finding] = []
    harmless: Evidence | None = None
    for path in facts.configuration:
        last = path.rpartition("/")[2]
        folder = path.rpartition("/")[0] or "."
        if not re.match(r"^\.env(\.|$)|^\.sentryclirc$", last) or is_example(path) or folder not in (target.root, "."):
            continue
        fault = _fault(facts, path, whole=last == ".env" and name == ".env")
        rule = excepting_rule(facts, path) if fault is not None and Purpose.TEST in purposes(last) else None
        if fault is not None and rule is not None and fault.message.startswith(f"{path} contains `"):
            kept.append(_kept_for_tests(fault, rule))
        elif fault is not None:
            findings.append(fault)
        elif last == name:
            harmless = in_repository(f"git tracks {path}, and nothing in it is a DSN or a secret", path, 1)
    if findings:
        return failed(*findings, *kept, target=target)
    if kept:
        return unknown(kept[0].message, path=kept[0].path, line=kept[0].line, hint=kept[0].hint, target=target)
    wanted = join(target.root, name)
    rule = ignoring_rule(facts, wanted)
    if harmless is not None:
        return passed(harmless, target=target)
    unread = _unread_file(facts, target) if rule is None else None
    if unread is not None:
        return not_applicable(unread, target=target)
    if rule is None:
        place = ".gitignore" if ".gitignore" in facts.paths else None
        message = f"git does not ignore {wanted}"
        return failed(Finding(message=message, path=place, hint=f"add `{name}` to .gitignore"), target=target)
    return passed(in_repository(f"git ignores {wanted}", *rule), target=target)


def _kept_for_tests(fault: Finding, rule: tuple[str, int]) -> Finding:
    """Return what is open of an env file of tests that a rule of git takes in by its name: whether its values are for tests only."""
    message = f"{fault.message.partition(', and ')[0]}, and {rule[0]}:{rule[1]} keeps it in git for tests"
    hint = "check that nothing else uses the tests' values, then sign the item off"
    return Finding(message=message, path=fault.path, line=fault.line, hint=hint)


def _unread_file(facts: Facts, target: Target) -> str | None:
    """Return why no env file holds anything on a developer's machine: nothing reads one; None where something does."""
    backend = next((b for b in facts.backends if b.target == target), None)
    if backend is not None:
        own = tuple(r.name for r in _backend_reads(facts, target))
        return (
            None if reads_env_file(facts, backend.root, own) else "nothing here loads a `.env`, and none is kept here"
        )
    frontend = next(f for f in facts.frontends if f.target == target)
    if env_file_of(facts, frontend) is not None:
        return None
    if not reads_env_files(frontend):
        return f"{builder_name(frontend)} reads no env file by itself, and none is kept here"
    if not shows_env_file(facts, frontend):
        return f"no env file or example of one is in {frontend.root}"
    return "the code takes no variable from an env file, and none is kept here"


def _fault(facts: Facts, path: str, *, whole: bool) -> Finding | None:
    """Return what should not be in an env file that git takes in: a token, a DSN, a secret; with `whole`, a blank for one."""
    hint = f"replace the secret, run `git rm --cached {path}`, and add `{path}` to .gitignore"
    token = next((h for h in scan(facts).hits if h.path == path and h.kind.endswith("token")), None)
    if token is not None:
        message = f"{path} contains a Sentry token, and git does not ignore it"
        return Finding(message=message, path=path, line=token.line, hint=hint)
    variables = parse_dotenv(facts.text(path) or "") if not path.endswith(".sentryclirc") else []
    named = [v for v in variables if _SECRET_NAMES.search(v.name) or _is_dsn(v.name)]
    for variable in named:
        value = variable.value or ""
        if value and not is_placeholder(value) and not (_DEFAULTS.search(value) and not _is_dsn(variable.name)):
            message = f"{path} contains `{variable.name}`, and git does not ignore it"
            return Finding(message=message, path=path, line=variable.line, hint=hint)
    for variable in named if whole else ():
        if not variable.value or is_placeholder(variable.value):
            message = f"{path} has a blank or a placeholder for `{variable.name}`, and git does not ignore it"
            hint = f"run `git rm --cached {path}`, and add `{path}` to .gitignore"
            return Finding(message=message, path=path, line=variable.line, hint=hint)
    return None


def _is_dsn(name: str) -> bool:
    """Return whether a variable holds a DSN of a server; a browser's is public."""
    return "SENTRY" in name and "DSN" in name and not name.startswith(OF_BUNDLES)


class _Read(Struct, frozen=True, kw_only=True):
    """A variable that the code reads, and where."""

    name: str
    path: str
    line: int


def env_example_complete(facts: Facts) -> Sequence[Verdict]:
    """Developers copy the example on a new machine: a variable that it does not name is forgotten.

    To fix: name each Sentry variable in `.env.example`, with an empty value.
    """
    targets: list[tuple[Target, list[_Read]]] = [(b.target, _backend_reads(facts, b.target)) for b in facts.backends]
    targets += [(f.target, _bundle_reads(facts, f.target.root)) for f in facts.frontends]
    if not targets:
        return [not_applicable("neither a backend nor a frontend was found")]
    return [_env_example(facts, target, reads) for target, reads in targets]


def _env_example(facts: Facts, target: Target, reads: list[_Read]) -> Verdict:
    if not reads:
        broken = next((b for b in facts.backends if b.target == target and settings_chain(facts, b).problems), None)
        if broken is not None:
            path, problem = settings_chain(facts, broken).problems[0]
            return unknown(
                f"{path} cannot be read: {problem.message}",
                path=path,
                line=problem.line,
                hint="fix the syntax error",
                target=target,
            )
        return _unread(facts, target) or not_applicable("the code reads no Sentry variable", target=target)
    examples = _examples(facts, target.root)
    tracked = tracked_variables(facts, target.root, of_frontend=any(f.target == target for f in facts.frontends))
    if all(r.name in tracked for r in reads):
        return passed(
            *(in_repository(f"`{r.name}` is in a file of the repository", *tracked[r.name]) for r in reads),
            target=target,
        )
    reads = [r for r in reads if r.name not in tracked]
    backend = any(b.target == target for b in facts.backends)
    if backend:
        examples = [p for p in examples if not is_of_bundle(t := facts.text(p) or "") and not is_composes(t)]
    if not examples and backend and not loads_env(facts, target.root, tuple(r.name for r in reads)):
        return not_applicable("nothing here loads an env file, and there is no example env file", target=target)
    own = next((b for b in facts.backends if b.target == target), None)
    told = described(facts, target.root) if not examples and own is not None else None
    if told is not None:
        message = f"there is no example env file, and {told[0]}:{told[1]} tells what `.env` contains"
        return not_applicable(message, target=target)
    if own is not None and examples:
        reached = [p for p in examples if any(carries(facts, own.root, p, r.name) for r in reads)]
        if not reached:
            return not_applicable(_unreached(facts, own.root, examples[0], reads[0].name), target=target)
        examples = reached
        reads = [r for r in reads if any(carries(facts, own.root, p, r.name) for p in examples)]
    if not examples and own is not None and is_idle(facts, own, join(own.root, ".env.example")):
        return not_applicable("the SDK does not start on a developer's machine, and there is no example", target=target)
    if not examples:
        names = ", ".join(f"`{r.name}`" for r in reads)
        message = f"no example env file names {names}"
        return failed(
            Finding(message=message, path=reads[0].path, line=reads[0].line, hint="add a `.env.example`"), target=target
        )
    present: dict[str, tuple[str, int, str | None]] = {}
    for path in examples:
        for variable in parse_dotenv(facts.text(path) or ""):
            present.setdefault(variable.name, (path, variable.line, variable.value))
        # A commented-out line names the variable as well.
        for name, at in commented_out(facts.text(path) or "").items():
            present.setdefault(name, (path, at, None))
    findings = [
        Finding(
            message=f"{examples[0]} does not name `{r.name}`, which {r.path}:{r.line} reads",
            path=examples[0],
            hint=f"add `{r.name}=`",
        )
        for r in reads
        if r.name not in present
    ]
    if findings and own is not None and all(is_idle(facts, own, p) for p in examples):
        message = f"the SDK does not start where {examples[0]} is copied, so it needs no Sentry variable"
        return not_applicable(message, target=target)
    for read in reads:
        path, at, given = present.get(read.name, ("", 0, None))
        if given and _real(given):
            findings.append(
                Finding(
                    message=f"{path} contains a real value for `{read.name}`", path=path, line=at, hint="leave it empty"
                )
            )
    if findings:
        return failed(*findings, target=target)
    open_one = _unread(facts, target)
    if open_one is not None:
        return open_one
    return passed(*(in_repository(f"`{r.name}` is named", *present[r.name][:2]) for r in reads), target=target)


def _unreached(facts: Facts, root: str, example: str, name: str) -> str:
    """Return why a copy of an example need not name a variable: what the repository shows to read for the backend, if anything."""
    way = way_of_example(facts, root, example, name)
    if way is None:
        return f"nothing here shows that a copy of {example} is read by the backend"
    return f"a copy of {example} does not give `{name}` to the backend: {way.path}:{way.line} {way.what}"


def _unread(facts: Facts, target: Target) -> Verdict | None:
    backend = next((b for b in facts.backends if b.target == target), None)
    return unparsed_module_verdict(facts, backend, "SENTRY") if backend else None


def _real(value: str) -> bool:
    try:
        return not is_placeholder(value) and bool(parse_dsn(value))
    except ValueError:
        return False


def _examples(facts: Facts, root: str) -> list[str]:
    named = [
        p
        for p in facts.configuration
        if is_env_example(p) or (is_example(p) and re.search(r"(^|[./_-])env([./_-]|$)", p.rpartition("/")[2]))
    ]
    found = [p for p in named if (p.rpartition("/")[0] or ".") in {root, "."}]
    if not found:
        # One that is kept elsewhere (`docker/.env.example`) is the example, too; a frontend's only where it is not a backend's own.
        others = [f.root for f in facts.frontends if f.root not in (".", root)]
        servers = [b.root for b in facts.backends if b.root != "." and not inside(root, b.root)]
        found = [p for p in named if not any(inside(p, o) for o in others)]
        if any(f.root == root for f in facts.frontends):
            found = [p for p in found if not any(inside(p, s) for s in servers) or _names_bundles(facts, p)]
    return sorted(found, key=lambda p: (p.rpartition("/")[0] or ".") != root)


def _names_bundles(facts: Facts, path: str) -> bool:
    """Return whether an example has variables that only a bundle reads."""
    return any(v.name.startswith(OF_BUNDLES) for v in parse_dotenv(facts.text(path) or ""))


def _backend_reads(facts: Facts, target: Target) -> list[_Read]:
    backend = next(b for b in facts.backends if b.target == target)
    chain = settings_chain(facts, backend)
    reads: dict[str, _Read] = {}
    found = dsn_read(chain)
    if found is not None and isinstance(found[1], EnvRead):
        reads[found[1].name] = _Read(name=found[1].name, path=found[1].path, line=found[1].line)
    for located in chain.inits:
        for name, node in located.call.keywords.items():
            value = origin(located.initialization.options[name].value, node)
            if isinstance(value, EnvRead) and not value.name.endswith(("_GIT_COMMIT", "_SHA", "_COMMIT")):
                if name == "environment" and read_for_more(facts, value.name, located.path, node):
                    continue  # the project's own, with words of its own
                reads.setdefault(value.name, _Read(name=value.name, path=value.path, line=value.line))
    for path, module in application_modules(facts, backend, "SENTRY"):
        for part in module.nodes:
            if not isinstance(part, (ast.Call, ast.Subscript)) or "SENTRY" not in ast.unparse(part):
                continue
            produced = chain.machine.value_in(path, part) if chain.machine is not None else None
            for read in members(produced) if produced is not None else ():
                if isinstance(read, FromEnvironment) and "SENTRY" in read.name:
                    reads.setdefault(read.name, _Read(name=read.name, path=path, line=line_of(part)))
    # The release comes from CI or the host, not from a file that a person fills in.
    return [r for n, r in reads.items() if n not in ("SENTRY_RELEASE", "DEBUG")]


def _bundle_reads(facts: Facts, root: str) -> list[_Read]:
    frontend = next(f for f in facts.frontends if f.root == root)
    reads: dict[str, _Read] = {}
    for path in sources_holding(facts, frontend, "SENTRY"):
        tree = script(facts, path)
        for node in js.descend(tree) if isinstance(tree, Node) else ():
            found = env_read(node)
            name = found[1] if found is not None else ""
            if "SENTRY" in name and name.startswith(OF_BUNDLES):
                reads.setdefault(name, _Read(name=name, path=path, line=js.line_of(node)))
    return [r for n, r in reads.items() if not n.endswith("_RELEASE")]
