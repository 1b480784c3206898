"""``innkeeper drill``: prove the whole chain with a simulated bounce."""

import time
from datetime import timedelta

import click

from provisioner.cli.app import App, command_options, safe
from provisioner.cli.conducting import known_tenants
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.conduct.drill import Drill, Hop, Timing, drill
from provisioner.exit_codes import Exit
from provisioner.onboarding.site_mail import as_site
from provisioner.smtp import Endpoint


@subcommand("drill")
@click.argument("tenant_id", metavar="TENANT")
@click.option("--minutes", type=click.IntRange(1, 60), default=5, show_default=True,
              help="How long to wait for each step; AWS may need some of them.")  # fmt: skip
@command_options
def command(app: App, tenant_id: str, minutes: int) -> int:
    """Let Amazon's mailbox simulator bounce one mail, and follow it: event, bucket, verdict, block, and back.

    Sends as the tenant's site does, with its own credentials. Blocks one simulator address and unblocks it again;
    the tenant's standing gets no strike, and nobody is mailed. Killed half-way, the next drill tidies up.

    Example: innkeeper drill bakery
    """
    reach = Reach(app)
    known_tenants(reach, (tenant_id,))
    manifest = reach.manifest(tenant_id)
    run = f"{app.now():%Y%m%dt%H%M%S%f}"
    timing = Timing(
        clock=app.now,
        wait=time.sleep,
        patience=timedelta(minutes=minutes),
        pause=0.2 if reach.embedded else 3.0,
    )

    mail = as_site(
        manifest,
        secrets=reach.wiring.secrets,
        keys=reach.wiring.keys,
        archive=reach.archive,
        clock=app.now,
        run=run,
        endpoint=Endpoint.from_environment(app.environment),
    )

    def show(hop: Hop) -> None:
        if not app.json:
            app.out.print(f"[green]✓[/] {hop.name:<11}{hop.seconds:8.2f} s  {safe(hop.words)}")

    result = drill(manifest, reach.outside, mail, timing, run=run, overrides=reach.platform.policy, on_hop=show)
    app.emit({"ok": result.ok, "seconds": result.seconds, "drill": result}, lambda _out: _show(app, result))
    return Exit.DONE if result.ok else Exit.FAILED


def _show(app: App, result: Drill) -> None:
    for address in result.removed:
        app.say(f"an earlier drill had left {address} blocked; removed")
    if result.ok:
        app.out.print(f"[green]the whole chain works[/]: {result.seconds:.1f} s from mail to mail")
        return
    app.out.print(f"[red]✗[/] {safe(result.problem)}")
    if result.hint:
        app.out.print(f"  → {safe(result.hint)}")
