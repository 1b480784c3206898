"""``innkeeper schema``: JSON Schemas for editors."""

import json

import click

from provisioner.cli.app import App, command_options
from provisioner.cli.subcommand import subcommand
from provisioner.config.schema import schema
from provisioner.rules import OPTIONS


@subcommand("schema")
@click.argument("kind", type=click.Choice(["tenant", "platform", "policy"]))
@command_options
def command(app: App, kind: str) -> None:
    """Print the JSON Schema of a kind of file, for your editor.

    Example: innkeeper schema tenant
    """
    found = schema(kind, OPTIONS)
    app.emit(found, lambda _: click.echo(json.dumps(found, indent=2, ensure_ascii=False)))
