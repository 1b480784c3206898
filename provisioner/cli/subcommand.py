"""How a command of ``innkeeper`` is declared."""

from collections.abc import Callable
from typing import Any

import click

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


def subcommand(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Knows ``-h`` by itself: click keeps the help option of a command's first context, which may have no parent."""
    return click.command(name, context_settings=HELP_OPTIONS)
