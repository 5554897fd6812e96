"""Variables in the right place: the example file that is there, the block that services share, the host's own file."""

from __future__ import annotations

import pytest

from checks.config import Config
from checks.hosts.compose import why_development
from checks.parsers.yaml import parse_yaml
from checks.repository.env_loading import is_env_example
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from tests.support.edits import DSN, READY, after

IMAGE = "    image: registry.example/shop\n"
TWO = f"""services:
  web:
{IMAGE}    command: gunicorn shop.wsgi
    %s
  worker:
{IMAGE}    command: celery -A shop worker
    %s
"""


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        (".env.example", True),
        ("env.sample", True),
        ("dotenv-sample", True),
        (".env.prod.dist", True),
        ("example.env", True),
        ("api.env.template", True),
        ("env.example.js", False),
        (".env", False),
        ("environment.py", False),
        ("sample.txt", False),
    ],
)
def test_an_example_of_an_env_file_is_known_by_its_name(name, is_one):
    assert is_env_example(name) is is_one


@pytest.mark.parametrize("name", ["env.sample", "example.env", ".env.dist", ".env.production.template"])
def test_the_example_that_the_repository_has_is_used(tmp_path, name):
    done = after(tmp_path, READY | {name: "SECRET_KEY=change-me\n"}, "dsn")
    assert "\nSENTRY_DSN=\n" in done.text(name) and ".env.example" not in done.files


@pytest.mark.parametrize("pattern", [".env*", ".env.*", "*.example", ".env\n.env.example"])
def test_an_example_that_git_would_hide_is_taken_back(tmp_path, pattern):
    files = READY | {".gitignore": f"{pattern}\n.env\n", "shop/env.py": "from decouple import config\n"}
    done = after(tmp_path, files, "dsn")
    assert done.text(".gitignore").endswith("!.env.example\n") and "SENTRY_DSN=" in done.text(".env.example")


def test_an_example_in_a_folder_that_git_ignores_is_left_to_the_person(tmp_path):
    files = {f"api/{k}" if k != ".gitignore" else k: v for k, v in READY.items()} | {
        ".gitignore": "api/*\n!api/shop\n.env\n",
        "api/shop/env.py": "from decouple import config\n",
    }
    done = after(tmp_path, files, "dsn")
    assert "!.env.example" in done.text(".gitignore") and "SENTRY_DSN=" in done.text("api/.env.example")


@pytest.mark.parametrize(
    ("read", "named"),
    [
        ('os.environ["SHOP_ENVIRONMENT"]', "SHOP_ENVIRONMENT=development"),
        ('os.getenv("STAGE", "x")', "STAGE=x"),
        ('"production"', None),
    ],
)
def test_an_example_names_what_the_code_reads(tmp_path, read, named):
    settings = READY["shop/settings.py"].replace('os.environ.get("SENTRY_ENVIRONMENT")', read)
    render = "services:\n  - type: web\n    name: shop\n    env: python\n    startCommand: gunicorn shop.wsgi\n"
    files = READY | {
        "shop/settings.py": settings,
        "render.yaml": render,
        "shop/env.py": "from decouple import config\n",
    }
    done = after(tmp_path, files, "dsn")
    assert "SENTRY_ENVIRONMENT" not in done.text(".env.example") + done.text("render.yaml") + done.text(".env")
    assert named is None or named in done.text(".env.example")
    assert "- key: SENTRY_DSN\n" in done.text("render.yaml")


@pytest.mark.parametrize(
    ("examples", "named"),
    [
        ({".env.example": "SECRET_KEY=\nDEBUG=True\n"}, "development"),
        ({".env.example": "SECRET_KEY=\nDEBUG=false\n"}, "production"),
        ({".env.example": "DJANGO_DEBUG=0\nENVIRONMENT=local\n"}, "local"),
        ({".env.example": "ENVIRONMENT=production\nDEBUG=on\n"}, "production"),
        ({".env.example": "ENVIRONMENT=<yours>\n"}, "development"),
        ({".env.example": "SECRET_KEY=\nALLOWED_HOSTS=\n", ".env.dev.example": "SECRET_KEY=\n"}, "production"),
    ],
)
def test_an_example_names_the_environment_that_is_set_up_from_it(tmp_path, examples, named):
    done = after(tmp_path, READY | {"shop/env.py": "from decouple import config\n"} | examples, "dsn")
    assert f"\nSENTRY_ENVIRONMENT={named}\n" in done.text(".env.example")


