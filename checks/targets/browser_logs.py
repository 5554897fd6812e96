"""Whether a frontend sends its logs."""

from __future__ import annotations

from tree_sitter import Node

from checks.frontends.inits import BrowserInit
from checks.frontends.places import Place
from checks.frontends.production import value_of
from checks.model import Verdict, in_repository, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.targets.browsers import require_browser_init
from checks.targets.offers import Offer, not_on, undetermined

LOGS = Offer(
    answer="frontend.logs",
    what="sending the browser's logs",
    cost="logs are billed by volume",
    by_hand="pass `enableLogs: true` to Sentry.init",
)


def browser_logs(facts: Facts, frontend: Frontend) -> Verdict:
    """Decide `logs-enabled` for a frontend."""
    found = require_browser_init(facts, frontend)
    if isinstance(found, Verdict):
        return found
    option = found.option("enableLogs")
    if option is None:
        return options_unread(found, frontend, "enableLogs") or not_on(
            facts, LOGS, frontend.target, found.path, found.line
        )
    known = value_of(Place(facts, frontend, found.path_of("enableLogs")), option)
    if known is UNKNOWN:
        return _undetermined(found, frontend, "enableLogs", option)
    if not known:
        return not_on(facts, LOGS, frontend.target, found.path, js.line_of(option))
    evidence = in_repository("enableLogs lets `Sentry.logger` send logs", found.path, js.line_of(option))
    return passed(evidence, target=frontend.target)


def options_unread(found: BrowserInit, frontend: Frontend, option: str) -> Verdict | None:
    """Return `unknown` where the options are not written in the call, so that nothing can be concluded from finding none."""
    if not found.is_open(option):
        return None
    message = "the options of Sentry.init() are not all written in the call"
    return unknown(message, path=found.path, line=found.line, hint="write them in the call", target=frontend.target)


def _undetermined(found: BrowserInit, frontend: Frontend, what: str, node: Node) -> Verdict:
    return undetermined(what, js.text_of(node)[:60], frontend.target, path=found.path, line=js.line_of(node))
