"""The test event through the application: its SDK as it is configured sends a message and an error to the real Sentry."""
# ruff: noqa

from . import watch
from .seen import ASKED, SEEN, problem_of, write


def send_through():
    """Start the application, let its SDK send both, and write the events' ids; nothing is guarded, a person agreed to it."""
    try:
        _start()
        if not SEEN["started"]:
            _send()
    except BaseException as error:
        if not SEEN["started"]:
            SEEN["problem"] = problem_of(error)
    write()


def _start():
    kind = ASKED["of"]
    if ASKED["framework"] == "django":
        import django

        django.setup()
    elif kind == "script":
        watch.install(_send)
        from .loading import run_program

        run_program()
    elif kind == "worker":
        from celery import signals
        from celery.app.utils import find_app

        app = find_app(ASKED["target"])
        if watch.client() is None:
            signals.celeryd_init.send(sender="sentry-setup", instance=None, conf=app.conf, options={})
    else:
        from . import frameworks
        from .requests import is_asgi, over_asgi

        app = frameworks.start()
        if is_asgi(app):
            over_asgi(app, [])  # what starts up before the first request may initialize the SDK


def _send():
    import sentry_sdk

    SEEN["started"] = True
    nonce = ASKED["nonce"]
    found = {}
    with sentry_sdk.new_scope() if hasattr(sentry_sdk, "new_scope") else sentry_sdk.push_scope() as scope:
        scope.set_tag(ASKED["nonce_tag"], nonce)
        scope.fingerprint = ASKED["fingerprints"]["message"]
        scope.set_tag(ASKED["kind_tag"], "message")
        found["message"] = sentry_sdk.capture_message(
            "Test message of sentry-setup through the application (%s)" % nonce
        )
        scope.fingerprint = ASKED["fingerprints"]["error"]
        scope.set_tag(ASKED["kind_tag"], "error")
        try:
            1 / 0
        except ZeroDivisionError as error:
            found["error"] = sentry_sdk.capture_exception(error)
    sentry_sdk.flush(10)
    SEEN["sent"] = found
    if ASKED["of"] == "script":
        write()
        raise SystemExit(0)
