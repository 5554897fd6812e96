"""The release job: behind all halves of a deployment, whenever that ran, for the commit and the environment that it had."""

from __future__ import annotations

import pytest
import yaml

from checks.ci.providers import providers
from setup_wizard.editors import gitlab, workflow
from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.editors.release_snippets import release_snippet
from tests.support.edits import READY, after

OPTIONS = workflow.ReleaseOptions(jobs={}, org="acme", projects=("shop",))
DEPLOY = "    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n      - run: flyctl deploy\n"


def job(jobs: str, told: dict[str, str], name: str, on: str = "push") -> dict:
    """Add release jobs to a workflow, and return one of them as GitHub reads it."""
    text = f"on: {on}\njobs:\n{jobs}"
    options = workflow.ReleaseOptions(jobs=told, org="acme", projects=("shop",))
    result = workflow.add_release_jobs(text.encode(), options, "w.yml")
    assert isinstance(result, Edited), result
    again = workflow.add_release_jobs(result.data, options, "w.yml")
    assert not isinstance(again, Edited)
    found: dict = yaml.safe_load(result.data)["jobs"][name]
    return found


@pytest.mark.parametrize("names", [("a", "b"), ("web", "api", "worker")])
def test_one_release_waits_for_all_jobs_of_an_environment(names):
    made = job(
        "".join(f"  {n}:\n{DEPLOY}" for n in names), dict.fromkeys(names, "production"), "sentry-release-production"
    )
    assert made["needs"] == list(names) and "if" not in made


def test_halves_that_may_be_left_out_are_waited_for_and_one_success_is_enough():
    jobs = f"  a:\n    if: github.actor != 'x'\n{DEPLOY}  b:\n{DEPLOY}"
    made = job(jobs, {"a": "staging", "b": "staging"}, "sentry-release-staging")
    assert "!cancelled()" in made["if"] and "contains(needs.*.result, 'success')" in made["if"]
    assert "!contains(needs.*.result, 'failure')" in made["if"]


@pytest.mark.parametrize("condition", ["always() && true", "${{ !cancelled() }}", "success() || failure()"])
@pytest.mark.parametrize("where", ["deploy", "build"])
def test_a_chain_with_a_status_function_needs_one_at_its_end(condition, where):
    build = f"  build:\n{f'    if: {condition}' + chr(10) if where == 'build' else ''}{DEPLOY}"
    deploy = f"  deploy:\n    needs: build\n{f'    if: {condition}' + chr(10) if where == 'deploy' else ''}{DEPLOY}"
    made = job(build + deploy, {"deploy": "production"}, "sentry-release-production")
    assert made["if"] == "${{ !cancelled() && needs.deploy.result == 'success' }}"


def test_a_plain_condition_needs_nothing_more():
    made = job(f"  deploy:\n    if: github.ref == 'refs/heads/main'\n{DEPLOY}", {"deploy": "p"}, "sentry-release-p")
    assert "if" not in made


@pytest.mark.parametrize(
    ("used", "copied"),
    [
        ("actions/checkout@v2", workflow.CHECKOUT.split(" ")[0]),
        ("actions/checkout@v3.1.0", workflow.CHECKOUT.split(" ")[0]),
        ("actions/checkout@0123456789abcdef # v3", workflow.CHECKOUT.split(" ")[0]),
        ("actions/checkout@v5", "actions/checkout@v5"),
        ("actions/checkout@0123456789abcdef # v4.2.0", "actions/checkout@0123456789abcdef"),
    ],
)
def test_a_checkout_whose_runtime_is_gone_is_not_copied(used, copied):
    text = DEPLOY.replace("actions/checkout@v5", used)
    made = job(f"  deploy:\n{text}", {"deploy": "production"}, "sentry-release-production")
    assert made["steps"][0]["uses"] == copied


SSH = "    runs-on: ubuntu-latest\n    steps:\n      - uses: appleboy/ssh-action@v1\n        with: {host: h, script: docker compose pull}\n"
RAN = "{workflow_run: {workflows: [Image], types: [completed]}%s}"


