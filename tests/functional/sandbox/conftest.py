import pytest
from botocore.exceptions import ClientError

from provisioner.sandbox import Sandbox


@pytest.fixture(scope="module")
def running():
    with Sandbox(smtp=False) as sandbox:
        yield sandbox


@pytest.fixture
def aws(running):
    running.reset()
    return running


@pytest.fixture
def ses(aws):
    return aws.client("sesv2")


@pytest.fixture
def code_of():
    """The error code of a call, ``None`` if it went well."""

    def code(call, **params):
        try:
            call(**params)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    return code
