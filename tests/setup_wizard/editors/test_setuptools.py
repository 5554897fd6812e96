"""Requirements of setup.py and setup.cfg: the list as it is written, and what is refused."""

from __future__ import annotations

import pytest

from setup_wizard.editors import setuptools
from setup_wizard.editors.base import Edited, Refused, Unchanged

NEW = "sentry-sdk>=2.75,<3"
SCRIPTS = [
    ('setup(install_requires=["django"])\n', f'setup(install_requires=["django", "{NEW}"])\n'),
    ("setup(install_requires=['django', ])\n", f"setup(install_requires=['django', '{NEW}', ])\n"),
    ("setup(name='é', install_requires=['django'])\n", f"setup(name='é', install_requires=['django', '{NEW}'])\n"),
    ("setup(install_requires=[])\n", f'setup(install_requires=["{NEW}"])\n'),
    (
        'setup(\n    install_requires=[\n        "django",  # web\n    ],\n)\n',
        f'setup(\n    install_requires=[\n        "django",  # web\n        "{NEW}",\n    ],\n)\n',
    ),
    (
        'setup(\n    install_requires=[\n        "django"  # web\n    ],\n)\n',
        f'setup(\n    install_requires=[\n        "django",  # web\n        "{NEW}"\n    ],\n)\n',
    ),
    (
        'needed = [\n\t"django",\n]\nsetup(install_requires=needed)\n',
        f'needed = [\n\t"django",\n\t"{NEW}",\n]\nsetup(install_requires=needed)\n',
    ),
]


@pytest.mark.parametrize(("before", "after"), SCRIPTS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_script_requires_one_more(before, after, newline):
    result = setuptools.add_requirement(before.replace("\n", newline).encode(), "sentry-sdk", ">=2.75,<3", "setup.py")
    assert isinstance(result, Edited)
    assert result.data.decode() == after.replace("\n", newline)
    again = setuptools.add_requirement(result.data, "sentry-sdk", ">=2.75,<3", "setup.py")
    assert isinstance(again, Unchanged)


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("setup.py", "setup(install_requires=read('requirements.txt'))\n", "no install_requires"),
        ("setup.py", "setup(install_requires=('django',))\n", "no install_requires"),
        ("setup.py", "a = ['django']\na = ['x']\nsetup(install_requires=a)\n", "no install_requires"),
        ("setup.py", "setup(install_requires=[  # nothing yet\n])\n", "no install_requires"),
        ("setup.py", "setup(\n", "cannot be read"),
        ("setup.py", "setup(install_requires=['a'])\r\nx = 1\n", "mixes line ends"),
        ("setup.cfg", "[options]\ninstall_requires = django\n", "no install_requires"),
        ("setup.cfg", "[options]\npackages = find:\n", "no install_requires"),
        ("setup.cfg", "[other]\ninstall_requires =\n    django\n", "no install_requires"),
        ("setup.cfg", "[options]\ninstall_requires =\n    django", "no install_requires"),
        ("setup.cfg", "no section\n", "cannot be read"),
    ],
)
def test_what_is_not_followed_is_refused(path, text, why):
    result = setuptools.add_requirement(text.encode(), "sentry-sdk", ">=2.75,<3", path)
    assert isinstance(result, Refused) and why in result.reason and result.snippet == NEW


def test_an_extra_is_no_requirement():
    text = "setup(install_requires=['django'], extras_require={'s': ['sentry-sdk']})\n"
    result = setuptools.add_requirement(text.encode(), "sentry-sdk", ">=2.75,<3", "setup.py")
    assert isinstance(result, Edited) and b"['django', 'sentry-sdk>=2.75,<3']" in result.data
