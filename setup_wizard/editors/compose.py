"""compose files: variables declared for a service under `environment`, as a mapping or a list, whichever is there.

Source: https://docs.docker.com/reference/compose-file/services/#environment
"""

from __future__ import annotations

from collections.abc import Mapping

from yaml import MappingNode, SequenceNode

from checks.parsers import yaml as y
from setup_wizard.editors.base import Edit, Text, not_utf8, read_text
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, insert_blocks, is_block, key_node, line


def declare_variables(
    data: bytes, services: Mapping[str, Mapping[str, str | None]], path: str = "compose.yaml"
) -> Edit:
    """Declare variables for services by name: taken from where compose is started, or its `.env`, else the given value.

    A variable that is declared already keeps its declaration.
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    snippet = "\n".join(["environment:", *(f"  {_pair(k, v)}" for vs in services.values() for k, v in vs.items())])
    return insert_blocks(
        text,
        path,
        lambda lines: _inserted(lines, services, text),
        snippet=snippet,
        place=f"services in {path}",
        done="declares them already",
    )


def _pair(name: str, value: str | None) -> str:
    return f"{name}: ${{{name}:-{value or ''}}}"


def _item(name: str, value: str | None) -> str:
    return f"- {name}=${{{name}:-{value or ''}}}"


def _inserted(lines: Lines, services: Mapping[str, Mapping[str, str | None]], text: Text) -> dict[int, str]:
    found: dict[int, str] = {}
    known = {k: node for k, _, node in y.pairs(y.get(lines.document, "services"))}
    for name, variables in services.items():
        service = known.get(name)
        if not isinstance(service, MappingNode) or service.flow_style or not service.value:
            raise NotFollowedError(f"{lines.path}: the service {name} is written in a way that is not followed")
        key, present = key_node(service, "environment"), y.get(service, "environment")
        declared = {k for k, _, _ in y.pairs(present)} | {s.partition("=")[0] for s in y.strings(present)}
        missing = {k: v for k, v in variables.items() if k not in declared}
        if not missing:
            continue
        if key is None:
            first = service.value[0][0]
            if present is not None:
                raise NotFollowedError(
                    f"{lines.path}: environment of {name} comes from an anchor, and would be replaced"
                )
            if y.get(service, "env_file") is not None:
                raise NotFollowedError(
                    f"{lines.path}: {name} takes its variables from an env_file, which this would overrule"
                )
            if column(first) == 0 or line(first) >= len(lines.lines):
                raise NotFollowedError(f"{lines.path}: the service {name} is written in a way that is not followed")
            own = " " * column(first)
            at = lines.block_end(line(first), column(first) - 1)
            rows = [f"{own}environment:", *(f"{own}  {_pair(k, v)}" for k, v in missing.items())]
        elif isinstance(present, MappingNode) and is_block(present) and present.value and line(present) > line(key):
            own = " " * column(present.value[0][0])
            at = lines.block_end(line(key), column(key))
            rows = [own + _pair(k, v) for k, v in missing.items()]
        elif isinstance(present, SequenceNode) and is_block(present) and present.value and line(present) > line(key):
            own = " " * lines.indent_of(line(present))
            at = lines.sequence_end(line(key), column(key))
            rows = [own + _item(k, v) for k, v in missing.items()]
        else:
            raise NotFollowedError(f"{lines.path}: environment of {name} is written in a way that is not followed")
        found[at] = found.get(at, "") + "".join(r + text.newline for r in rows)
    return found
