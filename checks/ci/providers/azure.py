"""Azure Pipelines (https://learn.microsoft.com/en-us/azure/devops/pipelines/yaml-schema/)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace
from yaml import Node, SequenceNode

from checks.ci.model import YES, Answer, Job, Provider, Step, Workflow
from checks.ci.providers.azure_conditions import condition_of
from checks.ci.providers.reading import first_false, from_documents, texts
from checks.parsers import yaml as y
from checks.repository.facts import Facts, join, parent

_SHELLS = ("script", "bash", "pwsh", "powershell")
_DEEPEST = 5


def read(facts: Facts, path: str) -> Workflow:
    """Read stages, jobs and steps, with the templates of the repository that they take."""
    remote: list[tuple[str, int]] = []
    flow = from_documents(facts, path, "azure", lambda document: list(_Reader(facts, path, document, remote).jobs()))
    return Workflow(
        path=path,
        provider="azure",
        jobs=flow.jobs,
        node=flow.node,
        problem=flow.problem,
        remote=tuple(remote),
        env=texts(y.get(flow.node, "variables")),
    )


class _Reader:
    """Reads a pipeline; `remote` collects the templates of other repositories."""

    def __init__(self, facts: Facts, path: str, root: Node, remote: list[tuple[str, int]]) -> None:
        self.facts, self.path, self.root, self.remote = facts, path, root, remote
        self.started = self._started()
        self.stages: dict[str, tuple[str, ...]] = {}
        self.previous: tuple[str, ...] = ()
        trigger = y.get(root, "trigger")
        only = (
            y.strings(trigger)
            or y.strings(y.get(trigger, "branches", "include"))
            or y.strings(y.get(trigger, "branches"))
        )
        self.branches = tuple(only) if y.get(trigger, "tags") is None and "none" not in only else ()

    def _started(self) -> Answer:
        """`trigger: none` with pull requests only starts nothing that deploys."""
        trigger = y.scalar(y.get(self.root, "trigger"))
        if trigger == "none" and y.get(self.root, "pr") is not None and y.get(self.root, "schedules") is None:
            return False, "`trigger: none`: only pull requests start it"
        return YES

    def _asked(self, item: Node) -> Answer:
        """Return whether the condition of an item holds for the branches that start the pipeline."""
        return condition_of(y.scalar(y.get(item, "condition")), self.branches)

    def _items(self, node: Node | None, answer: Answer = YES, depth: int = 0) -> Iterator[tuple[Node, Answer]]:
        """Yield the items of a list, those too that `${{ if … }}:` inserts, each with whether it is there.

        https://learn.microsoft.com/en-us/azure/devops/pipelines/process/template-expressions#conditional-insertion
        """
        before: list[Answer] = []
        for item in y.sequence(node):
            key, value = next(((k.strip(), v) for k, _, v in y.pairs(item)), ("", item))
            if not key.startswith("${{"):
                before = []
                yield item, answer
                continue
            words = key.removeprefix("${{").removesuffix("}}").strip()
            verb, _, text = words.partition(" ")
            before = [] if verb == "if" else before
            none = all(a[0] is False for a in before)
            open_: Answer = (None, f"`{key[:80]}`")
            own = condition_of(text, self.branches) if verb in ("if", "elseif") else YES if verb == "else" else open_
            told = own if none or own[0] is False else (False, f"`{key[:80]}`") if any(a[0] for a in before) else open_
            before.append(told)
            if depth < _DEEPEST:
                yield from self._items(value, first_false(answer, told), depth + 1)

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs of the stages, the jobs of a file without stages, or its steps as one job."""
        yield from self._of(self.path, self.root, self.started, "", 0)

    def _of(self, path: str, node: Node, answer: Answer, stage: str, depth: int) -> Iterator[Job]:
        if depth > _DEEPEST:
            return
        for item, inserted in self._items(y.get(node, "stages")):
            name = y.scalar(y.get(item, "stage")) or ""
            told = first_false(answer, inserted, self._asked(item))
            yield from self._template(path, item, told, name, depth)
            yield from self._stage(path, item, told, name, depth)
        for item, inserted in self._items(y.get(node, "jobs")):
            told = first_false(answer, inserted, self._asked(item))
            yield from self._template(path, item, told, stage, depth)
            named = y.scalar(y.get(item, "job")) or y.scalar(y.get(item, "deployment"))
            if named is not None or y.get(item, "steps") is not None:
                yield self._job(path, named or stage or "job", item, told)
        if isinstance(y.get(node, "steps"), SequenceNode):
            yield self._job(path, stage or "steps", node, answer)
        extends = y.get(node, "extends")
        if extends is not None:
            yield from self._template(path, extends, answer, stage, depth)

    def _stage(self, path: str, item: Node, answer: Answer, name: str, depth: int) -> Iterator[Job]:
        """Yield the jobs of a stage: they wait for the stages that it names, or for the one before it."""
        jobs = list(self._of(path, item, answer, name, depth + 1))
        waits, named = self.previous, y.get(item, "dependsOn")
        if named is not None:
            waits = tuple(j for s in y.strings(named) for j in self.stages.get(s, ()))
        lifted = _asks_status(item)
        for job in jobs:
            yield replace(job, needs=(*job.needs, *waits), after_failure=job.after_failure or lifted)
        if jobs:
            self.previous = self.stages[name] = tuple(j.id for j in jobs)

    def _template(self, path: str, item: Node, answer: Answer, stage: str, depth: int) -> Iterator[Job]:
        found = self._file(path, item)
        if found is not None:
            yield from self._of(found[0], found[1], answer, stage, depth + 1)

    def _file(self, path: str, item: Node) -> tuple[str, Node] | None:
        """Return the template that an item names, None where it names none or one of another repository."""
        name = y.scalar(y.get(item, "template"))
        if name is None:
            return None
        wanted = name.lstrip("/") if name.startswith("/") else join(parent(path), name)
        document = self.facts.yaml(wanted) if "@" not in name or name.endswith("@self") else None
        if not isinstance(document, Node):
            self.remote.append((f"the pipeline takes {name}, which is not here", y.line_of(item)))
            return None
        return wanted, document

    def _job(self, path: str, name: str, node: Node, answer: Answer) -> Job:
        env = texts(y.get(self.root, "variables")) | texts(y.get(node, "variables"))
        environment = y.get(node, "environment")
        return Job(
            id=name,
            name=y.scalar(y.get(node, "displayName")),
            line=y.line_of(node),
            steps=tuple(self._steps(path, node, env, YES, 0)),
            needs=tuple(y.strings(y.get(node, "dependsOn"))),
            environment=y.scalar(environment) or y.scalar(y.get(environment, "name")),
            env=env,
            node=node,
            runs=answer[0],
            why=answer[1],
            may_fail=y.get(node, "continueOnError") is not None,
            own_machine=_own_machine(y.get(node, "pool") or y.get(self.root, "pool")),
            after_failure=_asks_status(node),
        )

    def _steps(self, path: str, node: Node, env: dict[str, str], answer: Answer, depth: int) -> Iterator[Step]:
        for item, inserted in self._items(y.get(node, "steps")) if depth < _DEEPEST else ():
            told = first_false(answer, inserted, self._asked(item))
            if y.scalar(y.get(item, "enabled")) == "false":
                told = False, "`enabled: false`"
            found = self._file(path, item)
            if found is not None:
                yield from self._steps(found[0], found[1], env, told, depth + 1)
                continue
            task = y.scalar(y.get(item, "task"))
            inputs = texts(y.get(item, "inputs"))
            own = env | texts(y.get(item, "env"))
            command = next((v for k in _SHELLS if (v := y.get(item, k)) is not None), None)
            if (
                task is not None
                and command is None
                and task.partition("@")[0].lower() in ("bash", "cmdline", "shellscript")
            ):
                command = y.get(item, "inputs", "script")
            yield Step(
                path=path,
                line=y.line_of(command) if command is not None else y.line_of(item),
                name=y.scalar(y.get(item, "displayName")),
                run=y.scalar(command),
                uses=f"task:{task}" if task is not None and command is None else None,
                env=own,
                inputs=inputs,
                continue_on_error=y.scalar(y.get(item, "continueOnError")) not in (None, "false"),
                after_failure=_asks_status(item),
                working_directory=y.scalar(y.get(item, "workingDirectory")),
                runs=told[0],
                why=told[1],
            )
        for _, _, way in y.pairs(y.get(node, "strategy")):
            for hook, _, value in y.pairs(way):
                if hook in ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic"):
                    yield from self._steps(path, value, env, answer, depth + 1)
                elif hook == "on":
                    success = y.get(value, "success")
                    if success is not None:
                        yield from self._steps(path, success, env, answer, depth + 1)
                    failure = y.get(value, "failure")
                    if failure is not None:
                        yield from self._steps(path, failure, env, (False, "`on: failure`"), depth + 1)


