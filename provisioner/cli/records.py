"""``innkeeper records``: what to paste at an outside DNS provider."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from provisioner.cli.app import App, command_options, needed_width, safe, show_table, wrapped
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
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


@subcommand("records")
@click.argument("tenant_id", metavar="TENANT")
@command_options
def command(app: App, tenant_id: str) -> None:
    """Print the DNS records of a tenant's domain, with what each is for.

    Example: innkeeper records bakery
    """
    records = records_of(Reach(app), app.tenant(tenant_id))

    app.emit(records, lambda out: _show(out, records))


def _show(out: Console, records: Sequence[Record]) -> None:
    """A table where it fits; else one below the other, so that names and values can be copied whole."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("type", "name", "value", "what for"):
        table.add_column(title)
    for record in records:
        table.add_row(record.type, safe(record.name), safe(record.value), safe(record.why))
    if needed_width(out, table) <= out.width:
        show_table(out, table)
        return
    for record in records:
        wrapped(out, record.why, first="[dim]# ", rest="[dim]# ")
        out.print(f"[b]{record.type}[/]", soft_wrap=True)
        out.print(f"    name:  {safe(record.name)}", soft_wrap=True)
        out.print(f"    value: {safe(record.value)}", soft_wrap=True)
