"""Watches the SDK: where it is initialized and how often, what its callbacks answer, which options it ends up with."""
# ruff: noqa

import functools
import sys
from urllib.parse import urlsplit

from .seen import ASKED, CURRENT, SEEN, own_place, problem_of, shown_place, trying

_PLAIN = (str, int, float, bool, type(None))
_OPTIONS = (
    "environment release sample_rate traces_sample_rate send_default_pii max_request_body_size include_local_variables"
    " attach_stacktrace debug profiles_sample_rate enable_logs enable_tracing auto_session_tracking propagate_traces max_breadcrumbs"
).split()
_CALLBACKS = ("before_send", "before_send_transaction", "traces_sampler")


def install(after_init=None):
    """Watch each client that is made. `after_init` is called after `sentry_sdk.init` returned; the SDK may be absent."""
    try:
        import sentry_sdk
        from sentry_sdk.client import _Client
    except ImportError:
        return
    SEEN["versions"]["sentry-sdk"] = sentry_sdk.VERSION
    _without_brotli()
    real = _Client.__init__

    @functools.wraps(real)
    def made(self, *args, **kwargs):
        args, kwargs = _to_sandbox(args, kwargs)
        real(self, *args, **kwargs)
        if self.options.get("dsn"):
            if len(SEEN["inits"]) < 20:
                SEEN["inits"].append(shown_place(sys._getframe(1)))
            for name in _CALLBACKS:
                if callable(self.options.get(name)):
                    self.options[name] = _recorded(name, self.options[name])
            _note_undelivered(getattr(self, "transport", None))

    _Client.__init__ = made
    if after_init is not None:
        plain = sentry_sdk.init

        @functools.wraps(plain)
        def init(*args, **kwargs):
            found = plain(*args, **kwargs)
            after_init()
            return found

        sentry_sdk.init = init


def _note_undelivered(transport):
    """Note why a transport could not send: nothing that the application does after that can then arrive."""
    real = getattr(transport, "_send_request", None)
    if real is None:
        return

    @functools.wraps(real)
    def send(*args, **kwargs):
        try:
            return real(*args, **kwargs)
        except Exception as error:
            SEEN["observations"].setdefault("undelivered", problem_of(error))
            raise

    transport._send_request = send


def _without_brotli():
    """Let the SDK compress with gzip: the sandbox reads no Brotli, which the SDK takes where the package is installed."""
    try:
        from sentry_sdk import transport
    except ImportError:
        return
    if getattr(transport, "brotli", None) is not None:
        transport.brotli = None


def _to_sandbox(args, kwargs):
    """Replace a DSN that the code holds by the sandbox's, and keep its host: everything else can still be seen."""
    given = args[0] if args and isinstance(args[0], str) else kwargs.get("dsn")
    if not ASKED["dsn"] or not isinstance(given, str) or not given or given == ASKED["dsn"]:
        return args, kwargs
    SEEN["dsn_replaced"] = urlsplit(given).hostname or "not a DSN"
    if args and isinstance(args[0], str):
        return (ASKED["dsn"],) + args[1:], kwargs
    return args, dict(kwargs, dsn=ASKED["dsn"])


def _recorded(name, real):
    """Return a callback that does what it did, and notes what it answered for what is tried at the moment."""

    @functools.wraps(real)
    def call(*args, **kwargs):
        try:
            answer = real(*args, **kwargs)
        except BaseException as error:
            _note_answer(name, {"raised": "%s: %s" % (type(error).__name__, str(error)[:100])})
            raise
        if name == "traces_sampler":
            _note_answer(name, answer if isinstance(answer, (int, float, bool)) else repr(answer)[:50])
        else:
            _note_answer(name, "dropped" if answer is None else "kept")
        return answer

    return call


def _note_answer(name, answer):
    SEEN["answers"].setdefault(name, {}).setdefault(CURRENT[-1], answer)


def client():
    """Return the client that is active, or None."""
    try:
        import sentry_sdk
    except ImportError:
        return None
    if hasattr(sentry_sdk, "get_client"):
        found = sentry_sdk.get_client()
        return found if found.is_active() else None
    return sentry_sdk.Hub.current.client


def options():
    """Return the options as the SDK resolved them; None without a client, `{"dsn": None}` where it sends nothing."""
    active = client()
    if active is None or getattr(active, "transport", None) is None:
        return None if active is None else {"dsn": None}
    given = active.options
    dsn = urlsplit(given.get("dsn") or "")
    found = {n: given[n] for n in _OPTIONS if n in given and isinstance(given[n], _PLAIN)}
    found["dsn"] = "%s:%s/%s" % (dsn.hostname, dsn.port, dsn.path.strip("/")) if dsn.hostname else None
    found["callbacks"] = sorted(n for n in _CALLBACKS if given.get(n))
    found["processors"] = _own_processors()
    found["integrations"] = sorted(getattr(active, "integrations", None) or {})
    return found


def _own_processors():
    """Return the places of the repository's functions that get every event besides `before_send`."""
    try:
        from sentry_sdk.scope import global_event_processors
    except ImportError:
        return None
    codes = [getattr(p, "__code__", None) for p in global_event_processors]
    return sorted({p for p in (own_place(c) for c in codes if c is not None) if p is not None})


def ask_sampler():
    """Begin a transaction as a script does, and one as a Celery worker does: a `traces_sampler` answers for both."""
    if client() is None or not callable(client().options.get("traces_sampler")):
        return
    import sentry_sdk

    job = {"celery_job": {"task": "sentry_setup.probe", "args": [], "kwargs": {}}}
    for name, op, context in (("command", "function", {}), ("task", "queue.task.celery", job)):
        with trying(name):
            try:
                with sentry_sdk.start_transaction(op=op, name="sentry-setup probe", custom_sampling_context=context):
                    pass
            except Exception:
                pass  # what the sampler raised is noted


def flush():
    """Send what is waiting."""
    if client() is not None:
        import sentry_sdk

        sentry_sdk.flush(10)
