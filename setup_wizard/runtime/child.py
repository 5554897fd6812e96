"""The script that runs inside the application's own interpreter. It imports nothing of this product.

It is passed as text to `python -c`, with one JSON argument: `{"dsn": URL, "report": PATH, "timeout": SECONDS}`. It refuses every
network connection but the one to the DSN's host and port, starts Django, and writes what it saw as JSON to `report`. It has to
run on Python 3.8 and newer, and on sentry-sdk 1.x and 2.x.
"""
# ruff: noqa

import importlib
import json
import os
import socket
import sys
import types
from urllib.parse import urlsplit

ASKED = json.loads(sys.argv[1]) if __name__ == "__main__" else {"dsn": "", "report": ""}
SEEN = {
    "started": False,
    "problem": None,
    "refused": [],
    "read": [],
    "options": None,
    "observations": {},
    "versions": {},
}
ALLOWED = (urlsplit(ASKED["dsn"]).hostname, urlsplit(ASKED["dsn"]).port)


def write():
    text = json.dumps(SEEN, default=str)
    with open(ASKED["report"] + ".part", "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(ASKED["report"] + ".part", ASKED["report"])


def bound_resources():
    """A file that the application writes, our captured output among them, stays below 64 MiB (POSIX)."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024 * 1024,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass


def guard_network():
    real_connect, real_connect_ex, real_sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
    real_lookup = socket.getaddrinfo

    def named(address):
        if isinstance(address, tuple) and len(address) >= 2:
            return "%s:%s" % (address[0], address[1])
        return "a local socket"

    def refuse(address):
        name = named(address)
        if len(SEEN["refused"]) < 20 and name not in SEEN["refused"]:
            SEEN["refused"].append(name)
        raise ConnectionRefusedError("sentry-setup refuses connections while it verifies: %s" % name)

    def allowed(address):
        return isinstance(address, tuple) and tuple(address[:2]) == ALLOWED

    def connect(self, address):
        return real_connect(self, address) if allowed(address) else refuse(address)

    def connect_ex(self, address):
        return real_connect_ex(self, address) if allowed(address) else refuse(address)

    def sendto(self, data, *rest):
        return real_sendto(self, data, *rest) if allowed(rest[-1]) else refuse(rest[-1])

    def lookup(host, port, *rest, **named_rest):
        if host in (ALLOWED[0], None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0"):
            return real_lookup(host, port, *rest, **named_rest)
        return refuse((host, port))

    socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto = connect, connect_ex, sendto
    socket.getaddrinfo = lookup


def record_reads():
    kind = type(os.environ)
    original, contains = kind.__getitem__, kind.__contains__

    def note(key):
        if isinstance(key, str) and key not in SEEN["read"] and len(SEEN["read"]) < 2000:
            SEEN["read"].append(key)

    def get(self, key):
        note(key)
        return original(self, key)

    def has(self, key):
        note(key)
        return contains(self, key)

    kind.__getitem__, kind.__contains__ = get, has


def client():
    import sentry_sdk

    if hasattr(sentry_sdk, "get_client"):
        found = sentry_sdk.get_client()
        return found if found.is_active() else None
    return sentry_sdk.Hub.current.client


def options():
    import sentry_sdk

    SEEN["versions"]["sentry-sdk"] = sentry_sdk.VERSION
    active = client()
    if active is None or getattr(active, "transport", None) is None:
        return None if active is None else {"dsn": None}
    given = active.options
    dsn = urlsplit(given.get("dsn") or "")
    plain = (str, int, float, bool, type(None))
    names = (
        "environment release sample_rate traces_sample_rate send_default_pii max_request_body_size include_local_variables"
        " attach_stacktrace debug profiles_sample_rate enable_logs"
    ).split()
    found = {n: given[n] for n in names if n in given and isinstance(given[n], plain)}
    found["dsn"] = "%s:%s/%s" % (dsn.hostname, dsn.port, dsn.path.strip("/")) if dsn.hostname else None
    found["callbacks"] = sorted(n for n in ("before_send", "before_send_transaction", "traces_sampler") if given.get(n))
    found["integrations"] = sorted(getattr(active, "integrations", None) or {})
    return found


class Probe(Exception):
    """What the view raises; its name is looked for in the event."""


def make_view(settings):
    from django.http import HttpResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    def fail(request):
        raise Probe("sentry-setup probe: view")

    def answer(request):
        return HttpResponse("ok")

    urls = types.ModuleType("sentry_setup_probe_urls")
    urls.urlpatterns = [path("sentry-setup-probe-error/", csrf_exempt(fail)), path("health/", csrf_exempt(answer))]
    sys.modules[urls.__name__] = urls
    settings.ROOT_URLCONF = urls.__name__


def request(handler, where, host):
    import io

    statuses = []
    body = b'{"card": "sentry-setup-body-marker"}'
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": where,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "q=sentry-setup-query-marker",
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "HTTP_HOST": host,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        "HTTP_COOKIE": "sessionid=1; basket=sentry-setup-cookie-marker",
        "HTTP_AUTHORIZATION": "Bearer sentry-setup-authorization-marker",
        "HTTP_X_FORWARDED_PROTO": "https",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": True,
    }
    answer = handler(environ, lambda status, headers, error=None: statuses.append(status))
    for _ in answer:
        pass
    if hasattr(answer, "close"):
        answer.close()
    return statuses[0] if statuses else None


def observe():
    import logging

    from django.conf import settings

    seen = SEEN["observations"]
    seen["debug"] = bool(settings.DEBUG)
    hosts = [h for h in settings.ALLOWED_HOSTS if h and h != "*"]
    host = hosts[0].lstrip(".").replace("*", "www") if hosts else "localhost"
    make_view(settings)
    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()
    for name, where, to in (
        ("view", "/sentry-setup-probe-error/", host),
        ("missing", "/sentry-setup-probe-missing/", host),
        ("disallowed-host", "/health/", "sentry-setup-probe.invalid"),
    ):
        try:
            seen[name] = {"status": request(handler, where, to)}
        except BaseException as error:
            seen[name] = {"raised": type(error).__name__, "message": str(error)[:300]}
    logging.getLogger("sentry_setup.probe").error("sentry-setup probe: logged")


def main():
    bound_resources()
    guard_network()
    record_reads()
    SEEN["versions"]["python"] = "%d.%d.%d" % sys.version_info[:3]
    try:
        import django

        SEEN["versions"]["django"] = django.get_version() if hasattr(django, "get_version") else None
        django.setup()
        from django.conf import settings

        if getattr(settings, "WSGI_APPLICATION", None):
            # A server imports this module; init may be there.
            importlib.import_module(settings.WSGI_APPLICATION.rpartition(".")[0])
        SEEN["started"] = True
    except BaseException as error:
        trace, places = error.__traceback__, []
        while trace is not None:
            places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        here = os.getcwd() + os.sep
        own = [p for p in places if p[0].startswith(here) and "site-packages" not in p[0]]
        place = (own or places)[-1]
        SEEN["problem"] = {
            "type": type(error).__name__,
            "message": str(error)[:500],
            "path": place[0][len(here) :] if place[0].startswith(here) else None,
            "line": place[1],
            "missing": error.args[0] if isinstance(error, KeyError) and error.args else getattr(error, "name", None),
        }
        write()
        return
    try:
        SEEN["options"] = options()
        write()
        observe()
        import sentry_sdk

        sentry_sdk.flush(10)
    except BaseException as error:
        SEEN["problem"] = {
            "type": type(error).__name__,
            "message": str(error)[:500],
            "path": None,
            "line": None,
            "missing": None,
        }
    write()


if __name__ == "__main__":
    main()
