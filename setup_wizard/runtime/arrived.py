"""What arrived at the sandbox, counted and looked through: how often a probe was reported, and what left with it."""

from __future__ import annotations

import json
from typing import Any

from setup_wizard.sandbox.records import Json

_MARKERS = {
    "cookies": "sentry-setup-cookie-marker",
    "authorization": "sentry-setup-authorization-marker",
    "body": "sentry-setup-body-marker",
    "query": "sentry-setup-query-marker",
    "ip": "203.0.113.9",
}
_USER_MARKERS = {
    "user-email": "sentry-setup-user-email",
    "user-name": "sentry-setup-user-name",
    "user-id": "709123451",
}
_PROBE = "sentry-setup probe: "
_FACTS = ("environment", "release", "transaction", "server_name")


def arrived(seen: dict[str, Any], events: list[Json], transactions: list[Json], trace: str) -> dict[str, Any]:
    """Return what the child noted, with what arrived of one process."""
    found = dict(seen)
    probes = {name: [e for e in events if _probes(e, name)] for name in ("view", "user", "command", "task", "script")}
    found["arrived"] = {
        **{name: len(those) for name, those in probes.items()},
        "logged": sum(_PROBE + "logged" in json.dumps(e) and not _raised(e) for e in events),
        "disallowed-host": sum("DisallowedHost" in json.dumps(e) for e in events),
        "missing": sum("sentry-setup-probe-missing" in json.dumps(e) for e in events),
        "all": len(events),
    }
    text = json.dumps(probes["view"])
    of_user = json.dumps(probes["user"])
    found["left"] = sorted(
        [k for k, marker in _MARKERS.items() if marker in text] + [k for k, m in _USER_MARKERS.items() if m in of_user]
    )
    own = next((those for name, those in probes.items() if those and name != "user"), [])
    if own:
        found["event"] = {k: own[0].get(k) for k in _FACTS}
    if probes["view"]:
        found["continued"] = _trace(probes["view"][0]) == trace
        found["traced"] = sum(_trace(t) == trace for t in transactions)
    found["transactions"] = sorted({str(t.get("transaction")) for t in transactions})[:20]
    return found


def _trace(event: Json) -> object:
    return ((event.get("contexts") or {}).get("trace") or {}).get("trace_id")


def _values(event: Json) -> list[Any]:
    values = (event.get("exception") or {}).get("values") or []
    return values if isinstance(values, list) else []


def _raised(event: Json) -> bool:
    return bool(_values(event))


def _probes(event: Json, name: str) -> bool:
    """Whether an event reports a probe's exception; what wraps it (an exception group) has it among its values."""
    return any(
        isinstance(v, dict) and v.get("type") == "Probe" and v.get("value") == _PROBE + name for v in _values(event)
    )
