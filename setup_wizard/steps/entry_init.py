"""The part of the step `sdk` for a backend that is no Django project: init in the module of each process that lacks it."""

from __future__ import annotations

from msgspec.structs import replace

from checks.backends.applications import applications_of
from checks.backends.entry import Entry
from checks.backends.frameworks import framework_named
from checks.backends.roots import has_manifest
from checks.backends.serving import server_chain
from checks.hosts.cdk_functions import cdk_functions
from checks.model import Outcome
from checks.repository.backends import Backend
from checks.repository.dependencies import manifests_of_folder
from checks.repository.facts import parent
from checks.repository.integrations import module_of
from checks.targets.initialized import decide_initialized
from setup_wizard.editors import entry_module, settings
from setup_wizard.editors.base import Refused
from setup_wizard.editors.env_readers import detect_reader
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.existing import calls_of_application, leave_existing


def initialize_entries(context: Context, backend: Backend, options: settings.InitOptions) -> None:
    """Insert init into the entry module, and into the modules of other processes that do not come to it. Raises `StepRefused`."""
    entry = backend.entry
    if entry is None:
        block = settings.snippet_text(options)
        raise StepRefused(Refused("the module that is started is not known", block, "the application's module"))
    verdict = decide_initialized(context.facts, backend)
    outcome = verdict.outcome
    chain = server_chain(context.facts, backend, entry)
    if outcome is not Outcome.PASS and chain.inits:
        leave_existing(context, chain, verdict.findings[0].message)
        return
    if outcome is Outcome.UNKNOWN:
        why = f"{verdict.findings[0].message}; a call is never duplicated"
        if calls_of_application(context, backend):
            raise StepRefused(Refused(why, "", f"{entry.path}"))
        _refuse(entry, options, why)
    if outcome is Outcome.FAIL:
        _insert(context, backend, entry, options)
        if decide_initialized(context.facts, _again(context, backend)).outcome is not Outcome.PASS:
            _refuse(entry, options, f"init would not run before {entry.path} makes its application")


def initialize_others(context: Context, backend: Backend, options: settings.InitOptions) -> None:
    """Insert init into the modules of other processes that do not come to it."""
    for other in backend.others:
        with context.part():
            chain = server_chain(context.facts, _again(context, backend), other)
            if not any(i.runs is not False for i in chain.inits) and not chain.problems:
                _insert(context, backend, other, options)


def _again(context: Context, backend: Backend) -> Backend:
    return next((b for b in context.facts.backends if b.name == backend.name), backend)


def _insert(context: Context, backend: Backend, entry: Entry, options: settings.InitOptions) -> None:
    chain = server_chain(context.facts, backend, entry)
    if chain.inits or chain.problems:
        _refuse(entry, options, "an existing call is never rewritten or duplicated")
    path = entry.path
    lacking = _installs_nothing(context, backend, entry)
    if lacking is not None:
        _refuse(entry, options, f"{lacking} does not install sentry-sdk: a function that imports it would not start")
    if any((f.path, f.attribute) == (entry.path, entry.attribute) for f in cdk_functions(context.facts)):
        why = f"whether {entry.found_in} packs sentry-sdk with the function was not seen: without it the function would not start"
        _refuse(entry, options, why)
    application = entry.application
    names = [entry.attribute]
    if application is not None and application.path == path:
        names += [application.name, application.function]
    if entry.kind == "function":
        # What the handler serves is made above it: init belongs before both.
        names += [a.name for a in applications_of(context.facts, path)]
    known = framework_named(entry.framework)
    wanted = tuple(n for n in dict.fromkeys(names) if n) or known.variables
    options = replace(options, reader=detect_reader([context.facts.text(path) or ""]))
    integration = _integration(entry)
    context.edit(path, lambda data: entry_module.add_init(data or b"", options, path, wanted, integration))
    context.refresh()


def _installs_nothing(context: Context, backend: Backend, entry: Entry) -> str | None:
    """Return the folder of a function that has dependencies of its own and no SDK among them, None for any other entry."""
    folder = parent(entry.path)
    while entry.kind == "function" and folder not in (backend.root, "."):
        if has_manifest(context.facts, folder):
            declared = manifests_of_folder(context.facts, folder).of("sentry-sdk")
            return None if any(not d.development for d in declared) else folder
        folder = parent(folder)
    return None


def _integration(entry: Entry) -> entry_module.Integration | None:
    """Return the integration that the entry's framework needs and the SDK does not enable by itself."""
    known = framework_named(entry.framework)
    module = module_of(known.integration)
    return (module, known.listed) if known.listed and module is not None else None


def _refuse(entry: Entry, options: settings.InitOptions, why: str) -> None:
    block = entry_module.snippet_text(options, _integration(entry))
    raise StepRefused(Refused(why, block, entry.path))
