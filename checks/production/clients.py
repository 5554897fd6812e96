"""The SDK's client: `init` makes it, other calls take it away again, and code asks whether it is there.

Tried with sentry-sdk 2.75.0: nothing arrives after `get_client().close()`, `get_global_scope().set_client(None)`,
`Hub.current.bind_client(None)` and a second `init(dsn="")`; `set_client(None)` of the current or the isolation scope changes nothing.
"""

from __future__ import annotations

import ast

from msgspec.structs import replace

from checks.parsers.position import line_of, written
from checks.production.environ import Named
from checks.production.functions import Functions
from checks.production.values import Binding, External, Initialization, Known, Made, NotedCall, Value

_MODULES = frozenset({"api", "hub", "scope"})
"""Modules of the SDK whose names the package has as well."""
_GIVERS = frozenset({"get_client", "Scope.get_client", "get_global_scope", "Scope.get_global_scope"})
"""Functions that give the client, or the scope that holds it."""
_CLOSING = frozenset(
    {
        *("get_client().close", "Scope.get_client().close", "get_global_scope().client.close"),
        *("Hub.current.client.close", "Hub.main.client.close"),
    }
)
_TAKING = frozenset(
    {
        *("get_global_scope().set_client", "Scope.get_global_scope().set_client"),
        *("Hub.current.bind_client", "Hub.main.bind_client"),
    }
)
"""Methods that put another client in the place of the one that `init` made."""
_OWN = ("get_client()", "Scope.get_client()", "Hub.current.client", "Hub.main.client")
_PROCESSING = frozenset(
    {
        "add_global_event_processor",
        "get_global_scope().add_event_processor",
        "Scope.get_global_scope().add_event_processor",
    }
)
"""What gives the SDK a function for every event (https://docs.sentry.io/platforms/python/enriching-events/event-processors/)."""
_CLIENT = frozenset({"Hub.current.client", "Hub.main.client"})
_LOGGING = frozenset(
    {
        *("logging.disable", "logging.basicConfig", "logging.config.dictConfig"),
        *("logging.root.setLevel", "logging.getLogger().setLevel"),
        *(
            "sentry_sdk.integrations.logging.ignore_logger",
            "sentry_sdk.integrations.logging.ignore_logger_for_sentry_logs",
        ),
    }
)
"""Functions that decide which logged errors the SDK gets (https://docs.python.org/3/library/logging.html)."""
_ASKING = frozenset({"is_initialized", "get_client().is_active", "Scope.get_client().is_active"})


def sdk_name(name: str) -> str:
    """Return a name of the SDK as the package itself has it (`Hub` for `sentry_sdk.hub.Hub`), "" for other packages."""
    package, *parts = name.split(".")
    if package != "sentry_sdk":
        return ""
    return ".".join(parts[1:] if parts[:1] and parts[0] in _MODULES and len(parts) > 1 else parts)


