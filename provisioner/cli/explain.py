"""``innkeeper explain``: why was this done?"""

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe
from provisioner.cli.conducting import known_tenants
from provisioner.cli.reach import Reach
from provisioner.conduct import documents
from provisioner.rules import explain


@click.command("explain")
@click.argument("tenant_id", metavar="TENANT")
@click.argument("recipient", metavar="[ADDRESS]", required=False)
@command_options
def command(app: App, tenant_id: str, recipient: str | None) -> None:
    """Say why a tenant, or one of its recipients, stands as it does: rule, numbers, when it ends.

    Example: innkeeper explain bakery anna@customer.example
    """
    reach = Reach(app)
    known_tenants(reach, (tenant_id,))
    standing, _ = documents.read_standing(reach.archive, tenant_id)
    lines = explain(standing, tenant_id, recipient)

    def text(out: Console) -> None:
        for line in lines:
            out.print(safe(line))

    app.emit(lines, text)