@pytest.mark.parametrize(
    ("more", "deploy", "ref"),
    [
        ("", SSH, "${{ github.event.workflow_run.head_sha }}"),
        (", workflow_dispatch: {}", SSH, "${{ github.event.workflow_run.head_sha || github.sha }}"),
        ("", DEPLOY, None),  # what it checks out itself is the head of the default branch, which is deployed
    ],
)
def test_what_another_run_built_is_the_release_of_a_deploy_that_its_end_starts(more, deploy, ref):
    made = job(f"  deploy:\n{deploy}", {"deploy": "production"}, "sentry-release-production", on=RAN % more)
    assert made["steps"][0]["with"].get("ref") == ref
    named = "${{ github.sha }}" if ref is None else "${{ steps.commit.outputs.sha }}"
    assert made["steps"][-1]["env"]["SENTRY_RELEASE"] == named


@pytest.mark.parametrize("ref", ["${{ inputs.ref }}", "${{ github.event.workflow_run.head_sha }}", "v1"])
@pytest.mark.parametrize("strategy", ["cli", "action"])
def test_the_commit_that_was_checked_out_is_the_release(ref, strategy):
    text = DEPLOY.replace("checkout@v5\n", f"checkout@v5\n        with:\n          ref: {ref}\n")
    options = workflow.ReleaseOptions(jobs={"deploy": "p"}, org="acme", projects=("shop",), strategy=strategy)
    result = workflow.add_release_jobs(f"on: push\njobs:\n  deploy:\n{text}".encode(), options, "w.yml")
    assert isinstance(result, Edited)
    made = yaml.safe_load(result.data)["jobs"]["sentry-release-p"]
    assert made["steps"][0]["with"]["ref"] == ref and "rev-parse HEAD" in made["steps"][1]["run"]
    assert "${{ steps.commit.outputs.sha }}" in str(made["steps"][-1])


@pytest.mark.parametrize("ref", ["${{ steps.x.outputs.sha }}", "${{ needs.x.outputs.sha }}", "${{ env.REF }}"])
def test_a_commit_that_another_job_does_not_know_is_left_to_the_person(ref):
    text = DEPLOY.replace("checkout@v5\n", f"checkout@v5\n        with:\n          ref: {ref}\n")
    options = workflow.ReleaseOptions(jobs={"deploy": "p"}, org="acme", projects=("shop",))
    result = workflow.add_release_jobs(f"on: push\njobs:\n  deploy:\n{text}".encode(), options, "w.yml")
    assert isinstance(result, Refused) and ref in result.reason and "sentry-release-p:" in result.snippet


def test_an_environment_that_is_an_expression_never_stands_in_a_shell_line():
    made = job(
        f"  deploy:\n    environment: ${{{{ inputs.to }}}}\n{DEPLOY}", {"deploy": "${{ inputs.to }}"}, "sentry-release"
    )
    last = made["steps"][-1]
    assert last["env"]["SENTRY_ENVIRONMENT"] == "${{ inputs.to }}" and "${{" not in last["run"]
    assert '-e "$SENTRY_ENVIRONMENT"' in last["run"]


def test_an_environment_of_a_matrix_brings_the_matrix():
    deploy = f"  deploy:\n    strategy:\n      matrix:\n        to: [staging, production]\n    environment: ${{{{ matrix.to }}}}\n{DEPLOY}"
    made = job(deploy, {"deploy": "${{ matrix.to }}"}, "sentry-release")
    assert made["strategy"] == {"matrix": {"to": ["staging", "production"]}} and made["needs"] == "deploy"


