"""Django: the project's own application over WSGI or ASGI, with a view that lives here only; and a management command."""
# ruff: noqa

import os
import runpy
import sys

from .guards import refuse_databases
from .loading import load
from .requests import HEALTH, MISSING, PATH, is_asgi, over_asgi, over_wsgi
from .seen import ASKED, CURRENT, SEEN, Probe, problem_of, trying


def start():
    """Start Django as a server does: the module that it imports, else the settings. Returns the application, or None."""
    refuse_databases()
    import django

    SEEN["versions"]["django"] = django.get_version() if hasattr(django, "get_version") else None
    app = load(ASKED["target"], ASKED["called"], ("application", "app")) if ASKED["target"] else None
    django.setup()
    from django.conf import settings

    SEEN["observations"]["settings"] = getattr(settings, "SETTINGS_MODULE", None)
    SEEN["observations"]["debug"] = bool(settings.DEBUG)
    named = getattr(settings, "ASGI_APPLICATION" if ASKED["protocol"] == "asgi" else "WSGI_APPLICATION", None)
    if app is None and named:
        module, _, name = named.rpartition(".")
        app = load("%s:%s" % (module, name), False)
    return app


def observe(app):
    """Make the requests."""
    from django.conf import settings

    if app is None:
        if ASKED["protocol"] == "asgi":
            from django.core.asgi import get_asgi_application as make
        else:
            from django.core.wsgi import get_wsgi_application as make
        app = make()
    asgi = is_asgi(app)
    SEEN["observations"]["protocol"] = "asgi" if asgi else "wsgi"
    hosts = [h for h in settings.ALLOWED_HOSTS if h and h != "*"]
    host = hosts[0].lstrip(".").replace("*", "www") if hosts else "localhost"
    if not any(settings.ALLOWED_HOSTS):
        # Production gets its hosts from a place that is not known here: without one, no request would come further.
        settings.ALLOWED_HOSTS = [host]
        SEEN["observations"]["host-added"] = host
    _add_secret_key(settings)
    _add_views(settings)
    _note_failures()
    requests = [
        ("view", PATH, host),
        ("missing", MISSING, host),
        ("disallowed-host", HEALTH, "sentry-setup-probe.invalid"),
        ("health", HEALTH, host),
    ]
    if asgi:
        over_asgi(app, requests, lifespan=False)
        _as_user(lambda: over_asgi(app, [("user", PATH, host)], lifespan=False))
    else:
        over_wsgi(app, requests)
        _as_user(lambda: over_wsgi(app, [("user", PATH, host)]))


def _add_secret_key(settings):
    """Give the settings a key where production gets its own from no variable: a file that is not here, as a rule."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        settings.SECRET_KEY
    except ImproperlyConfigured:
        if not any(name.endswith("SECRET_KEY") for name in SEEN["read"]):
            settings.SECRET_KEY = "sentry-setup-harmless-key-".ljust(52, "-")
            SEEN["observations"]["key-added"] = True


def _note_failures():
    """Keep what raised during a request besides a probe: the answer (500) says only that something did."""
    from django.core.signals import got_request_exception

    def note_failure(**kwargs):
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, Probe):
            SEEN["observations"].setdefault("failed", {}).setdefault(CURRENT[-1], problem_of(error))

    got_request_exception.connect(note_failure, weak=False)


def _add_views(settings):
    """Put the views before the project's own, in memory; its handlers, its middleware and its names stay as they are."""
    import importlib
    import types

    from django.http import HttpResponse
    from django.urls import clear_url_caches, path
    from django.views.decorators.csrf import csrf_exempt

    def fail(request):
        name = "user" if CURRENT[-1] == "user" else "view"
        kind = "reached-as-user" if name == "user" else "reached"
        SEEN["observations"][kind] = SEEN["observations"].get(kind, 0) + 1
        raise Probe("sentry-setup probe: " + name)

    def answer(request):
        return HttpResponse("ok")

    views = [path(PATH[1:], csrf_exempt(fail)), path(HEALTH[1:], csrf_exempt(answer))]
    for view in (
        views
    ):  # https://docs.djangoproject.com/en/5.2/ref/middleware/#django.contrib.auth.middleware.LoginRequiredMiddleware
        view.callback.login_required = False
        # Requests in one transaction each would open the database before the view.
        view.callback._non_atomic_requests = {alias for alias in settings.DATABASES}
    try:
        urls = importlib.import_module(settings.ROOT_URLCONF)
    except Exception as error:
        # What the project's own addresses need (a database, as a rule) is refused here: the probes go on without them.
        SEEN["observations"]["urls"] = problem_of(error)
        urls = types.ModuleType("sentry_setup_probe_urls")
        urls.urlpatterns = []
        sys.modules[urls.__name__] = urls
        settings.ROOT_URLCONF = urls.__name__
    urls.urlpatterns = views + list(urls.urlpatterns)
    clear_url_caches()


def _as_user(make_request):
    """Make a request of a person who is logged in: an unsaved user of the project's own model, with marked fields."""
    try:
        from django.contrib import auth

        model = auth.get_user_model()
        fields = {f.name for f in model._meta.concrete_fields}
        marks = {"email": "sentry-setup-user-email@probe.invalid", "username": "sentry-setup-user-name"}
        user = model(**{k: v for k, v in marks.items() if k in fields})
        if model._meta.pk.get_internal_type() in ("AutoField", "BigAutoField", "IntegerField", "BigIntegerField"):
            user.pk = 709123451
        user._state.adding = False
    except Exception:
        return
    real, real_async = auth.get_user, getattr(auth, "aget_user", None)

    async def aget_user(request):
        return user

    auth.get_user = lambda request: user
    if real_async is not None:
        auth.aget_user = aget_user
    try:
        make_request()
    finally:
        auth.get_user = real
        if real_async is not None:
            auth.aget_user = real_async


def run_command():
    """Run a management command that fails, as `manage.py` does; the exception reaches `sys.excepthook` as it would."""
    refuse_databases()
    import django
    from django.core import management
    from django.core.management.base import BaseCommand

    SEEN["versions"]["django"] = django.get_version()

    class Command(BaseCommand):
        requires_system_checks = [] if django.VERSION >= (3, 2) else False
        requires_migrations_checks = False

        def handle(self, *args, **options):
            from .watch import ask_sampler
            from .watch import options as sdk_options

            SEEN["started"] = True
            SEEN["observations"]["reached"] = 1
            SEEN["options"] = sdk_options()
            ask_sampler()
            raise Probe("sentry-setup probe: command")

    real = management.get_commands

    def get_commands():
        from django.conf import settings

        settings.INSTALLED_APPS  # raises what kept the settings from loading, which `manage.py` would hide for a command of its own
        SEEN["observations"]["settings"] = getattr(settings, "SETTINGS_MODULE", None)
        return dict(real(), sentry_setup_probe=Command())

    management.get_commands = get_commands
    manage = ASKED["target"]
    sys.argv = [manage or "manage.py", "sentry_setup_probe"]
    try:
        with trying("command"):
            if manage:
                sys.path.insert(0, os.path.dirname(os.path.abspath(manage)))
                runpy.run_path(manage, run_name="__main__")
            else:
                management.execute_from_command_line(sys.argv)
    except Probe:
        with trying("command"):
            sys.excepthook(*sys.exc_info())
    except SystemExit as error:
        if not SEEN["started"]:
            raise RuntimeError("`manage.py` ended with %r before the command ran" % (error.code,)) from error
