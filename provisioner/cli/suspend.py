"""``innkeeper suspend``: stop a tenant."""

from provisioner.cli.conducting import person_command
from provisioner.conduct import operator


@person_command("suspend", operator.suspend)
def command() -> None:
    """Stop a tenant's sending now; show every lever and read each back.

    Example: innkeeper suspend bakery --reason "spam from a hacked plugin"
    """
