"""Builds within images: the Dockerfile takes its arguments and the token as a secret, and what builds the image hands them in."""

from __future__ import annotations

import re

from msgspec.structs import replace

from checks.ci.model import Step, Workflow
from checks.hosts.development_images import in_development, target_of
from checks.hosts.image_builds import ImageBuild, builds_of
from checks.hosts.image_hosts import mounts_of
from checks.hosts.images import Image, images, read_image
from checks.hosts.trial_builds import without_trials
from checks.parsers import yaml as y
from checks.parsers.dockerfile import secret_mounts
from checks.repository.builds import Build, accepted_variable_names
from checks.targets.release_carried import carried_argument
from setup_wizard.editors import dockerfile, image_inputs, workflow
from setup_wizard.editors.base import Refused
from setup_wizard.editors.dockerfile import SECRET, BuildInputs
from setup_wizard.editors.image_inputs import Given
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.callers import direct_callers, handed_all
from setup_wizard.steps.compose_builds import for_compose, values_of
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.image_advice import (
    given_of,
    leave_hosts,
    leave_token,
    leave_unseen,
    snippet_of,
    snippets,
    united,
)
from setup_wizard.steps.wanted import Wanted


def give_image(context: Context, build: Build, wanted: Wanted) -> None:
    """Edit the Dockerfile of a frontend's build, and what builds the image. Raises `StepRefused` where the Dockerfile is not followed."""
    image = read_image(build.path, context.facts.text(build.path) or "")
    form, who = mounts_of(context.facts, image)
    if wanted.token is not None and form == "none":
        leave_token(context, image, who)
        wanted = replace(wanted, token=None, secret="")
    identifier = _mounted_id(image, build, wanted)
    copied = _copied(context, image, wanted)
    wanted = replace(wanted, arguments={a: v for a, v in wanted.arguments.items() if a not in copied})
    inputs = BuildInputs(
        arguments=tuple(wanted.arguments),
        copied=copied,
        token=wanted.token,
        secret=identifier,
        as_file=form == "file",
    )
    try:
        context.edit(
            build.path,
            lambda data: dockerfile.add_inputs(data or b"", build.line, build.command, inputs, build.path),
        )
    except StepRefused as refused:
        refusal = refused.refusal
        handed = "\n\n".join(snippets(context, image, identifier, wanted))
        raise StepRefused(Refused(refusal.reason, f"{refusal.snippet}\n\n{handed}", refusal.place)) from refused
    context.refresh()
    hand_in(context, image, wanted, identifier)


def hand_in(context: Context, image: Image, wanted: Wanted, identifier: str = SECRET) -> None:
    """Let what builds an image hand its inputs in: by an edit of a workflow or a compose file, else by a task with the exact line."""
    target = target_of(context.facts, image.path)
    every = [b for b in builds_of(context.facts, image) if target is None or b.target in (None, target)]
    live = [b for b in every if b.kind != "compose" or not in_development(context.facts, b)]
    live = without_trials(context.facts, live)
    builds = [b for b in live if _lacks(b, wanted, identifier)]
    in_ci = [b for b in live if b.kind in ("action", "command", "bake", "buildah")]
    for build in builds:
        if build.kind == "action" and build.path.startswith(".github/workflows/"):
            with context.part():
                _edit_action(context, build, wanted, identifier)
        elif build.kind == "compose" and not in_ci:
            with context.part():
                _edit_compose(context, build, wanted, identifier)
        elif build.kind != "compose":
            _leave(context, build, wanted, identifier)
    told = leave_hosts(context, image, wanted, identifier)
    if not live and not told and (wanted.arguments or wanted.token):
        leave_unseen(context, image, wanted, identifier, composed=bool(every))


def _copied(context: Context, image: Image, wanted: Wanted) -> dict[str, str]:
    """Return the inputs that an argument has which every build hands in already, with its name: the commit that is built.

    A guarded build asks for a release of its own, which builds of pull requests do not get.
    """
    carried = carried_argument(context.facts, image)
    if carried is None or wanted.guarded:
        return {}
    return {a: carried for a, v in wanted.arguments.items() if v == workflow.RELEASE and a != carried}


def _mounted_id(image: Image, build: Build, wanted: Wanted) -> str:
    """Return the id under which a build's command has the token mounted already, else our own."""
    names = accepted_variable_names(wanted.token) if wanted.token else ()
    for stage in image.stages:
        for run in stage.instructions:
            if run.word == "RUN" and run.line <= build.line <= run.last:
                found = next((m.id for m in secret_mounts(run) if m.env in names or "sentry" in m.id.lower()), None)
                return found or SECRET
    return SECRET


def _lacks(build: ImageBuild, wanted: Wanted, identifier: str) -> bool:
    missing = [a for a in wanted.arguments if a not in build.arguments]
    return bool(missing) or (wanted.token is not None and identifier not in build.secrets)


