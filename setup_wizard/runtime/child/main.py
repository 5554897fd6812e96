"""What runs first: guards, then one kind of process, then the report."""
# ruff: noqa

import logging
import sys

from . import guards, watch
from .seen import ASKED, SEEN, NotPossible, Probe, problem_of, trying, write


def main(asked):
    """Run one process of the application and write what was seen."""
    ASKED.update(asked)
    if asked["kind"] == "send":
        from .send import send_through

        send_through()
        return
    guards.install()
    SEEN["versions"]["python"] = "%d.%d.%d" % sys.version_info[:3]
    watch.install(_fail_after_init if asked["kind"] == "script" else None)
    try:
        {"web": _web, "command": _command, "worker": _worker, "script": _script}[asked["kind"]]()
        watch.flush()
    except BaseException as error:
        SEEN["problem"] = problem_of(error)
    write()


def _web():
    sys.argv = [ASKED["server"] or "python"]
    if ASKED["framework"] == "django":
        from . import django_app as framework
    else:
        from . import frameworks as framework
    with trying("import"):
        app = framework.start()
    SEEN["started"] = True
    SEEN["options"] = watch.options()
    write()
    framework.observe(app)
    # Applications may initialize the SDK while they start up, after their import.
    SEEN["options"] = watch.options()
    with trying("logged"):
        logging.getLogger("sentry_setup.probe").error("sentry-setup probe: logged")


def _command():
    from .django_app import run_command

    run_command()


def _worker():
    from .worker import run_worker

    run_worker()


def _fail_after_init():
    SEEN["started"] = True
    SEEN["observations"]["reached"] = 1
    SEEN["options"] = watch.options()
    with trying("logged"):
        logging.getLogger("sentry_setup.probe").error("sentry-setup probe: logged")
    raise Probe("sentry-setup probe: script")


def _script():
    """Run a program until it has initialized the SDK; what fails there goes where an uncaught exception goes."""
    from .loading import load, run_program

    sys.argv = [ASKED["target"]]
    try:
        with trying("script"):
            if ASKED["script"]:
                run_program()
            else:
                load(ASKED["target"], ASKED["called"], ("main",), ())
    except Probe:
        with trying("script"):
            sys.excepthook(*sys.exc_info())
        return
    except SystemExit as error:
        if not SEEN["inits"]:
            raise NotPossible(
                "it ended with %r before it initialized the SDK" % (error.code,),
                "give the arguments' variables: `--env`",
            )
        return
    SEEN["started"] = True
    SEEN["options"] = watch.options()
