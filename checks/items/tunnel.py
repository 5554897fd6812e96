"""Whether a tunnel for the browser's events forwards to the own project only: what its URL is made of, and what is compared before."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.model import Finding, Target, Verdict, failed, in_repository, not_applicable, passed, unknown
from checks.parsers import javascript as js
from checks.parsers.flow import call_name, walk
from checks.parsers.position import line_of
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.targets.applicability import application_modules, unparsed_module_verdict
from checks.targets.browsers import each_frontend, require_browser_init

_POSTS = frozenset({"post", "request", "urlopen", "Request"})
_PLAIN = frozenset(
    {
        "urlparse",
        "urlsplit",
        "loads",
        "split",
        "rsplit",
        "partition",
        "rpartition",
        "splitlines",
        "decode",
        "encode",
        "strip",
    }
    | {
        "lstrip",
        "rstrip",
        "str",
        "bytes",
        "int",
        "get",
        "getvalue",
        "read",
        "readline",
        "body",
        "json",
        "lower",
        "removeprefix",
    }
    | {"removesuffix", "replace", "format", "join", "len", "get_data", "geturl", "list", "next", "iter"}
)
"""Calls that hand on a part of what they are given, and compare nothing."""

_HINT = "compare the DSN's host and project with your own before forwarding"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Forwarder(Struct, frozen=True, kw_only=True):
    """A function that posts an envelope: `open_to` is what the sender chooses (empty: nothing), `certain` whether that is known."""

    path: str
    line: int
    open_to: str = ""
    certain: bool = True


def tunnel_safe(facts: Facts) -> Sequence[Verdict]:
    """A tunnel that forwards to any host named in the envelope is an open proxy.

    To fix: read the DSN from the envelope's first line, and compare its host and project with your own before forwarding.
    """
    return each_frontend(facts, _tunnel_safe)


def _tunnel_safe(facts: Facts, frontend: Frontend) -> Verdict:
    target = frontend.target
    found = require_browser_init(facts, frontend)
    tunnel = found.option("tunnel") if not isinstance(found, Verdict) else None
    forwards = [f for b in facts.backends for f in forwarders(facts, b)]
    open_ones = [f for f in forwards if f.open_to and f.certain]
    if open_ones:
        return failed(*(_open(f) for f in open_ones), target=target)
    for backend in facts.backends:
        open_one = unparsed_module_verdict(facts, backend, "envelope")
        if open_one is not None:
            return replace(open_one, target=target)
    if tunnel is None and not forwards:
        if isinstance(found, Verdict) and found.findings and found.outcome.value == "unknown":
            return found
        return not_applicable("events go to Sentry directly, without a tunnel", target=target)
    if not forwards:
        assert not isinstance(found, Verdict) and tunnel is not None
        message = f"the tunnel is {js.text_of(tunnel)[:60]}, and the code behind it was not found in this repository"
        hint = "check that it compares the DSN's host and project with your own"
        return unknown(message, path=found.path, line=js.line_of(tunnel), hint=hint, target=target)
    return _closed(forwards, target)


def _open(forwarder: Forwarder) -> Finding:
    message = f"the tunnel forwards to any {forwarder.open_to} that an envelope names"
    return Finding(message=message, path=forwarder.path, line=forwarder.line, hint=_HINT)


def _closed(forwards: list[Forwarder], target: Target) -> Verdict:
    uncertain = next((f for f in forwards if f.open_to), None)
    if uncertain is not None:
        message = f"whether the tunnel forwards to any {uncertain.open_to} that an envelope names cannot be determined"
        return unknown(message, path=uncertain.path, line=uncertain.line, hint=_HINT, target=target)
    evidence = (in_repository("the tunnel checks where it forwards to", f.path, f.line) for f in forwards)
    return passed(*evidence, target=target)


def forwarders(facts: Facts, backend: Backend) -> Iterator[Forwarder]:
    """Yield each function of a backend that posts an envelope somewhere."""
    for path, module in application_modules(facts, backend, "envelope"):
        for node in module.nodes:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _names_envelope(node):
                yield from _forwarder(path, node)


def _names_envelope(function: _Function) -> bool:
    for node in walk(function):
        text = node.id if isinstance(node, ast.Name) else node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, (str, bytes)) and "envelope" in (text if isinstance(text, str) else repr(text)):
            return True
    return False


def _forwarder(path: str, function: _Function) -> Iterator[Forwarder]:
    for node in walk(function):
        if not isinstance(node, ast.Call) or call_name(node) not in _POSTS:
            continue
        url = _url(node)
        if url is None or (call_name(node) == "Request" and not node.args):
            continue
        try:
            yield _judged(path, function, node, url)
        except RecursionError:
            yield Forwarder(path=path, line=line_of(function), open_to="host", certain=False)
        return


def _url(call: ast.Call) -> ast.expr | None:
    named = next((k.value for k in call.keywords if k.arg == "url"), None)
    if named is not None:
        return named
    at = 1 if call_name(call) == "request" else 0
    return call.args[at] if len(call.args) > at else None


def _judged(path: str, function: _Function, call: ast.Call, url: ast.expr) -> Forwarder:
    values = _assigned(function)
    asked = {a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)} - {
        "self",
        "cls",
    }
    written = _resolved(url, values)
    compared = [_resolved(e, values) for e in _compared(function, call)]
    host, rest = _parts(written)
    for part, what in ((host, "host"), (rest, "project")):
        given = [e for e in part if _from(e, asked)]
        loose = [e for e in given if not any(_covers(c, e) for c in compared)]
        if loose:
            unclear = any(_helps(n) for e in loose for n in walk(e)) or _helped(function, call, values, asked)
            return Forwarder(path=path, line=line_of(function), open_to=what, certain=not unclear)
    return Forwarder(path=path, line=line_of(function))


def _assigned(function: _Function) -> dict[str, ast.expr]:
    """Return what each local name is assigned; of a name that is assigned more than once all values, as a list."""
    found: dict[str, list[ast.expr]] = {}
    for node in walk(function):
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(t, node.value) for t in node.targets]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            pairs = [(node.target, node.value)]
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            pairs = [(node.optional_vars, node.context_expr)]
        for target, value in pairs:
            for name in (n.id for n in walk(target) if isinstance(n, ast.Name)):
                found.setdefault(name, []).append(value)
    return {n: v[0] if len(v) == 1 else ast.List(elts=v, ctx=ast.Load()) for n, v in found.items()}


class _Inline(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr], depth: int = 8) -> None:
        self.values, self.depth = values, depth

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.values.get(node.id)
        if value is None or not self.depth:
            return node
        others = {n: v for n, v in self.values.items() if n != node.id}
        return _resolved(value, others, self.depth - 1)


def _resolved(node: ast.expr, values: dict[str, ast.expr], depth: int = 8) -> ast.expr:
    """Return an expression with its local names replaced by what they are assigned."""
    copied = ast.parse(ast.unparse(node), mode="eval").body
    visited = _Inline(values, depth).visit(copied)
    return visited if isinstance(visited, ast.expr) else node


def _parts(url: ast.expr) -> tuple[list[ast.expr], list[ast.expr]]:
    """Return the expressions in the host of a URL and those behind it; of one that is not a template all may be the host."""
    if not isinstance(url, ast.JoinedStr):
        return [url], []
    host: list[ast.expr] = []
    rest: list[ast.expr] = []
    before = ""
    for part in url.values:
        if isinstance(part, ast.FormattedValue):
            _, scheme, behind = before.partition("://")
            (rest if scheme and "/" in behind else host).append(part.value)
            before += "?"
        elif isinstance(part, ast.Constant):
            before += str(part.value)
    return host, rest


def _from(node: ast.expr, asked: set[str]) -> bool:
    """Return whether an expression comes from what the request holds."""
    return any(isinstance(n, ast.Name) and n.id in asked | {"request"} for n in walk(node))


def _compared(function: _Function, call: ast.Call) -> Iterator[ast.expr]:
    """Yield what has been compared with a value of one's own wherever the call runs."""
    for node in walk(function):
        if isinstance(node, ast.If):
            inside = any(n is call for s in node.body for n in walk(s))
            if inside:
                yield from _equals(node.test, True)
            elif node.lineno < call.lineno and _leaves(node.body):
                yield from _equals(node.test, False)
        elif isinstance(node, ast.Assert) and node.lineno < call.lineno:
            yield from _equals(node.test, True)


