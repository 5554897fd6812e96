"""Which settings module a deployed service runs: what its host, its image, its command or a helper of the code says.

Source: https://docs.djangoproject.com/en/stable/topics/settings/#designating-the-settings (the variable, or `--settings`)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from msgspec import Struct

from checks.hosts.images import image_that_serves
from checks.hosts.serving import is_server, programs, works
from checks.parsers.flow import walk
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.deployment import Deployment
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.path_words import NOT_PRODUCTION, folder_purposes, purposes

VARIABLE = "DJANGO_SETTINGS_MODULE"
_MAX_TEXTS = 64


class Named(Struct, frozen=True, kw_only=True):
    """A settings module that something names: its dotted name, and the place."""

    name: str
    path: str
    line: int | None


def starts_server(facts: Facts, script: str, settings: str) -> bool:
    """Return whether a shell script starts an application server: the settings that it exports are production's, wherever they are.

    Not where the script or the settings are called after development or tests.
    """
    if (purposes(script) | folder_purposes(script) | purposes(settings)) & NOT_PRODUCTION:
        return False
    return script.endswith(".sh") and any(is_server(p.words) for p in programs(facts.text(script) or ""))


def named_by_service(deployment: Deployment) -> Named | None:
    """Return the module that a service's own command or variable names."""
    in_command = _in_command(deployment.commands)
    if in_command:
        return Named(name=in_command, path=deployment.path, line=deployment.line)
    declared = deployment.variables.get(VARIABLE)
    if declared is not None and declared.value and "{" not in declared.value:
        return Named(name=declared.value, path=declared.path, line=declared.line)
    return None


def _in_command(commands: str) -> str | None:
    """Return the module that a command is given: that of a server first, then of another program."""
    found = [p for p in programs(commands) if VARIABLE in p.assigned or _given(p.words) is not None]
    ordered = sorted(found, key=lambda p: not is_server(p.words))
    return next((_given(p.words) or p.assigned[VARIABLE] for p in ordered), None)


def _given(words: tuple[str, ...]) -> str | None:
    """Return the module that the options of a program name (`--settings`, gunicorn's and uWSGI's `--env NAME=VALUE`)."""
    for word, following in pairwise((*words, "")):
        flag, equals, value = word.partition("=")
        if flag == "--settings":
            return (value if equals else following) or None
        if flag in ("--env", "-e"):
            name, _, given = (value if equals else following).partition("=")
            if name == VARIABLE and given:
                return given
    return None


def assigned_settings(facts: Facts, entries: tuple[str, ...]) -> Named | None:
    """Return the one module that the entry points of servers assign to the variable, without a condition."""
    found: dict[str, Named] = {}
    for path in entries:
        module = facts.python(path) if path.endswith(("wsgi.py", "asgi.py")) else None
        for node in module.tree.body if isinstance(module, Module) else ():
            match node:
                case ast.Assign(
                    targets=[ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=variable))],
                    value=ast.Constant(value=str(name)),
                ) if variable == VARIABLE:
                    found[name] = Named(name=name, path=path, line=line_of(node))
    return next(iter(found.values())) if len(found) == 1 else None


def named_by_hosts(facts: Facts, root: str) -> list[Named]:
    """Return the modules that the production services of a backend name, those that answer requests first."""
    deployments = [
        d for d in deployments_of_backend(facts, root) if d.environment == "production" and d.serves == "backend"
    ]
    ordered = sorted(deployments, key=lambda d: works(d.commands))
    return [named for d in ordered if (named := named_by_service(d)) is not None]


def named_by_image(facts: Facts, root: str) -> Named | None:
    """Return the module that the image of a backend names, in its command or its variables."""
    image = image_that_serves(facts, root)
    if image is None:
        return None
    in_command = _in_command(image.command)
    if in_command:
        return Named(name=in_command, path=image.path, line=None)
    setting = image.environment({}).get(VARIABLE)
    if setting is None or not setting.value or setting.empty_arguments:
        return None
    return Named(name=setting.value, path=image.path, line=setting.line)