@pytest.mark.parametrize("jobs", ["a:production,b:production", "b:production,a:production"])
def test_two_jobs_told_for_one_environment_give_one_job(tmp_path, jobs):
    text = f"on: push\njobs:\n  a:\n{DEPLOY}  b:\n{DEPLOY}"
    done = after(tmp_path, READY | {".github/workflows/deploy.yml": text}, "release-tracking", release__jobs=jobs)
    made = done.text(".github/workflows/deploy.yml")
    assert made.count("sentry-release-production:") == 1 and len(yaml.safe_load(made)["jobs"]) == 3


CALLED = f"on:\n  workflow_call:\n    inputs:\n      environment:\n        type: string\njobs:\n  deploy:\n    environment: ${{{{ inputs.environment }}}}\n{DEPLOY}"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("environment: production", "sentry-release-production:"),
        ("stage: qa", "sentry-release-qa:"),
        ("app: x", "sentry-release-production:"),
    ],
)
def test_the_caller_of_a_workflow_records_the_release(tmp_path, given, named):
    caller = f"on:\n  push:\n    branches: [main]\njobs:\n  live:\n    uses: ./.github/workflows/one.yml\n    with:\n      {given}\n"
    files = READY | {".github/workflows/deploy.yml": caller, ".github/workflows/one.yml": CALLED}
    done = after(tmp_path, files, "release-tracking")
    assert done.text(".github/workflows/one.yml") == CALLED
    made = done.text(".github/workflows/deploy.yml")
    assert named in made and "needs: live" in made and "secrets.SENTRY_AUTH_TOKEN" in made


def test_the_environment_of_a_called_workflows_own_job_is_the_releases(tmp_path):
    called = CALLED.replace("${{ inputs.environment }}", "staging")
    caller = "on:\n  push:\n    branches: [develop]\njobs:\n  ship:\n    uses: ./.github/workflows/one.yml\n"
    done = after(
        tmp_path, READY | {".github/workflows/d.yml": caller, ".github/workflows/one.yml": called}, "release-tracking"
    )
    assert "sentry-release-staging:" in done.text(".github/workflows/d.yml") and "development" not in done.text(
        ".github/workflows/d.yml"
    )


def test_a_called_workflow_that_nobody_here_calls_is_left_with_the_reason(tmp_path):
    done = after(tmp_path, READY | {".github/workflows/one.yml": CALLED}, "release-tracking")
    assert done.steps["release-tracking"].outcome == "refused" and "secrets: inherit" in done.left


COMMITS = {p.name: p.commit for p in providers()}


@pytest.mark.parametrize("provider", sorted(COMMITS))
def test_a_snippet_is_in_the_syntax_of_its_own_file(provider):
    text = release_snippet(provider, OPTIONS, "ship", "production")
    assert COMMITS[provider] in text and 'sentry-cli releases new -p shop "$SENTRY_RELEASE"' in text
    others = {v for k, v in COMMITS.items() if v not in COMMITS[provider] and COMMITS[provider] not in v}
    assert not [v for v in others if v in text] and "runs-on" not in text
    assert ("allow_failure" in text) == (provider == "gitlab")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            ".circleci/config.yml",
            "jobs:\n  ship:\n    steps:\n      - run: flyctl deploy\nworkflows:\n  m:\n    jobs:\n      - ship:\n          name: ship-it\n",
            "requires: [ship-it]",
        ),
        (
            "bitbucket-pipelines.yml",
            "pipelines:\n  default:\n    - step:\n        script:\n          - flyctl deploy\n",
            "$BITBUCKET_COMMIT",
        ),
        ("azure-pipelines.yml", "steps:\n  - script: flyctl deploy\n", "$(Build.SourceVersion)"),
    ],
)
def test_the_ci_that_is_there_decides_the_text(tmp_path, path, text, expected):
    done = after(tmp_path, READY | {path: text}, "release-tracking")
    assert done.text(path) == text and expected in done.left and "runs-on" not in done.left
    assert done.steps["release-tracking"].manual[0].path == path


