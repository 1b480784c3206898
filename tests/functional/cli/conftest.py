"""A house with three tenants on the embedded AWS, seen through the command line."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "conduct"))

from cli_house import Terminal, write_folder
from conduct_house import House, embedded, shared_clients  # noqa: F401 - fixtures

from provisioner.cli import reach


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("house") / "sites")


@pytest.fixture
def ink(folder, capsys):
    """Only the command line: no AWS behind it."""
    return Terminal(folder, capsys)


@pytest.fixture
def pointed(embedded, shared_clients, monkeypatch):  # noqa: F811
    """This process's environment points at the embedded AWS; one session is kept, for its loaded service models."""
    for name, value in embedded.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("INNKEEPER_POLL_SECONDS", "0")
    monkeypatch.setattr(reach, "Clients", lambda session, region, pacer: shared_clients)


@pytest.fixture
def empty(embedded, pointed):  # noqa: F811
    """The embedded AWS with nothing in it."""
    embedded.reset()
    return embedded


@pytest.fixture
def house(empty, shared_clients):  # noqa: F811
    """A platform with one tenant, bakery."""
    made = House(empty, shared_clients)
    made.build()
    made.manifests = {"bakery": made.tenant("bakery")}
    return made


@pytest.fixture
def troubled(house):
    """Two tenants more, and feedback in all queues: a reason to suspend bakery, one bounce, three deliveries."""
    house.manifests |= {name: house.tenant(name) for name in ("cinema", "florist")}
    at = datetime.now(UTC) - timedelta(hours=3)
    house.bounce(house.manifests["bakery"], *(f"guest{n}@mail{n}.test" for n in range(7)), at=at)
    house.bounce(house.manifests["cinema"], "gone@elsewhere.test", at=at)
    house.mail(house.manifests["florist"], *(f"guest{n}@elsewhere.test" for n in range(3)))
    return house
