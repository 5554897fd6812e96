"""Which jobs deploy: by what they do, three-valued."""

from __future__ import annotations

import pytest

from checks.ci.deploying import State, deploying, deploying_jobs
from checks.parsers.shell import parse_shell
from tests.support.repo import facts_of

YES, HANDS, MAYBE, NO = State.DEPLOYS, State.HANDS_OVER, State.UNKNOWN, State.NO


def job(steps: str, *, name: str = "work", more: str = "", on: str = "push") -> dict[str, str]:
    text = f"on: {on}\njobs:\n  {name}:\n    runs-on: x\n{more}    steps:\n{steps}"
    return {".github/workflows/d.yml": text}


CALLS = "on: push\njobs:\n  go:\n    uses: {}\n"


def run(command: str) -> str:
    return "      - run: |\n" + "".join(f"          {line}\n" for line in command.splitlines())


def uses(action: str, *inputs: str) -> str:
    text = f"      - uses: {action}\n"
    return text + ("        with:\n" + "".join(f"          {i}\n" for i in inputs) if inputs else "")


REMOTE = "on: {}\njobs:\n  {}:\n    uses: acme/ops/.github/workflows/{}.yml@v1\n    with: {{ENVIRONMENT: prod}}\n"


@pytest.mark.parametrize(
    ("files", "state", "why"),
    [
        (job(run("flyctl deploy --remote-only")), YES, "flyctl deploy"),
        (job(run("kubectl set image deployment/shop shop=$IMAGE")), YES, "kubectl set"),
        (job(run("sudo helm upgrade --install shop ./chart")), YES, "helm upgrade"),
        (job(run("aws ecs update-service --cluster c --service s")), YES, "aws ecs"),
        (job(run("./deploy.sh production")), YES, "./deploy.sh"),
        (job(run("make deploy")), YES, "make deploy"),
        (job(run("npm run deploy:prod")), YES, "npm run"),
        (job(run("yarn i18n:deploy")), NO, "none of its steps"),
        (job(run("make deploy-translations")), NO, "none of its steps"),
        (job(run("npm run deploy:contracts")), NO, "none of its steps"),
        (job(run("curl -X POST $RENDER_DEPLOY_HOOK")), YES, "curl"),
        (job(run("git push dokku main")), YES, "git push"),
        (job(uses("aws-actions/amazon-ecs-deploy-task-definition@v2")), YES, "amazon-ecs-deploy"),
        (job(uses("superfly/flyctl-actions@1.5", "args: deploy")), YES, "flyctl-actions"),
        (job(run("./go"), name="ship", more="    environment: production\n"), YES, "environment production"),
        # What only mentions it, never runs, or shows what would happen.
        (job(run("echo flyctl deploy")), NO, "none of its steps"),
        (job(run("# flyctl deploy\ntrue")), NO, "none of its steps"),
        (job(run("false && flyctl deploy")), NO, "none of its steps"),
        (job(run("cat <<EOF\nflyctl deploy\nEOF")), NO, "none of its steps"),
        (job(run("kubectl apply --dry-run=server -f k8s")), NO, "none of its steps"),
        (job(run("vercel deploy")), NO, "none of its steps"),
        (job(run("flyctl deploy"), on="pull_request"), NO, "pull requests"),
        (job(run("flyctl deploy"), name="preview"), NO, "previews"),
        (job(run("pytest")), NO, "none of its steps"),
        # A test that deploys to what its own job started.
        (job(uses("manusa/actions-setup-minikube@v2") + run("helm install app ./helm/app")), NO, "none of its steps"),
        (job(uses("helm/kind-action@v1") + run("kubectl apply -f k8s\nkubectl rollout restart deployment/x"), name="deploy"), MAYBE, "its name suggests it"),
        (job(run("k3d cluster create t\ntrue") + run("skaffold run")), NO, "none of its steps"),
        (job(run("kind create cluster") + run("helm --kube-context kind-kind upgrade --install x ./x")), NO, "none of its steps"),
        (job(uses("medyagh/setup-minikube@v1") + uses("azure/k8s-deploy@v5")), NO, "none of its steps"),
        (job(run("aws --endpoint-url=http://localhost:4566 lambda update-function-code --function-name f")), NO, "none of its steps"),
        (job(run("docker compose up -d\npytest"), name="e2e"), NO, "none of its steps"),
        (job(run("terraform plan"), name="infra"), NO, "none of its steps"),
        (job(run("act push -j deploy"), name="workflows"), NO, "none of its steps"),
        (job(uses("helm/kind-action@v1") + run("make deploy")), NO, "none of its steps"),
        (job(run("helm install app ./app"), on="[pull_request, workflow_dispatch]"), MAYBE, "pull requests that are not merged"),
        # Behind it, what goes elsewhere is a deployment.
        (job(uses("helm/kind-action@v1") + run("flyctl deploy")), YES, "flyctl deploy"),
        (job(uses("helm/kind-action@v1") + run("kubectl --context live apply -f k8s")), YES, "kubectl"),
        (job(uses("helm/kind-action@v1") + run("aws eks update-kubeconfig --name live") + run("kubectl apply -f k8s")), YES, "kubectl apply"),
        (job(uses("helm/kind-action@v1") + uses("azure/k8s-set-context@v4") + run("kubectl apply -f k8s")), YES, "kubectl apply"),
        (job(run("kubectl apply -f k8s") + uses("helm/kind-action@v1")), YES, "kubectl apply"),
        (job(uses("helm/kind-action@v1") + "        if: inputs.local\n" + run("kubectl apply -f k8s")), YES, "kubectl apply"),
        (job(run("flyctl deploy"), on="{pull_request: {types: [closed]}, workflow_dispatch: }"), YES, "flyctl deploy"),
        # Publishing is no deployment of the application, whatever the job is called.
        (job(run("twine upload dist/*"), name="deploy"), NO, "none of its steps"),
        (job(uses("actions/deploy-pages@v4"), name="deploy", more="    environment: github-pages\n"), NO, "none of its steps"),
        (job(uses("googleapis/release-please-action@v4"), name="release"), NO, "none of its steps"),
        (job(uses("helm/chart-releaser-action@v1"), name="release"), NO, "none of its steps"),
        (job(run("mkdocs gh-deploy --force"), name="deploy"), NO, "none of its steps"),
        (job(run("gh release create v1"), name="release"), NO, "none of its steps"),
        (job(run("pytest"), more="    environment:\n      name: production\n      deployment: false\n"), NO, "none of its steps"),
        # Pages of a documentation are put up by what puts up an application's.
        (job(uses("cloudflare/pages-action@v1", "directory: mkdocs_build") , name="deploy"), NO, "none of its steps"),
        (job(uses("cloudflare/pages-action@v1", "projectName: shop-docs"), name="deploy"), NO, "none of its steps"),
        (job(uses("nwtgck/actions-netlify@v3", "publish-dir: docs/_build"), name="deploy"), NO, "none of its steps"),
        (job(run("wrangler pages deploy site --project-name=shop-docs")), NO, "none of its steps"),
        (job(run("aws s3 sync storybook-static s3://x"), name="deploy"), NO, "none of its steps"),
        (job(run("netlify deploy --prod --dir docs/_build")), NO, "none of its steps"),
        (job(uses("cloudflare/pages-action@v1", "directory: dist"), name="deploy"), YES, "pages-action"),
        (job(run("aws s3 sync dist s3://x"), name="deploy"), YES, "aws s3 sync"),
        (job(run("kubectl apply -f k8s/docs.yml")), YES, "kubectl apply"),
        (job(run("flyctl deploy"), on="{push: {branches-ignore: [main]}}"), NO, "leaves main out"),
        (job(run("flyctl deploy"), on="{push: {branches-ignore: [develop]}}"), YES, "flyctl deploy"),
        (job(run("flyctl deploy"), on="{push: {branches-ignore: [main]}, workflow_dispatch: }"), YES, "flyctl deploy"),
        # A name tells nothing by itself.
        (job(run("pytest"), name="deploy"), MAYBE, "its name suggests it"),
        (job(run("terraform apply"), name="infra"), MAYBE, "terraform apply"),
        (job(run("./go live"), name="deploy"), MAYBE, "./go"),
        # Handed over.
        (job(run("ssh deploy@shop.example")), HANDS, "ssh"),
        (job(uses("appleboy/ssh-action@v1")), HANDS, "ssh-action"),
        (job(uses("peter-evans/repository-dispatch@v3")), HANDS, "repository-dispatch"),
        (job(uses("example/action-argocd-webhook-notification@v1")), HANDS, "argocd"),
        (job(run("gh workflow run deploy.yml -R acme/ops")), HANDS, "gh workflow"),
        (job(uses("actions/checkout@v5", "repository: acme/cluster") + run("git commit -am x\ngit push")), HANDS, "acme/cluster"),
        ({".github/workflows/d.yml": "on: push\njobs:\n  deploy:\n    uses: acme/ops/.github/workflows/go.yml@v1\n"}, HANDS, "acme/ops"),
        ({".github/workflows/d.yml": "on: push\njobs:\n  lint:\n    uses: acme/ops/.github/workflows/lint.yml@v1\n"}, NO, "acme/ops"),
        ({".github/workflows/d.yml": "on: push\njobs:\n  image:\n    uses: acme/ops/.github/workflows/push.yml@v1\n    with: {environment: production}\n"}, HANDS, "acme/ops"),
        ({".github/workflows/d.yml": "on: push\njobs:\n  image:\n    uses: acme/ops/.github/workflows/push.yml@v1\n    with: {environment: test, tag: production}\n"}, NO, "acme/ops"),
        # Runners, tests and notifications are told an environment too.
        ({".github/workflows/d.yml": REMOTE.format("[pull_request, workflow_dispatch]", "start", "start-runner")}, MAYBE, "pull requests that are not merged"),
        ({".github/workflows/d.yml": REMOTE.format("[workflow_dispatch]", "start", "start-runner")}, MAYBE, "started by a person or a clock"),
        ({".github/workflows/d.yml": REMOTE.format("[schedule]", "report", "usage")}, MAYBE, "started by a person or a clock"),
        ({".github/workflows/d.yml": REMOTE.format("[pull_request, workflow_dispatch]", "deploy", "go")}, MAYBE, "pull requests that are not merged"),
        ({".github/workflows/d.yml": REMOTE.format("[workflow_dispatch]", "api", "deploy-ecs")}, HANDS, "deploy-ecs"),
        ({".github/workflows/d.yml": REMOTE.format("[push, pull_request]", "deploy", "go")}, HANDS, "go.yml"),
    ],
)  # fmt: skip
def test_what_a_job_does(files, state, why):
    facts = facts_of(files)
    flow = facts.workflows[0]
    found = deploying(facts, flow, flow.jobs[0])
    assert (found.state, why in found.why) == (state, True), found