@pytest.mark.parametrize(
    ("before", "read"),
    [
        ('STAGE = os.environ.get("STAGE", "dev")\nDEBUG = STAGE == "dev"\n', "STAGE"),
        ('if os.environ.get("STAGE"):\n    CHECKED = True\n', 'os.environ.get("STAGE")'),
    ],
)
def test_an_example_gives_no_value_to_a_variable_that_switches_settings(tmp_path, before, read):
    settings = READY["shop/settings.py"].replace('os.environ.get("SENTRY_ENVIRONMENT")', read)
    settings = settings.replace("sentry_sdk.init", before + "sentry_sdk.init")
    files = READY | {"shop/settings.py": settings, ".env.example": "SECRET_KEY=\n"}
    done = after(tmp_path, files, "dsn")
    assert "STAGE" not in done.text(".env.example") and "\nSENTRY_DSN=\n" in done.text(".env.example")
    report = done.applied.report
    assert report is not None and report.result("env-example-complete").outcome.value == "pass"


@pytest.mark.parametrize(
    ("web", "worker"),
    [
        ("environment: *env", "environment:\n      <<: *env\n      QUEUE: default"),
        ("environment: *env", "environment: *env"),
        ("environment:\n      <<: *env\n      A: b", "environment:\n      <<: [*env]\n      C: d"),
    ],
)
def test_variables_go_once_into_the_block_that_services_share(tmp_path, web, worker):
    text = "x-env: &env\n  SECRET_KEY: ${SECRET_KEY}\n\n" + TWO % (web, worker)
    done = after(tmp_path, READY | {"compose.prod.yml": text}, "dsn")
    made = done.text("compose.prod.yml")
    assert made.startswith("x-env: &env\n  SECRET_KEY: ${SECRET_KEY}\n  SENTRY_DSN: ${SENTRY_DSN:-}\n")
    assert made.count("SENTRY_DSN") == 2 and made.count("\n  SENTRY_ENVIRONMENT:") == 1


def test_a_list_of_variables_that_services_share_gets_them_once(tmp_path):
    text = "x-env: &env\n  - SECRET_KEY=a\n\n" + TWO % ("environment: *env", "environment: *env")
    done = after(tmp_path, READY | {"compose.prod.yml": text}, "dsn")
    made = done.text("compose.prod.yml")
    assert "  - SECRET_KEY=a\n  - SENTRY_DSN=${SENTRY_DSN:-}\n" in made and made.count("- SENTRY_DSN") == 1


def test_services_that_share_a_whole_block_get_them_in_its_environment(tmp_path):
    shared = "x-app: &app\n  image: shop\n  environment:\n    A: b\n\nservices:\n  web:\n    <<: *app\n    command: gunicorn shop.wsgi\n"
    done = after(
        tmp_path,
        READY | {"compose.prod.yml": shared + "  worker:\n    <<: *app\n    command: celery -A shop worker\n"},
        "dsn",
    )
    assert "    A: b\n    SENTRY_DSN: ${SENTRY_DSN:-}\n" in done.text("compose.prod.yml")
    assert done.text("compose.prod.yml").count("SENTRY_DSN: ") == 1


def test_an_env_file_is_filled_by_the_person_and_its_example_names_the_variable(tmp_path):
    text = TWO % ("env_file: api.env", "env_file: api.env")
    proxy = "  proxy:\n    image: nginx\n    environment:\n      - SERVER_NAME=shop\n"
    done = after(tmp_path, READY | {"compose.yml": text + proxy, "api.env.example": "SECRET_KEY=\n"}, "dsn")
    assert done.text("compose.yml") == text + proxy and "SENTRY_DSN=" in done.text("api.env.example")
    assert "set SENTRY_DSN in api.env, which compose.yml reads" in done.left


