"""A manifest that takes its versions from the catalog of a pnpm workspace gets its packages there too."""

from __future__ import annotations

import pytest

from checks.parsers import yaml as y
from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.editors.catalog import add_to_catalog
from setup_wizard.editors.package_json import catalog_of
from setup_wizard.steps.source_maps import CURRENT
from tests.support.edits import READY, VITE, after

MANIFEST = '{{\n  "name": "web",\n  "private": true,\n  "scripts": {{\n    "build": "vite build"\n  }},\n  "dependencies": {{\n    "@acme/kit": "workspace:*",\n    "react": "{0}",\n    "react-dom": "{0}"\n  }},\n  "devDependencies": {{\n    "vite": "{1}"\n  }}\n}}\n'
CATALOG = (
    "packages:\n  - web\n\ncatalog:\n  '@acme/icons': 1.2.0\n  react: 19.2.0\n  react-dom: 19.2.0\n  vite: 7.2.0\n"
)


def applied(tmp_path, workspace, manifest=None, *steps, path="pnpm-workspace.yaml"):
    web = {"web/package.json": manifest or MANIFEST.format("catalog:", "catalog:")}
    return after(tmp_path, READY | VITE | web | {path: workspace}, *(steps or ("source-maps", "frontend-sdk")))


@pytest.mark.parametrize("path", ["pnpm-workspace.yaml", "web/pnpm-workspace.yaml"])
def test_the_version_goes_into_the_catalog(tmp_path, path):
    done = applied(tmp_path, CATALOG, path=path)
    sdk = done.text("web/package.json")
    assert '    "@acme/kit": "workspace:*",\n    "@sentry/react": "catalog:",\n    "react"' in sdk
    assert '    "@sentry/vite-plugin": "catalog:",\n    "vite"' in sdk
    written = y.parse_yaml(done.text(path))
    names = [k.value for k, _ in y.get(written, "catalog").value]
    assert names == ["@acme/icons", "@sentry/react", "@sentry/vite-plugin", "react", "react-dom", "vite"]
    assert y.scalar(y.get(written, "catalog", "@sentry/vite-plugin")) == CURRENT.removeprefix("^")
    assert {"frontend-sdk-installed", "frontend-pii-off"} <= {*done.steps["frontend-sdk"].proved}


def test_a_catalog_with_a_name_is_the_one_of_the_bundler(tmp_path):
    workspace = 'catalogs:\n  app:\n    "react": "^19.2.0"\n    "react-dom": "^19.2.0"\n\n  build:\n    # builds\n    "vite": "^7.2.0"\n'
    done = applied(tmp_path, workspace, MANIFEST.format("catalog:app", "catalog:build"), "source-maps")
    assert f'  build:\n    "@sentry/vite-plugin": "{CURRENT}"\n    # builds\n    "vite"' in done.text(
        "pnpm-workspace.yaml"
    )
    assert '"@sentry/vite-plugin": "catalog:build"' in done.text("web/package.json")


@pytest.mark.parametrize(
    ("workspace", "why"),
    [
        ("packages:\n  - web\n", "does not have the catalog"),
        ("catalog: {react: 19.2.0}\n", "written in an unsupported way"),
        ("catalog:\n  react: &react 19.2.0\n  react-dom: *react\n", "is not a plain list of packages and versions"),
        ("catalog: [react]\n", "is not a plain list of packages and versions"),
    ],
)
def test_a_catalog_that_cannot_be_edited_is_left_with_both_entries(tmp_path, workspace, why):
    done = applied(tmp_path, workspace, None, "frontend-sdk")
    assert done.text("pnpm-workspace.yaml") == workspace
    assert "@sentry" not in done.text("web/package.json")
    [task] = [t for t in done.steps["frontend-sdk"].manual if "to the catalog" in t.title]
    assert (task.title, task.path) == ("add @sentry/react to the catalog in pnpm-workspace.yaml", "pnpm-workspace.yaml")
    assert why in task.reason
    assert "catalog:\n  '@sentry/react': ^" in task.snippet
    assert task.snippet.endswith('# web/package.json, in "dependencies"\n"@sentry/react": "catalog:"')
    assert "instrument" in done.text("web/src/main.tsx")


def test_a_catalog_of_another_tool_is_named(tmp_path):
    web = {"web/package.json": MANIFEST.format("catalog:", "catalog:")}
    done = after(tmp_path, READY | VITE | web, "frontend-sdk")
    [task] = [t for t in done.steps["frontend-sdk"].manual if "to the catalog" in t.title]
    assert task.reason == "web/package.json takes its versions from a catalog"
    assert task.snippet.endswith('"@sentry/react": "catalog:"') and "@sentry" not in done.text("web/package.json")


@pytest.mark.parametrize(
    ("dependencies", "beside", "expected"),
    [
        ('"a": "catalog:", "b": "catalog:"', "", "catalog:"),
        ('"a": "catalog:", "b": "catalog:", "c": "workspace:^"', "", "catalog:"),
        ('"a": "catalog:x", "b": "catalog:x"', "", "catalog:x"),
        ('"a": "catalog:x", "b": "catalog:y"', "b", "catalog:y"),
        ('"a": "catalog:x", "b": "catalog:y"', "", "catalog:"),
        ('"a": "catalog:", "b": "^1.0.0"', "", None),
        ('"a": "catalog:"', "", None),
        ("", "", None),
    ],
)
def test_only_a_manifest_that_names_no_version_itself_takes_the_catalog(dependencies, beside, expected):
    assert catalog_of(f'{{"dependencies": {{{dependencies}}}}}'.encode(), beside) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("  a: 1.0.0\n  z: 1.0.0\n", "  a: 1.0.0\n  new: 2.0.0\n  z: 1.0.0\n"),
        ("  a: 1.0.0\n  z: ^1.0.0\n", "  a: 1.0.0\n  new: ^2.0.0\n  z: ^1.0.0\n"),
        ("  z: 1.0.0\n  a: 1.0.0\n", "  z: 1.0.0\n  a: 1.0.0\n  new: 2.0.0\n"),
        ("  a: 1.0.0\n  # the last\n  z: 1.0.0\n", "  a: 1.0.0\n  new: 2.0.0\n  # the last\n  z: 1.0.0\n"),
        ("    'a': '1.0.0'\n", "    'a': '1.0.0'\n    'new': '2.0.0'\n"),
        ("  a: 1.0.0", "  a: 1.0.0\n  new: 2.0.0"),
    ],
)
def test_an_entry_is_written_as_its_neighbours_are(entries, expected, newline):
    before = ("catalog:\n" + entries).replace("\n", newline).encode()
    edit = add_to_catalog(before, "catalog:", "new", "^2.0.0", "pnpm-workspace.yaml")
    assert isinstance(edit, Edited) and edit.data.decode() == ("catalog:\n" + expected).replace("\n", newline)
    assert isinstance(add_to_catalog(edit.data, "catalog:", "new", "^2.0.0", "pnpm-workspace.yaml"), Unchanged)


def test_a_second_key_of_the_same_name_is_not_followed():
    edit = add_to_catalog(b"catalog:\n  a: 1.0.0\n  a: 2.0.0\n", "catalog:", "new", "^2.0.0", "pnpm-workspace.yaml")
    assert isinstance(edit, Refused) and edit.place == "pnpm-workspace.yaml"
