"""A tenant's end: what was made for it in AWS is deleted, what was learned about it is kept.

Order: every lever closed and read back, the queue emptied into the bucket, what was made through the API (keys,
policies, SES tenant), then everything Terraform made, and the manifest last: as long as it is there, the command can
be repeated. Feedback, standing, verdicts and reports stay.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.manifest import Manifest, Offboarded
from provisioner.model.standing import Standing, State
from provisioner.onboarding.changes import Changes, read_changes
from provisioner.onboarding.tenant import Root
from provisioner.ports import Keys

_USER, _SET = "aws_iam_user", "aws_sesv2_configuration_set"
_ZONES_OWN = frozenset({"NS", "SOA"})


class OffboardRefusedError(InnkeeperError):
    """Something must be so first; nothing was changed."""

    exit_code = int(Exit.REFUSED)


class Policies(Protocol):
    """The managed policies that only the API attaches to a tenant's user."""

    def detach_all(self, tenant: Manifest) -> None:
        """Detach the platform's, and delete the tenant's own. Idempotent; a user that is gone has none."""
        ...


class SesTenants(Protocol):
    """SES tenants, of which Terraform knows nothing."""

    def exists(self, name: str) -> bool: ...
    def delete(self, name: str) -> None:
        """With its associations and its suppression list. Idempotent."""
        ...


class Registry(Protocol):
    """Who is a tenant and who was."""

    def retire(self, gone: Offboarded) -> None:
        """Note that it is gone, then take it off the list of tenants. Idempotent."""
        ...