class Clients(Functions):
    """Notes what makes the client and what takes it away."""

    def external(self, name: str, node: ast.AST) -> Value:
        """Return what a name of a package stands for: what the code put there, else the name itself."""
        replaced = self.heap.names(self.replaced).items.get(name)
        if replaced is not None:
            return self.settled(replaced.value, node)
        if sdk_name(name) in _CLIENT:
            there = self.has_client()
            return self.unknown(node) if there is None else External(name) if there else Known(None)
        return External(name)

    def has_client(self) -> bool | None:
        """Return whether `init` has run here and its client is still there; None when that cannot be determined."""
        found: bool | None = False
        for init in self.inits:
            if init.runs is not False:
                found = None if init.runs is None or init.ends else True
        return found

    def client_call(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value | None:
        """Return what a function of the SDK that is about the client gives, None for any other."""
        known = sdk_name(name)
        if name in _LOGGING:
            self._note_logging(name, node, given, named)
        if name == "logging.getLogger" and not named and all(b.value in (Known(None), Known("")) for b in given):
            return External("logging.getLogger()")
        if known in _PROCESSING and given:
            self.processors += [] if any(g.truth is False for g in self.guards) else given[:1]
            return given[0].value
        if known.endswith(".options.update") and known.removesuffix(".options.update") in _OWN:
            others = [self.dictionary(b.value) for b in given]
            changed = {str(k): v for o in others if o is not None for k, v in o.items.items()} | named
            self.change_options(changed, node)
            return Known(None)
        if known in _GIVERS:
            return External(f"sentry_sdk.{known}()")
        if known in _ASKING:
            there = self.has_client()
            return self.unknown(node) if there is None else Known(there)
        if known in _CLOSING or (known in _TAKING and self._is_no_client(given, named)):
            self._ends(node)
            return Known(None)
        return None

    def _note_logging(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> None:
        self.noted.append(
            NotedCall(
                name=name,
                given=tuple(given),
                named=dict(named),
                path=self.frame.path,
                line=line_of(node),
                guards=tuple(self.guards),
            )
        )

    def _ends(self, node: ast.AST) -> None:
        self.inits.append(
            Initialization(
                path=self.frame.path,
                line=line_of(node),
                reached_by=self.reached_by,
                options={},
                guards=tuple(self.guards),
                names={},
                function=self.frame.function,
                ends=written(node)[:120],
            )
        )

    def client_set(self, owner: str, name: str, bound: Binding, target: ast.expr) -> bool:
        """Note what an assignment to the client, or to an option that it has, does; return whether it is one."""
        known = sdk_name(owner)
        if known in _OWN and name == "transport":
            if bound.value == Known(None):
                self._ends(ast.copy_location(ast.Assign(targets=[target], value=ast.Constant(value=None)), target))
            else:
                self.change_options({"transport": bound}, target)
            return True
        if known.endswith(".options") and known.removesuffix(".options") in _OWN:
            self.change_options({name: bound}, target)
            return True
        return False

    def change_options(self, changed: Named, node: ast.AST) -> None:
        """Set options of the client that the last `init` made; its transport keeps the DSN that it began with."""
        at = next((n for n in reversed(range(len(self.inits))) if not self.inits[n].ends), None)
        if at is None or any(g.truth is False for g in self.guards):
            return
        certain = not self.shadows and all(g.truth for g in self.guards)
        found = {
            str(k): v if certain else Binding(self.unknown(node), v.node, v.path)
            for k, v in changed.items()
            if str(k) != "dsn" and not str(k).startswith("*")
        }
        self.inits[at] = replace(self.inits[at], options={**self.inits[at].options, **found})

    def _is_no_client(self, given: list[Binding], named: Named) -> bool:
        bound = given[0] if given else next(iter(named.values()), None)
        value = bound.value if bound is not None else Known(None)
        return value == Known(None) or (isinstance(value, Made) and value.name.endswith("NonRecordingClient"))

    def init(self, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Note a call of `sentry_sdk.init` with its options as they are here."""
        if given and "dsn" not in named:
            named = {"dsn": given[0], **named}
        overlaid = self.heap.names(self.overlay).items.get("SENTRY_DSN")
        if overlaid is not None and "dsn" not in named and "**" not in named:
            # Without a DSN the SDK reads the variable, which the code has set before.
            removed = Binding(Known(""), overlaid.node, overlaid.path)
            named = {**named, "dsn": removed if overlaid.value == Known(None) else overlaid}
        names: dict[str, ast.expr] = {}
        for number in reversed(self.frame.scopes):
            for name, bound in self.heap.names(number).items.items():
                if bound.node is not None:
                    names[str(name)] = bound.node
        star = any(k.arg is None for k in node.keywords)
        self.inits.append(
            Initialization(
                path=self.frame.path,
                line=line_of(node),
                reached_by=self.reached_by,
                options={k: v for k, v in named.items() if not k.startswith("*")},
                guards=tuple(self.guards),
                names=names,
                function=self.frame.function,
                star=star,
                complete="**" not in named,
            )
        )
        return Known(None)
