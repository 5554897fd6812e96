"""Edits the Vite configs of public source archives and has Node evaluate each result for a production build; run by hand.

python -m tests.public.vite FOLDER [INDEX]    # FOLDER holds unpacked archives; INDEX gets (archive, path, result) a line

`right`: the plugin stands there once and last, source maps are on, nothing else of the evaluated list changed, and a second run
changes nothing. Where the config has the plugin already, that one deletes the maps which were switched on. A config that Node cannot evaluate with its imports stubbed, before the edit, is `not evaluated`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from checks.parsers.vite_following import Modules
from setup_wizard.editors import vite
from setup_wizard.editors.base import Edited, Refused, Unchanged
from tests.real.test_real_editors import evaluate

_CONFIG = re.compile(r"^_?vite\.config\.[cm]?[jt]s$")
OPTIONS = vite.PluginOptions(org="acme", project="shop")


def judge(folder: Path) -> list[tuple[str, str]]:
    """Return `(path below the folder, result)` for each config."""
    paths = sorted(
        p for p in folder.rglob("*") if p.is_file() and _CONFIG.match(p.name) and "node_modules" not in p.parts
    )
    results: dict[Path, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        tools, files = Path(scratch) / "tools", []
        tools.mkdir()
        for number, path in enumerate(paths):
            data, name = path.read_bytes(), path.name.lstrip("_")
            result = vite.add_plugin(data, name, OPTIONS, Modules(lambda m, p=path: _module(p, m)))  # type: ignore[misc]
            if isinstance(result, Edited):
                again = vite.add_plugin(result.data, name, OPTIONS, Modules(lambda m, p=path: _module(p, m)))  # type: ignore[misc]
                results[path] = "edited" if isinstance(again, Unchanged) else "WRONG: a second run changes it"
                for kind, text in (("before", data), ("after", result.data)):
                    files.append(Path(scratch) / f"{number}-{kind}.{name.rpartition('.')[2]}")
                    files[-1].write_bytes(text)
            else:
                results[path] = f"refused: {result.reason}" if isinstance(result, Refused) else "unchanged"
        found = evaluate(files, tools) if files else {}
        for number, path in enumerate(paths):
            if results[path] == "edited":
                end = path.name.rpartition(".")[2]
                before, after = found[f"{number}-before.{end}"], found[f"{number}-after.{end}"]
                results[path] = _verdict(before, after)
    return [(str(p.relative_to(folder)), r) for p, r in results.items()]


def _module(path: Path, module: str) -> str | None:
    stem = re.sub(r"\.[cm]?[jt]s$", "", module)
    for name in (module, *(f"{stem}.{end}" for end in ("ts", "mts", "js", "mjs"))):
        other = (path.parent / name).resolve()
        if other.is_file():
            return other.read_text("utf-8", errors="replace")
    return None


def _verdict(before: dict[str, object], after: dict[str, object]) -> str:
    if "error" in before:
        return "not evaluated"
    if "error" in after:
        return f"WRONG: {after['error']}"
    names, edited = before["names"], after["names"]
    assert isinstance(names, list) and isinstance(edited, list)
    if edited != (names if "sentry" in names else [*names, "sentry"]):
        return f"WRONG: {edited}"
    options = after["options"] if isinstance(after["options"], dict) else {}
    if not (options.get("sourcemaps") or {}).get("filesToDeleteAfterUpload"):
        return "WRONG: it leaves the maps"
    return "right" if after["sourcemap"] in (True, "hidden") else f"WRONG: sourcemap {after['sourcemap']}"


def main() -> int:
    """Print each result that is not right, and the sum; exit 1 when one is wrong."""
    found = judge(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text("".join(f"vite\t{p}\t{r.partition(':')[0]}\n" for p, r in found), "utf-8")
    for path, result in found:
        if result != "right":
            print(f"{path}: {result[:300]}")
    counts = Counter(r.partition(":")[0] for _, r in found)
    print(", ".join(f"{n} {kind}" for kind, n in counts.most_common()), f"of {len(found)}")
    return int(counts["WRONG"] > 0)


if __name__ == "__main__":
    sys.exit(main())
