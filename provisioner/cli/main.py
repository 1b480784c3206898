"""Finds the verb, runs it, and turns every known error into one plain line and a documented exit code."""

import importlib
import sys
import traceback
from collections.abc import Sequence

import click

from provisioner import __version__
from provisioner.cli.text import printable
from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit

# The verbs in the order a person meets them.
VERBS = (
    "demo",
    "validate",
    "platform",
    "render",
    "plan",
    "apply",
    "onboard",
    "records",
    "verify",
    "credentials",
    "rotate",
    "wordpress",
    "status",
    "explain",
    "collect",
    "audit",
    "enforce",
    "report",
    "suspend",
    "reinstate",
    "unblock",
    "terminate",
    "package",
    "sandbox",
    "schema",
)


class Verbs(click.Group):
    """A group whose commands are modules of this package, imported on use so that start-up stays short."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"provisioner.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 - each module holds exactly one
        return command


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="innkeeper")
def innkeeper() -> None:
    """Give the WordPress sites you host a working e-mail domain, and keep your SES account safe.

    Start with 'innkeeper demo': it needs no AWS account.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; its exit code. Nothing but the command's own output and errors is printed."""
    try:
        code = innkeeper.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        click.echo("stopped; nothing more was changed", err=True)
        return int(Exit.FAILED)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InnkeeperError as error:
        if "--debug" in (sys.argv if arguments is None else arguments):
            traceback.print_exc()
        click.echo(printable(str(error), keep="\n"), err=True)
        return error.exit_code
    return int(code) if isinstance(code, int) else int(Exit.DONE)


def main() -> None:
    """The console script."""
    sys.exit(run())
