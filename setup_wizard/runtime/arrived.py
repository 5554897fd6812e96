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
    "ip_address": "203.0.113.9",
}
_USER_MARKERS = {
    "email": "sentry-setup-user-email",
    "username": "sentry-setup-user-name",
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
    found["left"] = _marked(
        [_without_variables(e) for e in probes["view"]], [_without_variables(e) for e in probes["user"]]
    )
    # Local variables of stack frames are another option (`include_local_variables`): servers and frameworks keep headers in some.
    found["left-in-variables"] = sorted({*_marked(probes["view"], probes["user"])} - {*found["left"]})
    if not probes["user"]:
        # What left with a request that was not reported is not known.
        found.pop("user", None)
    own = next((those for name, those in probes.items() if those and name != "user"), [])
    if own:
        found["event"] = {k: own[0].get(k) for k in _FACTS}
    if probes["view"]:
        found["trace-continued"] = _trace(probes["view"][0]) == trace
        found["traced"] = sum(_trace(t) == trace for t in transactions)
    found["transactions"] = sorted({str(t.get("transaction")) for t in transactions})[:20]
    return found


def _marked(requests: list[Json], of_user: list[Json]) -> list[str]:
    """Return what of a request, and of one whose user is known, is in events."""
    text, user = json.dumps(requests), json.dumps(of_user)
    return sorted([k for k, m in _MARKERS.items() if m in text] + [k for k, m in _USER_MARKERS.items() if m in user])


def _without_variables(event: Json) -> Json:
    """Return an event without the local variables of its frames."""
    values = [
        {**v, "stacktrace": {"frames": [{**f, "vars": None} for f in (v.get("stacktrace") or {}).get("frames") or []]}}
        for v in _values(event)
        if isinstance(v, dict)
    ]
    return {**event, "exception": {"values": values}}


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


def merged(kinds: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """Return the observations of a backend from those of its processes: (kind, observations, answers of callbacks) of each.

    The first process's are kept; a command and a task are added, and what the sampler answered for each kind of process.
    """
    found: dict[str, Any] = dict(kinds[0][1]) if kinds else {}
    counts = dict(found.get("arrived") or {})
    rates: dict[str, Any] = {}
    for kind, observations, answers in kinds:
        name = {"command": "command", "worker": "task", "script": "script"}.get(kind)
        if name is not None and observations.get("reached"):
            found[name] = {"reached": observations["reached"]}
            counts[name] = (observations.get("arrived") or {}).get(name, 0)
        asked = answers.get("traces_sampler") or {}
        own = {"web": ("view", "web"), "worker": ("task", "worker"), "command": ("command", "command")}.get(kind)
        if own is not None and own[0] in asked and (kind == "worker" or own[1] not in rates):
            rates[own[1]] = asked[own[0]]
        if kind == "command" and "task" in asked:
            rates.setdefault("worker", asked["task"])
    return found | {"arrived": counts} | ({"traces_sampler": rates} if rates else {})