def variables_in_production(facts: Facts, root: str) -> dict[str, str]:
    """Return the variables whose value the production services of a backend agree on, its image's below them."""
    image = image_that_serves(facts, root)
    found = {n: s.value for n, s in image.environment({}).items() if not s.empty_arguments} if image else {}
    seen: dict[str, set[str | None]] = {}
    for deployment in deployments_of_backend(facts, root):
        if deployment.environment == "production" and deployment.serves == "backend":
            for name, declared in deployment.variables.items():
                seen.setdefault(name, set()).add(declared.value)
    for name, values in seen.items():
        value = values.pop() if len(values) == 1 else None
        found.pop(name, None)
        if value is not None:
            found[name] = value
    return found


def picked_by_code(facts: Facts, root: str, path: str, find: Callable[[str], str | None]) -> list[Named]:
    """Return the modules that an entry point may set: each text that its expression can have in production.

    Expressions are literals, f-strings, conditions, look-ups in a literal dictionary, reads of the environment and functions
    of the repository; `find` tells the file of a dotted module. Anything else yields nothing.
    """
    module = facts.python(path)
    if not isinstance(module, Module):
        return []
    variables = variables_in_production(facts, root)
    found: dict[str, Named] = {}
    for scope, node in _with_scopes(module.tree):
        value = _set_by(node)
        if value is not None:
            reader = _Reader(facts=facts, find=find, variables=variables)
            bound = {
                n: [t for v in vs for t in reader.texts(v, path, {}, 1)] for n, vs in _locals(scope, value).items()
            }
            for text in reader.texts(value, path, bound, 0):
                found.setdefault(
                    text, Named(name=text, path=path, line=line_of(node) if hasattr(node, "lineno") else None)
                )
    return list(found.values())


def _with_scopes(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield each node with the function that it is in, the module where it is in none."""
    functions = [n for n in walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    inner = {id(n): function for function in functions for n in walk(function)}
    yield from ((inner.get(id(n), tree), n) for n in walk(tree))


def _locals(scope: ast.AST, value: ast.expr) -> dict[str, list[ast.expr]]:
    """Return what a function assigns to the names of an expression, in each of its branches."""
    if isinstance(scope, ast.Module):
        return {}
    names = {n.id for n in walk(value) if isinstance(n, ast.Name)}
    found: dict[str, list[ast.expr]] = {}
    for node in walk(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=given) if name in names:
                found.setdefault(name, []).append(given)
    return found


def _set_by(node: ast.AST) -> ast.expr | None:
    """Return the value of `os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)` or `os.environ["…"] = …`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=key), value]) if key == VARIABLE:
            return value
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key))], value=value) if key == VARIABLE:
            return value
    return None


