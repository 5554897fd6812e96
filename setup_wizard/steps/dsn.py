"""The step `dsn`: the DSN in an ignored `.env`, its name in `.env.example`, its declaration where the backend deploys."""

from __future__ import annotations

from msgspec.structs import replace

from checks.parsers.dotenv import parse_dotenv
from checks.parsers.text import decode
from checks.production.origins import EnvRead, Literal, Unresolved, name_asked_for, origin
from checks.production.values import External, FromEnvironment, Unknown, members
from checks.repository.backends import Backend
from checks.repository.candidate_settings import candidate_settings
from checks.repository.deployment import environment_of
from checks.repository.deploys import deployments_of_backend
from checks.repository.env_loading import (
    env_files,
    is_of_bundle,
    read_for_more,
    tracked_variables,
    without_kind,
)
from checks.repository.facts import join, parent
from checks.repository.loader_calls import loaders
from checks.repository.local_run import blank_counts, is_idle, named_environment, names_settings
from checks.repository.settings import LocatedInit, settings_chain
from checks.targets.dsn_reads import dsn_read
from checks.targets.env_ways import carries, described, env_file_of, loads_env, reads_env_file, way_of_example
from setup_wizard.editors import dotenv
from setup_wizard.editors.base import Refused
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.deployed_dsn import declare_where_deployed
from setup_wizard.steps.examples import (
    environment_of_example,
    example_elsewhere,
    example_of,
    examples_of_production,
    ignore_env_file,
    is_production,
    name_in_example,
)
from setup_wizard.steps.existing import call_elsewhere
from setup_wizard.steps.local_env import how_to_set
from setup_wizard.steps.sdk import environment_variable, python_2
from setup_wizard.steps.without_sdk import leave_until_set_up


def plan_dsn(context: Context) -> str | None:
    """Plan the env files and the declarations; returns why nothing is done, or None."""
    if not context.facts.backends:
        return "no backend found"
    for backend in context.facts.backends:
        context.need_client_key("backend", backend.name)
    for backend in context.facts.backends:
        with context.part():
            old = python_2(context, backend)
            if old is not None:
                why = f"{old} runs Python 2, so nothing can read a DSN yet"
                raise StepRefused(Refused(why, 'dsn=os.environ.get("SENTRY_DSN"),', old))
            if backend.name in context.without_sdk:
                leave_until_set_up(context, backend.name, "set the DSN")
                continue
            if _executed(context, backend):
                context.settled = True  # its variables are named there, in a file that is not followed
                continue
            name = _variable(context, backend)
            environment = environment_read(context, backend)
            shared = context.tracked(_env_path(context, backend, (name, environment)))
            with context.part():
                _ignored(context, backend, (name, environment))
                _local(context, backend, name, environment)
            declare_where_deployed(context, backend, name, environment)
            context.refresh()
            with context.part():
                own = environment if _for_sentry(context, backend, environment) else None
                _example(context, backend, name, own, shared=shared)
            with context.part():
                _ignored(context, backend, (name, environment))  # a compose file may take from a `.env` now
        _name_its_page(context, backend)
    return None


def _name_its_page(context: Context, backend: Backend) -> None:
    """Say where to copy a DSN from that is not known without a connection, in each task that leaves its place open."""
    if context.dsn("backend", backend.name) is not None:
        return
    why = f"copy the DSN from {context.keys_page('backend', backend.name)}"
    for at, task in enumerate(context.actions):
        if isinstance(task, ManualTask) and "…" in f"{task.snippet}{task.command}" and why not in task.reason:
            context.actions[at] = replace(task, reason=f"{task.reason}; {why}" if task.reason else why)


def environment_read(context: Context, backend: Backend) -> str | None:
    """Return the variable that the code takes the environment's name from; None where it takes it from elsewhere."""
    chain = settings_chain(context.facts, backend)
    found = dsn_read(chain)
    if found is None:
        return environment_variable(context, backend)
    call = found[0].call
    node = call.keywords.get("environment")
    if node is None:
        return None if call.star else "SENTRY_ENVIRONMENT"
    given = found[0].initialization.options["environment"].value
    value = origin(given, node)
    if isinstance(value, EnvRead):
        return value.name
    # A default that is computed leaves the variable what it is.
    read = (m.name for m in members(given) if isinstance(m, FromEnvironment) and "SENTRY" in m.name)
    return next(read, None)


def _for_sentry(context: Context, backend: Backend, variable: str | None) -> bool:
    """Return whether the variable of the environment's name is read for Sentry alone, so that an example may name a value."""
    found = dsn_read(settings_chain(context.facts, backend))
    node = found[0].call.keywords.get("environment") if found is not None else None
    path = found[0].path if found is not None else None
    return variable is not None and not read_for_more(context.facts, variable, path, node)


def _executed(context: Context, backend: Backend) -> bool:
    """Return whether the call of init is in a file that the settings execute: what it reads and where it runs is not followed."""
    chain = settings_chain(context.facts, backend)
    elsewhere = call_elsewhere(context, backend, chain) if backend.is_django and not chain.inits else None
    return elsewhere is not None and not (elsewhere.path or "").endswith(".py")


