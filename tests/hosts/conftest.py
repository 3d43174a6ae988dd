"""Machines, and a service on them, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.hosts.network import why_not
from tests.hosts.site import Ground, Site, ground, opened_site, soon_given_up
from tests.tiny.postgres import programs


@pytest.fixture(scope="package")
def machines() -> Iterator[Ground]:
    """Two to answer, three to work, and one with a PostgreSQL."""
    if (found := programs()) is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    with ground(found) as made:
        yield made


@pytest.fixture(scope="package")
def site(machines: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two replicas over one PostgreSQL, and machines for three workers."""
    catalog = soon_given_up(machines.cluster.database())
    with opened_site(machines, tmp_path_factory.mktemp("site"), catalog, port=8765) as made:
        yield made
