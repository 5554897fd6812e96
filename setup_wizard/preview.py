"""What is shown beside an item before anyone asks: which versions were found, and what its step would do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checks.repository.backends import Backend
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.node import installed
from setup_wizard.state import Preview

if TYPE_CHECKING:
    from setup_wizard.plan.model import StepPlan


def found_backend(facts: Facts, backend: Backend) -> str:
    """Return a backend as the header tells it: `Django 5.2 shop.settings.production, sentry-sdk 2.75.0`."""
    settings = backend.settings.name if backend.settings else backend.root
    sdk = _python(facts, backend.root, "sentry-sdk")
    known = backend.facts
    version = next((v for n in known.distributions if (v := _python(facts, backend.root, n))), "")
    return f"{known.title}{version} {settings}" + (f", sentry-sdk{sdk}" if sdk else "")


def found_frontend(facts: Facts, frontend: Frontend) -> str:
    """Return a frontend as the header tells it: `Vite 7 frontend, @sentry/react 11`."""
    bundler = installed(facts, frontend.root, frontend.bundler)
    sdk = next((d for d in frontend.dependencies if re.fullmatch(r"@sentry/(react|vue|svelte|solid|browser)", d)), None)
    major = f" {bundler.version.major}" if bundler else ""
    present = installed(facts, frontend.root, sdk) if sdk else None
    told = f", {sdk}" + (f" {present.version.major}" if present else "") if sdk else ""
    return f"{frontend.bundler.capitalize()}{major} {frontend.root}{told}"


def _python(facts: Facts, root: str, name: str) -> str:
    """Return a distribution's version with a space before it: the locked one, else the number that its specifier names."""
    manifests = python_manifests(facts, root)
    locked = manifests.locked.get(name)
    texts = [locked[0]] if locked else [d.dependency.specifier for d in manifests.of(name)]
    found = [re.search(r"(?:[=^>~]\s*|^)(\d+(?:\.\d+)*)", t) for t in texts]
    number = next((m.group(1) for m in found if m), "")
    return f" {number}" if number else ""


MAX_DIFF_LINES = 400
"""Lines of a diff that are shown beside an item; the plan shows it whole."""


def would_do(step: StepPlan) -> Preview:
    """Return what a planned step would do, a line each, and the diff of its files."""
    from setup_wizard.plan.model import ManualTask, StepOutcome, unified_diff

    if step.outcome in (StepOutcome.REFUSED, StepOutcome.SKIPPED):
        return Preview(lines=(f"show  what to write yourself, because {step.reason}",))
    lines, diff = [], []
    for change in step.changes:
        rows = unified_diff(change).splitlines()
        diff += rows
        added = sum(r.startswith("+") and not r.startswith("+++") for r in rows)
        removed = sum(r.startswith("-") and not r.startswith("---") for r in rows)
        verb = "make" if change.before is None else "edit"
        lines.append(f"{verb:5} {change.path}  +{added}" + (f" -{removed}" if removed else ""))
    for action in step.actions:
        lines.append(f"{'you' if isinstance(action, ManualTask) else 'then':5} {action.title}")
    rest = [f"… {len(diff) - MAX_DIFF_LINES} more lines: the plan shows them"] if len(diff) > MAX_DIFF_LINES else []
    return Preview(lines=tuple(lines), diff="\n".join(diff[:MAX_DIFF_LINES] + rest))
