"""Heroku, Scalingo, Dokku, and what else runs a Procfile: its processes, app.json's variables and add-ons, heroku.yml.

Sources: https://devcenter.heroku.com/articles/app-json-schema, https://devcenter.heroku.com/articles/procfile,
https://devcenter.heroku.com/articles/build-docker-images-heroku-yml, https://devcenter.heroku.com/articles/sentry,
https://dokku.com/docs/processes/scheduled-cron-tasks/, https://dokku.com/docs/deployment/zero-downtime-deploys/,
https://doc.scalingo.com/platform/app/procfile, https://doc.scalingo.com/platform/app/app-manifest
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.hosts.development import runs_djangos_server
from checks.hosts.serving import runs_python
from checks.hosts.shapes import variables_of
from checks.parsers import yaml as y
from checks.parsers.commands import read_commands
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.facts import Facts, join
from checks.repository.path_words import NOT_DEPLOYED, Purpose, folder_purposes

_MANIFEST_KEYS = ("buildpacks", "formation", "addons", "env")
_OF_DOKKU = ("cron", "healthchecks")
"""Keys of an app.json that Dokku reads and Heroku does not know, as `scripts.dokku` is too."""
_SCALINGO = "scalingo.json"
"""Scalingo's app.json, which is for review apps and one-click deploys: its variables are not production's."""
_ADDON = "sentry"
"""The add-on that sets SENTRY_DSN."""
PROCFILE = "procfile"
"""The host of a Procfile that nothing gives to one platform: Heroku, Dokku, Scalingo, Railway, Piku and honcho run it, and more."""
_SIGNS = {
    "heroku": (
        *("herokuapp.com", "heroku.com/deploy", "git push heroku", "heroku create", "heroku config", "heroku run"),
        *("heroku login", "heroku labs", "heroku-postbuild", "django-heroku", "django_heroku", "HEROKU_"),
    ),
    "dokku": ("git push dokku", "dokku apps:", "dokku config", "dokku run", "dokku@", "dokku/github-action", "DOKKU_"),
    "scalingo": ("scalingo.io", "scalingo.com", "git push scalingo", "scalingo env-set", "scalingo run", "SCALINGO_"),
}
"""What a repository writes that is run on a platform: its commands, addresses, packages and variables, not its name alone."""
_DEEP = 4
_WRITTEN = (".md", ".rst", ".txt", ".py", ".toml", ".yml", ".yaml", ".sh", "Makefile", "Pipfile", "package.json")


def read_heroku(facts: Facts, folder: str) -> Iterator[Deployment]:
    """Read what a folder's Procfile, app.json and heroku.yml say of one app together, on Heroku or on Dokku, which reads them too."""
    procfile, manifest, docker = (join(folder, n) for n in ("Procfile", "app.json", "heroku.yml"))
    processes = procfile_of(facts, procfile) if procfile in facts.paths else {}
    if runs_djangos_server(processes.get("web", "")):
        processes = {}  # honcho or foreman on a laptop
    variables: dict[str, Declared] = {}
    host = name = _platform(facts, folder)
    place = None
    for path in (manifest, docker):
        document = facts.yaml(path) if path in facts.paths else None
        if isinstance(document, ParseError):
            yield unreadable(path, "heroku", "backend", document)
            return
        if not isinstance(document, Node):
            continue
        if path == manifest:
            keys = {k for k, _, _ in y.pairs(document)}
            django = any(runs_python(t) for c in processes.values() for t in _with_scripts(facts, folder, c))
            if django and (keys & set(_OF_DOKKU) or y.get(document, "scripts", "dokku") is not None):
                host, name = "dokku", "dokku"
                continue  # the variables are kept by Dokku alone
            if not keys & set(_MANIFEST_KEYS) or ("expo" in keys and not django):
                continue
            name = y.scalar(y.get(document, "name")) or name
            if is_of_review(document):
                continue  # production's application is not made from it
            variables |= _declared(document, path) | _addons(y.get(document, "addons"), path)
        else:
            variables |= variables_of(y.get(document, "setup", "config"), path)
            variables |= _addons(y.get(document, "setup", "addons"), path)
            processes |= {k: y.scalar(v) or "" for k, _, v in y.pairs(y.get(document, "run"))}
        place = place or path
    place = place or (procfile if processes else None)
    if place is None:
        return
    yield Deployment(
        name=name,
        host=host,
        environment=environment_of(place),
        path=place,
        line=1,
        root=folder,
        serves="backend",
        variables=variables,
        closed=False,
        # The release phase runs once and ends; what it is given says nothing of the processes that stay.
        commands="\n".join(
            t for name, c in processes.items() if name != "release" for t in _with_scripts(facts, folder, c)
        ),
    )


