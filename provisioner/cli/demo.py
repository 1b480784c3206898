"""``innkeeper demo``: the whole loop on this machine, without an AWS account."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from provisioner.cli.app import App, command_options
from provisioner.cli.main import run
from provisioner.cli.subcommand import subcommand

if TYPE_CHECKING:
    from provisioner.demo.stage import Step



@subcommand("demo")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("innkeeper-demo"),
              show_default=True, help="Where the demo's files go; an earlier demo's are replaced.")  # fmt: skip
@command_options
def command(app: App, folder: Path) -> None:
    """Show everything on an embedded AWS: real Terraform, a real SMTP client, the real rules. About three minutes.

    Onboards two sites, sends mail, blocks an address, stops a virus, reinstates, and leaves the mails and reports
    people got on disk. Every claim is read back from the embedded AWS.

    Example: innkeeper demo
    """
    from provisioner.demo import stage as staging  # noqa: PLC0415 - only this needs the sandbox installed
    from provisioner.demo import story  # noqa: PLC0415
    from provisioner.sandbox import Sandbox  # noqa: PLC0415

    start = time.monotonic()
    folder = folder.resolve()
    staging.prepare(folder)
    with Sandbox(folder / ".innkeeper" / "sandbox") as aws, staging.environment(aws):
        stage = staging.Stage(folder, aws, run, app.out)
        stage.tell(f"The embedded AWS answers after {time.monotonic() - start:.1f} s, on this machine only.")
        story.tell(stage)
        _show_times(app.out, stage.steps, stage.checked, time.monotonic() - start)
        app.out.print(f"\nThe files, mails and reports lie in [b]{folder}[/].")


def _show_times(out: Console, steps: "list[Step]", checked: int, total: float) -> None:
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("step")
    for title in ("seconds", "Terraform", "ours"):
        table.add_column(title, justify="right")
    for step in steps:
        table.add_row(step.name, f"{step.seconds:.1f}", f"{step.terraform:.1f}", f"{step.seconds - step.terraform:.1f}")
    terraform = sum(step.terraform for step in steps)
    table.add_row("[b]all[/]", f"[b]{total:.1f}[/]", f"[b]{terraform:.1f}[/]", f"[b]{total - terraform:.1f}[/]")
    out.print()
    out.print(table)
    out.print(f"\n{checked} claims, each read back from AWS before it was printed.")
