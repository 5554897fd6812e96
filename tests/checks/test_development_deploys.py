"""A file that deploys a development environment says nothing of production, where another file deploys that."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import INIT, backend, check_one

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    spec:
      containers:
        - name: web
          image: registry.example/shop:latest
          command: [gunicorn, shop.wsgi]
          env:
            - {{name: {variable}, value: https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1}}
"""
HAS, LACKS = WEB.format(variable="SENTRY_DSN"), WEB.format(variable="OTHER")
CASES = [
    ({"k8s/production/web.yaml": HAS, "k8s/dev/web.yaml": LACKS}, None),
    ({"k8s/web.yaml": HAS, "k8s/web.dev.yaml": LACKS}, None),
    ({"k8s/production/web.yaml": HAS, "k8s/staging/web.yaml": LACKS}, "k8s/staging/web.yaml"),
    ({"k8s/production/web.yaml": LACKS, "k8s/dev/web.yaml": HAS}, "k8s/production/web.yaml"),
    ({"k8s/dev/web.yaml": LACKS}, "k8s/dev/web.yaml"),
    ({"k8s/web.yaml": HAS, "deploy/devops/worker.yaml": LACKS}, "deploy/devops/worker.yaml"),
]


@pytest.mark.parametrize(("files", "place"), CASES)
def test_development_is_left_out_beside_production(files, place):
    project = backend() | {"requirements.txt": "django\nsentry-sdk\n", "shop/settings.py": INIT}
    result = check_one("dsn-configured", project | files)
    assert result.outcome is (Outcome.FAIL if place else Outcome.PASS)
    if place:
        [finding] = result.findings
        assert "`SENTRY_DSN` is not declared for web (Kubernetes, " in finding.message
        assert (finding.path, finding.line) == (place, 8)
        assert finding.hint == "`sentry-setup apply dsn --yes` declares it"
