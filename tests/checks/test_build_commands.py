"""The command that builds an image which nothing here builds: in the folder that holds what the image copies."""

from __future__ import annotations

import pytest

from checks.hosts.images import images
from checks.hosts.unread_builds import build_command
from tests.support.repo import facts_of

NODE = "FROM node:22 AS b\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nFROM nginx\nCOPY --from=b /app/dist /x\n"
ALL = "FROM node:22\nCOPY . .\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"web/Dockerfile.prod": NODE, "web/package.json": "{}"}, "docker build -f web/Dockerfile.prod web"),
        ({"web/Dockerfile.prod": NODE, "web/package.json": "{}", "package.json": "{}"}, "docker build -f web/Dockerfile.prod ."),
        ({"web/Dockerfile": NODE, "web/app/package.json": "{}"}, "docker build -f web/Dockerfile ."),
        ({"web/Dockerfile": ALL, "web/.dockerignore": "x\n"}, "docker build web"),
        ({"web/Dockerfile": ALL, "web/.dockerignore": "x\n", ".dockerignore": "y\n"}, "docker build -f web/Dockerfile ."),
        ({"web/Dockerfile": ALL}, "docker build -f web/Dockerfile ."),
        ({"Dockerfile": NODE, "package.json": "{}"}, "docker build ."),
    ],
)  # fmt: skip
def test_an_image_is_built_where_its_files_are(files, command):
    facts = facts_of(files)
    assert [build_command(facts, image) for image in images(facts)] == [command]
