"""Reads of the environment by every reader that is known, each with its default and cast."""

from __future__ import annotations

import ast
import tomllib

from checks.parsers.position import line_of, written
from checks.production.core import RaisesError
from checks.production.expressions import Expressions
from checks.production.readers import (
    CONFIGURATION_VALUES,
    MAIL_READERS,
    MAIL_SETTINGS,
    READER_PREFIX,
    cast_of_default,
    method_cast,
    named_cast,
)
from checks.production.values import (
    Binding,
    Class,
    External,
    FromEnvironment,
    Function,
    Instance,
    Known,
    Made,
    Names,
    OneOf,
    Reader,
    Ref,
    Step,
    Unknown,
    Value,
    one_of,
)

_ALIAS = "alias of "
_CHOICE = " or "
"""What stands between the variables of a field that may be set by several."""
_UNCLEAR_ALIAS = "the alias"
_MISSING = {"django-environ": "ImproperlyConfigured", "environs": "EnvError", "decouple": "UndefinedValueError"}
"""What a reader raises where a variable without a default is not set."""
_FIELD_CASTS = (("bool", "truth"), ("float", "float"), ("Decimal", "float"), ("int", "int"))
"""Words of a field's annotation with what pydantic makes of the text; others are left as they are."""
Named = dict[str, Binding]


def _is_text(declared: str | None) -> bool:
    """Tell whether dynaconf leaves a variable's text as it is: other values are read as TOML."""
    if declared is None:
        return True
    try:
        return isinstance(tomllib.loads(f"key = {declared}")["key"], str)
    except tomllib.TOMLDecodeError:
        return not declared.startswith("@")


