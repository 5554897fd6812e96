"""Where a frontend that is not edited is built for production, and how a value gets into each of these builds: lines of a text."""

from __future__ import annotations

from checks.repository.build_env import builds_given
from checks.repository.builds import Build, deployed
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.script_builds import script_builds
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.build_release import build_release, release_variable

_MOST = 4
TOKEN = "SENTRY_AUTH_TOKEN"


def build_places(facts: Facts, frontend: Frontend, name: str) -> str:
    """Return a comment for each build that lacks a variable or the token, or nothing: the place, and how it is handed in there.

    https://docs.docker.com/build/building/secrets/, https://docs.docker.com/build/building/variables/
    """
    rows = []
    release = release_variable(build_release(facts, frontend)) if name == TOKEN else None
    builds = builds_given(facts, frontend, name)
    for build in deployed(builds):
        if build.token:
            continue
        place = f"# {build.path}:{build.line} builds it"
        if build.kind == "docker" and name == TOKEN:
            mount, given = f"--mount=type=secret,id={name},env={name}", f"--secret id={name},env={name}"
            if release is not None:
                given = f"--build-arg {release}=… {given}"
            above = f"`ARG {release}` above it, " if release is not None else ""
            rows.append(f"{place}: {above}`RUN {mount} …` there, and `{given}` for `docker build`")
        elif build.kind == "docker":
            rows.append(
                f"{place}: `ARG {name}` above it, and `--build-arg {name}=…` for `docker build`; each variable likewise"
            )
        elif build.kind == "ci":
            rows.append(f"{place}: in the environment of that step")
        else:
            rows.append(f"{place}: among the variables of that service")
    for script in script_builds(facts, frontend, builds):
        if name not in script.given:
            rows.append(f"# {script.path}:{script.line} builds it: exported before that line")
    found = list(dict.fromkeys(rows))[:_MOST]
    if found and name == TOKEN:
        what = "the commit that is deployed" if release == "SENTRY_RELEASE" else "the release that the code names"
        found.insert(0, f"# the build needs {TOKEN} (a secret)" + (f" and {release} ({what})" if release else ""))
    return "".join(f"{row}\n" for row in found)


def tasks_of_scripts(facts: Facts, frontend: Frontend, builds: list[Build], wanted: dict[str, str]) -> list[ManualTask]:
    """Return a task for each script of the repository that builds a frontend without variables that it needs.

    `builds` are those of CI, hosts and images, `wanted` the variables with what is written behind `NAME=`.
    """
    whose = "the frontend" if frontend.root == "." else frontend.root
    tasks = []
    for script in script_builds(facts, frontend, builds):
        missing = {n: v for n, v in wanted.items() if n not in script.given}
        if not missing:
            continue
        place = f"{script.path}:{script.line}"
        rows = [f"# before line {script.line} of {script.path}", *(f"export {n}={v}" for n, v in missing.items())]
        tasks.append(
            ManualTask(
                title=f"pass {' and '.join(missing)} to the build in {place}",
                reason=f"`{script.command}` there builds {whose} with the variables of the shell that runs the script",
                place=place,
                path=script.path,
                snippet="\n".join(rows),
            )
        )
    return tasks
