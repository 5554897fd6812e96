"""A service of compose whose image starts Node is no process of the Python application, whatever it is called."""

from __future__ import annotations

import pytest

from tests.support.repo import backend, facts_of

COMPOSE = "services:\n  shop_web:\n    build: web\n"
NODE = 'FROM node:22-slim\nCOPY . .\nRUN npm ci\nCMD ["npm", "run", "start"]\n'
STAGES = 'FROM docker.io/library/node:22 AS base\nFROM base\nCMD ["node", "server.js"]\n'


@pytest.mark.parametrize(
    ("image", "compose", "serves"),
    [
        (NODE, COMPOSE, "frontend"),
        (STAGES, COMPOSE, "frontend"),
        # What its command is, or what the last stage begins with, decides.
        (NODE, COMPOSE + "    command: gunicorn shop.wsgi\n", "backend"),
        (NODE.replace('CMD ["npm", "run", "start"]', 'CMD ["/start.sh"]'), COMPOSE, "backend"),
        (NODE.replace("node:22-slim", "python:3.13"), COMPOSE, "backend"),
        (NODE + 'FROM python:3.13\nCMD ["gunicorn", "shop.wsgi"]\n', COMPOSE, "backend"),
    ],
)
def test_an_image_of_node_is_no_process_of_the_application(image, compose, serves):
    found = facts_of(backend() | {"web/Dockerfile": image, "compose.yml": compose}).deployments
    assert [(d.name, d.serves) for d in found] == [("shop_web", serves)]
