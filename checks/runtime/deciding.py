"""What a run of a backend says of each item: from the options that the SDK resolved, and from what arrived.

A decision is believed over the reading of the code. What depends on a value that was made up for the run decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from checks.model import Outcome
from checks.repository.path_words import names_development
from checks.runtime.reading import Reading, Seen, is_dsn, mapping

PROPAGATION = "trace-propagation"
"""The item of the frontend that a backend's run says something of."""

_OF_USERS = ("email", "username")

_RATES = ("sample_rate", "traces_sample_rate", "profiles_sample_rate")


class Decision(Struct, frozen=True, kw_only=True):
    """What running decided about an item: whether it holds (None: what it is about is absent), and what was seen.

    Without `proves` it is cited only: it shows a part of the item, and its strength stays what it is; `left` says what is then
    still open, where reading asked for the part that was seen. Without `overrules` it took one path of many: a fail that reading
    found on another path stays.
    """

    holds: bool | None
    fact: str
    proves: bool = True
    overrules: bool = True
    left: str | None = None


def _options(seen: Seen) -> Mapping[str, Any]:
    """Return the options of an SDK that is on."""
    found = mapping(seen, "options")
    return found if found.get("dsn") else {}


def _observed(seen: Seen, kind: str) -> Mapping[str, Any]:
    return mapping(mapping(seen, "observations"), kind)


def _arrived(seen: Seen, kind: str) -> int:
    number = _observed(seen, "arrived").get(kind, 0)
    return number if isinstance(number, int) else 0


def _initialized(seen: Seen, reading: Reading) -> Decision | None:
    shown = next((k for k in ("view", "task", "script") if _arrived(seen, k)), None)
    if _options(seen) and shown:
        what = {"view": "an exception in a view", "task": "a failing task", "script": "the program's exception"}[shown]
        return Decision(holds=True, fact=f"{what} arrived under {seen.get('settings')}")
    if "options" in seen and seen["options"] is None:
        return Decision(holds=False, fact=f"the SDK is not initialized under {seen.get('settings')}")
    return None


def _loaded(seen: Seen, reading: Reading) -> Decision | None:
    """A start shows that nothing is refused; the SDK ignores a value of a wrong type, and another environment lacks a package."""
    options = _options(seen)
    texts = sorted(n for n in _RATES if isinstance(options.get(n), str))
    if texts:
        return Decision(holds=False, fact=f"{texts[0]} is {options[texts[0]]!r}, which is text and not a number")
    if options:
        fact = f"the application starts with these options under {seen.get('settings')}"
        return Decision(holds=True, fact=fact, overrules=False)
    return None


def _dsn(seen: Seen, reading: Reading) -> Decision | None:
    """Running shows that the DSN is read. That it is set where the application is deployed shows only a file that holds its value."""
    if seen.get("hard_coded_dsn"):
        return None  # the code's own DSN was replaced for the run, so nothing shows that a variable is read
    variables = mapping(seen, "variables")
    declared_ones, made_up = variables.get("declared") or (), variables.get("invented") or ()
    # What the code takes its DSN from, as reading understood it; else what is called so.
    names = sorted(variables.get("dsn") or ()) or sorted(n for n in (*declared_ones, *made_up) if is_dsn(str(n)))
    if _options(seen):
        name = names[0] if len(names) == 1 else "the DSN"
        declared = any(n in declared_ones for n in names)
        fact = f"{name} is read by the running application"
        # Reading that understood the value asks already where it is set.
        asked = reading.known.get("dsn") is None and not reading.variables.get("dsn")
        left = f"whether {name} is set where the backend is deployed was not seen" if asked else None
        return Decision(holds=True, fact=fact, proves=declared and reading.outcome is Outcome.PASS, left=left)
    if isinstance(seen.get("options"), dict):
        return Decision(holds=False, fact="the SDK has no DSN, though its variable is set")
    return None


