"""``innkeeper status``: how every tenant stands, and what AWS shows."""

from collections.abc import Mapping
from datetime import datetime

import click
import msgspec
from rich.console import Console
from rich.table import Table

from provisioner.cli.app import App, command_options, safe
from provisioner.cli.conducting import known_tenants
from provisioner.cli.options import tenant_arguments
from provisioner.cli.reach import Reach, iso
from provisioner.conduct import documents
from provisioner.conduct.aws_view import CLEAR, view_of, words
from provisioner.model.standing import State
from provisioner.ports import AwsView, SendingState

_COLOURS = {State.GOOD: "green", State.WARNED: "yellow", State.SUSPENDED: "red", State.TERMINATED: "red"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant: what was decided, and what AWS shows."""

    tenant: str
    domain: str
    state: State
    since: datetime | None
    why: str
    blocked: int
    judged: datetime | None
    in_force: bool | None
    aws: SendingState
    waiting: tuple[str, ...]
    amazon: AwsView  # its own pause, and its advisor's open findings

    @property
    def open(self) -> bool:
        """Whether every switch in AWS lets mail through."""
        aws = self.aws
        return bool(
            not aws.aws_paused
            and aws.set_enabled
            and not aws.denied
            and aws.active_keys
            and aws.tenant_enabled is not False
        )


@click.command("status")
@tenant_arguments
@command_options
def command(app: App, tenant_ids: tuple[str, ...]) -> None:
    """Show each tenant's standing beside the switches as AWS has them now.

    Example: innkeeper status
    """
    reach = Reach(app)
    tenants = known_tenants(reach, tenant_ids)
    by_arn = reach.outside.reputation.everything()
    rows = [_row(reach, tenant, by_arn) for tenant in tenants]
    app.emit(rows, lambda out: _show(out, rows))


def _row(reach: Reach, tenant: str, by_arn: Mapping[str, AwsView]) -> Row:
    manifest = reach.manifest(tenant)
    standing, _ = documents.read_standing(reach.archive, tenant)
    return Row(
        tenant=tenant,
        domain=manifest.domain,
        state=standing.state,
        since=standing.since,
        why=standing.evidence.sentence if standing.evidence else "",
        blocked=len(standing.blocks),
        judged=standing.judged,
        in_force=standing.enforcement.complete if standing.enforcement else None,
        aws=reach.outside.levers.read(manifest),
        waiting=tuple(proposal.id for proposal in standing.proposals),
        amazon=view_of(manifest, by_arn),
    )


def _show(out: Console, rows: list[Row]) -> None:
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for title in ("tenant", "domain", "standing", "since", "blocked", "sending in AWS", "last audit"):
        table.add_column(title)
    for row in rows:
        table.add_row(
            safe(row.tenant),
            safe(row.domain),
            f"[{_COLOURS[row.state]}]{row.state}[/]",
            iso(row.since),
            str(row.blocked),
            "on" if row.open else "[red]off[/]",
            iso(row.judged) or "never",
        )
    out.print(table)
    for row in rows:
        if row.why:
            out.print(f"{safe(row.tenant)}: {safe(row.why)}")
        if row.amazon != CLEAR:
            for line in words(row.amazon):
                out.print(f"{safe(row.tenant)}: [yellow]{safe(line)}[/]")
