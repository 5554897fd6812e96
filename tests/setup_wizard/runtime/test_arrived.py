"""What arrived at the sandbox, read: probes counted, what left with them, noise, and whether the incoming trace goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from setup_wizard.runtime.arrived import arrived, merged

TRACE = "a" * 32


def probe(name: str, *, trace: str = TRACE, **more: Any) -> dict[str, Any]:
    """Return the event of a probe's exception."""
    value = {"type": "Probe", "value": f"sentry-setup probe: {name}", **more.pop("exception", {})}
    return {"exception": {"values": [value]}, "contexts": {"trace": {"trace_id": trace}}, "release": "r1", **more}


HOST = {"logger": "django.security.DisallowedHost", "exception": {"values": [{"type": "DisallowedHost", "value": "x"}]}}
MISSING = {"request": {"url": "https://shop.example/sentry-setup-probe-missing/"}, "logentry": {"message": "Not Found"}}
LOGGED = {"logentry": {"message": "sentry-setup probe: logged"}}


def test_each_kind_of_event_is_counted():
    seen = arrived({}, [probe("view"), probe("view"), probe("command"), HOST, MISSING, LOGGED], [], TRACE)
    counts = seen["arrived"]
    assert (counts["view"], counts["command"], counts["task"], counts["all"]) == (2, 1, 0, 6)
    assert (counts["disallowed-host"], counts["missing"], counts["logged"]) == (1, 1, 1)
    assert seen["event"]["release"] == "r1"


@pytest.mark.parametrize(("trace", "continued"), [(TRACE, True), ("b" * 32, False)])
def test_an_incoming_trace_goes_on_or_is_cut(trace, continued):
    sent = [{"transaction": "/x", "contexts": {"trace": {"trace_id": trace}}}]
    seen = arrived({}, [probe("view", trace=trace)], sent, TRACE)
    assert seen["trace-continued"] is continued and seen["traced"] == int(continued)


def test_what_leaves_with_a_request_and_with_its_user_is_named():
    request = {"cookies": {"basket": "sentry-setup-cookie-marker"}, "data": json.dumps("sentry-setup-body-marker")}
    user = probe("user", user={"email": "sentry-setup-user-email@probe.invalid", "ip_address": "203.0.113.9"})
    seen = arrived({"user": {"status": "500"}}, [probe("view", request=request), user], [], TRACE)
    assert seen["left"] == ["body", "cookies", "email"] and seen["user"] == {"status": "500"}
    assert "user" not in arrived({"user": {"status": "500"}}, [probe("view")], [], TRACE)


def test_what_is_only_in_the_variables_of_frames_is_named_apart():
    frames = {"stacktrace": {"frames": [{"vars": {"headers": "Bearer sentry-setup-authorization-marker"}}]}}
    seen = arrived({}, [probe("view", exception=frames)], [], TRACE)
    assert (seen["left"], seen["left-in-variables"]) == ([], ["authorization"])


def test_an_exception_within_a_group_counts():
    group = probe("view")
    group["exception"]["values"].append({"type": "ExceptionGroup", "value": "unhandled errors"})
    assert arrived({}, [group], [], TRACE)["arrived"]["view"] == 1


def test_the_observations_of_all_processes_are_one_backend_s():
    rates = {"traces_sampler": {"view": 0.2, "command": 0.1, "task": 0.5}}
    found = merged(
        [
            ("web", {"arrived": {"view": 1}, "reached": 1}, rates),
            ("command", {"arrived": {"command": 1}, "reached": 1}, rates),
            ("worker", {"arrived": {"task": 0}, "reached": 1}, {"traces_sampler": {"task": 0.7}}),
        ]
    )
    assert found["arrived"] == {"view": 1, "command": 1, "task": 0} and found["command"] == {"reached": 1}
    assert found["traces_sampler"] == {"web": 0.2, "command": 0.1, "worker": 0.7}