def test_a_gitlab_release_waits_for_all_jobs_of_an_environment():
    text = b"a:\n  script: [x]\nb:\n  script: [y]\n"
    options = workflow.ReleaseOptions(jobs={"a": "production", "b": "production"}, org="acme", projects=("shop",))
    result = gitlab.add_release_jobs(text, options)
    assert isinstance(result, Edited) and yaml.safe_load(result.data)["sentry-release-production"]["needs"] == [
        "a",
        "b",
    ]
    apart = gitlab.add_release_jobs(b"a:\n  script: [x]\n  only: [main]\nb:\n  script: [y]\n", options)
    assert isinstance(apart, Refused) and "at different times" in apart.reason


STEP = "  ship:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - run: flyctl deploy\n"


def released(tmp_path, text: str, name: str = "sentry-release-production") -> dict:
    """Let the step find what deploys in a workflow by itself, and return the job that it adds."""
    done = after(tmp_path, READY | {".github/workflows/d.yml": text}, "release-tracking")
    found: dict = yaml.safe_load(done.text(".github/workflows/d.yml"))["jobs"]
    return found.get(name) or {"left": done.left}


@pytest.mark.parametrize(
    ("condition", "carried"),
    [
        ("github.ref == 'refs/heads/main'", "github.ref == 'refs/heads/main'"),
        ("${{ inputs.live || github.ref_type == 'tag' }}", "(inputs.live || github.ref_type == 'tag')"),
        ("vars.LIVE == 'yes'", "vars.LIVE == 'yes'"),
    ],
)
def test_the_condition_of_the_step_that_deploys_is_asked_again(tmp_path, condition, carried):
    made = released(tmp_path, f"on: push\njobs:\n{STEP}        if: {condition}\n")
    assert (made["needs"], made["if"]) == ("ship", carried)


SECOND = "      - run: vercel deploy --prod\n        if: %s\n"


@pytest.mark.parametrize(
    ("first", "second", "carried"),
    [
        ("inputs.api", "inputs.web", "((inputs.api) || (inputs.web))"),
        (
            "vars.LIVE == 'yes'",
            "vars.LIVE == 'yes' && inputs.web",
            "((vars.LIVE == 'yes') || (vars.LIVE == 'yes' && inputs.web))",
        ),
        ("inputs.api", None, None),
    ],
)
def test_the_release_runs_when_one_of_the_steps_deploys(tmp_path, first, second, carried):
    more = SECOND % second if second else SECOND.partition("        if")[0]
    asked = "on: {workflow_dispatch: {inputs: {api: {type: boolean}, web: {type: boolean}}}}"
    made = released(tmp_path, f"{asked}\njobs:\n{STEP}        if: {first}\n{more}")
    assert (made["needs"], made.get("if")) == ("ship", carried)


def test_steps_that_deploy_to_places_of_their_own_are_left_to_the_person(tmp_path):
    conditions = "github.ref == 'refs/heads/develop'", "github.ref == 'refs/heads/main'"
    text = f"on: push\njobs:\n{STEP}        if: {conditions[0]}\n" + SECOND % conditions[1]
    left = released(tmp_path / "a", text)["left"]
    assert f"whether ship deploys depends on `{conditions[0]}` or `{conditions[1]}`" in left
    named = text.replace("  ship:\n", "  ship:\n    environment: live\n")
    made = released(tmp_path / "b", named, "sentry-release-live")
    assert made["if"] == f"(({conditions[0]}) || ({conditions[1]}))"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("        if: steps.a.outputs.b == 'x'\n", "which another job cannot read"),
        ("        if: always()\n", "which another job cannot read"),
        ("        env: {A: '${{ vars.A }}'}\n        if: env.A == 'y'\n", "which another job cannot read"),
    ],
)
def test_what_only_the_job_knows_is_left_to_the_person(tmp_path, step, reason):
    assert reason in released(tmp_path, f"on: push\njobs:\n{STEP}{step}")["left"]


def test_a_script_that_decides_whether_it_deploys_is_left_to_the_person(tmp_path):
    text = STEP.replace("flyctl deploy", 'if [ "$LIVE" = 1 ]; then flyctl deploy; fi')
    left = released(tmp_path, f"on: push\njobs:\n{text}")["left"]
    assert "whether ship deploys depends on" in left and "$LIVE" in left


