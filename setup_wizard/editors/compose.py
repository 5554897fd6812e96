"""compose files: variables declared where its services take theirs: the block they share (an anchor), or `environment`.

Source: https://docs.docker.com/reference/compose-file/services/#environment
"""

from __future__ import annotations

from collections.abc import Mapping

from yaml import MappingNode, Node, ScalarNode, SequenceNode

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
    rows = dict.fromkeys(f"  {_pair(k, v)}" for vs in services.values() for k, v in vs.items())
    snippet = "\n".join(["environment:", *rows])
    return insert_blocks(
        text,
        path,
        lambda lines: _inserted(lines, services, text),
        snippet=snippet,
        place=f"services in {path}",
        up_to_date_reason="already declares them",
    )


def _pair(name: str, value: str | None) -> str:
    return f"{name}: ${{{name}:-{value or ''}}}"


def _item(name: str, value: str | None) -> str:
    return f"{name}=${{{name}:-{value or ''}}}"


def _inserted(lines: Lines, services: Mapping[str, Mapping[str, str | None]], text: Text) -> dict[int, str]:
    found: dict[int, str] = {}
    given: dict[int, set[str]] = {}
    known = {k: node for k, _, node in y.pairs(y.get(lines.document, "services"))}
    filed = {id(_home(y.get(s, "environment"))): k for k, s in known.items() if y.get(s, "env_file") is not None}
    for name, variables in services.items():
        service = known.get(name)
        if not isinstance(service, MappingNode) or service.flow_style or not service.value:
            raise NotFollowedError(f"{lines.path}: the service {name} is written in an unsupported way")
        present = y.get(service, "environment")
        declared = {k for k, _, _ in y.pairs(present)} | {s.partition("=")[0] for s in y.strings(present)}
        missing = {k: v for k, v in variables.items() if k not in declared}
        if not missing:
            continue
        home = _home(present)
        if home is not None:
            if id(home) in filed and filed[id(home)] != name:
                shared = f"{name} and {filed[id(home)]} share their environment"
                raise NotFollowedError(f"{lines.path}: {shared}, which would overrule the env_file of the latter")
            # Several services may take their variables from one block: what it got for the first, all have.
            missing = {k: v for k, v in missing.items() if k not in given.setdefault(id(home), set())}
            given[id(home)] |= missing.keys()
            at, rows = _into(lines, home, name, missing)
        else:
            at, rows = _made(lines, service, name, missing)
        found[at] = found.get(at, "") + "".join(r + text.newline for r in rows)
    return {at: block for at, block in found.items() if block}


def _home(environment: Node | None) -> Node | None:
    """Return the block that holds a service's variables: the one that it merges (`<<: *env`), or the one that it names or writes."""
    node, seen = environment, set()
    while isinstance(node, MappingNode) and id(node) not in seen:
        seen.add(id(node))
        merged = next((v for k, v in node.value if isinstance(k, ScalarNode) and k.value == "<<"), None)
        if isinstance(merged, SequenceNode):
            merged = merged.value[0] if merged.value else None
        if not isinstance(merged, MappingNode):
            break
        node = merged
    return node


def _into(lines: Lines, home: Node, name: str, missing: Mapping[str, str | None]) -> tuple[int, list[str]]:
    """Return the lines for a block of variables, and the line behind its last one."""
    if not isinstance(home, (MappingNode, SequenceNode)) or not is_block(home) or not home.value:
        raise NotFollowedError(f"{lines.path}: environment of {name} is written in an unsupported way")
    if isinstance(home, MappingNode):
        first = home.value[0][0]
        if lines.lines[line(first)][: column(first)].strip():
            raise NotFollowedError(f"{lines.path}: environment of {name} is written in an unsupported way")
        own = " " * column(first)
        bare = all(v.tag.endswith(":null") for _, v in home.value)
        rows = [f"{own}{k}:" if bare and v is None else own + _pair(k, v) for k, v in missing.items()]
        return lines.block_end(line(first), column(first) - 1), rows
    indent = lines.indent_of(line(home.value[0]))
    if lines.lines[line(home.value[0])].lstrip()[:1] != "-":
        raise NotFollowedError(f"{lines.path}: environment of {name} is written in an unsupported way")
    end = line(home.value[0]) + 1
    for number in range(end, len(lines.lines)):
        deeper = lines.indent_of(number) > indent
        if lines.blank(number) or lines.comment(number):
            continue
        if not deeper and not (lines.indent_of(number) == indent and lines.lines[number].lstrip().startswith("-")):
            break
        end = number + 1
    quote = lines.lines[line(home.value[0])].lstrip()[1:].lstrip()[:1]
    quote = quote if quote in "\"'" else ""
    # Where the file hands its variables on by their names, one more is handed on so.
    bare = all(isinstance(e, ScalarNode) and "=" not in e.value for e in home.value)
    items = [k if bare and v is None else _item(k, v) for k, v in missing.items()]
    return end, [f"{' ' * indent}- {quote}{item}{quote}" for item in items]


def _made(lines: Lines, service: MappingNode, name: str, missing: Mapping[str, str | None]) -> tuple[int, list[str]]:
    """Return the lines of an `environment` for a service that has none, and the line behind the service."""
    first = service.value[0][0]
    if y.get(service, "env_file") is not None:
        raise NotFollowedError(f"{lines.path}: {name} takes its variables from an env_file, which this would overrule")
    if key_node(service, "<<") is not None and key_node(service, "environment") is not None:
        raise NotFollowedError(f"{lines.path}: environment of {name} comes from an anchor, and would be replaced")
    if column(first) == 0 or line(first) >= len(lines.lines):
        raise NotFollowedError(f"{lines.path}: the service {name} is written in an unsupported way")
    own = " " * column(first)
    written = _listed(lines)
    if written is not None:
        items = (f"{own}{' ' * written}- {_item(k, v)}" for k, v in missing.items())
        return lines.block_end(line(first), column(first) - 1), [f"{own}environment:", *items]
    rows = [f"{own}environment:", *(f"{own}  {_pair(k, v)}" for k, v in missing.items())]
    return lines.block_end(line(first), column(first) - 1), rows


def _listed(lines: Lines) -> int | None:
    """Return how far the items of `environment` are indented where each service of the file that has one writes a list; else None."""
    services = [s for _, _, s in y.pairs(y.get(lines.document, "services"))]
    keys = [(k, y.get(s, "environment")) for s in services if (k := key_node(s, "environment")) is not None]
    if not keys or not all(isinstance(e, SequenceNode) and is_block(e) and e.value for _, e in keys):
        return None
    key, first = keys[0]
    return max(column(first) - column(key), 0) if first is not None else None
