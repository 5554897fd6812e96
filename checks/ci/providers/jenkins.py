"""Jenkins: declarative pipelines by their blocks; what is a program in Groovy is located, and not judged.

Source: https://www.jenkins.io/doc/book/pipeline/syntax/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from checks.ci.model import YES, Answer, Job, Provider, Step, Workflow
from checks.ci.providers.reading import first_false
from checks.parsers.groovy_blocks import Block, parse_blocks
from checks.parsers.text import ParseError
from checks.repository.facts import Facts

_PROGRAM: Answer = (None, "the Jenkinsfile, which is a program of its own")
_SHELLS = frozenset({"sh", "bat", "powershell", "pwsh"})
_ASKS = frozenset(
    {"if", "else", "for", "while", "try", "catch", "finally", "switch", "def", "retry", "waitUntil", "input"}
)
_AFTER_FAILURE = frozenset({"failure", "unstable", "aborted", "unsuccessful"})


def read(facts: Facts, path: str) -> Workflow:
    """Read each stage of a declarative pipeline as a job; of any other file its shell as one job."""
    try:
        blocks = parse_blocks(facts.text(path) or "")
    except ParseError as error:
        return Workflow(path=path, provider="jenkins", problem=error)
    pipeline = next((b for b in blocks if b.name == "pipeline" and b.body is not None), None)
    if pipeline is None:
        steps = tuple(_steps(path, blocks, {}, _PROGRAM))
        library = next((b for b in blocks if b.name.startswith(("@Library", "library"))), None)
        told = "the pipeline is a step of a shared library, which is not here"
        remote = ((told, library.line),) if library is not None else ()
        return Workflow(path=path, provider="jenkins", jobs=(Job(id=path, line=1, steps=steps),), remote=remote)
    env = _environment(pipeline)
    jobs = [job for b in pipeline.body or [] if b.name == "stages" for job in _stages(path, b, env, YES, ())]
    jobs += _post(path, pipeline, env, tuple(j.id for j in jobs))
    return Workflow(path=path, provider="jenkins", jobs=tuple(jobs), env=env)


def _stages(
    path: str, node: Block, env: dict[str, str], answer: Answer, needs: tuple[str, ...], *, parallel: bool = False
) -> Iterator[Job]:
    """Yield stages as jobs: each waits for those before it, where they are not parallel."""
    for stage in (b for b in node.body or [] if b.name.startswith("stage")):
        name = next((t.text for t in stage.given if t.kind == "string"), "stage")
        own = env | _environment(stage)
        whens = [b for b in stage.body or [] if b.name == "when"]
        told = first_false(answer, *(_all(w.body or []) for w in whens))
        made: list[Job] = []
        for part in stage.body or []:
            if part.name in ("stages", "parallel"):
                made += _stages(path, part, own, told, needs, parallel=part.name == "parallel")
        steps = [s for b in stage.body or [] if b.name == "steps" for s in _steps(path, b.body or [], own, YES)]
        if steps:
            runs, why = told
            made.append(
                Job(
                    id=name,
                    name=name,
                    line=stage.line,
                    steps=tuple(steps),
                    env=own,
                    runs=runs,
                    why=why,
                    needs=needs,
                    own_machine=True,
                )
            )
        yield from made
        yield from _post(path, stage, own, tuple(j.id for j in made))
        if not parallel:
            needs = (*needs, *(j.id for j in made))


def _post(path: str, node: Block, env: dict[str, str], needs: tuple[str, ...]) -> Iterator[Job]:
    for post in (b for b in node.body or [] if b.name == "post"):
        for part in post.body or []:
            answer: Answer = (False, f"it is under `post {{ {part.name}`") if part.name in _AFTER_FAILURE else YES
            steps = tuple(_steps(path, part.body or [], env, answer))
            if steps:
                yield Job(
                    id=f"post {part.name}",
                    line=part.line,
                    steps=steps,
                    env=env,
                    runs=answer[0],
                    why=answer[1],
                    needs=needs,
                    after_failure=part.name not in ("success", "fixed"),
                )


def _environment(node: Block) -> dict[str, str]:
    """Return the variables of `environment { A = credentials('x') }`; what is no plain text is kept elsewhere."""
    found = {}
    for block in (b for b in node.body or [] if b.name == "environment"):
        for line in block.body or []:
            texts = [t.text for t in line.given if t.kind == "string"]
            plain = len(texts) == 1 and not any(t.kind == "word" and t.text != "=" for t in line.given)
            found[line.name] = texts[0] if plain else f"${line.name}"
    return found


def _steps(path: str, blocks: list[Block], env: dict[str, str], answer: Answer) -> Iterator[Step]:
    for block in blocks:
        texts = [t.text for t in block.given if t.kind == "string"]
        if block.name in _SHELLS and texts:
            runs, why = answer if block.name == "sh" else _PROGRAM
            # With `returnStatus: true` a failure is only a number.
            lets = any(t.text.startswith("returnStatus") for t in block.given)
            run = _of_shell(texts[-1])
            yield Step(path=path, line=block.line, run=run, env=env, runs=runs, why=why, continue_on_error=lets)
        elif block.name in _ASKS or block.name.startswith("if("):
            yield from _steps(path, block.body or [], env, first_false(answer, _PROGRAM))
        elif block.name == "dir" and texts:
            for step in _steps(path, block.body or [], env, answer):
                yield replace(step, run=f"cd {texts[0]}\n{step.run}") if step.run is not None else step
        elif block.name.startswith(("catchError", "warnError")):
            for step in _steps(path, block.body or [], env, answer):
                yield replace(step, continue_on_error=True)
        elif block.name == "withCredentials":
            words = [t.text for t in block.given if t.kind in ("word", "string")]
            names = [words[i + 1] for i, w in enumerate(words[:-1]) if w.lower().endswith("variable:")]
            yield from _steps(path, block.body or [], env | {n: f"${n}" for n in names}, answer)
        elif block.name == "withEnv":
            yield from _steps(path, block.body or [], env | dict(t.partition("=")[::2] for t in texts), answer)
        elif block.body is not None:
            yield from _steps(path, block.body, env, answer)
        elif block.name == "build" and texts:
            yield Step(
                path=path, line=block.line, uses=f"jenkins-job:{texts[0]}", env=env, runs=answer[0], why=answer[1]
            )


def _of_shell(text: str) -> str:
    """Return a text of Groovy as the shell gets it: a variable of the environment by its name, what else Groovy fills in as one word.

    https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#string-interpolation
    """
    found, at = "", 0
    while (start := text.find("${", at)) >= 0:
        end = text.find("}", start)
        inner = text[start + 2 : end] if end > 0 else ""
        head, _, name = inner.partition(".")
        found, at = found + text[at:start], max(end + 1, start + 2)
        if head == "env" and name.isidentifier():
            found += "${" + name + "}"
        elif head.isidentifier() and (name or "(" in inner):
            found += "${{ " + inner + " }}"
        else:
            found += text[start:at]
    return found + text[at:]


def _all(blocks: list[Block]) -> Answer:
    return first_false(*(_when(b) for b in blocks))


def _when(block: Block) -> Answer:
    """Judge a condition of `when` for a build of the default branch or a tag."""
    why = f"`when {{ {block.name}`"
    if block.name.startswith(
        ("branch", "buildingTag", "tag", "beforeAgent", "beforeInput", "beforeOptions", "changeset")
    ):
        texts = [t.text for t in block.given if t.kind == "string"]
        return (False, why) if texts[:1] and texts[0].startswith("PR-") else YES
    if block.name.startswith("changeRequest"):
        return False, why
    if block.name == "allOf":
        return _all(block.body or [])
    if block.name == "anyOf":
        answers = [_when(b)[0] for b in block.body or []]
        return YES if True in answers else (None if None in answers else False, why)
    if block.name == "not":
        inner = [_when(b)[0] for b in block.body or []]
        named = any(b.name.startswith(("branch", "buildingTag", "tag")) for b in block.body or [])
        return (None, why) if named or None in inner or not inner else (not inner[0], "" if not inner[0] else why)
    if block.name == "expression" and [b.name for b in block.body or []] in (["false"], ["true"]):
        return ((block.body or [])[0].name == "true"), why
    return None, why


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
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


PROVIDER = Provider(
    name="jenkins",
    title="Jenkins",
    matches=lambda path: path.rpartition("/")[2] == "Jenkinsfile" and path.count("/") < 2,
    read=read,
    options="-e",
    commit="$GIT_COMMIT",
    marks=("JENKINS_", "BUILD_"),
    secrets="Manage Jenkins > Credentials",
    snippet=_snippet,
)
