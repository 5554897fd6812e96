"""Items of another distribution, and the audit as a library."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from checks import library
from checks.errors import NothingToAuditError, UsageError
from checks.extensions import extra_items
from checks.model import Outcome
from setup_wizard.cli import main
from tests.support.repo import backend

PACKAGE = Path(__file__).parents[1] / "data/extension/acme_checks.py"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for path, text in (backend() | {"shop/jobs.py": "print('x')\n"}).items():
        (tmp_path / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / path).write_text(text)
    return tmp_path / "shop"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch):
    """Install a distribution with one entry point as pip would; its text can be another one."""

    def install(point: str = "acme = acme_checks:ITEMS") -> None:
        site = tmp_path / "site"
        info = site / "acme_checks-1.0.dist-info"
        info.mkdir(parents=True)
        shutil.copy(PACKAGE, site)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[sentry_setup.items]\n{point}\n")
        monkeypatch.syspath_prepend(str(site))

    extra_items.cache_clear()
    yield install
    extra_items.cache_clear()


def test_an_installed_item_is_audited_listed_explained_and_waived(shop, installed, capsys):
    installed()
    assert main(["audit", str(shop), "--select", "acme-no-print", "--format", "json"]) == 1
    [item] = json.loads(capsys.readouterr().out)["items"]
    assert (item["title"], item["outcome"], item["findings"][0]["path"]) == ("No module prints", "fail", "shop/jobs.py")
    assert main(["explain", "acme-no-print"]) == 0 and "use a logger" in capsys.readouterr().out
    assert main(["list"]) == 0 and "acme-no-print" in capsys.readouterr().out
    (shop / "shop/jobs.py").write_text("# sentry-setup: ignore[acme-no-print] a script\nprint('x')\n")
    report = library.audit(shop, select_items=["acme-no-print"])
    assert report.result("acme-no-print").waiver.reason == "a script (shop/jobs.py:1)"


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("other = acme_checks:ITEMS", "has the id `acme-no-print`: it must be unique and start with `other-`"),
        ("acme = acme_checks:NOTHING", "cannot be loaded: AttributeError"),
        ("acme = acme_checks:no_print", "is not a tuple of items"),
    ],
)
def test_a_faulty_extension_is_named(shop, installed, capsys, point, said):
    installed(point)
    assert main(["audit", str(shop)]) == 2
    assert said in capsys.readouterr().err


def test_without_one_nothing_is_added(shop, installed):
    assert extra_items() == ()
    with pytest.raises(UsageError, match="unknown item `acme-no-print`"):
        library.audit(shop, select_items=["acme-no-print"])


def test_the_audit_is_one_import(shop, tmp_path):
    report = library.audit(shop, ignore_items=["debug-off"], answers={"backend.settings": "shop.settings"})
    assert isinstance(report, library.Report) and report.result("sdk-installed").outcome is Outcome.FAIL
    assert all(getattr(library, name) for name in library.__all__)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToAuditError):
        library.audit(tmp_path / "empty")
    with pytest.raises(UsageError, match="is not a directory"):
        library.audit(tmp_path / "none")