def test_outputs_that_name_the_environment_and_the_commit_are_needed_too(tmp_path):
    jobs = "  setup:\n    runs-on: x\n    outputs: {env: 'x', tag: 'y'}\n    steps: [{run: echo}]\n" + STEP.replace(
        "    runs-on: x\n", "    needs: setup\n    environment: ${{ needs.setup.outputs.env }}\n    runs-on: x\n"
    ).replace("checkout@v5\n", "checkout@v5\n        with: {ref: '${{ needs.setup.outputs.tag }}'}\n")
    made = released(tmp_path, f"on: push\njobs:\n{jobs}", "sentry-release")
    assert made["needs"] == ["ship", "setup"] and made["steps"][0]["with"]["ref"] == "${{ needs.setup.outputs.tag }}"


def test_the_environment_that_keeps_the_token_is_the_jobs_too(tmp_path):
    text = STEP.replace("    runs-on: x\n", "    environment: live\n    runs-on: x\n")
    own = text + "        env: {SENTRY_AUTH_TOKEN: '${{ secrets.SENTRY_AUTH_TOKEN }}'}\n"
    assert released(tmp_path / "a", f"on: push\njobs:\n{own}", "sentry-release-live")["environment"] == "live"
    assert "environment" not in released(tmp_path / "b", f"on: push\njobs:\n{text}", "sentry-release-live")


@pytest.mark.parametrize(
    ("branch", "name"),
    [("main", "production"), ("dev", "development"), ("staging", "staging"), ("release", "production")],
)
def test_a_branch_tells_the_environment_where_no_name_does(tmp_path, branch, name):
    assert released(tmp_path, f"on: {{push: {{branches: [{branch}]}}}}\njobs:\n{STEP}", f"sentry-release-{name}")[
        "needs"
    ]


def test_jobs_that_may_deploy_are_named_in_the_question(tmp_path):
    from checks.config import load_config
    from checks.repository.facts import Facts
    from checks.repository.tree import MemoryTree
    from setup_wizard.questions import questions_for

    flow = "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps: [{run: ./go live}]\n"
    tree = MemoryTree(READY | {".github/workflows/d.yml": flow})
    asked = questions_for("release-tracking", Facts(tree, load_config(tree), None), None)
    [jobs] = [q for q in asked if q.key == "release.jobs"]
    assert "these may: deploy (it runs ./go live" in jobs.found and jobs.value == ""


def _flow(on: str, jobs: str) -> bytes:
    return f"on:\n{on}jobs:\n{jobs}".encode()


_SHIP = "  ship:\n    runs-on: x\n    steps:\n      - run: ./ship\n"


@pytest.mark.parametrize(
    ("on", "asks"),
    [
        ("  pull_request:\n    types: [closed]\n", False),
        ("  push:\n  pull_request:\n    types: closed\n", False),
        ("  push:\n  pull_request:\n", True),
        ("  push:\n  pull_request:\n    types: [opened, closed]\n", True),
        ("  push:\n", False),
    ],
)
def test_only_open_pull_requests_are_left_out(on, asks):
    options = workflow.ReleaseOptions(jobs={"ship": "production"}, org="acme", projects=("shop",))
    edited = workflow.add_release_jobs(_flow(on, _SHIP), options, "d.yml")
    assert (b"if: github.event_name != 'pull_request'" in edited.data) is asks


