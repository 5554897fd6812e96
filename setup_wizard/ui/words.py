"""What a sentence of the command line says inside the wizard: a key instead of a flag, an item's title instead of its id."""

from __future__ import annotations

from checks.checklist import CHECKLIST
from checks.patterns import lazy_pattern

_ONLINE = (
    ("run with `--online` and a token with ", "connect to Sentry (c); the token needs "),
    ("run with `--online`", "connect to Sentry (c)"),
    ("with `--online`", "once you are connected (c)"),
    ("`audit --online`", "c connects"),
)
_ITEM = lazy_pattern(r"\(see ([a-z-]+)\)")


def inside(sentence: str) -> str:
    """Return a finding, hint or reason in the wizard's own words."""
    for flag, key in _ONLINE:
        sentence = sentence.replace(flag, key)
    sentence = sentence.replace("`--set ", "`sentry-setup --set ")
    titles = {i.id: i.title for i in CHECKLIST}
    return _ITEM.sub(lambda m: f"(see “{titles[m[1]]}”)" if m[1] in titles else m[0], sentence)


_SIGN_OFFS = ("record a sign-off", "renew the sign-off")


def hint_inside(hint: str | None, item_id: str = "") -> str:
    """Return a hint as it holds in the wizard; nothing for a command that plans or runs a step, which enter does here.

    A sign-off is a command: it is written out for the item.
    """
    if hint is None or hint.startswith(("`sentry-setup apply", "`sentry-setup plan")):
        return ""
    for words in _SIGN_OFFS if item_id else ():
        hint = hint.replace(words, f"run `sentry-setup sign-off {item_id} --by NAME --note TEXT`")
    return inside(hint)
