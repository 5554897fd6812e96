"""render.yaml: environment variables declared for a service, lines inserted below its last one.

Source: https://render.com/docs/blueprint-spec
"""

from __future__ import annotations

from collections.abc import Mapping

from yaml import MappingNode, SequenceNode

from checks.parsers import yaml as y
from setup_wizard.editors.base import Edit, Text, not_utf8, read_text
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, insert_blocks, is_block, key_node, line


def declare_variables(data: bytes, services: Mapping[str, Mapping[str, str | None]], path: str = "render.yaml") -> Edit:
    """Declare variables for services by name; None as value keeps it a secret (`sync: false`).

    A variable that is declared already keeps its declaration.
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    snippet = "\n".join(_entry(k, v, "", "\n") for vs in services.values() for k, v in vs.items())
    return insert_blocks(
        text,
        path,
        lambda lines: _inserted(lines, services, text),
        snippet=snippet,
        place=f"envVars in {path}",
        up_to_date_reason="already declares them",
    )


def _entry(name: str, value: str | None, indent: str, newline: str) -> str:
    second = "sync: false" if value is None else f"value: {value}"
    return f"{indent}- key: {name}{newline}{indent}  {second}"


def _inserted(lines: Lines, services: Mapping[str, Mapping[str, str | None]], text: Text) -> dict[int, str]:
    found: dict[int, str] = {}
    nodes = _services(lines.document)
    for name, variables in services.items():
        service = nodes.get(name)
        if service is None or service.flow_style:
            raise NotFollowedError(f"{lines.path}: the service {name} is written in an unsupported way")
        present = y.get(service, "envVars")
        declared = {y.scalar(y.get(e, "key")) for e in y.sequence(present)}
        missing = {k: v for k, v in variables.items() if k not in declared}
        if not missing:
            continue
        key = key_node(service, "envVars")
        if key is None:
            first_key = service.value[0][0]
            at = lines.block_end(line(first_key), column(first_key) - 1) if column(first_key) else len(lines.lines)
            indent = " " * column(first_key)
            block = f"{indent}envVars:{text.newline}"
            item = indent + "  "
        else:
            if not isinstance(present, SequenceNode) or not is_block(present) or not present.value:
                raise NotFollowedError(f"{lines.path}: envVars of {name} are written in an unsupported way")
            item = " " * lines.indent_of(line(present))
            at = lines.sequence_end(line(key), column(key))
            block = ""
        block += "".join(_entry(k, v, item, text.newline) + text.newline for k, v in missing.items())
        found[at] = found.get(at, "") + block
    return found


def _services(document: MappingNode) -> dict[str, MappingNode]:
    tops = [
        document,
        *(e for p in y.sequence(y.get(document, "projects")) for e in y.sequence(y.get(p, "environments"))),
    ]
    found: dict[str, MappingNode] = {}
    for top in tops:
        # A blueprint with the same key twice is invalid, but seen: every `services` block is edited, as each is read.
        for service in (s for k, _, block in y.pairs(top) if k == "services" for s in y.sequence(block)):
            name = y.scalar(y.get(service, "name"))
            if name in found:
                raise NotFollowedError(f"the service {name} occurs twice")
            if name and isinstance(service, MappingNode):
                found[name] = service
    return found
