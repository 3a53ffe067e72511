"""Two centres that hold each other's mandates: RU's endpoint, and whoever has all keys of US."""

from __future__ import annotations

import pytest

from launchnotice import Endpoint
from tests.support.forge import Forger
from tests.support.template import Template, template


@pytest.fixture(scope="module")
def made() -> Template:
    return template()


@pytest.fixture
def ru(made: Template) -> Endpoint:
    return made.open("RU")


@pytest.fixture(scope="module")
def us(made: Template) -> Forger:
    return made.forger("US")
