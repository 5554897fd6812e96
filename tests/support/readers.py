"""What the records read: a function for each parser and model, from the files of a small repository to lines that say all it found.

A reader is pure and fast. `tests/records` keeps what each says of many small inputs; `tests/fuzz` damages the inputs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from checks.audit import decide
from checks.checklist import CHECKLIST, find_item
from checks.ci.commands import job_commands, place_of
from checks.ci.deploying import deploying
from checks.ci.model import Workflow
from checks.ci.pushing import pushed_image
from checks.ci.testing import NotRepeatableError, find_test_setup
from checks.hosts import commands as target_commands
from checks.parsers import command_words as words
from checks.parsers import (
    dockerfile,
    dotenv,
    flow,
    github_evaluation,
    github_expression,
    groovy_blocks,
    hcl,
    javascript,
    javascript_values,
    python,
    python_newer,
    requirements,
    server_blocks,
    shell,
    vite,
    vite_define,
    vite_objects,
    vite_plugins,
    yaml,
)
from checks.parsers.bash import functions_of, inner_script
from checks.parsers.commands import read_commands
from checks.parsers.text import ParseError, decode
from checks.production.heap import plain
from checks.production.machine import Machine
from checks.production.values import Value
from checks.repository.facts import Facts
from checks.repository.settings import LocatedInit, settings_chain
from checks.targets.schedules import commands_of, jobs_of
from tests.support.rendering import rendered
from tests.support.repo import facts_of
from tests.support.verdicts import told

Files = Mapping[str, bytes]
Said = Iterator[str]
KNOWN = MappingProxyType({"STAGE": "production", "EMPTY": ""})
"""Variables that scripts are given from outside."""
CONTEXTS: Mapping[str, object] = MappingProxyType(
    {
        "github": {
            "ref": "refs/heads/main",
            "ref_name": "main",
            "event_name": "push",
            "event": {"number": 3, "labels": [{"name": "a"}, {"name": "b"}]},
        },
        "env": {"A": "1", "EMPTY": ""},
        "inputs": {"on": True, "n": 2, "text": "Main"},
        "vars": github_expression.Unknown("vars"),
        "needs": {"build": {"result": "success"}},
    }
)
STATUS = MappingProxyType({"success": True, "failure": False, "cancelled": github_expression.Unknown("cancelled()")})


def _scripts(text: str) -> Said:
    for command in shell.parse_shell(text, dict(KNOWN)):
        yield rendered(command)
        bare, env = words.unwrapped(command.words)
        inner = inner_script(list(bare))
        yield f"  = {rendered(bare)} {rendered(env)}" + (f" script {inner!r}" if inner is not None else "")
        yield f"  {rendered(words.arguments(bare, frozenset({'-p', '--project'})))}"
    yield from (f"function {name}: {body!r}" for name, body in functions_of(text).items())


def _commands(text: str) -> Said:
    yield from map(rendered, read_commands(text, tuple(KNOWN.items())))


def _dockerfile(text: str) -> Said:
    found = dockerfile.parse_dockerfile(text)
    yield f"syntax {found.syntax!r} escape {found.escape!r}"
    for one in found.instructions:
        yield rendered(one)
        yield f"  words {one.words!r} script {one.script!r} mounts {rendered(dockerfile.secret_mounts(one))}"
        if one.arguments:
            yield f"  last letter at {one.offset(len(one.arguments) - 1)}"


def _expression(text: str) -> Said:
    parsed = github_expression.parse_condition(text)
    yield rendered(parsed)
    paths = [".".join(path) for part in github_expression.walk(parsed) if (path := github_expression.dotted(part))]
    yield f"names {rendered(github_expression.names(parsed))} calls {rendered(github_expression.calls(parsed))} paths {paths}"
    value = github_evaluation.evaluate(parsed, CONTEXTS, STATUS)
    yield f"= {rendered(value)}, {github_evaluation.truth(value)}"
    yield f"in text: {rendered(github_expression.in_text(text))}"


def _hcl(text: str) -> Said:
    body = hcl.parse_hcl(text)
    yield from (f"{name} = {rendered(value)}" for name, value in body.attributes.items())
    yield from map(rendered, body.blocks)
    yield "all: " + " ".join(f"{b.kind}:{b.line}" for b in hcl.walk(body))


def _yaml(text: str) -> Said:
    for document in yaml.parse_documents(text):
        yield rendered(document)
        yield from (
            f"  {'.'.join(path)} line {yaml.line_of(node)} row {yaml.first_row(node)} {rendered(yaml.strings(node))}"
            for path, node in yaml.walk(document)
        )
        yield f"doubled {yaml.doubled(document)}"
    yield f"exact {rendered(yaml.parse_yaml(text, exact=True))[:40]}"


def _python(text: str) -> Said:
    module = python.read_module(text)
    yield from (
        f"{name}: {rendered(value)}"
        for name in module.__struct_fields__
        if name != "tree" and (value := getattr(module, name))
    )
    yield f"settings {list(python.settings_defaults(text))}"
    for node in flow.walk(python.parse_python(text)):
        if isinstance(node, (python.ast.FunctionDef, python.ast.AsyncFunctionDef)):
            yield f"{node.name}({', '.join(flow.parameters(node))}) returns {rendered(flow.returns(node))} ends {flow.falls_through(node)}"


def _newer(text: str) -> Said:
    yield python.ast.dump(python_newer.parse_newer(text, every=True), include_attributes=True)


def _javascript(text: str) -> Said:
    root = javascript.parse_javascript(text.encode(), "x.tsx")
    yield from (
        f"import {module!r} {names} {javascript.line_of(node)}" for module, names, node in javascript.imports(root)
    )
    for node in javascript.descend(root):
        if node.type == "object":
            yield f"{javascript.line_of(node)}: {[(n, javascript.text_of(v)) for n, _, v in javascript.properties(node)]} spread {javascript.has_spread(node)}"
        elif node.type == "variable_declarator":
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is not None and value is not None:
                found = javascript_values.production_value(value)
                shown = "OBJECT" if found is javascript_values.OBJECT else repr(found)
                yield f"{javascript.text_of(name)} = {shown} environment {javascript_values.environment_source(value)}"
        elif node.type == "identifier":
            declared = javascript.declared(root, javascript.text_of(node))
            if declared is not None and declared.start_byte > node.start_byte:
                yield f"{javascript.text_of(node)} is declared in line {javascript.line_of(declared)}"


def _vite(text: str) -> Said:
    def variable(name: str, from_files: bool) -> object:
        return {"STAGE": "production", "CI": "true"}.get(name, javascript_values.UNKNOWN if from_files else None)

    for values in (None, javascript_values.BuildValues("production", variable)):
        config = vite.read_vite_config(text.encode(), "vite.config.ts", values=values)
        yield f"problem {config.problem!r} commonjs {config.commonjs} objects {len(config.objects)}"
        yield f"maps {config.sourcemap_setting} {vite.production_sourcemap(config)} out {config.out_dir} root {config.vite_root} inputs {config.inputs}"
        yield from (f"object {rendered(o)}" for o in config.objects)
        for call in config.plugin_calls:
            yield f"plugin {rendered(call)}"
            if values is not None:
                yield f"  gate {rendered(vite_plugins.gate_of(call.node, values))}"
    yield f"sentry {vite.naming_sentry(config.root)}"
    for node in javascript.descend(config.root):
        if node.type == "pair" and javascript.text_of(node.children[0]) == "define":
            value = node.child_by_field_name("value")
            if value is not None:
                yield from (rendered(d) for d in vite_define.defined_secrets(config.root, value))
                yield f"is {rendered(vite_objects.resolve(value, config.root))[:80]}"
    yield from (f"exposed {rendered(d)}" for d in vite_define.everything_exposed(config.root))


def _requirements(text: str) -> Said:
    found, included = requirements.parse_requirements(text)
    yield from map(rendered, (*found, *included))


def _setup_py(text: str) -> Said:
    yield from map(rendered, requirements.parse_setup_py(text))
    yield f"reads {requirements.requirements_read_by(text)}"


def _lock(text: str) -> Said:
    yield rendered(requirements.locked_versions(text))
    yield rendered(requirements.locked_versions(text, pipfile=True))


def _each(parse: Callable[[str], object]) -> Callable[[str], Said]:
    def read(text: str) -> Said:
        yield from map(rendered, parse(text))  # type: ignore[call-overload]

    return read


def _ci(facts: Facts) -> Said:
    for flow_ in facts.workflows:
        yield f"{flow_.path} {flow_.provider} on {flow_.triggers} {rendered(flow_.problem)} refused {flow_.ci.refused(flow_)!r} env {flow_.env} remote {flow_.remote} reviews only {flow_.only_pull_requests}"
        for job in flow_.jobs:
            yield from _job(facts, flow_, job)
    yield f"pushed {rendered(pushed_image(facts))}"
    for backend in facts.backends:
        try:
            yield f"tests of {backend.name}: {rendered(find_test_setup(facts, backend))}"
        except NotRepeatableError as error:
            yield f"tests of {backend.name} are not repeated: {error}"


def _job(facts: Facts, flow_: Workflow, job: object) -> Said:
    yield f" job {job.id!r} line {job.line} {job.name!r} needs {job.needs} if {job.condition!r} environment {job.environment!r} uses {job.uses!r} env {job.env} starts {job.starts!r}"  # type: ignore[attr-defined]
    yield f"  runs {flow_.ci.runs(flow_, job, None)} in reviews {flow_.ci.reviewed(flow_, job, None)} {rendered(deploying(facts, flow_, job))}"  # type: ignore[arg-type]
    for step in job.steps:  # type: ignore[attr-defined]
        yield f"  step {rendered(step)}"
        yield f"   runs {flow_.ci.runs(flow_, job, step)} in reviews {flow_.ci.reviewed(flow_, job, step)} history {rendered(flow_.ci.history(flow_, job, step, False))}"  # type: ignore[arg-type]
    for step, ran in job_commands(facts, flow_, job):  # type: ignore[arg-type]
        yield f"  command {rendered(ran)} at {place_of(step, ran)}"


def _init(facts: Facts, init: LocatedInit) -> Said:
    own = init.initialization
    yield f" init {init.path}:{init.call.line} by {init.reached_by} runs {init.runs} {rendered(own.guards)} complete {own.complete} star {own.star} ends {own.ends!r} in {own.function}"
    yield from (f"  {name}: {rendered(bound.value)}" for name, bound in own.options.items())


def _plain(machine: Machine, value: Value) -> str:
    try:
        return f" {rendered(plain(machine.heap, value))}"
    except LookupError:
        return ""


def _production(facts: Facts) -> Said:
    for backend in facts.backends:
        chain = settings_chain(facts, backend)
        yield f"{backend.name} at {backend.root} runs {chain.files}"
        for name, bound in chain.bindings.items():
            value = "" if chain.machine is None else _plain(chain.machine, bound.value)
            sides = f" or {rendered([b.value for b in bound.either])}" if bound.either else ""
            yield f" {name} = {rendered(bound.value)}{value} truth {chain.truth(bound.value)}{chain.undecided(bound.value)}{sides}"
        for init in chain.inits:
            yield from _init(facts, init)
        if chain.ended is not None:
            yield f" ended {rendered(chain.ended.initialization.guards)} {chain.ended.runs}"
        yield f" problems {rendered(chain.problems)} opaque {rendered(chain.opaque_imports)}"


def _targets(facts: Facts) -> Said:
    yield from (f"command {rendered(c)}" for c in target_commands.start_commands(facts))
    for backend in facts.backends:
        yield rendered(backend)
        yield from (f" scheduled command {rendered(s)}" for s in commands_of(facts, backend))
        for path in facts.with_suffix("py"):
            module = facts.python(path)
            if module is not None and not isinstance(module, ParseError):
                yield from (f" scheduled {rendered(s)}" for s in jobs_of(facts, backend, path, module))
        if not backend.is_django:
            chain = settings_chain(facts, backend)
            yield f" runs {chain.files} created {rendered(getattr(chain, 'created', ()))} debugging {rendered(getattr(chain, 'debugging', ()))}"
    yield from (rendered(f) for f in facts.frontends)


def _item(item: str) -> Callable[[Facts], Said]:
    def read(facts: Facts) -> Said:
        yield told(decide(facts, find_item(item), dt.date.today()))

    return read


TEXTS: Mapping[str, Callable[[str], Said]] = {
    "shell": _scripts,
    "commands": _commands,
    "dockerfile": _dockerfile,
    "dotenv": _each(dotenv.parse_dotenv),
    "expression": _expression,
    "groovy": _each(groovy_blocks.parse_blocks),
    "hcl": _hcl,
    "nginx": _each(server_blocks.parse_nginx),
    "caddy": _each(server_blocks.parse_caddy),
    "yaml": _yaml,
    "python": _python,
    "newer": _newer,
    "javascript": _javascript,
    "vite": _vite,
    "requirements": _requirements,
    "pyproject": _each(requirements.parse_pyproject),
    "pipfile": _each(requirements.parse_pipfile),
    "setup-cfg": _each(requirements.parse_setup_cfg),
    "setup-py": _setup_py,
    "lock": _lock,
}
MODELS: Mapping[str, Callable[[Facts], Said]] = {
    "ci": _ci,
    "production": _production,
    "targets": _targets,
    **{i.id: _item(i.id) for i in CHECKLIST},
}


def read(name: str, files: Files) -> str:
    """Return what a reader says of files; a text's reader takes the only one. A `ParseError` is said, too."""
    said: list[str] = []
    try:
        found = TEXTS[name](decode(next(iter(files.values())))) if name in TEXTS else MODELS[name](facts_of(files))
        said.extend(found)
    except ParseError as error:
        said.append(rendered(error))
    return "\n".join(said)
