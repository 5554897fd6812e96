"""Dramatiq: its integration wraps the broker; the worker and its children import the module that names the actors.

https://docs.sentry.io/platforms/python/integrations/dramatiq/
"""

from __future__ import annotations

from checks.targets.framework import Framework

FRAMEWORK = Framework(
    name="dramatiq",
    title="Dramatiq",
    kind="worker",
    distributions=("dramatiq",),
    platform="python",
    guide="dramatiq",
    integration="DramatiqIntegration",
    oldest="1.9",
    listed="DramatiqIntegration()",
    applications=("dramatiq.brokers.redis.RedisBroker", "dramatiq.brokers.rabbitmq.RabbitmqBroker"),
    variables=("broker",),
)
