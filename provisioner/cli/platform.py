"""``innkeeper platform``: what all tenants share."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from provisioner.assets import asset
from provisioner.cli.app import App, command_options, safe, yes_option
from provisioner.cli.fleet import show_changes
from provisioner.cli.progress import Board
from provisioner.cli.reach import Reach, module_folder
from provisioner.cli.subcommand import subcommand
from provisioner.exit_codes import Exit
from provisioner.onboarding.changes import read_changes
from provisioner.onboarding.records import DEFAULT_SIGNING_ZONE
from provisioner.package import build_zip
from provisioner.render import PlatformOptions, render_platform
from provisioner.tf import folder_hash


@subcommand("platform")
@click.option("--check", is_flag=True, help="Only show what would change; exit code 4 if something would.")
@yes_option
@command_options
def command(app: App, check: bool, yes: bool) -> int:
    """Make what all tenants share: bucket, functions, schedules, alarms, the notices' sender.

    Run it once before the first tenant, and again after an upgrade of Innkeeper. Shows the plan and asks first.

    Example: innkeeper platform
    """
    tenants = app.fleet.tenants  # a sender on a tenant's domain would be an error
    reach = Reach(app)
    app.say(reach.installation_line())
    with Board(app.err) as board:
        board.say("platform", "packing the functions' code")
        target = (app.root / ".innkeeper" / "functions.zip").resolve()
        package = build_zip(target, runtime=reach.platform.runtime, root=asset("lambdas").parent)
        terraform = reach.terraform("platform", "platform", board.listener("platform"))
        board.say("platform", "planning")
        zone = reach.wiring.identities.read(reach.platform.sender_domain).signing_zone or DEFAULT_SIGNING_ZONE
        terraform.write(_files(reach, package.path, zone))
        changes = read_changes(terraform.plan())
        board.finish("platform")
    show_changes(app.err, "platform", changes)
    if check:
        app.emit({"changes": changes.all}, lambda out: out.print(changes.summary()))
        return Exit.DONE if changes.empty else Exit.PENDING
    if not changes.empty:
        app.confirm("Apply this?", yes=yes)
        with Board(app.err) as board:
            terraform = reach.terraform("platform", "platform", board.listener("platform"))
            terraform.apply()
    result = terraform.outputs()

    def text(out: Console) -> None:
        out.print(f"[green]✓[/] platform {reach.platform.name}: {changes.outcome()}")
        out.print(f"    bucket {reach.names.bucket}")
        for record in result.get("records", []):
            out.print(f"    DNS record to enter: {safe(record['type'])} {safe(record['name'])} {safe(record['value'])}",
                      soft_wrap=True)  # fmt: skip
        if tenants:
            out.print(f"    next: [b]innkeeper onboard {safe(tenants[0].id)}[/]")

    app.emit(_result(result, changes.outcome()), text)
    return Exit.DONE


def _files(reach: Reach, package: Path, zone: str) -> dict[str, str]:
    environment = {"INNKEEPER_POLICY": json.dumps(reach.platform.policy, sort_keys=True)}
    if reach.embedded:
        environment["INNKEEPER_PACED"] = "no"
    options = PlatformOptions(
        package=str(package),
        module_hash=folder_hash(module_folder("platform")),
        dkim_signing_zone=zone,
        # The embedded AWS speaks plain HTTP, so "TLS only" would be "never".
        bucket_tls_only=not reach.embedded,
        environment=environment,
    )
    return render_platform(reach.platform, reach.names.place, backend=reach.backend("platform"), options=options)


def _result(outputs: dict[str, Any], summary: str) -> dict[str, Any]:
    return {"changes": summary, "bucket": outputs["bucket"], "records": outputs.get("records", [])}
