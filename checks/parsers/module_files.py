"""The files that a dotted module may be, in the order in which Python looks for them."""

from __future__ import annotations


def module_files(dotted: str) -> tuple[str, ...]:
    """Return the files of a dotted module relative to a folder of the path: its package first, then the module of that name.

    Of `settings.py` and `settings/__init__.py` side by side, Python never loads the former: `FileFinder.find_spec` in
    https://github.com/python/cpython/blob/main/Lib/importlib/_bootstrap_external.py asks for the folder first. An empty name
    is the folder itself.
    """
    relative = dotted.replace(".", "/")
    return (f"{relative}/__init__.py", f"{relative}.py") if relative else ("__init__.py",)
