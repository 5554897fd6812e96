"""vite.config.*: the plugin's import, its call last in `plugins`, and `build.sourcemap`; all other bytes kept."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.parsers.vite import PLUGIN_PACKAGE, ViteConfig, production_sourcemap, read_vite_config, resolve
from setup_wizard.editors.base import (
    Edit,
    Edited,
    Refused,
    Unchanged,
    indent_unit,
    line_indent,
    line_start,
    not_utf8,
    read_text,
    splice,
)

NAME = "sentryVitePlugin"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginOptions:
    """What the plugin is told; `url` only for a Sentry that is not sentry.io."""

    org: str
    project: str
    url: str | None = None


class _NotFollowed(Exception):
    """A shape that the editor does not follow."""


def add_plugin(data: bytes, path: str, options: PluginOptions) -> Edit:
    """Add the Sentry plugin last in the plugins of the production build, and switch hidden source maps on.

    An existing plugin is left alone; an existing `build.sourcemap` is changed only from `false`. Maps are deleted from the
    output after the upload, so that they are not published.
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    snippet = (
        _call("sentryVitePlugin", options, "'", "  ", ["./dist/**/*.map"]) + ",\n// and build: { sourcemap: 'hidden' }"
    )
    raw = text.body.encode()
    try:
        config = read_vite_config(raw, path)
    except ParseError as error:
        return Refused(f"{path} is not valid: {error.message}", snippet, f"{path}:{error.line or 1}")
    try:
        edits = _Editor(text.body, raw, config, options, path, text.newline).edits()
    except _NotFollowed as refusal:
        return Refused(str(refusal), snippet, f"`plugins` in {path}")
    if not edits:
        return Unchanged(f"{path} has the plugin and source maps already")
    body = splice(text.body, edits)
    try:
        again = read_vite_config(body.encode(), path)
    except ParseError:
        return Refused(f"{path} would not parse after the edit", snippet, f"`plugins` in {path}")
    sound = len(again.plugin_calls) == 1 and production_sourcemap(again) == "on"
    return Edited(text.encode(body)) if sound else Refused(f"{path} has a shape that is not followed", snippet, path)


def _call(name: str, options: PluginOptions, quote: str, unit: str, delete: list[str], indent: str = "") -> str:
    pairs = [("org", f"{quote}{options.org}{quote}"), ("project", f"{quote}{options.project}{quote}")]
    if options.url:
        pairs.append(("url", f"{quote}{options.url}{quote}"))
    pairs += [
        ("authToken", "process.env.SENTRY_AUTH_TOKEN"),
        ("release", "{ name: process.env.SENTRY_RELEASE }"),
        ("sourcemaps", "{ filesToDeleteAfterUpload: [" + ", ".join(_js_string(d, quote) for d in delete) + "] }"),
    ]
    inner = "".join(f"\n{indent}{unit}{key}: {value}," for key, value in pairs)
    return f"{name}({{{inner}\n{indent}}})"


def _js_string(value: str, quote: str) -> str:
    return value if value.startswith("`") else f"{quote}{value}{quote}"


