"""What a package of a workspace gets, by the lock files of pnpm, Yarn and Bun."""

from __future__ import annotations

import pytest

from checks.repository.node_locks import of_bun, of_pnpm, of_yarn

WORKSPACE = """lockfileVersion: '9.0'

importers:

  .:
    devDependencies:
      '@sentry/vite-plugin':
        specifier: ^2.0.0
        version: 2.22.0

  apps/web:
    dependencies:
      '@sentry/react':
        specifier: ^8.0.0
        version: 8.30.0(react@18.3.1)

  apps/admin:
    dependencies:
      '@sentry/react':
        specifier: ^7.0.0
        version: 7.9.0(react@18.3.1)

packages:

  '@sentry/react@9.1.0':
    resolution: {integrity: x}
"""
TWICE = """# yarn lockfile v1


"@sentry/react@^7.0.0":
  version "7.1.0"
  resolved "x"

"@sentry/react@^8.0.0", "@sentry/react@^8.1.0":
  version "8.3.0"
"""
BERRY = '"@sentry/react@npm:^8.0.0, @sentry/react@npm:^8.1.0":\n  version: 8.3.0\n'


@pytest.mark.parametrize(
    ("folder", "package", "expected"),
    [
        ("apps/web", "@sentry/react", ("8.30.0", 15)),
        ("apps/admin", "@sentry/react", ("7.9.0", 21)),
        (".", "@sentry/vite-plugin", ("2.22.0", 9)),
        (".", "@sentry/react", None),
        ("apps/other", "@sentry/react", None),
    ],
)
def test_pnpm_has_each_package_of_a_workspace_by_its_folder(folder, package, expected):
    assert of_pnpm(WORKSPACE, package, folder, "") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dependencies:\n  react: 17.0.2\n  '@sentry/react': 6.2.1_react@17.0.2\n", ("6.2.1", 3)),
        ("dependencies:\n  '@sentry/react':\n    specifier: ^7\n    version: 7.2.1(react@17.0.2)\n", ("7.2.1", 4)),
    ],
)
def test_pnpm_without_a_workspace_has_them_at_the_top(text, expected):
    assert of_pnpm(text, "@sentry/react", ".", "") == expected


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (TWICE, "^8.1.0", ("8.3.0", 9)),
        (TWICE, "^7.0.0", ("7.1.0", 5)),
        (TWICE, "^9.0.0", None),
        (BERRY, "^8.1.0", ("8.3.0", 2)),
        (BERRY, "^8.9.0", ("8.3.0", 2)),
    ],
)
def test_yarn_takes_the_entry_that_package_json_asks_for_or_the_only_one(text, asked, expected):
    assert of_yarn(text, "@sentry/react", ".", asked) == expected


def test_bun_has_what_is_installed_at_the_root():
    text = '{\n  "packages": {\n    "@sentry/react": ["@sentry/react@8.1.0", "", {}],\n    "vite/@sentry/react": ["@sentry/react@7.0.0"],\n'
    assert of_bun(text, "@sentry/react", ".", "") == ("8.1.0", 3)
    assert of_bun(text, "@sentry/vue", ".", "") is None
