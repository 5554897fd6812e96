"""The step `sdk`: sentry-sdk among the runtime dependencies, and `sentry_sdk.init` in the production settings."""

from __future__ import annotations

import ast
from functools import partial

from msgspec.structs import replace

from checks.hosts.images import images_that_run
from checks.items.backend import sdk_initialized
from checks.items.environment_name import environment_set
from checks.items.installed import sdk_installed
from checks.items.release_name import release_consistent
from checks.model import Finding, Outcome
from checks.parsers.python import Module
from checks.patterns import lazy_pattern
from checks.repository.backends import Backend
from checks.repository.candidate_settings import candidate_settings
from checks.repository.dependencies import python_manifests
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import join, parent
from checks.repository.installed_lists import replaced_by
from checks.repository.settings import SettingsChain, settings_chain
from checks.targets.applicability import InitializedBackend, require_initialized
from checks.targets.initialized import decide_initialized
from checks.targets.release_carried import carried_release
from checks.targets.release_runtime import host_variable
from setup_wizard.editors import init_options as existing_init
from setup_wizard.editors import requirements, settings, setuptools, toml
from setup_wizard.editors.base import Edit, Refused
from setup_wizard.editors.env_readers import detect_reader
from setup_wizard.editors.extras import with_extra
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.compiled import is_compiled_list, is_made_from, recompile, source_of, write_again
from setup_wizard.steps.context import Context, State, StepRefused
from setup_wizard.steps.entry_init import initialize_entries, initialize_others
from setup_wizard.steps.existing import call_elsewhere, calls_of_application, hosted_settings, leave_existing
from setup_wizard.steps.locks import update_python_lock
from setup_wizard.steps.manner import line_width, python_quote
from setup_wizard.steps.sdk_pins import is_old_sdk, pin_too_old
from setup_wizard.steps.server_threads import give_threads

RANGED, PINNED = ">=2.75,<3", "==2.75.0"
"""The SDK that is added: the newest major that keeps today's options (https://pypi.org/project/sentry-sdk/)."""

_ENVIRONMENTS = ("SENTRY_ENVIRONMENT", "DJANGO_ENV", "ENVIRONMENT", "APP_ENV", "DEPLOY_ENV", "DJANGO_ENVIRONMENT")
_ENVIRONMENT_WORDS = frozenset(
    {"prod", "production", "live", "staging", "stage", "stg", "dev", "develop", "development", "test", "testing"}
    | {"qa", "uat", "demo", "feature", "sandbox", "preview", "local"}
)
"""What environments are called."""

_OLD_IMAGE = lazy_pattern(r"^([\w./-]+/)?python:2(\.|-|$)")
_SETTINGS_FOLDERS = frozenset({"settings", "config", "conf"})


def plan_sdk(context: Context) -> str | None:
    """Plan the dependency and the init block; returns why nothing is done, or None."""
    if not context.facts.backends:
        return "no backend found"
    for backend in context.facts.backends:
        _plan_backend(context, backend)
    return None


def _plan_backend(context: Context, backend: Backend) -> None:
    left, before = len(context.left), context.state()
    with context.part():
        installed = next(v for v in sdk_installed(context.facts) if v.target == backend.target)
        if installed.outcome is not Outcome.PASS:
            _install(context, backend)
        elif any(
            d.path.endswith(("pyproject.toml", "Pipfile"))
            for d in python_manifests(context.facts, backend.root).of("sentry-sdk")
        ):
            update_python_lock(context, backend.root, ("sentry-sdk",), changed=False)
        if installed.outcome is Outcome.PASS:
            context.settled = True
    with_requirement, unfinished = context.state(), len(context.left)
    with context.part():
        context.refresh()
        initialized = next(v for v in sdk_initialized(context.facts) if v.target == backend.target)
        if initialized.outcome is not Outcome.PASS and len(context.left) == left:
            _initialize(context, backend, initialized.findings[0].message)
        elif initialized.outcome is not Outcome.PASS and settings_chain(context.facts, backend).inits:
            leave_existing(context, settings_chain(context.facts, backend), initialized.findings[0].message)
        elif initialized.outcome is not Outcome.PASS:
            # A site whose settings import what is not installed does not start.
            module = backend.settings.path if backend.settings else None
            why = f"sentry-sdk has to be installed before {backend.start} may import it"
            block = settings.snippet_text(init_options(context, backend))
            raise StepRefused(Refused(why, block, module or "the production settings"))
        else:
            context.settled = True
            _complete(context, backend)
    if len(context.left) > unfinished == left and with_requirement[1] and not calls_of_application(context, backend):
        _leave_both(context, before, with_requirement, unfinished)
    if initialized.outcome is Outcome.PASS or len(context.left) == left:
        _other_settings(context, backend)
    if backend.others and len(context.left) == left:
        initialize_others(context, backend, init_options(context, backend))
    if len(context.left) == left:
        with context.part():
            give_threads(context, backend)