def _with_scripts(facts: Facts, folder: str, command: str) -> list[str]:
    """Return the command of a process and the texts of the shell scripts of the repository that it starts."""
    words = [w for c in read_commands(command) if c.runs is not False for w in c.words]
    scripts = dict.fromkeys(p for w in words if w.endswith(".sh") and (p := join(folder, w)) in facts.paths)
    return [command, *(facts.text(p) or "" for p in scripts)]


def names_heroku(facts: Facts) -> bool:
    """Return whether a workflow of the repository names Heroku."""
    return any("heroku" in (facts.text(f.path) or "").lower() for f in facts.workflows)


def _platform(facts: Facts, folder: str) -> str:
    """Return the platform of a folder's application; `PROCFILE` where nothing, or more than one thing, gives it to a platform."""
    if join(folder, _SCALINGO) in facts.paths or any(
        "scalingo" in (facts.text(f.path) or "").lower() for f in facts.workflows
    ):
        return "scalingo"
    if is_described(facts, folder) or names_heroku(facts):
        return "heroku"
    found = facts.memoize(_named_platforms, "", lambda: _named_platforms(facts))
    return next(iter(found)) if len(found) == 1 else PROCFILE


def _named_platforms(facts: Facts) -> frozenset[str]:
    near = (p for p in facts.paths if p.count("/") < _DEEP and p.endswith(_WRITTEN))
    paths = (p for p in near if not folder_purposes(p) & (NOT_DEPLOYED - {Purpose.DOCUMENTATION}))
    texts = [facts.text(p) or "" for p in facts.holding((n for signs in _SIGNS.values() for n in signs), paths)]
    return frozenset(h for h, signs in _SIGNS.items() if any(n in t for n in signs for t in texts))


def is_of_review(document: Node) -> bool:
    """Return whether an app.json is for review apps: it says what they are made or removed with.

    https://devcenter.heroku.com/articles/github-integration-review-apps#app-json
    """
    review = y.get(document, "environments", "review") is not None
    return review or y.get(document, "scripts", "pr-predestroy") is not None


def is_described(facts: Facts, folder: str) -> bool:
    """Return whether more than a Procfile says that a folder's application runs there: heroku.yml, or an app.json that is its manifest."""
    if join(folder, "heroku.yml") in facts.paths:
        return True
    path = join(folder, "app.json")
    document = facts.yaml(path) if path in facts.paths else None
    if isinstance(document, ParseError):
        return True
    if not isinstance(document, Node):
        return False
    named = any(k in (*_MANIFEST_KEYS, *_OF_DOKKU) for k, _, _ in y.pairs(document))
    return named or y.get(document, "scripts", "dokku") is not None


def procfile_of(facts: Facts, path: str) -> dict[str, str]:
    """Return the processes of a Procfile, `type: command` a line."""
    found = {}
    for line in (facts.text(path) or "").splitlines():
        name, colon, command = line.partition(":")
        if colon and name.strip() and not name.lstrip().startswith("#"):
            found[name.strip()] = command.strip()
    return found


def _declared(document: Node, path: str) -> dict[str, Declared]:
    """A variable has a value, a generator, or is asked for when the app is made; an optional one is not promised."""
    found = {}
    for name, key, value in y.pairs(y.get(document, "env")):
        text = y.scalar(value) or y.scalar(y.get(value, "value"))
        optional = (y.scalar(y.get(value, "required")) or "").lower() == "false"
        if text or not optional or y.get(value, "generator") is not None:
            found[name] = Declared(value=text or None, path=path, line=y.line_of(key))
    return found


def _addons(node: Node | None, path: str) -> dict[str, Declared]:
    for entry in y.sequence(node):
        plan = y.scalar(entry) or y.scalar(y.get(entry, "plan")) or ""
        if plan.split(":")[0] == _ADDON:
            prefix = (y.scalar(y.get(entry, "as")) or _ADDON).upper()
            return {f"{prefix}_DSN": Declared(value=None, path=path, line=y.line_of(entry))}
    return {}
