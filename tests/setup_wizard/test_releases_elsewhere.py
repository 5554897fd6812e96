"""A job that only starts a deployment elsewhere is over before that is: no release stands behind it, and the person gets the text."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, after

PATH = ".github/workflows/d.yml"
HEAD = "on: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n"
OTHER = "      - uses: actions/checkout@v5\n        with: {repository: acme/cluster, token: '${{ secrets.T }}'}\n"


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ("      - uses: peter-evans/repository-dispatch@v3\n        with: {repository: acme/infra, event-type: go}\n", "repository-dispatch"),
        ("      - uses: benc-uk/workflow-dispatch@v1\n        with: {workflow: go, repo: acme/infra}\n", "workflow-dispatch"),
        ("      - run: gh workflow run go.yml --repo acme/infra\n", "gh workflow run"),
        ("      - run: gh api repos/acme/infra/dispatches -f event_type=go\n", "gh api"),
        ("      - run: curl -X POST https://api.github.com/repos/acme/infra/dispatches -d x\n", "curl"),
        ("      - uses: example/action-argocd-webhook-notification@v1\n", "argocd-webhook"),
        (OTHER + "      - run: |\n          sed -i s/old/new/ shop.yaml\n          git commit -am x\n          git push\n", "it pushes to acme/cluster"),
    ],
)  # fmt: skip
def test_no_release_is_made_behind_what_starts_a_deployment_elsewhere(tmp_path, steps, why):
    text = HEAD + steps
    done = after(tmp_path, READY | {PATH: text}, "release-tracking")
    assert done.text(PATH) == text
    [task] = [t for t in done.steps["release-tracking"].manual if "run this after each deploy" in t.title]
    assert task.reason.startswith("deployment runs elsewhere: job deploy: ") and why in task.reason
    assert f"({PATH}:" in task.reason and "sentry-cli releases new" in task.snippet


@pytest.mark.parametrize("run", ["ssh me@shop.example 'git pull && docker compose up -d'", "argocd app sync shop"])
def test_what_runs_to_its_end_there_is_followed_by_a_release(tmp_path, run):
    done = after(tmp_path, READY | {PATH: f"{HEAD}      - run: {run}\n"}, "release-tracking")
    assert "sentry-release-production:" in done.text(PATH)


def test_an_image_that_a_job_of_production_only_pushes_is_deployed_by_something_else(tmp_path):
    steps = "      - uses: docker/build-push-action@v6\n        with: {push: true}\n"
    text = HEAD.replace("    runs-on: x\n", "    runs-on: x\n    environment: production\n") + steps
    done = after(tmp_path / "a", READY | {PATH: text}, "release-tracking")
    assert done.text(PATH) == text and "it pushes an image, which something else deploys" in done.left
    text += "      - run: ./go\n"
    done = after(tmp_path / "b", READY | {PATH: text}, "release-tracking")
    assert "sentry-release-production:" in done.text(PATH)


def test_a_job_of_staging_is_followed_while_what_starts_production_is_left(tmp_path):
    text = HEAD + "      - run: gh workflow run go.yml --repo acme/infra\n"
    text += "  deploy-staging:\n    runs-on: x\n    steps:\n      - run: flyctl deploy\n"
    done = after(tmp_path, READY | {PATH: text}, "release-tracking")
    added = done.text(PATH).removeprefix(text)
    assert "needs: deploy-staging" in added and "sentry-release-production" not in added
    assert "deployment runs elsewhere: job deploy: it runs gh workflow run" in done.left


def test_the_question_has_the_jobs_that_start_a_deployment_as_choices():
    from checks.config import load_config
    from checks.repository.facts import Facts
    from checks.repository.tree import MemoryTree
    from setup_wizard.questions import questions_for

    tree = MemoryTree(READY | {PATH: HEAD + "      - run: gh workflow run go.yml\n"})
    asked = questions_for("release-tracking", Facts(tree, load_config(tree), None), None)
    [jobs] = [q for q in asked if q.key == "release.jobs"]
    assert jobs.value == "" and "deploy (it runs gh workflow run" in jobs.found
    assert jobs.problem("") is None, "there may be none, and the plan says what to run then"
    assert jobs.found.endswith("; leave this empty if none does, and the plan shows what to run after a deploy")
    tree = MemoryTree(READY | {PATH: HEAD + "      - run: flyctl deploy\n"})
    asked = questions_for("release-tracking", Facts(tree, load_config(tree), None), None)
    [jobs] = [q for q in asked if q.key == "release.jobs"]
    assert jobs.value == "deploy:production" and jobs.problem("") == "this needs an answer"
