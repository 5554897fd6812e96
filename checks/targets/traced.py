"""Whether a backend samples traces."""

from __future__ import annotations

from checks.model import Finding, Verdict, failed, in_repository, passed, unknown
from checks.production.core import PYTHON_ERRORS
from checks.production.origins import EnvRead, Literal
from checks.production.steps import CannotTell, apply_steps
from checks.production.values import FromEnvironment, members
from checks.production.values import Value as Produced
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.targets.applicability import InitializedBackend, Option, place_of
from checks.targets.samplers import answers

_OFF = "neither traces_sample_rate nor traces_sampler is set: tracing is off"


def tracing_of(facts: Facts, found: InitializedBackend) -> Verdict:
    """Decide whether one backend samples traces."""
    target = found.backend.target
    sampler = sampler_of(found)
    given = answers(found, sampler) if sampler is not None else None
    if sampler is not None and given is not None and given.whole and not any(given.rates):
        message = "the traces_sampler returns 0 for every trace of production"
        hint = "return a rate above 0, e.g. 0.1"
        return failed(Finding(message=message, path=sampler.path, line=sampler.line, hint=hint), target=target)
    if sampler is not None:
        return passed(in_repository("a traces_sampler decides the rate", sampler.path, sampler.line), target=target)
    option = found.option("traces_sample_rate")
    last = found.last
    if option is None or (isinstance(option.value, Literal) and option.value.value is None):
        if found.opaque_last is not None:
            return found.unfollowed(found.opaque_last, "write `traces_sample_rate` in the call")
        every = every_trace(found)
        if every is not None:
            return passed(in_repository("enable_tracing sets the rate to 1.0", every.path, every.line), target=target)
        return failed(
            Finding(
                message=_OFF if option is None else "traces_sample_rate is None: tracing is off",
                path=last.path,
                line=last.call.line,
                hint="set `traces_sample_rate=0.1`",
            ),
            target=target,
        )
    if isinstance(option.value, Literal):
        problem = _rate_problem(option.value.value)
        if problem:
            return _fail(facts, option, problem, found)
        return passed(
            in_repository(f"traces_sample_rate is {option.value.value}", option.path, option.line), target=target
        )
    if not isinstance(option.value, EnvRead):
        return unknown(
            f"traces_sample_rate is `{option.value.source}`, which cannot be determined here",
            **place_of(facts, option),
            hint="write the rate, or read it with float(os.environ…)",
            target=target,
        )
    return _from_environment(facts, found, option, option.value)


def _from_environment(facts: Facts, found: InitializedBackend, option: Option, read: EnvRead) -> Verdict:
    target = found.backend.target
    converted = _converted(option.produced)
    if converted is False:
        return _fail(facts, option, f"`{read.name}` stays a string: float() is missing", found)
    if converted is None:
        return unknown(
            f"whether `{read.name}` becomes a number cannot be determined",
            **place_of(facts, option),
            hint="read it with float(…)",
            target=target,
        )
    declared = [
        d.variables[read.name] for d in deployments_of_backend(facts, found.backend.root) if read.name in d.variables
    ]
    values = [(d.value, d.path, d.line) for d in declared if d.value is not None]
    for value, path, line in values:
        problem = _rate_problem(rate_of(option, read, value))
        if problem:
            return failed(Finding(message=f"`{read.name}`: {problem}", path=path, line=line), target=target)
    if values:
        return passed(
            in_repository(f"`{read.name}` is {values[0][0]}", values[0][1], values[0][2]),
            in_repository(f"`{read.name}` becomes the rate", option.path, option.line),
            target=target,
        )
    problem = _rate_problem(number(read.default)) if read.default is not None else None
    if read.default is None or problem:
        default = "has no default" if read.default is None else f"defaults to {read.default}"
        return unknown(
            f"`{read.name}` {default}, and its deployed value cannot be seen",
            **place_of(facts, option),
            hint="declare the rate where it deploys",
            target=target,
        )
    return passed(
        in_repository(f"traces_sample_rate is `{read.name}`, default {read.default}", option.path, option.line),
        target=target,
    )


def _fail(facts: Facts, option: Option, problem: str, found: InitializedBackend) -> Verdict:
    return failed(
        Finding(
            message=f"traces_sample_rate: {problem}",
            **place_of(facts, option),
            hint="use a number above 0, up to 1",
        ),
        target=found.backend.target,
    )


def rate_of(option: Option, read: EnvRead, text: str) -> object:
    """Return the rate that the code makes of a variable's text, with all that is done to it; where that fails, the text."""
    made = next((m for m in members(option.produced) if isinstance(m, FromEnvironment) and m.name == read.name), None)
    try:
        found = apply_steps(text, made.cast) if made is not None else text
    except (CannotTell, *PYTHON_ERRORS):
        found = text
    return number(found) if isinstance(found, str) else found


def number(text: str) -> object:
    """Return the number that a text is, else the text."""
    try:
        return float(text)
    except ValueError:
        return text


def _rate_problem(value: object) -> str | None:
    """Return why a rate starts no traces (https://docs.sentry.io/platforms/python/configuration/options/#traces_sample_rate)."""
    if not isinstance(value, (int, float)):
        return (
            f"{value!r} is a string, so every trace is dropped"
            if isinstance(value, str)
            else f"{value!r} is not a number"
        )
    if value > 1 or value < 0:
        return f"{value} is outside 0 to 1, so every trace is dropped"
    return "0 starts no trace, but continues those of the frontend" if value == 0 else None


def _converted(produced: Produced) -> bool | None:
    """Return whether an environment read becomes a number; None when that cannot be determined."""
    reads = [v for v in members(produced) if isinstance(v, FromEnvironment)]
    steps = [name for read in reads[:1] for name, _ in read.cast]
    if any(name in ("float", "int", "min", "max", "round") for name in steps):
        return True
    return False if all(name in ("strip", "or", "str", "lower") for name in steps) else None


def every_trace(found: InitializedBackend) -> Option | None:
    """Return `enable_tracing=True`, which stands for a rate of 1.0 where no other rate is given (tried with sentry-sdk 2.75.0)."""
    option = found.option("enable_tracing")
    return option if option is not None and isinstance(option.value, Literal) and option.value.value is True else None


def is_none(option: Option) -> bool:
    """Return whether an option is written as None."""
    return isinstance(option.value, Literal) and option.value.value is None


def sampler_of(found: InitializedBackend) -> Option | None:
    """Return the option `traces_sampler`, where it is not None."""
    option = found.option("traces_sampler")
    return None if option is None or is_none(option) else option
