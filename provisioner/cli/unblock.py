"""``innkeeper unblock``: let a tenant write to an address again."""

from datetime import UTC, datetime

import click

from provisioner.cli.app import App
from provisioner.cli.conducting import known_tenants, person_options, show_commanded
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.cli.text import some
from provisioner.conduct import documents, operator
from provisioner.errors import InnkeeperError
from provisioner.rules.commands import blocked_at

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


@subcommand("unblock")
@click.argument("tenant_id", metavar="TENANT")
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1)
@click.option("--provider", metavar="DOMAIN", help="Instead of addresses: all at this domain that rules blocked.")
@click.option("--between", nargs=2, type=click.DateTime(_FORMATS), metavar="FROM TO",
              help="With --provider: blocked from when to when, in UTC, 2026-11-25 or 2026-11-25T08:30.")  # fmt: skip
@person_options
def command(
    app: App,
    tenant_id: str,
    addresses: tuple[str, ...],
    provider: str | None,
    between: tuple[datetime, datetime] | None,
    by: str,
    reason: str,
    yes: bool,
) -> int:
    """Let a tenant write to blocked addresses again.

    With --provider and --between: all that were blocked while a mailbox provider was out of order.

    Example: innkeeper unblock bakery anna@customer.example --reason "she has a new mailbox"
    """
    if bool(addresses) == bool(provider) or (provider is None) != (between is None):
        raise click.UsageError("name addresses, or --provider together with --between")
    reach = Reach(app)
    known_tenants(reach, (tenant_id,))
    names = _blocked(reach, tenant_id, provider, between) if provider and between else addresses
    app.confirm(f"unblock {tenant_id}: {some(names, 20)}, because: {reason}\nGo on?", yes=yes)
    return show_commanded(app, operator.unblock(tenant_id, names, reach.outside, app.now(), by=by, reason=reason))


def _blocked(reach: Reach, tenant: str, provider: str, between: tuple[datetime, datetime]) -> tuple[str, ...]:
    start, end = (moment.replace(tzinfo=UTC) for moment in between)
    standing, _ = documents.read_standing(reach.archive, tenant)
    found = blocked_at(standing, provider, start, end)
    if not found:
        window = f"between {start:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC"
        raise InnkeeperError(
            f"{tenant}: no rule blocked an address at {provider} {window}",
            hint="a day without a time begins at midnight; 'innkeeper explain TENANT ADDRESS' tells when it was",
        )
    return found
