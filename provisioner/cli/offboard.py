"""``innkeeper offboard``: delete what a terminated tenant had in AWS; keep what was learned about it."""

import time
from collections.abc import Sequence
from datetime import timedelta

import click
from rich.console import Console

from provisioner.aws.existing import AwsFinder
from provisioner.aws.userpolicies import AwsUserPolicies
from provisioner.cli.app import App, command_options, safe, yes_option
from provisioner.cli.enforcing import enforcer
from provisioner.cli.fleet import show_changes
from provisioner.cli.progress import Board
from provisioner.cli.reach import Reach
from provisioner.cli.subcommand import subcommand
from provisioner.conduct import batches, documents
from provisioner.conduct.collect import Drain
from provisioner.conduct.collecting import collect_all
from provisioner.exit_codes import Exit
from provisioner.model.manifest import Manifest, Offboarded
from provisioner.model.tenant import Tenant
from provisioner.onboarding.adopt import sought
from provisioner.onboarding.offboard import Plan, Shell, offboard_tenant, plan_offboarding
from provisioner.onboarding.registry import ArchiveRegistry
from provisioner.render import render_empty
from provisioner.rules import resolve_policy

_SECONDS = 3600.0


@subcommand("offboard")
@click.argument("tenant_id", metavar="TENANT")
@click.option("--check", is_flag=True, help="Only show what would be deleted; exit code 4 if something would.")
@yes_option
@command_options
def command(app: App, tenant_id: str, check: bool, yes: bool) -> int:
    """Delete what a terminated tenant has in AWS, once its grace time is over. Shows the plan and asks for its name.

    What waits in its queue is stored first. Feedback, standing, verdicts and reports stay. Killed half-way, the same
    command finishes. Its file in tenants/ is not needed, and yours to remove.

    Example: innkeeper offboard bakery
    """
    reach = Reach(app)
    reach.require_platform()
    registry = ArchiveRegistry(reach.archive)
    if tenant_id not in documents.tenants(reach.archive) and (gone := registry.of_tenant(tenant_id)):
        batches.rebuild(reach.archive)  # in case the run that noted it died before this
        return _show(app, gone, "nothing to do")
    manifest = reach.manifest(tenant_id)
    policy = resolve_policy(manifest.profile, reach.platform.policy, manifest.overrides)
    standing, _ = documents.read_standing(reach.archive, tenant_id)
    app.say(reach.installation_line())
    with Board(app.err) as board:
        board.say(tenant_id, "planning")
        shell = _shell(app, reach, manifest, registry, board)
        grace = timedelta(days=policy.whole("terminate.grace_days"))
        plan = plan_offboarding(manifest, standing, grace, shell, app.now())
        board.finish(tenant_id)
    _show_plan(app, plan)
    if check:
        app.emit({"changes": plan.changes.all, "keys": plan.keys, "ses_tenant": plan.ses_tenant}, lambda _out: None)
        return Exit.PENDING
    app.confirm_name(tenant_id, "This cannot be undone.", yes=yes)
    with Board(app.err) as board:
        board.say(tenant_id, "closing, collecting, deleting")
        done = offboard_tenant(plan, _shell(app, reach, manifest, registry, board), app.now())
    return _show(app, done, plan.changes.outcome(), zone=plan.zone)


def _shell(app: App, reach: Reach, manifest: Manifest, registry: ArchiveRegistry, board: Board) -> Shell:
    name, finder = manifest.tenant, AwsFinder(reach.clients)
    return Shell(
        root=reach.terraform(name, "tenant", board.listener(name)),
        files=render_empty(name, reach.platform.name, reach.names.place, backend=reach.backend(name)),
        records=finder.records,
        enforce=enforcer(app, reach),
        collect=lambda each: _collect(app, reach, each),
        keys=reach.wiring.keys,
        policies=AwsUserPolicies(reach.clients),
        ses_tenants=reach.wiring.ses_tenants,
        leftovers=lambda each: _leftovers(reach, finder, each),
        registry=registry,
    )


def _collect(app: App, reach: Reach, manifest: Manifest) -> str:
    """Store what waits, a portion at a time; why something is left, or nothing."""
    end = time.monotonic() + _SECONDS
    drain = Drain(clock=app.now, seconds_left=lambda: end - time.monotonic(), reserve=5.0)
    while True:
        run = collect_all([manifest.tenant], reach.outside, drain, overrides=reach.platform.policy, fast=False)
        if run.failed:
            return "; ".join(run.failed.values())
        if not run.more:
            return ""
        if time.monotonic() >= end:
            return "an hour was not enough"


def _leftovers(reach: Reach, finder: AwsFinder, manifest: Manifest) -> Sequence[str]:
    """What a run that was killed made and could not note. A deleted secret stays for its days of grace."""
    its = reach.names.tenant(manifest.tenant)
    whole = Tenant(id=manifest.tenant, name=manifest.name, domain=manifest.domain, contacts=manifest.contacts)
    found = [(thing, finder.find(thing)) for thing in sought(whole, its) if thing.kind != "secret"]
    return [
        f"{thing.kind} {thing.name}"
        for thing, there in found
        if there is not None and (thing.kind not in ("zone", "identity") or there.owner == its.zone_comment)
    ]


def _show_plan(app: App, plan: Plan) -> None:
    show_changes(app.err, plan.manifest.tenant, plan.changes)
    for key in plan.keys:
        app.err.print(f"  [red]-[/] access key  [dim]{safe(key)}[/]")
    if plan.ses_tenant:
        app.err.print(f"  [red]-[/] SES tenant with its block list  [dim]{safe(plan.ses_tenant)}[/]")
    app.say("What stays in the bucket: feedback, standing, verdicts, reports.")


def _show(app: App, gone: Offboarded, outcome: str, *, zone: str = "") -> int:
    tenant, domain = gone.manifest.tenant, gone.manifest.domain
    file = app.root / "tenants" / f"{tenant}.yaml"

    def text(out: Console) -> None:
        out.print(f"[green]✓[/] [b]{safe(tenant)}[/] {safe(domain)}: {outcome}; offboarded on {gone.at:%Y-%m-%d}")
        if zone:
            out.print(f"    next: where {safe(zone)} was bought, remove our name servers: whoever gets a zone there")
            out.print("    could answer for the domain")
        if file.is_file():
            out.print(f"    next: remove {safe(file)}; 'innkeeper apply' refuses it")

    app.emit({"tenant": tenant, "domain": domain, "changes": outcome, "at": gone.at}, text)
    return Exit.DONE