def test_a_script_is_followed_where_it_is_here():
    files = job(run("./go.sh")) | {
        "go.sh": "#!/bin/sh\nset -e\nif [ 1 = 2 ]; then kubectl apply -f x; fi\nflyctl deploy\n"
    }
    facts = facts_of(files)
    [(_, found, what)] = deploying_jobs(facts)
    assert (found.id, what.state, what.path) == ("work", YES, "go.sh")


SCRIPT = """
one
if [ "$A" = main ]; then two; elif asked; then no1; else no2; fi
if [ "$B" = main ]; then may1; fi
f() { three; }
unused() { no3; }
f
false && no4
four || no5
case main in dev) no6 ;; main) five ;; *) no7 ;; esac
bash <<EOF
six
EOF
bash -c 'seven && eight'
for i in a b; do nine "$i"; done
! ten && no8
[ -n "$B" ] || exit 0
may2
exit 0
no9
"""


def test_which_commands_run():
    found = {c.words[0]: c for c in parse_shell(SCRIPT, {"A": "main"})}
    sure = [n for n, c in found.items() if c.runs is True]
    for name in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]:
        assert name in sure, name
    for name, command in found.items():
        if name.startswith("no"):
            assert command.runs is False, command
        if name.startswith("may"):
            assert command.runs is None and "$B" in command.why, command
    assert found["six"].line == 12
    assert found["nine"].words == ("nine", "$i")


