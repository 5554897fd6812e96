"""AWS Lambda: the host imports the module and calls the handler, so init belongs at module level, above the handler.

https://docs.sentry.io/platforms/python/integrations/aws-lambda/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="aws-lambda",
    title="AWS Lambda",
    kind="function",
    distributions=("aws-lambda-powertools", "mangum"),
    platform="python-awslambda",
    guide="aws-lambda",
    integration="AwsLambdaIntegration",
    listed="AwsLambdaIntegration(timeout_warning=True)",
    variables=("lambda_handler", "handler"),
)
