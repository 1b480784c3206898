"""The ``innkeeper`` command: one file per verb, loaded only when it is used."""

from provisioner.cli.main import main

__all__ = ["main"]
