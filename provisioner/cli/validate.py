"""``innkeeper validate``: is every file right?"""

from rich.console import Console

from provisioner.cli.app import App, command_options, safe
from provisioner.cli.subcommand import subcommand
from provisioner.cli.text import count


@subcommand("validate")
@command_options
def command(app: App) -> None:
    """Check platform.yaml and all tenants; change nothing.

    Lists every problem of every file with its place and a cure, and ends with exit code 2 if there is one.

    Example: innkeeper validate -C my-sites
    """
    fleet = app.fleet

    def text(out: Console) -> None:
        out.print(f"[green]✓[/] platform [b]{safe(fleet.platform.name)}[/] in {safe(fleet.platform.region)}")
        for tenant in fleet.tenants:
            rules = safe(tenant.conduct.profile)
            out.print(f"[green]✓[/] [b]{safe(tenant.id)}[/]  {safe(tenant.domain)}  ({rules} rules)")
        out.print(f"{count(len(fleet.tenants), 'tenant')}, no problems")

    app.emit({"platform": fleet.platform.name, "tenants": [tenant.id for tenant in fleet.tenants]}, text)
