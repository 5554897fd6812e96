"""What settings of pydantic ask for: the variables that are missing, and those whose value they refuse."""
# ruff: noqa

import re

_PLAIN = {"int_parsing": "1", "float_parsing": "1", "decimal_parsing": "1", "bool_parsing": "False"}
"""What a field takes that refused a text (https://docs.pydantic.dev/latest/errors/validation_errors/)."""


def asked_for(error):
    """Return `[{"name", "missing", "offered"}]` of an error that settings raised; an error of another model asks no variable.

    `name` is the variable, `offered` a value that it may have where the error says which (an enumeration, a URL's scheme).
    """
    settings = _settings_of(error) if type(error).__name__ == "ValidationError" else None
    if settings is None:
        return []
    found = []
    for one in error.errors():
        if one.get("loc"):
            name, kind = _variable(settings, str(one["loc"][0])), one.get("type")
            missing = kind in ("missing", "value_error.missing")
            found.append({"name": name, "missing": missing, "offered": _offered(name, kind, one.get("ctx") or {})})
    return found


def _settings_of(error):
    """Return the class of the settings that were being made, by the frames that the error passed; None where there are none.

    `model_validate` leaves no frame of theirs: there a frame knows the class by the error's title.
    """
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        made = frame.f_locals.get("__pydantic_self__")
        found = type(made) if made is not None else frame.f_globals.get(str(getattr(error, "title", "")))
        if isinstance(found, type) and any(c.__name__ == "BaseSettings" for c in found.__mro__):
            return found
        trace = trace.tb_next
    return None


def _variable(settings, field):
    """Return the variable of a field: with the prefix of the settings, unless it is an alias, which is the name itself."""
    config = getattr(settings, "model_config", None)
    if config is None:  # pydantic 1
        own = settings.__fields__.get(field)
        names = sorted(own.field_info.extra.get("env_names") or ()) if own is not None else ()
        return (names[0] if names else field).upper()
    name = (config.get("env_prefix") or "") + field if field in settings.model_fields else field
    return name if config.get("case_sensitive") else name.upper()


def _offered(name, kind, context):
    """Return a value that would be taken, "" where the error does not say."""
    schemes = re.findall("'([^']+)'", str(context.get("expected_schemes") or ""))
    if kind == "url_parsing":
        schemes = ["postgresql" if "DATABASE" in name.upper() else "https"]
    if schemes:
        scheme = next((s for s in schemes if s.startswith("postgresql")), schemes[0])
        return "%s://sentry-setup@127.0.0.1:9/none" % scheme
    known = re.findall("'([^']+)'", str(context.get("expected") or ""))
    return known[0] if known else _PLAIN.get(kind, "")