def _own_machine(pool: Node | None) -> bool:
    """Return whether a pool is one of the organization's own (https://learn.microsoft.com/en-us/azure/devops/pipelines/agents/pools-queues)."""
    name = y.scalar(pool) or y.scalar(y.get(pool, "name"))
    return name is not None and name != "Azure Pipelines" and y.get(pool, "vmImage") is None


def _asks_status(item: Node) -> bool:
    """Return whether a condition asks for the status, or replaces the usual one: `and(succeeded(), …)` is what keeps it.

    https://learn.microsoft.com/en-us/azure/devops/pipelines/process/conditions
    """
    condition = y.scalar(y.get(item, "condition"))
    return condition is not None and "succeeded()" not in condition.lower().replace(" ", "")


def _matches(path: str) -> bool:
    name = path.rpartition("/")[2]
    folder = path.startswith((".azure/", ".azure-pipelines/", "azure-pipelines/")) and name.endswith((".yml", ".yaml"))
    return folder or ("/" not in path and name.startswith("azure-pipelines") and name.endswith((".yml", ".yaml")))


def _snippet(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return [
        "  - script: |",
        *(f"      {c}" for c in commands),
        "    displayName: Create the Sentry release",
        "    env:",
        "      SENTRY_AUTH_TOKEN: $(SENTRY_AUTH_TOKEN)",
    ]


PROVIDER = Provider(
    name="azure",
    title="Azure Pipelines",
    matches=_matches,
    read=read,
    commit="$(Build.SourceVersion)",
    marks=("BUILD_", "SYSTEM_", "TF_BUILD"),
    secrets="the pipeline's Variables, or a variable group",
    # A condition that asks for the status may ask for a failure.
    outlives=lambda workflow, job, step, failed: False,
    snippet=_snippet,
)