def _leave_both(context: Context, before: State, with_requirement: State, unfinished: int) -> None:
    """Leave the requirement together with an init that was left: a package that nothing imports is no change to offer alone."""
    manifests = [p for p in with_requirement[1] if p not in before[1]]
    own = [a for a in context.actions if a not in with_requirement[2]]
    context.restore(before)

    def both(snippet: str, place: str) -> str:
        if "sentry_sdk.init(" not in snippet:
            return snippet
        return "".join(f"# 1. in {p}\nsentry-sdk{RANGED}\n\n" for p in manifests) + f"# 2. in {place}\n{snippet}"

    context.actions += [
        replace(a, snippet=both(a.snippet, a.place or a.path)) if isinstance(a, ManualTask) else a for a in own
    ]
    context.left[unfinished:] = [replace(r, snippet=both(r.snippet, r.place)) for r in context.left[unfinished:]]


def _complete(context: Context, backend: Backend) -> None:
    """Add the keywords that the existing call lacks and an item asks for; what it says stays."""
    found = require_initialized(context.facts, backend)
    if not isinstance(found, InitializedBackend) or found.opaque is not None:
        return
    asked = {"environment": environment_set, "release": release_consistent}
    names = tuple(
        name
        for name, check in asked.items()
        if found.option(name) is None
        and any(v.target == backend.target and v.outcome is Outcome.FAIL for v in check(context.facts))
    )
    if names:
        add_keywords(context, backend, found, names)


def add_keywords(context: Context, backend: Backend, found: InitializedBackend, names: tuple[str, ...]) -> None:
    """Add keywords that an existing call lacks, with the values that a new one would have."""
    path, line = found.last.path, found.last.call.line
    source = context.facts.text(path) or ""
    options = replace(init_options(context, backend), reader=detect_reader([source]))
    values, imports = settings.keywords(options, names), settings.needed_imports(options, sdk=False)
    context.edit(path, lambda data: existing_init.add_options(data or b"", line, values, (), path, imports), once=True)


def _install(context: Context, backend: Backend) -> None:
    old = python_2(context, backend)
    if old is not None:
        reason = f"{old} runs Python 2, and sentry-sdk 2 needs Python 3.6 or newer"
        raise StepRefused(Refused(reason, "# after the move to Python 3\nsentry-sdk" + RANGED, old))
    manifests = python_manifests(context.facts, backend.root)
    raven = next((d for d in manifests.of("raven") if not d.development), None)
    if raven is not None and not manifests.of("sentry-sdk"):
        reason = (
            "raven, the SDK that sentry-sdk replaces, reads the same SENTRY_DSN: with both, each error is reported twice. "
            "Move to sentry-sdk in one change (https://docs.sentry.io/platforms/python/migration/raven-to-sentry-sdk/)"
        )
        block = f"# in place of raven\nsentry-sdk{RANGED}"
        raise StepRefused(Refused(reason, block, f"{raven.path}:{raven.dependency.line}"))
    grouped = next((d for d in manifests.of("sentry-sdk") if d.dependency.optional and not d.development), None)
    if grouped is not None:
        kind, _, group = grouped.dependency.optional.partition(" ")
        command = f"uv sync --group {group}" if kind == "group" else f"pip install '.[{group}]'"
        verdict = next(v for v in sdk_installed(context.facts) if v.target == backend.target)
        reason = f"{verdict.findings[0].message}; a second line is not added"
        place = f"{grouped.path}:{grouped.dependency.line}"
        context.leave(Refused(reason, command, place), f"install the {kind} `{group}` of {grouped.path} in production")
        return
    homes = [d.path for n in backend.facts.distributions for d in manifests.of(n) if not d.development]
    unused = {p for p in homes if replaced_by(context.facts, backend, p)}
    homes.sort(key=lambda p: p in unused)  # what production installs comes first
    home = next((p for p in homes if not is_compiled_list(context, p)), next(iter(homes), None))
    if home is None:
        home = next((p for p in manifests.files if p.endswith(("requirements.txt", "pyproject.toml"))), None)
    lists = tuple(p for p in dict.fromkeys([*homes, *manifests.files]) if is_compiled_list(context, p))
    source = next((s for p in lists if (s := source_of(context, p)) is not None), None)
    if home in lists and source is not None:
        home = source
    name = (home or "").rpartition("/")[2]
    extra = "" if backend.is_django else backend.facts.extra
    conflict = pin_too_old(context.facts, backend, home, f"sentry-sdk{RANGED}") if home else None
    if conflict is not None:
        raise StepRefused(conflict)
    if home and name.endswith((".txt", ".in")):
        context.edit(home, partial(_add_requirement, path=home, extra=extra))
    elif home and name in ("pyproject.toml", "Pipfile"):
        path = home
        context.edit(
            path,
            lambda data: with_extra(
                toml.add_dependency(data or b"", "sentry-sdk", RANGED, path, PINNED, backend.facts.distributions),
                data,
                extra,
            ),
        )
        update_python_lock(context, backend.root, ("sentry-sdk",), changed=True)
    elif home and name in ("setup.py", "setup.cfg"):
        path = home
        context.edit(
            path,
            lambda data: with_extra(setuptools.add_requirement(data or b"", "sentry-sdk", RANGED, path), data, extra),
        )
    else:
        where = (
            home
            or f"the file that holds {(backend.facts.distributions or ('the dependencies',))[0]}, below {backend.root}"
        )
        raise StepRefused(Refused(f"sentry-sdk cannot be added to {where} automatically", f"sentry-sdk{RANGED}", where))
    for compiled in lists:
        lacking = compiled != home and b"sentry-sdk" not in (context.read(compiled) or b"")
        if lacking and is_made_from(context, compiled, home):
            recompile(context, compiled, home)
    for exported in dict.fromkeys(p for p in homes if p.endswith(".txt") and p not in (home, *lists)):
        if exported in unused and home.endswith(".txt"):
            context.edit(exported, partial(_add_requirement, path=exported, extra=extra))
        else:
            write_again(context, exported, home, RANGED)


