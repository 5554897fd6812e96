"""Whether the SDK's version and the options it is given fit together, and reach every process."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec.structs import replace
from packaging.version import Version

from checks.errors import nearest
from checks.model import Finding, Outcome, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.production.option_types import wrong_value
from checks.repository.backends import Backend, worker_settings
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts
from checks.repository.sdk_options import (
    DEPRECATED,
    DEPRECATED_CALLS,
    LATEST,
    ever_known,
    known_options,
    removed_in_3,
)
from checks.repository.sdk_version import sdk_version
from checks.repository.settings import chain_of_command, settings_chain
from checks.targets.applicability import (
    InitializedBackend,
    application_modules,
    contains_any,
    each_backend,
    each_initialized,
    unparsed_module_verdict,
)
from checks.targets.bare_workers import bare_worker
from checks.targets.initialized import decide_initialized
from checks.targets.serving_verdicts import workers_of_server
from checks.targets.uwsgi import without_threads

_OUTDATED = Version("2.60")


def sdk_current(facts: Facts) -> Sequence[Verdict]:
    """An old SDK misses fixes (a raising traces_sampler breaks requests before 2.67), and an open bound installs 3.0 without asking.

    3.0 refuses options that 2.x takes, so an unpinned dependency can stop the application at its next build.

    To fix: pin or lock the SDK, or write `sentry-sdk>=2.75,<3`.
    """
    return each_backend(facts, _sdk_current)


def _sdk_current(facts: Facts, backend: Backend) -> Verdict:
    target = backend.target
    version = sdk_version(facts, backend.root)
    if version is None:
        if python_manifests(facts, backend.root).problems:
            return unknown("the dependency files cannot be read", hint="see sdk-installed", target=target)
        return not_applicable("sentry-sdk is not declared (see sdk-installed)", target=target)
    direct = next(
        (
            d
            for d in python_manifests(facts, backend.root).of("sentry-sdk")
            if version.exact is None and ("/" in d.dependency.specifier or "@" in d.dependency.specifier)
        ),
        None,
    )
    if direct is not None:
        return unknown(
            "sentry-sdk is installed from a URL, so its version cannot be determined",
            path=direct.path,
            line=direct.dependency.line,
            hint="name a released version",
            target=target,
        )
    findings = []
    if version.assumed.is_prerelease:
        message = f"sentry-sdk {version.assumed} is a pre-release"
        findings.append(Finding(message=message, path=version.path, line=version.line, hint=f"use {LATEST}"))
    elif version.assumed < _OUTDATED:
        message = f"sentry-sdk {version.text} is outdated: {LATEST} is current"
        findings.append(
            Finding(message=message, path=version.path, line=version.line, hint=f"use sentry-sdk>={LATEST},<3")
        )
    if not version.capped:
        used = removed_in_3({k for c in settings_chain(facts, backend).inits for k in c.call.keywords})
        uses = f", which refuses {', '.join(used)}" if used else ""
        findings.append(
            Finding(
                message=f"nothing keeps sentry-sdk 3.0 out{uses}",
                path=version.path,
                line=version.line,
                hint="add `<3`, or lock the dependencies",
            )
        )
    if findings:
        return failed(*findings, target=target)
    return passed(in_repository(f"sentry-sdk is {version.text}", version.path, version.line), target=target)


def sdk_options_valid(facts: Facts) -> Sequence[Verdict]:
    """An option that the installed SDK does not know raises TypeError while the settings are imported: nothing starts.

    An option of the wrong type (a rate that is a string) is ignored, or raises an error later.

    To fix: use the name that the installed version knows, or install the version that knows the name.
    """
    return each_initialized(facts, _sdk_options_valid)


def _sdk_options_valid(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    version = found.version.assumed if found.version else LATEST
    known = known_options(version)
    findings = []
    for call in found.calls:
        for name, node in call.call.keywords.items():
            if name in known:
                machine, bound = found.chain.machine, call.initialization.options[name]
                wrong = wrong_value(name, bound.value, machine) if machine is not None else None
                if wrong is not None:
                    line = max(node.lineno, call.call.line)
                    findings.append(Finding(message=wrong.message, path=call.path, line=line, hint=wrong.hint))
                continue
            if name in ever_known():
                message, hint = f"sentry-sdk {version} does not take `{name}`: the application does not start", None
                if name in DEPRECATED:
                    hint = f"use {DEPRECATED[name][1]}"
            else:
                message = f"no sentry-sdk takes `{name}`: the application does not start"
                hint = nearest(name, sorted(known))
            line = max(line_of(node), call.call.line)
            findings.append(Finding(message=message, path=call.path, line=line, hint=hint or "remove it"))
    if findings:
        return failed(*findings, target=target)
    if found.opaque is not None:
        return found.unfollowed(found.opaque)
    count = len({k for c in found.calls for k in c.call.keywords})
    named = found.version.text if found.version else f"{LATEST} (no version declared)"
    last = found.last
    return passed(in_repository(f"sentry-sdk {named} {_knows(count)}", last.path, last.call.line), target=target)


def _knows(count: int) -> str:
    return {0: "knows every option: init is given none", 1: "knows the one option", 2: "knows both options"}.get(
        count, f"knows all {count} options"
    )


def sdk_options_current(facts: Facts) -> Sequence[Verdict]:
    """Deprecated options and the 1.x scope API warn today and are removed in 3.0; raven has been unsupported since 2020.

    To fix: replace each by what the finding names (https://docs.sentry.io/platforms/python/migration/1.x-to-2.x/).
    """
    return each_initialized(facts, _sdk_options_current)


def _sdk_options_current(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    version = found.version.assumed if found.version else LATEST
    findings = []
    for call in found.calls:
        for name, node in call.call.keywords.items():
            since, instead = DEPRECATED.get(name, ("", ""))
            if since and version >= Version(since):
                line = max(line_of(node), call.call.line)
                findings.append(
                    Finding(
                        message=f"`{name}` is deprecated since sentry-sdk {since}",
                        path=call.path,
                        line=line,
                        hint=f"use {instead}",
                    )
                )
    for path, module in application_modules(facts, found.backend, "sentry", "raven", where=_may_be_old):
        findings += _old_calls(path, module, version)
    if findings:
        return failed(*findings[:10], target=target)
    if found.opaque is not None:
        return found.unfollowed(found.opaque)
    open_one = unparsed_module_verdict(facts, found.backend, "sentry", "raven", where=_may_be_old)
    if open_one is not None:
        return open_one
    last = found.last
    return passed(in_repository("no deprecated option or call is used", last.path, last.call.line), target=target)


_may_be_old = contains_any("raven", *DEPRECATED_CALLS)


def _old_calls(path: str, module: Module, version: Version) -> list[Finding]:
    findings = []
    for node in module.nodes:
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            origin = (node.module or "").split(".")[0]
            if origin == "raven" and not node.level:
                findings.append(_raven(path, line_of(node)))
            if origin == "sentry_sdk":
                names = [a.name for a in node.names]
        elif isinstance(node, ast.Import) and any(a.name.split(".")[0] == "raven" for a in node.names):
            findings.append(_raven(path, line_of(node)))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sentry_sdk":
            names = [node.attr]
        for name in names:
            if name in DEPRECATED_CALLS and version >= Version("2.0"):
                message = f"`{name}` belongs to the scope API of sentry-sdk 1.x"
                hint = f"use {DEPRECATED_CALLS[name]}"
                findings.append(Finding(message=message, path=path, line=line_of(node), hint=hint))
    return findings


def _raven(path: str, line: int) -> Finding:
    return Finding(message="raven is still imported", path=path, line=line, hint="remove it: sentry-sdk replaces it")


def init_covers_workers(facts: Facts) -> Sequence[Verdict]:
    """An init only in wsgi.py or asgi.py leaves Celery workers, cron jobs and management commands unreported.

    uWSGI's workers need threads: without them the SDK's own may stop, and workers may crash.

    To fix: move `sentry_sdk.init()` to the production settings, which every process imports; give uWSGI `enable-threads` and
    `py-call-uwsgi-fork-hooks`.
    """
    return each_initialized(facts, _init_covers_workers)


def _init_covers_workers(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    unsafe = without_threads(facts, found.backend)
    if unsafe is not None and not unsafe.why:
        hint = f"add {unsafe.named} to uWSGI's options"
        finding = Finding(message=unsafe.message, path=unsafe.path, line=unsafe.line, hint=hint)
        return failed(finding, target=target)
    verdict = _each_process(facts, found)
    if unsafe is not None and verdict.outcome is Outcome.PASS:
        hint = f"check that uWSGI has {unsafe.named}"
        return unknown(unsafe.message, path=unsafe.path, line=unsafe.line, hint=hint, target=target)
    return verdict


def _each_process(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    if not found.backend.is_django:
        return workers_of_server(facts, found.backend)
    last = found.last
    worker = _worker_without(facts, found)
    if worker is not None:
        return failed(worker, target=target)
    bare = bare_worker(facts, found.backend.root)
    if bare is not None:
        return unknown(bare.message, path=bare.path, line=bare.line, hint=bare.hint, target=target)
    other = _command_without(facts, found) if last.reached_by == "settings" else None
    if other is not None:
        return other
    if last.reached_by == "settings":
        return passed(
            in_repository("the settings initialize the SDK in every process", last.path, last.call.line), target=target
        )
    reached = sorted({c.reached_by.rpartition("/")[2] for c in found.calls})
    # Each of the worker's children has its own `worker_process_init`; the worker itself has these before it forks.
    in_worker = {
        f"the signal {s}"
        for s in ("celeryd_init", "celeryd_after_setup", "worker_init", "setup_logging", "import_modules")
    }
    if any(n in in_worker or n.startswith("celery") for n in reached) and any(
        n in ("wsgi.py", "asgi.py") for n in reached
    ):
        evidence = [in_repository(f"initialized in {c.reached_by}", c.path, c.call.line) for c in found.calls]
        return passed(*evidence, target=target)
    verb = "initializes" if len(reached) == 1 else "initialize"
    return failed(
        Finding(
            message=f"only {' and '.join(reached)} {verb} the SDK: other processes report nothing",
            path=last.path,
            line=last.call.line,
            hint="move the call to the production settings",
        ),
        target=target,
    )


_COMMANDS = (
    (("celery", "-A", "app", "worker"), "Celery's workers", "celery"),
    (("manage.py", "command"), "management commands", "django"),
)
"""Command lines of processes beside the server, with their names for people, and the package that they need."""


def _command_without(facts: Facts, found: InitializedBackend) -> Verdict | None:
    """Return what holds where the settings read the command line, and other processes get no SDK, or may get none."""
    target = found.backend.target
    for argv, named, package in _COMMANDS:
        chain = chain_of_command(facts, found.backend, argv)
        if chain is None or not python_manifests(facts, found.backend.root).has(package):
            continue
        runs = {c.runs for c in chain.inits}
        if True in runs:
            continue
        guard = next((g for c in chain.inits for g in c.initialization.guards if g.truth is not True), None)
        path, line = (guard.path, guard.line) if guard else (found.last.path, found.last.call.line)
        decides, hint = f"`{guard.test}`" if guard else "the command line", "initialize the SDK in every process"
        if None in runs:
            message = f"whether {named} initialize the SDK cannot be determined: {decides} decides"
            return unknown(message, path=path, line=line, hint=hint, target=target)
        message = f"{named} do not initialize the SDK: {decides} keeps them out"
        return failed(Finding(message=message, path=path, line=line, hint=hint), target=target)
    return None


def _worker_without(facts: Facts, found: InitializedBackend) -> Finding | None:
    """Return a worker whose own settings module is another than the web service's, and has no init."""
    backend = found.backend
    for deployment, named in worker_settings(facts, backend):
        other = replace(backend, name=f"{backend.name} {named.name}", settings=named)
        if named.path is None or decide_initialized(facts, other).outcome is not Outcome.FAIL:
            continue
        return Finding(
            message=f"{deployment.label} runs {named.name}, which does not initialize the SDK",
            path=deployment.path,
            line=deployment.line,
            hint=f"declare DJANGO_SETTINGS_MODULE={backend.settings.name if backend.settings else ''} for it",
        )
    return None