@pytest.mark.parametrize(
    ("web", "worker", "more", "told"),
    [
        (
            "env_file: api.env",
            "env_file: worker.env",
            {"worker.env": "QUEUE=a\n", "api.env.example": "SENTRY_DSN=x\n"},
            ("set SENTRY_DSN in api.env,", "set SENTRY_DSN in worker.env,"),
        ),
        (
            "env_file: api.env\n    environment:\n      A: b",
            "env_file: api.env\n    environment: [A=b]",
            {"api.env": "QUEUE=a\n"},
            ("set SENTRY_DSN in api.env, which compose.prod.yml reads",),
        ),
        (
            "extends:\n      file: base.yml\n      service: base",
            "env_file: api.env",
            {"base.yml": "services:\n  base:\n    env_file: api.env\n"},
            ("set SENTRY_DSN in `api.env`, which web",),
        ),
        (
            "env_file: api.env\n    environment: &env\n      A: b",
            "environment: *env",
            {},
            ("worker and web share their environment, which would overrule the env_file of the latter",),
        ),
    ],
    ids=["one tracked", "with an environment", "of an extended service", "a shared environment"],
)
def test_no_entry_of_an_environment_takes_the_value_of_an_env_file_away(tmp_path, web, worker, more, told):
    text = TWO % (web, worker)
    done = after(tmp_path, READY | {"compose.prod.yml": text} | more, "dsn")
    assert done.text("compose.prod.yml") == text
    assert all(words in done.left for words in told) and "apply dsn --yes" not in done.left


@pytest.mark.parametrize(
    "lines",
    [
        "    command: python manage.py runserver\n",
        "    command: gunicorn shop.wsgi\n    volumes:\n      - .:/app\n",
        "    command: gunicorn shop.wsgi\n    volumes:\n      - type: bind\n        source: .\n        target: /app\n",
        "    command: gunicorn shop.wsgi\n    environment:\n      DEBUG: 'true'\n",
        "    command: gunicorn shop.wsgi\n    build:\n      context: .\n      target: dev\n",
    ],
)
def test_a_compose_file_for_laptops_is_left_alone(tmp_path, lines):
    text = "services:\n  web:\n" + ("" if "build:" in lines else "    build: .\n") + lines
    found = Facts(MemoryTree({"docker-compose.yml": text.encode()}), Config())
    assert why_development(found, "docker-compose.yml", parse_yaml(text)) is not None
    done = after(tmp_path, READY | {"docker-compose.yml": text}, "dsn")
    assert done.text("docker-compose.yml") == text


KAMAL = "service: shop\nimage: example/shop\nservers:\n  web:\n    - 192.0.2.1\n"


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (
            "env:\n  clear:\n    A: b\n  secret:\n    - SECRET_KEY\n",
            "    SENTRY_ENVIRONMENT: production\n  secret:\n    - SECRET_KEY\n    - SENTRY_DSN\n",
        ),
        (
            "env:\n  secret:\n  - SECRET_KEY\n",
            "  secret:\n  - SECRET_KEY\n  - SENTRY_DSN\n  clear:\n    SENTRY_ENVIRONMENT: production\n",
        ),
        ("", "env:\n  clear:\n    SENTRY_ENVIRONMENT: production\n  secret:\n    - SENTRY_DSN\n"),
    ],
)
def test_kamal_declares_the_variables(tmp_path, env, expected):
    done = after(tmp_path, READY | {"config/deploy.yml": KAMAL + env}, "dsn")
    assert expected in done.text("config/deploy.yml")
    assert "pass SENTRY_DSN to Kamal in .kamal/secrets" in done.left and "SENTRY_DSN=$SENTRY_DSN" in done.left


