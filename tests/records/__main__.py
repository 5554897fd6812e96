"""`python -m tests.records --update [READER…]`: write what the readers say now of the inputs that are recorded."""

from __future__ import annotations

import argparse

from tests.support.records import load, recorded, write


def main() -> None:
    """Write the records; reading the difference is the work."""
    parser = argparse.ArgumentParser(prog="python -m tests.records", description=__doc__)
    parser.add_argument("--update", action="store_true", required=True)
    parser.add_argument("readers", nargs="*")
    for reader in parser.parse_args().readers or recorded():
        write(reader, [record.files for record in load(reader)])


if __name__ == "__main__":
    main()