def _settled(seen: Seen, reading: Reading, option: str, variable: str) -> bool:
    """Return whether an option's value in the run is production's own: written in the code, or from variables that were set.

    Where the code does not give it, the SDK itself reads `variable`.
    """
    if reading.known.get(option) not in (None, ""):
        return True
    given = {str(n) for kind in ("declared", "given") for n in mapping(seen, "variables").get(kind) or ()}
    feeding = reading.variables.get(option) or (frozenset() if option in reading.opaque else frozenset({variable}))
    return bool(feeding) and feeding <= given


def _environment(seen: Seen, reading: Reading) -> Decision | None:
    """The SDK says "production" where it is given no name, so that word alone decides nothing."""
    name = _options(seen).get("environment")
    if not isinstance(name, str) or not name:
        return Decision(holds=False, fact="events carry no environment") if _options(seen) else None
    fact, read = f"the environment is {name}", reading.known.get("environment")
    if names_development(name):
        settled = _settled(seen, reading, "environment", "SENTRY_ENVIRONMENT")
        return Decision(holds=False, fact=fact) if settled else None
    if name == "production" and isinstance(read, str) and read not in ("", name):
        return Decision(holds=False, fact=fact)
    if name == "production" and not _settled(seen, reading, "environment", "SENTRY_ENVIRONMENT"):
        return None
    return Decision(holds=True, fact=fact)


def _unnamed(seen: Seen, reading: Reading) -> bool:
    """Return whether the code gives no environment, the run had no variable for one, and the SDK said "production" by itself."""
    option = "environment"
    by_code = reading.known.get(option) is not None or option in reading.variables or option in reading.opaque
    if by_code or reading.outcome is not Outcome.UNKNOWN or _settled(seen, reading, option, "SENTRY_ENVIRONMENT"):
        return False
    return _options(seen).get(option) == "production"


def _explicit(seen: Seen, reading: Reading) -> Decision | None:
    """One run shows one name; what another environment gets, and whether names agree, is for the reading.

    That nothing names one, and the events say "production" all the same, is what the item warns of: a variable that is missing
    anywhere makes that place production, as it does where code gives its variable that default.
    """
    if _unnamed(seen, reading):
        return Decision(
            holds=False, fact='the events say "production", which neither the code nor a variable of the run names'
        )
    found = _environment(seen, reading)
    if found is None or names_development(_options(seen).get("environment")):
        return None  # a name of development is the other item's
    return found if not found.holds or reading.outcome is Outcome.PASS else None


def _release(seen: Seen, reading: Reading) -> Decision | None:
    """The SDK takes the commit of a checkout where it is given no name: only a name that production gives shows anything."""
    release, read = _options(seen).get("release"), reading.known.get("release")
    if not _options(seen) or not _settled(seen, reading, "release", "SENTRY_RELEASE"):
        return None
    if not release or (isinstance(read, str) and release != read):
        return Decision(holds=False, fact=f"the release is {release or 'missing'}")
    if reading.outcome is not Outcome.PASS or _observed(seen, "event").get("release") != release:
        return None
    return Decision(holds=True, fact=f"events carry the release {release}")


def _pii(seen: Seen, reading: Reading) -> Decision | None:
    if not _arrived(seen, "view"):
        # What answers before the view hides what an event carries; the option itself is known.
        on = _options(seen).get("send_default_pii") is True
        return Decision(holds=False, fact="send_default_pii is on") if on else None
    left = [str(kind) for kind in mapping(seen, "observations").get("left") or []]
    personal = [kind for kind in left if kind in ("cookies", "authorization")]
    if personal:
        return Decision(holds=False, fact=f"an event carried the request's {' and '.join(personal)}")
    if _options(seen).get("send_default_pii"):
        return Decision(holds=False, fact="send_default_pii is on")
    fact = "an event carried neither cookies nor the authorization of its request"
    return Decision(holds=True, fact=fact, overrules=not {"ip_address", *_OF_USERS} & {*left})


def _rates(seen: Seen) -> dict[str, Any]:
    """Return what the `traces_sampler` answered, by kind of process."""
    return dict(_observed(seen, "traces_sampler"))


def _is_rate(value: object) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= 1


def _has_sampler(seen: Seen) -> bool:
    return "traces_sampler" in (_options(seen).get("callbacks") or [])