def _add_requirement(data: bytes | None, path: str, extra: str) -> Edit:
    return with_extra(requirements.add_requirement(data, "sentry-sdk", RANGED, PINNED, path), data, extra)


def python_2(context: Context, backend: Backend) -> str | None:
    """Return the file that says that the backend runs Python 2 (https://docs.sentry.io/platforms/python/#supported-versions)."""
    for folder in dict.fromkeys((backend.root, ".")):
        for name, start in (("runtime.txt", "python-2."), (".python-version", "2.")):
            if (context.facts.text(join(folder, name)) or "").strip().startswith(start):
                return join(folder, name)
    for path in context.facts.dockerfiles:
        rows = [r.split() for r in (context.facts.text(path) or "").splitlines() if r.upper().startswith("FROM ")]
        if parent(path) in (backend.root, ".") and rows and all(len(r) > 1 and _OLD_IMAGE.match(r[1]) for r in rows):
            return path
    return None


def _initialize(context: Context, backend: Backend, why: str) -> None:
    options = init_options(context, backend)
    if not backend.is_django:
        initialize_entries(context, backend, options)
        return
    module = backend.settings
    if module is None or module.path is None:
        _leave_unnamed(context, backend, options)
        return
    chain = settings_chain(context.facts, backend)
    if chain.inits:
        leave_existing(context, chain, why)
        return
    verdict = decide_initialized(context.facts, backend)
    found = call_elsewhere(context, backend, chain)
    folder = parent(module.path)
    if found is not None and parent(found.path or "") == folder and folder.rpartition("/")[2] in _SETTINGS_FOLDERS:
        # Other settings beside these: one of both runs, and importing one into the other would mix them.
        context.leave(
            Refused(f"{why}; a second call is not added", "", f"{found.path}:{found.line or 1}"),
            f"make sure that production runs sentry_sdk.init() in {found.path}",
        )
        return
    if found is not None:
        context.leave(
            Refused(f"{why}; a second call is not added", _load_of(context, backend, found), module.path),
            f"load {found.path} from the production settings",
        )
        return
    if chain.problems or (verdict.outcome is Outcome.UNKNOWN and not _only_local(chain)):
        snippet = settings.snippet_text(options)
        context.leave(
            Refused(why, snippet, module.path), f"add this at the end of {module.path}, unless it is done elsewhere"
        )
        return
    if any(
        "sentry_sdk" in (context.facts.text(p) or "") and ".init(" in (context.facts.text(p) or "") for p in chain.files
    ):
        raise StepRefused(Refused(why, settings.snippet_text(options), module.path))
    path = module.path
    texts = [context.facts.text(p) or "" for p in [f for f in chain.files if f != path] + [path]]
    reader = detect_reader(texts)
    options = replace(options, reader=reader)
    context.edit(path, lambda data: settings.add_init(data or b"", options, path))


