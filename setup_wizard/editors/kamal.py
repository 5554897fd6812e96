"""Kamal's `config/deploy.yml`: secrets and plain variables of every role, lines inserted below the existing ones.

Source: https://kamal-deploy.org/docs/configuration/environment-variables/
"""

from __future__ import annotations

from collections.abc import Mapping

from yaml import MappingNode, SequenceNode

from checks.parsers import yaml as y
from checks.parsers.text import ParseError, decode
from setup_wizard.editors.base import Edit, Text, not_utf8, read_text
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, insert_blocks, is_block, key_node, line


def is_kamal(data: bytes) -> bool:
    """Return whether a file is Kamal's configuration: a service with an image and the servers that run it."""
    try:
        document = y.parse_yaml(decode(data))
    except ParseError:
        return False
    return all(y.get(document, key) is not None for key in ("service", "image", "servers"))


def declare_variables(
    data: bytes, secret: tuple[str, ...], clear: Mapping[str, str], path: str = "config/deploy.yml"
) -> Edit:
    """Declare secrets by name, and plain variables with their values; one that is declared already keeps its declaration."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    rows = ["env:", *(["  clear:"] if clear else []), *(f"    {k}: {v}" for k, v in clear.items())]
    rows += ["  secret:", *(f"    - {name}" for name in secret)]
    return insert_blocks(
        text,
        path,
        lambda lines: _inserted(lines, secret, clear, text),
        snippet="\n".join(rows),
        place=f"env in {path}",
        up_to_date_reason="already declares them",
    )


def _inserted(lines: Lines, secret: tuple[str, ...], clear: Mapping[str, str], text: Text) -> dict[int, str]:
    env_key, env = key_node(lines.document, "env"), y.get(lines.document, "env")
    declared = {k for k, _, _ in y.pairs(y.get(env, "clear"))} | set(y.strings(y.get(env, "secret")))
    secrets = [s for s in secret if s not in declared]
    plain = {k: v for k, v in clear.items() if k not in declared}
    if not secrets and not plain:
        return {}
    if env_key is None:
        rows = ["env:", *(["  clear:"] if plain else []), *(f"    {k}: {v}" for k, v in plain.items())]
        rows += ["  secret:", *(f"    - {name}" for name in secrets)] if secrets else []
        return {len(lines.lines): "".join(row + text.newline for row in rows)}
    if not isinstance(env, MappingNode) or not is_block(env) or not env.value or line(env) <= line(env_key):
        raise NotFollowedError(f"{lines.path}: `env` is written in an unsupported way")
    if not {k for k, _, _ in y.pairs(env)} <= {"clear", "secret", "tags"}:
        raise NotFollowedError(f"{lines.path}: `env` lists its variables without `clear` and `secret`")
    own = " " * column(env.value[0][0])
    found: dict[int, str] = {}
    end = lines.block_end(line(env_key), column(env_key))
    tables = (("clear", [f"{k}: {v}" for k, v in plain.items()]), ("secret", [f"- {s}" for s in secrets]))
    # What is there grows before anything is put behind it.
    for name, wanted in sorted(tables, key=lambda t: key_node(env, t[0]) is None):
        key, node = key_node(env, name), y.get(env, name)
        if not wanted:
            continue
        if key is None:
            rows, at = [f"{own}{name}:", *(f"{own}  {row}" for row in wanted)], end
        elif isinstance(node, (MappingNode, SequenceNode)) and is_block(node) and node.value and line(node) > line(key):
            first = node.value[0][0] if isinstance(node, MappingNode) else None
            indent = column(first) if first is not None else lines.indent_of(line(node))
            rows, at = [" " * indent + row for row in wanted], lines.sequence_end(line(key), column(key))
            if first is not None:
                at = lines.block_end(line(key), column(key))
        else:
            raise NotFollowedError(f"{lines.path}: `{name}` is written in an unsupported way")
        found[at] = found.get(at, "") + "".join(row + text.newline for row in rows)
    return found
