"""A house with three tenants on the embedded AWS, seen through the command line."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "conduct"))

from conduct_house import OPERATOR, House, embedded, shared_clients  # noqa: F401 - fixtures

from provisioner.cli import reach
from provisioner.cli.main import run

TENANTS = ("bakery", "cinema", "florist")
PLATFORM = f"""\
region: eu-central-1
name: inn
operator: {{name: Erika, email: {OPERATOR}}}
sender: notices@innkeeper.example
"""
TENANT = """\
id: {name}
name: {title}
domain: {name}.example
contacts: [owner@mail.example]
dns: external
"""


def write_folder(folder):
    (folder / "tenants").mkdir(parents=True)
    (folder / "platform.yaml").write_text(PLATFORM)
    for name in TENANTS:
        text = TENANT.format(name=name, title=name.title())
        (folder / "tenants" / f"{name}.yaml").write_text(text)
    return folder


class Terminal:
    """Runs command lines in this process as a script would: in a pipe, nobody to ask."""

    def __init__(self, folder, capsys):
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments, expect=0):
        """(standard output, standard error) of one command."""
        self._capsys.readouterr()
        code = run([*arguments, "-C", str(self.folder)])
        out, err = self._capsys.readouterr()
        assert code == expect, f"exit code {code}, not {expect}\n{out}\n{err}"
        return out, err

    def json(self, *arguments, expect=0):
        """What a command prints with --format json; that must be the whole standard output."""
        out, _ = self(*arguments, "--format", "json", expect=expect)
        return json.loads(out)

    def fails(self, *arguments, expect=1):
        """The one line of an error and the line with its cure; nothing on standard output."""
        out, err = self(*arguments, expect=expect)
        assert out == ""
        lines = err.splitlines()
        assert len(lines) == 2, err
        assert lines[1].startswith("  → ")
        return " ".join(line.strip() for line in lines)


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
    house.bounce(house.manifests["bakery"], *(f"guest{n}@mail{n}.test" for n in range(16)), at=at)
    house.bounce(house.manifests["cinema"], "gone@elsewhere.test", at=at)
    house.mail(house.manifests["florist"], *(f"guest{n}@elsewhere.test" for n in range(3)))
    return house
