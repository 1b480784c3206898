"""``innkeeper block``: keep a tenant from writing to an address."""

from provisioner.cli.conducting import person_command
from provisioner.conduct import operator


@person_command("block", operator.block, about="ADDRESS")
def command() -> None:
    """Keep a tenant from writing to an address, until somebody unblocks it.

    Example: innkeeper block bakery anna@customer.example --reason "she asked us to"
    """
