"""When a job runs, as Sentry's monitors take it: a crontab, or an interval of whole minutes.

https://docs.sentry.io/platforms/python/crons/#upserting-cron-monitors,
https://apscheduler.readthedocs.io/en/3.x/modules/triggers/cron.html
"""

from __future__ import annotations

import ast

from msgspec import Struct

_UNITS = {"weeks": "week", "days": "day", "hours": "hour", "minutes": "minute"}
_FIELDS = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")
_DEFAULTS = {"month": "1", "day": "1", "hour": "0", "minute": "0", "second": "0"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PLAIN = frozenset("0123456789*/,-")


class Schedule(Struct, frozen=True, kw_only=True):
    """A schedule: `kind` is `crontab` or `interval`, `value` the crontab or the number, `unit` that of an interval.

    `zone` is the time zone where the code names one ("": it does not, and Sentry takes UTC).
    """

    kind: str
    value: str
    unit: str = ""
    zone: str = ""


def schedule_of(trigger: ast.expr, named: dict[str, ast.expr], zone: str | None) -> Schedule | None:
    """Return the schedule of a trigger of APScheduler, given by name with its fields beside it, or as an object; None: not followed."""
    if isinstance(trigger, ast.Constant):
        kind = trigger.value
    elif isinstance(trigger, ast.Call):
        name = ast.unparse(trigger.func)
        named = {k.arg: k.value for k in trigger.keywords if k.arg}
        if not all(k.arg for k in trigger.keywords):
            return None
        if name.endswith("CronTrigger.from_crontab") and trigger.args:
            text = trigger.args[0].value if isinstance(trigger.args[0], ast.Constant) else None
            known = crontab(text, days_from_monday=True) if isinstance(text, str) else None
            return _zoned(Schedule(kind="crontab", value=known), named, zone) if known else None
        if trigger.args:
            return None
        kind = {"CronTrigger": "cron", "IntervalTrigger": "interval"}.get(name.rpartition(".")[2])
    else:
        return None
    found = _cron(named) if kind == "cron" else _interval(named) if kind == "interval" else None
    return _zoned(found, named, zone) if found is not None else None


def crontab(text: str, *, days_from_monday: bool = False) -> str | None:
    """Return a crontab of five plain fields, or None; `days_from_monday` says that its numbers of days count from Monday."""
    fields = text.split()
    if len(fields) != 5 or not all(set(f) <= _PLAIN for f in fields):
        return None
    if days_from_monday and set(fields[4]) & set("0123456789"):
        return None
    return " ".join(fields)


def _zoned(found: Schedule, named: dict[str, ast.expr], zone: str | None) -> Schedule | None:
    own = named.get("timezone")
    if own is not None:
        zone = own.value if isinstance(own, ast.Constant) and isinstance(own.value, str) else None
    if found.kind == "interval":
        return found
    return None if zone is None else Schedule(kind=found.kind, value=found.value, zone=zone)


def _interval(named: dict[str, ast.expr]) -> Schedule | None:
    given = {n: v.value for n, v in named.items() if n in (*_UNITS, "seconds") and isinstance(v, ast.Constant)}
    if len(given) != 1 or any(n in (*_UNITS, "seconds") and n not in given for n in named):
        return None
    (name, number), *_ = given.items()
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        return None
    if name == "seconds":
        return Schedule(kind="interval", value=str(number // 60), unit="minute") if number % 60 == 0 else None
    return Schedule(kind="interval", value=str(number), unit=_UNITS[name])


def _cron(named: dict[str, ast.expr]) -> Schedule | None:
    """Turn the fields of APScheduler into a crontab: those behind the last given one are at their least, all others are `*`."""
    given: dict[str, str] = {}
    for name in _FIELDS:
        node = named.get(name)
        if node is None:
            continue
        if not isinstance(node, ast.Constant) or isinstance(node.value, bool) or not isinstance(node.value, (int, str)):
            return None
        given[name] = str(node.value).strip().lower()
    last = max((_FIELDS.index(n) for n in given), default=-1)
    fields = {n: given.get(n, _DEFAULTS.get(n, "*") if i > last else "*") for i, n in enumerate(_FIELDS) if last >= 0}
    days = _days(fields.get("day_of_week", "*"))
    plain = [fields.get(n, "") for n in ("minute", "hour", "day", "month")]
    if fields.get("year") != "*" or fields["week"] != "*" or fields["second"] != "0" or days is None:
        return None
    if not all(p and set(p) <= _PLAIN for p in plain) or (days != "*" and fields["day"] != "*"):
        return None  # a crontab takes a day of the month or of the week, APScheduler both at once
    return Schedule(kind="crontab", value=" ".join([*plain, days]))


def _days(text: str) -> str | None:
    """Return days of the week as a crontab numbers them: Sunday is 0 there, and the last day for APScheduler."""
    if text == "*":
        return text
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        ends = [
            _DAYS.index(d) if d in _DAYS else int(d) if d.isdigit() and int(d) < 7 else None
            for d in (first, last or first)
        ]
        if ends[0] is None or ends[1] is None or ends[0] > ends[1]:
            return None
        found |= set(range(ends[0], ends[1] + 1))
    return ",".join(str(n) for n in sorted((d + 1) % 7 for d in found))
