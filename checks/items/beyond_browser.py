"""What a frontend can send beyond errors, each at a cost: logs, recordings of sessions, reports of users."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from checks.frontends.inits import BrowserInit
from checks.frontends.places import Place
from checks.frontends.production import followed, value_of
from checks.model import Finding, Verdict, failed, in_repository, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN
from checks.repository.browser import script, sources
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.targets.browser_logs import options_unread
from checks.targets.browsers import each_frontend, require_browser_init
from checks.targets.offers import Offer, not_on

REPLAY = Offer(
    answer="frontend.replay",
    what="Session Replay",
    cost="replays are billed by session, and make the bundle larger",
    by_hand="list `Sentry.replayIntegration()` and set both sample rates",
)
FEEDBACK = Offer(
    answer="frontend.feedback",
    what="the button for user feedback",
    cost="it makes the bundle larger, and screenshots count as attachments",
    by_hand="list `Sentry.feedbackIntegration()`",
)
_FEEDBACK = ("feedbackIntegration", "feedbackAsyncIntegration", "feedbackSyncIntegration")
_RATES = ("replaysSessionSampleRate", "replaysOnErrorSampleRate")


def replay_enabled(facts: Facts) -> Sequence[Verdict]:
    """A replay shows what a user did before an error: clicks, requests and pages, with text and media masked.

    Replays are billed by session, so they are optional. The integration without a sample rate records nothing.

    To fix: list `Sentry.replayIntegration()`, and set `replaysSessionSampleRate` and `replaysOnErrorSampleRate`.
    """
    return each_frontend(facts, _replay_enabled)


def _replay_enabled(facts: Facts, frontend: Frontend) -> Verdict:
    found = require_browser_init(facts, frontend)
    if isinstance(found, Verdict):
        return found
    target, place = frontend.target, Place(facts, frontend, found.path)
    made = _integration(place, found, ("replayIntegration",))
    if made is None:
        return options_unread(found, frontend, "integrations") or not_on(facts, REPLAY, target, found.path, found.line)
    rates = {n: value_of(place.at(found.path_of(n)), v) for n in _RATES if (v := found.option(n)) is not None}
    line = js.line_of(made)
    if any(isinstance(v, (int, float)) and v > 0 for v in rates.values()):
        return passed(in_repository("Session Replay records sampled sessions", found.path, line), target=target)
    if UNKNOWN in rates.values() or any(found.is_open(n) for n in _RATES):
        message = "the sample rates of Session Replay cannot be determined here"
        return unknown(message, path=found.path, line=line, hint="write the rates in the call", target=target)
    message = "replayIntegration() is listed, and no sample rate above 0 is set: nothing is recorded"
    hint = "set replaysOnErrorSampleRate: 1"
    return failed(Finding(message=message, path=found.path, line=line, hint=hint), target=target)


def feedback_enabled(facts: Facts) -> Sequence[Verdict]:
    """Users report what went wrong in their own words, linked to the error and the replay.

    The button is on every page, so it is optional; the crash-report modal asks only after an error
    (`Sentry.showReportDialog()`, or `showDialog` of `Sentry.ErrorBoundary`).

    To fix: list `Sentry.feedbackIntegration()`.
    """
    return each_frontend(facts, _feedback_enabled)


def _feedback_enabled(facts: Facts, frontend: Frontend) -> Verdict:
    found = require_browser_init(facts, frontend)
    if isinstance(found, Verdict):
        return found
    made = _integration(Place(facts, frontend, found.path), found, _FEEDBACK)
    if made is not None:
        evidence = in_repository(f"{_called(made)}() lets users report", found.path, js.line_of(made))
        return passed(evidence, target=frontend.target)
    for path in sources(facts, frontend):
        named = any(n in (facts.text(path) or "") for n in ("showReportDialog", "showDialog"))
        root = script(facts, path) if named else None
        shown = _modal(root) if isinstance(root, Node) else None
        if shown is not None:
            evidence = in_repository(f"{shown[1]} asks users after an error", path, js.line_of(shown[0]))
            return passed(evidence, target=frontend.target)
    return options_unread(found, frontend, "integrations") or not_on(
        facts, FEEDBACK, frontend.target, found.path, found.line
    )


def _modal(root: Node) -> tuple[Node, str] | None:
    """Return what shows the crash-report modal in a module, with its name: a call, or a boundary of the SDK that is told to.

    https://docs.sentry.io/platforms/javascript/user-feedback/#crash-report-modal,
    https://docs.sentry.io/platforms/javascript/guides/react/features/error-boundary/#options
    """
    own = {
        n: kind for module, names, _ in js.imports(root) if module.startswith("@sentry/") for n, kind in names.items()
    }
    for node in js.descend(root):
        if node.type == "call_expression" and _called(node) == "showReportDialog":
            return node, "showReportDialog"
        if node.type == "jsx_attribute" and node.parent is not None:
            name = node.parent.child_by_field_name("name")
            first, _, last = (js.text_of(name) if name is not None else "").rpartition(".")
            of_sdk = (last == "ErrorBoundary" and first in own) or own.get(last) == "ErrorBoundary"
            value = js.text_of(node).partition("=")[2].strip("{} ")
            if of_sdk and js.text_of(node).partition("=")[0] == "showDialog" and value in ("", "true"):
                return node, "showDialog of the error boundary"
    return None


def _integration(place: Place, found: BrowserInit, names: tuple[str, ...]) -> Node | None:
    """Return the call that makes one of some integrations, among those that init is given."""
    option = found.option("integrations")
    if option is None:
        return None
    listed = followed(place.at(found.path_of("integrations")), option)[1]
    return next((n for n in js.descend(listed) if n.type == "call_expression" and _called(n) in names), None)


def _called(node: Node) -> str:
    function = node.child_by_field_name("function")
    return js.text_of(function).rpartition(".")[2] if function is not None else ""