def _variable(context: Context, backend: Backend) -> str:
    chain = settings_chain(context.facts, backend)
    found = dsn_read(chain) or _of_candidates(context, backend)
    if found is None:
        elsewhere = call_elsewhere(context, backend, chain)
        if elsewhere is not None:
            reason = f"{elsewhere.message}, so the variable that production reads is unknown"
            raise StepRefused(Refused(reason, "", f"{elsewhere.path}:{elsewhere.line or 1}"))
        suspect = chain.machine.suspects[0] if chain.machine is not None and chain.machine.suspects else None
        if suspect is not None and not backend.is_django:
            path, line, called = suspect
            reason = f"`{called}` may initialize the SDK, so the variable that production reads is unknown"
            raise StepRefused(Refused(reason, "", f"{path}:{line}"))
        return "SENTRY_DSN"
    located, value = found
    if isinstance(value, EnvRead):
        return value.name
    place = f"{located.path}:{value.line}"
    if not isinstance(value, Unresolved):
        reason = "the DSN is not read from an environment variable, and existing code is never rewritten"
        raise StepRefused(Refused(reason, 'dsn=os.environ.get("SENTRY_DSN"),', place))
    # The call may only hand on what another line asks for: that line is the one to look at.
    binding = located.initialization.options.get("dsn")
    made = next((v for v in members(binding.value) if isinstance(v, Unknown)), None) if binding is not None else None
    named = next((v for v in members(binding.value) if isinstance(v, External)), None) if binding is not None else None
    source = made.expression if made is not None else named.name if named is not None else value.source
    reason = (
        f"the variable that `{source}` reads the DSN from cannot be determined, and existing code is never rewritten"
    )
    dsn, asked = context.dsn("backend", backend.name), name_asked_for(source)
    snippet = f"# set `{source}` in production\n{dsn or 'the DSN of the project'}"
    if asked:
        snippet = f"# where it does, in production\n{asked}={dsn or '…'}"
        reason = (
            f"whether `{source}` reads the variable {asked} cannot be determined, and existing code is never rewritten"
        )
    raise StepRefused(Refused(reason, snippet, f"{made.path}:{made.line}" if made is not None else place))


def _of_candidates(context: Context, backend: Backend) -> tuple[LocatedInit, EnvRead | Literal | Unresolved] | None:
    """Return how the modules that production may run read the DSN, where nothing names one and all of them read the same.

    Raises `StepRefused` where they differ.
    """
    if backend.settings is not None or not backend.is_django:
        return None
    modules = candidate_settings(context.facts, backend)
    chains = [
        settings_chain(context.facts, replace(backend, name=f"{backend.name} {m.name}", settings=m)) for m in modules
    ]
    found = [read for c in chains if (read := dsn_read(c)) is not None]
    names = {value.name if isinstance(value, EnvRead) else "" for _, value in found}
    if len(names) > 1:
        located = found[0][0]
        reason = "the settings that production may run read the DSN from different variables"
        hint = "# sentry-setup: --set backend.settings=MODULE"
        raise StepRefused(Refused(reason, hint, f"{located.path}:{located.call.line}"))
    return next(iter(found), None)


def _env_path(context: Context, backend: Backend, own: tuple[str | None, ...]) -> str:
    """Return the `.env` that the backend reads: in its own folder, or the one at the top where its reader takes that."""
    return env_file_of(context.facts, backend.root, own) or join(backend.root, ".env")


def _ignored(context: Context, backend: Backend, own: tuple[str | None, ...]) -> None:
    """Let git ignore the files that hold a DSN: those that something here reads, or that are there."""
    path = _env_path(context, backend, own)
    read = path in context.facts.paths or reads_env_file(context.facts, backend.root, own)
    if read and not context.tracked(path) and context.ignored(path) is not True:
        context.edit(".gitignore", lambda data: dotenv.ignore_patterns(data, (".env",)))
    for frontend in context.facts.frontends:
        ignore_env_file(context, frontend)