def test_a_called_workflow_that_lists_its_secrets_lists_the_token_as_well():
    on = "  push:\n  workflow_call:\n    secrets:\n        HOST:\n            required: true\n    inputs:\n        a: {type: string}\n"
    options = workflow.ReleaseOptions(jobs={"ship": "production"}, org="acme", projects=("shop",))
    edited = workflow.add_release_jobs(_flow(on, _SHIP), options, "d.yml")
    assert (
        b"            required: true\n        SENTRY_AUTH_TOKEN:\n            required: false\n    inputs:\n"
        in edited.data
    )
    assert isinstance(workflow.add_release_jobs(edited.data, options, "d.yml"), Unchanged)
    flow = on.replace("secrets:\n        HOST:\n            required: true\n", "secrets: {HOST: {required: true}}\n")
    assert isinstance(workflow.add_release_jobs(_flow(flow, _SHIP), options, "d.yml"), Refused)


def test_environments_that_differ_in_case_are_one():
    halves = _SHIP + _SHIP.replace("ship:", "other:")
    options = workflow.ReleaseOptions(
        jobs={"ship": "Production", "other": "production"}, org="acme", projects=("shop", "shop")
    )
    edited = workflow.add_release_jobs(_flow("  push:\n", halves), options, "d.yml")
    assert edited.data.count(b"sentry-release-production:") == 1
    assert b"needs: [ship, other]" in edited.data
    assert b'releases new -p shop "' in edited.data


@pytest.mark.parametrize(
    ("command", "released"),
    [
        ("sentry-cli releases new x", True),
        ("npx @sentry/cli@2 releases --org acme new x", True),
        ('if [ -n "$A" ]; then sentry-cli releases new x; fi', True),
        ("echo 'sentry-cli releases new x'", False),
        ("true # sentry-cli releases new x", False),
        ("false && sentry-cli releases new x", False),
    ],
)
def test_only_a_command_that_makes_a_release_is_one(command, released):
    after_it = f"  later:\n    needs: ship\n    runs-on: x\n    steps:\n      - run: |\n          {command}\n"
    options = workflow.ReleaseOptions(jobs={"ship": "production"}, org="acme", projects=("shop",))
    edit = workflow.add_release_jobs(_flow("  push:\n", _SHIP + after_it), options, "d.yml")
    assert isinstance(edit, Unchanged if released else Edited)


@pytest.mark.parametrize(("name", "asked"), [("smoke-test", False), ("deploy", True)])
def test_a_script_that_may_deploy_is_asked_about_where_a_name_says_so(tmp_path, name, asked):
    flow = f"on: push\njobs:\n  {name}:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ./install.sh\n"
    script = '#!/bin/sh\nif [ "$DRY_RUN" = true ]; then exit 0; fi\nssh root@shop.example docker compose up -d\n'
    files = READY | {".github/workflows/checks.yml": flow, "install.sh": script}
    done = after(tmp_path, files, "release-tracking")
    assert (f"needs: {name}" in done.left) is asked and "sentry-cli releases new" in done.left


@pytest.mark.parametrize(
    ("path", "text", "commit"),
    [
        (".travis.yml", "language: python\nscript: pytest\n", "$TRAVIS_COMMIT"),
        (".circleci/config.yml", "version: 2.1\njobs:\n  test:\n    docker:\n      - image: cimg/python:3.13\n    steps:\n      - run: pytest\nworkflows:\n  main:\n    jobs:\n      - test\n", "$CIRCLE_SHA1"),
        ("azure-pipelines.yml", "steps:\n  - script: pytest\n", "$(Build.SourceVersion)"),
    ],
)  # fmt: skip
def test_where_no_job_is_seen_to_deploy_none_is_required(tmp_path, path, text, commit):
    left = after(tmp_path, READY | {path: text}, "release-tracking").left
    assert "after_deploy" not in left and "requires:" not in left and "…]" not in left
    assert "run this after each deploy" in left and commit in left and "sentry-cli releases finalize" in left


