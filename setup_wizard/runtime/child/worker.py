"""Celery: the project's own application, with the broker in memory and a real worker (solo pool) in this process."""
# ruff: noqa

import inspect
import logging
import sys
import threading

from .guards import refuse_databases
from .seen import ASKED, SEEN, NotPossible, Probe, trying

_SECONDS = 40
NAME = "sentry_setup.probe"


def run_worker():
    """Find the application as `celery --app` does, put a failing task into its queue, and let its worker work it off."""
    refuse_databases()
    sys.argv = ["celery", "--app", ASKED["target"], "worker"]
    try:
        import celery
        from celery.app.utils import find_app
    except ImportError as error:
        raise NotPossible("celery cannot be imported: %s" % error, "install what the project declares")
    SEEN["versions"]["celery"] = celery.__version__
    with trying("task"):
        app = find_app(ASKED["target"])
        if inspect.isfunction(app):
            app = app()
        conf = app.conf
        SEEN["observations"]["eager"] = bool(conf.task_always_eager)
        conf.task_always_eager = False
        for name in ("broker_url", "broker_read_url", "broker_write_url"):
            setattr(conf, name, "memory://")
        conf.broker_transport_options = {"polling_interval": 0.02}
        conf.result_backend = "disabled://"
        conf.broker_use_ssl = conf.broker_login_method = None
        done = threading.Event()

        @app.task(name=NAME)
        def fail():
            SEEN["observations"]["reached"] = SEEN["observations"].get("reached", 0) + 1
            logging.getLogger("sentry_setup.probe").error("sentry-setup probe: logged")
            raise Probe("sentry-setup probe: task")

        from celery import signals
        from celery.worker import state

        def finished(*args, **kwargs):
            done.set()
            state.should_stop = 0

        signals.task_postrun.connect(finished, weak=False)
        queue = conf.task_default_queue
        worker = app.Worker(
            pool="solo",
            concurrency=1,
            loglevel="WARNING",
            hostname="sentry-setup@localhost",
            queues=[queue],
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        from .watch import options

        SEEN["started"] = True
        SEEN["options"] = options()
        fail.apply_async(queue=queue, retry=False)
        timer = threading.Timer(_SECONDS, finished)
        timer.daemon = True
        timer.start()
        try:
            worker.start()
        except SystemExit:
            pass
        timer.cancel()
    SEEN["options"] = options()
    if not SEEN["observations"].get("reached"):
        raise NotPossible(
            "the worker did not take the task within %d seconds" % _SECONDS,
            "check which signal or worker step waits for a service",
        )
