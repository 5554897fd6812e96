"""Calls: functions and classes of the repository, what packages are known for, and `sentry_sdk.init`."""

from __future__ import annotations

import ast
import json
import re

from checks.parsers.position import line_of, written
from checks.production.clients import Clients
from checks.production.core import RaisesError
from checks.production.environ import Named
from checks.production.readers import (
    DECOUPLE,
    ENVIRON,
    INIT,
    KINDS,
    PLAIN_READERS,
    method_cast,
)
from checks.production.steps import LONGEST
from checks.production.values import (
    Binding,
    Class,
    External,
    FromEnvironment,
    Function,
    Guard,
    Instance,
    Items,
    Known,
    Made,
    Method,
    ModuleOf,
    Names,
    OneOf,
    Partial,
    Reader,
    Ref,
    Value,
    one_of,
)

_SIGNALS = "celery.signals."
_AT_START = frozenset(
    "celeryd_init celeryd_after_setup worker_init worker_process_init beat_init beat_embedded_init "  # noqa: SIM905
    "import_modules setup_logging after_setup_logger after_setup_task_logger user_preload_options".split()
)
"""Signals that Celery sends before a process works; at `worker_ready` the children of a worker are already forked (`celery.worker`)."""
_SUSPECT = ("sentry", "observab", "telemetry", "monitoring", "error_report", "instrument")
"""Words in the name of a function from elsewhere that may call init."""
_UNSUSPECTED = frozenset(
    "sentry_sdk django flask fastapi starlette opentelemetry prometheus_client prometheus_fastapi_instrumentator "  # noqa: SIM905
    "prometheus_flask_exporter starlette_exporter ddtrace datadog newrelic elasticapm logfire statsd azure google boto3 botocore "
    "aws_xray_sdk aws_lambda_powertools scout_apm appsignal honeycomb splunk_otel rollbar bugsnag airbrake pyroscope langfuse "
    "django_prometheus pydantic celery sqlalchemy".split()
)
"""Packages with such words in their names that do something else."""
_MODEL_CONFIGURATIONS = frozenset(
    {"pydantic_settings.SettingsConfigDict", "pydantic_settings.main.SettingsConfigDict", "pydantic.ConfigDict"}
)
"""Classes of dictionaries that a settings object of pydantic is configured with."""
_ALIAS_CHOICES = frozenset({"pydantic.AliasChoices", "pydantic.aliases.AliasChoices"})
"""Classes of the variables that may set one field, the first that is there counts."""
_MATCHES = frozenset({"re.match", "re.search", "re.fullmatch"})
_LONGEST_MATCH = 200
_PROCESSOR = ".add_global_event_processor"
_SIZED = frozenset(
    f"{module}.{name}"
    for module, names in (
        ("builtins", ("str", "int", "float", "bool", "bytes", "dict", "list", "tuple", "set", "frozenset")),
        ("collections", ("OrderedDict", "UserDict", "UserList", "UserString", "defaultdict", "Counter", "deque")),
    )
    for name in names
)
"""Classes whose objects may be false."""
_POSTFORK = frozenset({"uwsgidecorators.postfork", "uwsgidecorators.thread"})
"""What uWSGI calls in each worker (https://uwsgi-docs.readthedocs.io/en/latest/PythonDecorators.html)."""


