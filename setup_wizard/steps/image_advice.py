"""What a person hands in where an image is built by something that is not edited: in the language of what builds it."""

from __future__ import annotations

import json

from checks.hosts.image_builds import ImageBuild, builds_of
from checks.hosts.image_hosts import OPENSHIFT, HostBuild, host_builds
from checks.hosts.images import Image
from checks.hosts.trial_builds import without_trials
from checks.hosts.unread_builds import build_command, possible_builds
from setup_wizard.editors import image_inputs
from setup_wizard.editors.image_inputs import Given
from setup_wizard.editors.workflow import RELEASE
from setup_wizard.editors.workflow_build import on_push
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context
from setup_wizard.steps.wanted import Wanted


def united(context: Context, place: str, wanted: Wanted) -> Wanted:
    """Return what a builder is given in all, with what earlier steps of the plan told of it: a person edits one place once."""
    before = context.handed.get(place)
    if before is not None:
        wanted = Wanted(
            arguments={**before.arguments, **wanted.arguments},
            token=wanted.token or before.token,
            secret=wanted.secret or before.secret,
            guarded=wanted.guarded or before.guarded,
            literals={**before.literals, **wanted.literals},
        )
    context.handed[place] = wanted
    return wanted


def leave_unseen(context: Context, image: Image, wanted: Wanted, identifier: str, *, composed: bool) -> None:
    """Leave an image to the person that no file which is read builds: the command, and the places that may build it."""
    key = f"image {image.path}"
    wanted = united(context, key, wanted)
    places = [f"{path}:{line}" for path, line in possible_builds(context.facts, image)]
    reason = "no file that builds it for production was found"
    if places:
        reason += f"; {' and '.join(places)} may"
    command = "docker compose build" if composed and wanted.token is None else build_command(context.facts, image)
    context.actions.append(
        ManualTask(
            title=f"pass these where the image of {image.path} is built",
            reason=reason,
            place=places[0] if places else "",
            path=image.path,
            snippet=flagged(command, wanted, identifier),
            about=key,
        )
    )


_COMMIT = {"render": "RENDER_GIT_COMMIT", "caprover": "CAPROVER_GIT_COMMIT_SHA"}
"""The build argument in which a host hands the commit in, where a variable of a service cannot take it.

https://render.com/docs/environment-variables, https://caprover.com/docs/deployment-methods.html
"""

_RELEASE = "SENTRY_RELEASE"


def leave_token(context: Context, image: Image, who: str) -> None:
    """Leave the token of a build that mounts no secrets to the person: a build argument would stay in the image's cache."""
    clusters = [h for h in host_builds(context.facts, image) if h.host == OPENSHIFT]
    for build in clusters:
        context.actions.append(
            ManualTask(
                title=f"let {build.path} mount the Sentry token while OpenShift builds the image of {image.path}",
                reason="a BuildConfig hands no secret to `RUN --mount`, and a token among its build arguments stays in the image",
                place=f"{build.path}:{build.line}",
                path=build.path,
                snippet=_MOUNTED.format(dockerfile=image.path),
            )
        )
    if clusters:
        return
    context.actions.append(
        ManualTask(
            title=f"build the image of {image.path} where a token stays secret, and upload the source maps there",
            reason=f"{who} builds this image and mounts no secrets: a token among its build arguments stays in its cache",
            path=image.path,
            snippet="\n".join(
                [
                    "# in a workflow that deploys the image it builds",
                    "- uses: docker/build-push-action@v6",
                    "  with:",
                    "    secrets: |",
                    "      sentry_auth_token=${{ secrets.SENTRY_AUTH_TOKEN }}",
                ]
            ),
        )
    )


_MOUNTED = """\
# below `dockerStrategy`; the Secret is mounted while the image is built, and stays in no layer
# oc create secret generic sentry --from-literal=auth-token=…
volumes:
  - name: sentry
    source:
      type: Secret
      secret:
        secretName: sentry
    mounts:
      - destinationPath: /var/run/sentry
# in {dockerfile}, the RUN that builds the frontend
RUN SENTRY_AUTH_TOKEN="$(cat /var/run/sentry/auth-token)" npm run build"""
"""Build volumes: https://docs.okd.io/latest/cicd/builds/build-strategies.html#builds-using-build-volumes_build-strategies-docker"""


