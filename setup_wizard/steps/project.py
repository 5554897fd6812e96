"""The step `project`: a Sentry project for each backend and frontend, remembered in the configuration."""

from __future__ import annotations

from collections.abc import Sequence

from checks.config import OWN_FILE, PYPROJECT
from checks.repository.backends import Backend
from checks.repository.frontends import Frontend
from setup_wizard.editors import toml
from setup_wizard.plan.model import EnsureProject
from setup_wizard.steps.context import Context
from setup_wizard.steps.manner import pyproject_tables

_PLATFORMS = {"react": "javascript-react", "vue": "javascript-vue"}


def plan_project(context: Context) -> str | None:
    """Plan the projects; returns why nothing is done, or None."""
    facts = context.facts
    targets = [("backend", b.name) for b in facts.backends] + [("frontend", f.name) for f in facts.frontends]
    if not targets:
        return "neither a backend nor a frontend was found"
    remembered = _remembered(context)
    if context.known.connected:
        for kind, name in targets:
            if name not in context.known.existing:
                platform = _backend_platform(context, name) if kind == "backend" else _platform(context, name)
                context.actions.append(EnsureProject(target=name, slug=context.slug(kind, name), platform=platform))
    if context.known.receiver and (
        missing := [context.slug(k, n) for k, n in targets if n not in context.known.existing]
    ):
        hint = "or name the ones that are there: `--set backend.project=…`"
        return f"create {', '.join(missing)} in the web interface of this Bugsink, {hint}"
    if context.organization or context.known.receiver:
        path = configuration_path(context)
        tables = pyproject_tables(facts)
        context.edit(path, lambda data: toml.remember(data, remembered, path, tables=tables))
    elif not context.known.connected:
        return context.without_sentry(
            "the organization is not known; connect to Sentry, or pass `--set sentry.org=SLUG`"
        )
    return None


def configuration_path(context: Context) -> str:
    """Return the file that remembers answers."""
    if context.config.path:
        return context.config.path
    return PYPROJECT if context.read(PYPROJECT) is not None else OWN_FILE


def _remembered(context: Context) -> dict[str, str]:
    answers: dict[str, str] = {}
    if context.organization:
        answers["sentry.org"] = context.organization
    if context.own_url:
        answers["sentry.url"] = context.own_url
    parts: list[tuple[str, Sequence[Backend | Frontend]]] = [
        ("backend", context.facts.backends),
        ("frontend", context.facts.frontends),
    ]
    for kind, found in parts:
        for part in found:
            prefix = kind if len(found) == 1 else f"{kind}.{part.name}"
            answers[f"{prefix}.root"] = part.root
            answers[f"{prefix}.project"] = context.slug(kind, part.name)
    for backend in context.facts.backends:
        settings = context.config.get("backend.settings", backend.name)
        if settings:
            prefix = "backend" if len(context.facts.backends) == 1 else f"backend.{backend.name}"
            answers[f"{prefix}.settings"] = settings
    return answers


def _backend_platform(context: Context, name: str) -> str:
    return next(b.facts.platform for b in context.facts.backends if b.name == name)


def _platform(context: Context, name: str) -> str:
    frontend = next(f for f in context.facts.frontends if f.name == name)
    return next((p for d, p in _PLATFORMS.items() if d in frontend.dependencies), "javascript")
