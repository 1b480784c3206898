"""One house for all these tests, its bakery with fresh credentials for each; who suspends takes another tenant."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "conduct"))

from conduct_house import House, embedded, shared_clients  # noqa: F401 - fixtures
from rotation_house import Rotating

from provisioner.cli.app import App
from provisioner.sandbox.clock import forget


@pytest.fixture(scope="package")
def house(embedded, shared_clients):  # noqa: F811
    embedded.reset()
    made = House(embedded, shared_clients)
    made.build()
    return made


@pytest.fixture(scope="package")
def _bakery(house):
    return Rotating(house)


@pytest.fixture(autouse=True)
def _real_time(house):
    """Time that a test before moved forward is not this one's."""
    forget(house.aws.account)
    return house.aws.clock


@pytest.fixture
def bakery(_bakery):
    _bakery.again()
    return _bakery


@pytest.fixture
def other(house):
    """A tenant of its own, for tests that change more than keys and passwords."""
    return lambda name: Rotating(house, name)


PLATFORM = """\
name: inn
region: eu-central-1
operator: {name: Ops, email: operator@host.example}
sender: notices@innkeeper.example
"""


@pytest.fixture
def operator(house, tmp_path, monkeypatch, _real_time):
    """An operator's folder, and the way from there to this house."""
    folder = tmp_path / "operator"
    (folder / "tenants").mkdir(parents=True)
    (folder / "platform.yaml").write_text(PLATFORM)
    for name, value in house.aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(App, "now", lambda _self: _real_time.now())
    # Making clients takes longer than most commands.
    monkeypatch.setattr("provisioner.cli.reach.Clients", lambda *_, **__: house.wiring.clients)
    return folder
