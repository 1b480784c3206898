"""``innkeeper records``: what to paste at an outside DNS provider."""

import click
from rich.console import Console
from rich.table import Table

from provisioner.cli.app import App, command_options, safe
from provisioner.cli.reach import Reach
from provisioner.errors import InnkeeperError
from provisioner.model.tenant import Tenant
from provisioner.onboarding.records import Record, expected_records


def records_of(reach: Reach, tenant: Tenant) -> tuple[Record, ...]:
    """The records a tenant's domain needs. Raises InnkeeperError before its first apply."""
    identity = reach.wiring.identities.read(tenant.domain)
    if not identity.exists:
        raise InnkeeperError(
            f"{tenant.id}: SES does not know {tenant.domain} yet", hint=f"first: innkeeper onboard {tenant.id}"
        )
    return expected_records(tenant, reach.platform.region, identity.tokens, identity.signing_zone)


@click.command("records")
@click.argument("tenant_id", metavar="TENANT")
@command_options
def command(app: App, tenant_id: str) -> None:
    """Print the DNS records of a tenant's domain, with what each is for.

    Example: innkeeper records bakery
    """
    records = records_of(Reach(app), app.tenant(tenant_id))

    def text(out: Console) -> None:
        table = Table(box=None, padding=(0, 2), pad_edge=False)
        for title in ("type", "name", "value", "what for"):
            table.add_column(title, overflow="fold")
        for record in records:
            table.add_row(record.type, safe(record.name), safe(record.value), safe(record.why))
        out.print(table)

    app.emit(records, text)
