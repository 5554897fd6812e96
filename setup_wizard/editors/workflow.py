"""GitHub workflows: a release job of its own after each deploy job; insert-only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.parsers import yaml as y
from checks.parsers.command_words import unwrapped
from checks.parsers.commands import read_commands
from checks.patterns import lazy_pattern
from setup_wizard.editors.base import Edit, Text, not_utf8, read_text
from setup_wizard.editors.deploy_job import Deployed, deployed_by
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, insert_blocks, is_block, key_node, line

CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
CLI_VERSION = "3.8.2"
"""The `sentry-cli` that the release job installs (https://pypi.org/project/sentry-cli/)."""

ACTION = "getsentry/action-release@ff07929a6537bac57790c3451cf4d364aca38528 # v3.7.0"
"""The release action, by the commit of its version (https://github.com/getsentry/action-release/releases)."""

TOKEN = "${{ secrets.SENTRY_AUTH_TOKEN }}"
RELEASE_JOB = "sentry-release"
"""How the ids of jobs begin that create a release."""
RELEASE = "${{ github.sha }}"


class ReleaseOptions(Struct, frozen=True, kw_only=True):
    """What the release jobs say: deploy job → environment name, organization, projects; `url` only for own servers.

    `strategy` is `cli` (the pinned `sentry-cli` package) or `action` (`getsentry/action-release`); `place` is `job` (a job of its
    own after the deploy job) or `deploy` (steps at the deploy job's end, none of which can fail it).

    `conditions` are the `if`s of the steps that deploy, by job: where the job runs and the step does not, nothing was deployed.
    `undecided` says of a job on what inside of it that depends, which no other job can ask. `checkout` is written where the workflow
    itself has none that can be copied (`own_checkout`). `parts` are the projects of the jobs that deploy only some of them.
    """

    jobs: dict[str, str]
    org: str
    projects: tuple[str, ...]
    url: str | None = None
    strategy: str = "cli"
    place: str = "job"
    conditions: dict[str, str] = {}
    undecided: dict[str, str] = {}
    checkout: str = CHECKOUT
    parts: dict[str, tuple[str, ...]] = {}

    def of_jobs(self, jobs: Iterable[str]) -> ReleaseOptions:
        """Return the options with the projects that some jobs deploy together."""
        wanted = {p for job in jobs for p in self.parts.get(job, self.projects)}
        return replace(self, projects=tuple(p for p in self.projects if p in wanted), parts={})


def release_commands(projects: tuple[str, ...], environment: str) -> list[str]:
    """Return the commands that create, finalize and record the release `$SENTRY_RELEASE`.

    An environment that is an expression comes as a variable: a shell line never holds one
    (https://docs.github.com/en/actions/concepts/security/script-injections).
    """
    environment = "$SENTRY_ENVIRONMENT" if "${{" in environment else environment
    flags = " ".join(f"-p {p}" for p in dict.fromkeys(projects))
    return [
        f'sentry-cli releases new {flags} "$SENTRY_RELEASE"',
        'sentry-cli releases set-commits --auto --ignore-missing "$SENTRY_RELEASE"',
        'sentry-cli releases finalize "$SENTRY_RELEASE"',
        f'sentry-cli deploys new --release "$SENTRY_RELEASE" -e "{environment}"',
    ]


def add_release_jobs(data: bytes, options: ReleaseOptions, path: str) -> Edit:
    """Add for each deploy job a job that `needs` it and creates, finalizes and records a Sentry release.

    The deploy job stays untouched: a failing Sentry must never fail a deploy. The token is given to one step alone.
    Where `options.place` is `deploy`, the same steps stand at the end of the deploy job.
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    place, inside = f"the end of `jobs` in {path}", options.place == "deploy"
    snippet = "\n".join(
        _job(_as_text(jobs, options), env, options.of_jobs(jobs), _Style(checkout=options.checkout), "\n")
        for env, jobs in by_environment(options.jobs).items()
    )
    if inside:
        place = f"the end of `steps` of {', '.join(options.jobs)} in {path}"
        snippet = "".join(
            _deploy_steps(env, options.of_jobs([job]), _Style(checkout=options.checkout), "\n", 0)
            for job, env in options.jobs.items()
        )
    find = _inside if inside else _release_jobs
    return insert_blocks(
        text,
        path,
        lambda lines: find(lines, options, text),
        snippet=snippet,
        place=place,
        up_to_date_reason="already creates these releases",
    )


def _as_text(jobs: tuple[str, ...], options: ReleaseOptions) -> Deployed:
    """Return what a job knows that a person pastes: never a release of what was not deployed, so the condition is theirs to write."""
    open_ = next((t for j in jobs for t in (options.undecided.get(j), options.conditions.get(j)) if t), None)
    if open_ is None:
        return Deployed(needs=jobs)
    return Deployed(
        needs=jobs, condition=f"false  # write here when {' and '.join(jobs)} deploys: {' '.join(open_.split())}"
    )


class _Style(Struct, frozen=True):
    """How a workflow is written: one level of indentation, indentation of list dashes, and its checkout."""

    job: int = 2
    unit: int = 2
    dash: int = 2
    checkout: str = CHECKOUT
    pulls: bool = False


def _style(lines: Lines, jobs: MappingNode, usual: str) -> _Style:
    job = column(jobs.value[0][0])
    unit, dash = max(job, 1), 2
    # A job in braces says nothing of how lines are indented.
    for key, node in jobs.value:
        if isinstance(node, MappingNode) and is_block(node) and node.value and line(node) > line(key):
            unit = max(column(node.value[0][0]) - job, 1)
            break
    for _, node in jobs.value:
        key, steps = key_node(node, "steps"), y.get(node, "steps")
        if key is not None and isinstance(steps, SequenceNode) and is_block(steps) and steps.value:
            dash = lines.indent_of(line(steps)) - column(key)
            break
    checkout = _checkout("".join(lines.lines), usual)
    return _Style(job=job, unit=unit, dash=max(dash, 0), checkout=checkout, pulls=_runs_on_open_pulls(lines.document))


def _runs_on_open_pulls(document: Node) -> bool:
    """Return whether pull requests that are not merged start a workflow: one that their end starts deploys what was merged."""
    triggers = y.get(document, "on")
    names = [k for k, _, _ in y.pairs(triggers)] or y.strings(triggers)
    pulls = [n for n in names if n.startswith("pull_request")]
    return any(y.strings(y.get(triggers, n, "types")) != ["closed"] for n in pulls)


def own_checkout(texts: Sequence[str]) -> str:
    """Return the checkout as a repository's workflows write it: the newest that they use, else a tag where their actions have tags.

    One whose Node the runners have no more (v1 to v3) is not copied.
    """
    used = [m[1] for text in texts for m in _USES.finditer(text)]
    tagged = sum(re.fullmatch(r"v\d[\w.]*", ref) is not None for ref in used)
    return _checkout("".join(texts), "actions/checkout@v4" if tagged * 2 > len(used) else CHECKOUT)


_USES = lazy_pattern(r"(?m)^\s*-?\s*uses:\s*[\"']?[\w.-]+/[\w./-]+@([\w.-]+)")


def _checkout(text: str, usual: str) -> str:
    """Return the newest checkout that a workflow uses; one whose Node the runners have no more (v1 to v3) is not copied.

    https://github.blog/changelog/2024-09-25-end-of-life-for-actions-node16/
    """
    found: list[tuple[int, str]] = []
    for match in re.finditer(r"uses:\s*[\"']?(actions/checkout@([\w.-]+))[\"']?([ \t]*#[^\r\n]*)?", text):
        version = re.match(r"v(\d+)", match[2]) or re.search(r"v(\d+)", match[3] or "")
        if version and int(version[1]) > 3:
            found.append((int(version[1]), match[1] + (match[3] or "").replace("\t", " ")))
    return max(found, key=lambda f: f[0])[1] if found else usual


def by_environment(jobs: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the deploy jobs of each environment: one release waits for all halves of a deployment.

    GitHub tells environments apart without their case, and so do the names of the jobs.
    """
    found: dict[str, tuple[str, ...]] = {}
    for job, environment in jobs.items():
        known = next((e for e in found if e.lower() == environment.lower()), environment)
        found[known] = (*found.get(known, ()), job)
    return found


def _without_release(lines: Lines, options: ReleaseOptions) -> tuple[ScalarNode, MappingNode, dict[str, str]]:
    """Return the key and the mapping of the jobs, and the deploy jobs (with environment) that no release follows yet."""
    key, jobs = key_node(lines.document, "jobs"), y.get(lines.document, "jobs")
    if key is None or not isinstance(jobs, MappingNode) or jobs.flow_style or not jobs.value:
        raise NotFollowedError(f"{lines.path} has no jobs that could be followed")
    present = {k: node for k, _, node in y.pairs(jobs)}
    wanted = {}
    for job, environment in options.jobs.items():
        if job not in present:
            raise NotFollowedError(f"{lines.path} has no job {job}")
        if job_name(environment) in present or _releases_after(present, job):
            continue
        if not re.fullmatch(r"[\w ./-]+|\$\{\{[^{}\n]+\}\}", environment):
            raise NotFollowedError(f"{lines.path}: the environment of {job} is `{environment}`, which is not followed")
        wanted[job] = environment
    return key, jobs, wanted


def _release_jobs(lines: Lines, options: ReleaseOptions, text: Text) -> dict[int, str]:
    key, jobs, wanted = _without_release(lines, options)
    style = _style(lines, jobs, options.checkout)
    blocks = []
    for environment, names in by_environment(wanted).items():
        deployed = deployed_by(lines, jobs, names, environment, options.conditions, options.undecided)
        blocks.append(_job(deployed, environment, options.of_jobs(names), style, text.newline))
    at = lines.block_end(line(key), column(key))
    return {at: text.newline + text.newline.join(blocks), **_declared_secret(lines, text)} if blocks else {}


def _declared_secret(lines: Lines, text: Text) -> dict[int, str]:
    """Declare the token where a workflow that others call lists the secrets that it takes.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_callsecrets
    """
    call = y.get(lines.document, "on", "workflow_call")
    key, secrets = key_node(call, "secrets"), y.get(call, "secrets")
    if key is None or "SENTRY_AUTH_TOKEN" in [k for k, _, _ in y.pairs(secrets)]:
        return {}
    if not isinstance(secrets, MappingNode) or not is_block(secrets) or not secrets.value:
        raise NotFollowedError(f"{lines.path}: the secrets of `workflow_call` are written in an unsupported way")
    own = " " * column(secrets.value[0][0])
    unit = " " * max(len(own) - column(key), 1)
    rows = (f"{own}SENTRY_AUTH_TOKEN:", f"{own}{unit}required: false")
    return {lines.block_end(line(key), column(key)): "".join(row + text.newline for row in rows)}


def _inside(lines: Lines, options: ReleaseOptions, text: Text) -> dict[int, str]:
    _, jobs, wanted = _without_release(lines, options)
    style, found = _style(lines, jobs, options.checkout), {}
    for job, environment in wanted.items():
        node = y.get(jobs, job)
        key, steps = key_node(node, "steps"), y.get(node, "steps")
        if key is None or not isinstance(steps, SequenceNode) or not is_block(steps) or not steps.value:
            raise NotFollowedError(f"{lines.path}: the steps of {job} are not written out below it")
        if y.get(node, "container") is not None:
            raise NotFollowedError(f"{lines.path}: {job} runs in a container, and what that has installed is not known")
        end = lines.sequence_end(line(key), column(key))
        if re.search(r"[|>][0-9]?\+", "".join(lines.lines[line(steps.value[-1]) : end])):
            raise NotFollowedError(f"{lines.path}: the last step of {job} keeps the empty lines after it")
        found[end] = _deploy_steps(
            environment, options.of_jobs([job]), style, text.newline, lines.indent_of(line(steps))
        )
    return found | _declared_secret(lines, text) if found else {}


def job_name(environment: str) -> str:
    """Return the name of the job that records the releases of an environment."""
    if "${{" in environment:
        return RELEASE_JOB
    return f"{RELEASE_JOB}-" + re.sub(r"[^a-z0-9]+", "-", environment.lower()).strip("-")


def _releases_after(jobs: dict[str, Node], deploy: str) -> bool:
    for name, node in jobs.items():
        if name == deploy or deploy in y.strings(y.get(node, "needs")):
            for step in y.sequence(y.get(node, "steps")):
                uses, run = y.scalar(y.get(step, "uses")) or "", y.scalar(y.get(step, "run")) or ""
                if uses.startswith("getsentry/action-release") or _makes_release(run):
                    return True
    return False


def _makes_release(run: str) -> bool:
    """Return whether a step's commands make a release; what is printed, commented out or never runs makes none."""
    if "sentry" not in run or "releases" not in run:
        return False
    for command in read_commands(run):
        words, _ = unwrapped(command.words)
        if command.runs is not False and words[:1] == ("sentry-cli",) and {"releases", "new"} <= set(words):
            return True
    return False


def _job(deployed: Deployed, environment: str, options: ReleaseOptions, style: _Style, newline: str) -> str:
    conditions = [deployed.condition or "", "github.event_name != 'pull_request'" if style.pulls else ""]
    condition = " && ".join(c for c in conditions if c)
    waits = (*deployed.needs, *deployed.also)
    needs = waits[0] if len(waits) == 1 else f"[{', '.join(waits)}]"
    one, two = " " * style.unit, " " * style.unit * 2
    body = [
        f"{job_name(environment)}:",
        f"{one}name: Sentry release ({environment})",
        f"{one}needs: {needs}",
        *(
            [f"{one}if: ${{{{ {condition} }}}}" if condition.startswith("!cancelled") else f"{one}if: {condition}"]
            if condition
            else []
        ),
        *(one + row for row in deployed.strategy),
        *([f"{one}environment: {deployed.secrets_of}"] if deployed.secrets_of else []),
        f"{one}runs-on: {deployed.runner}",
        f"{one}permissions:",
        f"{two}contents: read",
        f"{one}steps:",
    ]
    item = one + " " * style.dash
    outer = " " * style.job
    return "".join(
        outer + text + newline
        for text in [*body, *(item + s for s in _steps_of(environment, options, style, deployed.ref))]
    )


def _steps_of(environment: str, options: ReleaseOptions, style: _Style, ref: str | None = None) -> list[str]:
    checkout = [
        f"- uses: {style.checkout}",
        "  with:",
        "    fetch-depth: 0",
        "    persist-credentials: false",
    ]
    release = RELEASE
    if ref is not None:
        # What was deployed is what was checked out, and not the commit of the workflow.
        release = "${{ steps.commit.outputs.sha }}"
        checkout += [
            f"    ref: {ref}",
            "- name: Name the deployed commit",
            "  id: commit",
            '  run: echo "sha=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"',
        ]
    by = _by_action if options.strategy == "action" else _by_cli
    return checkout + by(options, environment, release)


_OWN_FOLDER = ".sentry-release"


def _deploy_steps(environment: str, options: ReleaseOptions, style: _Style, newline: str, indent: int) -> str:
    """Return the steps as they stand in somebody's job: a checkout beside theirs, and nothing that fails it."""
    rows: list[str] = []
    for row in _steps_of(environment, options, style):
        rows.append(row)
        if row.startswith("- "):
            rows += ["  if: github.event_name != 'pull_request'"] if style.pulls else []
            rows.append("  continue-on-error: true")
        if row == "    fetch-depth: 0":
            rows.append(f"    path: {_OWN_FOLDER}")
        if row.startswith("- name: Create") and options.strategy == "cli":
            rows += [f"  working-directory: {_OWN_FOLDER}", "  shell: bash"]
        if row.startswith("    projects: "):
            rows.append(f"    working_directory: {_OWN_FOLDER}")
    return "".join(" " * indent + row + newline for row in rows)


def _given(options: ReleaseOptions) -> list[str]:
    url = [f"    SENTRY_URL: {options.url}"] if options.url else []
    return ["  env:", f"    SENTRY_AUTH_TOKEN: {TOKEN}", f"    SENTRY_ORG: {options.org}", *url]


def _by_cli(options: ReleaseOptions, environment: str, release: str) -> list[str]:
    return [
        "- name: Install sentry-cli",
        f"  run: pipx install sentry-cli=={CLI_VERSION}",
        "- name: Create the Sentry release",
        *_given(options),
        f"    SENTRY_RELEASE: {release}",
        *([f"    SENTRY_ENVIRONMENT: {environment}"] if "${{" in environment else []),
        "  run: |",
        *(f"    {c}" for c in release_commands(options.projects, environment)),
    ]


def _by_action(options: ReleaseOptions, environment: str, release: str) -> list[str]:
    return [
        "- name: Create the Sentry release",
        f"  uses: {ACTION}",
        *_given(options),
        "  with:",
        f"    projects: {' '.join(dict.fromkeys(options.projects))}",
        f"    release: {release}",
        f"    environment: {environment}",
        "    ignore_missing: true",
    ]