def leave_hosts(context: Context, image: Image, wanted: Wanted, identifier: str) -> bool:
    """Tell what each host that builds an image itself is given, in its own words; False where none builds it."""
    found = [h for h in host_builds(context.facts, image) if h.host != "heroku"]
    for host in found if wanted.arguments or wanted.token else ():
        key = f"host {host.path} {host.service} {image.path}"
        wanted = united(context, key, wanted)
        kind = "BuildConfig" if host.host == OPENSHIFT else "service"
        name = f"{host.title}'s {kind} {host.service}" if host.service else host.title
        passes = "only the build arguments of its BuildConfig" if host.host == OPENSHIFT else _PASSES
        context.actions.append(
            ManualTask(
                title=f"pass these where {name} builds the image of {image.path}",
                reason=f"{host.title} builds it, and passes {passes}",
                place=f"{host.path}:{host.line}",
                path=host.path,
                snippet="\n".join(_host_rows(host, image, wanted, identifier)),
                about=key,
            )
        )
    return bool(found)


def _host_rows(host: HostBuild, image: Image, wanted: Wanted, identifier: str) -> list[str]:
    if host.host == OPENSHIFT:
        return _build_arguments(host, wanted)
    rows = []
    plain = [a for a in wanted.arguments if a != _RELEASE]
    if plain or (_RELEASE in wanted.arguments and host.host == "railway"):
        rows.append(f"# in the variables of the service, in the dashboard of {host.title}")
        rows += [f"{a}={wanted.literals.get(a, '…')}" for a in plain]
    if _RELEASE in wanted.arguments and host.host == "railway":
        rows.append(f"{_RELEASE}=${{{{RAILWAY_GIT_COMMIT_SHA}}}}")
    elif _RELEASE in wanted.arguments:
        commit = _COMMIT[host.host]
        rows += [f"# in {image.path}, in place of `ARG {_RELEASE}`", f"ARG {commit}", f"ARG {_RELEASE}=${commit}"]
    if wanted.token and host.mounts == "file":
        rows.append(
            f"# in the secret files of the service: {identifier}, whose only content is the token for {wanted.token}"
        )
    return rows


_PASSES = "the service's variables as build arguments"


def _build_arguments(host: HostBuild, wanted: Wanted) -> list[str]:
    """Return `buildArgs` of a BuildConfig, and the command that starts it with the commit (`oc start-build --help`)."""
    plain = [a for a in wanted.arguments if a != _RELEASE]
    rows = ["# below `dockerStrategy`", "buildArgs:"] if plain else []
    rows += [row for a in plain for row in (f"  - name: {a}", f"    value: {wanted.literals.get(a, '…')}")]
    if _RELEASE in wanted.arguments:
        rows.append("# where the build is started: the commit that is built")
        rows.append(f'oc start-build {host.service or "NAME"} --build-arg={_RELEASE}="$(git rev-parse HEAD)"')
    return rows


def given_of(wanted: Wanted, identifier: str) -> Given:
    """Return what a GitHub workflow hands in, the token under the id of its secret."""
    return Given(arguments=wanted.arguments, secrets={identifier: wanted.secret} if wanted.token else {})


def snippets(context: Context, image: Image, identifier: str, wanted: Wanted) -> list[str]:
    """Return the text for each build of an image, with its place; the plain command where none is seen."""
    builds = without_trials(context.facts, builds_of(context.facts, image))
    found = [f"# {b.path}:{b.line}\n{snippet_of(context, b, wanted, identifier)}" for b in builds]
    return found or [flagged(build_command(context.facts, image), wanted, identifier)]


