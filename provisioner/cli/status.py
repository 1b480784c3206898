"""``innkeeper status``: how every tenant stands, and what AWS shows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from rich.console import Console
from rich.table import Table

from provisioner.cli.app import App, command_options, safe, show_table, wrapped
from provisioner.cli.conducting import known_tenants
from provisioner.cli.options import tenant_arguments
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.conduct import documents, last_audit
from provisioner.conduct.aws_view import CLEAR, view_of, words
from provisioner.conduct.last_audit import LastAudit
from provisioner.conduct.undelivered import undelivered
from provisioner.feedback.undelivered import Undelivered
from provisioner.model.standing import State
from provisioner.ports import AwsView, SendingState
from provisioner.report.undelivered import sentence

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
    undelivered: tuple[str, ...] = ()  # why its contacts do not get notices

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

    @property
    def as_decided(self) -> bool:
        """Whether every switch is where the standing wants it; one that stays open is one too many."""
        if self.state.may_send:
            return self.open
        aws = self.aws
        return not aws.set_enabled and aws.denied and not aws.active_keys and aws.tenant_enabled is not True


@subcommand("status")
@tenant_arguments
@command_options
def command(app: App, tenant_ids: tuple[str, ...]) -> None:
    """Show each tenant's standing beside the switches as AWS has them now.

    Example: innkeeper status
    """
    reach = Reach(app)
    tenants = known_tenants(reach, tenant_ids)
    by_arn = reach.outside.reputation.everything()
    audited = last_audit.read(reach.archive)
    lost = undelivered(reach.archive)
    rows = [_row(reach, tenant, by_arn, audited, lost) for tenant in tenants]
    app.emit(rows, lambda out: _show(out, rows))
    for one in lost:
        if not one.tenants:  # the operator's own address, or SES did not say whose
            app.say(sentence(one))


def _row(
    reach: Reach,
    tenant: str,
    by_arn: Mapping[str, AwsView],
    audited: LastAudit | None,
    lost: Sequence[Undelivered],
) -> Row:
    manifest = reach.manifest(tenant)
    standing, _ = documents.read_standing(reach.archive, tenant)
    return Row(
        tenant=tenant,
        domain=manifest.domain,
        state=standing.state,
        since=standing.since,
        why=standing.evidence.sentence if standing.evidence else "",
        blocked=len(standing.blocks),
        judged=audited.of_tenant(standing) if audited else standing.judged,
        in_force=standing.enforcement.complete if standing.enforcement else None,
        aws=reach.outside.levers.read(manifest),
        waiting=tuple(proposal.id for proposal in standing.proposals),
        amazon=view_of(manifest, by_arn),
        undelivered=tuple(sentence(one) for one in lost if tenant in one.tenants),
    )


def _show(out: Console, rows: list[Row]) -> None:
    if not rows:
        out.print("no tenants yet; make one: [b]innkeeper onboard[/]")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("tenant", "domain", "standing", "since", "blocked", "sends", "last audit"):
        table.add_column(title)
    for row in rows:
        table.add_row(
            safe(row.tenant),
            safe(row.domain),
            f"[{_COLOURS[row.state]}]{row.state}[/]",
            _day(row.since),
            str(row.blocked),
            "yes" if row.open else "[red]no[/]",
            _day(row.judged) or "never",
        )
    show_table(out, table)
    for row in rows:
        for line in _remarks(row):
            wrapped(out, line, first=f"[b]{safe(row.tenant)}[/]: ", rest="    ")


def _remarks(row: Row) -> Iterator[str]:
    """Whatever a person should know or do beside the table."""
    if row.why:
        yield f"{row.why} (more: innkeeper explain {row.tenant})"
    if row.in_force is False:
        yield f"AWS does not show all of it yet: innkeeper enforce {row.tenant}"
    elif not row.as_decided:
        yield f"AWS differs from the standing; what and why: innkeeper enforce {row.tenant} --check"
    for proposal in row.waiting:
        yield f"a proposal waits for you: innkeeper confirm (or dismiss) {row.tenant} {proposal}"
    yield from row.undelivered
    if row.amazon != CLEAR:
        yield from words(row.amazon)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
