"""Shared by all tests: nothing may reach past this machine, and nothing may read the developer's own AWS settings."""

import os
import socket

import pytest
import sweep
from hypothesis import settings

for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

_connect = socket.socket.connect

# Other examples each time; --hypothesis-profile=default takes the usual hundred.
settings.register_profile("quick", max_examples=40)
settings.load_profile("quick")


def pytest_configure(config):
    sweep.install(config)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch):
    """Fails a test that opens a connection to anything but this machine."""

    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        return _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