def _local(context: Context, backend: Backend, name: str, environment: str | None) -> None:
    path = _env_path(context, backend, (name, environment))
    dsn = context.dsn("backend", backend.name)
    if is_idle(context.facts, backend, join(backend.root, ".env.example")):
        context.settled = True
        return  # the settings of this machine start no SDK
    if not loads_env(context.facts, backend.root, (name, environment)):
        told = how_to_set(context, backend, name, dsn or "…")
        if told is not None:
            title = f"to see events from your own machine: {told[0]}"
            context.actions.append(ManualTask(title=title, reason=told[2], snippet=told[1]))
        context.settled = True
        return
    present = {v.name: v.value for v in parse_dotenv(decode(context.read(path) or b""))}
    if context.tracked(path):
        if name in present:
            context.settled = True
            return
        # A file that every clone has is its own example.
        reason = f"git tracks {path}, so no DSN is written to it: name the variable there, and set its value where that file is used"
        raise StepRefused(Refused(reason, f"{name}=", path))
    wanted = {name: dsn} if dsn else {}
    if dsn is None:
        context.actions.append(ManualTask(title=f"set {name} in {path} to the project's DSN", path=path))
    if environment == "SENTRY_ENVIRONMENT":
        wanted[environment] = "development"
    kept = [k for k in wanted if present.get(k)]
    missing = {k: v for k, v in wanted.items() if k not in kept}
    if name in kept and present.get(name) != wanted[name]:
        title, why = f"{path} keeps the {name} that you set; the project's is {wanted[name]}", ""
        others = [b.name for b in context.facts.backends if b.name != backend.name]
        other = next((n for n in others if context.dsn("backend", n) == present.get(name)), None)
        if other is not None:
            title = f"{backend.name} reads the {name} of {other} from {path}, so both report to one project"
            why = "to tell them apart, let one of them read its DSN from a variable of its own"
        context.actions.append(ManualTask(title=title, reason=why, path=path))
    if missing:
        context.edit(path, lambda data: dotenv.set_variables(data, missing, path, "Sentry"), secret=True)
    else:
        context.settled = True


def _example(context: Context, backend: Backend, name: str, environment: str | None, *, shared: bool) -> None:
    """Name the variables in the example that the backend reads; a new one is made where no file says the same (`shared`: a `.env`)."""
    composed = _compose_files(context, backend)
    taken = [f for path in composed for files in env_files(context.facts, path).values() for f in files]
    # Compose itself reads the `.env` beside its file (https://docs.docker.com/compose/how-tos/environment-variables/).
    taken += [join(parent(path), ".env") for path in composed]

    def is_read(path: str) -> bool:
        return carries(context.facts, backend.root, path, name)

    beside = parent(_env_path(context, backend, (name, environment)))
    example = example_of(context, tuple(dict.fromkeys((beside, backend.root, "."))), tuple(taken), is_read)
    present = context.read(example)
    kept = tracked_variables(context.facts, backend.root).get(name)
    if present is None and kept is not None and context.tracked(kept[0]):
        context.settled = True  # the repository's own `.env` is what everybody starts from
        return
    if present is None or is_of_bundle(decode(present)) or not is_read(example):
        # What nothing reads needs no example, nor what a document describes: nobody would look for the file.
        new = present is None and not shared and loads_env(context.facts, backend.root, (name, environment))
        new = new and described(context.facts, backend.root) is None
        example = example_elsewhere(context, is_read) or (example if new else "")
    alone = len(context.facts.backends) == 1
    others = [p for p in examples_of_production(context, is_read) if alone or parent(p) == backend.root]
    for one in dict.fromkeys((*((example,) if example else ()), *others)):
        told = environment
        way = way_of_example(context.facts, backend.root, one, told) if told else None
        if told and not (
            carries(context.facts, backend.root, one, told) if context.read(one) else way is None or way.carries
        ):
            told = None
        _named(context, backend, one, name, told, composed)


def _named(
    context: Context, backend: Backend, example: str, name: str, environment: str | None, composed: tuple[str, ...]
) -> None:
    """Name the variables in one example, with the environment that its copies are for."""
    # An empty environment name would be sent as it is, so the example names one; the DSN stays for each to fill in.
    said: str | None = environment_of_example(context, example)
    apart = example.partition("/")[1] and parent(example) != backend.root
    if apart or (example.partition("/")[1] and not loaders(context.facts, backend.root)):
        # What only a deployed compose file takes is the deployment's, unless it is at the top, where laptops copy it too.
        files = {f for path in composed for fs in env_files(context.facts, path).values() for f in fs}
        files |= {join(parent(path), ".env") for path in composed if apart}
        same = any(
            parent(f) == parent(example) and without_kind(_base(f)) == without_kind(_base(example)) for f in files
        )
        said = environment_of(*composed) if same else said
    idle: tuple[str, ...] = ()
    if (said != "production" or names_settings(context.facts, example)) and is_idle(context.facts, backend, example):
        context.settled = True
        return  # what it would name does nothing where it is copied
    if said != "production":
        own, value = named_environment(context.facts, backend, example)
        if own and not is_production(value or ""):  # what production is called names no developer's machine
            said = value
        counts = blank_counts(context.facts, backend, example)
        idle = (*((name,) if counts else ()), *((environment,) if environment and said is None else ()))
    names = {name: "", **({environment: said or ""} if environment else {})}
    written = {v.name for v in parse_dotenv(decode(context.read(example) or b""))}
    dsn, other = name not in written, environment is not None and environment not in written
    told = [
        *(["the project's DSN"] if dsn else []),
        *(["the environment that events are reported under"] if other else []),
    ]
    comment = "Sentry: " + ", and ".join(told)
    name_in_example(context, example, names, comment, idle)


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _compose_files(context: Context, backend: Backend) -> tuple[str, ...]:
    found = deployments_of_backend(context.facts, backend.root)
    return tuple(dict.fromkeys(d.path for d in found if d.host == "compose" and d.problem is None))
