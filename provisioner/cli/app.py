"""What every command shares: its options, where to print, and how it reaches the fleet and AWS."""

import functools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.markup import escape

from provisioner.cli.text import printable
from provisioner.config import Fleet, load_fleet
from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.tenant import Tenant

_PIPE_WIDTH = 500


class NeedsYesError(InnkeeperError):
    """Something would change, nobody is there to ask, and --yes was not given."""

    exit_code = int(Exit.USAGE)


def _console(*, stderr: bool) -> Console:
    """As wide as the terminal; in a pipe so wide that nothing is folded, for grep's sake."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False)


@dataclass
class App:
    """One run of a command. ``out`` is standard output (results), ``err`` standard error (everything else)."""

    root: Path
    format: str
    profile: str | None
    debug: bool
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))

    @property
    def json(self) -> bool:
        return self.format == "json"

    @functools.cached_property
    def fleet(self) -> Fleet:
        """``platform.yaml`` and ``tenants/*.yaml``; raises ConfigError with every problem."""
        return load_fleet(self.root)

    def now(self) -> datetime:
        """The one place where commands read the clock."""
        return datetime.now(UTC)

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant of that id. Raises InnkeeperError naming those there are."""
        for tenant in self.fleet.tenants:
            if tenant.id == tenant_id:
                return tenant
        known = ", ".join(tenant.id for tenant in self.fleet.tenants) or "none"
        raise InnkeeperError(f"there is no tenant {tenant_id!r} in {self.root}/tenants", hint=f"known: {known}")

    def chosen(self, tenant_ids: tuple[str, ...]) -> tuple[Tenant, ...]:
        """The named tenants, or all of them."""
        return tuple(self.tenant(name) for name in tenant_ids) if tenant_ids else self.fleet.tenants

    def emit(self, data: Any, text: Callable[[Console], None]) -> None:
        """The command's result: ``data`` as JSON, or whatever ``text`` prints."""
        if self.json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n")
        else:
            text(self.out)

    def say(self, line: str) -> None:
        """Progress and remarks, on standard error. ``line`` is plain text, not markup."""
        self.err.print(escape(printable(line, keep="\n")))

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before anything changes. Raises click.Abort on no, NeedsYesError where nobody can answer."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise NeedsYesError("this would change something, and there is no terminal to ask on", hint="add --yes")
        click.confirm(question, abort=True, err=True)


def command_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that every command has, and passes them as one App in the first argument."""

    @click.option("-C", "--root", type=click.Path(path_type=Path, file_okay=False), default=Path(),
                  help="Folder with platform.yaml and tenants/ (default: this one).")  # fmt: skip
    @click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text",
                  help="How to print the result on standard output.")  # fmt: skip
    @click.option("--profile", help="AWS profile, as in ~/.aws/config.")
    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(function)
    def wrapper(*args: Any, root: Path, format_: str, profile: str | None, debug: bool, **options: Any) -> Any:
        return function(App(root, format_, profile, debug), *args, **options)

    return wrapper


def yes_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--yes``: for machines, after a person has seen a plan."""
    return click.option("--yes", is_flag=True, help="Do not ask; for scripts.")(function)


def safe(text: object) -> str:
    """Data for a rich console: markup and control characters lose their meaning."""
    return escape(printable(str(text)))