def _leaves(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], (ast.Return, ast.Raise, ast.Continue))


def _equals(test: ast.expr, wanted: bool) -> Iterator[ast.expr]:
    """Yield the expressions that equal one of given values where a test is as wanted."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _equals(test.operand, not wanted)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And if wanted else ast.Or):
        for value in test.values:
            yield from _equals(value, wanted)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        kinds = (ast.Eq, ast.In) if wanted else (ast.NotEq, ast.NotIn)
        if isinstance(test.ops[0], kinds):
            sides = (test.left, test.comparators[0])
            for own, other in (sides, sides[::-1]) if isinstance(test.ops[0], (ast.Eq, ast.NotEq)) else (sides,):
                if isinstance(
                    other, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Tuple, ast.Set)
                ) or (isinstance(other, ast.Constant) and other.value):
                    yield own
    elif wanted and isinstance(test, ast.Call) and call_name(test) == "endswith" and len(test.args) == 1:
        ending = test.args[0].value if isinstance(test.args[0], ast.Constant) else None
        if isinstance(ending, str) and ending.startswith(".") and isinstance(test.func, ast.Attribute):
            yield test.func.value


def _covers(compared: ast.expr, used: ast.expr) -> bool:
    """Return whether a value that was compared fixes another: the other is made of it, or both are the host of one URL."""
    compared = _untrimmed(compared)
    own = ast.unparse(compared)
    if any(isinstance(n, ast.expr) and ast.unparse(n) == own for n in walk(used)):
        return True
    hosts = ("hostname", "netloc")
    if isinstance(compared, ast.Attribute) and compared.attr in hosts:
        return any(
            isinstance(n, ast.Attribute) and n.attr in hosts and ast.unparse(n.value) == ast.unparse(compared.value)
            for n in walk(used)
        )
    return False


_TRIMS = frozenset({"strip", "lstrip", "rstrip", "removeprefix", "removesuffix"})


def _untrimmed(compared: ast.expr) -> ast.expr:
    """Return what a comparison fixes but for the slashes around it: `dsn.path` of `dsn.path.strip("/")` and of `dsn.path[1:]`."""
    match compared:
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _TRIMS:
            return _untrimmed(inner)
        case ast.Call(func=ast.Name(id="str" | "int"), args=[inner]):
            return _untrimmed(inner)
        case ast.Subscript(value=inner, slice=ast.Slice(lower=ast.Constant(value=1), upper=None, step=None)):
            return _untrimmed(inner)
    return compared


def _helps(node: ast.AST) -> bool:
    """Return whether a node calls something that may check what it is given."""
    return isinstance(node, ast.Call) and call_name(node).rpartition(".")[2] not in _PLAIN


def _helped(function: _Function, call: ast.Call, values: dict[str, ast.expr], asked: set[str]) -> bool:
    """Return whether another function is given a part of the request before the call: it may raise, or decide a condition."""
    for node in walk(function):
        statement = isinstance(node, (ast.Expr, ast.If, ast.Assert)) and node.lineno < call.lineno
        test = node.value if isinstance(node, ast.Expr) else getattr(node, "test", None) if statement else None
        for inner in walk(test) if statement and isinstance(test, ast.expr) else ():
            arguments = inner.args if isinstance(inner, ast.Call) and _helps(inner) and inner is not call else []
            if any(_from(_resolved(a, values), asked) for a in arguments):
                return True
    return False