@pytest.mark.parametrize(("count", "tasks"), [(2, 2), (3, 1), (25, 1)])
def test_applications_that_are_alike_are_one_task(tmp_path, count, tasks):
    text = "applications:\n  - name: shop-%s\n    env:\n      DJANGO_SETTINGS_MODULE: shop.settings\n"
    names = [chr(97 + n) for n in range(count)]
    done = after(tmp_path, READY | {f"ops/manifest-{n}.yaml": text % n for n in names}, "dsn")
    assert done.left.count("cf set-env") == tasks
    listed = " ".join(f"shop-{n}" for n in names)
    assert tasks > 1 or f'for app in {listed}; do cf set-env "$app" SENTRY_DSN ' in done.left


def test_kamal_that_lists_variables_plainly_is_left_with_the_text(tmp_path):
    done = after(tmp_path, READY | {"config/deploy.yml": KAMAL + "env:\n  A: b\n"}, "dsn")
    assert done.text("config/deploy.yml") == KAMAL + "env:\n  A: b\n" and "    - SENTRY_DSN" in done.left


def test_a_blueprint_that_writes_its_services_twice_gets_the_variables_in_each(tmp_path):
    web = "services:\n  - type: web\n    name: shop\n    env: python\n    startCommand: gunicorn shop.wsgi\n    envVars:\n      - key: A\n        value: 1\n"
    worker = "services:\n  - type: worker\n    name: jobs\n    env: python\n    startCommand: celery -A shop worker\n"
    done = after(tmp_path, READY | {"render.yaml": web + worker + "  - type: redis\n    name: r\n"}, "dsn")
    assert done.text("render.yaml").count("- key: SENTRY_DSN\n") == 2
    assert "write `services` once in render.yaml\nthe key is there twice" in done.left
    told = [e.fact for v in done.applied.report.result("dsn-configured").verdicts for e in v.evidence]
    assert "`services` appears twice in this file, and both were read" in told


def test_dokku_keeps_its_variables_itself(tmp_path):
    manifest = '{"healthchecks": {"web": []}, "formation": {"web": {"quantity": 1}}}\n'
    files = READY | {"Procfile": "web: gunicorn shop.wsgi\n", "app.json": manifest}
    done = after(tmp_path, files, "dsn")
    assert done.text("app.json") == manifest and "heroku" not in done.left
    assert f"dokku config:set APP SENTRY_DSN={DSN} SENTRY_ENVIRONMENT=production" in done.left


def test_a_service_without_a_command_runs_what_its_image_runs(tmp_path):
    text = "services:\n  web:\n    image: shop\n    environment:\n      - A=b\n"
    text += "  worker:\n    image: shop\n    command: celery -A shop worker\n    environment:\n      - A=b\n"
    done = after(tmp_path, READY | {"compose.prod.yml": text}, "dsn")
    assert done.text("compose.prod.yml").count("      - SENTRY_DSN=${SENTRY_DSN:-}\n") == 2


def test_the_compose_file_that_an_example_names_tells_where_variables_come_from(tmp_path):
    text = "services:\n  app:\n    image: shop\n    command: gunicorn shop.wsgi\n    env_file:\n      - env_file\n"
    files = {
        ".env_template": "COMPOSE_PROJECT_NAME=shop\nCOMPOSE_FILE=docker/default.yml\n",
        "docker/default.yml": text,
        "docker/env_file_template": "SECRET_KEY=\n",
        "docker/env_file_postgres_template": "POSTGRES_DB=a\nPOSTGRES_USER=b\n",
    }
    done = after(tmp_path, READY | files, "dsn")
    assert [n for n, t in done.files.items() if "\nSENTRY_DSN=" in t] == ["docker/env_file_template"]
    assert done.text("docker/env_file_template").endswith("SENTRY_DSN=\nSENTRY_ENVIRONMENT=production\n")
    assert "set SENTRY_DSN in docker/env_file, which docker/default.yml reads" in done.left
