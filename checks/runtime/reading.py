"""What reading understood of a backend, and whether a value that a run made up, or lacked, may be what it shows of an item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from checks.model import Outcome, Verdict

_OPTIONS = {
    "environment-set": ("environment",),
    "environment-explicit": ("environment",),
    "release-consistent": ("release",),
    "pii-off": ("send_default_pii",),
    "tracing-enabled": ("traces_sample_rate", "traces_sampler"),
    "sampling-sensible": ("traces_sample_rate", "traces_sampler", "sample_rate"),
    "traces-sampler-safe": ("traces_sampler",),
    "before-send-safe": ("before_send",),
}
"""The options of `init` that an item is about."""

_WORDS = {
    "debug-off": ("DEBUG",),
    "pii-off": ("PII",),
    "tracing-enabled": ("TRAC", "SAMPL", "RATE"),
    "sampling-sensible": ("TRAC", "SAMPL", "RATE"),
    "release-consistent": ("RELEASE", "VERSION", "COMMIT", "SHA", "REVISION"),
}
"""Words in a variable's name that say what it is about: a value made up for it may be what the run shows."""

_SELECTS = ("SENTRY", "ENVIRONMENT", "STAGE")
"""Words in the name of a variable that may select what is switched on; every item may depend on it."""

_ELSEWHERE = " import *` decides"
"""What reading says where a module that is not in the repository decides."""

Seen = Mapping[str, Any]


class Reading(Struct, frozen=True, kw_only=True):
    """What the code gives the SDK, as reading understood it: options with a known value, and the variables that feed them.

    `opaque` are the options whose value was not understood.
    `outcome` is what the code check decided about the item at hand.
    """

    known: dict[str, object] = field(default_factory=dict)
    variables: dict[str, frozenset[str]] = field(default_factory=dict)
    opaque: frozenset[str] = frozenset()
    outcome: Outcome = Outcome.UNKNOWN

    def made_up(self, item: str, verdict: Verdict, seen: Seen) -> bool:
        """Return whether a value that was made up for the run may be what it shows of an item."""
        invented = [str(n) for n in mapping(seen, "variables").get("invented") or () if not is_dsn(str(n))]
        feeding = {n for option in _OPTIONS.get(item, ()) for n in self.variables.get(option, ())}
        said = " ".join([e.fact for e in verdict.evidence] + [f.message for f in verdict.findings])
        if verdict.outcome is Outcome.UNKNOWN and _ELSEWHERE in said:
            return True  # production has a module that is not in the repository, and the run had not
        about = (*_SELECTS, *_WORDS.get(item, ()))
        if verdict.outcome is Outcome.UNKNOWN or (item == "sdk-initialized" and seen.get("options") is None):
            # A variable that production may set and the run did not have: what was seen is what it is without it.
            invented += [str(n) for n in mapping(seen, "variables").get("unset") or () if f"`{n}`" in said]
        return any(n in feeding or f"`{n}`" in said or _is_about(n, about) for n in invented)


def _is_about(name: str, words: tuple[str, ...]) -> bool:
    """Return whether a part of a variable's name begins or ends with one of some words: `TRACING`, not `EXTRACTION`."""
    return any(part.startswith(words) or part.endswith(words) for part in name.upper().split("_"))


def is_dsn(name: str) -> bool:
    """Return whether a variable holds a DSN, by its name."""
    return name.upper().endswith("DSN")


def mapping(seen: Seen, key: str) -> Mapping[str, Any]:
    """Return what a report has under a key, where that is an object; else an empty one."""
    found = seen.get(key)
    return found if isinstance(found, dict) else {}