class _Reader(Struct, kw_only=True):
    """Collects the texts that an expression can have; nothing of it runs, and `left` bounds the work."""

    facts: Facts
    find: Callable[[str], str | None]
    variables: Mapping[str, str]
    left: int = 400

    def texts(self, node: ast.expr, path: str, bound: Mapping[str, list[str]], depth: int) -> list[str]:
        """Return each text that an expression of a module can have, none where that cannot be determined."""
        self.left -= 1
        if depth > 12 or self.left < 0:
            return []
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.Name(id=name):
                return bound[name] if name in bound else self._assigned(name, path, depth)
            case ast.JoinedStr(values=values):
                return self._joined(values, path, bound, depth)
            case ast.FormattedValue(value=value):
                return self.texts(value, path, bound, depth + 1)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._joined([left, right], path, bound, depth)
            case ast.IfExp(body=body, orelse=orelse):
                return self.texts(body, path, bound, depth + 1) + self.texts(orelse, path, bound, depth + 1)
            case ast.BoolOp(values=values):
                return [t for v in values for t in self.texts(v, path, bound, depth + 1)]
            case ast.Subscript(value=value, slice=key):
                return self._looked_up(value, key, None, path, bound, depth)
            case ast.Call():
                return self._called(node, path, bound, depth)
        return []

    def _joined(self, parts: list[ast.expr], path: str, bound: Mapping[str, list[str]], depth: int) -> list[str]:
        found = [""]
        for part in parts:
            found = [a + b for a in found for b in self.texts(part, path, bound, depth + 1)][:_MAX_TEXTS]
        return found

    def _assigned(self, name: str, path: str, depth: int) -> list[str]:
        module = self.facts.python(path)
        if not isinstance(module, Module):
            return []
        if name in module.assignments:
            return self.texts(module.assignments[name], path, {}, depth + 1)
        home = self._home(module, name, path)
        return self._assigned(name, home, depth + 1) if home is not None and depth < 12 else []

    def _home(self, module: Module, name: str, path: str) -> str | None:
        for imported in module.imports:
            if name in imported.names and imported.level == 0:
                home = self.find(imported.module)
                if home is not None and home != path:
                    return home
        return None

    def _called(self, node: ast.Call, path: str, bound: Mapping[str, list[str]], depth: int) -> list[str]:
        function = node.func
        attribute = function.attr if isinstance(function, ast.Attribute) else ""
        if attribute in ("get", "getenv") and node.args:
            default = node.args[1] if len(node.args) > 1 else None
            owner = function.value if isinstance(function, ast.Attribute) else function
            return self._looked_up(owner, node.args[0], default, path, bound, depth)
        if attribute in ("lower", "strip", "upper") and isinstance(function, ast.Attribute) and not node.args:
            found = self.texts(function.value, path, bound, depth + 1)
            return [getattr(text, attribute)() for text in found]
        if isinstance(function, ast.Name):
            return self._returned(function.id, node, path, bound, depth)
        return []

    def _looked_up(
        self,
        owner: ast.expr,
        key: ast.expr,
        default: ast.expr | None,
        path: str,
        bound: Mapping[str, list[str]],
        depth: int,
    ) -> list[str]:
        """A look-up in the environment, or in a dictionary of literals of which any value may be meant."""
        if ast.unparse(owner) in ("os.environ", "environ", "os"):
            name = key.value if isinstance(key, ast.Constant) else None
            if isinstance(name, str) and name in self.variables:
                return [self.variables[name]]
            return self.texts(default, path, bound, depth + 1) if default is not None else []
        module = self.facts.python(path)
        if isinstance(owner, ast.Name) and isinstance(module, Module):
            owner = module.assignments.get(owner.id, owner)
        if not isinstance(owner, ast.Dict):
            return []
        keys = self.texts(key, path, bound, depth + 1)
        found = []
        for candidate, value in zip(owner.keys, owner.values, strict=True):
            literal = candidate.value if isinstance(candidate, ast.Constant) else None
            if not keys or literal in keys:
                found += self.texts(value, path, bound, depth + 1)
        missing = not keys or not found
        return found + (self.texts(default, path, bound, depth + 1) if default is not None and missing else [])

    def _returned(self, name: str, call: ast.Call, path: str, bound: Mapping[str, list[str]], depth: int) -> list[str]:
        home: str | None = path
        while home is not None and depth <= 12:
            module = self.facts.python(home)
            if not isinstance(module, Module):
                return []
            function = next((n for n in module.tree.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
            if function is not None:
                return self._body(function, call, path, home, bound, depth)
            home, depth = self._home(module, name, home), depth + 1
        return []

    def _body(
        self,
        function: ast.FunctionDef,
        call: ast.Call,
        path: str,
        home: str,
        bound: Mapping[str, list[str]],
        depth: int,
    ) -> list[str]:
        arguments = [*function.args.posonlyargs, *function.args.args]
        given: dict[str, list[str]] = {}
        for argument, value in zip(arguments[::-1], function.args.defaults[::-1], strict=False):
            given[argument.arg] = self.texts(value, home, {}, depth + 1)
        for argument, value in zip(arguments, call.args, strict=False):
            given[argument.arg] = self.texts(value, path, bound, depth + 1)
        for keyword in call.keywords:
            if keyword.arg:
                given[keyword.arg] = self.texts(keyword.value, path, bound, depth + 1)
        for statement in function.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    given[name] = self.texts(value, home, given, depth + 1)
        returns = [n.value for n in walk(function) if isinstance(n, ast.Return) and n.value is not None]
        return [t for value in returns for t in self.texts(value, home, given, depth + 1)]
