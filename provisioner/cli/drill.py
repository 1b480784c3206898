"""``innkeeper drill``: prove the whole chain with a simulated bounce."""

import time
from datetime import timedelta
from email.message import EmailMessage

import click

from provisioner.cli.app import App, command_options, safe
from provisioner.cli.conducting import known_tenants
from provisioner.cli.reach import Reach
from provisioner.conduct.drill import Drill, Hop, Timing, drill
from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.manifest import Manifest
from provisioner.onboarding.credentials import SmtpSecret, read_secret
from provisioner.onboarding.retirement import note_probe
from provisioner.smtp import Endpoint, send


@click.command("drill")
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
    secret = _secret(reach, manifest)
    endpoint = Endpoint.from_environment(app.environment)
    run = f"{app.now():%Y%m%dt%H%M%S%f}"
    timing = Timing(
        clock=app.now,
        wait=time.sleep,
        patience=timedelta(minutes=minutes),
        pause=0.2 if reach.embedded else 3.0,
    )

    def mail(recipient: str) -> str:
        taken = send(secret, letter(manifest, recipient, run), endpoint)
        # Else the drill would pass for the site's first use of a new password.
        listed = frozenset(key.id for key in reach.wiring.keys.list(manifest.user))
        note_probe(reach.archive, tenant_id, secret.username, app.now(), keep=listed)
        return taken

    def show(hop: Hop) -> None:
        if not app.json:
            app.out.print(f"[green]✓[/] {hop.name:<11}{hop.seconds:8.2f} s  {safe(hop.words)}")

    result = drill(manifest, reach.outside, mail, timing, run=run, overrides=reach.platform.policy, on_hop=show)
    app.emit({"ok": result.ok, "seconds": result.seconds, "drill": result}, lambda _out: _show(app, result))
    return Exit.DONE if result.ok else Exit.FAILED


def _secret(reach: Reach, manifest: Manifest) -> SmtpSecret:
    version = reach.wiring.secrets.get(manifest.secret)
    if version is None:
        raise InnkeeperError(
            f"{manifest.tenant} has no SMTP credentials yet", hint=f"innkeeper apply {manifest.tenant}"
        )
    return read_secret(version)


def letter(manifest: Manifest, recipient: str, run: str) -> EmailMessage:
    """The mail of a drill, with the headers that the WordPress kit adds."""
    message = EmailMessage()
    message["From"] = manifest.from_address
    message["To"] = recipient
    message["Subject"] = f"Innkeeper drill {run}"
    message["X-SES-CONFIGURATION-SET"] = manifest.configuration_set
    if manifest.ses_tenant:
        message["X-SES-TENANT"] = manifest.ses_tenant
    message.set_content("This mail goes to Amazon's mailbox simulator and is bounced there on purpose.\n")
    return message


def _show(app: App, result: Drill) -> None:
    for address in result.removed:
        app.say(f"an earlier drill had left {address} blocked; removed")
    if result.ok:
        app.out.print(f"[green]the whole chain works[/]: {result.seconds:.1f} s from mail to mail")
        return
    app.out.print(f"[red]✗[/] {safe(result.problem)}")
    if result.hint:
        app.out.print(f"  → {safe(result.hint)}")
