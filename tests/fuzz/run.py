"""`python -m tests.fuzz.run --cases 1000000 [--seed N] [--jobs N] [--log FILE]`: mutated real files through every target.

The same seed gives the same cases. What fails is written to `tests/fuzz/found`, where the tests run it for ever after.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS, seeds

FOUND = Path(__file__).parent / "found"
SECONDS = 4.0
"""Processor time that one case may take, also one of a megabyte: most need a tenth, a quadratic reader minutes."""

SLOWER = {"parser dotenv": 8.0}
"""python-dotenv reads about a megabyte a second."""

WORDS = [
    b"{", b"}", b"[", b"]", b"(", b")", b"'", b'"', b"`", b"\\", b"\n", b"\r\n", b"\t", b"#", b"//", b"/*", b"*/", b"${", b"${{",
    b"}}", b"{{", b"{%", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"&a ", b"*a", b"<<: *a", b"- ", b": ", b"? ", b"|",
    b">", b"!!python/object:os.system", b"---", b"...", b"=", b"[[", b"]]", b"@", b",", b";", b"...x", b"=>", b"async ", b"export ",
    b"default ", b"import ", b"from ", b"sentry_sdk.init(", b"sentryVitePlugin()", b"plugins", b"build", b"sourcemap", b"return ",
    b"if ", b"else", b"lambda", b"yield", b"null", b"true", b"-1", b"1e999", b"0x", b"\\u0000", b"\\ud800", b"\xf0\x9f\x90\x8d",
]  # fmt: skip


def mutate(rng: random.Random, seed: bytes, other: bytes) -> bytes:
    """Return a damaged copy; about one in five hundred is blown up to a megabyte."""
    data = bytearray(seed)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        at = rng.randint(0, len(data))
        end = min(len(data), at + rng.choice((1, 1, 2, 8, 40, 400)))
        match rng.randrange(9):
            case 0:
                data[at:at] = rng.choice(WORDS)
            case 1:
                data[at:end] = rng.choice(WORDS)
            case 2:
                del data[at:end]
            case 3:
                data[at:at] = data[at:end] * rng.choice((1, 2, 3, 50))
            case 4 if data:
                data[min(at, len(data) - 1)] = rng.randrange(256)
            case 5:
                start = rng.randint(0, len(other))
                data[at:at] = other[start : start + rng.choice((3, 20, 200))]
            case 6:
                del data[at:]
            case 7:
                data[at:at] = rng.choice(WORDS) * rng.choice((2, 10, 200, 3000))
            case _:
                data = data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"", b"\n\n")), rng.choice((1, -1)))
        del data[65536:]
    if rng.randrange(500) == 0:
        chunk = bytes(data) or b"x"
        return (chunk * (2**20 // len(chunk) + 1))[: 2**20]
    return bytes(data)


class Hang(BaseException):
    """A case took too long. Not an `Exception`, so that nothing in between takes it for a fault of its own."""


def _alarm(*_: object) -> None:
    raise Hang


def try_one(name: str, data: bytes) -> str | None:
    """Run one case; returns what is wrong with it, or None."""
    timer = hasattr(signal, "ITIMER_VIRTUAL")
    if timer:
        signal.signal(signal.SIGVTALRM, _alarm)
        signal.setitimer(signal.ITIMER_VIRTUAL, 4 * SECONDS)
    start = time.process_time()
    try:
        TARGETS[name](data)
    except Hang:
        return f"more than {4 * SECONDS:.0f} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    finally:
        if timer:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    took = time.process_time() - start
    return f"{took:.1f} s for {len(data)} bytes" if took > SLOWER.get(name, SECONDS) else None


def batch(seed: int, cases: int) -> tuple[int, list[tuple[str, bytes, str]]]:
    """Run cases of one seed; returns their number and what failed."""
    rng, corpus, names, failed = random.Random(seed), seeds(), sorted(TARGETS), []
    for _ in range(cases):
        name = rng.choice(names)
        data = mutate(rng, rng.choice(corpus[name]), rng.choice(corpus[rng.choice(names)]))
        wrong = try_one(name, data)
        if wrong is not None:
            failed.append((name, data, wrong))
    return cases, failed


def keep(name: str, data: bytes, wrong: str) -> Path:
    """Write a failing case where the tests find it."""
    digest = hashlib.sha256(name.encode() + data).hexdigest()[:12]
    path = FOUND / f"{name.replace(' ', '-')}-{digest}.json"
    case = {"target": name, "was": wrong, "data": base64.b64encode(data).decode()}
    path.write_text(json.dumps(case, indent=1) + "\n", "utf-8")
    return path


def main() -> int:
    """Run the cases in parallel, with a line of progress each minute in the log."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--log", type=Path)
    given = arguments.parse_args()
    size = 2_000
    work = [(given.seed * 1_000_003 + n, min(size, given.cases - n * size)) for n in range(-(-given.cases // size))]
    done, faults, began = 0, 0, time.monotonic()
    log = given.log.open("a", encoding="utf-8") if given.log else sys.stdout
    log.write(f"seed {given.seed}, {given.cases} cases, {len(TARGETS)} targets\n")
    with multiprocessing.Pool(given.jobs) as pool:
        for number, failed in pool.imap_unordered(_batch, work):
            done += number
            for name, data, wrong in failed:
                faults += 1
                log.write(f"{name}: {wrong} -> {keep(name, data, wrong)}\n")
            log.write(f"{done} of {given.cases} cases, {faults} faults, {time.monotonic() - began:.0f} s\n")
            log.flush()
    sys.stdout.write(f"{done} cases, {faults} faults\n")
    return 1 if faults else 0


def _batch(work: tuple[int, int]) -> tuple[int, list[tuple[str, bytes, str]]]:
    return batch(*work)


if __name__ == "__main__":
    sys.exit(main())
