"""``innkeeper confirm``: do what a rule proposed."""

from provisioner.cli.conducting import person_command
from provisioner.conduct import operator


@person_command("confirm", operator.confirm, about="PROPOSAL")
def command() -> None:
    """Do what a rule proposed and left to you. 'innkeeper explain' shows open proposals and their ids.

    Example: innkeeper confirm bakery 3f9a0c51d2e4 --reason "third virus in a month"
    """
