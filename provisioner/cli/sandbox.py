"""``innkeeper sandbox``: an embedded AWS to try things on."""

from pathlib import Path

import click

from provisioner.cli.app import App, command_options
from provisioner.cli.subcommand import subcommand


@subcommand("sandbox")
@click.option("--port", type=int, default=0, help="Port for all services (default: any free one).")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(".innkeeper/sandbox"),
              show_default=True, help="Where certificates and logs go.")  # fmt: skip
@command_options
def command(app: App, port: int, folder: Path) -> None:
    """Run the embedded AWS in the foreground and print how to point other commands at it.

    Everything in it is gone when it stops.

    Example: innkeeper sandbox --port 5000
    """
    from provisioner.sandbox import serve  # noqa: PLC0415 - only this needs the sandbox installed

    app.say("Paste these lines into another terminal; the commands there then talk to this AWS. Ctrl-C ends it.")
    serve((app.root / folder).resolve(), port=port)
