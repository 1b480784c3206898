"""``innkeeper unblock``: let a tenant write to an address again."""

from provisioner.cli.conducting import person_command
from provisioner.conduct import operator


@person_command("unblock", operator.unblock, about="ADDRESS", many=True)
def command() -> None:
    """Let a tenant write to blocked addresses again.

    Example: innkeeper unblock bakery anna@customer.example --reason "she has a new mailbox"
    """
