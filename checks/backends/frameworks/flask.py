"""Flask: signals report exceptions, so init may come after the application object, but has to come before the first request.

https://docs.sentry.io/platforms/python/integrations/flask/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="flask",
    title="Flask",
    kind="web",
    distributions=("flask", "apiflask", "flask-openapi3", "connexion"),
    platform="python-flask",
    guide="flask",
    integration="FlaskIntegration",
    oldest="1.1.4",
    extra="flask",
    applications=(
        "flask.Flask",
        "flask.app.Flask",
        "apiflask.APIFlask",
        "flask_openapi3.OpenAPI",
        "connexion.App",
        "connexion.FlaskApp",
    ),
    startup=("before_first_request",),
    hiding_handlers=("errorhandler", "register_error_handler", "app_errorhandler"),
    debug_attribute="debug",
    noise="werkzeug.exceptions.NotFound",
)
