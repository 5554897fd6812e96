"""The release commands in the syntax of each CI, for a file that is not edited: what a person pastes is right for that very file."""

from __future__ import annotations

from setup_wizard.editors.workflow import CLI_VERSION, ReleaseOptions, release_commands

COMMITS = {
    "github": "${{ github.sha }}",
    "gitlab": "$CI_COMMIT_SHA",
    "circleci": "$CIRCLE_SHA1",
    "bitbucket": "$BITBUCKET_COMMIT",
    "azure": "$(Build.SourceVersion)",
    "travis": "$TRAVIS_COMMIT",
    "drone": "$DRONE_COMMIT_SHA",
    "woodpecker": "$CI_COMMIT_SHA",
    "buildkite": "$BUILDKITE_COMMIT",
    "jenkins": "$GIT_COMMIT",
    "cloudbuild": "$COMMIT_SHA",
    "buildspec": "$CODEBUILD_RESOLVED_SOURCE_VERSION",
}
"""The variable of each CI that names the commit (each one's own reference of predefined variables)."""


def release_snippet(provider: str, options: ReleaseOptions, deploy: str, environment: str) -> str:
    """Return a release job, or steps for the end of the deploy job, in the syntax of a provider."""
    commit = COMMITS.get(provider, "$(git rev-parse HEAD)")
    commands = [
        f"pip install --quiet sentry-cli=={CLI_VERSION}",
        f'export SENTRY_ORG={options.org or "…"} SENTRY_RELEASE="{commit}"',
        *([f"export SENTRY_URL={options.url}"] if options.url else []),
        *release_commands(options.projects, environment),
    ]
    return "\n".join(_written(provider, commands, deploy, environment))


def anywhere(provider: str, options: ReleaseOptions, environment: str) -> str:
    """Return the commands for wherever a deployment runs: a script, a server, or a job of that CI, whose commit is named beside it."""
    commit = COMMITS.get(provider, "")
    lines = [
        f"# with SENTRY_AUTH_TOKEN set, in a checkout with its history (in a job of CI the commit is {commit or 'its own variable'})",
        f"pip install sentry-cli=={CLI_VERSION}",
        f"export SENTRY_ORG={options.org or '…'}",
        'export SENTRY_RELEASE="$(git rev-parse HEAD)"',
        *([f"export SENTRY_URL={options.url}"] if options.url else []),
        *release_commands(options.projects, environment),
        "# the running application needs the same SENTRY_RELEASE",
    ]
    return "\n".join(lines)


def _written(provider: str, commands: list[str], deploy: str, environment: str) -> list[str]:
    if provider == "circleci":
        return [
            "jobs:",
            "  sentry-release:",
            "    docker:",
            "      - image: cimg/python:3.13",
            "    steps:",
            "      - checkout",
            "      - run:",
            "          name: Create the Sentry release",
            "          command: |",
            *(f"            {c}" for c in commands),
            "",
            "# and in the workflow, behind the job that deploys (SENTRY_AUTH_TOKEN comes from the project or a context)",
            "      - sentry-release:",
            f"          requires: [{deploy}]",
        ]
    if provider == "bitbucket":
        return [
            f"      # behind the step that deploys to {environment}",
            "      - step:",
            "          name: Sentry release",
            "          image: python:3.13",
            "          clone:",
            "            depth: full",
            "          script:",
            *(f"            - {c}" for c in commands),
        ]
    if provider == "azure":
        return [
            "  - script: |",
            *(f"      {c}" for c in commands),
            "    displayName: Create the Sentry release",
            "    env:",
            "      SENTRY_AUTH_TOKEN: $(SENTRY_AUTH_TOKEN)",
        ]
    if provider in ("drone", "woodpecker"):
        head = ["  - name: sentry-release", "    image: python:3.13", "    environment:", "      SENTRY_AUTH_TOKEN:"]
        return [*head, "        from_secret: sentry_auth_token", "    commands:", *(f"      - {c}" for c in commands)]
    if provider == "travis":
        return ["after_deploy:", *(f"  - {c}" for c in commands)]
    if provider == "buildkite":
        return [
            "  - label: Sentry release",
            f"    depends_on: {deploy}",
            "    command: |",
            *(f"      {c}" for c in commands),
        ]
    if provider == "jenkins":
        return [
            "stage('Sentry release') {",
            "  steps {",
            "    withCredentials([string(credentialsId: 'sentry-auth-token', variable: 'SENTRY_AUTH_TOKEN')]) {",
            "      sh '''",
            *(f"        {c}" for c in commands),
            "      '''",
            "    }",
            "  }",
            "}",
        ]
    if provider == "buildspec":
        return ["  post_build:", "    commands:", *(f"      - {c}" for c in commands)]
    return ["# after the deployment, with SENTRY_AUTH_TOKEN set", *commands]
