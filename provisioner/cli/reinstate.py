"""``innkeeper reinstate``: the only way out of a suspension."""

from provisioner.cli.conducting import person_command
from provisioner.conduct import operator


@person_command("reinstate", operator.reinstate)
def command() -> None:
    """Let a suspended tenant send again; its counting starts afresh.

    Example: innkeeper reinstate bakery --reason "plugin removed, list cleaned"
    """
