"""Which blocks of Terraform are services that may run the application, and for which of them a person is told anything."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, after
from tests.support.repo import facts_of

WEB = 'module "web" {{\n  source = "./m"\n  image = var.image\n  environment_variables = {{\n    {} = var.dsn\n    DJANGO_KEY = var.k\n  }}\n}}\n'
AIRFLOW = 'module "scheduler" {\n  source = "./a"\n  image = var.airflow\n  environment_variables = {\n    AIRFLOW_HOME = var.h\n  }\n}\n'
SEED = 'resource "terraform_data" "seed" {\n  provisioner "local-exec" {\n    command = "psql -f seed.sql"\n    environment = {\n      PGHOST = var.h\n    }\n  }\n}\n'


def test_a_script_of_a_resource_is_no_service():
    assert facts_of({"infra/main.tf": SEED}).deployments == ()
    assert [d.name for d in facts_of({"infra/main.tf": SEED + AIRFLOW}).deployments] == ["scheduler"]


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        # Where the application's service has the variable, the one beside it is another program.
        ("SENTRY_DSN", []),
        ("OTHER", ["web", "scheduler"]),
    ],
)
def test_a_service_that_may_be_another_program_is_told_of_only_where_none_has_the_variable(tmp_path, variable, told):
    files = READY | {"infra/main.tf": WEB.format(variable), "infra/airflow.tf": AIRFLOW + SEED}
    done = after(tmp_path, files, "dsn")
    titles = [t.title for t in done.steps["dsn"].manual]
    assert [n for n in ("web", "scheduler", "seed") if any(f"for {n} " in t for t in titles)] == told
