"""Clients of language models that the SDK traces: its integration for each, since when, and whether it is enabled by itself.

Read from the sources of sentry-sdk 2.0 to 2.75 (`sentry_sdk/integrations/__init__.py`): `_AUTO_ENABLING_INTEGRATIONS` of each
release, `_MIN_VERSIONS` of 2.75.0 (https://docs.sentry.io/platforms/python/tracing/instrumentation/ai-agents-module/).
"""

from __future__ import annotations

from msgspec import Struct


class AiClient(Struct, frozen=True, kw_only=True):
    """A client: its distribution, the integration's module and class, the SDK that has it, and the client's oldest version.

    `automatic` is the SDK version that enables the integration by itself, "" where it has to be listed.
    """

    distribution: str
    module: str
    integration: str
    since: str
    automatic: str
    oldest: str


AI_CLIENTS = (
    AiClient(
        distribution="openai",
        module="openai",
        integration="OpenAIIntegration",
        since="2.0.0",
        automatic="2.0.0",
        oldest="1.0.0",
    ),
    AiClient(
        distribution="anthropic",
        module="anthropic",
        integration="AnthropicIntegration",
        since="2.1.0",
        automatic="2.2.0",
        oldest="0.16",
    ),
    AiClient(
        distribution="cohere",
        module="cohere",
        integration="CohereIntegration",
        since="2.2.0",
        automatic="2.2.0",
        oldest="5.4.0",
    ),
    AiClient(
        distribution="huggingface-hub",
        module="huggingface_hub",
        integration="HuggingfaceHubIntegration",
        since="2.1.0",
        automatic="2.1.0",
        oldest="0.24.7",
    ),
    AiClient(
        distribution="langchain",
        module="langchain",
        integration="LangchainIntegration",
        since="2.1.0",
        automatic="2.1.0",
        oldest="0.1.0",
    ),
    AiClient(
        distribution="langgraph",
        module="langgraph",
        integration="LanggraphIntegration",
        since="2.37.0",
        automatic="2.37.0",
        oldest="0.6.6",
    ),
    AiClient(
        distribution="google-genai",
        module="google_genai",
        integration="GoogleGenAIIntegration",
        since="2.42.0",
        automatic="2.50.0",
        oldest="1.29.0",
    ),
    AiClient(
        distribution="openai-agents",
        module="openai_agents",
        integration="OpenAIAgentsIntegration",
        since="2.31.0",
        automatic="2.45.0",
        oldest="0.0.19",
    ),
    AiClient(
        distribution="pydantic-ai",
        module="pydantic_ai",
        integration="PydanticAIIntegration",
        since="2.43.0",
        automatic="2.45.0",
        oldest="1.0.0",
    ),
    AiClient(
        distribution="litellm",
        module="litellm",
        integration="LiteLLMIntegration",
        since="2.40.0",
        automatic="",
        oldest="1.77.5",
    ),
)
