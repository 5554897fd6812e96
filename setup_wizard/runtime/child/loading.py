"""Finds the application object as its server does: a module, and the name of an object or of a function that makes one."""
# ruff: noqa

import asyncio
import importlib
import importlib.util
import inspect
import os
import runpy
import sys

from .seen import ASKED, NotPossible


class Served(BaseException):
    """Raised in place of serving: the program has its application."""

    def __init__(self, app):
        super().__init__("served")
        self.app = app


def load(target, called, names=("app", "application"), factories=("create_app", "make_app")):
    """Return the object that `module:name` stands for, called where it is a factory. Raises what the import raises."""
    module, _, name = target.partition(":")
    found = importlib.import_module(module)
    if not name:
        name = next((n for n in (*names, *factories) if hasattr(found, n)), "")
        called = called or name in factories
        if not name:
            raise NotPossible(
                "the module %s holds no application under a usual name" % module, "name it: `--settings module:object`"
            )
    for part in name.split("."):
        found = getattr(found, part)
    if called and callable(found):
        found = found()
        if inspect.iscoroutine(found):
            found = asyncio.new_event_loop().run_until_complete(found)
    return found


def run_program():
    """Run the program as `python FILE`, or as `python -m MODULE` does, and return the names that it ends with."""
    path, module = ASKED["target"], ASKED["module"]
    sys.argv = [path]
    sys.path.insert(0, os.getcwd() if module else os.path.dirname(os.path.abspath(path)))
    if module:
        return runpy.run_module(module, run_name="__main__", alter_sys=True)
    return runpy.run_path(path, run_name="__main__")


def run_script(path, names):
    """Run a program as `__main__` until it serves an application, and return that. Raises `NotPossible` where it serves none."""
    _serve_nothing()
    try:
        left = run_program()
    except Served as served:
        if isinstance(served.app, str):
            return load(served.app, False)
        return served.app
    found = next((left[n] for n in names if n in left), None)
    if found is None:
        raise NotPossible(
            "%s ended without serving an application" % path, "name what its server runs: `--settings module:object`"
        )
    return found


def _serve_nothing():
    """Replace what programs serve their application with."""

    def serving(first):
        def serve(*args, **kwargs):
            raise Served(args[first] if len(args) > first else kwargs.get("app") or kwargs.get("application"))

        return serve

    def configured(self, *args, **kwargs):
        raise Served(self.config.app)

    places = (
        ("uvicorn", "run", serving(0)),
        ("uvicorn.server", "Server.run", configured),
        ("uvicorn.server", "Server.serve", configured),
        ("flask", "Flask.run", serving(0)),
        ("quart", "Quart.run", serving(0)),
        ("aiohttp.web", "run_app", serving(0)),
        ("waitress", "serve", serving(0)),
    )
    for module, name, patched in places:
        if importlib.util.find_spec(module.partition(".")[0]) is None:
            continue
        try:
            owner = importlib.import_module(module)
        except ImportError:
            continue
        *above, last = name.split(".")
        for part in above:
            owner = getattr(owner, part, None)
        if owner is not None:
            setattr(owner, last, patched)
