"""How the application runs: DEBUG, development's noise, scheduled tasks."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from checks.backends.serving import server_chain
from checks.model import Evidence, Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.flow import walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.production.origins import EnvRead, Literal, environment_read
from checks.production.values import FromEnvironment, Made, Value, asks_presence, text_as_truth
from checks.repository.backends import Backend
from checks.repository.dependencies import python_manifests
from checks.repository.deployment import Declared
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.settings import LocatedInit, SettingsChain, settings_chain
from checks.repository.text_index import files_calling_sentry_init
from checks.sentry_api.dsn import is_placeholder
from checks.targets.applicability import (
    InitializedBackend,
    application_modules,
    contains_any,
    each_backend,
    each_initialized,
    place_of,
    unparsed_module_verdict,
)
from checks.targets.beat import beat_without_sdk
from checks.targets.serving_verdicts import debug_of_server
from checks.targets.settings_classes import classes_of_a_library
from checks.targets.tested import reporting_tests


def debug_off(facts: Facts) -> Sequence[Verdict]:
    """With debugging on in production, a framework shows settings and tracebacks to everyone, and Sentry gets no unhandled error page.

    Judged as production gets it: the last assignment of the settings chain, with variables unset or as declared.

    To fix: set `DEBUG = False` in the production settings, or default its variable to False.
    """
    return each_backend(facts, _debug_off)


def _debug_off(facts: Facts, backend: Backend) -> Verdict:
    target = backend.target
    if not backend.is_django:
        return debug_of_server(facts, backend)
    chain = settings_chain(facts, backend)
    # Without a name, what all modules that production may run agree on is known.
    path = backend.settings.path if backend.settings is not None else next(iter(chain.files), None)
    if path is None or (backend.settings is None and not chain.bindings):
        return unknown(
            "the production settings are not known", hint="set `backend.settings`; see sdk-initialized", target=target
        )
    if chain.problems:
        path, problem = chain.problems[0]
        return unknown(
            f"{path} cannot be read: {problem.message}",
            path=path,
            line=problem.line,
            hint="fix the syntax error",
            target=target,
        )
    bound = chain.bindings.get("DEBUG")
    if bound is None or bound.node is None:
        unseen = chain.opaque_imports or (chain.machine.not_committed if chain.machine is not None else [])
        if unseen:
            path, line, name = unseen[0]
            where = "which is not followed" if name.startswith("exec(") else "which is not in this repository"
            return unknown(
                f"the settings take everything from `{name}`, {where}",
                path=path,
                line=line,
                hint="set `DEBUG = False` in the production settings",
                target=target,
            )
        held = _in_classes(facts, chain)
        if held is not None:
            path, name, line = held
            return unknown(
                f"DEBUG is set in the class {name}, and which classes production takes its settings from is unknown",
                path=path,
                line=line,
                hint="check the one of production, then sign the item off",
                target=target,
            )
        return passed(in_repository("DEBUG is not set: Django's default is False", path), target=target)
    truths = [(chain.truth(side.value), side) for side in (bound.either or (bound,))]
    uncertain = next((side for truth, side in truths if truth is None), None)
    if uncertain is None and len({truth for truth, _ in truths}) > 1:
        uncertain = next(side for truth, side in truths if truth)
    if uncertain is not None:
        node = uncertain.node or bound.node
        because = chain.undecided(uncertain.value)
        return unknown(
            f"DEBUG is `{ast.unparse(node)}`, which cannot be determined here{because}",
            path=uncertain.path,
            line=line_of(node),
            hint="set `DEBUG = False` in the production settings",
            target=target,
        )
    place = {"path": bound.path, "line": line_of(bound.node)}
    written = ast.unparse(bound.node)
    plain = isinstance(bound.node, ast.Constant)
    # A presence that is asked for is off where the variable is not set, as a comparison is; declared, any text turns it on.
    by_any_text = any(
        (truth and asks_presence(side.value)) or (text_as_truth(side.value) and not _declared_empty(chain, side.value))
        for truth, side in truths
    )
    if by_any_text:
        message = f"any value of the variable turns DEBUG on, even `False` (`{written}`)"
        return failed(Finding(message=message, **place, hint='compare it: `== "true"`'), target=target)  # type: ignore[arg-type]
    if truths[0][0]:
        what, hint = "on" if plain else f"on unless a variable turns it off (`{written}`)", "make its default False"
        read = environment_read(bound.value)
        loaded = chain.environment.loaded.get(read.name) if read is not None else None
        if read is not None and loaded is not None and read.name not in chain.environment.declared:
            what = f"on: the settings load {loaded[1]}, where `{read.name}` is {loaded[0]!r} (`{written}`)"
            hint = f"turn `{read.name}` off in {loaded[1]}, or declare it where it deploys"
        told = _declared_on(facts, backend, chain, read)
        if read is not None and told is not None:
            label, declared = told
            what = f"on: `{read.name}` is {declared.value!r} for {label} (`{written}`)"
            place, hint = {"path": declared.path, "line": declared.line}, f"change `{read.name}` there"
        finding = Finding(message=f"DEBUG is {what}", **place, hint=hint)  # type: ignore[arg-type]
        return failed(finding, target=target)
    fact = "DEBUG is False" if plain else f"DEBUG is off by default (`{written}`)"
    return passed(in_repository(fact, bound.path, line_of(bound.node)), target=target)


def _declared_on(
    facts: Facts, backend: Backend, chain: SettingsChain, read: FromEnvironment | None
) -> tuple[str, Declared] | None:
    """Return the deployment whose declared text turns the variable of a setting on, by its label, with the declaration."""
    text = chain.environment.declared.get(read.name) if read is not None else None
    if read is None or text is None:
        return None
    for deployment in deployments_of_backend(facts, backend.root):
        declared = deployment.variables.get(read.name)
        if declared is not None and declared.value == text:
            return deployment.full_label, declared
    return None


def _in_classes(facts: Facts, chain: SettingsChain) -> tuple[str, str, int] | None:
    """Return the first class of a library in the settings' files that sets DEBUG in its body: file, name, line."""
    for path in chain.files:
        for owner in classes_of_a_library(facts.python(path)):
            for node in owner.body:
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                if any(isinstance(t, ast.Name) and t.id == "DEBUG" for t in targets):
                    return path, owner.name, node.lineno
    return None


