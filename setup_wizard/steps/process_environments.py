"""Whether what runs behind a deploy reports the environment that the deploy is recorded under; what nothing shows is told."""

from __future__ import annotations

from checks.parsers.dotenv import parse_dotenv
from checks.production.origins import EnvRead
from checks.repository.backends import Backend
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.release_steps import find_release_steps
from checks.targets.applicability import InitializedBackend, require_initialized
from checks.targets.production_environment import PRODUCTION_WORD
from setup_wizard.editors.workflow import RELEASE_JOB
from setup_wizard.plan.model import ManualTask

_CODE = (".py", ".js", ".ts", ".md", ".rst", ".html", ".json", ".lock", ".png")
_MAX_FILES = 60


def environments_of_processes(facts: Facts, path: str, jobs: dict[str, str]) -> list[ManualTask]:
    """Return a task for each job whose environment no deployed service of a backend is seen to be given.

    The SDK reports `production` where its variable is not set (https://docs.sentry.io/platforms/python/configuration/environments/).
    """
    found = []
    for job, environment in jobs.items():
        if "$" in environment or PRODUCTION_WORD.match(environment):
            continue
        for backend in facts.backends:
            variable = _variable(facts, backend)
            if variable is not None and not _given(facts, backend, variable, environment):
                found.append(_task(path, job, environment, variable))
    return list({t.title: t for t in found}.values())


def environments_recorded(facts: Facts) -> list[ManualTask]:
    """Return the tasks about the environments of the release jobs that are there: a job of ours waits for the one that deploys."""
    found: list[ManualTask] = []
    for step in find_release_steps(facts):
        if step.environment is not None and step.job.id.startswith(RELEASE_JOB) and step.job.needs:
            found += environments_of_processes(facts, step.workflow.path, {step.job.needs[-1]: step.environment})
    return list({t.title: t for t in found}.values())


def _task(path: str, job: str, environment: str, variable: str) -> ManualTask:
    return ManualTask(
        title=f"set {variable}={environment} where the job {job} deploys to",
        reason=f"no file here does, and without it events are reported under `production`, not `{environment}`",
        place=path,
        path=path,
        snippet=f"{variable}={environment}",
    )


def _variable(facts: Facts, backend: Backend) -> str | None:
    """Return the variable that the code takes its environment from; None where it takes none, or that is not known."""
    found = require_initialized(facts, backend)
    option = found.option("environment") if isinstance(found, InitializedBackend) else None
    if option is None:
        return "SENTRY_ENVIRONMENT" if isinstance(found, InitializedBackend) and not found.last.call.star else None
    read = option.value
    return read.name if isinstance(read, EnvRead) and (read.default or "production") == "production" else None


def _given(facts: Facts, backend: Backend, variable: str, environment: str) -> bool:
    values = [d.variables.get(variable) for d in deployments_of_backend(facts, backend.root)]
    if any(v is not None and v.value in (None, environment) for v in values):
        return True
    files = [p for p in facts.paths if "env" in p.rpartition("/")[2].lower() and not p.endswith(_CODE)]
    bound = [v for p in sorted(files)[:_MAX_FILES] for v in parse_dotenv(facts.text(p) or "")]
    return any(v.name == variable and v.value == environment for v in bound)