@pytest.mark.parametrize(
    ("files", "state", "weak"),
    [
        # A flag behind the subcommand is the program's, not docker's.
        (job(run('docker compose run web bash -c "pytest"'), name="test"), NO, False),
        (job(run("docker --context prod compose up -d")), YES, False),
        # Copies and dispatches deploy where the job says so; else they are a question, or somebody else's.
        (job(run("aws s3 cp dump.gz s3://backups/"), name="backup"), NO, False),
        (job(run("aws s3 sync dist s3://shop"), name="assets"), MAYBE, True),
        (job(run("aws s3 sync dist s3://shop"), name="deploy"), YES, False),
        (job(uses("peter-evans/repository-dispatch@v3"), name="push"), HANDS, True),
        (job(uses("peter-evans/repository-dispatch@v3"), name="deploy"), HANDS, False),
        (job(run("gh workflow run snapshot.yml"), name="bump"), HANDS, True),
        # Environments of publications, uploads and notices.
        (job(run("./upload"), name="publish", more="    environment: release\n"), MAYBE, False),
        (job(run("scripts/notify"), name="notify", more="    environment: production\n"), MAYBE, False),
        (job(run("npm run db:migrate:prod"), name="migrate", more="    environment: production\n"), MAYBE, False),
        (job(run("npm run db:migrate:prod"), name="deploy", more="    environment: production\n"), YES, False),
        (job(run("aws s3 sync dist/ s3://${{ secrets.B }}/ --exclude index.html"), name="deploy"), YES, False),
        (job(run("aws s3 sync s3://shop-backups backups"), name="deploy"), MAYBE, False),
        ({".github/workflows/d.yml": CALLS.format("acme/app-deploy/.github/workflows/build-image.yml@v1")}, NO, False),
        ({".github/workflows/d.yml": CALLS.format("acme/app/.github/workflows/deploy.yml@v1")}, HANDS, False),
        (job(run("source config/${DEPLOY_ENV}.sh\n. deploy.env"), name="backup"), NO, False),
        (job(run("bash scripts/deploy.sh"), name="go"), YES, False),
        (job(uses("newrelic/deployment-marker-action@v2"), name="record"), NO, False),
        (job(uses("cloud-gov/cg-cli-tools@main", "cf_command: push shop"), name="go"), YES, False),
        (job(uses("cloud-gov/cg-cli-tools@main", "command: cf restart proxy"), name="go"), NO, False),
        (job(uses("mozilla/deploy-actions/docker-push@v1"), name="image"), NO, False),
        (job(run("./run"), name="wait-for-deploy"), NO, False),
        (job(run("./run"), name="sentry-release"), NO, False),
        (job(run("helm upgrade x y"), name="feature-deploy"), NO, False),
        (job(run("fastapi deploy"), name="ship"), YES, False),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_deployment(files, state, weak):
    facts = facts_of(files)
    flow = facts.workflows[0]
    found = deploying(facts, flow, flow.jobs[0])
    assert (found.state, found.weak) == (state, weak), found


@pytest.mark.parametrize(
    ("on", "name", "state"),
    [
        ("[schedule, workflow_dispatch]", "export", MAYBE),
        ("workflow_dispatch", "collect", MAYBE),
        ("workflow_dispatch", "deploy", HANDS),
        ("[push, workflow_dispatch]", "go", HANDS),
        ("[schedule, push]", "go", HANDS),
    ],
)
def test_what_a_person_or_a_clock_starts_over_ssh_is_a_question(on, name, state):
    if state is MAYBE:
        copied = facts_of(
            job(run("scp report app@shop.example:/tmp"), name=name, on=on, more="    environment: live\n")
        )
        flow = copied.workflows[0]
        assert deploying(copied, flow, flow.jobs[0]).state is MAYBE
    facts = facts_of(job(run("ssh app@shop.example 'cat /etc/os-release'"), name=name, on=on))
    flow = facts.workflows[0]
    assert deploying(facts, flow, flow.jobs[0]).state is state


@pytest.mark.parametrize("what", ["domains", "dns", "certificates"])
def test_what_is_put_up_beside_an_application_is_no_deployment_of_it(what):
    steps = uses(f"someone/actions/deploy-{what}@v1")
    found = deploying_jobs(facts_of(job(steps, name=f"deploy_{what}", more="    environment: production\n")))
    assert [w.state for _, _, w in found] in ([], [MAYBE])
    assert [
        w.state for _, _, w in deploying_jobs(facts_of(job(uses("someone/actions/deploy-app@v1"), name="deploy")))
    ] == [YES]


def on_machine(label: str, command: str, *, name: str = "work", more: str = "") -> dict[str, str]:
    text = f"on: push\njobs:\n  {name}:\n    runs-on: {label}\n{more}    steps:\n{run(command)}"
    return {".github/workflows/d.yml": text}


UP = "docker compose -f prod.yml up -d --build"


@pytest.mark.parametrize(
    ("files", "state", "why"),
    [
        (on_machine("self-hosted", UP, name="deploy"), YES, "it runs docker compose -f"),
        (on_machine("[self-hosted, linux]", "docker-compose up --detach", name="release"), YES, "docker-compose up"),
        (on_machine("self-hosted", UP), MAYBE, "it runs docker compose -f, which may deploy"),
        (on_machine("shop-server", UP, name="deploy"), MAYBE, "it runs docker compose -f, which may deploy"),
        (on_machine("self-hosted", "docker compose up", name="work"), NO, ""),
        (on_machine("self-hosted", f"{UP}\npytest\ndocker compose down", name="work"), NO, ""),
        (on_machine("self-hosted", UP, name="e2e"), NO, ""),
        (on_machine("ubuntu-latest", f"{UP}\npytest"), NO, ""),
        (on_machine("self-hosted", f"docker compose down\n{UP}", name="deploy"), YES, "docker compose -f"),
        (on_machine("self-hosted", f"{UP} && docker compose down", name="work"), NO, ""),
        (on_machine("ubuntu-latest", f"export DOCKER_HOST=ssh://root@shop.example\n{UP}"), YES, "docker compose"),
        (on_machine("ubuntu-latest", UP, more="    env: {DOCKER_HOST: 'ssh://a@b'}\n"), YES, "docker compose"),
        (on_machine("ubuntu-latest", UP, more="    env: {DOCKER_HOST: 'tcp://docker:2375'}\n"), NO, ""),
        (on_machine("ubuntu-latest", UP, more="    env: {DOCKER_HOST: 'unix:///run/d.sock'}\n"), NO, ""),
        (on_machine("ubuntu-latest", "docker --context shop compose up -d"), YES, "docker --context"),
        (on_machine("ubuntu-latest", "docker-compose --context shop up -d"), YES, "docker-compose --context"),
        (on_machine("ubuntu-latest", f"docker context use shop\n{UP}"), YES, "docker compose"),
        (on_machine("ubuntu-latest", f"docker context use shop\ndocker context use default\n{UP}"), NO, ""),
        (on_machine("ubuntu-latest", "docker compose -f up.yml config -d"), NO, ""),
        ({".gitlab-ci.yml": "deploy: {tags: [shop], script: [docker compose up -d]}\n"}, MAYBE, "which may deploy"),
        ({".gitlab-ci.yml": "work: {script: [docker compose up -d, pytest]}\n"}, NO, ""),
        (
            {"bitbucket-pipelines.yml": "pipelines: {default: [{step: {name: deploy, runs-on: [self.hosted],"
             " script: [docker compose up -d]}}]}\n"},
            YES,
            "docker compose up",
        ),
        (
            {"azure-pipelines.yml": "pool: Default\nsteps: [{script: docker compose up -d, displayName: Deploy}]\n"},
            MAYBE,
            "docker compose up, which may deploy",
        ),
        (
            {".drone.yml": "kind: pipeline\ntype: exec\nname: deploy\nsteps: [{name: d, commands: [docker compose up -d]}]\n"},
            YES,
            "docker compose up",
        ),
        (
            {"Jenkinsfile": "pipeline {\n stages {\n  stage('Deploy') {\n   steps {\n    sh 'docker compose up -d'\n   }\n  }\n }\n}\n"},
            YES,
            "docker compose up",
        ),
        (
            {".circleci/config.yml": "version: 2.1\njobs:\n  deploy:\n    machine: true\n    resource_class: acme/shop\n"
             "    steps: [{run: docker compose up -d}]\nworkflows: {all: {jobs: [deploy]}}\n"},
            YES,
            "docker compose up",
        ),
    ],
)  # fmt: skip
def test_services_of_compose_are_deployed_where_the_machine_stays(files, state, why):
    facts = facts_of(files)
    what = [deploying(facts, w, j) for w in facts.workflows for j in w.jobs][-1]
    assert what.state is state
    assert why in what.why


@pytest.mark.parametrize(("command", "state"), [("exit 1", NO), ("make\nfalse", NO), ("exit 0", YES), ("make", YES)])
def test_a_job_that_always_fails_before_it_deploys_deploys_nothing(command, state):
    files = job(run(command) + run("./ship"), name="deploy", more="    environment: production\n")
    facts = facts_of(files)
    assert [deploying(facts, w, j).state for w in facts.workflows for j in w.jobs] == [state]
