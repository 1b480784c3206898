"""Options that several verbs share."""

from collections.abc import Callable
from typing import Any

import click

from provisioner.cli.fleet import PARALLEL


def tenant_arguments(function: Callable[..., Any]) -> Callable[..., Any]:
    """``TENANT…``: none means all."""
    return click.argument("tenant_ids", metavar="[TENANT]...", nargs=-1)(function)


def workers_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """How many tenants at a time: threads, since the time goes into waiting for AWS."""
    return click.option(
        "--workers", default=8, show_default=True, type=click.IntRange(1, 64), help="Tenants read at a time."
    )(function)


def terraform_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """How Terraform is run over several tenants."""
    function = click.option(
        "--refresh", is_flag=True, help="Compare unchanged tenants with AWS as well; otherwise a seventh each day."
    )(function)
    function = click.option(
        "--adopt",
        multiple=True,
        type=click.Choice(["zone", "identity", "offboarded"]),
        help="Take over a hosted zone or SES identity that exists already and belongs to the tenant; "
        "or the id or domain of a tenant that was offboarded.",
    )(function)
    return click.option(
        "--parallel", default=PARALLEL, show_default=True, type=click.IntRange(1, 16), help="Terraform runs at once."
    )(function)
