"""Django settings: a `sentry_sdk.init` block at the end, in the file's own way of reading the environment."""

from __future__ import annotations

import ast
import io
import re
import tokenize

from msgspec import Struct

from checks.parsers.python import parse_python, read_module
from checks.parsers.text import ParseError
from setup_wizard.editors.base import Edit, Edited, Refused, Text, Unchanged, not_utf8, read_text, splice
from setup_wizard.editors.env_readers import OS, Reader
from setup_wizard.editors.python_imports import add_imports


class InitOptions(Struct, frozen=True, kw_only=True):
    """What the block says.

    `reader` is how the settings read the environment, `environment` and `releases` the variables that name the environment and the
    release (first set wins), `pii_option` whether the SDK is old enough to be told `send_default_pii=False` (from 2.72 on, saying
    so only warns), `sample_rate` the share of traced requests (0 to 1), `width` the longest line (characters) of the repository's
    formatter, `quote` the quotes of a module that shows none. `may_be_empty` says that an image hands the release in: a build
    argument that nobody gives is an empty text, which the SDK would take for a name.
    """

    reader: Reader = OS
    environment: str = "SENTRY_ENVIRONMENT"
    releases: tuple[str, ...] = ("SENTRY_RELEASE",)
    pii_option: bool = False
    sample_rate: float = 0.1
    width: int = 88
    quote: str = '"'
    may_be_empty: bool = False


def add_init(data: bytes, options: InitOptions, path: str) -> Edit:
    """Append the init block, and the imports it needs in their place; a file that calls init already stays as it is."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    block = block_text(options)
    snippet = "import os\n\nimport sentry_sdk\n\n" + block
    try:
        module = read_module(text.body)
    except ParseError as error:
        return Refused(f"{path} cannot be read: {error.message}", snippet, f"{path}:{error.line or 1}")
    if module.init_calls:
        return Unchanged(f"{path} already calls sentry_sdk.init()")
    if text.mixed:
        return Refused(f"{path} mixes line ends", snippet, f"the end of {path}")
    body = text.body.replace("\r\n", "\n")
    block = _block(options, majority_quote(body, options.quote))
    if re.search(r"^\t", body, re.MULTILINE) and not re.search(r"^ {2,}\S", body, re.MULTILINE):
        block = block.replace("    ", "\t")
    edits = add_imports(body, module.tree, path, needed_imports(options, sdk=True))
    edited = splice(body if body.endswith("\n") or not body else body + "\n", edits).rstrip("\n")
    # Two empty lines after a class or a function, as PEP 8 has them, else one.
    closing = isinstance(module.tree.body[-1], _DEFINITIONS) if module.tree.body else False
    edited += ("\n\n\n" if closing else "\n\n" if edited else "") + block
    return finish_edit(text, edited, path, snippet, f"the end of {path}")


def majority_quote(body: str, default: str = '"') -> str:
    """Return the quotes that most of a module's strings have, else the default. Docstrings do not count."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(body).readline))
    except (tokenize.TokenError, SyntaxError):
        tokens = []
    begun = [t.string.lstrip("rRbBuUfF")[:3] for t in tokens if t.type == tokenize.STRING]
    plain = [b[0] for b in begun if b not in ('"""', "'''")]
    single, double = plain.count("'"), plain.count('"')
    return default if single == double else "'" if single > double else '"'


_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def parse_for_edit(text: Text | None, path: str, snippet: str, place: str) -> tuple[Text, str, ast.Module] | Refused:
    """Return a module's text, its body with line ends as `\\n`, and its tree; or why it is not edited."""
    if text is None:
        return not_utf8(path)
    if text.mixed:
        return Refused(f"{path} mixes line ends", snippet, place)
    body = text.body.replace("\r\n", "\n")
    try:
        return text, body, parse_python(body)
    except ParseError as error:
        return Refused(f"{path} cannot be read: {error.message}", snippet, f"{path}:{error.line or 1}")


def finish_edit(text: Text, edited: str, path: str, snippet: str, place: str) -> Edit:
    """Return an edited body as bytes with the file's own line ends; refused where it would not parse any more."""
    try:
        parse_python(edited)
    except ParseError:
        return Refused(f"{path} would not parse after the edit", snippet, place)
    return Edited(text.encode(edited.replace("\n", text.newline)))


