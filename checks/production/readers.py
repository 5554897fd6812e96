"""Readers of the environment by what they resolve to: `os`, django-environ, environs, python-decouple, django-configurations.

Sources: https://docs.python.org/3/library/os.html#os.environ, https://django-environ.readthedocs.io/en/latest/api.html,
https://github.com/sloria/environs#readme, https://github.com/HBNetwork/python-decouple#readme,
https://django-configurations.readthedocs.io/en/stable/values.html, https://github.com/cloudfoundry-community/cf-python-cfenv (whose
`get_credential` gives a bound service's value, else the variable's, else None).
"""

from __future__ import annotations

from checks.production.steps import CannotTell, apply_steps
from checks.production.values import FromEnvironment, Known, Step

ENVIRON = "os.environ"
INIT = frozenset({"sentry_sdk.init", "sentry_sdk.api.init", "sentry_sdk.hub.init", "sentry_sdk.sdk.init"})
"""Names of `sentry_sdk.init`."""
PLAIN_READERS = frozenset(
    {"os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.environ.__getitem__"}
)
"""Functions of the standard library that give a variable's text, or a default (None)."""
KINDS = {
    "environ.Env": "django-environ",
    "environ.FileAwareEnv": "django-environ",
    "environ.environ.Env": "django-environ",
    "environ.environ.FileAwareEnv": "django-environ",
    "environs.Env": "environs",
    "environs.FileAwareEnv": "environs",
    "decouple.Config": "decouple",
    "decouple.AutoConfig": "decouple",
    "starlette.config.Config": "decouple",
    "cfenv.AppEnv": "cfenv",
    "dynaconf.Dynaconf": "dynaconf",
    "dynaconf.LazySettings": "dynaconf",
}
"""Classes whose objects read the environment."""
OPEN_ARGUMENTS = "* of more"
"""The keyword under which a call keeps that it is given more arguments by position than are known."""
READER_PREFIX = "prefix of the reader"
"""The key under which a reader's scheme keeps what the code puts before every name (`env.prefix = "SHOP_"`)."""
MAIL_READERS = frozenset({"email", "email_url"})
"""Methods of django-environ that make a dictionary of settings from one URL."""
MAIL_SETTINGS = (
    "EMAIL_BACKEND",
    "EMAIL_FILE_PATH",
    "EMAIL_HOST",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_HOST_USER",
    "EMAIL_PORT",
    "EMAIL_USE_SSL",
    "EMAIL_USE_TLS",
)
"""Its keys (https://django-environ.readthedocs.io/en/latest/types.html#environ-env-email-url)."""
DECOUPLE = frozenset({"decouple.config", "prettyconf.config"})
"""Functions that read a variable, with `default=` and `cast=`."""
CONFIGURATION_VALUES = {
    "BooleanValue": "truth",
    "IntegerValue": "int",
    "PositiveIntegerValue": "int",
    "FloatValue": "float",
    "DecimalValue": "float",
    "ListValue": "list",
    "TupleValue": "list",
    "Value": "str",
    "SecretValue": "str",
    "URLValue": "str",
    "EmailValue": "str",
    "PathValue": "str",
}
"""Values of django-configurations, with what they make of the text; their variable is `DJANGO_` and the attribute's name."""
_CASTS = {
    "bool": "truth",
    "int": "int",
    "float": "float",
    "decimal": "float",
    "str": "str",
    "unicode": "str",
    "url": "url",
    "list": "list",
    "tuple": "list",
    "set": "list",
    "json": "json",
    "log_level": "str",
    "path": "str",
    "email": "str",
    "__call__": "str",
    "get_credential": "str",
}
_OWN_CASTS = {
    "bool": "truth",
    "int": "int",
    "float": "float",
    "str": "str",
    "list": "list",
    "tuple": "list",
    "Decimal": "float",
}


def method_cast(name: str) -> Step | None:
    """Return what a reader's method makes of the text (`env.bool`), None for one that reads nothing."""
    cast = _CASTS.get(name)
    return (cast, ()) if cast else None


def named_cast(name: str) -> Step | None:
    """Return what `cast=` makes of the text, by the function's last name: readers take `bool` as the truth of a text."""
    last = name.rpartition(".")[2]
    if last in ("strtobool", "str2bool", "str_to_bool", "to_bool", "parse_bool", "as_bool", "boolean"):
        return ("truth", ())
    cast = _OWN_CASTS.get(last)
    return (cast, ()) if cast else None


def cast_of_default(default: Known | None) -> Step | None:
    """Return the cast that django-environ takes from the type of a default."""
    if default is None or isinstance(default.value, str) or default.value is None:
        return None
    return named_cast(type(default.value).__name__)


def derive(read: FromEnvironment, name: str, *arguments: object) -> FromEnvironment:
    """Return a read with one more operation on its text and its default."""
    step: Step = (name, arguments)
    default = read.default
    if default is not None:
        try:
            default = Known(apply_steps(default.value, (step,)))
        except (CannotTell, ValueError, TypeError, AttributeError, LookupError, ArithmeticError):
            default = None
    return FromEnvironment(
        name=read.name,
        default=default,
        path=read.path,
        line=read.line,
        cast=(*read.cast, step),
        given=read.given or name == "or",
    )
