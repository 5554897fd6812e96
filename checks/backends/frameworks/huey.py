"""Huey: its integration wraps how tasks are enqueued and run; the consumer imports the module of the instance before it works.

https://docs.sentry.io/platforms/python/integrations/huey/, https://huey.readthedocs.io/en/latest/consumer.html
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="huey",
    title="Huey",
    kind="worker",
    distributions=("huey",),
    platform="python",
    guide="huey",
    integration="HueyIntegration",
    extra="huey",
    applications=tuple(
        f"huey.{name}"
        for name in (
            *("Huey", "BlackHoleHuey", "MemoryHuey", "SqliteHuey", "FileHuey", "RedisHuey", "RedisExpireHuey"),
            *("PriorityRedisHuey", "PriorityRedisExpireHuey"),
        )
    ),
    variables=("huey",),
)
