"""Finds the verb, runs it, and turns every known error into one plain line and a documented exit code."""

import difflib
import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from provisioner import __version__
from provisioner.cli.subcommand import HELP_OPTIONS
from provisioner.cli.text import printable
from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit

# In the order a person meets them. The words stand here so that 'innkeeper --help' need not import every command.
GROUPS = {
    "Look around": {
        "demo": "show everything on this machine, without an AWS account",
        "validate": "check your files; change nothing",
        "schema": "help for your editor: which keys there are",
    },
    "Give a site its e-mail": {
        "platform": "make what all tenants share, once",
        "onboard": "from a file to a domain that can send",
        "records": "the DNS records to enter elsewhere",
        "verify": "may the domain send, and if not, what is missing",
        "credentials": "what the site needs to log in",
        "wordpress": "plugin, settings and a page for the site's owner",
        "rotate": "a new password; the old one goes on working",
    },
    "Change a site": {
        "plan": "what 'apply' would change",
        "apply": "make AWS match your files",
        "render": "the Terraform files, to read",
    },
    "See how sites behave": {
        "status": "how every tenant stands, and what AWS shows",
        "explain": "why a tenant is stopped, or an address blocked",
        "report": "the behaviour report of tenants, now",
        "drill": "prove that a bounce becomes a block, with a test mail",
    },
    "Act (the first three also run by themselves: daily, weekly, after each)": {
        "collect": "store what mail servers answered",
        "audit": "judge tenants; warn, block, suspend",
        "enforce": "make AWS match what was decided",
        "suspend": "stop a tenant",
        "reinstate": "let a suspended tenant send again",
        "terminate": "end a tenant's sending for good",
        "offboard": "delete what a terminated tenant had in AWS",
        "block": "stop mail to an address",
        "unblock": "let a tenant write to an address again",
        "confirm": "do what a rule proposed",
        "dismiss": "do not do what a rule proposed",
        "forget": "take a recipient's address out of everything stored",
    },
    "Tools": {
        "package": "the code of the functions as a zip",
        "sandbox": "an embedded AWS to try things on",
    },
}
VERBS = tuple(verb for group in GROUPS.values() for verb in group)


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, 1)
            meant = f"; did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"there is no command {args[0]!r}{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for title, verbs in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()), col_max=14)


@click.command(cls=Verbs, context_settings=HELP_OPTIONS)
@click.version_option(__version__, prog_name="innkeeper")
def innkeeper() -> None:
    """Give the WordPress sites you host a working e-mail domain, and keep your SES account safe.

    Start with 'innkeeper demo': it needs no AWS account. 'innkeeper COMMAND --help' explains one.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; its exit code. Nothing but the command's own output and errors is printed."""
    debug = "--debug" in (sys.argv if arguments is None else arguments)
    try:
        code = innkeeper.main(args=None if arguments is None else list(arguments), prog_name="innkeeper",
                              standalone_mode=False)  # fmt: skip
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return _failed("stopped; nothing more was changed")
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _misused(error)
    except Exception as error:  # noqa: BLE001 - the outermost place: people get a line, --debug the traceback
        if debug:
            traceback.print_exc()
        return _explained(error)
    return int(code) if isinstance(code, int) else int(Exit.DONE)


def _failed(message: str, hint: str = "", code: int = Exit.FAILED) -> int:
    click.echo(printable(message, keep="\n") + (f"\n  → {printable(hint)}" if hint else ""), err=True)
    return int(code)


def _misused(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "innkeeper"
    words = " ".join(error.format_message().split())
    return _failed(f"{path}: {words}", f"how it is used: {path} --help", error.exit_code)


def _explained(error: Exception) -> int:
    if isinstance(error, InnkeeperError):
        return _failed(str(error), code=error.exit_code)
    if isinstance(error, OSError) and error.filename:
        return _failed(f"{error.filename}: {error.strerror}", "look at the path and its permissions, then repeat")
    if type(error).__module__.startswith("botocore"):
        from provisioner.aws.errors import known  # noqa: PLC0415 - nobody else waits for boto3

        return _explained(known(error))
    # Only where and what kind: the text of an unknown error may hold a password.
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return _failed(
        f"a fault of Innkeeper's own: {type(error).__name__} in {place}",
        "add --debug to see where it comes from; running a command again does no harm",
    )


def main() -> None:
    """The console script."""
    sys.exit(run())
