"""``innkeeper terminate``: the end of a tenant's sending."""

from provisioner.cli.conducting import person_command
from provisioner.conduct import operator


@person_command("terminate", operator.terminate)
def command() -> None:
    """End a tenant's sending for good. Nothing is deleted.

    Example: innkeeper terminate bakery --reason "the site was sold"
    """