def snippet_of(context: Context, build: ImageBuild, wanted: Wanted, identifier: str) -> str:
    """Return the text that hands the inputs in, in the language of what builds."""
    given = given_of(wanted, identifier)
    if build.kind == "action":
        return image_inputs.action_snippet(given)
    if build.kind == "compose":
        return image_inputs.compose_snippet(
            Given(
                arguments={a: f"${{{a}:-}}" for a in wanted.arguments},
                secrets=dict.fromkeys(given.secrets, wanted.token or ""),
            )
        )
    if build.kind == "bake":
        return _bake(build, Given(arguments=given.arguments, secrets=dict.fromkeys(given.secrets, wanted.token or "")))
    if build.kind == "buildah":
        rows = [
            "with:",
            *(["  build-args: |", *(f"    {k}={v}" for k, v in given.arguments.items())] if given.arguments else []),
        ]
        rows += (
            ["  extra-args: |", *(f"    --secret=id={k},env={wanted.token}" for k in given.secrets)]
            if given.secrets
            else []
        )
        return "\n".join([*rows, *(("env:", f"  {wanted.token}: {wanted.secret}") if given.secrets else ())])
    if build.kind == "fly":
        flags = "".join(f' --build-secret {k}="${wanted.token}"' for k in given.secrets)
        return "fly deploy" + "".join(f' --build-arg {a}="${a}"' for a in given.arguments) + flags
    if build.kind == "kamal":
        rows = ["builder:"]
        rows += ["  args:", *(f"    {a}: …" for a in given.arguments)] if given.arguments else []
        return "\n".join([*rows, *(("  secrets:", *(f"    - {k}" for k in given.secrets)) if given.secrets else ())])
    if build.kind == "heroku":
        return "\n".join(["build:", "  config:", *(f"    {a}: …" for a in given.arguments)])
    flow = next((f for f in context.facts.workflows if f.path == build.path), None)
    commit = flow.ci.commit if flow is not None and not flow.ci.hands_secrets else ""
    line = flagged(" ".join(build.command.replace("\\\n", " ").split()), wanted, identifier, commit)
    if flow is None or not flow.ci.hands_secrets:
        return line
    named = [(a, v) for a, v in wanted.arguments.items()] + ([(wanted.token, wanted.secret)] if wanted.token else [])
    values = named if flow.node is None else list(on_push(flow.node, dict(named), guarded=wanted.guarded).items())
    return "\n".join([line, "env:", *(f"  {k}: {v}" for k, v in values)])


def _bake(build: ImageBuild, given: Given) -> str:
    """Return what a file of bake says; variables of HCL take their values from the environment."""
    secrets = [f"type=env,id={k},env={v}" for k, v in given.secrets.items()]
    if build.path.endswith(".json"):
        target: dict[str, object] = {"args": {a: f"${{{a}}}" for a in given.arguments}} if given.arguments else {}
        whole: dict[str, object] = {"target": {build.name: target | ({"secret": secrets} if secrets else {})}}
        if given.arguments:
            whole = {"variable": {a: {"default": ""} for a in given.arguments}} | whole
        return json.dumps(whole, indent=2)
    rows = [f'variable "{a}" {{ default = "" }}' for a in given.arguments]
    rows += [f'target "{build.name}" {{']
    rows += ["  args = {", *(f"    {a} = {a}" for a in given.arguments), "  }"] if given.arguments else []
    rows += [f"  secret = {json.dumps(secrets)}"] if secrets else []
    return "\n".join([*rows, "}"])


def flagged(command: str, wanted: Wanted, identifier: str, commit: str = "") -> str:
    """Return a command that builds an image with the flags that hand the inputs in, behind its `build` or `deploy`.

    `commit` is the variable in which CI has the deployed commit, where a workflow gives the command none.
    """
    fly = command.split()[:1] in (["fly"], ["flyctl"])
    values = {a: commit if commit and v == RELEASE else f"${a}" for a, v in wanted.arguments.items()}
    flags = [f'--build-arg {a}="{v}"' for a, v in values.items()]
    if wanted.token:
        flags.append(
            f'--build-secret {identifier}="${wanted.token}"' if fly else f"--secret id={identifier},env={wanted.token}"
        )
    words = command.split(" ")
    # A folder or a tag may be called `deploy`: the word stands for itself, and a build is looked for first.
    at = next((words.index(v) + 1 for v in ("build", "bud", "deploy") if v in words), len(words))
    return " ".join([*words[:at], *flags, *words[at:]])
