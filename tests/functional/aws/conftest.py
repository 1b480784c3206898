import pytest

from provisioner.aws.clients import Clients
from provisioner.sandbox import Sandbox


@pytest.fixture(scope="package")
def running():
    with Sandbox(smtp=False) as sandbox:
        yield sandbox


@pytest.fixture
def aws(running):
    running.reset()
    return running


@pytest.fixture(scope="package")
def shared(running):
    """Making clients takes longer than most tests."""
    return Clients(running.session(), region=running.region, pacer=None)


@pytest.fixture
def clients(aws, shared):
    return shared
