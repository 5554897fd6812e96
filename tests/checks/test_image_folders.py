"""Which package a command of an image builds, by the folder that it works in."""

from __future__ import annotations

import pytest

from checks.repository.builds import find_builds
from tests.support.repo import facts_of

HEAD = "FROM node:22\nWORKDIR /app\nCOPY web ./web/\nCOPY mails ./mails/\n"
CASES = [
    ("the folder of the frontend", HEAD + "RUN cd web && npm run build\n", [5]),
    ("the folder of another package", HEAD + "RUN cd mails && npm run build\n", []),
    ("both, in one instruction", HEAD + "RUN (cd mails && npm run build) && cd web && npm run build\n", [5]),
    ("a working folder, and one below it", HEAD + "WORKDIR /app/mails\nRUN cd ../web && npm run build\n", [6]),
    ("a working folder of another package", HEAD + "WORKDIR /app/mails\nRUN npm run build\n", []),
    ("a folder that is not known", HEAD + "RUN cd $PLACE && npm run build\n", [5]),
]


@pytest.mark.parametrize(("name", "image", "lines"), CASES, ids=[c[0] for c in CASES])
def test_a_command_builds_the_package_of_its_folder(name, image, lines):
    files = {
        "web/package.json": '{"scripts": {"build": "vite build"}, "dependencies": {"react": "19.0.0"}, "devDependencies": {"vite": "7.0.0"}}',
        "web/vite.config.js": "import { defineConfig } from 'vite'\nexport default defineConfig({})\n",
        "web/index.html": '<script type="module" src="/main.js"></script>\n',
        "web/main.js": "import React from 'react'\n",
        "mails/package.json": '{"scripts": {"build": "node build.mjs"}}',
        "Dockerfile": image,
    }
    facts = facts_of(files)
    found = find_builds(facts, facts.frontends[0])
    assert [(b.kind, b.path, b.line) for b in found] == [("docker", "Dockerfile", n) for n in lines]
