"""Programs whose names end in the evaluator as they do in Python itself, which runs them here; what is not followed is none of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checks.production.environment import Environment
from checks.production.heap import plain
from checks.production.machine import Machine
from checks.repository.settings import repository_of
from tests.support.repo import backend, facts_of

PROGRAMS = {
    "a loop that returns": "def f(items):\n    for i in items:\n        if i > 1:\n            return i\n    return 0\nA, B = f([1, 2, 3]), f([1])\n",
    "a loop that breaks, with else": "for x in (1, 2, 3):\n    if x == 2:\n        break\nelse:\n    x = 9\nfor y in (1, 2):\n    if y == 5:\n        break\nelse:\n    y = 9\n",
    "a loop in a loop that breaks": "N = 0\nfor x in (1, 2):\n    for y in (1, 2):\n        if y == 2:\n            break\n        N += 1\nelse:\n    DONE = True\n",
    "continue": "N = 0\nfor x in (1, 2, 3):\n    if x == 2:\n        continue\n    N += x\n",
    "match on values": "def f(x):\n    match x:\n        case 1 | 2:\n            return 'few'\n        case 'a':\n            return 'text'\n        case None:\n            return 'none'\n        case True:\n            return 'true'\n        case _:\n            return 'other'\nA, B, C, D, E = f(1), f(2), f('a'), f(None), f(3.5)\n",
    "match with a guard": "def f(x):\n    match x:\n        case n if n > 2:\n            return n\n        case n if n == 2:\n            return 'two'\n        case n:\n            return -n\nA, B, C = f(3), f(2), f(1)\n",
    "match on sequences": "def f(x):\n    match x:\n        case (a,):\n            return a\n        case (a, b):\n            return a + b\n        case (a, *rest, z):\n            return (a, z, len(rest))\n        case _:\n            return None\nA, B, C, D = f((1,)), f((1, 2)), f((1, 2, 3, 4)), f(())\n",
    "match on mappings": "def f(x):\n    match x:\n        case {'a': 1, 'b': b}:\n            return b\n        case {'a': a}:\n            return a\n        case {'c': _}:\n            return 'c'\n        case _:\n            return 0\nA, B, C, D = f({'a': 1, 'b': 5}), f({'a': 2}), f({'c': 1}), f({})\n",
    "match on classes": "def f(x):\n    match x:\n        case str():\n            return 'str'\n        case int():\n            return 'int'\n        case _:\n            return '?'\nA, B, C = f('x'), f(1), f(1.5)\n",
    "finally that returns": "def f():\n    try:\n        return 1\n    finally:\n        return 2\ndef g():\n    try:\n        pass\n    finally:\n        x = 3\n    return x\ndef h():\n    try:\n        pass\n    finally:\n        return 3\n    return 4\nA, B, C = f(), g(), h()\n",
    "an error that is handled": "try:\n    raise KeyError('x')\nexcept ValueError:\n    A = 1\nexcept LookupError:\n    A = 2\nexcept Exception:\n    A = 3\n",
    "an error above": "def f():\n    raise ValueError('x')\ntry:\n    f()\n    A = 1\nexcept (TypeError, ValueError) as error:\n    A = 2\nelse:\n    A = 3\nfinally:\n    B = 4\n",
    "no error": "try:\n    A = 1\nexcept Exception:\n    A = 2\nelse:\n    B = 3\n",
    "exit is no Exception": "import sys\ntry:\n    try:\n        sys.exit(1)\n    except Exception:\n        A = 1\nexcept SystemExit:\n    A = 2\n",
    "parameters": "def f(a, b=2, *rest, c=3, **more):\n    return (a, b, len(rest), c, len(more))\nA, B, C = f(1), f(1, 5, 6, 7, c=8, d=9), f(b=4, a=0)\n",
    "defaults": "def f(a, b=2):\n    return a + b\nA, B, C = f(1), f(1, 5), f(b=4, a=0)\n",
    "a method": "class K:\n    n = 1\n    def __init__(self, x):\n        self.x = x\n    def add(self, y):\n        return self.x + y\n    @classmethod\n    def make(cls):\n        return cls(7)\n    @staticmethod\n    def two():\n        return 2\n    @property\n    def twice(self):\n        return self.x * 2\nA, B, C, D, E = K(1).add(2), K.make().x, K.two(), K(4).twice, K.n\n",
    "inheritance": "class P:\n    a, b = 1, 2\n    def f(self):\n        return self.a\nclass Q(P):\n    a = 5\n    def f(self):\n        return super().f() + 1\nA, B, C = Q().f(), Q.b, P().f()\n",
    "functions that end without a value": "def f(x):\n    if x:\n        return 1\ndef g():\n    pass\nA, B, C = f(True), f(False), g()\n",
    "closures": "def outer(n):\n    def inner(m):\n        nonlocal n\n        n += m\n        return n\n    return inner\nf = outer(1)\nA = f(2)\nB = f(3)\ndel f\n",
    "global": "N = 1\ndef f():\n    global N\n    N += 1\ndef g():\n    N = 9\nf()\ng()\n",
    "texts": "A = ' Ab,c '.strip().lower()\nB = 'a,b'.split(',')\nC = '-'.join(['x', 'y'])\nD = f'{A}!{1 + 1}'\nE = '%s-%d' % ('a', 3)\nF = '{}{}'.format(1, 'b')\nG = 'abc'[1:]\nH = 'abc'[-1]\nI = 'a' in 'cat'\nJ = 'x'.upper() + 'y' * 2\nK = 'abc'.partition('b')\nL = 'aXb'.replace('X', '-').removeprefix('a')\n",
    "numbers": "A = 7 // 2\nB = 7 % 4\nC = 1 / 4\nD = 2 - 5\nE = 6 & 3\nF = 6 | 3\nG = 6 ^ 3\nH = max(1, 5, 3)\nI = min(4, 2)\nJ = round(2.567, 1)\nK = abs(-3)\nL = int('12') + int(3.9)\nM = float('1.5')\nN = not 0\nO = 1 < 2 < 3\nP = 1 < 3 < 2\n",
    "and, or": "A = 0 or '' or 'x'\nB = 1 and 2\nC = 0 and 2\nD = None or False\nE = 'a' if [] else 'b'\nF = not (1 and [])\nG = bool('False')\nx = 'x'\nH = 1 if x is None else 2\n",
    "lists": "A = [1, 2]\nA.append(3)\nA += [4]\nA.extend([5])\nA.insert(0, 0)\nB = A[1]\nC = len(A)\nD = 3 in A\nE = A[-1]\nF = [x * 2 for x in A if x > 3]\nG = A + [9]\nA.remove(2)\nH = sum([1, 2])\nI = sorted([3, 1, 2])\nJ = any([0, 1])\nK = all([])\n",
    "aliases": "A = [1]\nB = A\nB.append(2)\nC = list(A)\nC.append(3)\nX = len(A)\nY = A is B\n",
    "dictionaries": "d = {'a': 1, **{'b': 2}}\nd['c'] = 3\nd.update(e=5, a=7)\nd.setdefault('a', 9)\nd.setdefault('z', 0)\nA = d['a']\nB = d.get('q', 4)\nC = 'c' in d\nD = d.pop('c')\nE = 'c' in d\nF = len(d)\nG = sorted(d)\nH = {k: v for k, v in d.items() if v > 4}['a']\nI = dict(x=1)['x']\nJ = (d | {'a': 0})['a']\ndel d['a']\nK = d.get('a')\n",
    "unpacking": "a, (b, *c), d = 1, (2, 3, 4), 5\nA = a + b + d\nB = len(c)\nx = y = 3\nC = x + y\nD, E = 'ab'\n[F, G] = [1, 2]\n",
    "comprehensions": "A = [y for x in (1, 2) for y in (x, -x)]\nB = {x: x * x for x in (1, 2, 3)}[3]\nC = tuple(x for x in (1, 2))\nD = [a if a else 0 for a in (None, 2)]\n",
    "a walrus": "if (n := 5) > 3:\n    A = n\nB = [m := 2, m + 1]\n",
    "lambdas and calls of calls": "f = lambda x, y=1: x + y\nA = f(1)\nB = f(1, y=5)\nC = (lambda: 7)()\nD = [g(2) for g in (f, f)]\nE = (lambda *a, **k: len(a) + len(k))(1, 2, z=3)\ndel f\n",
    "a while that never runs": "A = 1\nwhile False:\n    A = 2\nelse:\n    B = 3\n",
    "a counter in a while": "i = 0\nwhile i < 3:\n    i += 1\nA = 1\ndel i\n",
    "a decorator": "def twice(f):\n    def inner(*a):\n        return f(*a) * 2\n    return inner\n@twice\ndef g(x):\n    return x + 1\nA = g(2)\n",
    "json and casts": "import json\nA = json.loads('3')\nB = str(1.0)\nC = bool('')\nD = list('ab')\nE = tuple([1])\nF = isinstance('x', str)\nG = isinstance(1, (str, float))\n",
    "enumerate and zip": "A = [i for i, x in enumerate(['a', 'b'], start=1)]\nB = [x + y for x, y in zip((1, 2), (3, 4))]\nC = dict(zip('ab', (1, 2)))['b']\nD = list(reversed([1, 2]))\nE = list(range(3))\n",
    "deletion and another name": "A = 1\nB = A\ndel A\nA = B + 1\n",
    "chained comparison that stops": "def boom():\n    raise ValueError\nA = 1 > 2 and boom()\nB = 2 if True or boom() else 3\n",
    "with": "from contextlib import suppress, nullcontext\nA = 1\nwith suppress(KeyError):\n    {}['x']\n    A = 2\nwith nullcontext(5) as x:\n    B = 3\n",
}
OPEN = {
    "a counter in a while": {"i"},
    "with": {"x"},
    "parameters": {"A", "B", "C"},
    "texts": {"J"},
    "numbers": {"K"},
    "lists": {"H"},
    "dictionaries": {"F"},
    "unpacking": {"D", "E"},
    "lambdas and calls of calls": {"E"},
    "json and casts": {"D", "F", "G"},
    "enumerate and zip": {"C"},
}
"""Names that the evaluator may leave open."""


def freeze(value: object) -> object:
    """Return lists as tuples, as the evaluator has them."""
    return tuple(map(freeze, value)) if isinstance(value, (list, tuple)) else value


def plain_names(names: dict[str, object]) -> dict[str, object]:
    """Return the public names of a module that ran, those whose values the evaluator can have."""
    kinds = (bool, int, float, str, list, tuple, type(None))
    return {n: freeze(v) for n, v in names.items() if isinstance(v, kinds) and not n.startswith("_")}


@pytest.mark.parametrize("name", PROGRAMS)
def test_names_end_as_python_has_them(name):
    source = PROGRAMS[name]
    names: dict[str, object] = {"__name__": "shop.settings"}
    exec(compile(source, "shop/settings.py", "exec"), names)
    facts = facts_of(backend() | {"shop/settings.py": source})
    machine = Machine(repository_of(facts, facts.backends[0]), Environment(closed=True))
    found = machine.settings_module("shop/settings.py")
    expected = plain_names(names)
    seen = {}
    for key in expected:
        try:
            seen[key] = plain(machine.heap, found[key].value) if key in found else "missing"
        except LookupError:
            seen[key] = "not known"
    may = OPEN.get(name, set())
    wrong = {
        k: (seen[k], v)
        for k, v in expected.items()
        if (seen[k], type(seen[k])) != (v, type(v)) and not (k in may and seen[k] == "not known")
    }
    assert wrong == {}
    assert expected


def longer() -> list[object]:
    """Return the programs of `programs.txt`: `=== NAME`, `open:` with the names that may stay open, and files that they read."""
    found = []
    for part in re.split(r"(?m)^=== ", Path(__file__).with_name("programs.txt").read_text("utf-8"))[1:]:
        head, *rest = re.split(r"(?m)^-- (\S+) --\n", part)
        name, names, source = head.split("\n", 2)
        files = dict(zip(rest[::2], rest[1::2], strict=True))
        found.append(pytest.param(source, files, set(names.removeprefix("open:").split()), id=name))
    return found


@pytest.mark.parametrize(("source", "files", "may"), longer())
def test_what_is_known_is_what_python_has(source, files, may, tmp_path, monkeypatch):
    for name in ("KINDS_A", "KINDS_B"):
        monkeypatch.delenv(name, raising=False)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    names: dict[str, object] = {"__name__": "shop.settings", "__file__": str(tmp_path / "shop/settings.py")}
    exec(compile(source, "shop/settings.py", "exec", dont_inherit=True), names)
    facts = facts_of(backend() | {"shop/settings.py": source} | files)
    machine = Machine(repository_of(facts, facts.backends[0]), Environment(closed=True))
    found = machine.settings_module("shop/settings.py")
    expected = plain_names(names)
    seen = {n: machine.plain(found[n].value) if n in found else None for n in expected}
    wrong = {n: (k.value, expected[n]) for n, k in seen.items() if k is not None and not _same(k.value, expected[n])}
    assert wrong == {}
    assert {n for n, k in seen.items() if k is None} == may
    assert not machine.problems


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other
