"""The sample repositories of the demo: what each is, and what it takes to run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # `--help` lists the samples, and is to start fast
    from pathlib import Path


class Sample(NamedTuple):
    """A sample repository: its id (and folder), its name, what it is made of, and what running it needs.

    `needs` are modules that its backend imports besides the SDK, with the distributions that bring them; `variables` are
    those that it needs at run time.
    """

    id: str
    name: str
    about: str
    needs: dict[str, str]
    variables: dict[str, str] = {}


SAMPLES = (
    Sample(
        id="django-react",
        name="orchard",
        about="Django and React, deployed to Render",
        needs={"django": "django", "dj_database_url": "dj-database-url"},
        variables={"ALLOWED_HOSTS": "localhost"},
    ),
    Sample(
        id="fastapi-vue",
        name="harbor",
        about="FastAPI and Vue, deployed to Fly.io",
        needs={"fastapi": "fastapi"},
    ),
)


def make_sample(folder: Path, sample: Sample = SAMPLES[0]) -> Path:
    """Copy a sample repository below a folder and make it a git repository with one commit; returns its root."""
    import os
    import shutil
    from importlib.resources import as_file, files
    from pathlib import Path

    import git

    root = folder / sample.name
    with as_file(files("setup_wizard.sandbox") / "samples" / sample.id) as origin:
        # Hidden names are stored with a `dot-` in front, so that no tool takes them for those of this project.
        for source in sorted(p for p in origin.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            relative = Path(
                *(("." + part[4:]) if part.startswith("dot-") else part for part in source.relative_to(origin).parts)
            )
            (root / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, root / relative)
    repository = git.Repo.init(root, initial_branch="main")
    repository.git.update_environment(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    with repository.config_writer() as config:
        config.set_value("user", "name", "Demo").set_value("user", "email", "demo@example.com")
        config.set_value("commit", "gpgsign", "false")
    repository.git.add("--all")
    repository.git.commit("--quiet", "--message", f"{sample.name.capitalize()}, before Sentry")
    repository.close()
    return root
