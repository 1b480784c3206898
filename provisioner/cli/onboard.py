"""``innkeeper onboard``: from a YAML file to a domain that can send."""


from provisioner.cli.app import App, command_options, yes_option
from provisioner.cli.applying import run
from provisioner.cli.options import tenant_arguments, terraform_options
from provisioner.cli.subcommand import subcommand


@subcommand("onboard")
@tenant_arguments
@terraform_options
@yes_option
@command_options
def command(
    app: App, tenant_ids: tuple[str, ...], refresh: bool, adopt: tuple[str, ...], parallel: int, yes: bool
) -> int:
    """Give tenants a working e-mail domain: AWS resources, DNS, SMTP credentials.

    Shows the plan and asks first. Running it again repairs what is missing and changes nothing else.

    Example: innkeeper onboard bakery
    """
    return run(app, tenant_ids, refresh=refresh, adopt=adopt, parallel=parallel, yes=yes, credentials=True)
