"""Whether the frontend has Sentry's SDK, initializes it before it renders, and gets a DSN in the build that is deployed."""

from __future__ import annotations

from collections.abc import Sequence

from checks.frontends.nuxt_module import PACKAGE, nuxt_module
from checks.frontends.setup import step_hint
from checks.model import Finding, Verdict, failed, in_repository, passed
from checks.parsers.position import line_with
from checks.repository.cdn_loader import loader, template_loader
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.targets.browsers import decide_initialized, each_frontend, sdk_of_module, sdk_package


def frontend_sdk_installed(facts: Facts) -> Sequence[Verdict]:
    """Without an SDK in the bundle, only the user sees an error in their browser.

    To fix: `npm install @sentry/react` (or the SDK of the framework) in the frontend.
    """
    return each_frontend(facts, _sdk_installed)


def _sdk_installed(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    found = sdk_package(facts, frontend) or sdk_of_module(facts, frontend)
    if found is not None:
        name, version, path = found
        line = _line_of(facts, path, f'"{name}"')
        return passed(in_repository(f"{name} {version} is declared", path, line), target=target)
    if nuxt_module(facts, frontend) is not None and PACKAGE in frontend.dependencies:
        fact = f"{PACKAGE} {frontend.dependencies[PACKAGE]} is declared, which brings the SDK"
        line = _line_of(facts, frontend.manifest, f'"{PACKAGE}"')
        return passed(in_repository(fact, frontend.manifest, line), target=target)
    by_page = loader(facts, frontend) or template_loader(facts)
    if by_page is not None:
        return passed(in_repository("the page loads Sentry's script", *by_page), target=target)
    message = f"no Sentry SDK in {frontend.manifest}"
    return failed(
        Finding(message=message, path=frontend.manifest, hint=step_hint(frontend, "frontend-sdk")),
        target=target,
    )


def _line_of(facts: Facts, path: str, needle: str) -> int | None:
    return line_with(facts.text(path) or "", needle)


def frontend_initialized(facts: Facts) -> Sequence[Verdict]:
    """`Sentry.init` must run before the application renders: earlier errors are lost.

    The check reads the modules that the page's entry imports; a module that nothing imports never runs.

    To fix: call `Sentry.init` in `src/instrument.ts` and import that first in the entry.
    """
    return each_frontend(facts, decide_initialized)
