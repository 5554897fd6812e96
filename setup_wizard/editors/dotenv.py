"""Env files and .gitignore: lines are added, never rewritten; `export`, comments, quotes and order stay."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from checks.parsers.dotenv import commented_out, parse_dotenv
from checks.patterns import lazy_pattern
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, not_utf8, read_text

_PLAIN = lazy_pattern(r"^[A-Za-z0-9_:/@.,+-]*$")


def quote(value: str) -> str:
    """Return a value as an env file takes it: plain where nothing in it is special, else in single quotes."""
    return value if _PLAIN.match(value) else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def set_variables(
    data: bytes | None,
    variables: Mapping[str, str],
    path: str = ".env",
    comment: str = "",
    idle: Collection[str] = (),
) -> Edit:
    """Give variables their values: an empty one is filled, any other value is kept, missing ones are added.

    Missing ones of `idle` are added as comments: even a blank value would do something.

    They go behind Sentry's own where there are some, else to the end, below the comment.

    Keeping a value that differs is a refusal for that file: what the user set is never replaced unasked.
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    present = {v.name: v for v in parse_dotenv(text.body)}
    lines = text.body.splitlines(keepends=True)
    missing: list[str] = []
    changed = False
    shown = [lines[v.line - 1] if v.line <= len(lines) else "" for v in present.values()]
    exported = bool(shown) and all(line.lstrip().startswith("export ") for line in shown)
    lead = "export " if exported else ""
    for name, value in variables.items():
        bound = present.get(name)
        if bound is None:
            if name not in idle or name not in commented_out(text.body):
                missing.append(f"{'# ' if name in idle else ''}{lead}{name}={quote(value)}")
        elif bound.value == value:
            continue
        elif bound.value in (None, "") and value:
            filled = _fill(lines[bound.line - 1], name, quote(value))
            if filled is None:
                return Refused(
                    f"the line of {name} in {path} has an unusual shape",
                    f"{name}={quote(value)}",
                    f"{path}:{bound.line}",
                )
            lines[bound.line - 1], changed = filled, True
        elif value:
            return Refused(
                f"{path} sets {name} to another value, which is kept",
                f"{name}={quote(value)}",
                f"{path}:{bound.line}",
            )
    if not missing and not changed:
        return Unchanged(f"{', '.join(variables)} are already in {path}")
    body = "".join(lines)
    beside = _beside_sentry(lines, missing, text.newline) if missing else None
    if beside is not None:
        body = beside
    elif missing:
        if body and not body.endswith("\n"):
            body += text.newline
        if comment:
            missing.insert(0, f"# {comment}")
            body += text.newline if body else ""
        body += text.newline.join(missing) + text.newline
    return Edited(text.encode(body))


def _beside_sentry(lines: list[str], missing: list[str], newline: str) -> str | None:
    """Return the lines with the missing ones behind the last of Sentry's own, None where there are none, or where it tears a value."""
    before = parse_dotenv("".join(lines))
    own = [v.line for v in before if "SENTRY" in v.name.upper()]
    if not own:
        return None
    head, tail = "".join(lines[: own[-1]]), "".join(lines[own[-1] :])
    added = newline.join(missing) + newline
    body = head + ("" if head.endswith(("\n", "\r")) else newline) + added + tail
    # A value of several lines would be torn: what is read must be what was there, and what is added.
    read = [(v.name, v.value) for v in parse_dotenv(body)]
    known = [(v.name, v.value) for v in before]
    at = len([v for v in before if v.line <= own[-1]])
    new = [(v.name, v.value) for v in parse_dotenv(added)]
    return body if read == known[:at] + new + known[at:] else None


def _fill(line: str, name: str, value: str) -> str | None:
    match = re.match(
        rf"^(\s*(?:export\s+)?['\"]?{re.escape(name)}['\"]?\s*=?)[ \t]*(?:''|\"\")?([ \t]*(?:#.*)?)(\r?\n?)$", line
    )
    if not match:
        return None
    head = match.group(1) if match.group(1).rstrip().endswith("=") else match.group(1) + "="
    tail = match.group(2)
    return head + value + (f" {tail.lstrip()}" if tail.strip() else "") + match.group(3)


def ignore_patterns(data: bytes | None, patterns: tuple[str, ...], path: str = ".gitignore") -> Edit:
    """Append the patterns that a .gitignore does not hold yet."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    present = {line.strip() for line in text.body.splitlines()}
    missing = [p for p in patterns if p not in present]
    if not missing:
        return Unchanged(f"{path} already ignores them")
    body = text.body
    if body and not body.endswith("\n"):
        body += text.newline
    return Edited(text.encode(body + text.newline.join(missing) + text.newline))
