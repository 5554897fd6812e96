"""INI files whose options may stand without a value: uWSGI's, tox's."""

from __future__ import annotations

import configparser

from checks.parsers.text import ParseError


def read_ini(text: str) -> configparser.ConfigParser:
    """Read the sections of an INI file; of an option written several times the last one counts.

    Raises `ParseError`, also for an indented line after an option without a value: before Python 3.13 that was an
    `AttributeError` (https://docs.python.org/3/library/configparser.html#configparser.MultilineContinuationError).
    """
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ParseError(error.message.splitlines()[0], getattr(error, "lineno", None)) from error
    except AttributeError as error:
        raise ParseError("an indented line after an option without a value") from error
    return parser