def _declared_empty(chain: SettingsChain, value: Value) -> bool:
    """Return whether production gives a variable the one text that is false."""
    return isinstance(value, FromEnvironment) and chain.environment.declared.get(value.name) == ""


def development_quiet(facts: Facts) -> Sequence[Verdict]:
    """Errors from laptops and test runs in the production project page people and use quota.

    `init(dsn=None)` does not turn the SDK off: it then reads SENTRY_DSN itself. Only `dsn=""` does.

    To fix: keep the DSN out of tracked env files, and switch test runs off with `sentry_sdk.init(dsn="")`.
    """
    return each_initialized(facts, _development_quiet)


def _development_quiet(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    findings: list[Finding] = []
    for path in files_calling_sentry_init(facts, found.backend):
        module = facts.python(path) if path not in found.chain.files else None
        for call in module.init_calls if isinstance(module, Module) else ():
            node = call.keywords.get("dsn")
            if isinstance(node, ast.Constant) and node.value is None:
                message = "init(dsn=None) does not turn the SDK off: it then reads SENTRY_DSN"
                findings.append(Finding(message=message, path=path, line=call.line, hint='write `dsn=""`'))
    for option in found.options("debug"):
        if isinstance(option.value, Literal) and option.value.value is True:
            message = "init(debug=True) makes the SDK log everything in production"
            findings.append(Finding(message=message, **place_of(facts, option), hint="remove it"))
    read = found.option("dsn")
    name = read.value.name if read is not None and isinstance(read.value, EnvRead) else "SENTRY_DSN"
    for path in facts.named(".env", ".env.local", ".env.development", ".env.dev", ".django"):
        if path.endswith(".django") and "production" in path:
            continue
        for variable in parse_dotenv(facts.text(path) or ""):
            if variable.name == name and variable.value and not is_placeholder(variable.value):
                message = f"`{name}` is set in a file that development loads"
                findings.append(Finding(message=message, path=path, line=variable.line, hint="leave it empty there"))
    tests = reporting_tests(facts, found, name)
    findings += [tests] if tests is not None else []
    if findings:
        return failed(*findings, target=target)
    if read is not None and not isinstance(read.value, (EnvRead, Literal)):
        return unknown(
            f"the DSN is `{read.value.source}`, so whether development has one cannot be determined",
            path=read.path,
            line=read.line,
            hint="read it with os.environ",
            target=target,
        )
    if read is not None and isinstance(read.value, Literal) and read.value.value:
        message = "the DSN is written in the code: development reports as well"
        return failed(
            Finding(message=message, path=read.path, line=read.line, hint="read it from the environment"), target=target
        )
    if read is not None and isinstance(read.value, EnvRead) and read.value.default:
        fallback = read.value.default
        if "://" in fallback and not is_placeholder(fallback):
            message = f"without `{name}` the DSN is the one in the code: development reports as well"
            finding = Finding(message=message, path=read.path, line=read.line, hint=f"let `{name}` default to nothing")
            return failed(finding, target=target)
    last_call = found.last
    fact = f"the DSN comes only from `{name}`, which no development file sets"
    return passed(in_repository(fact, last_call.path, last_call.call.line), target=target)


_SCHEDULES = ("CELERY_BEAT_SCHEDULE", "beat_schedule", "CELERYBEAT_SCHEDULE")


def celery_monitored(facts: Facts) -> Sequence[Verdict]:
    """A scheduled task that stops running raises no error: only a cron monitor notices (each one may cost).

    To fix: list `CeleryIntegration(monitor_beat_tasks=True)`, or decorate a task with `@sentry_sdk.monitor`.
    """
    return each_initialized(facts, _celery_monitored)


def _celery_monitored(facts: Facts, found: InitializedBackend) -> Verdict:
    backend = found.backend
    manifests = python_manifests(facts, backend.root)
    if not manifests.has("celery", "django-celery-beat"):
        if manifests.problems:
            path, problem = manifests.problems[0]
            message = f"{path} cannot be read: {problem.message}"
            return unknown(message, path=path, line=problem.line, hint="fix the file", target=backend.target)
        return not_applicable("Celery is not among the dependencies", target=backend.target)
    schedule = _schedule(facts, backend, manifests.has("django-celery-beat"))
    if schedule is None:
        return unparsed_module_verdict(facts, backend, *_SCHEDULES) or not_applicable(
            "Celery has no beat schedule", target=backend.target
        )
    watched = _watches_beat(facts, found)
    beat = beat_without_sdk(facts, backend) if watched is not None else None
    if beat is not None:
        message = "monitor_beat_tasks watches nothing: Celery's beat does not initialize the SDK"
        hint = "call init at module level, or in beat_init as well"
        return failed(Finding(message=message, path=beat.path, line=beat.line, hint=hint), target=backend.target)
    if watched is not None:
        evidence = in_repository("monitor_beat_tasks watches every beat task", watched.path, watched.call.line)
        return passed(evidence, schedule, target=backend.target)
    for path, module in application_modules(facts, backend, "sentry", where=contains_any("monitor")):
        for function in module.nodes:
            for decorator in function.decorator_list if isinstance(function, ast.FunctionDef) else ():
                text = ast.unparse(decorator)
                if text.startswith(("monitor(", "sentry_sdk.monitor(", "sentry_sdk.crons.monitor(")):
                    evidence = in_repository("a monitor watches a task", path, line_of(decorator))
                    return passed(evidence, schedule, target=backend.target)
    open_one = unparsed_module_verdict(facts, backend, "sentry", where=contains_any("monitor"))
    if open_one is not None:
        return open_one
    return failed(
        Finding(
            message="no cron monitor watches the beat schedule",
            path=schedule.path,
            line=schedule.line,
            hint="set `CeleryIntegration(monitor_beat_tasks=True)`",
        ),
        target=backend.target,
    )


def _watches_beat(facts: Facts, found: InitializedBackend) -> LocatedInit | None:
    """Return the call of init whose CeleryIntegration surely has `monitor_beat_tasks`, in the processes of Celery where they are known."""
    backend = found.backend
    workers = [e for e in (backend.entry, *backend.others) if e is not None and e.framework == "celery"]
    chains: list[SettingsChain] = [server_chain(facts, backend, e) for e in workers if e is not backend.entry]
    ran = [(chain, [i for i in chain.inits if i.runs is not False]) for chain in chains] or [
        (found.chain, [*found.calls])
    ]
    for chain, calls in ran:
        machine = chain.machine
        for call in calls if machine is not None else ():
            given = call.initialization.options.get("integrations")
            items = machine.items(given.value) if given is not None and machine is not None else None
            for bound in items.items if items is not None else ():
                made = bound.value
                if isinstance(made, Made) and made.name.endswith("CeleryIntegration") and machine is not None:
                    asked = made.named.get("monitor_beat_tasks") or (made.given[1] if len(made.given) > 1 else None)
                    if asked is not None and machine.truth(asked.value) is True:
                        return call
    return None


def _schedule(facts: Facts, backend: Backend, database: bool) -> Evidence | None:
    for path, module in application_modules(facts, backend, *_SCHEDULES):
        for node in module.nodes:
            if not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name.upper() in ("CELERY_BEAT_SCHEDULE", "BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE"):
                return in_repository("a beat schedule is defined", path, line_of(node))
    if database:
        chain = settings_chain(facts, backend)
        apps = chain.names.get("INSTALLED_APPS")
        for part in walk(apps) if apps is not None else ():
            if isinstance(part, ast.Constant) and part.value == "django_celery_beat":
                return in_repository(
                    "django_celery_beat is installed", chain.name_files["INSTALLED_APPS"], line_of(part)
                )
    return None