@pytest.mark.parametrize(
    ("on", "deploy", "ref"),
    [
        # What a called workflow is handed is what it deploys.
        ("push", "    uses: ./.github/workflows/go.yml\n    with: {refspec: 'v1'}\n", "v1"),
        ("push", "    uses: ./.github/workflows/go.yml\n    with: {commitSha: '${{ github.event.after }}'}\n", "${{ github.event.after }}"),
        ("push", "    uses: ./.github/workflows/go.yml\n    with: {image_tag: '1'}\n", None),
        # The workflow's own commit, however it is named.
        ("push", "    uses: ./.github/workflows/go.yml\n    with: {githubRef: '${{ github.ref }}', gitSha: '${{ github.sha }}'}\n", None),
        # What a person is asked for.
        ("{workflow_dispatch: {inputs: {commit: }}}", DEPLOY.replace("flyctl deploy", "./go ${{ inputs.commit }}"), "${{ inputs.commit }}"),
        ("{push: , workflow_dispatch: {inputs: {git_ref: }}}", DEPLOY.replace("flyctl deploy", "./go ${{ github.event.inputs.git_ref }}"), "${{ inputs.git_ref }}"),
        ("{workflow_dispatch: {inputs: {commit: }}}", DEPLOY, None),
        ("{workflow_dispatch: {inputs: {tag: }}}", DEPLOY.replace("flyctl deploy", "docker build -t x:${{ inputs.tag }} ."), None),
        # The end of another run, whose head is deployed though the job checks out the default branch.
        (RAN % "", DEPLOY.replace("flyctl deploy", "ssh h git reset --hard origin/${{ github.event.workflow_run.head_branch }}"), "${{ github.event.workflow_run.head_sha }}"),
        (RAN % "", "    if: github.event.workflow_run.conclusion == 'success'\n" + DEPLOY, None),
    ],
)  # fmt: skip
def test_the_release_is_of_the_commit_that_the_deploy_is_given(on, deploy, ref):
    made = job(f"  deploy:\n{deploy}", {"deploy": "production"}, "sentry-release-production", on=on)
    assert made["steps"][0]["with"].get("ref") == ref
    named = "${{ github.sha }}" if ref is None else "${{ steps.commit.outputs.sha }}"
    assert made["steps"][-1]["env"]["SENTRY_RELEASE"] == named


def test_the_job_that_names_the_commit_is_needed_too():
    called = "  deploy:\n    needs: ref\n    uses: ./.github/workflows/go.yml\n    with: {refspec: '${{ needs.ref.outputs.sha }}'}\n"
    made = job(f"  ref:\n{DEPLOY}{called}", {"deploy": "production"}, "sentry-release-production")
    assert made["needs"] == ["deploy", "ref"] and made["steps"][0]["with"]["ref"] == "${{ needs.ref.outputs.sha }}"


@pytest.mark.parametrize("where", ["step", "workflow"])
def test_an_image_that_another_run_built_is_of_a_commit_that_nobody_names_here(where):
    deploy = DEPLOY.replace(
        "flyctl deploy", "./promote ${{ inputs.deployTag }}" if where == "step" else "./promote $TAG"
    )
    env = "env: {TAG: '${{ inputs.deployTag }}'}\n" if where == "workflow" else ""
    text = f"on: {{workflow_dispatch: {{inputs: {{deployTag: }}}}}}\n{env}jobs:\n  deploy:\n{deploy}"
    options = workflow.ReleaseOptions(jobs={"deploy": "production"}, org="acme", projects=("shop",))
    result = workflow.add_release_jobs(text.encode(), options, "w.yml")
    assert isinstance(result, Refused) and "the input `deployTag`, which can be an image of any commit" in result.reason


@pytest.mark.parametrize(
    ("runner", "own"),
    [("ubuntu-24.04", "ubuntu-24.04"), ("ubuntu-20.04", "ubuntu-latest"), ("[self-hosted]", "ubuntu-latest")],
)
def test_the_release_runs_on_the_machine_of_its_deploy_where_that_is_githubs(runner, own):
    made = job(f"  deploy:\n{DEPLOY.replace('ubuntu-latest', runner)}", {"deploy": "p"}, "sentry-release-p")
    assert made["runs-on"] == own