class Calls(Clients):
    """Evaluates calls."""

    def call(self, called: Value, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Return what a call gives; what it does to lists, dictionaries and the environment is done."""
        match called:
            case OneOf():
                return one_of([self._perhaps(c, node, given, named) for c in called.values])
            case Function():
                return self.call_function(called, node, given, named)
            case Class():
                return self._construct(called, node, given, named)
            case Instance():
                found = self.class_member(called.of, "__call__")
                if found and isinstance(found[0].value, Function):
                    bound = found[0].value
                    method = bound.of(called, found[1])
                    return self.call_function(method, node, given, named)
            case Reader():
                return self._read(called, "__call__", node, given, named)
            case Method():
                return self._method(called, node, given, named)
            case Partial():
                return self.call(called.function, node, [*called.given, *given], {**called.named, **named})
            case External():
                return self._external(called.name, node, given, named)
            case Known():
                raise RaisesError(f"`{written(node)[:120]}` raises TypeError: {called.value!r} is not callable")
        return self.unclear(node, given, named)

    def _perhaps(self, called: Value, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Call what may be called: which of several functions it is cannot be determined."""
        test = f"{written(node.func)[:80]} is that function"
        guards = list(self.guards)
        self.guards.append(Guard(test=test, path=self.frame.path, line=node.lineno, truth=None))
        try:
            return self.call(called, node, given, named)
        except RaisesError:
            return self.unknown(node)
        finally:
            self.guards[:] = guards

    def instance_truth(self, value: Instance) -> bool | None:
        """Return whether an object is true: what its `__bool__` or `__len__` gives, else it is, unless a base may have such a method."""
        for name in ("__bool__", "__len__"):
            found = self.class_member(value.of, name)
            if found is None:
                continue
            own = found[0].value
            given = self.own_method(value, name, own.node) if isinstance(own, Function) else None
            return self.truth(given) if given is not None else None
        bases = (b for b in self.bases(value.of) if not isinstance(b, Class))
        return None if any(isinstance(b, External) and b.name in _SIZED for b in bases) else True

    def own_method(self, value: Instance, name: str, node: ast.AST) -> Value | None:
        """Call a method of an object without arguments and return what it gives; None where its class has none."""
        found = self.class_member(value.of, name)
        own = found[0].value if found is not None else None
        if found is None or not isinstance(own, Function):
            return None
        call = ast.Call(func=ast.Name(id=name, lineno=1, col_offset=0), args=[], keywords=[])
        ast.copy_location(call, node)
        return self.call_function(own.of(value, found[1]), call, [], {})

    def _construct(self, called: Class, node: ast.Call, given: list[Binding], named: Named) -> Value:
        if self.is_enum(called):
            wanted = self.plain(given[0].value) if given else None
            return self.member_of(called, wanted.value, node) if wanted is not None else self.unknown(node)
        reader = self._own_reader(called)
        if reader is not None:
            return Reader(kind=reader, scheme=self.heap.new(Names(dict(named.items()))))
        made = Instance(called, self.heap.new(Names({})))
        self._settings_fields(called, made, node)
        found = self.class_member(called, "__init__")
        if found and isinstance(found[0].value, Function):
            start = found[0].value
            self.call_function(start.of(made, found[1]), node, given, named)
        else:
            for name, bound in [*zip(self.fields(called), given, strict=False), *named.items()]:
                self.heap.set(made.cell, name, bound)
            after = self.class_member(called, "__post_init__")
            if after and isinstance(after[0].value, Function):
                own = after[0].value
                self.call_function(own.of(made, after[1]), node, [], {})
        return made

    def _own_reader(self, called: Class) -> str | None:
        """Return the kind of reader that a class of the repository is, which only adds methods to one of a package."""
        bases = [KINDS[b.name] for b in self.bases(called) if isinstance(b, External) and b.name in KINDS]
        own = [
            x
            for c in (called, *(b for b in self.bases(called) if isinstance(b, Class)))
            for x in self.heap.names(c.cell).items.items()
        ]
        adds = all(
            isinstance(b.value, Function) and not str(k).startswith("_") and method_cast(str(k)) is None for k, b in own
        )
        return bases[0] if bases and adds else None

    def _external(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        if name in INIT:
            return self.init(node, given, named)
        found = self.client_call(name, node, given, named) or self.coroutine_call(name, node, given, named)
        if found is not None:
            return found
        if name in ("sys.exit", "os._exit"):
            raise RaisesError(f"`{written(node)[:120]}` raises SystemExit")
        wrapper = self.repository.wrapper
        if wrapper is not None and name == wrapper.name:
            return self.wrapped(node, named)
        if any(w in name.lower() for w in _SUSPECT) and name.partition(".")[0] not in _UNSUSPECTED:
            self.suspects.append((self.frame.path, line_of(node), name))
        if name in _MODEL_CONFIGURATIONS:
            return self._builtin("dict", node, given, named)
        if name == "types.SimpleNamespace":
            own = Names({k: v for k, v in named.items() if not k.startswith("*")}, "**" in named)
            return Instance(Class(name, self.frame.path, self.heap.new(Names({})), ()), self.heap.new(own))
        if name == "functools.partial" and given:
            return Partial(given[0].value, tuple(given[1:]), named)
        if name.startswith("sentry_sdk.") and name.rpartition(".")[2][:1].isupper():
            return Made(name, tuple(given), named, node, self.frame.path)
        if name in PLAIN_READERS or (name.startswith(ENVIRON + ".") and name.rpartition(".")[2] in ("get", "pop")):
            return self._plain_read(name, node, given, named)
        if name in KINDS:
            scheme: dict[object, Binding] = dict(named.items())
            return Reader(kind=KINDS[name], scheme=self.heap.new(Names(scheme)))
        if name in DECOUPLE:
            return self._read(Reader(kind="decouple", scheme=0), "__call__", node, given, named)
        if name in _ALIAS_CHOICES:
            return Made(name, tuple(given), named, node, self.frame.path)
        if name in ("pydantic.Field", "pydantic.fields.Field"):
            return self.field(node, given, named)
        if name.startswith("configurations.values."):
            return self._configuration_value(name.rpartition(".")[2], node, given, named)
        if name == f"{ENVIRON}.copy":
            return External(ENVIRON)
        if name == f"{ENVIRON}.update":
            for bound in given:
                other = self.dictionary(bound.value)
                if other is not None:
                    self.heap.update(self.overlay, other)
            return Known(None)
        if name == "split_settings.tools.include":
            for bound in given:
                self.include(bound.value, node)
            return Known(None)
        if name == "split_settings.tools.optional" and given:
            # A file outside of the repository that may be missing is not there.
            pattern = self.plain(given[0].value)
            text = pattern.value if pattern is not None else None
            return given[0].value if isinstance(text, str) and self.included(text) else Known("")
        if name.startswith(_SIGNALS) and ".connect" in name:
            return self._connected(name, given, named, node)
        if name in _POSTFORK:
            return self._postfork(name, given, node)
        if name == "importlib.util.find_spec" and given:
            wanted = self.plain(given[0].value)
            there = self.repository.installed(str(wanted.value).split(".")[0]) if wanted is not None else None
            return self.unknown(node) if there is None else External(str(wanted.value)) if there else Known(None)  # type: ignore[union-attr]
        if name in ("ast.literal_eval", "builtins.eval") and given and not isinstance(given[0].value, FromEnvironment):
            return self._evaluated(name, given, node)
        if name == "json.loads" and given and self._is_document(given[0].value):
            return self._document(given[0].value, node)
        if name in ("json.loads", "ast.literal_eval", "builtins.eval") and len(given) == 1:
            return self.do("truth" if isinstance(given[0].value, FromEnvironment) else "json", given[0].value, node)
        if name in _MATCHES and len(given) > 1:
            return self._matched(name, given, node)
        if name.startswith("builtins."):
            return self._builtin(name.removeprefix("builtins."), node, given, named)
        if name.rpartition(".")[2] in ("strtobool", "str2bool") and len(given) == 1:
            return self.do("truth", given[0].value, node)
        if name == "os.path.basename" and len(given) == 1:
            return self.do("basename", given[0].value, node)
        if name == "decimal.Decimal" and len(given) == 1:
            return self.do("float", given[0].value, node)
        if name == "collections.OrderedDict" or name == "copy.deepcopy" or name == "copy.copy":
            return self._builtin("dict", node, given, named)
        if name.startswith("django.conf.settings.") or name == "importlib.import_module":
            plain = self.plain(given[0].value) if given and name == "importlib.import_module" else None
            path = self.repository.find(self.frame.path, str(plain.value), 0) if plain else None
            if path:
                self.module_scope(path)
                return ModuleOf(path)
        return self.unclear(node, given, named)

    def _evaluated(self, name: str, given: list[Binding], node: ast.Call) -> Value:
        """Return what a literal text is as an expression of this place; one that is given other names is not followed."""
        plain = self.plain(given[0].value)
        if plain is None or not isinstance(plain.value, str) or len(plain.value) > _LONGEST_MATCH or len(given) > 1:
            return self.unknown(node, self.reason(given[0].value))
        try:
            tree = ast.parse(plain.value.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError) as error:
            raise RaisesError(f"`{written(node)[:120]}` raises SyntaxError") from error
        if name == "ast.literal_eval" and any(
            isinstance(n, (ast.Name, ast.Call, ast.Attribute)) for n in ast.walk(tree)
        ):
            raise RaisesError(f"`{written(node)[:120]}` raises ValueError")
        for part in ast.walk(tree):
            if hasattr(part, "lineno"):
                ast.copy_location(part, node)
        return self.evaluate(tree.body)

    def _is_document(self, value: Value) -> bool:
        """Tell whether a value is a literal text, or a variable's whose text is a list or an object."""
        plain = self.plain(value) if isinstance(value, FromEnvironment) else None
        text = plain.value if plain is not None else None
        return isinstance(value, Known) or (isinstance(text, str) and text.strip()[:1] in ("{", "["))

    def _document(self, value: Value, node: ast.Call) -> Value:
        """Return what a literal text is as a JSON document."""
        plain = self.plain(value)
        if plain is None or not isinstance(plain.value, str) or len(plain.value) > LONGEST:
            return self.unknown(node)
        try:
            return self._of_data(json.loads(plain.value))
        except (ValueError, RecursionError) as error:
            raise RaisesError(f"`{written(node)[:120]}` raises ValueError") from error

    def _of_data(self, data: object) -> Value:
        if isinstance(data, dict):
            made: dict[object, Binding] = {k: Binding(self._of_data(v), None, self.frame.path) for k, v in data.items()}
            return Ref(self.heap.new(Names(made)))
        if isinstance(data, list):
            parts = tuple(Binding(self._of_data(v), None, self.frame.path) for v in data)
            return Ref(self.heap.new(Items("list", parts)))
        return Known(data)

    def _matched(self, name: str, given: list[Binding], node: ast.Call) -> Value:
        """Match a known text with a plain pattern, one whose time is bounded: at most one part of it repeats."""
        pattern, text = self.plain(given[0].value), self.plain(given[1].value)
        if pattern is None or text is None or not isinstance(pattern.value, str) or not isinstance(text.value, str):
            return self.unknown(node, self.reason(given[0].value, given[1].value))
        if max(len(pattern.value), len(text.value)) > _LONGEST_MATCH or sum(pattern.value.count(c) for c in "*+{?") > 1:
            return self.unknown(node)
        try:
            found = getattr(re, name.removeprefix("re."))(pattern.value, text.value)
        except re.error as error:
            raise RaisesError(f"`{written(node)[:120]}` raises re.error") from error
        return External("re.Match") if found else Known(None)

    def include(self, pattern: Value, node: ast.Call) -> None:
        """Run the files of django-split-settings in the module that includes them."""
        raise NotImplementedError

    def included(self, pattern: str) -> list[str]:
        """Return the files of the repository that a pattern of django-split-settings takes in."""
        raise NotImplementedError

    def calls_back(self, name: str) -> bool:
        """Return whether something outside of the repository runs the functions that it is given."""
        return name.startswith(_SIGNALS) or name in _POSTFORK or name.endswith(_PROCESSOR)

    def sends(self, signal: str) -> bool | None:
        """Return whether Celery sends one of the signals of a start in this process."""
        return True

    def _connected(self, name: str, given: list[Binding], named: Named, node: ast.Call) -> Value:
        """Run a receiver of a Celery signal as the worker does (https://docs.celeryq.dev/en/stable/userguide/signals.html)."""
        called = given[0] if given else named.get("receiver")
        if called is None:
            return External(f"{name}.sender" if "sender" in named else name)
        signal, _, sender = name.removeprefix(_SIGNALS).partition(".connect")
        sent = self.sends(signal) if signal in _AT_START else None
        truth = False if sent is False else sent if not sender and "sender" not in named else None
        self._called_back(f"the signal {signal}", f"Celery sends {signal}", truth, called.value, node)
        return called.value

    def _postfork(self, name: str, given: list[Binding], node: ast.Call) -> Value:
        if not given:
            return External(name)
        servers = self.environment.servers
        truth = "uwsgi" in servers if servers else None
        self._called_back("uWSGI's postfork", "uWSGI runs it", truth, given[0].value, node)
        return given[0].value

    def _called_back(self, by: str, test: str, truth: bool | None, called: Value, node: ast.Call) -> None:
        reached, self.reached_by = self.reached_by, by
        if truth is not True:
            self.guards.append(Guard(test=test, path=self.frame.path, line=line_of(node), truth=truth))
        try:
            if isinstance(called, Function):
                self.call_function(called, node, [], {"**": Binding(self.unknown(node), None, self.frame.path)})
            else:
                self.call(called, node, [], {})
        finally:
            self.reached_by = reached
            if truth is not True:
                self.guards.pop()

    def wrapped(self, node: ast.Call, named: Named) -> Value:
        """Call init as the configured wrapper does: with its own options, and those of the SDK that it is given."""
        wrapper = self.repository.wrapper
        if wrapper is None:
            return self.unknown(node)
        own = {k: self.bind(ast.copy_location(v, node)) for k, v in wrapper.options.items()}
        taken = {k: v for k, v in named.items() if k in wrapper.takes or k == "**"}
        return self.init(node, [], {**own, **taken})
