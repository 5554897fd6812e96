"""Whether traces are sampled: a valid rate, one that fits, and a sampler that always answers."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from packaging.version import Version

from checks.model import Finding, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers.flow import Function, falls_through, returns
from checks.parsers.position import line_of
from checks.production.origins import EnvRead, Literal
from checks.production.values import Known
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.sdk_options import LATEST
from checks.targets.applicability import InitializedBackend, Option, each_initialized, find_function, place_of
from checks.targets.samplers import answers, unguarded_reads
from checks.targets.traced import every_trace, is_none, number, rate_of, sampler_of, tracing_of

_CAUGHT = Version("2.67")
"""From this version on, an exception in a traces_sampler is caught and the trace dropped."""


def tracing_enabled(facts: Facts) -> Sequence[Verdict]:
    """Without a valid sample rate no performance data is recorded, and an invalid one is discarded with a log line only.

    A rate read from the environment is a string until `float()` converts it; a string or a rate above 1 drops every trace.

    To fix: set `traces_sample_rate=0.1`, or `float(os.environ.get("SENTRY_TRACES_SAMPLE_RATE", "0.1"))`.
    """
    return each_initialized(facts, tracing_of)


def sampling_sensible(facts: Facts) -> Sequence[Verdict]:
    """Recording every trace uses quota and shows no more than a sample; a sampler that ignores its parent cuts traces in two.

    To fix: sample 0.05 to 0.2 in production, and let a `traces_sampler` return `parent_sampled` when it is set.
    """
    return each_initialized(facts, _sampling_sensible)


def _sampling_sensible(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    errors = found.option("sample_rate")
    machine = found.chain.machine
    rate_of_errors = machine.resolved(errors.produced) if errors is not None and machine is not None else None
    if errors is not None and isinstance(rate_of_errors, Known) and rate_of_errors.value in (0, False):
        return failed(
            Finding(
                message=f"sample_rate is {rate_of_errors.value}: no error arrives",
                path=errors.path,
                line=errors.line,
                hint="remove sample_rate: every error is sent without it",
            ),
            target=target,
        )
    sampler = sampler_of(found)
    if sampler is not None:
        return _sampler_sensible(facts, found, sampler)
    option = found.option("traces_sample_rate")
    if option is None or (isinstance(option.value, Literal) and option.value.value is None):
        every = every_trace(found)
        if every is None:
            return not_applicable("tracing is off (see tracing-enabled)", target=target)
        message, hint = "enable_tracing records every trace", "set `traces_sample_rate=0.1` instead"
        return failed(Finding(message=message, **place_of(facts, every), hint=hint), target=target)
    rate: object = None
    where = (option.path, option.line)
    if isinstance(option.value, Literal):
        rate = option.value.value
    elif isinstance(option.value, EnvRead):
        declared = [
            d.variables[option.value.name]
            for d in deployments_of_backend(facts, found.backend.root)
            if option.value.name in d.variables and d.variables[option.value.name].value is not None
        ]
        if declared:
            rate, where = rate_of(option, option.value, declared[0].value or ""), (declared[0].path, declared[0].line)
        elif option.value.default is not None:
            rate = number(option.value.default)
    if not isinstance(rate, (int, float)):
        return unknown(
            "the rate cannot be determined here",
            **place_of(facts, option),
            hint="run with `--online` to see how much is recorded",
            target=target,
        )
    if rate >= 1 or rate <= 0:
        what = "every trace is recorded" if rate >= 1 else "no trace is started, but those of the frontend continue"
        return failed(
            Finding(
                message=f"traces_sample_rate is {rate}: {what}",
                path=where[0],
                line=where[1],
                hint="sample 0.05 to 0.2 in production",
            ),
            target=target,
        )
    return passed(in_repository(f"traces_sample_rate is {rate}", *where), target=target)


def _sampler_sensible(facts: Facts, found: InitializedBackend, option: Option) -> Verdict:
    target = found.backend.target
    located = _sampler_function(facts, found, option)
    if located is None:
        return _sampler_not_found(facts, option, found)
    path, function = located
    findings = []
    line = line_of(function)
    text = ast.unparse(function)
    given = answers(found, option)
    if "parent_sampled" not in text:
        findings.append(
            Finding(
                message="the traces_sampler ignores `parent_sampled`, so traces that begin in the browser are interrupted",
                path=path,
                line=line,
                hint='return sampling_context["parent_sampled"] when it is not None',
            )
        )
    every = given is not None and bool(given.rates) and all(r >= 1 for r in given.rates)
    if every or all(isinstance(v, ast.Constant) and v.value in (1, True) for v, _ in returns(function)):
        findings.append(
            Finding(
                message="the traces_sampler records every trace",
                path=path,
                line=line,
                hint="return a smaller rate, such as 0.1",
            )
        )
    unguarded = unguarded_reads(function)
    if unguarded and _version(found) >= _CAUGHT:
        findings.append(
            Finding(
                message=f"`{unguarded[0][0]}` is missing outside web requests: those traces are dropped silently",
                path=path,
                line=unguarded[0][1],
                hint='use .get("wsgi_environ") or {}',
            )
        )
    if findings:
        return failed(*findings, target=target)
    return passed(in_repository("the traces_sampler follows its parent", path, line), target=target)


def traces_sampler_safe(facts: Facts) -> Sequence[Verdict]:
    """A traces_sampler runs for every request, task and command; one that raises breaks them (SDK before 2.67).

    Only a web request has `wsgi_environ`: reading it by subscript raises KeyError in a Celery task or a management command.

    To fix: read with `.get("wsgi_environ") or {}`, and return a number on every path.
    """
    return each_initialized(facts, _traces_sampler_safe)


def _traces_sampler_safe(facts: Facts, found: InitializedBackend) -> Verdict:
    target = found.backend.target
    options = [o for o in found.options("traces_sampler") if not is_none(o)]
    if not options:
        return not_applicable("no traces_sampler is set", target=target)
    evidence = []
    findings = []
    for option in options:
        located = _sampler_function(facts, found, option)
        if located is None:
            return _sampler_not_found(facts, option, found)
        path, function = located
        if falls_through(function):
            message = "the traces_sampler can end without a return: those traces are dropped"
            findings.append(
                Finding(message=message, path=path, line=line_of(function), hint="return a rate at the end")
            )
        for value, line in returns(function):
            bare = value is None or (isinstance(value, ast.Constant) and not isinstance(value.value, (int, float)))
            if bare:
                what = ast.unparse(value) if value is not None else "nothing"
                message = f"the traces_sampler returns {what}, which is not a rate"
                findings.append(Finding(message=message, path=path, line=line, hint="return a number from 0 to 1"))
        given = answers(found, option)
        if given is not None and not findings:
            findings += [
                Finding(
                    message=f"the traces_sampler returns {odd}, which is not a rate",
                    path=path,
                    line=line_of(function),
                    hint="return a number from 0 to 1",
                )
                for odd in given.odd
            ]
        raised = given.raised if given is not None and not findings else None
        if raised is not None and (_version(found) < _CAUGHT or not unguarded_reads(function)):
            message = f"the traces_sampler never returns a rate: {raised.message}"
            hint = "return a rate on every path"
            findings.append(Finding(message=message, path=raised.path, line=raised.line, hint=hint))
        if _version(found) < _CAUGHT:
            findings += [
                Finding(
                    message=f"`{key}` is missing outside web requests: the sampler raises, and breaks tasks and commands",
                    path=path,
                    line=line,
                    hint='use .get("wsgi_environ") or {}',
                )
                for key, line in unguarded_reads(function)
            ]
        evidence.append(in_repository("the traces_sampler returns a rate on every path", path, line_of(function)))
    if findings:
        return failed(*findings, target=target)
    return passed(*evidence, target=target)


def _version(found: InitializedBackend) -> Version:
    return found.version.assumed if found.version else LATEST


def _sampler_not_found(facts: Facts, option: Option, found: InitializedBackend) -> Verdict:
    return unknown(
        f"the traces_sampler `{ast.unparse(option.node)}` is not found in this repository",
        **place_of(facts, option),
        hint="define it next to the settings",
        target=found.backend.target,
    )


def _sampler_function(facts: Facts, found: InitializedBackend, option: Option) -> tuple[str, Function] | None:
    if isinstance(option.node, ast.Lambda):
        return option.path, option.node
    name = option.node.id if isinstance(option.node, ast.Name) else getattr(option.node, "attr", "")
    return find_function(facts, option.path, name, found.chain) if name else None
