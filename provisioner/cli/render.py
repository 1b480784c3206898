"""``innkeeper render``: the Terraform files, to read or to run yourself."""

from pathlib import Path

import click
from rich.console import Console

from provisioner.cli.app import App, command_options, safe
from provisioner.cli.options import tenant_arguments
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.onboarding.records import DEFAULT_SIGNING_ZONE


@subcommand("render")
@tenant_arguments
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="Folder to write to, one sub-folder a tenant.")  # fmt: skip
@command_options
def command(app: App, tenant_ids: tuple[str, ...], output: Path) -> None:
    """Write the Terraform root of tenants to a folder; change nothing in AWS.

    Example: innkeeper render bakery -o look
    """
    reach = Reach(app)
    written: dict[str, list[str]] = {}
    for tenant in app.chosen(tenant_ids):
        zone = reach.wiring.identities.read(tenant.domain).signing_zone or DEFAULT_SIGNING_ZONE
        folder = output / tenant.id
        folder.mkdir(parents=True, exist_ok=True)
        files = reach.render(tenant, zone, has_password=reach.has_password(tenant))
        for name, text_ in files.items():
            (folder / name).write_text(text_, encoding="utf-8")
        written[tenant.id] = [str(folder / name) for name in files]

    def text(out: Console) -> None:
        for names in written.values():
            for name in names:
                out.print(safe(name))

    app.emit(written, text)
