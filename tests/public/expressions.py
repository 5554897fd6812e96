"""Runs GitHub's own known answers for its expressions (actions/languageservices) against the parser; run by hand.

python -m tests.public.expressions FOLDER    # FOLDER holds an unpacked copy of github.com/actions/languageservices

Each case is an expression with contexts and an answer, or with an error of the lexer, the parser or the evaluation. An error of the
evaluation has to stay unknown here. An answer of `Unknown` is no wrong one, and is counted by itself. Exit 1 with any wrong answer.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks.parsers.github_evaluation import evaluate
from checks.parsers.github_expression import Unknown, parse_expression
from checks.parsers.text import ParseError

_KINDS = {"Null": type(None), "Boolean": bool, "Number": float, "String": str, "Array": list, "Object": dict}


def cases(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield `(file: name, case)` of each known answer."""
    for path in sorted((folder / "expressions" / "testdata").glob("*.json")):
        read = json.loads(path.read_text("utf-8"), parse_int=float)
        for name, entries in read.items():
            yield from ((f"{path.stem}: {name}", entry) for entry in entries)


def judge(case: dict[str, Any]) -> str:
    """Return `right`, `unknown`, or what is wrong with our answer to a case."""
    error = case.get("err")
    try:
        parsed = parse_expression(case["expr"], frozenset(k.lower() for k in case.get("contexts", {})))
    except ParseError as problem:
        return "right" if error and error["kind"] != "evaluation" else f"refused: {problem}"
    if error and error["kind"] != "evaluation":
        return f"taken, though it is no expression: {error['value']}"
    found = evaluate(parsed, {k.lower(): v for k, v in case.get("contexts", {}).items()})
    if error:
        return "right" if isinstance(found, Unknown) else f"{found!r}, though it fails: {error['value']}"
    if isinstance(found, Unknown):
        return "unknown"
    wanted, kind = case["result"]["value"], case["result"]["kind"]
    plain = float(found) if isinstance(found, int) and not isinstance(found, bool) else found
    same = repr(plain) == repr(_number(wanted) if kind == "Number" else wanted)
    if not isinstance(plain, _KINDS.get(kind, object)) or not same:
        return f"{found!r}, and not {kind} {wanted!r}"
    return "right"


def _number(value: Any) -> float:
    return float(value.replace("Infinity", "inf")) if isinstance(value, str) else float(value)


def main() -> int:
    """Print every case that is not right, then how many are; exit 1 with a wrong one."""
    counts: Counter[str] = Counter()
    for name, case in cases(Path(sys.argv[1])):
        said = judge(case)
        counts[said if said in ("right", "unknown") else "wrong"] += 1
        if said != "right":
            print(f"{name}: {case['expr']}: {said}")
    print(f"{counts['right']} of {counts.total()} right, {counts['unknown']} unknown, {counts['wrong']} wrong")
    return int(counts["wrong"] > 0 or not counts["right"])


if __name__ == "__main__":
    sys.exit(main())
