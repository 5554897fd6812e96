"""The filters between an event and Sentry: what `before_send` and its like do to the events that production makes."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct

from checks.model import (
    Evidence,
    Finding,
    Verdict,
    failed,
    failed_or_unknown,
    in_repository,
    not_applicable,
    passed,
    unknown,
)
from checks.parsers.flow import Function, call_name, falls_through, parameters, returns
from checks.parsers.position import line_of
from checks.production.origins import Literal, origin
from checks.production.traced import CHANCE, CLOCK, HOST, Given, Loss
from checks.production.trial import Keys, Trial, call_with
from checks.production.values import External, Instance, Known, Partial, Suspended, Value
from checks.production.values import Function as Produced
from checks.repository.facts import Facts
from checks.targets.applicability import (
    InitializedBackend,
    Option,
    application_modules,
    each_initialized,
    find_function,
    place_of,
    unparsed_module_verdict,
)
from checks.targets.reached_routes import Routes

_PROCESSOR = "the event processor"
_FILTERS = ("before_send", "before_send_transaction", "before_breadcrumb", "before_send_log")

_ALWAYS: dict[str, str | None] = dict.fromkeys(
    (
        "event_id",
        "timestamp",
        "level",
        "contexts",
        "environment",
        "release",
        "server_name",
        "sdk",
        "modules",
        "extra",
        "breadcrumbs",
        "transaction",
        "transaction_info",
        "trace",
        "threads",
    )
) | {"platform": "python"}
"""Keys of every event of the SDK; only some setups lack one, which is not reported.

See https://develop.sentry.dev/sdk/data-model/event-payloads/ for the keys, of which most are optional.
"""
_WEB: dict[str, str | None] = dict.fromkeys(("request", "user", "tags"))
_IN_A_REQUEST, _IN_A_TASK = "an exception in a request", "an exception in a task or command"
_SURELY = {CHANCE: "at random", CLOCK: "by the time at which they are raised"}
_EXCEPTIONS = (_IN_A_REQUEST, _IN_A_TASK)
_MODELS: dict[str, dict[str, tuple[Keys, Keys]]] = {
    "before_send": {
        _IN_A_REQUEST: (_ALWAYS | _WEB | {"exception": None, "level": "error"}, {"exc_info": None}),
        _IN_A_TASK: (_ALWAYS | {"exception": None, "level": "error"}, {"exc_info": None}),
        "a logged error": (
            _ALWAYS | {"logger": None, "logentry": None, "level": "error"},
            {"log_record": None},
        ),
        "a captured message": (_ALWAYS | {"message": None}, {}),
    },
    "before_send_transaction": {
        "a transaction of a request": (
            _ALWAYS | _WEB | {"type": "transaction", "spans": None, "start_timestamp": None, "measurements": None},
            {},
        ),
        "a transaction of a task": (
            _ALWAYS | {"type": "transaction", "spans": None, "start_timestamp": None, "measurements": None},
            {},
        ),
    },
}
"""What a filter is given, by option: the event's and the hint's keys.

