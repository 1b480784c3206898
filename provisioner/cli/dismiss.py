"""``innkeeper dismiss``: do not do what a rule proposed."""

from provisioner.cli.conducting import person_command
from provisioner.conduct import operator


@person_command("dismiss", operator.dismiss, about="PROPOSAL")
def command() -> None:
    """Decline what a rule proposed; it is not asked again for what happened until now.

    Example: innkeeper dismiss bakery 3f9a0c51d2e4 --reason "a false alarm"
    """
