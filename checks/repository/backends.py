"""Finds the backends of a repository: Django projects with the settings module that production uses, and what `checks.targets` finds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from checks.errors import UsageError
from checks.hosts.images import image_that_serves
from checks.model import Target
from checks.parsers.module_files import module_files
from checks.parsers.python import Module, settings_defaults
from checks.patterns import lazy_pattern
from checks.repository.copied_projects import copied_projects
from checks.repository.deployment import Deployment
from checks.repository.facts import DOCKERFILE, Facts, inside, join, parent
from checks.repository.names import names_of_roots
from checks.repository.path_words import Purpose, has_part, purposes

if TYPE_CHECKING:
    from checks.backends.entry import Entry
    from checks.backends.framework import Framework

_NOT_A_PROJECT = frozenset(
    {
        *("test", "tests", "testing", "doc", "docs", "example", "examples", "fixture", "fixtures", "template"),
        *("templates", "sandbox", "node_modules"),
    }
)
_DEVELOPMENT = frozenset({Purpose.DEVELOPMENT, Purpose.TEST, Purpose.CI})
_PRODUCTION = lazy_pattern(r"(^|[._])(prod|production|live|deploy|heroku|deployment)($|[._])")
_PLACEHOLDER = lazy_pattern(r"\{\{ *[\w.]+ *\}\}|DJANGO_SETTINGS_MODULE[\"'] *, *f?[\"']\{")
"""What a template of a project has where a project has its name: `startproject --template` and other generators fill it in."""
_PROJECT_BLANK = lazy_pattern(r"\{\{ *project_name *\}\}")
"""The blank that `startproject --template` fills in (https://docs.djangoproject.com/en/stable/ref/django-admin/#startproject)."""
_DEPLOYING_NAMES = lazy_pattern(
    r"(^|/)(render\.ya?ml|fly\.toml|app\.json|Procfile|railway\.(json|toml)|nixpacks\.toml|[^/]*[Dd]ockerfile[^/]*"
    r"|(docker-)?compose[^/]*\.ya?ml|\.env\.(prod|production)|start|entrypoint|[^/]*\.sh"
    r"|[^/]*uwsgi[^/]*\.ini|[^/]*supervisor[^/]*\.conf|[^/]*\.service|\.github/workflows/[^/]+\.ya?ml)$"
)


def _is_no_project(path: str) -> bool:
    return path != "." and has_part(path, _NOT_A_PROJECT, (".", "{{"))


class SettingsModule(Struct, frozen=True, kw_only=True):
    """A settings module: dotted name, file (None when it is not in the repository), and the place that names it.

    `named_by_host` says that what runs in production names it: a host's variable, a command, or the image.
    """

    name: str
    path: str | None
    found_in: str
    found_line: int | None
    named_by_host: bool = False


class Backend(Struct, frozen=True, kw_only=True):
    """A backend: its name, root folder, framework, and what its processes start with.

    A Django project has a `manage.py` and the settings production uses (None: not found). Of any other backend `settings` is the
    module that its server starts with, `entry` says how, and `others` are its other processes, such as workers.
    """

    name: str
    root: str
    manage: str | None
    settings: SettingsModule | None
    entry_points: tuple[str, ...]
    framework: str = "django"
    entry: Entry | None = None
    others: tuple[Entry, ...] = ()

    @property
    def is_django(self) -> bool:
        """Whether it is a Django project."""
        return self.framework == "django"

    @property
    def facts(self) -> Framework:
        """What is known of its framework."""
        from checks.backends.frameworks import framework_named

        return framework_named(self.framework)

    @property
    def start(self) -> str:
        """What its processes start with, as messages name it."""
        return (
            "the production settings" if self.is_django else f"`{self.settings.path if self.settings else self.root}`"
        )

    @property
    def target(self) -> Target:
        """The backend as a target of checks."""
        return Target(name=self.name, root=self.root)


def find_backends(facts: Facts) -> tuple[Backend, ...]:
    """Return the configured backends, else each folder whose `manage.py` starts Django, and the backends of other frameworks.

    Raises `UsageError` when the configuration names a root that does not exist.
    """
    from checks.backends.found import configured_other, other_backends

    roots = _found_roots(facts)
    if facts.config.backends:
        return tuple(
            configured_other(facts, name, part, roots)
            or _backend(
                facts,
                name or "backend",
                part.root or _root_of(facts, part.settings, roots),
                part.settings,
                checked=part.root is not None,
            )
            for name, part in facts.config.backends.items()
        )
    names = ["backend"] if len(roots) == 1 else names_of_roots(roots)
    django = [_backend(facts, name, root, None) for name, root in zip(names, roots, strict=True)]
    return (*django, *other_backends(facts, roots, {b.name for b in django}))


def _found_roots(facts: Facts) -> list[str]:
    roots: list[str] = []
    for path in facts.named("manage.py"):
        folder = parent(path)
        if _is_no_project(folder) or not _starts_django(
            facts, path, "DJANGO_SETTINGS_MODULE", "execute_from_command_line"
        ):
            continue
        if not any(folder != other and inside(folder, other) and other != "." for other in roots):
            roots.append(folder)
    if not roots:
        served = (p for p in facts.named("wsgi.py") if not _is_no_project(p))
        roots = [parent(parent(p)) for p in served if _starts_django(facts, p, "DJANGO_SETTINGS_MODULE")][:1]
    return _without_doubles(facts, list(dict.fromkeys(roots))) or copied_projects(facts)


def _without_doubles(facts: Facts, roots: list[str]) -> list[str]:
    """Leave out a folder whose `manage.py` is that of a folder around or within it: a link, for people who start it from the top.

    The folder is kept from which its settings are found, the outer one where they are found from both.
    """
    kept: list[str] = []
    for root in sorted(roots, key=lambda r: (r != ".", r.count("/"))):
        text = facts.text(join(root, "manage.py"))
        double = next(
            (k for k in kept if (k == "." or inside(root, k)) and text and facts.text(join(k, "manage.py")) == text),
            None,
        )
        if double is None:
            kept.append(root)
            continue
        names = [name for name, _ in settings_defaults(text or "")]
        own, outer = ({module_path(facts, r, name) for name in names} - {None} for r in (root, double))
        if own and outer and own != outer:
            kept.append(root)
        elif own and not outer:
            kept[kept.index(double)] = root
    return [r for r in roots if r in kept]


def _root_of(facts: Facts, settings: str | None, roots: list[str]) -> str:
    """Return the root of a backend of which only the settings are configured: where that module is."""
    holding = [r for r in roots if settings and module_path(facts, r, settings)]
    return (holding or [r for r in roots if len(roots) == 1] or ["."])[0]


def _starts_django(facts: Facts, path: str, *words: str) -> bool:
    text = facts.text(path) or ""
    if any(
        p.startswith(join(parent(path), "project_name").removeprefix("./") + "/") for p in facts.named("__init__.py")
    ):
        text = _filled(text)
    return any(w in text for w in words) and not _PLACEHOLDER.search(text)


def _backend(facts: Facts, name: str, root: str, settings: str | None, *, checked: bool = False) -> Backend:
    if checked and root != "." and not any(inside(p, root) for p in facts.paths):
        raise UsageError(f"backend root `{root}` is not in this repository", hint="correct `backend.root`")
    manage = join(root, "manage.py")
    entries = tuple(
        path
        for base in ("wsgi.py", "asgi.py", "celery.py", "celery_app.py")
        for path in facts.named(base)
        if inside(path, root) and not _is_no_project(path.removeprefix(root + "/"))
    )
    manage_path = manage if manage in facts.paths else None
    module = _configured(facts, root, settings) if settings else _production_settings(facts, root, manage_path, entries)
    backend = Backend(name=name, root=root, manage=manage_path, settings=module, entry_points=entries)
    from checks.repository.candidate_settings import outermost_settings

    return backend if module is not None else replace(backend, settings=outermost_settings(facts, backend))


def _configured(facts: Facts, root: str, settings: str) -> SettingsModule:
    path = module_path(facts, root, settings)
    if path is None:
        raise UsageError(
            f"`backend.settings` names `{settings}`, which is not a module below `{root}`",
            hint="give the dotted name as in DJANGO_SETTINGS_MODULE",
        )
    return SettingsModule(name=settings, path=path, found_in="the configuration", found_line=None)


def module_path(facts: Facts, root: str, dotted: str) -> str | None:
    """Return the file of a dotted module below a backend's root (or its `src` folder), or None."""
    for base in dict.fromkeys((root, join(root, "src"), parent(root) if root != "." else ".", ".")):
        for file in module_files(dotted):
            if (candidate := join(base, file)) in facts.paths:
                return candidate
    return None


def _production_settings(
    facts: Facts, root: str, manage: str | None, entries: tuple[str, ...]
) -> SettingsModule | None:
    """Rank the modules that the repository names: what a deploying file says, then production by name, then wsgi.

    What wsgi.py or asgi.py assigns, without a condition, holds whatever the environment says.
    """
    from checks.repository.assigned_variables import assigned_in
    from checks.repository.default_settings import default_of_server, started_entries
    from checks.repository.running_settings import assigned_settings, starts_server

    assigned = assigned_settings(facts, entries)
    if assigned is not None and module_path(facts, root, assigned.name) is not None:
        return _module(facts, root, assigned.name, assigned.path, assigned.line, by_host=True)
    named: list[SettingsModule] = []
    image = image_that_serves(facts, root)
    for path in facts.configuration:
        if not _DEPLOYING_NAMES.search(path) or _is_no_project(path.removeprefix(root + "/")):
            continue
        text = facts.text(path) or ""
        if "DJANGO_SETTINGS_MODULE" not in text or (image is not None and path == image.path):
            continue
        for value, line in assigned_in(facts, path, "DJANGO_SETTINGS_MODULE"):
            if all(part.isidentifier() for part in value.split(".")):
                named.append(_module(facts, root, value, path, line))
    hosted = _hosted(facts, root, named)
    if hosted is not None:
        return hosted
    deploying = [
        m for m in named if m.path and not purposes(m.name) & _DEVELOPMENT and not purposes(m.name) & {Purpose.STAGING}
    ]
    best = [m for m in deploying if _PRODUCTION.search(m.name)]
    best += [m for m in named if not m.path and not deploying and starts_server(facts, m.found_in, m.name)]
    if best:
        return best[0]
    fallen_back = default_of_server(facts, root, entries) if not deploying else None
    own = module_path(facts, root, fallen_back.name) if fallen_back is not None else None
    if fallen_back is not None and own is not None and not is_empty_package(facts, own):
        return _module(facts, root, fallen_back.name, fallen_back.path, fallen_back.line, by_host=True)
    # The settings that a server is started with decide, whatever manage.py falls back to.
    starting = started_entries(facts, root) or (*entries, *((manage,) if manage else ()))
    from_code = [
        _module(facts, root, module, path, line)
        for path in starting
        for module, line in settings_defaults(_filled(facts.text(path) or ""))
    ]
    if not any(m.path for m in from_code):
        # A module that only a machine has (`settings.local`) says less than one that the code falls back to.
        from_code = [*_picked(facts, root, starting), *from_code]
    if not from_code:
        from_code = _named_by_package(facts, root)
    in_code = [m for m in from_code if m.path]
    best = [m for m in in_code if _PRODUCTION.search(m.name)]
    if best:
        return best[0]
    sibling = _production_sibling(facts, [*deploying, *in_code])
    if sibling:
        return sibling
    # An empty package names no settings: some tool sets the real module in its place.
    in_code = [m for m in in_code if m.path and not is_empty_package(facts, m.path)]
    # Development settings say nothing of production, so they are no last resort.
    return next(
        (
            m
            for m in [*deploying, *in_code, *(m for m in from_code if m.path is None)]
            if not purposes(m.name) & _DEVELOPMENT
        ),
        None,
    )


def _hosted(facts: Facts, root: str, named: list[SettingsModule]) -> SettingsModule | None:
    """Return what the production services say, whatever it is called; else what the image says and no script overrides."""
    from checks.repository.running_settings import named_by_hosts, named_by_image

    hosted = [_module(facts, root, n.name, n.path, n.line, by_host=True) for n in named_by_hosts(facts, root)]
    if known := [m for m in hosted if m.path is not None]:
        return next((m for m in known if _PRODUCTION.search(m.name)), known[0])
    image = named_by_image(facts, root)
    if image is None:
        return None
    found = _module(facts, root, image.name, image.path, image.line, by_host=True)
    overridden = any(m.name != found.name and not DOCKERFILE.search(m.found_in) for m in named if m.path)
    special = purposes(found.name) & _DEVELOPMENT or purposes(found.name) & {Purpose.STAGING}
    return None if found.path is None or overridden or special else found


def worker_settings(facts: Facts, backend: Backend) -> list[tuple[Deployment, SettingsModule]]:
    """Return the background services of production that run other settings than the backend's, each with its own.

    A service's own variable or command says so; without one its image does, then the default in the code of its entry point.
    """
    from checks.hosts.serving import works
    from checks.repository.default_settings import default_of_worker
    from checks.repository.deploys import deployments_of_backend
    from checks.repository.running_settings import named_by_image, named_by_service

    found = []
    for deployment in deployments_of_backend(facts, backend.root):
        if deployment.environment != "production" or not works(deployment.commands):
            continue
        own = named_by_service(deployment) or (named_by_image(facts, backend.root) if deployment.closed else None)
        if own is not None:
            named = [_module(facts, backend.root, own.name, own.path, own.line, by_host=True)]
        else:
            fallen = default_of_worker(facts, backend.root, deployment.commands, backend.entry_points)
            named = [_module(facts, backend.root, *n, by_host=True) for n in fallen if deployment.closed]
        if len(named) == 1 and backend.settings is not None and named[0].name != backend.settings.name:
            found.append((deployment, named[0]))
    return found


def _picked(facts: Facts, root: str, entries: tuple[str, ...]) -> list[SettingsModule]:
    """Return the modules that a helper of the code may pick and that are in the repository."""
    from checks.repository.running_settings import picked_by_code

    found = [n for path in entries for n in picked_by_code(facts, root, path, lambda m: module_path(facts, root, m))]
    modules = [_module(facts, root, n.name, n.path, n.line) for n in found]
    return [m for m in modules if m.path is not None]


def _filled(text: str) -> str:
    """Fill in the blanks of a template of `startproject`, whose package is called as the blank is."""
    return _PROJECT_BLANK.sub("project_name", text)


def _named_by_package(facts: Facts, root: str) -> list[SettingsModule]:
    """Return the modules that a package names itself: its `__init__.py`, `__main__.py` or command-line module."""
    found = []
    for base in ("__init__.py", "__main__.py", "runner.py", "cli.py"):
        for path in facts.named(base):
            relative = path if root == "." else path.removeprefix(root + "/")
            if not inside(path, root) or relative.count("/") > 2 or _is_no_project(relative):
                continue
            data = facts.read(path)
            if data is not None and b"DJANGO_SETTINGS_MODULE" in data:
                text = facts.text(path) or ""
                found += [_module(facts, root, module, path, line) for module, line in settings_defaults(text)]
    return found


def is_empty_package(facts: Facts, path: str) -> bool:
    """Return whether a module is the `__init__.py` of a package, and assigns and imports nothing."""
    module = facts.python(path) if path.endswith("/__init__.py") else None
    return isinstance(module, Module) and not module.assignments and not module.imports


def _module(
    facts: Facts, root: str, name: str, found_in: str, line: int | None, *, by_host: bool = False
) -> SettingsModule:
    path = module_path(facts, root, name)
    return SettingsModule(name=name, path=path, found_in=found_in, found_line=line, named_by_host=by_host)


def _production_sibling(facts: Facts, modules: list[SettingsModule]) -> SettingsModule | None:
    for module in modules:
        if module.path is None:
            continue
        package = module.path.endswith("/__init__.py")
        folder, dotted = parent(module.path), module.name if package else module.name.rpartition(".")[0]
        if package and len((facts.text(module.path) or "").strip()) > 0 and _imports_own(facts, module.path):
            continue
        for word in ("production", "prod", "live"):
            path = join(folder, word + ".py")
            if path in facts.paths and (package or folder.endswith("settings") or folder.endswith("config")):
                return SettingsModule(name=f"{dotted}.{word}", path=path, found_in=path, found_line=None)
    return None


def _imports_own(facts: Facts, path: str) -> bool:
    return bool(re.search(r"^[ \t]*from \.\w* import", facts.text(path) or "", re.MULTILINE))
