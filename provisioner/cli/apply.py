"""``innkeeper apply``: make AWS match the tenants' files."""


from provisioner.cli.app import App, command_options, yes_option
from provisioner.cli.applying import run
from provisioner.cli.options import tenant_arguments, terraform_options
from provisioner.cli.subcommand import subcommand


@subcommand("apply")
@tenant_arguments
@terraform_options
@yes_option
@command_options
def command(
    app: App, tenant_ids: tuple[str, ...], refresh: bool, adopt: tuple[str, ...], parallel: int, yes: bool
) -> int:
    """Make AWS match the tenants' files; show the plan and ask first.

    Mints no credentials ('onboard' does) and never lifts a suspension. A tenant that fails stops no other.

    Example: innkeeper apply bakery
    """
    return run(app, tenant_ids, refresh=refresh, adopt=adopt, parallel=parallel, yes=yes, credentials=False)
