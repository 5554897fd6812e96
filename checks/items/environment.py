"""Whether the DSN is read from the environment and declared where the backend is deployed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from checks.hosts.cdk import given_by_stack
from checks.hosts.image_env import OF_IMAGES, given_by_images
from checks.model import Evidence, Finding, Outcome, Verdict, failed, in_repository, in_sentry, passed, unknown
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.production.origins import Literal, Unresolved
from checks.repository.backends import Backend
from checks.repository.deployment import Deployment
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.settings import LocatedInit, settings_chain
from checks.sentry_api.dsn import is_placeholder, parse_dsn
from checks.sentry_api.snapshot import ProjectSnapshot
from checks.targets.counted import not_declared
from checks.targets.declared import declared_in_ci
from checks.targets.dsn_reads import dsn_read
from checks.targets.initialized import decide_initialized, no_backend, unfollowed_init
from checks.targets.sign_off import sign_off_verdict


def dsn_configured(facts: Facts) -> Sequence[Verdict]:
    """Without a DSN the SDK is silently off; with a placeholder for one it raises an error at start.

    Two things are needed: code that reads the variable, and its declaration for each deployed environment, in a file that
    deploys (`render.yaml`, compose, fly.toml, app.json, CI, Kubernetes). An `.env` or `.env.example` declares nothing.

    To fix: declare `SENTRY_DSN` in the file that deploys, and keep its value as a secret (`sync: false` in render.yaml).
    """
    return [_with_reporting_environments(facts, b, _dsn_configured(facts, b)) for b in facts.backends] or no_backend()


def _with_reporting_environments(facts: Facts, backend: Backend, verdict: Verdict) -> Verdict:
    """Errors that each deployed environment sent within 30 days show that it has a DSN, where no file does."""
    project = facts.snapshot.projects.get(backend.name) if facts.snapshot else None
    if verdict.outcome is not Outcome.UNKNOWN or not isinstance(project, ProjectSnapshot):
        return verdict
    wanted = {d.environment for d in deployments_of_backend(facts, backend.root)} or {"production"}
    if not isinstance(project.environments, tuple) or not wanted <= set(project.environments):
        return verdict
    seen = ", ".join(sorted(wanted))
    return passed(
        *verdict.evidence, in_sentry(f"{seen} of {project.slug} reported within 30 days"), target=backend.target
    )


def _dsn_configured(facts: Facts, backend: Backend) -> Verdict:
    target = backend.target
    chain = settings_chain(facts, backend)
    if chain.problems:
        path, problem = chain.problems[0]
        return unknown(
            f"{path} cannot be read: {problem.message}",
            path=path,
            line=problem.line,
            hint="fix the syntax error",
            target=target,
        )
    found = dsn_read(chain)
    if found is None:
        initialized = decide_initialized(facts, backend)
        if initialized.outcome is not Outcome.FAIL:
            why = unfollowed_init(facts, backend)
            return unknown(
                f"the code that reads the DSN was not found: {why.message}",
                path=why.path if initialized.outcome is Outcome.PASS else None,
                line=why.line if initialized.outcome is Outcome.PASS else None,
                target=target,
                hint="set `backend.settings`",
            )
        return failed(
            Finding(
                message="nothing reads a DSN: the SDK is not initialized",
                path=backend.settings.path if backend.settings else None,
                hint="`sentry-setup apply sdk dsn --yes` sets both up",
            ),
            target=target,
        )
    located, value = found
    if isinstance(value, Literal):
        return _literal(value, located, backend)
    if isinstance(value, Unresolved):
        return unknown(
            f"the DSN is `{value.source}`, which cannot be determined here",
            path=located.path,
            line=value.line,
            target=target,
            hint="read it with os.environ",
        )
    if value.default and is_placeholder(value.default):
        return failed(
            Finding(
                message="the DSN's default is a placeholder: the SDK raises BadDsn at start",
                path=value.path,
                line=value.line,
                hint="remove the default",
            ),
            target=target,
        )
    evidence = [in_repository(f"`{value.name}` is read", value.path, value.line)]
    return _declared(facts, backend, value.name, evidence)


def _literal(value: Literal, located: LocatedInit, backend: Backend) -> Verdict:
    text = str(value.value)
    if text == "":
        message = "the DSN is empty: the SDK is off"
    elif is_placeholder(text):
        message = "the DSN is a placeholder: the SDK raises BadDsn at start"
    else:
        message = "the DSN is written in the code; no environment variable is read"
    finding = Finding(message=message, path=located.path, line=value.line, hint="read SENTRY_DSN from the environment")
    return failed(finding, target=backend.target)


def _declared(facts: Facts, backend: Backend, name: str, evidence: list[Evidence]) -> Verdict:
    target = backend.target
    deployments = deployments_of_backend(facts, backend.root)
    missing: list[Deployment] = []
    dashboards: list[Deployment] = []
    findings: list[Finding] = []
    of_image = given_by_images(facts, backend, name)
    if not deployments and of_image is not None and not _sound(of_image.value or ""):
        message = f"`{name}` in the image is {'a placeholder' if of_image.value else 'empty'}"
        hint = "remove it there, and set the project's DSN where the image runs"
        return failed(Finding(message=message, path=of_image.path, line=of_image.line, hint=hint), target=target)
    for deployment in deployments:
        declared = deployment.variables.get(name)
        # An image that leaves it empty lets a dashboard set it.
        if declared is None and of_image is not None and deployment.host in OF_IMAGES:
            declared = of_image if of_image.value or deployment.closed else None
        label = deployment.full_label
        if declared is None:
            (missing if deployment.closed else dashboards).append(deployment)
        elif declared.generated or (declared.value is not None and not _sound(declared.value)):
            empty = "generated by the host" if declared.generated else "a placeholder" if declared.value else "empty"
            findings.append(
                Finding(
                    message=f"`{name}` for {label} is {empty}",
                    path=declared.path,
                    line=declared.line,
                    hint="set it to the project's DSN, or store it as a secret",
                )
            )
        else:
            evidence.append(in_repository(f"`{name}` is declared for {label}", declared.path, declared.line))
    evidence += _doubled(facts, deployments)
    findings += not_declared(name, missing, deployments, hint="`sentry-setup apply dsn --yes` declares it")
    if findings:
        return failed(*findings, evidence=evidence, target=target)
    from_ci = declared_in_ci(facts, name)
    if not from_ci and (dashboards or not deployments):
        signed = sign_off_verdict(facts, "dsn-configured", dt.date.today())
        if signed.outcome is Outcome.PASS:
            return passed(*evidence, *signed.evidence, target=target)
    broken = next((d for d in dashboards if d.problem), None)
    if broken is not None and broken.problem is not None:
        return unknown(
            f"{broken.path} deploys the application, but cannot be read: {broken.problem.message}",
            path=broken.path,
            line=broken.line,
            evidence=evidence,
            target=target,
            hint="fix the file",
        )
    if dashboards and not from_ci:
        first = dashboards[0]
        return unknown(
            f"{first.gets_variables}, where `{name}` cannot be seen",
            path=first.path,
            line=first.line,
            evidence=evidence,
            target=target,
            hint="check it there, then run `sentry-setup sign-off dsn-configured --by NAME --note TEXT`",
        )
    stack = given_by_stack(facts, name) if not deployments and not from_ci else None
    if stack is not None:
        return unknown(
            f"`{name}` is given to containers of a CDK stack, and whether these run the backend is not followed",
            path=stack[0],
            line=stack[1],
            evidence=evidence,
            target=target,
            hint="check it there, then run `sentry-setup sign-off dsn-configured --by NAME --note TEXT`",
        )
    if not deployments and not from_ci:
        return unknown(
            f"no file in this repository deploys the backend, so where `{name}` is set is unknown",
            evidence=evidence,
            target=target,
            hint="check the dashboard, then record a sign-off",
        )
    return passed(*evidence, *from_ci, target=target)


def _doubled(facts: Facts, deployments: list[Deployment]) -> list[Evidence]:
    """Return the keys that a file which deploys writes twice: all of them are read here, and a strict reader refuses the file."""
    found = []
    for path in dict.fromkeys(d.path for d in deployments if d.path.endswith((".yml", ".yaml"))):
        document = facts.yaml(path)
        twice = y.doubled(document) if not isinstance(document, ParseError) else []
        found += [
            in_repository(f"`{key}` appears twice in this file, and both were read", path, line)
            for key, line in twice[:3]
        ]
    return found


def _sound(value: str) -> bool:
    if "$" in value or "{{" in value:
        return True
    if not value or is_placeholder(value):
        return False
    try:
        parse_dsn(value)
    except ValueError:
        return False
    return True
