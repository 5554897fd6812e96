"""Which env file reaches a backend: what its code loads, what a compose file hands over, and what people are told to copy."""

from __future__ import annotations

import pytest

from checks.items.env_files import env_example_complete
from checks.model import Outcome
from checks.repository.env_loading import compose_files
from checks.repository.loader_calls import loaders
from checks.targets.env_ways import carries, described, loads_env, way_of_example
from tests.support.edits import BARE, VITE
from tests.support.repo import backend, facts_of

RUNS = "services:\n  web:\n    build: .\n    command: python manage.py runserver\n"
LISTED = RUNS + "    environment:\n      - SECRET_KEY\n"


@pytest.mark.parametrize(
    ("code", "file", "reads"),
    [
        ('BASE_DIR = Path(__file__).resolve().parent.parent\nread_env(BASE_DIR / ".env")', ".env", True),
        ('BASE_DIR = Path(__file__).resolve().parent.parent\nread_env(BASE_DIR / ".env")', "shop/.env", False),
        ('BASE_DIR = Path(__file__).resolve().parent\nread_env(os.path.join(BASE_DIR, ".env"))', ".env", False),
        ('root = environ.Path(__file__) - 2\nread_env(root(".env"))', ".env", True),
        ('root = environ.Path(__file__) - 1\nread_env(root.path(".env"))', ".env", False),
        ('load_dotenv(os.path.join(os.path.dirname(__file__), "..", ".env"))', ".env", True),
        ('load_dotenv(Path(__file__).parents[1] / ".envs" / ".local")', ".env", False),
        ('load_dotenv(os.environ.get("ENV_PATH", "conf/.env.prod"))', ".env", False),
        ('load_dotenv(f".env.{STAGE}")', ".env", True),
        ("load_dotenv(find_it())", ".env", True),
        ("load_dotenv(find_dotenv())", ".env", True),
        ("load_dotenv()", "other/.env", False),
        ('class S:\n    c = SettingsConfigDict(env_file=(".env", ".env.prod"))', ".env.prod", True),
        ("class S:\n    c = SettingsConfigDict(env_file=None)", ".env", False),
        ('ON = env.bool("READ_IT", default=False)\nif ON:\n    read_env(".env")', ".env", False),
        ('ON = env.bool("READ_IT", default=True)\nif ON:\n    read_env(".env")', ".env", True),
    ],
)
def test_a_loader_reads_the_file_that_its_path_says(code, file, reads):
    facts = facts_of(backend() | {"shop/env.py": code + "\n"})
    assert any(loader.reads(file) for loader in loaders(facts, ".")) is reads


@pytest.mark.parametrize(("file", "reads"), [("README.md", True), ("docker/web.env", True), ("shop/other.py", False)])
def test_a_loader_that_is_switched_off_counts_where_a_file_names_its_switch(file, reads):
    code = 'if os.environ.get("READ_IT"):\n    load_dotenv(".env")\n'
    files = backend() | {"shop/env.py": code.replace('"READ_IT"', '"READ_IT", ""'), file: "READ_IT=1\n"}
    assert bool(loaders(facts_of(files), ".")) is reads


