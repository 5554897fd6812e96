"""The entry point of the command: nothing of the folder it is run in, or that PYTHONPATH names, may be imported.

`PYTHONPATH=.` is common in CI, and a repository may hold a package `checks`, `yaml` or `json`. The path is cleared before anything
but `sys` is imported (https://docs.python.org/3/library/sys_path_init.html).
"""

import sys


def own_path(path: list[str], named: str, here: str, own: str) -> list[str]:
    """Return a module path without the folder `here`, "" and the folders that PYTHONPATH (`named`) names; `own` stays."""
    separator = ";" if sys.platform == "win32" else ":"
    foreign = {"", ".", here, *named.split(separator)}
    return [p for p in path if p == own or (p not in foreign and p.rstrip("/\\") not in foreign)]


def main() -> int:
    """Clear the path, then run the command."""
    os = sys.modules["os"]  # Python itself has imported it, from its frozen modules
    own = __file__.rpartition("setup_wizard")[0].rstrip("/\\")
    try:
        here = os.getcwd()
    except OSError as error:
        sys.stderr.write(
            f"sentry-setup: the working directory cannot be read ({error.strerror}): change to one that exists\n"
        )
        return 3
    named = os.environ.get("PYTHONPATH", "")
    absolute = os.pathsep.join(os.path.abspath(p) for p in named.split(os.pathsep)) if named else ""
    sys.path[:] = own_path(sys.path, f"{named}{os.pathsep}{absolute}" if named else "", here, own)
    from setup_wizard.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
