"""Shapes of settings that projects use: readers, classes, casts, dispatch, patterns, errors that are handled, code made from text."""

from __future__ import annotations

import pytest

from tests.support.shop import F, P, U, assert_case

CASES = [
    (
        "cookiecutter",
        "sdk-initialized",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "()",
        13,
    ),
    (
        "cookiecutter",
        "init-covers-workers",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "",
        13,
    ),
    (
        "cookiecutter",
        "pii-off",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "",
        13,
    ),
    (
        "cookiecutter",
        "debug-off",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "`env.bool('DJANGO_DEBUG', False)`",
        8,
    ),
    (
        "cookiecutter",
        "environment-set",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "`SENTRY_ENVIRONMENT`",
        13,
    ),
    (
        "cookiecutter",
        "environment-explicit",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        F,
        "",
        13,
    ),
    (
        "cookiecutter",
        "dsn-configured",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "`SENTRY_DSN`",
        9,
    ),
    (
        "cookiecutter",
        "logging-captured",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "",
        11,
    ),
    (
        "cookiecutter",
        "integrations-installed",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "",
        12,
    ),
    (
        "cookiecutter",
        "tracing-enabled",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        U,
        "`SENTRY_TRACES_SAMPLE_RATE`",
        13,
    ),
    (
        "cookiecutter",
        "sdk-options-valid",
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\nexecute_from_command_line([])\n',
            "config/__init__.py": "",
            "config/settings/__init__.py": "",
            "config/settings/base.py": 'import environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve(strict=True).parent.parent.parent\nenv = environ.Env()\nREAD_DOT_ENV_FILE = env.bool("DJANGO_READ_DOT_ENV_FILE", default=False)\nif READ_DOT_ENV_FILE:\n    env.read_env(str(BASE_DIR / ".env"))\nDEBUG = env.bool("DJANGO_DEBUG", False)\nDJANGO_APPS=["django.contrib.auth"]\nINSTALLED_APPS = DJANGO_APPS\n',
            "config/settings/local.py": "from .base import *  # noqa\nDEBUG = True\n",
            "config/settings/production.py": 'import logging\nimport sentry_sdk\nfrom sentry_sdk.integrations.celery import CeleryIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nfrom sentry_sdk.integrations.logging import LoggingIntegration\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom .base import *  # noqa: F403\nfrom .base import env\nSENTRY_DSN = env("SENTRY_DSN")\nSENTRY_LOG_LEVEL = env.int("DJANGO_SENTRY_LOG_LEVEL", logging.INFO)\nsentry_logging = LoggingIntegration(level=SENTRY_LOG_LEVEL, event_level=logging.ERROR)\nintegrations = [sentry_logging, DjangoIntegration(), CeleryIntegration(), RedisIntegration()]\nsentry_sdk.init(dsn=SENTRY_DSN, integrations=integrations, environment=env("SENTRY_ENVIRONMENT", default="production"), traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0))\n',
            "config/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
            "requirements.txt": "django==5.2\ngunicorn\ncelery\nsentry-sdk==2.75.0\nredis\ndjango-environ\n",
            "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn config.wsgi\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n      - key: DJANGO_SETTINGS_MODULE\n        value: 'config.settings.production'\n",
        },
        {},
        P,
        "",
        13,
    ),
    (
        "configurations prod",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sentry_sdk\nfrom configurations import Configuration, values\nclass Base(Configuration):\n    DEBUG = values.BooleanValue(False)\n    SENTRY_DSN = values.Value(None, environ_name="SENTRY_DSN", environ_prefix=None)\nclass Dev(Base):\n    DEBUG = True\nclass Prod(Base):\n    DEBUG = False\n    @classmethod\n    def post_setup(cls):\n        super().post_setup()\n        sentry_sdk.init(dsn=cls.SENTRY_DSN, environment="production", send_default_pii=True)\n'
        },
        {"variables": ("DJANGO_CONFIGURATION=Prod",)},
        P,
        "()",
        14,
    ),
    (
        "configurations prod",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sentry_sdk\nfrom configurations import Configuration, values\nclass Base(Configuration):\n    DEBUG = values.BooleanValue(False)\n    SENTRY_DSN = values.Value(None, environ_name="SENTRY_DSN", environ_prefix=None)\nclass Dev(Base):\n    DEBUG = True\nclass Prod(Base):\n    DEBUG = False\n    @classmethod\n    def post_setup(cls):\n        super().post_setup()\n        sentry_sdk.init(dsn=cls.SENTRY_DSN, environment="production", send_default_pii=True)\n'
        },
        {"variables": ("DJANGO_CONFIGURATION=Prod",)},
        F,
        "",
        14,
    ),
    (
        "configurations prod",
        "debug-off",
        {
            "shop/settings.py": 'import os\nimport sentry_sdk\nfrom configurations import Configuration, values\nclass Base(Configuration):\n    DEBUG = values.BooleanValue(False)\n    SENTRY_DSN = values.Value(None, environ_name="SENTRY_DSN", environ_prefix=None)\nclass Dev(Base):\n    DEBUG = True\nclass Prod(Base):\n    DEBUG = False\n    @classmethod\n    def post_setup(cls):\n        super().post_setup()\n        sentry_sdk.init(dsn=cls.SENTRY_DSN, environment="production", send_default_pii=True)\n'
        },
        {"variables": ("DJANGO_CONFIGURATION=Prod",)},
        P,
        "",
        10,
    ),
    (
        "configurations prod",
        "environment-set",
        {
            "shop/settings.py": 'import os\nimport sentry_sdk\nfrom configurations import Configuration, values\nclass Base(Configuration):\n    DEBUG = values.BooleanValue(False)\n    SENTRY_DSN = values.Value(None, environ_name="SENTRY_DSN", environ_prefix=None)\nclass Dev(Base):\n    DEBUG = True\nclass Prod(Base):\n    DEBUG = False\n    @classmethod\n    def post_setup(cls):\n        super().post_setup()\n        sentry_sdk.init(dsn=cls.SENTRY_DSN, environment="production", send_default_pii=True)\n'
        },
        {"variables": ("DJANGO_CONFIGURATION=Prod",)},
        P,
        "",
        14,
    ),
    (
        "configurations prod",
        "dsn-configured",
        {
            "shop/settings.py": 'import os\nimport sentry_sdk\nfrom configurations import Configuration, values\nclass Base(Configuration):\n    DEBUG = values.BooleanValue(False)\n    SENTRY_DSN = values.Value(None, environ_name="SENTRY_DSN", environ_prefix=None)\nclass Dev(Base):\n    DEBUG = True\nclass Prod(Base):\n    DEBUG = False\n    @classmethod\n    def post_setup(cls):\n        super().post_setup()\n        sentry_sdk.init(dsn=cls.SENTRY_DSN, environment="production", send_default_pii=True)\n'
        },
        {"variables": ("DJANGO_CONFIGURATION=Prod",)},
        P,
        "`SENTRY_DSN`",
        6,
    ),
    (
        "configurations dev runs",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sentry_sdk\nfrom configurations import Configuration, values\nclass Base(Configuration):\n    DEBUG = values.BooleanValue(False)\n    SENTRY_DSN = values.Value(None, environ_name="SENTRY_DSN", environ_prefix=None)\nclass Dev(Base):\n    DEBUG = True\nclass Prod(Base):\n    DEBUG = False\n    @classmethod\n    def post_setup(cls):\n        super().post_setup()\n        sentry_sdk.init(dsn=cls.SENTRY_DSN, environment="production", send_default_pii=True)\n'
        },
        {"variables": ("DJANGO_CONFIGURATION=Dev",)},
        F,
        "()",
        None,
    ),
    (
        "configurations dev runs",
        "debug-off",
        {
            "shop/settings.py": 'import os\nimport sentry_sdk\nfrom configurations import Configuration, values\nclass Base(Configuration):\n    DEBUG = values.BooleanValue(False)\n    SENTRY_DSN = values.Value(None, environ_name="SENTRY_DSN", environ_prefix=None)\nclass Dev(Base):\n    DEBUG = True\nclass Prod(Base):\n    DEBUG = False\n    @classmethod\n    def post_setup(cls):\n        super().post_setup()\n        sentry_sdk.init(dsn=cls.SENTRY_DSN, environment="production", send_default_pii=True)\n'
        },
        {"variables": ("DJANGO_CONFIGURATION=Dev",)},
        F,
        "",
        8,
    ),
    (
        "configurations setup property",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sentry_sdk\nfrom configurations import Configuration, values\nclass Base(Configuration):\n    DEBUG = values.BooleanValue(False)\n    SENTRY_DSN = values.Value(None, environ_name="SENTRY_DSN", environ_prefix=None)\nclass Dev(Base):\n    DEBUG = True\nclass Prod(Base):\n    DEBUG = False\n    @property\n    def SENTRY_ENV(self):\n        return \'x\'\n    @classmethod\n    def setup(cls):\n        super().setup()\n        sentry_sdk.init(dsn=cls.SENTRY_DSN, environment="production", send_default_pii=True)\n'
        },
        {"variables": ("DJANGO_CONFIGURATION=Prod",)},
        P,
        "()",
        17,
    ),
    (
        "pydantic",
        "sdk-initialized",
        {
            "shop/settings.py": 'from pydantic import Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\nimport sentry_sdk\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="SHOP_")\n    debug: bool = False\n    sentry_dsn: str = Field(default="", alias="SENTRY_DSN")\n    pii: bool = True\ns = S()\nDEBUG = s.debug\nif s.sentry_dsn:\n    sentry_sdk.init(dsn=s.sentry_dsn, send_default_pii=s.pii)\n'
        },
        {},
        P,
        "()",
        12,
    ),
    (
        "pydantic",
        "pii-off",
        {
            "shop/settings.py": 'from pydantic import Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\nimport sentry_sdk\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="SHOP_")\n    debug: bool = False\n    sentry_dsn: str = Field(default="", alias="SENTRY_DSN")\n    pii: bool = True\ns = S()\nDEBUG = s.debug\nif s.sentry_dsn:\n    sentry_sdk.init(dsn=s.sentry_dsn, send_default_pii=s.pii)\n'
        },
        {},
        F,
        "`PII`",
        12,
    ),
    (
        "pydantic",
        "debug-off",
        {
            "shop/settings.py": 'from pydantic import Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\nimport sentry_sdk\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="SHOP_")\n    debug: bool = False\n    sentry_dsn: str = Field(default="", alias="SENTRY_DSN")\n    pii: bool = True\ns = S()\nDEBUG = s.debug\nif s.sentry_dsn:\n    sentry_sdk.init(dsn=s.sentry_dsn, send_default_pii=s.pii)\n'
        },
        {},
        P,
        "(`s.debug`)",
        10,
    ),
    (
        "pydantic",
        "dsn-configured",
        {
            "shop/settings.py": 'from pydantic import Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\nimport sentry_sdk\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="SHOP_")\n    debug: bool = False\n    sentry_dsn: str = Field(default="", alias="SENTRY_DSN")\n    pii: bool = True\ns = S()\nDEBUG = s.debug\nif s.sentry_dsn:\n    sentry_sdk.init(dsn=s.sentry_dsn, send_default_pii=s.pii)\n'
        },
        {},
        P,
        "`SENTRY_DSN`",
        7,
    ),
    (
        "pydantic optional",
        "sdk-initialized",
        {
            "shop/settings.py": 'from typing import Optional\nfrom pydantic_settings import BaseSettings\nimport sentry_sdk\nclass S(BaseSettings):\n    SENTRY_DSN: Optional[str] = None\n    DEBUG: bool = True\n    class Config:\n        env_file = ".env"\ns = S()\nDEBUG = s.DEBUG\nif s.SENTRY_DSN is not None:\n    sentry_sdk.init(dsn=s.SENTRY_DSN)\n'
        },
        {"variables": ("DEBUG=false",)},
        P,
        "()",
        12,
    ),
    (
        "pydantic optional",
        "debug-off",
        {
            "shop/settings.py": 'from typing import Optional\nfrom pydantic_settings import BaseSettings\nimport sentry_sdk\nclass S(BaseSettings):\n    SENTRY_DSN: Optional[str] = None\n    DEBUG: bool = True\n    class Config:\n        env_file = ".env"\ns = S()\nDEBUG = s.DEBUG\nif s.SENTRY_DSN is not None:\n    sentry_sdk.init(dsn=s.SENTRY_DSN)\n'
        },
        {"variables": ("DEBUG=false",)},
        P,
        "(`s.DEBUG`)",
        10,
    ),
    (
        "pydantic optional",
        "dsn-configured",
        {
            "shop/settings.py": 'from typing import Optional\nfrom pydantic_settings import BaseSettings\nimport sentry_sdk\nclass S(BaseSettings):\n    SENTRY_DSN: Optional[str] = None\n    DEBUG: bool = True\n    class Config:\n        env_file = ".env"\ns = S()\nDEBUG = s.DEBUG\nif s.SENTRY_DSN is not None:\n    sentry_sdk.init(dsn=s.SENTRY_DSN)\n'
        },
        {"variables": ("DEBUG=false",)},
        P,
        "`SENTRY_DSN`",
        5,
    ),
    (
        "pydantic validation_alias",
        "sdk-initialized",
        {
            "shop/settings.py": 'from pydantic import Field, AliasChoices\nfrom pydantic_settings import BaseSettings\nimport sentry_sdk\nclass S(BaseSettings):\n    dsn: str = Field("", validation_alias="SENTRY_DSN")\ns = S()\nsentry_sdk.init(dsn=s.dsn)\n'
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "pydantic validation_alias",
        "dsn-configured",
        {
            "shop/settings.py": 'from pydantic import Field, AliasChoices\nfrom pydantic_settings import BaseSettings\nimport sentry_sdk\nclass S(BaseSettings):\n    dsn: str = Field("", validation_alias="SENTRY_DSN")\ns = S()\nsentry_sdk.init(dsn=s.dsn)\n'
        },
        {},
        P,
        "`SENTRY_DSN`",
        5,
    ),
    (
        "environs prefixed",
        "sdk-initialized",
        {
            "shop/settings.py": 'from environs import Env\nimport sentry_sdk\nenv = Env()\nenv.read_env()\nwith env.prefixed("SENTRY_"):\n    DSN = env.str("DSN", None)\n    ENABLED = env.bool("ENABLED", True)\n    if ENABLED:\n        sentry_sdk.init(dsn=DSN, environment=env("ENVIRONMENT", "staging"))\n'
        },
        {},
        P,
        "()",
        9,
    ),
    (
        "environs prefixed",
        "dsn-configured",
        {
            "shop/settings.py": 'from environs import Env\nimport sentry_sdk\nenv = Env()\nenv.read_env()\nwith env.prefixed("SENTRY_"):\n    DSN = env.str("DSN", None)\n    ENABLED = env.bool("ENABLED", True)\n    if ENABLED:\n        sentry_sdk.init(dsn=DSN, environment=env("ENVIRONMENT", "staging"))\n'
        },
        {},
        P,
        "`SENTRY_DSN`",
        6,
    ),
    (
        "environs prefixed",
        "environment-set",
        {
            "shop/settings.py": 'from environs import Env\nimport sentry_sdk\nenv = Env()\nenv.read_env()\nwith env.prefixed("SENTRY_"):\n    DSN = env.str("DSN", None)\n    ENABLED = env.bool("ENABLED", True)\n    if ENABLED:\n        sentry_sdk.init(dsn=DSN, environment=env("ENVIRONMENT", "staging"))\n'
        },
        {},
        P,
        "`SENTRY_ENVIRONMENT`",
        9,
    ),
    (
        "decouple csv",
        "sdk-initialized",
        {
            "shop/settings.py": 'from decouple import config, Csv\nimport sentry_sdk\nHOSTS = config("HOSTS", default="", cast=Csv())\nDEBUG = config("DEBUG", default=False, cast=bool)\nif not DEBUG and config("SENTRY_DSN", default=""):\n    sentry_sdk.init(config("SENTRY_DSN"), send_default_pii=config("PII", default=True, cast=bool))\n'
        },
        {},
        P,
        "('SENTRY_DSN', default='')",
        6,
    ),
    (
        "decouple csv",
        "debug-off",
        {
            "shop/settings.py": 'from decouple import config, Csv\nimport sentry_sdk\nHOSTS = config("HOSTS", default="", cast=Csv())\nDEBUG = config("DEBUG", default=False, cast=bool)\nif not DEBUG and config("SENTRY_DSN", default=""):\n    sentry_sdk.init(config("SENTRY_DSN"), send_default_pii=config("PII", default=True, cast=bool))\n'
        },
        {},
        P,
        "`config('DEBUG', default=False, cast=bool)`",
        4,
    ),
    (
        "decouple csv",
        "pii-off",
        {
            "shop/settings.py": 'from decouple import config, Csv\nimport sentry_sdk\nHOSTS = config("HOSTS", default="", cast=Csv())\nDEBUG = config("DEBUG", default=False, cast=bool)\nif not DEBUG and config("SENTRY_DSN", default=""):\n    sentry_sdk.init(config("SENTRY_DSN"), send_default_pii=config("PII", default=True, cast=bool))\n'
        },
        {},
        F,
        "`PII`",
        6,
    ),
    (
        "dynaconf",
        "sdk-initialized",
        {"shop/settings.py": "import os\nDEBUG=False\nimport dynaconf\nsettings = dynaconf.DjangoDynaconf(__name__)\n"},
        {},
        F,
        "()",
        None,
    ),
    (
        "dynaconf",
        "debug-off",
        {"shop/settings.py": "import os\nDEBUG=False\nimport dynaconf\nsettings = dynaconf.DjangoDynaconf(__name__)\n"},
        {},
        P,
        "",
        2,
    ),
    (
        "try ImportError local absent",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\ntry:\n    from .local_settings import *\nexcept ImportError:\n    PII=True\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)'
        },
        {},
        F,
        "",
        10,
    ),
    (
        "try ImportError local absent",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\ntry:\n    from .local_settings import *\nexcept ImportError:\n    PII=True\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)'
        },
        {},
        P,
        "()",
        10,
    ),
    (
        "try local present",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)',
            "shop/local_settings.py": "PII=True\n",
        },
        {},
        F,
        "",
        10,
    ),
    (
        "KeyError default declared",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    PII = os.environ['PII'] == '1'\nexcept KeyError:\n    PII = True\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {"variables": ("PII=0",)},
        P,
        "`PII`",
        9,
    ),
    (
        "KeyError default absent closed",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    PII = os.environ['PII'] == '1'\nexcept KeyError:\n    PII = True\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        F,
        "",
        9,
    ),
    (
        "KeyError dsn",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    DSN = os.environ['SENTRY_DSN']\nexcept KeyError:\n    DSN = None\nelse:\n    sentry_sdk.init(dsn=DSN, send_default_pii=True)"
        },
        {},
        P,
        "()",
        10,
    ),
    (
        "KeyError dsn",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    DSN = os.environ['SENTRY_DSN']\nexcept KeyError:\n    DSN = None\nelse:\n    sentry_sdk.init(dsn=DSN, send_default_pii=True)"
        },
        {},
        F,
        "",
        10,
    ),
    (
        "KeyError absent init inside",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    os.environ['ENABLE_SENTRY']\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], )\nexcept KeyError:\n    pass\n"
        },
        {},
        F,
        "`'ENABLE_SENTRY' in os.environ`",
        7,
    ),
    (
        "KeyError absent init inside, declared",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    os.environ['ENABLE_SENTRY']\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], )\nexcept KeyError:\n    pass\n"
        },
        {"variables": ("ENABLE_SENTRY=1",)},
        P,
        "()",
        7,
    ),
    (
        "finally",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    x = unclear()\nfinally:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        8,
    ),
    (
        "try sentry missing",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    import sentry_sdk\nexcept ImportError:\n    sentry_sdk = None\nif sentry_sdk is not None:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        10,
    ),
    (
        "try sentry flag",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    import sentry_sdk\n    HAS = True\nexcept ImportError:\n    HAS = False\nif HAS:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        11,
    ),
    (
        "try newrelic flag",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ntry:\n    import newrelic\n    HAS = True\nexcept ImportError:\n    HAS = False\nif not HAS:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        U,
        "(HAS depends on what cannot be determined)",
        11,
    ),
    (
        "argv test",
        "sdk-initialized",
        {
            "shop/settings.py": "import os,sys,sentry_sdk\nTESTING = 'test' in sys.argv or 'pytest' in sys.modules\nDEBUG = False\nif not TESTING and not DEBUG:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "(not DEBUG)",
        5,
    ),
    (
        "argv runserver",
        "sdk-initialized",
        {
            "shop/settings.py": "import os,sys,sentry_sdk\nRUNSERVER = len(sys.argv) > 1 and sys.argv[1] == 'runserver'\nif RUNSERVER:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "(RUNSERVER is False)",
        4,
    ),
    (
        "argv any",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif any(a.startswith('test') for a in sys.argv):\n    pass\nelse:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "('test')",
        8,
    ),
    (
        "argv set",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif {'test','migrate'} & set(sys.argv):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "('gunicorn', 'wsgi:application')",
        6,
    ),
    (
        "argv set not",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif not {'test','migrate'}.intersection(sys.argv):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "(sys.argv)",
        6,
    ),
    (
        "argv0",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif 'gunicorn' in sys.argv[0]:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "argv0 manage",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif sys.argv[0].endswith('manage.py'):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "('gunicorn', 'wsgi:application')",
        6,
    ),
    (
        "partial",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom functools import partial\ngo = partial(sentry_sdk.init, send_default_pii=True)\ngo(dsn=os.environ['SENTRY_DSN'])\n"
        },
        {},
        P,
        "()",
        7,
    ),
    (
        "partial",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom functools import partial\ngo = partial(sentry_sdk.init, send_default_pii=True)\ngo(dsn=os.environ['SENTRY_DSN'])\n"
        },
        {},
        F,
        "",
        7,
    ),
    (
        "partial own",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport functools\ndef setup(on, dsn):\n    if on:\n        sentry_sdk.init(dsn=dsn)\nfunctools.partial(setup, DEBUG)(os.environ['SENTRY_DSN'])\n"
        },
        {},
        F,
        "(on is False)",
        8,
    ),
    (
        "environ setdefault",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nos.environ.setdefault('ENV', 'staging')\nif os.environ['ENV'] == 'production':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "()",
        7,
    ),
    (
        "environ setdefault not declared",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nos.environ.setdefault('ENV', 'staging')\nif os.environ['ENV'] == 'production':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "(`ENV` is not declared and defaults to 'staging')",
        7,
    ),
    (
        "dispatch",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef prod():\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\ndef dev():\n    pass\n{'production': prod, 'dev': dev}[os.environ.get('ENV','dev')]()\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "()",
        6,
    ),
    (
        "dispatch dev",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef prod():\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\ndef dev():\n    pass\n{'production': prod, 'dev': dev}[os.environ.get('ENV','dev')]()\n"
        },
        {"variables": ("ENV=dev",)},
        F,
        "()",
        None,
    ),
    (
        "dispatch get",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef prod():\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\nH={'production': prod}\nH.get(os.environ['ENV'], lambda: None)()\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "()",
        6,
    ),
    (
        "dispatch conf",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nCONF={'production': {'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True}, 'staging': {'dsn': ''}}\nsentry_sdk.init(**CONF[os.environ['ENV']])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "()",
        6,
    ),
    (
        "dispatch conf",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nCONF={'production': {'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True}, 'staging': {'dsn': ''}}\nsentry_sdk.init(**CONF[os.environ['ENV']])\n"
        },
        {"variables": ("ENV=production",)},
        F,
        "",
        6,
    ),
    (
        "dispatch conf",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nCONF={'production': {'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True}, 'staging': {'dsn': ''}}\nsentry_sdk.init(**CONF[os.environ['ENV']])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "`SENTRY_DSN`",
        5,
    ),
    (
        "dispatch conf staging",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nCONF={'production': {'dsn': os.environ.get('SENTRY_DSN')}, 'staging': {'dsn': ''}}\nsentry_sdk.init(**CONF[os.environ['ENV']])\n"
        },
        {"variables": ("ENV=staging",)},
        F,
        "",
        5,
    ),
    (
        "fstring env",
        "environment-set",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nENV=os.environ.get('ENV')\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], environment=f'shop-{ENV}', release=f'{os.environ.get(\"V\")}')"
        },
        {"variables": ("ENV=production", "V=1")},
        P,
        "",
        6,
    ),
    (
        "fstring guard",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif f'{os.environ.get(\"ENV\")}-eu' == 'production-eu':\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "('ENV')",
        6,
    ),
    (
        "walrus dict",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif (cfg := {'dsn': os.environ.get('SENTRY_DSN')}) and cfg['dsn']:\n    sentry_sdk.init(**cfg, send_default_pii=True)\n"
        },
        {},
        P,
        "('SENTRY_DSN')",
        6,
    ),
    (
        "walrus dict",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif (cfg := {'dsn': os.environ.get('SENTRY_DSN')}) and cfg['dsn']:\n    sentry_sdk.init(**cfg, send_default_pii=True)\n"
        },
        {},
        F,
        "",
        6,
    ),
    (
        "match guard",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nmatch os.environ.get('ENV', ''), DEBUG:\n    case ('production', False):\n        sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n    case _:\n        pass\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "('ENV', '')",
        7,
    ),
    (
        "match capture",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nmatch os.environ.get('ENV', ''):\n    case e if e.startswith('prod'):\n        sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n    case _:\n        pass\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "('prod')",
        7,
    ),
    (
        "match mapping",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nmatch {'env': 'staging'}:\n    case {'env': 'production'}:\n        sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        F,
        "()",
        7,
    ),
    (
        "class attr init",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nclass Config:\n    DEBUG = DEBUG\n    if not DEBUG:\n        sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        8,
    ),
    (
        "class attr debug",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nclass Config:\n    DEBUG = True\n    if DEBUG:\n        sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
        },
        {},
        P,
        "()",
        8,
    ),
    (
        "class static",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nclass Sentry:\n    enabled = not DEBUG\n    @staticmethod\n    def start():\n        if Sentry.enabled:\n            sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\nSentry.start()\n'
        },
        {},
        P,
        "()",
        10,
    ),
    (
        "dataclass",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom dataclasses import dataclass\n@dataclass\nclass C:\n    dsn: str\n    pii: bool = True\n    def start(self):\n        sentry_sdk.init(dsn=self.dsn, send_default_pii=self.pii)\nC(os.environ['SENTRY_DSN']).start()\n"
        },
        {},
        P,
        "()",
        11,
    ),
    (
        "dataclass",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom dataclasses import dataclass\n@dataclass\nclass C:\n    dsn: str\n    pii: bool = True\n    def start(self):\n        sentry_sdk.init(dsn=self.dsn, send_default_pii=self.pii)\nC(os.environ['SENTRY_DSN']).start()\n"
        },
        {},
        F,
        "",
        11,
    ),
    (
        "dataclass",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom dataclasses import dataclass\n@dataclass\nclass C:\n    dsn: str\n    pii: bool = True\n    def start(self):\n        sentry_sdk.init(dsn=self.dsn, send_default_pii=self.pii)\nC(os.environ['SENTRY_DSN']).start()\n"
        },
        {},
        P,
        "`SENTRY_DSN`",
        12,
    ),
    (
        "namedtuple",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom typing import NamedTuple\nclass C(NamedTuple):\n    dsn: str\n    pii: bool = False\nc = C(os.environ['SENTRY_DSN'], True)\nsentry_sdk.init(dsn=c.dsn, send_default_pii=c.pii)\n"
        },
        {},
        P,
        "()",
        10,
    ),
    (
        "namedtuple",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom typing import NamedTuple\nclass C(NamedTuple):\n    dsn: str\n    pii: bool = False\nc = C(os.environ['SENTRY_DSN'], True)\nsentry_sdk.init(dsn=c.dsn, send_default_pii=c.pii)\n"
        },
        {},
        F,
        "",
        10,
    ),
    (
        "enum",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom enum import Enum\nclass E(str, Enum):\n    PROD = 'production'\n    DEV = 'dev'\nENV = E(os.environ.get('ENV', 'dev'))\nif ENV is E.PROD:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        P,
        "()",
        11,
    ),
    (
        "enum2",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom enum import Enum\nclass E(str, Enum):\n    PROD = 'production'\n    DEV = 'dev'\nif os.environ.get('ENV') == E.DEV.value:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("ENV=production",)},
        F,
        "(`ENV` is 'production', E.DEV.value is 'dev')",
        10,
    ),
    (
        "globals update",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nglobals().update({'PII': True})\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        F,
        "",
        6,
    ),
    (
        "locals",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nlocals()['PII'] = True\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        F,
        "",
        6,
    ),
    (
        "vars()",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nvars()['PII'] = True\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        F,
        "",
        6,
    ),
    (
        "globals loop",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\nfor k, v in {'PII': True}.items():\n    globals()[k] = v\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        F,
        "",
        8,
    ),
    (
        "globals loop unknown",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\nfor k, v in load().items():\n    globals()[k] = v\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)'
        },
        {},
        U,
        "`PII`",
        8,
    ),
    (
        "setattr module",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\nsetattr(sys.modules[__name__], 'PII', True)\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        F,
        "",
        7,
    ),
    (
        "exec",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\nexec(open('extra.py').read())\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        U,
        "`PII`",
        7,
    ),
    (
        "exec literal",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\nexec('PII = True')\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        F,
        "",
        7,
    ),
    (
        "exec debug",
        "debug-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nexec(open('extra.py').read())\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], )"
        },
        {},
        U,
        "`False`",
        4,
    ),
    (
        "exec debug",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nexec(open('extra.py').read())\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], )"
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "importlib",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport importlib\nm = importlib.import_module('shop.obs')\nm.start()\n",
            "shop/obs.py": 'import os, sentry_sdk\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        P,
        "()",
        3,
    ),
    (
        "importlib relative",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom importlib import import_module\nm = import_module('.obs', 'shop')\nm.start()\n",
            "shop/obs.py": 'import os, sentry_sdk\ndef start():\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        },
        {},
        U,
        "()",
        3,
    ),
    (
        "importlib fstring",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom importlib import import_module\nm = import_module(f"shop.conf.{os.environ[\'ENV\']}")\nglobals().update({k: getattr(m, k) for k in dir(m) if k.isupper()})\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)',
            "shop/conf/__init__.py": "",
            "shop/conf/production.py": "PII=True\n",
            "shop/conf/dev.py": "PII=False\n",
        },
        {"variables": ("ENV=production",)},
        F,
        "",
        8,
    ),
    (
        "importlib fstring",
        "sdk-initialized",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom importlib import import_module\nm = import_module(f"shop.conf.{os.environ[\'ENV\']}")\nglobals().update({k: getattr(m, k) for k in dir(m) if k.isupper()})\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)',
            "shop/conf/__init__.py": "",
            "shop/conf/production.py": "PII=True\n",
            "shop/conf/dev.py": "PII=False\n",
        },
        {"variables": ("ENV=production",)},
        P,
        "()",
        8,
    ),
    (
        "vars(module)",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom shop import conf\nglobals().update(vars(conf))\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)',
            "shop/conf.py": "PII=True\n",
        },
        {},
        F,
        "",
        7,
    ),
    (
        "module __dict__",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\nfrom shop import conf\nglobals().update(conf.__dict__)\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=PII)',
            "shop/conf.py": "PII=True\n",
        },
        {},
        F,
        "",
        8,
    ),
    (
        "runpy",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=False\nimport runpy\nglobals().update(runpy.run_path('x.py'))\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=PII)"
        },
        {},
        U,
        "`PII`",
        8,
    ),
    (
        "helper cast",
        "sdk-initialized",
        {
            "shop/settings.py": "from shop.envs import env\nimport sentry_sdk, os\nDEBUG = env('DEBUG', False, bool)\nif not DEBUG:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=env('PII', 'true', bool), environment=env('ENVIRONMENT'))",
            "shop/envs.py": "import os\ndef env(name, default=None, cast=str):\n    value = os.environ.get(name, default)\n    if cast is bool:\n        return str(value).lower() in ('1', 'true', 'yes')\n    return cast(value) if value is not None else None\n",
        },
        {"variables": ("ENVIRONMENT=production",)},
        P,
        "()",
        5,
    ),
    (
        "helper cast",
        "pii-off",
        {
            "shop/settings.py": "from shop.envs import env\nimport sentry_sdk, os\nDEBUG = env('DEBUG', False, bool)\nif not DEBUG:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=env('PII', 'true', bool), environment=env('ENVIRONMENT'))",
            "shop/envs.py": "import os\ndef env(name, default=None, cast=str):\n    value = os.environ.get(name, default)\n    if cast is bool:\n        return str(value).lower() in ('1', 'true', 'yes')\n    return cast(value) if value is not None else None\n",
        },
        {"variables": ("ENVIRONMENT=production",)},
        F,
        "`PII`",
        5,
    ),
    (
        "helper cast",
        "environment-set",
        {
            "shop/settings.py": "from shop.envs import env\nimport sentry_sdk, os\nDEBUG = env('DEBUG', False, bool)\nif not DEBUG:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=env('PII', 'true', bool), environment=env('ENVIRONMENT'))",
            "shop/envs.py": "import os\ndef env(name, default=None, cast=str):\n    value = os.environ.get(name, default)\n    if cast is bool:\n        return str(value).lower() in ('1', 'true', 'yes')\n    return cast(value) if value is not None else None\n",
        },
        {"variables": ("ENVIRONMENT=production",)},
        P,
        "`ENVIRONMENT`",
        5,
    ),
    (
        "helper cast",
        "debug-off",
        {
            "shop/settings.py": "from shop.envs import env\nimport sentry_sdk, os\nDEBUG = env('DEBUG', False, bool)\nif not DEBUG:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], send_default_pii=env('PII', 'true', bool), environment=env('ENVIRONMENT'))",
            "shop/envs.py": "import os\ndef env(name, default=None, cast=str):\n    value = os.environ.get(name, default)\n    if cast is bool:\n        return str(value).lower() in ('1', 'true', 'yes')\n    return cast(value) if value is not None else None\n",
        },
        {"variables": ("ENVIRONMENT=production",)},
        P,
        "`env('DEBUG', False, bool)`",
        3,
    ),
    (
        "helper raising",
        "sdk-initialized",
        {
            "shop/settings.py": "from shop.envs import require\nimport sentry_sdk\nsentry_sdk.init(dsn=require('SENTRY_DSN'))\n",
            "shop/envs.py": "import os\nfrom django.core.exceptions import ImproperlyConfigured\ndef require(n):\n    try:\n        return os.environ[n]\n    except KeyError:\n        raise ImproperlyConfigured(f'Set the {n} environment variable')\n",
        },
        {},
        P,
        "()",
        3,
    ),
    (
        "helper raising",
        "dsn-configured",
        {
            "shop/settings.py": "from shop.envs import require\nimport sentry_sdk\nsentry_sdk.init(dsn=require('SENTRY_DSN'))\n",
            "shop/envs.py": "import os\nfrom django.core.exceptions import ImproperlyConfigured\ndef require(n):\n    try:\n        return os.environ[n]\n    except KeyError:\n        raise ImproperlyConfigured(f'Set the {n} environment variable')\n",
        },
        {},
        P,
        "`SENTRY_DSN`",
        5,
    ),
    (
        "helper raising others",
        "sdk-initialized",
        {
            "shop/settings.py": "from shop.envs import require\nimport sentry_sdk\nSECRET_KEY=require('SECRET_KEY')\nsentry_sdk.init(dsn=require('SENTRY_DSN'))\n",
            "shop/envs.py": "import os\nfrom django.core.exceptions import ImproperlyConfigured\ndef require(n):\n    try:\n        return os.environ[n]\n    except KeyError:\n        raise ImproperlyConfigured(f'Set the {n} environment variable')\n",
        },
        {},
        P,
        "()",
        4,
    ),
    (
        "helper raising others",
        "dsn-configured",
        {
            "shop/settings.py": "from shop.envs import require\nimport sentry_sdk\nSECRET_KEY=require('SECRET_KEY')\nsentry_sdk.init(dsn=require('SENTRY_DSN'))\n",
            "shop/envs.py": "import os\nfrom django.core.exceptions import ImproperlyConfigured\ndef require(n):\n    try:\n        return os.environ[n]\n    except KeyError:\n        raise ImproperlyConfigured(f'Set the {n} environment variable')\n",
        },
        {},
        P,
        "`SENTRY_DSN`",
        5,
    ),
    (
        "helper none raising",
        "sdk-initialized",
        {
            "shop/settings.py": "from shop.envs import require\nimport sentry_sdk\nsentry_sdk.init(dsn=require('SENTRY_DSN'))\n",
            "shop/envs.py": "import os\ndef require(n):\n    v = os.environ.get(n)\n    if v is None:\n        raise RuntimeError(n)\n    return v\n",
        },
        {},
        P,
        "()",
        3,
    ),
    (
        "helper none raising",
        "dsn-configured",
        {
            "shop/settings.py": "from shop.envs import require\nimport sentry_sdk\nsentry_sdk.init(dsn=require('SENTRY_DSN'))\n",
            "shop/envs.py": "import os\ndef require(n):\n    v = os.environ.get(n)\n    if v is None:\n        raise RuntimeError(n)\n    return v\n",
        },
        {},
        P,
        "`SENTRY_DSN`",
        3,
    ),
    (
        "strtobool",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom distutils.util import strtobool\nif strtobool(os.environ.get('SENTRY','false')):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("SENTRY=true",)},
        P,
        "('SENTRY', 'false')",
        7,
    ),
    (
        "strtobool own",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef strtobool(v):\n    return v.lower() in ('y','yes','1')\nif strtobool(os.environ.get('SENTRY','false')):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("SENTRY=true",)},
        F,
        "(`SENTRY` is 'true')",
        8,
    ),
    (
        "literal_eval",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport ast\nif ast.literal_eval(os.environ.get('SENTRY','False')):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("SENTRY=True",)},
        P,
        "('SENTRY', 'False')",
        7,
    ),
    (
        "literal_eval False",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport ast\nif ast.literal_eval(os.environ.get('SENTRY','False')):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("SENTRY=False",)},
        F,
        "(`SENTRY` is 'False')",
        7,
    ),
    (
        "json.loads",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport json\nif json.loads(os.environ.get('SENTRY','false')):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("SENTRY=false",)},
        F,
        "(`SENTRY` is 'false')",
        7,
    ),
    (
        "json.loads dict",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport json\nC=json.loads(os.environ['SENTRY'])\nsentry_sdk.init(**C)\n"
        },
        {"variables": ('SENTRY={"send_default_pii": true}',)},
        U,
        "",
        7,
    ),
    (
        "json.loads dict",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport json\nC=json.loads(os.environ['SENTRY'])\nsentry_sdk.init(**C)\n"
        },
        {"variables": ('SENTRY={"send_default_pii": true}',)},
        P,
        "()",
        7,
    ),
    (
        "json lower",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport json\nif json.loads(os.environ.get('SENTRY','false').lower()):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("SENTRY=False",)},
        F,
        "(`SENTRY` is 'False')",
        7,
    ),
    (
        "int",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif int(os.getenv('SENTRY', 0)):\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("SENTRY=0",)},
        F,
        "(`SENTRY` is '0')",
        6,
    ),
    (
        "int==1",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif int(os.getenv('SENTRY', '0')) == 1:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("SENTRY=1",)},
        P,
        "('SENTRY', '0')",
        6,
    ),
    (
        "bool text",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nif bool(os.getenv('DISABLE_SENTRY', '')):\n    pass\nelse:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {"variables": ("DISABLE_SENTRY=False",)},
        F,
        "(`DISABLE_SENTRY` is 'False')",
        8,
    ),
    (
        "yaml config",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nimport yaml\nwith open('conf.yml') as f:\n    C = yaml.safe_load(f)\nif C['sentry']:\n    sentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"])\n"
        },
        {},
        U,
        "`open('conf.yml')`",
        9,
    ),
    (
        "integrations conditional",
        "integrations-installed",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nI=[DjangoIntegration()]\nif os.environ.get('REDIS_URL'):\n    I.append(RedisIntegration())\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], integrations=I)"
        },
        {"variables": ("REDIS_URL=redis://x",)},
        F,
        "",
        9,
    ),
    (
        "integrations conditional",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nI=[DjangoIntegration()]\nif os.environ.get('REDIS_URL'):\n    I.append(RedisIntegration())\nsentry_sdk.init(dsn=os.environ[\"SENTRY_DSN\"], integrations=I)"
        },
        {"variables": ("REDIS_URL=redis://x",)},
        P,
        "()",
        10,
    ),
    (
        "integrations conditional off",
        "integrations-installed",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nI=[DjangoIntegration()]\nif DEBUG:\n    I.append(RedisIntegration())\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], integrations=I)'
        },
        {},
        P,
        "",
        7,
    ),
    (
        "integrations append after",
        "integrations-installed",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.integrations.redis import RedisIntegration\nI=[]\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], integrations=I)\nI.append(RedisIntegration())\n'
        },
        {},
        F,
        "",
        8,
    ),
    (
        "integrations comprehension",
        "integrations-installed",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], integrations=[c() for c in (DjangoIntegration, RedisIntegration)])'
        },
        {},
        F,
        "",
        7,
    ),
    (
        "integrations +=",
        "integrations-installed",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.integrations.redis import RedisIntegration\nfrom sentry_sdk.integrations.django import DjangoIntegration\nI=[DjangoIntegration()]\nI += [RedisIntegration()]\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], integrations=I)'
        },
        {},
        F,
        "",
        8,
    ),
    (
        "integrations helper",
        "integrations-installed",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nfrom sentry_sdk.integrations.redis import RedisIntegration\ndef get():\n    return [RedisIntegration()]\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], integrations=get())'
        },
        {},
        F,
        "",
        7,
    ),
    (
        "**config",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nconfig = dict(dsn=os.environ.get('SENTRY_DSN'))\nif not DEBUG:\n    config['send_default_pii'] = True\nconfig |= {'environment': 'production'}\nsentry_sdk.init(**config)\n"
        },
        {},
        F,
        "",
        9,
    ),
    (
        "**config",
        "environment-set",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nconfig = dict(dsn=os.environ.get('SENTRY_DSN'))\nif not DEBUG:\n    config['send_default_pii'] = True\nconfig |= {'environment': 'production'}\nsentry_sdk.init(**config)\n"
        },
        {},
        P,
        "",
        9,
    ),
    (
        "**config",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nconfig = dict(dsn=os.environ.get('SENTRY_DSN'))\nif not DEBUG:\n    config['send_default_pii'] = True\nconfig |= {'environment': 'production'}\nsentry_sdk.init(**config)\n"
        },
        {},
        P,
        "()",
        9,
    ),
    (
        "**config",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nconfig = dict(dsn=os.environ.get('SENTRY_DSN'))\nif not DEBUG:\n    config['send_default_pii'] = True\nconfig |= {'environment': 'production'}\nsentry_sdk.init(**config)\n"
        },
        {},
        P,
        "`SENTRY_DSN`",
        5,
    ),
    (
        "**settings",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nINSTALLED_APPS=['core']\nSENTRY={'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True}\n",
            "core/__init__.py": "",
            "core/apps.py": "import sentry_sdk\nfrom django.apps import AppConfig\nfrom django.conf import settings\nclass C(AppConfig):\n    def ready(self):\n        sentry_sdk.init(**settings.SENTRY)\n",
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "**settings",
        "pii-off",
        {
            "shop/settings.py": "import os\nINSTALLED_APPS=['core']\nSENTRY={'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True}\n",
            "core/__init__.py": "",
            "core/apps.py": "import sentry_sdk\nfrom django.apps import AppConfig\nfrom django.conf import settings\nclass C(AppConfig):\n    def ready(self):\n        sentry_sdk.init(**settings.SENTRY)\n",
        },
        {},
        F,
        "",
        6,
    ),
    (
        "**settings",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nINSTALLED_APPS=['core']\nSENTRY={'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True}\n",
            "core/__init__.py": "",
            "core/apps.py": "import sentry_sdk\nfrom django.apps import AppConfig\nfrom django.conf import settings\nclass C(AppConfig):\n    def ready(self):\n        sentry_sdk.init(**settings.SENTRY)\n",
        },
        {},
        P,
        "`SENTRY_DSN`",
        3,
    ),
    (
        "**kw merge",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef setup(**kw):\n    opts = {'send_default_pii': False, **kw}\n    sentry_sdk.init(**opts)\nsetup(dsn=os.environ['SENTRY_DSN'], send_default_pii=True)\n"
        },
        {},
        F,
        "",
        8,
    ),
    (
        "**kw merge",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef setup(**kw):\n    opts = {'send_default_pii': False, **kw}\n    sentry_sdk.init(**opts)\nsetup(dsn=os.environ['SENTRY_DSN'], send_default_pii=True)\n"
        },
        {},
        P,
        "`SENTRY_DSN`",
        8,
    ),
    (
        "**kw order",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\ndef setup(**kw):\n    opts = {**kw, 'send_default_pii': False}\n    sentry_sdk.init(**opts)\nsetup(dsn=os.environ['SENTRY_DSN'], send_default_pii=True)\n"
        },
        {},
        P,
        "",
        7,
    ),
    (
        "dict comp filter",
        "pii-off",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nopts = {'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True, 'release': None}\nsentry_sdk.init(**{k: v for k, v in opts.items() if v is not None})\n"
        },
        {},
        F,
        "",
        6,
    ),
    (
        "dict comp filter",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nopts = {'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True, 'release': None}\nsentry_sdk.init(**{k: v for k, v in opts.items() if v is not None})\n"
        },
        {},
        P,
        "`SENTRY_DSN`",
        5,
    ),
    (
        "dict comp filter",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nopts = {'dsn': os.environ.get('SENTRY_DSN'), 'send_default_pii': True, 'release': None}\nsentry_sdk.init(**{k: v for k, v in opts.items() if v is not None})\n"
        },
        {},
        P,
        "()",
        6,
    ),
    (
        "settings chained getattr",
        "pii-off",
        {
            "shop/settings.py": 'import os\nimport sys\nimport sentry_sdk\nDEBUG = False\nPII=True\nfrom types import SimpleNamespace\nc = SimpleNamespace(pii=True)\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"], send_default_pii=c.pii)'
        },
        {},
        F,
        "",
        8,
    ),
]


@pytest.mark.parametrize(
    ("name", "item", "files", "given", "outcome", "message", "line"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES]
)
def test_case(name, item, files, given, outcome, message, line):
    assert_case(item, files, given, outcome, message, line)
