"""What an input of a GitHub step may be: over its matrix, and with what earlier steps write into the environment."""

from __future__ import annotations

import pytest

from checks.ci.worth import worths
from checks.hosts.image_builds import all_builds
from tests.support.repo import facts_of

HEAD = "on: push\njobs:\n  image:\n    runs-on: x\n{}    steps:\n{}      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          file: {}\n"
LIST = "    strategy:\n      matrix:\n        file: [Dockerfile, worker/Dockerfile]\n"
INCLUDE = "    strategy:\n      matrix:\n        include:\n          - {name: web, file: Dockerfile}\n          - {name: job, file: jobs/Dockerfile}\n"
OBJECTS = "    strategy:\n      matrix:\n        image:\n          - {name: web, path: web}\n          - {name: job, path: jobs}\n"
EXPORT = "      - if: matrix.name == '{}'\n        run: echo \"build_file={}\" >> $GITHUB_ENV\n"


@pytest.mark.parametrize(
    ("matrix", "steps", "file", "found"),
    [
        ("", "", "Dockerfile", ["Dockerfile"]),
        (LIST, "", "${{ matrix.file }}", ["Dockerfile", "worker/Dockerfile"]),
        (INCLUDE, "", "./${{ matrix.file }}", ["./Dockerfile", "./jobs/Dockerfile"]),
        (OBJECTS, "", "${{ matrix.image.path }}/Dockerfile", ["web/Dockerfile", "jobs/Dockerfile"]),
        (INCLUDE, EXPORT.format("web", "Dockerfile") + EXPORT.format("job", "jobs/Dockerfile"), "${{ env.build_file }}", ["Dockerfile", "jobs/Dockerfile"]),
        (INCLUDE, "      - run: echo \"BUILD_FILE=${{ matrix.file }}\" >> $GITHUB_ENV\n", "${{ env.build_file }}", ["Dockerfile", "jobs/Dockerfile"]),
        ("    env: {FILE: prod.Dockerfile}\n", "", "docker/${{ env.FILE }}", ["docker/prod.Dockerfile"]),
        ("", "", "${{ github.workspace }}/Dockerfile", ["./Dockerfile"]),
        ("", "", "${{ inputs.file }}", None),
        ("", "", "${{ env.FILE }}", None),
        ("    strategy:\n      matrix: ${{ fromJSON(needs.plan.outputs.all) }}\n", "", "${{ matrix.file }}", None),
    ],
)  # fmt: skip
def test_every_value_is_found_or_none_is_told(matrix, steps, file, found):
    facts = facts_of({"Dockerfile": "FROM x\n", ".github/workflows/a.yml": HEAD.format(matrix, steps, file)})
    job = facts.workflows[0].jobs[0]
    step = job.steps[-1]
    assert worths(facts, job, step, step.inputs["file"]) == found
    if found is not None:
        assert [b.dockerfile for b in all_builds(facts)] == [f.removeprefix("./") for f in found]


ACTION = "inputs: {dockerfile: {required: true}}\nruns:\n  using: composite\n  steps:\n    - uses: docker/build-push-action@v6\n      with:\n        file: ${{ inputs.dockerfile }}\n"


def test_an_action_of_the_repository_builds_what_it_is_given():
    flow = (
        "on: push\nenv: {FOLDER: web, FILE: prod.Dockerfile}\njobs:\n  image:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - uses: ./.github/actions/build\n"
        "        with: {dockerfile: '${{ github.workspace }}/${{ env.FOLDER }}/${{ env.FILE }}'}\n"
    )
    files = {
        "web/prod.Dockerfile": "FROM x\n",
        ".github/workflows/a.yml": flow,
        ".github/actions/build/action.yml": ACTION,
    }
    assert [b.dockerfile for b in all_builds(facts_of(files))] == ["web/prod.Dockerfile"]
