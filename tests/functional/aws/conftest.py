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


@pytest.fixture
def clients(aws):
    return Clients(aws.session(), region=aws.region, pacer=None)