class _Editor:
    """Collects the splices for one config."""

    def __init__(
        self, body: str, raw: bytes, config: ViteConfig, options: PluginOptions, path: str, newline: str
    ) -> None:
        self.body, self.raw, self.config, self.options, self.path, self.newline = (
            body,
            raw,
            config,
            options,
            path,
            newline,
        )
        self.unit = indent_unit(body)
        quotes = [js.text_of(n)[0] for n in js.descend(config.root) if n.type == "string"]
        self.quote = '"' if quotes.count('"') > quotes.count("'") else "'"

    def at(self, offset: int) -> int:
        """Turn a byte offset into one of characters."""
        return len(self.raw[:offset].decode())

    def lines(self, text: str) -> str:
        """Give a text the file's line ends."""
        return text.replace("\n", self.newline)

    def edits(self) -> list[tuple[int, int, str]]:
        config = self.config
        if config.config is None:
            raise _NotFollowed(f"{self.path}: {config.problem}")
        found: list[tuple[int, int, str]] = []
        new_keys: list[str] = []
        if not config.plugin_calls:
            self.refuse_unclear()
            found += self.import_edit()
            found += self.plugin_edit(new_keys)
        found += self.sourcemap_edit(new_keys)
        if new_keys:
            if js.has_spread(config.config):
                raise _NotFollowed(
                    f"{self.path}: the config takes in another one by `...`, which may hold {new_keys[0].split(':')[0]}"
                )
            found += self.insert_properties(config.config, new_keys)
        return found

    def refuse_unclear(self) -> None:
        code = "\n".join(line for line in self.body.splitlines() if not line.lstrip().startswith(("//", "*", "/*")))
        if re.search(r"sentry", code, re.IGNORECASE) and PLUGIN_PACKAGE not in code:
            raise _NotFollowed(f"{self.path} names Sentry already, in a way that is not followed")
        if PLUGIN_PACKAGE in code:
            raise _NotFollowed(
                f"{self.path} imports {PLUGIN_PACKAGE} already, but does not call it where it was looked for"
            )

    def import_edit(self) -> list[tuple[int, int, str]]:
        config, quote = self.config, self.quote
        nodes = [node for _, _, node in js.imports(config.root)]
        nodes += [n for n in config.root.named_children if n.type == "import_statement" and n not in nodes]
        semicolon = (
            ";"
            if any(js.text_of(n).rstrip().endswith(";") for n in nodes)
            or (not nodes and js.text_of(config.root).rstrip().endswith(";"))
            else ""
        )
        if config.commonjs:
            line = f"const {{ {NAME} }} = require({quote}{PLUGIN_PACKAGE}{quote}){semicolon}"
        else:
            line = f"import {{ {NAME} }} from {quote}{PLUGIN_PACKAGE}{quote}{semicolon}"
        if nodes:
            last = max(nodes, key=lambda n: n.end_byte)
            end = self.at(last.end_byte)
            rest = self.body.find("\n", end)
            place = rest if rest != -1 else len(self.body)
            if rest != -1 and self.body[rest - 1 : rest] == "\r":
                place -= 1
            trailing = self.body[end:place].strip()
            if trailing and not trailing.startswith(("//", "/*", ";")):
                place = end
            return [(place, place, self.newline + line)]
        first = next((n for n in config.root.named_children if n.type not in ("comment", "hash_bang_line")), None)
        place = self.at(first.start_byte) if first is not None else 0
        return [(place, place, line + self.newline * 2)]

    def plugin_edit(self, new_keys: list[str]) -> list[tuple[int, int, str]]:
        plugins = self.config.plugins
        if plugins is None:
            indent = self.property_indent()
            call = _call(NAME, self.options, self.quote, self.unit, self.delete(), indent + self.unit)
            new_keys.append(f"plugins: [\n{indent}{self.unit}{call},\n{indent}]")
            return []
        array = self.array_of(plugins)
        elements = [n for n in array.named_children if n.type != "comment"]
        home = line_indent(self.body, self.at(array.start_byte))
        inner = home + self.unit
        if elements and elements[0].start_point[0] != array.start_point[0]:
            inner = line_indent(self.body, self.at(elements[0].start_byte))
        call = _call(NAME, self.options, self.quote, self.unit, self.delete(), inner)
        opening, closing = self.at(array.start_byte) + 1, self.at(array.end_byte) - 1
        if not elements:
            if any(n.type == "comment" for n in array.named_children):
                start = (
                    line_start(self.body, closing)
                    if self.body[line_start(self.body, closing) : closing].strip() == ""
                    else closing
                )
                return (
                    [(start, start, self.lines(f"{inner}{call},\n"))]
                    if start != closing
                    else [(closing, closing, self.lines(f"\n{inner}{call},\n{home}"))]
                )
            return [(opening, closing, self.lines(f"\n{inner}{call},\n{home}"))]
        last = elements[-1]
        end = self.at(last.end_byte)
        if last.end_point[0] == array.end_point[0] and elements[0].start_point[0] == array.start_point[0]:
            return self.into_one_line(array, opening, end, closing, inner, home, call)
        return self.after(last, end, f"{inner}{call}", closing)

    def into_one_line(
        self, array: Node, opening: int, end: int, closing: int, inner: str, home: str, call: str
    ) -> list[tuple[int, int, str]]:
        """Open up `[react()]`: its elements keep their line, below the bracket."""
        if any(n.type == "comment" for n in array.named_children) or array.start_point[0] != array.end_point[0]:
            comma = "" if self.body[end:closing].strip().startswith(",") else ","
            return [(closing, closing, self.lines(f"{comma} {call}"))]
        start = opening + len(self.body[opening:closing]) - len(self.body[opening:closing].lstrip())
        return [(opening, start, self.lines(f"\n{inner}")), (end, closing, self.lines(f",\n{inner}{call},\n{home}"))]

    def after(self, node: Node, end: int, text: str, closing: int) -> list[tuple[int, int, str]]:
        """Insert a line after an element or property, keeping a comment at its end; the comma style stays."""
        match = re.compile(r"[ \t]*,").match(self.body, end)
        comma = match is not None
        place = match.end() if match else end
        comment = re.compile(r"[ \t]*(//[^\r\n]*|/\*[^\r\n]*\*/)").match(self.body, place)
        if comment:
            place = comment.end()
        same_line = self.body[place:closing].split("\n")[0].strip()
        if same_line and not comma:
            following = node.next_named_sibling
            if following is None or following.type != "comment":
                same_line = ""
        inserted = self.lines(f"\n{text}") + ("," if comma else "")
        if comma:
            return [(place, place, inserted)]
        if place == end:
            return [(end, end, "," + inserted)]
        return [(end, end, ","), (place, place, inserted)]

    def array_of(self, plugins: Node) -> Node:
        """Return the array literal behind `plugins`, through a `const` and `.filter(Boolean)`."""
        node = resolve(plugins, self.config.root)
        if plugins.type in ("identifier", "shorthand_property_identifier"):
            name = re.escape(js.text_of(plugins))
            rest = re.sub(rf"\bconst\s+{name}\b[^=]*=", "", self.body, count=1)
            if re.search(
                rf"(?<![\w.]){name}\s*(\.\s*(push|unshift|splice|reverse|sort|length)\b|\[[^\]]*\]\s*=[^=]|=[^=>])",
                rest,
            ):
                raise _NotFollowed(f"{self.path}: `{js.text_of(plugins)}` is changed after it is declared")
        if node.type == "call_expression":
            function = node.child_by_field_name("function")
            if function is not None and function.type == "member_expression":
                of, method = function.child_by_field_name("object"), function.child_by_field_name("property")
                if of is not None and method is not None and js.text_of(method) == "filter":
                    node = js.unwrap(of)
        if node.type != "array":
            raise _NotFollowed(f"{self.path}: `plugins` is no list that is written out")
        return node

    def sourcemap_edit(self, new_keys: list[str]) -> list[tuple[int, int, str]]:
        config = self.config
        hidden = f"{self.quote}hidden{self.quote}"
        if config.sourcemap is not None:
            if config.sourcemap_setting == "false":
                return [(self.at(config.sourcemap.start_byte), self.at(config.sourcemap.end_byte), hidden)]
            if production_sourcemap(config) != "on":
                raise _NotFollowed(
                    f"{self.path}: build.sourcemap is {js.text_of(config.sourcemap)}; write 'hidden' for production"
                )
            return []
        if config.build is None:
            indent = self.property_indent()
            new_keys.append(f"build: {{\n{indent}{self.unit}sourcemap: {hidden},\n{indent}}}")
            return []
        build = resolve(config.build, config.root)
        if build.type != "object" or js.has_spread(build):
            raise _NotFollowed(f"{self.path}: `build` is put together elsewhere")
        return self.insert_properties(build, [f"sourcemap: {hidden}"])

    def property_indent(self) -> str:
        config = self.config.config
        assert config is not None
        entries = js.properties(config)
        if entries and entries[0][1].start_point[0] != config.start_point[0]:
            return line_indent(self.body, self.at(entries[0][1].start_byte))
        return line_indent(self.body, self.at(config.start_byte)) + self.unit

    def insert_properties(self, node: Node, texts: list[str]) -> list[tuple[int, int, str]]:
        entries = [n for n in node.named_children if n.type != "comment"]
        opening, closing = self.at(node.start_byte) + 1, self.at(node.end_byte) - 1
        home = line_indent(self.body, opening)
        indent = home + self.unit
        if not entries:
            inner = "".join(f"\n{indent}{t}," for t in texts)
            if any(n.type == "comment" for n in node.named_children):
                return [(opening, opening, self.lines(inner))]
            return [(opening, closing, self.lines(f"{inner}\n{home}"))]
        last = entries[-1]
        end = self.at(last.end_byte)
        if node.start_point[0] == node.end_point[0] or last.start_point[0] == node.start_point[0]:
            comma = "" if re.match(r"\s*,", self.body[end:closing]) else ","
            if comma:
                return [(end, end, self.lines(", " + ", ".join(texts)))]
            after = end + self.body[end:closing].index(",") + 1
            return [(after, after, self.lines(" " + ", ".join(texts) + ","))]
        own = line_indent(self.body, self.at(last.start_byte))
        return self.after(last, end, (",\n" + own).join([own + texts[0], *texts[1:]]), closing)

    def delete(self) -> list[str]:
        """Return the glob of the maps in the real output folder, relative to where the build is started."""
        out, root = self.config.out_dir, self.config.vite_root
        if self.config.config is not None and root is None:
            given = [v for k, _, v in js.properties(self.config.config) if k == "root"]
            if given:
                raise _NotFollowed(f"{self.path}: `root` is computed, so the folder of the maps is not known")
        if out is not None and out.startswith("<"):
            return ["`${" + out[1:-1] + "}/**/*.map`"]
        folder = posixpath.normpath(posixpath.join(root or ".", out or "dist"))
        return [f"./{folder}/**/*.map" if not folder.startswith((".", "/")) else f"{folder}/**/*.map"]