def _edit_action(context: Context, build: ImageBuild, wanted: Wanted, identifier: str) -> None:
    given = given_of(wanted, identifier)
    flow = next(f for f in context.facts.workflows if f.path == build.path)
    at = image_inputs.build_steps(flow.node) if flow.node is not None else []
    number = next((n for n, line in reversed(list(enumerate(at))) if line <= build.line), None)
    if number is None:
        raise StepRefused(
            Refused("the step that builds the image was not found", image_inputs.action_snippet(given), build.path)
        )
    unhanded = _undeclared(context, flow, wanted)
    if unhanded:
        snippet = f"{image_inputs.action_snippet(given)}\n\n# under `on.workflow_call`\nsecrets:\n  {unhanded}:\n    required: false"
        callers = direct_callers(context.facts, flow.path)
        called = f"is called by {callers[0][0].path}" if callers else "can be called by other workflows"
        why = f"{flow.path} {called}: what calls it must pass {unhanded} (`secrets: inherit`)"
        raise StepRefused(Refused(why, snippet, f"{build.path}:{build.line}"))
    _check_commit(flow, build, wanted, given)
    context.edit(
        build.path,
        lambda data: image_inputs.give_action(data or b"", number, given, build.path, guarded=wanted.guarded),
    )


def _check_commit(flow: Workflow, build: ImageBuild, wanted: Wanted, given: Given) -> None:
    """Raise `StepRefused` where the job builds another commit than that of the workflow, which the release would name then."""
    taking = [a for a, v in wanted.arguments.items() if v == workflow.RELEASE]
    job = next((j for j in flow.jobs if any(s.path == build.path and s.line == build.line for s in j.steps)), None)
    refs = [s.inputs["ref"] for s in job.steps if _checks_out(s)] if job is not None and taking else []
    if not refs:
        return
    rows = ["# after the checkout", "- id: commit", '  run: echo "sha=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"', ""]
    named = {a: "${{ steps.commit.outputs.sha }}" if a in taking else v for a, v in wanted.arguments.items()}
    handed = Given(arguments=named, secrets=given.secrets)
    why = f"{flow.path}: the job checks out `{refs[0]}`, whose commit `github.sha` does not name"
    raise StepRefused(Refused(why, "\n".join(rows) + image_inputs.action_snippet(handed), f"{build.path}:{build.line}"))


def _checks_out(step: Step) -> bool:
    """Return whether a step checks out a `ref` of this repository that it names itself."""
    own = (step.uses or "").partition("@")[0] == "actions/checkout" and "repository" not in step.inputs
    return own and step.inputs.get("ref", "").replace(" ", "") not in ("", "${{github.sha}}", "${{github.ref}}")


def _undeclared(context: Context, flow: Workflow, wanted: Wanted) -> str:
    """Return the secret that a workflow which only others call is not handed, "" where it has it."""
    match = re.search(r"secrets\.(\w+)", wanted.secret)
    if match is None or set(flow.triggers) != {"workflow_call"} or handed_all(context.facts, flow.path):
        return ""
    declared = [k for k, _, _ in y.pairs(y.get(flow.node, "on", "workflow_call", "secrets"))]
    return "" if match.group(1) in declared else match.group(1)


def _edit_compose(context: Context, build: ImageBuild, wanted: Wanted, identifier: str) -> None:
    service = image_inputs.service_of(context.read(build.path) or b"", build.line)
    if service is None:
        return
    given = Given(
        arguments={a: f"${{{a}:-}}" for a in wanted.arguments},
        secrets={identifier: wanted.token} if wanted.token else {},
    )
    context.edit(build.path, lambda data: image_inputs.give_compose(data or b"", service, given, build.path))
    key = f"compose {build.path}"
    wanted = united(context, key, wanted)
    names = [*wanted.arguments, *((wanted.token,) if wanted.token else ())]
    context.actions.append(for_compose(context.facts, build.path, names, values_of(wanted), about=key))


def _leave(context: Context, build: ImageBuild, wanted: Wanted, identifier: str) -> None:
    """Tell what a command of CI has to hand in: nothing was refused, so that a step which has all else is unchanged."""
    place = f"{build.path}:{build.line}"
    if wanted.token and build.tool == "kaniko":
        leave_token(context, next(i for i in images(context.facts) if i.path == build.dockerfile), "Kaniko")
        wanted = replace(wanted, token=None, secret="")
    if not wanted.arguments and not wanted.token:
        return
    key = f"command {build.path} {build.command} {build.name}"
    wanted = united(context, key, wanted)
    context.actions.append(
        ManualTask(
            title=f"edit {place}",
            reason="the command that builds the image must pass these",
            place=place,
            path=build.path,
            snippet=snippet_of(context, build, wanted, identifier),
            about=key,
        )
    )
