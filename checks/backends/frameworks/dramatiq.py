"""Dramatiq: its integration wraps the broker; the worker and its children import the module that names the actors.

Without it, or with a broker made before init, errors still arrive from the worker's log, without the name of the actor (tried
with dramatiq 2.2 and sentry-sdk 2.75).

https://docs.sentry.io/platforms/python/integrations/dramatiq/
"""

from __future__ import annotations

from checks.backends.framework import Framework

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
