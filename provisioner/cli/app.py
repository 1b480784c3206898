"""What every command shares: its options, where to print, and how it reaches the fleet and AWS."""

import functools
import os
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from provisioner.cli.text import json_text, printable
from provisioner.config import Fleet, config_error, load_fleet, load_platform
from provisioner.config.wiring import rule_options
from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.tenant import Platform, Tenant

_PIPE_WIDTH = 500


class NeedsYesError(InnkeeperError):
    """Something would change, nobody is there to ask, and --yes was not given."""

    exit_code = int(Exit.USAGE)


class UnknownTenantError(InnkeeperError):
    """A name on the command line that belongs to no tenant. Nothing was changed."""

    exit_code = int(Exit.USAGE)


class SafeConsole(Console):
    """Prints text with hidden characters made visible, whatever the caller forgot; colours come later and stay."""

    def print(self, *objects: Any, **options: Any) -> None:
        shown = (printable(each, keep="\n") if isinstance(each, str) else each for each in objects)
        super().print(*shown, **options)


def _console(*, stderr: bool) -> Console:
    """As wide as the terminal; in a pipe so wide that nothing is folded, for grep's sake."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return SafeConsole(file=stream, width=width, highlight=False)


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

    @functools.cached_property
    def platform(self) -> Platform:
        """``platform.yaml`` alone: a slip in one tenant's file must not keep a person from stopping another."""
        found = load_platform(self.root / "platform.yaml", options=rule_options())
        if isinstance(found, tuple):
            raise config_error(found)
        return found

    def now(self) -> datetime:
        """The one place where commands read the clock."""
        return datetime.now(UTC)

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant of that id. Raises InnkeeperError naming those there are."""
        for tenant in self.fleet.tenants:
            if tenant.id == tenant_id:
                return tenant
        known = ", ".join(tenant.id for tenant in self.fleet.tenants) or "none"
        folder = self.root / "tenants"
        raise UnknownTenantError(f"there is no tenant {tenant_id!r} in the folder {folder}", hint=f"known: {known}")

    def chosen(self, tenant_ids: tuple[str, ...]) -> tuple[Tenant, ...]:
        """The named tenants, or all of them."""
        return tuple(self.tenant(name) for name in tenant_ids) if tenant_ids else self.fleet.tenants

    def emit(self, data: Any, text: Callable[[Console], None]) -> None:
        """The command's result: ``data`` as JSON, or whatever ``text`` prints."""
        if self.json:
            sys.stdout.write(json_text(data) + "\n")
        else:
            text(self.out)

    def say(self, line: str) -> None:
        """Progress and remarks, on standard error. ``line`` is plain text, not markup."""
        self.err.print(escape(printable(line, keep="\n")), soft_wrap=True)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before anything changes. Raises click.Abort on no, NeedsYesError where nobody can answer."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise NeedsYesError("this would change something, and there is no terminal to ask on", hint="add --yes")
        click.confirm(printable(question, keep="\n"), abort=True, err=True)


    def confirm_name(self, name: str, question: str, *, yes: bool) -> None:
        """Like ``confirm``, for what cannot be undone: the name has to be typed."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise NeedsYesError("this would delete something, and there is no terminal to ask on", hint="add --yes")
        typed = click.prompt(printable(f"{question} Type {name} to go on", keep="\n"), err=True, default="",
                             show_default=False)  # fmt: skip
        if typed.strip() != name:
            raise click.Abort


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


def wrapped(out: Console, text: str, *, first: str = "", rest: str = "") -> None:
    """Print plain ``text`` folded at the edge of a terminal, under its own beginning; a word is never cut.

    ``first`` may hold markup; ``rest`` is what stands before the other lines.
    """
    width = max(out.width - len(rest), 20)
    lines = textwrap.wrap(printable(text), width, break_long_words=False, break_on_hyphens=False) or [""]
    out.print(f"{first}{escape(lines[0])}", soft_wrap=True)
    for line in lines[1:]:
        out.print(f"{rest}{escape(line)}", soft_wrap=True)


def needed_width(out: Console, table: Table) -> int:
    """How wide ``table`` is when nothing in it is folded."""
    return Measurement.get(out, out.options.update_width(10_000), table).maximum


def show_table(out: Console, table: Table) -> None:
    """Print a table without cutting or folding what is in it; a narrow terminal folds the whole line."""
    width = max(out.width, needed_width(out, table))
    SafeConsole(file=out.file, width=width, highlight=False).print(table)