def _leave_unnamed(context: Context, backend: Backend, options: settings.InitOptions) -> None:
    """Leave init to the person where no settings module is known; one that the code has is named, and no second one is offered."""
    why, calls = "the production settings module is not known", calls_of_application(context, backend)
    if not calls:
        raise StepRefused(Refused(why, settings.snippet_text(options), "the production settings"))
    (path, line), *_ = calls
    names = [m.name for m in candidate_settings(context.facts, backend)]
    command = f"sentry-setup apply sdk dsn --set backend.settings={names[0] if len(names) == 1 else 'MODULE'} --yes"
    among = f" (one of {', '.join(names[:4])})" if len(names) > 1 else ""
    context.leave(
        Refused(
            f"{why}{among}; {path}:{line} calls sentry_sdk.init(), and a second call would replace it",
            command,
            f"{path}:{line}",
        ),
        "name the settings that production loads",
    )


def _other_settings(context: Context, backend: Backend) -> None:
    """Insert init into the settings of other production services, where neither they nor what they import calls it.

    One host may name `settings.production` and another `settings.heroku`: each runs what it names.
    """
    if not backend.is_django or backend.settings is None or backend.settings.path is None:
        return
    for name, path in hosted_settings(context, backend).items():
        if path == backend.settings.path:
            continue
        context.refresh()
        other = replace(
            backend, name=f"{backend.name} {name}", settings=replace(backend.settings, name=name, path=path)
        )
        chain = settings_chain(context.facts, other)
        texts = [context.facts.text(p) or "" for p in chain.files]
        if not chain.inits and not chain.problems and not any("sentry_sdk" in t and ".init(" in t for t in texts):
            options = replace(init_options(context, backend), reader=detect_reader(texts))
            with context.part():
                context.edit(path, lambda data, p=path, o=options: settings.add_init(data or b"", o, p))  # type: ignore[misc]


def _only_local(chain: SettingsChain) -> bool:
    """Return whether all that is not known of the settings is a module beside them that no repository holds: `local_settings`."""
    return bool(chain.opaque_imports) and all(name.startswith(".") for _, _, name in chain.opaque_imports)


def _load_of(context: Context, backend: Backend, found: Finding) -> str:
    """Return the lines that load a module of the repository, and call its function where the call of init is in one."""
    path = found.path or ""
    below = path if backend.root == "." else path.removeprefix(backend.root + "/")
    dotted = below.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = context.facts.python(path)
    for node in module.tree.body if isinstance(module, Module) else ():
        if isinstance(node, ast.FunctionDef) and node.lineno <= (found.line or 0) <= (node.end_lineno or 0):
            required = node.args.args[: len(node.args.args) - len(node.args.defaults)]
            required += [a for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is None]
            given = ", ".join(f"{a.arg}=…" for a in required)
            return f"from {dotted} import {node.name}\n\n{node.name}({given})"
    return f"import {dotted}  # noqa: F401"


def environment_variable(context: Context, backend: Backend) -> str:
    """Return the variable that names the environment: one the deployed services declare, else `SENTRY_ENVIRONMENT`."""
    declared: dict[str, set[str | None]] = {}
    for deployment in deployments_of_backend(context.facts, backend.root):
        for name, value in deployment.variables.items():
            declared.setdefault(name, set()).add(value.value)
    known = next((v for v in _ENVIRONMENTS if v in declared), None)
    own = [v for v, values in declared.items() if known is None and _names_environment(v, values)]
    return known or (own[0] if len(own) == 1 else "SENTRY_ENVIRONMENT")


def _names_environment(variable: str, values: set[str | None]) -> bool:
    """Return whether a variable of the project's own holds the environment's name: by how it is called, and by every value of it."""
    written = {v.lower() for v in values if v}
    return variable.endswith(("_ENVIRONMENT", "_ENV")) and bool(written) and written <= _ENVIRONMENT_WORDS


def init_options(context: Context, backend: Backend) -> settings.InitOptions:
    """Return the options that fit the backend's host, SDK version and answers."""
    carried, of_host = carried_release(context.facts, backend), host_variable(context.facts, backend)
    releases = (carried,) if carried else ("SENTRY_RELEASE", *((of_host,) if of_host else ()))
    return settings.InitOptions(
        environment=environment_variable(context, backend),
        releases=releases,
        pii_option=is_old_sdk(context.facts, backend),
        sample_rate=sample_rate(context),
        width=line_width(context.facts, backend.root),
        quote=python_quote(context.facts, backend.root),
        may_be_empty=bool(images_that_run(context.facts, backend)),
    )


def sample_rate(context: Context) -> float:
    """Return the share of traces that a person asked for, else a tenth."""
    try:
        return min(max(float(context.config.answers.get("performance.sample_rate", "0.1")), 0.0), 1.0)
    except ValueError:
        return 0.1
