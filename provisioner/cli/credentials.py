"""``innkeeper credentials``: what a site needs to send."""

import click

from provisioner.cli.app import App, command_options
from provisioner.cli.conducting import known_tenants
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.cli.text import printable
from provisioner.errors import InnkeeperError
from provisioner.onboarding.credentials import SmtpSecret, read_secret
from provisioner.wordpress.forms import FORMS, SmtpCredentials, render_credentials


def credentials_of(reach: Reach, tenant_id: str) -> SmtpCredentials:
    """The current credentials of a tenant, from Secrets Manager."""
    manifest = reach.manifest(tenant_id)
    secret = current_secret(reach, tenant_id)
    return SmtpCredentials(
        host=secret.host,
        port=secret.port,
        username=secret.username,
        password=secret.password,
        from_address=manifest.from_address,
        from_name=manifest.from_name,
        tenant=manifest.ses_tenant or "",
        configuration_set=manifest.configuration_set,
    )


def current_secret(reach: Reach, tenant_id: str) -> SmtpSecret:
    """The secret in force. Raises InnkeeperError where none was minted."""
    version = reach.wiring.secrets.get(reach.manifest(tenant_id).secret)
    if version is None:
        raise InnkeeperError(
            f"{tenant_id} has no SMTP credentials yet", hint=f"mint them: innkeeper onboard {tenant_id}"
        )
    return read_secret(version)


@subcommand("credentials")
@click.argument("tenant_id", metavar="TENANT")
@click.option("--as", "form", type=click.Choice(sorted(FORMS)), default="wp-config", show_default=True,
              help="The form to print them in.")  # fmt: skip
@click.option("--reveal", is_flag=True, help="Print the password itself, not dots.")
@command_options
def command(app: App, tenant_id: str, form: str, reveal: bool) -> None:
    """Print a tenant's SMTP credentials in the form its software wants; the password only with --reveal.

    Example: innkeeper credentials bakery --as wp-config --reveal
    """
    reach = Reach(app)
    known_tenants(reach, (tenant_id,))
    rendered = render_credentials(credentials_of(reach, tenant_id), "json" if app.json else form, reveal=reveal)
    # Not through the console: a line that is folded at the edge of a terminal cannot be copied.
    click.echo(printable(rendered, keep="\n"), nl=not rendered.endswith("\n"))
    if not reveal:
        app.say("The dots stand for the password; --reveal prints it.")
