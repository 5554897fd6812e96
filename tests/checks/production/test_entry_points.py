"""Where init stands: packages, entry points, hooks of servers, signals of Celery, applications, decorators."""

from __future__ import annotations

import pytest

from tests.support.shop import F, P, U, assert_case

CASES = [
    (
        "g1 default conf",
        "sdk-initialized",
        {
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "from gunicorn's post_fork only",
        4,
    ),
    (
        "g1 default conf",
        "init-covers-workers",
        {
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "",
        4,
    ),
    (
        "g2 -c conf",
        "sdk-initialized",
        {
            "deploy/gunicorn.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"command": "gunicorn -c deploy/gunicorn.py shop.wsgi"},
        P,
        "from gunicorn's post_fork only",
        4,
    ),
    (
        "g2 -c conf",
        "init-covers-workers",
        {
            "deploy/gunicorn.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"command": "gunicorn -c deploy/gunicorn.py shop.wsgi"},
        F,
        "",
        4,
    ),
    (
        "g3 -c python:",
        "sdk-initialized",
        {
            "shop/guni.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"command": "gunicorn --config python:shop.guni shop.wsgi"},
        P,
        "from gunicorn's post_fork only",
        4,
    ),
    (
        "g4 other conf, default not read",
        "sdk-initialized",
        {
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "deploy/g.py": "bind='x'\n",
        },
        {"command": "gunicorn -c deploy/g.py shop.wsgi"},
        U,
        "()",
        4,
    ),
    (
        "g5 uvicorn only",
        "sdk-initialized",
        {
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"command": "uvicorn shop.asgi:application"},
        U,
        "()",
        4,
    ),
    (
        "g6 helper",
        "sdk-initialized",
        {
            "gunicorn.conf.py": "from shop.obs import start\ndef post_worker_init(worker):\n    start()\n",
            "shop/obs.py": 'import os\nimport sentry_sdk\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "from gunicorn's post_worker_init only",
        4,
    ),
    (
        "g6 helper",
        "init-covers-workers",
        {
            "gunicorn.conf.py": "from shop.obs import start\ndef post_worker_init(worker):\n    start()\n",
            "shop/obs.py": 'import os\nimport sentry_sdk\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        F,
        "",
        4,
    ),
    (
        "g7 guard false",
        "sdk-initialized",
        {
            "gunicorn.conf.py": "import os, sentry_sdk\ndef post_fork(s, w):\n    if os.environ.get('ENV') == 'staging':\n        sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        F,
        "(`ENV` is 'production')",
        4,
    ),
    (
        "g8 when_ready",
        "sdk-initialized",
        {
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef when_ready(server):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "from gunicorn's when_ready only",
        4,
    ),
    (
        "g9 worker_exit",
        "sdk-initialized",
        {
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef worker_exit(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "g10 procfile",
        "sdk-initialized",
        {
            "Procfile": "web: gunicorn shop.wsgi --log-file -\n",
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {"deployed": False},
        P,
        "from gunicorn's post_fork only",
        4,
    ),
    (
        "g11 docker /app",
        "sdk-initialized",
        {
            "Dockerfile": 'FROM python\nCMD ["gunicorn", "-c", "/app/docker/gunicorn.conf.py", "shop.wsgi"]\n',
            "docker/gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {"deployed": False},
        P,
        "from gunicorn's post_fork only",
        4,
    ),
    (
        "g12 module level conf",
        "sdk-initialized",
        {"gunicorn.conf.py": 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'},
        {},
        P,
        "from gunicorn.conf.py only",
        3,
    ),
    (
        "g12 module level conf",
        "init-covers-workers",
        {"gunicorn.conf.py": 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'},
        {},
        F,
        "",
        3,
    ),
    (
        "g13 lambda/alias",
        "sdk-initialized",
        {
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef _go(*a):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\npost_fork = _go\n'
        },
        {},
        P,
        "from gunicorn's post_fork only",
        4,
    ),
    (
        "g14 both settings and hook",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "()",
        5,
    ),
    (
        "g14 both settings and hook",
        "init-covers-workers",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "gunicorn.conf.py": 'import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "",
        5,
    ),
    (
        "u1 uwsgi",
        "sdk-initialized",
        {
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os, sentry_sdk\nfrom uwsgidecorators import postfork\n@postfork\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"command": "uwsgi --module shop.wsgi"},
        P,
        "from uWSGI's postfork only",
        8,
    ),
    (
        "u1 uwsgi",
        "init-covers-workers",
        {
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os, sentry_sdk\nfrom uwsgidecorators import postfork\n@postfork\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"command": "uwsgi --module shop.wsgi"},
        F,
        "",
        8,
    ),
    (
        "u2 gunicorn runs, uwsgi hook",
        "sdk-initialized",
        {
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os, sentry_sdk\nfrom uwsgidecorators import postfork\n@postfork\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "()",
        8,
    ),
    (
        "u3 settings",
        "sdk-initialized",
        {
            "shop/settings.py": 'DEBUG=False\nimport os, sentry_sdk\nfrom uwsgidecorators import postfork\n@postfork\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"command": "uwsgi --ini uwsgi.ini"},
        P,
        "from uWSGI's postfork only",
        6,
    ),
    (
        "u3 settings",
        "init-covers-workers",
        {
            "shop/settings.py": 'DEBUG=False\nimport os, sentry_sdk\nfrom uwsgidecorators import postfork\n@postfork\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"command": "uwsgi --ini uwsgi.ini"},
        F,
        "",
        6,
    ),
    (
        "c worker_process_initfrom celery.signals ",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_process_init\n@worker_process_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal worker_process_init only",
        11,
    ),
    (
        "c worker_process_initfrom celery.signals ",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_process_init\n@worker_process_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        11,
    ),
    (
        "c worker_process_initfrom celery import s",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery import signals\n@signals.worker_process_init.connect(weak=False)\ndef go(*a, **kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal worker_process_init only",
        11,
    ),
    (
        "c worker_process_initfrom celery import s",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery import signals\n@signals.worker_process_init.connect(weak=False)\ndef go(*a, **kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        11,
    ),
    (
        "c worker_process_initfrom celery.signals ",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_process_init\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nworker_process_init.connect(go)\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal worker_process_init only",
        10,
    ),
    (
        "c worker_process_initfrom celery.signals ",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_process_init\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nworker_process_init.connect(go)\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        10,
    ),
    (
        "c worker_initfrom celery.signals ",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_init\n@worker_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal worker_init only",
        11,
    ),
    (
        "c worker_initfrom celery.signals ",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_init\n@worker_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        11,
    ),
    (
        "c worker_initfrom celery import s",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery import signals\n@signals.worker_init.connect(weak=False)\ndef go(*a, **kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal worker_init only",
        11,
    ),
    (
        "c worker_initfrom celery import s",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery import signals\n@signals.worker_init.connect(weak=False)\ndef go(*a, **kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        11,
    ),
    (
        "c worker_initfrom celery.signals ",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_init\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nworker_init.connect(go)\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal worker_init only",
        10,
    ),
    (
        "c worker_initfrom celery.signals ",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_init\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nworker_init.connect(go)\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        10,
    ),
    (
        "c celeryd_initfrom celery.signals ",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import celeryd_init\n@celeryd_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal celeryd_init only",
        11,
    ),
    (
        "c celeryd_initfrom celery.signals ",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import celeryd_init\n@celeryd_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        11,
    ),
    (
        "c celeryd_initfrom celery import s",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery import signals\n@signals.celeryd_init.connect(weak=False)\ndef go(*a, **kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal celeryd_init only",
        11,
    ),
    (
        "c celeryd_initfrom celery import s",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery import signals\n@signals.celeryd_init.connect(weak=False)\ndef go(*a, **kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        11,
    ),
    (
        "c celeryd_initfrom celery.signals ",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import celeryd_init\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nceleryd_init.connect(go)\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        P,
        "from the signal celeryd_init only",
        10,
    ),
    (
        "c celeryd_initfrom celery.signals ",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import celeryd_init\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nceleryd_init.connect(go)\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        F,
        "",
        10,
    ),
    (
        "c task_failurefrom celery.signals ",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import task_failure\n@task_failure.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        U,
        "()",
        11,
    ),
    (
        "c task_failurefrom celery import s",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery import signals\n@signals.task_failure.connect(weak=False)\ndef go(*a, **kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        U,
        "()",
        11,
    ),
    (
        "c task_failurefrom celery.signals ",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import task_failure\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\ntask_failure.connect(go)\n',
            "shop/__init__.py": "from .celery import app\n",
        },
        {"worker": True},
        U,
        "()",
        10,
    ),
    (
        "c wsgi + celeryd_init",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import celeryd_init\n@celeryd_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {"worker": True},
        P,
        "()",
        6,
    ),
    (
        "c wsgi + celeryd_init",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import celeryd_init\n@celeryd_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {"worker": True},
        P,
        "",
        6,
    ),
    (
        "c wsgi + worker_process_init",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_process_init\n@worker_process_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {"worker": True},
        P,
        "()",
        6,
    ),
    (
        "c wsgi + worker_process_init",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import worker_process_init\n@worker_process_init.connect\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {"worker": True},
        F,
        "",
        11,
    ),
    (
        "c conditional receiver",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import celeryd_init\nif os.environ.get(\'ENV\') == \'staging\':\n    @celeryd_init.connect\n    def go(**kw):\n        sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"variables": ("ENV=production",)},
        F,
        "(`ENV` is 'production')",
        12,
    ),
    (
        "c sender",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nfrom celery.signals import celeryd_init\n@celeryd_init.connect(sender=\'worker12@x\')\ndef go(**kw):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        U,
        "()",
        11,
    ),
    (
        "p1 shop/__init__ init",
        "sdk-initialized",
        {"shop/__init__.py": 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'},
        {},
        P,
        "()",
        3,
    ),
    (
        "p1 shop/__init__ init",
        "init-covers-workers",
        {"shop/__init__.py": 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'},
        {},
        P,
        "",
        3,
    ),
    (
        "p2 shop/__init__ imports celery with init",
        "sdk-initialized",
        {
            "shop/__init__.py": "from .celery import app\n__all__=['app']\n",
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {"worker": True},
        P,
        "()",
        8,
    ),
    (
        "p2 shop/__init__ imports celery with init",
        "init-covers-workers",
        {
            "shop/__init__.py": "from .celery import app\n__all__=['app']\n",
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {"worker": True},
        P,
        "",
        8,
    ),
    (
        "p3 celery only, not imported",
        "sdk-initialized",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"worker": True},
        P,
        "()",
        8,
    ),
    (
        "p3 celery only, not imported",
        "init-covers-workers",
        {
            "shop/celery.py": 'import os\nfrom celery import Celery\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napp = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {"worker": True},
        F,
        "",
        8,
    ),
    (
        "w wsgi only",
        "sdk-initialized",
        {
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "w wsgi only",
        "init-covers-workers",
        {
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "",
        6,
    ),
    (
        "w asgi only, gunicorn wsgi runs",
        "sdk-initialized",
        {
            "shop/asgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        },
        {},
        F,
        "(gunicorn runs shop/wsgi.py)",
        6,
    ),
    (
        "w manage only",
        "sdk-initialized",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nexecute_from_command_line([])\nimport os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        U,
        "()",
        6,
    ),
    (
        "w ready",
        "sdk-initialized",
        {
            "shop/settings.py": "INSTALLED_APPS=['core']\n",
            "core/__init__.py": "",
            "core/apps.py": "from django.apps import AppConfig\nclass C(AppConfig):\n    name='core'\n    def ready(self):\n        from .observability import start\n        start()\n",
            "core/observability.py": 'import os\nimport sentry_sdk\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "()",
        4,
    ),
    (
        "w ready",
        "init-covers-workers",
        {
            "shop/settings.py": "INSTALLED_APPS=['core']\n",
            "core/__init__.py": "",
            "core/apps.py": "from django.apps import AppConfig\nclass C(AppConfig):\n    name='core'\n    def ready(self):\n        from .observability import start\n        start()\n",
            "core/observability.py": 'import os\nimport sentry_sdk\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "",
        4,
    ),
    (
        "w ready import side effect",
        "sdk-initialized",
        {
            "shop/settings.py": "INSTALLED_APPS=['core.apps.C']\n",
            "core/__init__.py": "",
            "core/apps.py": "from django.apps import AppConfig\nclass C(AppConfig):\n    name='core'\n    def ready(self):\n        import core.telemetry\n",
            "core/telemetry.py": 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "()",
        3,
    ),
    (
        "w ready import side effect",
        "init-covers-workers",
        {
            "shop/settings.py": "INSTALLED_APPS=['core.apps.C']\n",
            "core/__init__.py": "",
            "core/apps.py": "from django.apps import AppConfig\nclass C(AppConfig):\n    name='core'\n    def ready(self):\n        import core.telemetry\n",
            "core/telemetry.py": 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "",
        3,
    ),
    (
        "w app not installed",
        "sdk-initialized",
        {
            "shop/settings.py": "INSTALLED_APPS=['django.contrib.auth']\n",
            "core/__init__.py": "",
            "core/apps.py": 'import os\nimport sentry_sdk\nfrom django.apps import AppConfig\nclass C(AppConfig):\n    def ready(self):\n        sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        U,
        "()",
        6,
    ),
    (
        "w ready RUN_MAIN",
        "sdk-initialized",
        {
            "shop/settings.py": "INSTALLED_APPS=['core']\n",
            "core/__init__.py": "",
            "core/apps.py": "import os\nimport sentry_sdk\nfrom django.apps import AppConfig\nclass C(AppConfig):\n    def ready(self):\n        if os.environ.get('RUN_MAIN'):\n            sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n",
        },
        {},
        F,
        "(`RUN_MAIN` is not declared)",
        7,
    ),
    (
        "w root urls init",
        "sdk-initialized",
        {
            "shop/settings.py": "ROOT_URLCONF='shop.urls'\n",
            "shop/urls.py": 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nurlpatterns=[]\n',
        },
        {},
        U,
        "()",
        3,
    ),
    (
        "w middleware init",
        "sdk-initialized",
        {
            "shop/settings.py": "MIDDLEWARE=['shop.mw.M']\n",
            "shop/mw.py": 'import os\nimport sentry_sdk\nclass M:\n    def __init__(self, get_response):\n        self.get_response=get_response\n        sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        U,
        "()",
        6,
    ),
    (
        "w side effect chain",
        "sdk-initialized",
        {
            "shop/settings.py": "import shop.boot\n",
            "shop/boot.py": "import shop.telem\n",
            "shop/telem.py": 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "()",
        3,
    ),
    (
        "dec registers",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef run(f):\n    f()\n    return f\n@run\ndef go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        10,
    ),
    (
        "dec does not",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nhooks=[]\ndef reg(f):\n    hooks.append(f)\n    return f\n@reg\ndef go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "dec registers and run later",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nhooks=[]\ndef reg(f):\n    hooks.append(f)\n    return f\n@reg\ndef go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nfor h in hooks:\n    h()\n'
        },
        {},
        P,
        "()",
        11,
    ),
    (
        "dec wrapper",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport functools\ndef only(flag):\n    def deco(f):\n        @functools.wraps(f)\n        def inner(*a, **k):\n            if flag:\n                return f(*a, **k)\n        return inner\n    return deco\n@only(DEBUG)\ndef go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\ngo()\n'
        },
        {},
        F,
        "(flag is False)",
        16,
    ),
    (
        "dec wrapper on",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport functools\ndef only(flag):\n    def deco(f):\n        @functools.wraps(f)\n        def inner(*a, **k):\n            if flag:\n                return f(*a, **k)\n        return inner\n    return deco\n@only(not DEBUG)\ndef go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\ngo()\n'
        },
        {},
        P,
        "()",
        16,
    ),
    (
        "lru_cache",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom functools import lru_cache\n@lru_cache\ndef go():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\ngo()\n'
        },
        {},
        P,
        "()",
        8,
    ),
    (
        "receiver request_started",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom django.core.signals import request_started\nfrom django.dispatch import receiver\n@receiver(request_started)\ndef go(**k):\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        F,
        "()",
        None,
    ),
]


@pytest.mark.parametrize(
    ("name", "item", "files", "given", "outcome", "message", "line"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES]
)
def test_case(name, item, files, given, outcome, message, line):
    assert_case(item, files, given, outcome, message, line)
