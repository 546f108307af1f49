"""One PostgreSQL for the whole run, a database for each worker; everything is committed, nothing is rolled back."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.run_database import prepare_run

prepare_run()

pytest_plugins = [
    "tests.fixtures.accounts",
    "tests.fixtures.browser",
    "tests.fixtures.dns",
    "tests.fixtures.push_service",
    "tests.fixtures.server",
    "tests.fixtures.sink",
    "tests.fixtures.web",
]


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The worker's database is there already, migrated (tests.run_database)."""


@pytest.fixture(scope="session", autouse=True)
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Every test may use the database, and finds what the tests before it committed."""
    with django_db_blocker.unblock():
        yield