class Shell(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that offboarding one tenant touches."""

    root: Root
    files: Mapping[str, str]  # of a root that holds nothing: planning it destroys what is in the state
    records: Callable[[str], Collection[tuple[str, str]]]  # hosted zone -> type and name of all its records
    enforce: Callable[[Manifest], Sequence[str]]  # what AWS does not show yet, in words
    collect: Callable[[Manifest], str]  # store what waits in the queue; why not all of it, or empty
    keys: Keys
    policies: Policies
    ses_tenants: SesTenants
    leftovers: Callable[[Manifest], Sequence[str]]  # what still exists in AWS and is in no state, in words
    registry: Registry


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What offboarding would do. ``zone``: the hosted zone that goes, to whose servers the domain may still point."""

    manifest: Manifest
    changes: Changes
    kinds: frozenset[str]  # types of the resources that go
    keys: tuple[str, ...]
    ses_tenant: str | None  # None: it has none, or an earlier run deleted it
    zone: str = ""


def plan_offboarding(
    manifest: Manifest, standing: Standing, grace: timedelta, shell: Shell, now: datetime
) -> Plan:
    """Look at everything; nothing in AWS changes. Raises OffboardRefusedError."""
    refuse_too_early(standing, grace, now)
    shell.root.write(shell.files)
    plan = shell.root.plan()
    changes = read_changes(plan)
    other = [change.address for change in changes.all if change.kind != "destroy"]
    if other:
        raise InnkeeperError(f"{manifest.tenant}: the plan would not only destroy: {', '.join(other)}")
    kinds = frozenset(str(entry["type"]) for entry in _going(plan))
    zone = _zone(plan)
    if zone is not None:
        _refuse_foreign_records(manifest, zone, plan, shell)
    name = manifest.ses_tenant
    return Plan(
        manifest=manifest,
        changes=changes,
        kinds=kinds,
        keys=tuple(key.id for key in shell.keys.list(manifest.user)) if _USER in kinds else (),
        ses_tenant=name if name and shell.ses_tenants.exists(name) else None,
        zone=manifest.domain if zone is not None else "",
    )


def refuse_too_early(standing: Standing, grace: timedelta, now: datetime) -> None:
    """Only who was terminated, and had the grace time to find out that it was wrong."""
    name = standing.tenant
    if standing.state is not State.TERMINATED:
        raise OffboardRefusedError(
            f"{name} is {standing.state}: only a terminated tenant can be offboarded",
            hint=f"end its sending first: innkeeper terminate {name} --reason '...'; "
            f"{grace.days} days later it can be offboarded",
        )
    ended = [step.at for step in standing.transitions if step.after is State.TERMINATED]
    since = max(ended, default=standing.since)
    if since is None or now < since + grace:
        said = f"{since:%Y-%m-%d}" if since else "nobody knows when"
        until = f"{since + grace:%Y-%m-%d %H:%M} UTC" if since else "its standing says when"
        raise OffboardRefusedError(
            f"{name} was terminated on {said}, and nothing is deleted before {until}",
            hint="repeat the command then; 'terminate.grace_days' of the policy is the number of days",
        )


def _going(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for entry in plan.get("resource_changes", ()) if entry["change"]["actions"] == ["delete"]]


def _zone(plan: Mapping[str, Any]) -> str | None:
    """The id of the hosted zone that goes."""
    zones = [entry["change"]["before"]["zone_id"] for entry in _going(plan) if entry["type"] == "aws_route53_zone"]
    return str(zones[0]) if zones else None


def _refuse_foreign_records(manifest: Manifest, zone: str, plan: Mapping[str, Any], shell: Shell) -> None:
    """E17: a record that somebody else wrote would be lost with the zone, and AWS deletes no zone that holds one."""
    before = [entry["change"]["before"] for entry in _going(plan) if entry["type"] == "aws_route53_record"]
    ours = {(str(record["type"]), str(record["name"]).rstrip(".")) for record in before}
    apex = {(kind, manifest.domain) for kind in _ZONES_OWN}
    foreign = sorted(set(shell.records(zone)) - ours - apex)
    if foreign:
        listed = ", ".join(f"{name} {kind}" for kind, name in foreign)
        raise OffboardRefusedError(
            f"{manifest.tenant}: the zone of {manifest.domain} holds records that Innkeeper did not write: {listed}",
            hint="move them to where the domain's DNS will be kept, delete them here, and repeat the command",
        )


def offboard_tenant(plan: Plan, shell: Shell, now: datetime) -> Offboarded:
    """Carry out ``plan``. Killed anywhere, planning and running again finishes it."""
    manifest = plan.manifest
    if {_USER, _SET} <= plan.kinds:
        _close(manifest if plan.ses_tenant else _without_ses_tenant(manifest), shell)
    if "aws_sqs_queue" in plan.kinds:
        undone = shell.collect(manifest)
        if undone:
            raise InnkeeperError(
                f"{manifest.tenant}: its feedback could not be collected, so nothing was deleted: {undone}",
                hint="repeat the command; what waits in the queue would be lost with it",
            )
    if _USER in plan.kinds:
        # A user with keys or policies cannot be deleted. Keys first: without one, no policy is needed to stop it.
        for key in shell.keys.list(manifest.user):
            shell.keys.delete(manifest.user, key.id)
        shell.policies.detach_all(manifest)
    if manifest.ses_tenant:  # SES deletes neither identity nor set while a tenant is bound to them
        shell.ses_tenants.delete(manifest.ses_tenant)
    if not plan.changes.empty:
        shell.root.apply()
    left = shell.leftovers(manifest)
    if left:
        raise InnkeeperError(
            f"{manifest.tenant}: still in AWS, though Terraform does not know it: {', '.join(left)}",
            hint=f"'innkeeper apply {manifest.tenant}' takes it over; then offboard again",
        )
    gone = Offboarded(at=now, manifest=manifest)
    shell.registry.retire(gone)
    return gone


def _without_ses_tenant(manifest: Manifest) -> Manifest:
    """It has none, or an earlier run deleted it: nothing to switch there."""
    return msgspec.structs.replace(manifest, ses_tenant=None, ses_tenant_arn=None)


def _close(manifest: Manifest, shell: Shell) -> None:
    """All levers, read back: nothing is deleted while anything could still send."""
    missing = shell.enforce(manifest)
    if missing:
        raise InnkeeperError(
            f"{manifest.tenant}: AWS does not show yet that it is closed, so nothing was deleted: {'; '.join(missing)}",
            hint=f"look at 'innkeeper enforce {manifest.tenant} --check', then repeat the command",
        )