def is_init(call: ast.Call) -> bool:
    """Return whether a call looks like `sentry_sdk.init(...)`, whatever the name it was imported under."""
    name = (
        call.func.attr
        if isinstance(call.func, ast.Attribute)
        else call.func.id
        if isinstance(call.func, ast.Name)
        else ""
    )
    return name.endswith("init")


def keywords(options: InitOptions, names: tuple[str, ...]) -> dict[str, str]:
    """Return the values of some keywords (`environment`, `release`, `traces_sample_rate`) as the block writes them."""
    values = {
        "environment": options.reader.read(f'"{options.environment}"'),
        "release": " or ".join(_releases(options, '"')),
        "traces_sample_rate": f"{options.sample_rate:g}",
    }
    return {name: values[name] for name in names}


def into_call(body: str, call: ast.Call, keywords: list[str]) -> list[tuple[int, int, str]]:
    """Return the splices that put keywords behind a call's last argument, one a line where the call is written so."""
    offsets = [0]
    for row in body.split("\n"):
        offsets.append(offsets[-1] + len(row.encode()) + 1)
    raw = body.encode()

    def at(row: int, column: int) -> int:
        return len(raw[: offsets[row - 1] + column].decode())

    closing = at(call.end_lineno or 0, call.end_col_offset or 0) - 1
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not arguments:
        return [(closing, closing, ", ".join(keywords))]
    last = max(arguments, key=lambda a: (a.end_lineno or 0, a.end_col_offset or 0))
    end = at(last.end_lineno or 0, last.end_col_offset or 0)
    comma = re.compile(r"\s*,").match(body, end, closing)
    if call.lineno == call.end_lineno or last.lineno == call.lineno:
        if comma:
            return [(comma.end(), comma.end(), " " + ", ".join(keywords) + ",")]
        return [(end, end, ", " + ", ".join(keywords))]
    indent = re.match(r"[ \t]*", body[body.rfind("\n", 0, at(last.lineno, last.col_offset)) + 1 :])
    lead = "\n" + (indent.group(0) if indent else "    ")
    place = comma.end() if comma else end
    comment = re.compile(r"[ \t]*#[^\n]*").match(body, place)
    inserted = "".join(lead + k + "," for k in keywords)
    if not comma:
        behind = comment.end() if comment else end
        first = [(end, end, ",")]
        return [*first, (behind, behind, inserted.rstrip(","))]
    behind = comment.end() if comment else place
    return [(behind, behind, inserted)]


def _releases(options: InitOptions, quote: str) -> list[str]:
    """Return the alternatives that name the release."""
    reads = [options.reader.read(f"{quote}{name}{quote}") for name in options.releases]
    return [*reads, "None"] if options.may_be_empty else reads


def _block(options: InitOptions, quote: str) -> str:
    def read(name: str) -> str:
        return options.reader.read(f"{quote}{name}{quote}")

    release = _fitted(_releases(options, quote), options.width)
    rows = [f"    dsn={read('SENTRY_DSN')},", f"    environment={read(options.environment)},"]
    rows += f"    release={release},".split("\n")
    begun = options.reader.template.partition("{")[0]
    rows = [row + options.reader.note if begun in row else row for row in rows]
    rows += [f"    traces_sample_rate={options.sample_rate:g},"]
    rows += ["    send_default_pii=False,"] if options.pii_option else []
    head = "# Without a DSN the SDK stays silent, so development needs no switch.\nsentry_sdk.init(\n"
    return head + "".join(f"{row}\n" for row in rows) + ")\n"


def _fitted(reads: list[str], width: int) -> str:
    """Return alternatives as black and ruff lay them out: on one line, in parentheses, or one a line."""
    release = " or ".join(reads)
    if len(f"    release={release},") <= width or len(reads) == 1:
        return release
    inner = release if len(f"        {release}") <= width else "\n        or ".join(reads)
    return f"(\n        {inner}\n    )"


def needed_imports(options: InitOptions, *, sdk: bool) -> tuple[str, ...]:
    """Return the modules that what is written needs."""
    return (*((options.reader.module,) if options.reader.module else ()), *(("sentry_sdk",) if sdk else ()))


def snippet_text(options: InitOptions) -> str:
    """Return the block with the imports that it needs, for a person to add."""
    return "".join(f"import {m}\n\n" for m in needed_imports(options, sdk=True)) + block_text(options)


def block_text(options: InitOptions) -> str:
    """Return the block alone, for a place where the file cannot be edited."""
    return _block(options, options.quote)
