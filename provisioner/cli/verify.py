"""``innkeeper verify``: may this domain send, and if not, what is missing?"""

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe, wrapped
from provisioner.cli.reach import Reach
from provisioner.cli.records import records_of
from provisioner.cli.subcommand import subcommand
from provisioner.dns import LiveResolver
from provisioner.exit_codes import Exit
from provisioner.model.tenant import Dns
from provisioner.onboarding.verify import Resolver, Verification, verify


@subcommand("verify")
@click.argument("tenant_id", metavar="TENANT")
@click.option("--restart", is_flag=True, help="Make SES look again after it gave up (72 hours).")
@command_options
def command(app: App, tenant_id: str, restart: bool) -> int:
    """Ask live DNS and SES whether a tenant's domain may send; say what is missing, in plain words.

    Never waits. Ends with exit code 4 while something is missing.

    Example: innkeeper verify bakery
    """
    reach = Reach(app)
    tenant = app.tenant(tenant_id)
    if restart:
        reach.wiring.identities.restart(tenant.domain, tenant.mail_from_domain)
    records = records_of(reach, tenant)
    # Nothing answers DNS for the embedded AWS: there the hosted zone itself is read.
    resolver: Resolver = reach.zones if reach.embedded else LiveResolver()
    servers = reach.zones.nameservers(tenant.domain).values if tenant.dns is Dns.ROUTE53 else ()
    identity = reach.wiring.identities.read(tenant.domain)
    result = verify(tenant, records, identity, resolver, zone_servers=servers, now=app.now())
    app.emit(result, lambda out: _show(out, tenant_id, result))
    return Exit.DONE if result.ready else Exit.PENDING


def _show(out: Console, tenant_id: str, result: Verification) -> None:
    for check in result.checks:
        out.print(f"{'[green]✓[/]' if check.ok else '[red]✗[/]'} {safe(check.name)}", soft_wrap=True)
        if not check.ok:
            out.print(f"    found:    {safe(check.found)}", soft_wrap=True)
            out.print(f"    expected: {safe(check.expected)}", soft_wrap=True)
            wrapped(out, check.cure, first="    → ", rest="      ")
    if result.ready:
        out.print(f"[green]{safe(tenant_id)} is ready to send[/]; next: [b]innkeeper credentials {safe(tenant_id)}[/]")
    else:
        again = f"[b]innkeeper verify {safe(tenant_id)}[/]"
        out.print(f"[yellow]not ready yet[/]; DNS can take hours. Ask again: {again}")