@pytest.mark.parametrize(
    ("more", "arrives"),
    [
        # Compose hands on what the service lists, or takes a whole file.
        ({"docker-compose.yml": LISTED, ".env.example": "SECRET_KEY=\n"}, False),
        ({"docker-compose.yml": LISTED + "      - SENTRY_DSN\n", ".env.example": "SECRET_KEY=\n"}, True),
        ({"docker-compose.yml": LISTED + "      - SENTRY_DSN=${SENTRY_DSN:-}\n", ".env.example": "A=\n"}, True),
        ({"docker-compose.yml": LISTED + "      - SENTRY_DSN=https://a@b.c/1\n", ".env.example": "A=\n"}, False),
        ({"docker-compose.yml": RUNS + "    env_file: .env\n", ".env.example": "A=\n"}, True),
        ({"docker-compose.yml": RUNS + "    env_file: dev/web.env\n", ".env.example": "SECRET_KEY=\n"}, False),
        ({"dev/docker-compose.yml": RUNS.replace("build: .", "build: ..") + "    env_file: .env\n", ".env.example": "SECRET_KEY=\n"}, False),
        ({"docker-compose.yml": RUNS + "    env_file: web${X}.env\n", ".env.example": "SECRET_KEY=\n"}, True),
        # The code loads what is not at the top.
        ({"shop/env.py": "read_env('conf/.env.prod')\n", ".env.example": "SECRET_KEY=\n"}, False),
        ({"shop/env.py": "read_env('conf/.env.prod')\n", "conf/template-env": "X=\n"}, True),
        # A database's container is not the backend, and a backend that runs beside it takes what it likes.
        ({"docker-compose.yml": "services:\n  db:\n    image: postgres:17\n    environment: [A]\n", ".env.example": "SECRET_KEY=\n"}, True),
        ({"docker-compose.yml": "services:\n  proxy:\n    build: .\n    environment: [A]\n    develop: {}\n", ".env.example": "SECRET_KEY=\n"}, True),
        # Nothing shows a reader: what people copy, or what the code reads, counts; another file's names do not.
        ({".env.example": "POSTGRES_USER=\n"}, False),
        ({".env.example": "POSTGRES_USER=\n", "docs/setup.md": "    cp .env.example .env\n"}, True),
        ({".env.example": "POSTGRES_USER=\n", "README.md": "    cd app && cp ./.env.example .env\n"}, True),
        ({".env.example": "SHOP_STAGE=\n", "shop/env.py": "STAGE = os.environ['SHOP_STAGE']\n"}, True),
        ({".env.example": "SHOP_STAGE=\n", "shop/env.py": "# SHOP_STAGE\n"}, False),
    ],
)  # fmt: skip
def test_a_variable_of_an_example_arrives_where_a_reader_takes_the_copy(more, arrives):
    facts = facts_of(backend() | more)
    example = next(p for p in more if "example" in p or "template" in p)
    assert carries(facts, ".", example, "SENTRY_DSN") is arrives


def test_the_way_that_takes_other_variables_is_named():
    facts = facts_of(backend() | {"docker-compose.yml": LISTED, ".env.example": "SECRET_KEY=\n"})
    way = way_of_example(facts, ".", ".env.example", "SENTRY_DSN")
    assert way is not None
    assert (way.what, way.path, way.line, way.carries) == ("hands web other variables", "docker-compose.yml", 2, False)


@pytest.mark.parametrize(
    ("more", "loads"),
    [
        ({"Procfile": "web: gunicorn shop.wsgi\n"}, True),
        ({"Procfile": "web: gunicorn shop.wsgi\n", "compose.yml": RUNS + "    env_file: dev/web.env\n"}, False),
        ({"Procfile": "web: gunicorn shop.wsgi\n", "shop/env.py": "read_env('conf/.env.prod')\n"}, False),
        ({".gitignore": "*.env*\n", "shop/env.py": "read_env('conf/.env.prod')\n"}, False),
        ({".gitignore": "*.env*\n"}, True),
        ({"compose.prod.yml": "services:\n  web:\n    image: x\n    command: gunicorn shop.wsgi\n    environment: [SENTRY_DSN]\n"}, False),
    ],
)  # fmt: skip
def test_a_file_of_this_machine_is_kept_where_no_other_way_is_shown(more, loads):
    assert loads_env(facts_of(backend() | more), ".", ("SENTRY_DSN",)) is loads


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"docs/dev.md": "# Set up\nCreate a `.env` file.\n"}, ("docs/dev.md", 2)),
        ({"docs/dev.md": "See process.env.NODE and .envrc.\n"}, None),
        ({"frontend/README.md": "Create .env\n"}, ("frontend/README.md", 1)),
    ],
)
def test_a_document_that_tells_of_the_file_stands_for_an_example(more, place):
    assert described(facts_of(backend() | more), ".") == place


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("local.yml", "services:\n  web:\n    build: .\n", True),
        ("local.yml", "version: '3'\nx-a: 1\nservices:\n  web: {image: x}\nvolumes: {}\n", True),
        (".github/workflows/ci.yml", "on: push\njobs: {}\n", False),
        ("ci.yml", "services:\n  - postgres\nscript: x\n", False),
        ("render.yaml", "services:\n  - type: web\n", False),
        ("other.yml", "services:\n  web: {}\nhooks: {}\n", False),
        ("broken.yml", "services: [\n", False),
        ("docker-compose.dev.yml", "", True),
    ],
)
def test_a_compose_file_is_known_by_its_name_or_by_what_it_contains(path, text, found):
    assert (path in compose_files(facts_of({path: text}))) is found


