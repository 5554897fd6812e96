"""Where a new line goes and how its version is written: as the neighbours have it."""

from __future__ import annotations

import pytest

from setup_wizard.editors import package_json, requirements, settings, toml
from setup_wizard.editors.base import Edited
from setup_wizard.editors.placing import sorted_place, version_like
from setup_wizard.editors.settings import InitOptions, add_init


def edited(result) -> str:
    assert isinstance(result, Edited), result
    return result.data.decode()


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (["a", "b", "z"], 2),
        (["Django", "Markdown", "Pillow", "whitenoise"], 3),  # pip compares without case
        (["rules", "urllib3", "urlman", "whitenoise"], 1),
        (["zlib", "a", "b", "c", "d", "e", "t"], 6),  # one entry out of its place
        (["scikit_learn", "sentence-transformers", "setproctitle", "torch"], 2),
        (["b", "a", "z"], None),
        (["b", "a"], None),
        ([], None),
    ],
)
def test_an_order_of_most_names_is_kept(names, place):
    assert sorted_place(names, "sentry-sdk") == place


@pytest.mark.parametrize(
    ("versions", "written"),
    [
        (["==1.0", "==2.0", ""], "==2.75.0"),
        (["==1", "==2", "==3", "==4", "<5"], "==2.75.0"),
        (["~=1.0", "~=2.0", "==3"], "~=2.75"),
        (["^1.0", "^2.0"], "^2.75"),
        ([">=1", "==2"], ">=2.75,<3"),
        ([], ">=2.75,<3"),
    ],
)
def test_a_version_is_asked_for_as_the_others_are(versions, written):
    assert version_like(versions, ">=2.75,<3", "==2.75.0") == written


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Django==5.2\ncelery==5\n\n# Testing\npytest==8\n", "Django==5.2\ncelery==5\nsentry-sdk==2.75.0\n\n# Testing"),
        ("Django==5.2\ncelery==5\n# for blip\ntimm==1", "celery==5\nsentry-sdk==2.75.0\n# for blip\ntimm==1"),
        ("black==1\n\nDjango==5\ndjango-filter==2\nurllib3==2\n", "django-filter==2\nsentry-sdk==2.75.0\nurllib3==2\n"),
        ("Django~=5.2\nwhitenoise~=6.1\n", "whitenoise~=6.1\nsentry-sdk~=2.75\n"),
        ("pytest==8\n\n# web\nDjango==5.2", "Django==5.2\nsentry-sdk==2.75.0"),
        ("Django==5.2 \\\n  --no-binary x\n", "Django==5.2 \\\n  --no-binary x\nsentry-sdk==2.75.0\n"),
    ],
)
def test_a_requirement_stands_with_django(text, wanted):
    done = edited(requirements.add_requirement(text.encode(), "sentry-sdk", ">=2.75,<3", "==2.75.0"))
    assert wanted in done and done.count("sentry-sdk") == 1


@pytest.mark.parametrize(
    ("text", "wanted", "path"),
    [
        (
            '[project]\nname = "x"\ndependencies = [\n  "django~=5.2",\n  "Pillow~=12.3",\n  "rules~=3.5",\n  "urllib3~=2.7",\n]\n',
            '  "rules~=3.5",\n  "sentry-sdk~=2.75",\n  "urllib3~=2.7",\n',
            "pyproject.toml",
        ),
        (
            '[tool.poetry.dependencies]\npython = ">=3.12"\ndjango = "^5.2"\ncelery = {version = "^5.4"}\n',
            'sentry-sdk = "^2.75"\n',
            "pyproject.toml",
        ),
        ('[packages]\ndjango = "~=5.2"\naxes = {extras = ["ipware"], version = "~=7.0"}\n', '"~=2.75"\n', "Pipfile"),
        ('[packages]\ndjango = "*"\n', 'sentry-sdk = ">=2.75,<3"\n', "Pipfile"),
    ],
)
def test_a_toml_dependency_is_placed_and_written_as_its_neighbours(text, wanted, path):
    assert wanted in edited(toml.add_dependency(text.encode(), "sentry-sdk", ">=2.75,<3", path, "==2.75.0"))


def test_an_object_is_spread_where_its_neighbours_are():
    text = '{\n    "env": {\n        "KEY": {\n            "required": true\n        }\n    }\n}\n'
    done = edited(package_json.declare_variables(text.encode(), {"SENTRY_DSN": None}, "app.json"))
    assert ',\n        "SENTRY_DSN": {\n            "required": false\n        }\n    }' in done
    flat = text.replace('{\n            "required": true\n        }', '{"required": true}')
    assert '"SENTRY_DSN": {"required": false}' in edited(
        package_json.declare_variables(flat.encode(), {"SENTRY_DSN": None}, "app.json")
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# Copyright\n\n# noqa\n\n# Tests\nA = 1\n", "# Copyright\n\n# noqa\n\nimport os\n\nimport sentry_sdk\n\n# Tests\nA = 1\n"),
        ("#!/usr/bin/env python\nA = 1\n", "#!/usr/bin/env python\n\nimport os\n\nimport sentry_sdk\n\nA = 1\n"),
        ("# of A\nA = 1\n", "import os\n\nimport sentry_sdk\n\n# of A\nA = 1\n"),
        ("import os.path\nimport glob\n\nA = 1\n", "import os.path\nimport glob\n\nimport sentry_sdk\n\nA = 1\n"),
        ("import os.path as p\n\nA = 1\n", "import os\nimport os.path as p\n\nimport sentry_sdk\n\nA = 1\n"),
    ],
)  # fmt: skip
def test_imports_stand_below_what_speaks_of_the_file(text, wanted):
    assert edited(add_init(text.encode(), InitOptions(), "s.py")).startswith(wanted)


def test_a_block_after_a_class_keeps_two_empty_lines():
    done = edited(add_init(b"import os\n\n\nclass Production:\n    DEBUG = False\n", InitOptions(), "s.py"))
    assert "DEBUG = False\n\n\n# Without" in done
    assert "\nA = 1\n\n# Without" in edited(add_init(b"def f(): ...\n\n\nA = 1\n", InitOptions(), "s.py"))


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (70, '    release=(\n        os.environ.get("SENTRY_RELEASE")\n        or os.environ.get("RENDER_GIT_COMMIT")\n    ),'),
        (79, '    release=(\n        os.environ.get("SENTRY_RELEASE") or os.environ.get("RENDER_GIT_COMMIT")\n    ),'),
        (88, '    release=os.environ.get("SENTRY_RELEASE") or os.environ.get("RENDER_GIT_COMMIT"),'),
    ],
)  # fmt: skip
def test_a_long_alternative_is_laid_out_as_the_formatter_does(width, wanted):
    options = InitOptions(releases=("SENTRY_RELEASE", "RENDER_GIT_COMMIT"), width=width)
    assert wanted in settings.block_text(options)