class Environ(Expressions):
    """Reads the environment."""

    def _plain_read(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        key = given[0] if given else named.get("key")
        plain = self.plain(key.value) if key else None
        if plain is None or not isinstance(plain.value, str):
            return self.unknown(node, self.reason(key.value) if key else "")
        fallback = given[1] if len(given) > 1 else named.get("default")
        overlaid = self.heap.names(self.overlay).items.get(plain.value)
        if name.endswith(".pop"):
            self.heap.set(self.overlay, plain.value, Binding(Known(None), node, self.frame.path))
        if overlaid is not None and overlaid.value != Known(None):
            return overlaid.value
        if overlaid is not None:
            if name.endswith("__getitem__"):
                raise RaisesError(f"`{written(node)[:120]}` raises KeyError: the code has removed the variable")
            return fallback.value if fallback else Known(None)
        if name.endswith("__getitem__"):
            self._must_be_set(plain.value, "KeyError")
            return self._variable(plain.value, None, node, ())
        value = self._variable(
            plain.value, fallback.value if fallback else Known(None), node, (), given=fallback is not None
        )
        if name.endswith("setdefault"):
            self.heap.set(self.overlay, plain.value, Binding(value, node, self.frame.path))
        return value

    def _variable(
        self, name: str, default: Value | None, node: ast.Call, cast: tuple[Step, ...], *, given: bool = False
    ) -> Value:
        known = default if isinstance(default, Known) else None
        if default is not None and known is None:
            known = self.plain(default)
        read = FromEnvironment(
            name=name,
            default=known,
            path=self.frame.path,
            line=line_of(node),
            cast=cast,
            given=given and not (known is not None and known.value is None),
        )
        if known is None and isinstance(default, FromEnvironment):
            declared = self.environment.declared
            if self.environment.closed and name not in declared and default.name in declared:
                return default
            return OneOf((read, default))
        if known is None and default is not None and self.environment.resolve(read)[0] is None:
            return one_of([read, default])
        return read

    def _must_be_set(self, name: str, kind: str) -> None:
        if self.catching:
            environ = ast.Attribute(value=ast.Name(id="os"), attr="environ")
            test = ast.Compare(left=ast.Constant(value=name), ops=[ast.In()], comparators=[environ])
            because = self.environment.says(name, None)
            self.may_be_missing(kind, test, because, present=self.environment.has(name))

    def _read(self, reader: Reader, method: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        if reader.kind == "django-environ" and method in MAIL_READERS:
            return self._mail(node)
        key = given[0] if given else next((named[k] for k in ("var", "name", "key", "option") if k in named), None)
        plain = self.plain(key.value) if key else None
        method = "__call__" if method == "get_value" else method
        cast = method_cast(method) if method != "__getitem__" else ("str", ())
        if reader.kind == "dynaconf" and method in ("get", "__getitem__", "__call__") and plain is not None:
            return self.layered(reader, str(plain.value), node)
        if method == "prefixed" or cast is None or plain is None or not isinstance(plain.value, str):
            return self.unknown(node, self.reason(key.value) if key else "")
        pushed = self.heap.names(reader.scheme).items.get(READER_PREFIX)
        prefix = self.plain(pushed.value) if pushed else None
        if pushed is not None and prefix is None:
            return self.unknown(node, self.reason(pushed.value))
        fallback = named.get("default") or named.get("fallback") or (given[1] if len(given) > 1 else None)
        if reader.kind == "decouple" and len(given) == 1 and "default" in named:
            fallback = named["default"]
        asked = named.get("cast") or named.get("subcast")
        if reader.kind == "starlette" and asked is None and len(given) > 1:
            asked, fallback = given[1], named.get("default")
        default: Value | None = fallback.value if fallback else Known(None) if reader.kind == "cfenv" else None
        steps: list[Step] = [cast]
        name = (str(prefix.value) if prefix else reader.prefix) + plain.value
        schemed = self.heap.names(reader.scheme).items.get(plain.value) if reader.kind == "django-environ" else None
        if asked is not None and "cast" in named:
            made = self._cast(asked.value)
            if made is None:
                return self.unknown(node, name)
            steps = [made] if made[0] != "call" else []
            if made[0] == "call":
                read = self._variable(name, None, node, ())
                return self.call(asked.value, node, [Binding(read, asked.node, self.frame.path)], {})
        elif schemed is not None and method == "__call__":
            parts = self.items(schemed.value)
            first = parts.items[0].value if parts and parts.items else schemed.value
            made = self._cast(first)
            if made is not None and made[0] != "call":
                steps = [made]
            if default is None and parts and len(parts.items) > 1:
                default = parts.items[1].value
        elif reader.kind == "django-environ" and method == "__call__":
            known = self.plain(default) if default is not None else None
            steps = [cast_of_default(known) or ("str", ())]
        overlaid = self.heap.names(self.overlay).items.get(name)
        if overlaid is not None and overlaid.value != Known(None):
            value = overlaid.value
            for step, arguments in steps:
                value = self.do(step, value, node, *map(Known, arguments)) if step != "str" else value
            return value
        if default is None and reader.kind in _MISSING:
            self._must_be_set(name, _MISSING[reader.kind])
        return self._variable(name, default, node, tuple(s for s in steps if s[0] != "str"), given=default is not None)

    def layered(self, reader: Reader, name: str, node: ast.AST) -> Value:
        """Return what dynaconf has under a name: a declared variable comes before its files, which are not read here.

        See https://www.dynaconf.com/envvars/.
        """
        given = self.heap.names(reader.scheme).items.get("envvar_prefix")
        prefix = self.plain(given.value) if given is not None else Known("DYNACONF")
        variable = name.upper() if prefix and not prefix.value else f"{prefix.value if prefix else '?'}_{name.upper()}"
        declared = self.environment.declared
        if prefix is None or variable not in declared or not _is_text(declared[variable]):
            return self.unknown(node, variable if prefix else "envvar_prefix")
        return FromEnvironment(name=variable, default=None, path=self.frame.path, line=line_of(node))

    def _mail(self, node: ast.Call) -> Value:
        """Return the dictionary of a mail URL: its keys are known, so updating a scope with it changes no other name."""
        made: dict[object, Binding] = {
            name: Binding(self.unknown(node), node, self.frame.path) for name in MAIL_SETTINGS
        }
        return Ref(self.heap.new(Names(made)))

    def _cast(self, value: Value) -> Step | None:
        if isinstance(value, External):
            return named_cast(value.name)
        if isinstance(value, Class):
            return None
        return ("call", ()) if isinstance(value, Function) else None

    def _configuration_value(self, kind: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        cast = CONFIGURATION_VALUES.get(kind)
        if cast is None:
            return self.unknown(node)
        default = given[0].value if given else named["default"].value if "default" in named else Known(None)
        own, prefix = named.get("environ_name"), named.get("environ_prefix")
        plain_name = self.plain(own.value) if own else None
        plain_prefix = self.plain(prefix.value) if prefix else Known("DJANGO")
        start = f"{plain_prefix.value}_" if plain_prefix and plain_prefix.value else ""
        name = start + (str(plain_name.value) if plain_name else "")
        return self._variable(
            name if plain_name else name + "{}",
            None if kind == "SecretValue" else default,
            node,
            ((cast, ()),),
            given=True,
        )

    def field(self, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Return what `Field(default, alias=…)` is in a class: a read of a variable that `_settings_fields` completes."""
        default = given[0] if given else named.get("default")
        alias = named.get("validation_alias") or named.get("alias")
        plain = self.plain(default.value) if default is not None else None
        if plain is not None and plain.value is Ellipsis:
            plain = None
        names = self._aliases(alias.value) if alias is not None else []
        if alias is not None and not names:
            return self.unknown(node, _UNCLEAR_ALIAS)
        return FromEnvironment(
            name=_ALIAS + _CHOICE.join(names) if names else "{}",
            default=plain,
            path=self.frame.path,
            line=line_of(node),
            given=plain is not None and plain.value is not None,
        )

    def _aliases(self, value: Value) -> list[str]:
        """Return the variables that an alias names, the first that is set counts; none where one of them is not known.

        See https://docs.pydantic.dev/latest/concepts/alias/#using-aliaspath-and-aliaschoices.
        """
        given = value.given if isinstance(value, Made) else (Binding(value, None, self.frame.path),)
        found = [plain.value for bound in given if (plain := self.plain(bound.value)) is not None]
        names = [name for name in found if isinstance(name, str)]
        return names if len(names) == len(given) else []

    def _chosen_variable(self, names: list[str]) -> str | None:
        """Return which of a field's variables production sets, the first where none is; None where that cannot be determined."""
        declared = [n for n in names if n in self.environment.declared or n in self.environment.uncertain]
        if declared and (self.environment.closed or declared[0] == names[0]):
            return declared[0]
        dsn = all(self.environment.is_dsn(n) for n in names)
        return names[0] if self.environment.closed or len(names) == 1 or dsn else None

    def _settings_fields(self, called: Class, made: Instance, node: ast.Call) -> None:
        """Fill the fields of a pydantic settings object from the environment (https://docs.pydantic.dev/latest/concepts/pydantic_settings/)."""
        if not any("BaseSettings" in b.name for b in self.bases(called) if isinstance(b, External)):
            return
        prefix: str | None = ""
        config = self.class_member(called, "model_config")
        names = self.dictionary(config[0].value) if config else None
        if config and (names is None or names.open):
            prefix = None
        inner = self.class_member(called, "Config")
        if names is None and inner and isinstance(inner[0].value, Class):
            names = self.heap.names(inner[0].value.cell)
        if names and "env_prefix" in names.items:
            plain = self.plain(names.items["env_prefix"].value)
            prefix = str(plain.value) if plain else None
        split = names.items.get("env_nested_delimiter") if names else None
        parted = self.plain(dict(called.keywords).get("env_nested_delimiter", split.value if split else Known("")))
        delimiter = str(parted.value or "").upper() if parted else None
        # Keywords of the class come before its configuration (https://docs.pydantic.dev/latest/concepts/config/).
        given = dict(called.keywords)
        if "env_prefix" in given:
            plain = self.plain(given["env_prefix"])
            prefix = str(plain.value) if plain else None
        elif "**" in given:
            prefix = None
        for owner in (called, *(b for b in self.bases(called) if isinstance(b, Class))):
            for name, bound in self.heap.names(owner.cell).items.items():
                if str(name).startswith("_") or name in ("model_config", "Config") or isinstance(bound.value, Function):
                    continue
                variable = ((prefix or "") + str(name)).upper()
                aliased = isinstance(bound.value, FromEnvironment) and bound.value.name.startswith(_ALIAS)
                if aliased and isinstance(bound.value, FromEnvironment):
                    choices = bound.value.name.removeprefix(_ALIAS).split(_CHOICE)
                    variable = (self._chosen_variable(choices) or "").upper()
                hidden = isinstance(bound.value, Unknown) and bound.value.because == _UNCLEAR_ALIAS
                if (prefix is None and not aliased) or hidden or not variable:
                    because = (
                        f"the prefix of {called.name}" if prefix is None and not aliased else f"the alias of {name}"
                    )
                    unclear = self.unknown(bound.node or node, because)
                    self.heap.set(made.cell, name, Binding(unclear, bound.node, bound.path))
                    continue
                self._fill(made, owner, str(name), bound, variable, delimiter, node)

    def _fill(
        self,
        made: Instance,
        owner: Class,
        name: str,
        bound: Binding,
        variable: str,
        delimiter: str | None,
        node: ast.Call,
    ) -> None:
        """Set a field of a model to what a variable gives it, or to a model whose fields have variables of their own.

        See https://docs.pydantic.dev/latest/concepts/pydantic_settings/#parsing-environment-variable-values.
        """
        inner = self._model(owner, name, bound)
        if inner is not None:
            if delimiter is None:
                unclear = self.unknown(bound.node or node, "env_nested_delimiter")
                self.heap.set(made.cell, name, Binding(unclear, bound.node, bound.path))
            elif delimiter:
                nested = Instance(inner, self.heap.new(Names({})))
                given = self.heap.names(bound.value.cell).items if isinstance(bound.value, Instance) else {}
                for part in (inner, *(b for b in self.bases(inner) if isinstance(b, Class))):
                    for key, own in self.heap.names(part.cell).items.items():
                        if not str(key).startswith("_") and not isinstance(own.value, Function):
                            below = variable + delimiter + str(key).upper()
                            self._fill(nested, part, str(key), given.get(key, own), below, delimiter, node)
                self.heap.set(made.cell, name, Binding(nested, bound.node, bound.path))
            return
        default = bound.value if isinstance(bound.value, Known) else None
        if isinstance(bound.value, FromEnvironment):
            default = bound.value.default
        if default is None and not isinstance(bound.value, (Unknown, FromEnvironment)):
            return
        annotation = self.annotations.get(owner.cell, {}).get(name, "")
        cast = next((c for kind, c in _FIELD_CASTS if kind in annotation), "str")
        read = FromEnvironment(
            name=variable,
            default=default,
            path=bound.path,
            line=line_of(bound.node) if bound.node is not None else line_of(node),
            cast=((cast, ()),),
            given=default is not None and default.value is not None,
        )
        self.heap.set(made.cell, name, Binding(read, bound.node, bound.path))

    def _model(self, owner: Class, name: str, bound: Binding) -> Class | None:
        """Return the class of the repository that a field is a model of: that of its default, else the one it is annotated with."""
        if isinstance(bound.value, Instance):
            return bound.value.of
        annotation = self.annotations.get(owner.cell, {}).get(name, "")
        scope = self.heap.modules.get(owner.path)
        found = self.heap.names(scope).items.get(annotation) if scope is not None else None
        return (
            found.value
            if found is not None and isinstance(found.value, Class) and not self.is_enum(found.value)
            else None
        )