Only an exception has `exc_info`, only a logged record has `logger` and `log_record`
(https://docs.sentry.io/platforms/python/configuration/filtering/hints/). The SDK catches what a filter raises, and
drops the event (`capture_internal_exceptions` in https://github.com/getsentry/sentry-python/blob/2.75.0/sentry_sdk/client.py).
"""


class Filter(Struct, frozen=True, kw_only=True):
    """The function that an option names, its file, what came of calling it with each kind of event, and what `partial` gives it."""

    path: str
    function: Function
    trials: dict[str, Trial]
    preset: Partial | None = None


def _left(function: Function, preset: Partial | None) -> list[str]:
    """Return the parameters that a function is not given yet by `functools.partial`."""
    names = parameters(function)
    return names if preset is None else [n for n in names[len(preset.given) :] if n not in preset.named]


def before_send_safe(facts: Facts) -> Sequence[Verdict]:
    """A `before_send` that forgets to return the event, or raises, silently drops errors.

    An event is a dictionary; the event of an exception has no `logger`, and the event of a logged error has no `exc_info`.

    To fix: read with `.get(…)`, end the function with `return event`, and return None only where an event is really unwanted.
    """
    return each_initialized(facts, _before_send_safe)


def _before_send_safe(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    uncertainties: list[Finding] = []
    for name in _FILTERS:
        for option in found.options(name):
            if isinstance(option.value, Literal) and option.value.value is None:
                continue
            located = _filter(facts, found, name, option)
            if located is None:
                message = f"the {name} `{ast.unparse(option.node)}` is not found in this repository"
                hint = "define it next to the settings"
                uncertainties.append(Finding(message=message, **place_of(facts, option), hint=hint))
                continue
            problems = _shape_problems(name, located) or _trial_problems(name, located)
            uncertainty = None if problems else _uncertainty(name, located)
            findings += problems
            if uncertainty is not None:
                uncertainties.append(uncertainty)
            elif not problems:
                fact = f"{name} returns the event on every path"
                evidence.append(in_repository(fact, located.path, line_of(located.function)))
    for option in _processors(found):
        located = _filter(facts, found, "before_send", option)
        problems = (_shape_problems(_PROCESSOR, located) or _trial_problems(_PROCESSOR, located)) if located else []
        uncertainty = _uncertainty(_PROCESSOR, located) if located and not problems else None
        findings += problems
        uncertainties += [uncertainty] if uncertainty is not None else []
        if located is not None and not problems and uncertainty is None:
            evidence.append(in_repository(f"{_PROCESSOR} returns the event on every path", option.path, option.line))
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence, target=target)
    if decided is not None:
        return decided
    if evidence:
        return passed(*evidence, target=target)
    return not_applicable("no before_send is set", target=target)


def _processors(found: InitializedBackend) -> list[Option]:
    """Return the repository's functions that the SDK gives every event besides `before_send`."""
    machine = found.chain.machine
    given = [b for b in machine.processors if isinstance(b.value, Produced)] if machine is not None else []
    functions = [b.value for b in given if isinstance(b.value, Produced)]
    names = [ast.copy_location(ast.Name(id=getattr(f.node, "name", "<lambda>")), f.node) for f in functions]
    return [
        Option(node=n, value=origin(f, n), produced=f, path=f.path, line=line_of(n))
        for f, n in zip(functions, names, strict=True)
    ]


def _filter(facts: Facts, found: InitializedBackend, name: str, option: Option) -> Filter | None:
    produced = option.produced
    machine = found.chain.machine
    if isinstance(produced, Instance) and machine is not None:
        member = machine.class_member(produced.of, "__call__")
        own = member[0].value if member is not None else None
        if member is not None and isinstance(own, Produced):
            produced = Produced(own.node, own.path, own.scopes, produced, member[1])
    preset = produced if isinstance(produced, Partial) else None
    produced = preset.function if preset is not None else produced
    if isinstance(produced, Produced) and machine is not None:
        left = _left(produced.node, preset)
        models = _of_production(found, _MODELS.get(name, {})) if len(left) >= 2 else {}
        trials = {kind: call_with(machine, produced, given, preset) for kind, given in models.items()}
        return Filter(path=produced.path, function=produced.node, trials=trials, preset=preset)
    if isinstance(option.node, ast.Lambda):
        return Filter(path=option.path, function=option.node, trials={})
    named = option.node.id if isinstance(option.node, ast.Name) else getattr(option.node, "attr", "")
    located = find_function(facts, option.path, named, found.chain) if named else None
    return Filter(path=located[0], function=located[1], trials={}) if located else None


def _of_production(found: InitializedBackend, models: dict[str, tuple[Keys, Keys]]) -> dict[str, tuple[Keys, Keys]]:
    """Return what a filter is given where the environment's name is known that `init` is given."""
    option, machine = found.option("environment"), found.chain.machine
    plain = machine.plain(option.produced) if option is not None and machine is not None else None
    if plain is None or not isinstance(plain.value, str):
        return models
    return {kind: ({**event, "environment": plain.value}, hint) for kind, (event, hint) in models.items()}


def _shape_problems(name: str, located: Filter) -> list[Finding]:
    """Return what is wrong with a filter for any input: its parameters, an end without a return, odd values."""
    path, function = located.path, located.function
    line = line_of(function)
    names = _left(function, located.preset)
    if len(names) < 2 and function.args.vararg is None:
        message = f"{name} takes {len(names)} of the 2 arguments it is called with: it raises for every event"
        return [Finding(message=message, path=path, line=line, hint=f"write `def {name}(event, hint):`")]
    found = returns(function)
    kept = [v for v, _ in found if v is not None and not (isinstance(v, ast.Constant) and not v.value)]
    if not kept:
        return [Finding(message=f"{name} drops every event", path=path, line=line, hint="return the event at its end")]
    if falls_through(function):
        message = f"{name} can end without a return: those events are dropped"
        return [Finding(message=message, path=path, line=line, hint="return the event at its end")]
    return [
        Finding(
            message=f"{name} returns {ast.unparse(v)}, which is not an event",
            path=path,
            line=at,
            hint="return the event",
        )
        for v, at in found
        if isinstance(v, ast.Constant) and v.value is not None
    ]


def _trial_problems(name: str, located: Filter) -> list[Finding]:
    """Return what went wrong when the filter was called: what it raises, or that production loses every event."""
    findings: dict[tuple[str, int], Finding] = {}
    for kind, trial in located.trials.items():
        for raised in trial.raised:
            findings.setdefault(
                (raised.message, raised.line),
                Finding(
                    message=f"{name} drops {kind}: {raised.message}",
                    path=raised.path,
                    line=raised.line,
                    hint="read it with .get(…), or check first that it exists",
                ),
            )
    if findings:
        return list(findings.values())
    if located.trials and all(t.gives_nothing for t in located.trials.values()):
        line = line_of(located.function)
        message = f"{name} drops every event in production"
        return [Finding(message=message, path=located.path, line=line, hint="return the event where DEBUG is off")]
    exceptions = {kind: located.trials[kind] for kind in _EXCEPTIONS if kind in located.trials}
    lost = [kind for kind, t in exceptions.items() if t.gives_nothing]
    if lost:
        which = "unhandled exception" if len(lost) == len(exceptions) else lost[0].removeprefix("an ")
        message = f"{name} drops every {which} in production"
        hint = "return the event of an exception: its level is `error`, and it has no `logger`"
        return [Finding(message=message, path=located.path, line=line_of(located.function), hint=hint)]
    odd = next((v for t in located.trials.values() for v in t.odd), None)
    if odd is not None:
        said = repr(odd.value) if isinstance(odd, Known) else "its second argument"
        if isinstance(odd, Suspended):
            said = f"a {odd.kind}"
        elif isinstance(odd, Given):
            said = f"the event's `{odd.expression}`"
        message = f"{name} returns {said}, which is not an event"
        return [Finding(message=message, path=located.path, line=line_of(located.function), hint="return the event")]
    sure = dict.fromkeys(loss for t in exceptions.values() for loss in t.losses if loss.by in _SURELY and loss.alone)
    hint = "let what the event says decide, or set `sample_rate` in init()"
    return [
        Finding(message=f"{name} drops exceptions {_SURELY[c.by]}: `{c.test}`", path=c.path, line=c.line, hint=hint)
        for c in sure
    ]


def _uncertainty(name: str, located: Filter) -> Finding | None:
    """Return what cannot be determined of a filter: a value that code outside of the repository gives."""
    line, path = line_of(located.function), located.path
    plain = ("staticmethod", "classmethod")
    decorators = [d for d in getattr(located.function, "decorator_list", []) if ast.unparse(d) not in plain]
    if decorators:
        message = f"what the decorator `{ast.unparse(decorators[0])}` does to {name} cannot be determined"
        return Finding(message=message, path=path, line=line, hint="remove the decorator")
    for trial in located.trials.values():
        if not trial.whole:
            message = f"{name} is too long to be followed"
            return Finding(message=message, path=path, line=line, hint="return the event at its end")
        if trial.unclear is not None:
            message = f"{name} returns `{trial.unclear.expression}`, which cannot be determined here"
            return Finding(message=message, path=path, line=trial.unclear.line, hint="return the event itself")
    for kind, trial in located.trials.items():
        for loss in trial.losses if kind in _EXCEPTIONS else ():
            return _unclear_loss(name, loss)
    return None


def _unclear_loss(name: str, loss: Loss) -> Finding:
    """Return what is not known of an answer that may be nothing, whatever the event is."""
    message = f"whether {name} drops exceptions cannot be determined: `{loss.by}` decides"
    hint = "let what the event says decide"
    if loss.by == "error":
        message, hint = f"{name} drops an event where this handler is reached", "return the event in the handler"
    elif loss.by == HOST:
        message = f"whether {name} drops exceptions depends on the host: `{loss.test}`"
    elif loss.by in _SURELY:
        message = f"whether {name} drops exceptions {_SURELY[loss.by]} cannot be determined: `{loss.test}`"
    return Finding(message=message, path=loss.path, line=loss.line, hint=hint)


def noise_filtered(facts: Facts) -> Sequence[Verdict]:
    """Errors that no one will fix (wrong Host headers, broken pipes) use quota and hide the ones that matter.

    To fix: set `ignore_errors`, `ignore_logger("the.logger.name")`, or a `before_send` that drops them.
    """
    return each_initialized(facts, _noise_filtered)


def _is_every_error(value: Value) -> bool:
    """Tell whether an entry of `ignore_errors` is the base of all exceptions (a text is compared with the class alone)."""
    return isinstance(value, External) and value.name in ("builtins.Exception", "builtins.BaseException")


def _noise_hint(found: InitializedBackend) -> str:
    known = found.backend.facts
    if found.backend.is_django or not known.noise:
        named = "django.security.DisallowedHost" if found.backend.is_django else "the.logger.name"
        return f'call ignore_logger("{named}"), or set ignore_errors'
    return f"set ignore_errors=[{known.noise!r}], or call ignore_logger()"


def _noise_filtered(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    evidence = []
    noop: Filter | None = None
    uncertainty: Option | None = None
    for name in ("ignore_errors", "error_sampler", "sample_rate"):
        option = found.option(name)
        if option is None:
            continue
        items = found.chain.machine.items(option.produced) if found.chain.machine is not None else None
        empty = items is not None and not items.items and not items.open
        off = isinstance(option.produced, Known) and option.produced.value in (None, 0, 1, ())
        everything = (
            name == "ignore_errors" and items is not None and any(_is_every_error(b.value) for b in items.items)
        )
        if everything:
            message = f"ignore_errors holds `{ast.unparse(option.node)[:80]}`: the SDK drops every exception"
            hint = "name the exceptions that are noise"
            return failed(Finding(message=message, **place_of(facts, option), hint=hint), target=target)
        if not empty and not off:
            evidence.append(in_repository(f"{name} filters events", option.path, option.line))
    sender = found.option("before_send")
    if sender is not None and not (isinstance(sender.value, Literal) and sender.value.value is None):
        located = _filter(facts, found, "before_send", sender)
        trials = list(located.trials.values()) if located else []
        if located and any(t.may_give_nothing for t in trials):
            evidence.append(in_repository("before_send filters events", sender.path, sender.line))
        elif located and trials and all(t.gives_first and not t.raised for t in trials):
            noop = located
        else:
            uncertainty = sender
    modules = list(application_modules(facts, found.backend, "ignore_logger"))
    reached = Routes(modules=modules, machine=found.chain.machine, find=lambda path, dotted, level: None)
    for path, module in modules:
        for node in module.nodes:
            called = isinstance(node, ast.Call) and call_name(node) == "ignore_logger"
            if called and reached.around(path, node)[0] is not False:
                evidence.append(in_repository("ignore_logger filters events", path, line_of(node)))
    if evidence:
        return passed(*evidence, target=target)
    if found.opaque_last is not None:
        return found.unfollowed(found.opaque_last)
    open_one = unparsed_module_verdict(facts, found.backend, "ignore_logger")
    if open_one is not None:
        return open_one
    if uncertainty is not None:
        return unknown(
            f"whether before_send `{ast.unparse(uncertainty.node)}` drops any event cannot be determined",
            path=uncertainty.path,
            line=uncertainty.line,
            hint=_noise_hint(found),
            target=target,
        )
    example = "requests with a wrong Host header" if found.backend.is_django else found.backend.facts.noise
    message = "no filter drops noise" + (f", such as {example}" if example else "")
    return failed(
        Finding(
            message=message if noop is None else f"{message}: before_send returns every event",
            path=noop.path if noop else found.last.path,
            line=line_of(noop.function) if noop else found.last.call.line,
            hint=_noise_hint(found),
        ),
        target=target,
    )
