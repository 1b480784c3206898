"""``innkeeper explain``: why was this done?"""

import click
import msgspec
from rich.console import Console

from provisioner.cli.app import App, command_options, wrapped
from provisioner.cli.conducting import known_tenants
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.conduct import documents
from provisioner.conduct.forgotten import read_key
from provisioner.conduct.last_audit import judged_at
from provisioner.model.standing import Standing
from provisioner.rules import explain
from provisioner.rules.forgetting import recall

_WHY = "Why: "  # the reason, its numbers and its events follow each other


@subcommand("explain")
@click.argument("tenant_id", metavar="TENANT")
@click.argument("recipient", metavar="[ADDRESS]", required=False)
@command_options
def command(app: App, tenant_id: str, recipient: str | None) -> None:
    """Say why a tenant, or one of its recipients, stands as it does: rule, numbers, when it ends.

    Example: innkeeper explain bakery anna@customer.example
    """
    reach = Reach(app)
    known_tenants(reach, (tenant_id,))
    standing, _ = documents.read_standing(reach.archive, tenant_id)
    standing = msgspec.structs.replace(standing, judged=judged_at(reach.archive, standing))
    if recipient and standing.forgotten:
        standing = recall(standing, [recipient], read_key(reach.archive))
    lines = explain(standing, tenant_id, recipient)
    steps = next_steps(standing, tenant_id, recipient)

    def text(out: Console) -> None:
        before = ""
        for line in lines:
            again = line.startswith(_WHY) and before.startswith(_WHY)
            wrapped(out, f"     {line.removeprefix(_WHY)}" if again else line, rest="     " if again else "  ")
            before = line
        for step in steps:
            wrapped(out, step, first="→ ", rest="  ")

    app.emit(lines, text)


def next_steps(standing: Standing, tenant: str, recipient: str | None) -> list[str]:
    """What a person can do about it, as commands to type."""
    if recipient:
        blocked = recipient.lower() in standing.blocks
        return [f'to lift it: innkeeper unblock {tenant} {recipient} --reason "…"'] if blocked else []
    steps = [
        f'{asked.action}? innkeeper confirm {tenant} {asked.id} --reason "…" (or: dismiss)'
        for asked in standing.proposals
    ]
    if not standing.state.may_send:
        steps.append(f'when the cause is gone: innkeeper reinstate {tenant} --reason "…"')
    if standing.blocks:
        steps.append(f"why an address is blocked: innkeeper explain {tenant} ADDRESS")
    return steps
