"""The step `tunnel`: a view that forwards to the own project only, its route, the SDK's option; the item that judges it passes."""

from __future__ import annotations

import pytest

from setup_wizard.editors import tunnel
from setup_wizard.editors.base import Edited, Refused, Unchanged
from tests.setup_wizard.test_frontend_frameworks import MAIN, made_with
from tests.support.edits import after
from tests.support.repo import check_one

DSN = "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/7"
URLS = "from django.contrib import admin\nfrom django.urls import path\n\nurlpatterns = [\n    path('admin/', admin.site.urls),\n]\n"
INIT = "import * as Sentry from '@sentry/react'\n\nSentry.init({\n  dsn: import.meta.env.VITE_SENTRY_DSN,\n})\n"


def shop() -> dict[str, str]:
    files = made_with("react", "@sentry/react")
    files["web/src/main.tsx"] = "import './instrument'\n" + MAIN["react"]
    files["web/src/instrument.ts"] = INIT
    return files


def test_view_route_and_option(tmp_path):
    files = shop()
    settings = next(p for p in files if p.endswith("settings.py"))
    package = settings.split("/")[-2]
    folder = settings.rpartition("/")[0]
    files[settings] += f'ROOT_URLCONF = "{package}.urls"\n'
    files[f"{folder}/urls.py"] = URLS
    done = after(tmp_path, files, "tunnel", **{"frontend.dsn": DSN})
    assert done.steps["tunnel"].outcome == "applied", done.left
    assert DSN in done.text(f"{folder}/sentry_tunnel.py")
    assert f"from {package}.sentry_tunnel import tunnel" in done.text(f"{folder}/urls.py")
    assert "    path('sentry-tunnel/', tunnel),\n    path('admin/'" in done.text(f"{folder}/urls.py")
    assert "tunnel: '/sentry-tunnel/'" in done.text("web/src/instrument.ts")
    changed = files | {
        p: done.text(p) for p in (f"{folder}/sentry_tunnel.py", f"{folder}/urls.py", "web/src/instrument.ts")
    }
    assert check_one("tunnel-safe", changed).outcome.value == "pass"


def test_nothing_is_written_without_the_dsn(tmp_path):
    done = after(tmp_path, shop(), "tunnel", **{"frontend.dsn": ""})
    assert done.steps["tunnel"].outcome == "refused" and "DSN is not known" in done.left


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        (URLS, "path('sentry-tunnel/', tunnel),\n    path('admin/'"),
        (
            "from django.urls import path\nurlpatterns = [path('', home)]\n",
            "[path('sentry-tunnel/', tunnel), path('', home)]",
        ),
        ("from django.urls import path\nurlpatterns: list = []\n", "urlpatterns: list = [\n    path("),
        (
            'from django.urls import include, path\nurlpatterns = [\n    path("a/", include("a.urls"))\n]\n',
            '    path("sentry-tunnel/", tunnel),\n',
        ),
        (
            "from django.urls import re_path\nurlpatterns = [re_path('', home)]\n",
            "from django.urls import path\nfrom shop.sentry_tunnel import tunnel\n",
        ),
        (
            "urlpatterns = []\n",
            "from django.urls import path\nfrom shop.sentry_tunnel import tunnel\n\nurlpatterns = [\n",
        ),
        ('"""URLs."""\n\nurlpatterns = []\n', '"""URLs."""\n\nfrom django.urls import path\n'),
        ("from mine import path\nurlpatterns = [path('', home)]\n", None),
        ("from django.urls import path\nurlpatterns = i18n_patterns(path('', home))\n", None),
        ("from django.urls import path\nfrom tubes import tunnel\nurlpatterns = [path('', home)]\n", None),
        ("from django.urls import path\nurlpatterns = [path('', home)]\nurlpatterns = []\n", None),
    ],
)
def test_where_the_route_goes(urls, expected):
    result = tunnel.add_route(urls.encode(), "shop.sentry_tunnel", "sentry-tunnel/", "shop/urls.py")
    if expected is None:
        assert isinstance(result, Refused)
        return
    assert isinstance(result, Edited) and expected in result.data.decode(), result
    compile(result.data, "urls.py", "exec")
    again = tunnel.add_route(result.data, "shop.sentry_tunnel", "sentry-tunnel/", "shop/urls.py")
    assert isinstance(again, Unchanged)