@pytest.mark.parametrize(
    "run", ['if [ "$LIVE" = 1 ]; then flyctl deploy; fi', "flyctl deploy\n        if: steps.a.outputs.b == 'x'"]
)
def test_the_text_of_a_job_that_was_refused_for_its_condition_never_runs_without_one(tmp_path, run):
    done = after(
        tmp_path,
        READY | {".github/workflows/d.yml": f"on: push\njobs:\n{STEP.replace('flyctl deploy', run)}"},
        "release-tracking",
    )
    [task] = [t for t in done.steps["release-tracking"].manual if "sentry-release-production:" in (t.snippet or "")]
    made = yaml.safe_load(task.snippet)["sentry-release-production"]
    assert made["if"] is False and "# write here when ship deploys: " in task.snippet


BRACES = "{runs-on: ubuntu-latest, environment: production, steps: [{uses: actions/checkout@v5}, {run: flyctl deploy}]}"


@pytest.mark.parametrize(
    "jobs",
    [
        f"  deploy: {BRACES}\n",
        f"  deploy: {BRACES}\n  a:\n    runs-on: x\n",
        f"  test: {{runs-on: x, steps: [{{run: pytest}}]}}\n  deploy:\n{DEPLOY}",
        f"  a:\n    runs-on: x\n    steps: [{{run: pytest}}]\n  deploy:\n{DEPLOY}",
    ],
)
def test_jobs_in_braces_say_nothing_of_the_indentation(jobs):
    options = workflow.ReleaseOptions(jobs={"deploy": "production"}, org="acme", projects=("shop",))
    result = workflow.add_release_jobs(f"on: push\njobs:\n{jobs}".encode(), options, "w.yml")
    assert isinstance(result, Edited), result
    rows = result.data.decode().splitlines()
    at = rows.index("  sentry-release-production:")
    assert rows[at + 1] == "    name: Sentry release (production)"
    assert rows[at + 4 : at + 7] == ["    permissions:", "      contents: read", "    steps:"]
    assert rows[at + 7].lstrip() == "- uses: actions/checkout@v5" and rows[at + 7].index("-") in (4, 6)


@pytest.mark.parametrize(
    "matrix", ["{matrix: {env: [staging, production]}}", "{matrix: {env: [staging,\n        production]}}"]
)
def test_a_matrix_in_braces_is_repeated(matrix):
    text = f"  deploy:\n    strategy: {matrix}\n    environment: ${{{{ matrix.env }}}}\n{DEPLOY}"
    made = job(text, {"deploy": "${{ matrix.env }}"}, "sentry-release")
    assert made["strategy"] == {"matrix": {"env": ["staging", "production"]}}
    assert made["steps"][-1]["env"]["SENTRY_ENVIRONMENT"] == "${{ matrix.env }}"


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ("stage: deploy", {"stage": "deploy"}),
        ("rules: [{if: '$CI_COMMIT_TAG'}]", {"rules": [{"if": "$CI_COMMIT_TAG"}]}),
        ("only: [main], stage: ship", {"only": ["main"], "stage": "ship"}),
    ],
)
def test_a_job_of_gitlab_in_braces_keeps_when_it_runs(more, kept):
    options = workflow.ReleaseOptions(jobs={"deploy": "production"}, org="acme", projects=("shop",))
    result = gitlab.add_release_jobs(f"deploy: {{{more}, script: [make deploy]}}\n".encode(), options)
    assert isinstance(result, Edited), result
    made = yaml.safe_load(result.data)["sentry-release-production"]
    assert {k: v for k, v in made.items() if k in ("stage", "rules", "only")} == kept


def test_a_job_of_gitlab_in_braces_that_a_person_starts_is_left():
    options = workflow.ReleaseOptions(jobs={"deploy": "production"}, org="acme", projects=("shop",))
    result = gitlab.add_release_jobs(b"deploy: {rules: [{when: manual}], script: [make deploy]}\n", options)
    assert isinstance(result, Refused)
    assert result.reason == ".gitlab-ci.yml: what decides when deploy runs is written in an unsupported way"
