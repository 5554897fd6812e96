"""Conditions, loops, generators, operators and the order in which names are given."""

from __future__ import annotations

import pytest

from tests.support.shop import F, P, U, assert_case

CASES = [
    (
        "env in tuple name",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPRODUCTION = ('prod','production')\nENVIRONMENT = os.environ.get('ENVIRONMENT', 'local')\nIS_PROD = ENVIRONMENT in PRODUCTION\nif IS_PROD:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENVIRONMENT=prod",)},
        P,
        "()",
        9,
    ),
    (
        "env staging name",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nENVIRONMENT = os.environ.get('ENVIRONMENT', 'local')\nif ENVIRONMENT.startswith('stag'):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENVIRONMENT=production",)},
        F,
        "(`ENVIRONMENT` is 'production')",
        7,
    ),
    (
        "frozenset",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.environ.get('ENV') in frozenset(['staging','dev']):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        F,
        "(`ENV` is 'production')",
        6,
    ),
    (
        "not any",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif not any([DEBUG, os.environ.get('CI'), 'test' in sys.argv]):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "('CI')",
        6,
    ),
    (
        "all",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif all([not DEBUG, os.environ.get('SENTRY_DSN')]):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "('SENTRY_DSN')",
        6,
    ),
    (
        "any dict values",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nF={'a': False, 'b': DEBUG}\nif any(F.values()):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "()",
        7,
    ),
    (
        "xor",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif DEBUG ^ True:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "bitand",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif (not DEBUG) & bool(os.environ.get('SENTRY_DSN')):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "('SENTRY_DSN')",
        6,
    ),
    (
        "bit or false",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif DEBUG | False:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "(DEBUG is False)",
        6,
    ),
    (
        "chain compare",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif 0 < int(os.environ.get('LEVEL','0')) < 3:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("LEVEL=5",)},
        F,
        "(`LEVEL` is '5')",
        6,
    ),
    (
        "modulo",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif 7 % 2 == 0:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "()",
        6,
    ),
    (
        "ternary call",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\n(sentry_sdk.init if not DEBUG else print)(os.environ['SENTRY_DSN'])"
        },
        {},
        P,
        "()",
        5,
    ),
    (
        "ternary call off",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\n(sentry_sdk.init if DEBUG else print)(os.environ['SENTRY_DSN'])"
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "and call",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nDEBUG and sentry_sdk.init(os.environ['SENTRY_DSN'])"
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "getattr init",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ngetattr(sentry_sdk, 'init')(dsn=os.environ['SENTRY_DSN'])"
        },
        {},
        P,
        "()",
        5,
    ),
    (
        "lambda",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ngo = lambda on: on and sentry_sdk.init(os.environ['SENTRY_DSN'])\ngo(DEBUG)"
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "map",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nlist(map(lambda d: sentry_sdk.init(dsn=d), [os.environ['SENTRY_DSN']]))"
        },
        {},
        P,
        "()",
        5,
    ),
    (
        "for-else",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfor x in ('a',):\n    if x == 'b':\n        break\nelse:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "()",
        9,
    ),
    (
        "for break",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfor e in ('staging','production'):\n    if e == os.environ.get('ENV'):\n        break\nelse:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        F,
        "()",
        None,
    ),
    (
        "while counter",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nn = 0\nwhile n < 1:\n    n += 1\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        U,
        "(n is 0)",
        8,
    ),
    (
        "while false",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nwhile DEBUG:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n    break\n'
        },
        {},
        F,
        "(DEBUG is False)",
        6,
    ),
    (
        "while true",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nwhile True:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n    break\n'
        },
        {},
        U,
        "()",
        6,
    ),
    (
        "next gen",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ncfg = next((c for c in [{'env': 'production', 'pii': True}, {'env': 'dev', 'pii': False}] if c['env'] == os.environ['ENV']), None)\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=cfg['pii'])"
        },
        {"variables": ("ENV=production",)},
        U,
        "`cfg['pii']`",
        6,
    ),
    (
        "try return",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef on():\n    try:\n        return os.environ['ON'] == '1'\n    except KeyError:\n        return False\nif on():\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "()",
        11,
    ),
    (
        "try return declared",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef on():\n    try:\n        return os.environ['ON'] == '1'\n    except KeyError:\n        return False\nif on():\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ON=1",)},
        P,
        "()",
        11,
    ),
    (
        "nested def",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef outer():\n    def inner():\n        sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n    return inner\nouter()()\n'
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "nested not called",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef outer():\n    def inner():\n        sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n    return inner\nouter()\n'
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "generator fn",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef gen():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n    yield 1\ngen()\n'
        },
        {},
        U,
        "()",
        6,
    ),
    (
        "generator fn consumed",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef gen():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n    yield 1\nlist(gen())\n'
        },
        {},
        U,
        "()",
        6,
    ),
    (
        "async",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nasync def go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\ngo()\n'
        },
        {},
        U,
        "()",
        6,
    ),
    (
        "asyncio.run",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport asyncio\nasync def go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nasyncio.run(go())\n'
        },
        {},
        U,
        "()",
        7,
    ),
    (
        "contextmanager",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom contextlib import contextmanager\n@contextmanager\ndef cm():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n    yield\nwith cm():\n    pass\n'
        },
        {},
        P,
        "()",
        8,
    ),
    (
        "with open",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nwith open('x') as f:\n    V = f.read()\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], release=V)"
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "atexit",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport atexit\natexit.register(lambda: sentry_sdk.init(os.environ['SENTRY_DSN']))"
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "thread",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport threading\nthreading.Thread(target=lambda: sentry_sdk.init(os.environ['SENTRY_DSN'])).start()"
        },
        {},
        U,
        "()",
        6,
    ),
    (
        "if TYPE_CHECKING",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "(TYPE_CHECKING is False)",
        7,
    ),
    (
        "not TYPE_CHECKING",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport typing\nif not typing.TYPE_CHECKING:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "version guard",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif sys.version_info >= (3, 8):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "(3, 8)",
        6,
    ),
    (
        "version guard off",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif sys.version_info < (3,):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "(3,)",
        6,
    ),
    (
        "platform",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif sys.platform == 'win32':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "(sys.platform is 'linux')",
        6,
    ),
    (
        "platform linux",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport platform\nif platform.system() == 'Linux':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        U,
        "`platform.system()`",
        7,
    ),
    (
        "os.name",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.name == 'nt':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "(os.name is 'posix')",
        6,
    ),
    (
        "hostname",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport socket\nif socket.gethostname() == 'mybox':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        U,
        "`socket.gethostname()`",
        7,
    ),
    (
        "hostname pat",
        "debug-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport platform\nif 'local' in platform.node():\n    DEBUG = True\n"
        },
        {},
        U,
        "`True`",
        7,
    ),
    (
        "os.path.exists",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.path.exists('/.dockerenv'):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        U,
        "('/.dockerenv')",
        6,
    ),
    (
        "__debug__",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif __debug__:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "isinstance dsn",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nDSN=os.environ.get('SENTRY_DSN')\nif isinstance(DSN, str) and DSN:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        U,
        "(`SENTRY_DSN` is a secret)",
        7,
    ),
    (
        "hasattr",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif hasattr(sentry_sdk, 'init'):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        U,
        "(sentry_sdk, 'init')",
        6,
    ),
    (
        "len dsn",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nDSN=os.environ.get('SENTRY_DSN','')\nif len(DSN) > 0:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        U,
        "(`SENTRY_DSN` is a secret)",
        7,
    ),
    (
        "dsn != ''",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nDSN=os.environ.get('SENTRY_DSN','')\nif DSN != '':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "dsn strip",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nDSN=os.environ.get('SENTRY_DSN','').strip()\nif DSN:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "dsn not in",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.environ.get('SENTRY_DSN') not in (None, ''):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "('SENTRY_DSN')",
        6,
    ),
    (
        "dsn or",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nDSN = os.environ.get('DJANGO_SENTRY_DSN') or os.environ.get('SENTRY_DSN')\nif DSN:\n    sentry_sdk.init(dsn=DSN)"
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "dsn or",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nDSN = os.environ.get('DJANGO_SENTRY_DSN') or os.environ.get('SENTRY_DSN')\nif DSN:\n    sentry_sdk.init(dsn=DSN)"
        },
        {},
        P,
        "`SENTRY_DSN`",
        5,
    ),
    (
        "dsn nested get",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nDSN = os.environ.get('DJANGO_SENTRY_DSN', os.environ.get('SENTRY_DSN'))\nif DSN:\n    sentry_sdk.init(dsn=DSN)"
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "dsn file secret",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef secret(n):\n    p = os.environ.get(n + '_FILE')\n    if p:\n        with open(p) as f:\n            return f.read().strip()\n    return os.environ.get(n)\nDSN = secret('SENTRY_DSN')\nif DSN:\n    sentry_sdk.init(dsn=DSN)"
        },
        {},
        P,
        "()",
        13,
    ),
    (
        "other name DSN",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.environ.get('SENTRY_URL'):\n    sentry_sdk.init(dsn=os.environ['SENTRY_URL'])"
        },
        {"variables": ("SENTRY_URL",)},
        P,
        "('SENTRY_URL')",
        6,
    ),
    (
        "other name DSN",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.environ.get('SENTRY_URL'):\n    sentry_sdk.init(dsn=os.environ['SENTRY_URL'])"
        },
        {"variables": ("SENTRY_URL",)},
        P,
        "`SENTRY_URL`",
        6,
    ),
    (
        "enabled flag undeclared default true",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.environ.get('SENTRY_ENABLED', 'true').lower() == 'true':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "('SENTRY_ENABLED', 'true')",
        6,
    ),
    (
        "enabled flag undeclared default false",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.environ.get('SENTRY_ENABLED', 'false').lower() == 'true':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "(`SENTRY_ENABLED` is not declared and defaults to 'false')",
        6,
    ),
    (
        "enabled flag env default false open",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif os.environ.get('SENTRY_ENABLED', 'false').lower() == 'true':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"deployed": False},
        U,
        "(`SENTRY_ENABLED` is not declared and defaults to 'false')",
        6,
    ),
    (
        "order later DEBUG",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif not DEBUG:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nDEBUG = True\n'
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "order later DEBUG",
        "debug-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif not DEBUG:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nDEBUG = True\n'
        },
        {},
        F,
        "",
        7,
    ),
    (
        "order redefine fn",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\ndef go():\n    pass\ngo()\n'
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "order two inits",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=False)\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=True)\n'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "order two inits2",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=True)\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=False)\n'
        },
        {},
        F,
        "",
        5,
    ),
    (
        "order star after",
        "pii-off",
        {
            "shop/settings.py": 'from .base import *\nimport os, sentry_sdk\nPII = False\nfrom .extra import *\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)',
            "shop/base.py": "DEBUG=False\n",
            "shop/extra.py": "PII=True\n",
        },
        {},
        F,
        "",
        5,
    ),
    (
        "order star before",
        "pii-off",
        {
            "shop/settings.py": 'from .extra import *\nimport os, sentry_sdk\nPII = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)',
            "shop/extra.py": "PII=True\n",
        },
        {},
        P,
        "",
        4,
    ),
    (
        "base init then prod overrides env",
        "environment-set",
        {
            "shop/settings.py": "from .base import *\nENVIRONMENT='production'\n",
            "shop/base.py": "import os, sentry_sdk\nDEBUG=False\nENVIRONMENT='dev'\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=ENVIRONMENT)\n",
        },
        {},
        F,
        "production reports the environment 'dev'",
        4,
    ),
    (
        "base init then prod overrides env",
        "environment-explicit",
        {
            "shop/settings.py": "from .base import *\nENVIRONMENT='production'\n",
            "shop/base.py": "import os, sentry_sdk\nDEBUG=False\nENVIRONMENT='dev'\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=ENVIRONMENT)\n",
        },
        {},
        P,
        "",
        4,
    ),
    (
        "star underscore",
        "pii-off",
        {
            "shop/settings.py": '_PII=False\nfrom .extra import *\nimport os, sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=_PII)',
            "shop/extra.py": "_PII=True\n",
        },
        {},
        P,
        "",
        4,
    ),
    (
        "circular",
        "pii-off",
        {
            "shop/settings.py": 'PII=True\nfrom .extra import *\nimport os,sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)',
            "shop/extra.py": "from . import settings\nPII = not settings.PII\n",
        },
        {},
        P,
        "",
        4,
    ),
    (
        "function global",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\ndef f():\n    global PII\n    PII=True\nf()\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)'
        },
        {},
        F,
        "",
        10,
    ),
    (
        "function local only",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\ndef f():\n    PII=True\nf()\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)'
        },
        {},
        P,
        "",
        9,
    ),
    (
        "nonlocal",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef f():\n    p=False\n    def g():\n        nonlocal p\n        p=True\n    g()\n    return p\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=f())'
        },
        {},
        F,
        "",
        12,
    ),
    (
        "aliased list",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nA=[]\nB=A\nB.append('x')\nif A:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "()",
        9,
    ),
    (
        "tuple unpack",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nA, *B = (True, False)\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=A)'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "swap",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nA, B = True, False\nA, B = B, A\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=A)'
        },
        {},
        P,
        "",
        7,
    ),
    (
        "chained assign",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nA = B = True\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=B)'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "annotated",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII: bool = True\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "del option",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nO={'send_default_pii': True}\nO.pop('send_default_pii')\nsentry_sdk.init(**O)"
        },
        {},
        P,
        "",
        7,
    ),
    (
        "popitem",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nO={'send_default_pii': True}\nO.popitem()\nsentry_sdk.init(**O)"
        },
        {},
        U,
        "`True`",
        7,
    ),
    (
        "clear",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nO={'send_default_pii': True}\nO.clear()\nsentry_sdk.init(**O)"
        },
        {},
        P,
        "",
        7,
    ),
    (
        "ChainMap",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom collections import ChainMap\nO=ChainMap({'send_default_pii': True},{})\nsentry_sdk.init(**O)"
        },
        {},
        U,
        "",
        7,
    ),
    (
        "dict|dict",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nO={'send_default_pii': True} | {'send_default_pii': False}\nsentry_sdk.init(**O)"
        },
        {},
        P,
        "",
        6,
    ),
    (
        "dict fromkeys",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nO=dict.fromkeys(['send_default_pii'], True)\nsentry_sdk.init(**O)"
        },
        {},
        U,
        "",
        6,
    ),
    (
        "dict zip",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nO=dict(zip(['send_default_pii'], [True]))\nsentry_sdk.init(**O)"
        },
        {},
        F,
        "",
        6,
    ),
    (
        "deepcopy",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport copy\nA={'send_default_pii': False}\nO=copy.deepcopy(A)\nO['send_default_pii']=True\nsentry_sdk.init(**A)"
        },
        {},
        P,
        "",
        9,
    ),
    (
        "nested dict",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nS={'sentry': {'pii': True}}\nS['sentry'].update(pii=False)\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=S['sentry']['pii'])"
        },
        {},
        P,
        "",
        7,
    ),
    (
        "setdefault nested",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nS={}\nS.setdefault('a', {})['pii'] = True\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=S['a']['pii'])"
        },
        {},
        F,
        "",
        7,
    ),
    (
        "inc counter",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nN=0\nfor _ in range(3):\n    N += 1\nif N == 3:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        9,
    ),
    (
        "enumerate",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfor i, e in enumerate(['a','b']):\n    if i == 1 and e == 'b':\n        sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "zip loop",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfor k, v in zip(('DEBUG','PII'), (False, True)):\n    globals()[k] = v\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        F,
        "",
        7,
    ),
    (
        "str join/split",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif 'production' in 'staging,production'.split(','):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "(',')",
        6,
    ),
    (
        "percent",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif '%s' % os.environ.get('ENV') == 'production':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "('ENV')",
        6,
    ),
    (
        "format",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif '{}'.format(os.environ.get('ENV')) == 'production':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "('ENV')",
        6,
    ),
    (
        "re match",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport re\nif re.match('prod', os.environ.get('ENV','')):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        U,
        "(`ENV` is 'production')",
        7,
    ),
    (
        "os.environ items",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nC={k[7:].lower(): v for k, v in os.environ.items() if k.startswith('SENTRY_')}\nsentry_sdk.init(**C)"
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "os.environ items",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nC={k[7:].lower(): v for k, v in os.environ.items() if k.startswith('SENTRY_')}\nsentry_sdk.init(**C)"
        },
        {},
        U,
        "",
        6,
    ),
    (
        "environ copy",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nE=os.environ.copy()\nif E.get('ENV') == 'production':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "('ENV')",
        7,
    ),
    (
        "dict(os.environ)",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nE=dict(os.environ)\nif E['ENV'] == 'production':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "()",
        7,
    ),
    (
        "dotenv_values",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom dotenv import dotenv_values\nE={**dotenv_values('.env'), **os.environ}\nif E.get('ENV') == 'production':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        U,
        "`E.get('ENV')`",
        8,
    ),
    (
        "load_dotenv",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom dotenv import load_dotenv\nload_dotenv()\nif os.environ.get('ENV') == 'production':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "('ENV')",
        8,
    ),
    (
        "raise where a return may have come before",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sentry_sdk\nDEBUG = False\n\ndef base():\n    here = os.path.dirname(__file__)\n    if os.path.isfile(here + '/release.yaml'):\n        return here\n    raise RuntimeError('no release')\n\nBASE = base()\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "sentry_sdk.init()",
        12,
    ),
    (
        "raise where no return comes before",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sentry_sdk\nDEBUG = False\n\ndef base():\n    if DEBUG:\n        return 1\n    raise RuntimeError('no release')\n\nBASE = base()\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "`raise RuntimeError('no release')`",
        11,
    ),
]


@pytest.mark.parametrize(
    ("name", "item", "files", "given", "outcome", "message", "line"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES]
)
def test_case(name, item, files, given, outcome, message, line):
    assert_case(item, files, given, outcome, message, line)