FIELDS = 'class S(BaseSettings):\n    model_config = {"env_file": "../.env"}\n    key: str\n'
READS = "import os\nDSN = os.environ.get('SENTRY_DSN')\n"


@pytest.mark.parametrize(
    ("code", "arrives"),
    [
        (FIELDS + READS, False),
        (FIELDS.replace('{"env_file": "../.env"}', 'SettingsConfigDict(env_file=".env")') + READS, False),
        (FIELDS.replace('model_config = {"env_file": "../.env"}', 'class Config:\n        env_file = ".env"') + READS, False),
        # The class has a field for it, or another call puts the file into the environment.
        (FIELDS + "    sentry_dsn: str\n", True),
        (FIELDS + READS + "load_dotenv()\n", True),
    ],
)  # fmt: skip
def test_a_class_of_settings_gives_the_environment_nothing(code, arrives):
    facts = facts_of(
        backend() | {"shop/config.py": code, ".env.example": "SECRET_KEY=\n", "README.md": "cp .env.example .env\n"}
    )
    assert carries(facts, ".", ".env.example", "SENTRY_DSN") is arrives
    way = way_of_example(facts, ".", ".env.example", "SENTRY_DSN")
    assert way is not None and way.path == "shop/config.py"
    assert arrives or way.what.startswith("fills its own settings from ")


READS = {
    "web/src/main.tsx": "import * as Sentry from '@sentry/react'\nSentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN })\n",
    "api/manage.py": BARE["manage.py"],
    "api/requirements.txt": BARE["requirements.txt"],
    "api/shop/__init__.py": "",
    "api/shop/urls.py": "urlpatterns = []\n",
    "api/shop/settings.py": BARE["shop/settings.py"],
}


@pytest.mark.parametrize(
    ("example", "text", "message", "path"),
    [
        ("api/.env.example", "SECRET_KEY=\n", "no example env file names `VITE_SENTRY_DSN`", "web/src/main.tsx"),
        ("api/.env.example", "VITE_API=\n", "api/.env.example does not name `VITE_SENTRY_DSN`, which web/src/main.tsx:2 reads", "api/.env.example"),
        ("docker/.env.example", "SECRET_KEY=\n", "docker/.env.example does not name `VITE_SENTRY_DSN`, which web/src/main.tsx:2 reads", "docker/.env.example"),
        ("web/.env.example", "VITE_API=\n", "web/.env.example does not name `VITE_SENTRY_DSN`, which web/src/main.tsx:2 reads", "web/.env.example"),
    ],
)  # fmt: skip
def test_an_example_of_the_backend_names_no_variable_of_a_bundle(example, text, message, path):
    facts = facts_of(VITE | READS | {example: text})
    [verdict] = [v for v in env_example_complete(facts) if v.target is not None and v.target.name == "frontend"]
    [finding] = verdict.findings
    assert (verdict.outcome, finding.message, finding.path) == (Outcome.FAIL, message, path)
    assert finding.hint == ("add a `.env.example`" if path.endswith("tsx") else "add `VITE_SENTRY_DSN=`")