def _tracing(seen: Seen, reading: Reading) -> Decision | None:
    options = _options(seen)
    rate = options.get("traces_sample_rate")
    if _has_sampler(seen):
        rates = _rates(seen)
        if not rates:
            passes = reading.outcome is Outcome.PASS
            return Decision(holds=True, fact="traces_sampler is set") if passes else None
        sampled = [kind for kind, answer in rates.items() if _is_rate(answer) and answer > 0]
        fact = f"the traces_sampler samples {', '.join(sampled)}" if sampled else "the traces_sampler samples nothing"
        return Decision(holds=bool(sampled), fact=fact)
    if isinstance(rate, (int, float)) and 0 < rate <= 1:
        return Decision(holds=True, fact=f"traces_sample_rate is {rate}")
    return Decision(holds=False, fact="no transaction is sampled") if options else None


def _sensible(seen: Seen, reading: Reading) -> Decision | None:
    options = _options(seen)
    if options and options.get("sample_rate") in (0, 0.0):
        return Decision(holds=False, fact="sample_rate is 0: no error arrives")
    rate = options.get("traces_sample_rate")
    if _has_sampler(seen):
        rates = [r for r in _rates(seen).values() if _is_rate(r)]
        if rates and all(r >= 1 for r in rates):
            return Decision(holds=False, fact="the traces_sampler records every trace")
        return (
            Decision(holds=True, fact="the traces_sampler records a part")
            if rates and reading.outcome is Outcome.PASS
            else None
        )
    if isinstance(rate, (int, float)) and not isinstance(rate, bool):
        return Decision(holds=0 < rate < 1, fact=f"traces_sample_rate is {rate}")
    return None


def _absent(seen: Seen, *names: str) -> Decision | None:
    """Return that the running SDK has none of some callbacks, where it said which it has."""
    present = _options(seen).get("callbacks")
    if not isinstance(present, list) or {*names} & {*map(str, present)}:
        return None
    return Decision(holds=None, fact=f"the running application sets no {names[0]}")


def _sampler(seen: Seen, reading: Reading) -> Decision | None:
    """A sampler was asked as a web request, a task and a command ask it; each answer has to be a rate."""
    rates = _rates(seen)
    odd = next(((kind, answer) for kind, answer in rates.items() if not _is_rate(answer)), None)
    if odd is not None:
        said = odd[1].get("raised") if isinstance(odd[1], dict) else odd[1]
        return Decision(holds=False, fact=f"the traces_sampler returns {said} for {odd[0]}, which is not a rate")
    if {"web", "worker", "command"} <= rates.keys():
        return Decision(
            holds=True, fact=f"the traces_sampler answers {', '.join(f'{k} {v}' for k, v in rates.items())}"
        )
    return _absent(seen, "traces_sampler")


def _before_send(seen: Seen, reading: Reading) -> Decision | None:
    if "before_send" not in (_options(seen).get("callbacks") or []):
        # Its own processors of every event are read as a before_send is.
        own = _options(seen).get("processors")
        return _absent(seen, "before_send", "before_send_transaction") if own == [] else None
    if _arrived(seen, "view") and _arrived(seen, "logged"):
        return Decision(holds=True, fact="before_send let an exception and a logged error through", overrules=False)
    answers = mapping(mapping(seen, "answers"), "before_send")
    said = [answers[kind] for kind in ("view", "logged") if kind in answers]
    # What it kept was lost elsewhere: the application may refuse connections to this machine.
    if not _arrived(seen, "view") and not _arrived(seen, "logged") and said and "kept" not in said:
        return Decision(holds=False, fact="neither an exception nor a logged error passed before_send")
    return None


def _debug(seen: Seen, reading: Reading) -> Decision | None:
    debug = mapping(seen, "observations").get("debug")
    return Decision(holds=not debug, fact=f"DEBUG is {debug}") if isinstance(debug, bool) else None


def _logged(seen: Seen, reading: Reading) -> Decision | None:
    arrived = _arrived(seen, "logged") > 0
    if not _options(seen) or not (arrived or _arrived(seen, "view")):
        return None
    fact = "a logged error arrived" if arrived else "a logged error did not arrive"
    return Decision(holds=arrived, fact=fact, overrules=False)


