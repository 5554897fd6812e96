"""Filters, samplers, rates and levels as they act in production; options that send more than the default."""

from __future__ import annotations

import pytest

from tests.support.shop import F, N, P, U, assert_case

CASES = [
    (
        "f ok",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f drop debug off",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if not DEBUG:\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f drop settings.DEBUG",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    from django.conf import settings\n    if settings.DEBUG:\n        return event\n    return None\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f keyerror logger",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if event['logger'] == 'x':\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        F,
        "`event['logger']`",
        6,
    ),
    (
        "f exc_info",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    exc = hint[\'exc_info\'][1]\n    if isinstance(exc, ValueError):\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "`hint['exc_info']`",
        6,
    ),
    (
        "f exc_info guarded",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if 'exc_info' in hint:\n        t, v, tb = hint['exc_info']\n        if isinstance(v, KeyError):\n            return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f exc_info get",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    exc = hint.get(\'exc_info\')\n    if exc and issubclass(exc[0], KeyError):\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f exc_info get subscript",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if hint.get(\'exc_info\')[0] is KeyError:\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "`hint.get('exc_info')[0]`",
        6,
    ),
    (
        "f request",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if event['request']['url'].endswith('/health'):\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        F,
        "`event['request']`",
        6,
    ),
    (
        "f request get",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if event.get('request', {}).get('url', '').endswith('/health'):\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f try",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    try:\n        if event['logger'] == 'x':\n            return None\n    except KeyError:\n        pass\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f try bare swallow none",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    try:\n        return event[\'logger\'] and event\n    except KeyError:\n        return None\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "before_send drops every unhandled exception in production",
        5,
    ),
    (
        "f mutate",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    event['tags']['x'] = 1\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        F,
        "`event['tags']`",
        6,
    ),
    (
        "f setdefault",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    event.setdefault('tags', {})['x'] = 1\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f pop user",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    event.pop(\'user\', None)\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f pop user raises",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    event.pop(\'user\')\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "`event.pop('user')`",
        6,
    ),
    (
        "f del request",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    del event[\'request\']\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "`del event['request']`",
        6,
    ),
    (
        "f copy",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    event = {**event, \'x\': 1}\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f copy2",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    new = dict(event)\n    return new\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f env staging",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if os.environ.get('ENV') != 'staging':\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {"variables": ("ENV=production",)},
        F,
        "",
        5,
    ),
    (
        "f env prod",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if os.environ.get('ENV') != 'production':\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {"variables": ("ENV=production",)},
        P,
        "",
        5,
    ),
    (
        "f level",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if event.get('level') != 'fatal':\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        F,
        "before_send drops every unhandled exception in production",
        5,
    ),
    (
        "f return bool",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    return True\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "f return hint",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    return hint\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f return str",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    x = \'a\'\n    return x\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f no return branch",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if event.get(\'logger\'):\n        return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f raise",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    raise ValueError\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "`raise ValueError`",
        5,
    ),
    (
        "f raise after a return on what is not known",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if os.path.isfile("/x"):\n        return event\n    raise ValueError\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "`raise ValueError`",
        5,
    ),
    (
        "f helper",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef scrub(e):\n    e.pop(\'user\', None)\n    return e\ndef bs(event, hint):\n    return scrub(event)\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        P,
        "",
        8,
    ),
    (
        "f helper none",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef scrub(e):\n    e.pop(\'user\', None)\ndef bs(event, hint):\n    return scrub(event)\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "",
        7,
    ),
    (
        "f lambda",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=lambda event, hint: event)'
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f lambda none",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=lambda event, hint: None)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f lambda cond",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=lambda event, hint: event if DEBUG else None)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f partial",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom functools import partial\ndef bs(flag, event, hint):\n    return event if flag else None\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=partial(bs, DEBUG))'
        },
        {},
        U,
        "`partial(bs, DEBUG)`",
        8,
    ),
    (
        "f method",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nclass F:\n    def bs(self, event, hint):\n        return None\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=F().bs)'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "f static",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nclass F:\n    @staticmethod\n    def bs(event, hint):\n        return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=F.bs)'
        },
        {},
        P,
        "",
        7,
    ),
    (
        "f callable obj",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nclass F:\n    def __call__(self, event, hint):\n        return None\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=F())'
        },
        {},
        U,
        "`F()`",
        8,
    ),
    (
        "f closure",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef make(on):\n    def bs(event, hint):\n        if not on:\n            return None\n        return event\n    return bs\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=make(DEBUG))'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "f closure on",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef make(on):\n    def bs(event, hint):\n        if not on:\n            return None\n        return event\n    return bs\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=make(not DEBUG))'
        },
        {},
        P,
        "",
        6,
    ),
    (
        "f random sample",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    import random\n    if random.random() > 0.1:\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f async",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nasync def bs(event, hint):\n    return event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        U,
        "`bs()`",
        5,
    ),
    (
        "f generator",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    yield event\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send=bs)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f loop",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    for v in event.get('exception', {}).get('values', []):\n        if v.get('type') == 'X':\n            return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f loop subscript",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    for v in event['exception']['values']:\n        if v['type'] == 'X':\n            return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        F,
        "`event['exception']`",
        6,
    ),
    (
        "f log_record",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if 'log_record' in hint and hint['log_record'].name == 'x':\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f walrus",
        "before-send-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    if (exc := hint.get('exc_info')) and exc[0].__name__ == 'X':\n        return None\n    return event\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", before_send=bs)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "f tx none",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bs(event, hint):\n    return None\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_send_transaction=bs)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "f crumb",
        "before-send-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef bc(crumb, hint):\n    return crumb\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", before_breadcrumb=bc)'
        },
        {},
        P,
        "",
        5,
    ),
    (
        "s ok",
        "traces-sampler-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if ctx['parent_sampled'] is not None:\n        return ctx['parent_sampled']\n    return 0.1\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "s ok",
        "sampling-sensible",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if ctx['parent_sampled'] is not None:\n        return ctx['parent_sampled']\n    return 0.1\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "s ok",
        "tracing-enabled",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if ctx['parent_sampled'] is not None:\n        return ctx['parent_sampled']\n    return 0.1\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {},
        P,
        "",
        9,
    ),
    (
        "s zero debug off",
        "tracing-enabled",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if DEBUG:\n        return 1.0\n    return 0\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=ts)'
        },
        {},
        F,
        "",
        9,
    ),
    (
        "s zero env",
        "tracing-enabled",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    return {'staging': 0.5}.get(os.environ.get('ENV'), 0)\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {"variables": ("ENV=production",)},
        F,
        "",
        7,
    ),
    (
        "s one debug off",
        "sampling-sensible",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if ctx['parent_sampled'] is not None:\n        return ctx['parent_sampled']\n    return 0.1 if DEBUG else 1.0\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {},
        F,
        "",
        5,
    ),
    (
        "s text",
        "traces-sampler-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    return os.environ.get('RATE', '0.1')\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {},
        F,
        "",
        5,
    ),
    (
        "s name none",
        "traces-sampler-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    r = None\n    return r\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=ts)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "s wsgi",
        "traces-sampler-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if ctx['wsgi_environ']['PATH_INFO'] == '/health':\n        return 0\n    return 0.1\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "s wsgi",
        "sampling-sensible",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if ctx['wsgi_environ']['PATH_INFO'] == '/health':\n        return 0\n    return 0.1\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {},
        F,
        "`parent_sampled`",
        5,
    ),
    (
        "s wsgi get chain",
        "traces-sampler-safe",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if ctx.get('wsgi_environ', {}).get('PATH_INFO') == '/health':\n        return 0\n    return ctx.get('parent_sampled') or 0.1\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", traces_sampler=ts)"
        },
        {},
        P,
        "",
        5,
    ),
    (
        "s debug only path",
        "traces-sampler-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    if not DEBUG:\n        return None\n    return 0.1\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=ts)'
        },
        {},
        F,
        "",
        7,
    ),
    (
        "s raise",
        "traces-sampler-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    raise ValueError\n    return 0.1\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=ts)'
        },
        {},
        F,
        "`raise ValueError`",
        5,
    ),
    (
        "s rate>1",
        "traces-sampler-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef ts(ctx):\n    return 10\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=ts)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "s lambda zero",
        "tracing-enabled",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=lambda ctx: 0)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "s not found",
        "tracing-enabled",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom acme import sampler\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=sampler)'
        },
        {},
        P,
        "",
        6,
    ),
    (
        "s not found",
        "traces-sampler-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom acme import sampler\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=sampler)'
        },
        {},
        U,
        "`sampler`",
        6,
    ),
    (
        "s method",
        "traces-sampler-safe",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nclass S:\n    def __call__(self, ctx):\n        return 0.1\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", traces_sampler=S())'
        },
        {},
        U,
        "`S()`",
        8,
    ),
    (
        "sr 0",
        "sampling-sensible",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", sample_rate=0)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "sr 0.0 env",
        "sampling-sensible",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", sample_rate=float(os.environ.get('SR','0')))"
        },
        {},
        F,
        "",
        5,
    ),
    (
        "sr env declared",
        "sampling-sensible",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", sample_rate=float(os.environ.get('SR','1')))"
        },
        {"variables": ("SR=0",)},
        F,
        "",
        5,
    ),
    (
        "sr debug",
        "sampling-sensible",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", sample_rate=1.0 if DEBUG else 0.0)'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "event_level none",
        "logging-captured",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", integrations=[LoggingIntegration(event_level=None)])'
        },
        {},
        F,
        "(event_level=None)",
        6,
    ),
    (
        "event_level critical name",
        "logging-captured",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport logging\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nL=logging.CRITICAL\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", integrations=[LoggingIntegration(level=logging.INFO, event_level=L)])'
        },
        {},
        F,
        "(event_level=logging.CRITICAL)",
        8,
    ),
    (
        "event_level env",
        "logging-captured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport logging\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", integrations=[LoggingIntegration(event_level=getattr(logging, os.environ.get('LL','ERROR')))])"
        },
        {"variables": ("LL=CRITICAL",)},
        F,
        "(event_level=logging.CRITICAL)",
        7,
    ),
    (
        "event_level positional",
        "logging-captured",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport logging\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", integrations=[LoggingIntegration(logging.INFO, logging.CRITICAL)])'
        },
        {},
        F,
        "(event_level=logging.CRITICAL)",
        7,
    ),
    (
        "event_level factory",
        "logging-captured",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport logging\nfrom sentry_sdk.integrations.logging import LoggingIntegration\ndef ints():\n    return [LoggingIntegration(event_level=None)]\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", integrations=ints())'
        },
        {},
        F,
        "(event_level=None)",
        8,
    ),
    (
        "bodies",
        "user-context-minimal",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", max_request_body_size=\'always\')'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "bodies var",
        "user-context-minimal",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nB=\'always\'\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", max_request_body_size=B)'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "bodies debug only",
        "user-context-minimal",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=\"production\", max_request_body_size='always' if DEBUG else 'small')"
        },
        {},
        N,
        "",
        None,
    ),
    (
        "denylist replaced",
        "user-context-minimal",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.scrubber import EventScrubber\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", event_scrubber=EventScrubber(denylist=[\'my_secret\']))'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "denylist extended",
        "user-context-minimal",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.scrubber import EventScrubber, DEFAULT_DENYLIST\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", event_scrubber=EventScrubber(denylist=DEFAULT_DENYLIST + [\'my_secret\']))'
        },
        {},
        N,
        "",
        None,
    ),
    (
        "denylist extended2",
        "user-context-minimal",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.scrubber import EventScrubber, DEFAULT_DENYLIST\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", event_scrubber=EventScrubber(denylist=[*DEFAULT_DENYLIST, \'my_secret\']))'
        },
        {},
        N,
        "",
        None,
    ),
    (
        "denylist recursive",
        "user-context-minimal",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.scrubber import EventScrubber\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", event_scrubber=EventScrubber(recursive=True))'
        },
        {},
        N,
        "",
        None,
    ),
]


@pytest.mark.parametrize(
    ("name", "item", "files", "given", "outcome", "message", "line"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES]
)
def test_case(name, item, files, given, outcome, message, line):
    assert_case(item, files, given, outcome, message, line)