def _not_swallowed(seen: Seen, reading: Reading) -> Decision | None:
    if _arrived(seen, "view"):
        fact = "an exception in a view passed through every middleware and arrived"
        return Decision(holds=True, fact=fact, overrules=False)
    answered = "protocol" in mapping(seen, "observations") and not mapping(seen, "observations").get("reached")
    if (
        _options(seen) and _arrived(seen, "logged") and not answered
    ):  # a request that something answered before the view
        return Decision(holds=False, fact="an exception in a view did not arrive, though a logged error did")
    return None


def _noise(seen: Seen, reading: Reading) -> Decision | None:
    """A host that the application refuses (400) is what scanners cause all day; Django logs it as an error.

    A filter that reading found may be for noise of another kind: that this one arrives says nothing against it.
    """
    status = str(_observed(seen, "disallowed-host").get("status") or "")
    if not status.startswith("400"):
        return None
    noise = [what for kind, what in (("disallowed-host", "refused hosts"), ("missing", "404s")) if _arrived(seen, kind)]
    if noise and reading.outcome is Outcome.PASS:
        return None
    if noise:
        return Decision(holds=False, fact=f"{' and '.join(noise)} arrive as events")
    if not _arrived(seen, "view"):
        return None
    return Decision(holds=True, fact="neither a refused host nor a 404 arrived as an event")


def _workers(seen: Seen, reading: Reading) -> Decision | None:
    """What fails outside of a request, as a command and a task do, has to arrive too."""
    asked = {"command": "a failing command", "task": "a failing task"}
    seen_kinds = [kind for kind in asked if _observed(seen, kind)]
    silent = [asked[kind] for kind in seen_kinds if not _arrived(seen, kind)]
    if silent and _arrived(seen, "view"):
        return Decision(holds=False, fact=f"the error of {' and of '.join(silent)} did not arrive")
    if seen_kinds and not silent:
        fact = f"the error of {' and of '.join(asked[k] for k in seen_kinds)} arrived"
        return Decision(holds=True, fact=fact, overrules=False)
    return None


def _user(seen: Seen, reading: Reading) -> Decision | None:
    """The request had a user with a name and an address; whatever the event contains of them was sent.

    What another place of the code passes to `set_user` was not called: only a pass is confirmed.
    """
    if not _arrived(seen, "view") or not mapping(seen, "observations").get("user"):
        return None
    left = [str(kind) for kind in mapping(seen, "observations").get("left") or []]
    personal = [kind for kind in left if kind in ("ip_address", *_OF_USERS)]
    if personal:
        return Decision(holds=False, fact=f"an event carried the user's {' and '.join(personal)}")
    if reading.outcome is not Outcome.PASS:
        return None
    return Decision(holds=True, fact="an event carried neither name nor address of the request's user")


def continued(backends: Iterable[Seen]) -> Decision | None:
    """Decide whether each backend that ran continues an incoming trace; None where one did not show it."""
    found = [(s.get("name") or s.get("root"), mapping(s, "observations").get("trace-continued")) for s in backends]
    cut = [str(name) for name, answer in found if answer is False]
    if cut:
        return Decision(
            holds=False, fact=f"{' and '.join(cut)} starts a new trace instead of continuing the incoming one"
        )
    if found and all(answer is True for _, answer in found):
        return Decision(holds=True, fact="the backend continues an incoming trace", proves=True)
    return None


DECIDERS: dict[str, Callable[[Seen, Reading], Decision | None]] = {
    "sdk-initialized": _initialized,
    "sdk-options-valid": _loaded,
    "integrations-installed": _loaded,
    "dsn-configured": _dsn,
    "environment-set": _environment,
    "environment-explicit": _explicit,
    "release-consistent": _release,
    "pii-off": _pii,
    "user-context-minimal": _user,
    "tracing-enabled": _tracing,
    "sampling-sensible": _sensible,
    "traces-sampler-safe": _sampler,
    "before-send-safe": _before_send,
    "noise-filtered": _noise,
    "debug-off": _debug,
    "logging-captured": _logged,
    "exceptions-not-swallowed": _not_swallowed,
    "init-covers-workers": _workers,
}
"""What each item asks of a run; None decides nothing."""
