"""One tenant from YAML to a working domain: plan, show, then act; every step may die and be repeated.

Order: Terraform's resources, the DKIM zone checked against SES, the SES tenant, the manifest, the credentials,
and the enforcer last, because an apply must never leave a suspended tenant sending.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.exit_codes import Exit
from provisioner.model.manifest import Manifest, Offboarded
from provisioner.model.names import PlatformNames, TenantNames
from provisioner.model.standing import State
from provisioner.model.tenant import Dns, Platform, Tenant
from provisioner.onboarding.changes import Changes, read_changes
from provisioner.onboarding.credentials import Minted, mint
from provisioner.onboarding.records import DEFAULT_SIGNING_ZONE
from provisioner.onboarding.used_before import refuse_used_before
from provisioner.onboarding.verify import IdentityState
from provisioner.ports import Keys, Secrets
from provisioner.terraform.plans import lifting

REFRESH_CYCLE_DAYS = 7  # every tenant is compared with AWS once in this many days, a share of the fleet each day


class ReplacementRefusedError(InnkeeperError):
    """The plan replaces what holds a suspension."""

    exit_code = int(Exit.REFUSED)


class Root(Protocol):
    """One Terraform root on disk."""

    def write(self, files: Mapping[str, str]) -> None: ...
    def plan(self) -> Mapping[str, Any]:
        """Initialise if needed and plan; the plan as JSON. The plan file is kept for ``apply``."""
        ...

    def apply(self) -> None:
        """Apply the plan just made."""
        ...

    def outputs(self) -> Mapping[str, Any]: ...
    def state_list(self) -> Sequence[str]:
        """Addresses of everything in the state."""
        ...


class Identities(Protocol):
    """What SES says about a domain."""

    def read(self, domain: str) -> IdentityState: ...


class SesTenants(Protocol):
    """The SES tenant of one of ours: created, associated, with its own suppression list. Idempotent."""

    def ensure(self, name: str, resources: Sequence[str], tags: Mapping[str, str] | None = None) -> str:
        """The tenant's ARN. ``resources`` are the ARNs of its identity and configuration set."""
        ...

    def release(self, name: str, resource: str) -> None:
        """Unbind a resource, so that it can be deleted. Done already is fine."""
        ...


class Manifests(Protocol):
    """``fleet/<tenant>.json``."""

    def read(self, tenant: str) -> Manifest | None: ...
    def write(self, manifest: Manifest) -> None: ...


class Shell(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that onboarding one tenant touches."""

    root: Root
    render: Callable[[str, bool], Mapping[str, str]]  # DKIM signing zone, is there a password -> the root's files
    adopt: Callable[[Sequence[str]], Mapping[str, str]]  # addresses in the state -> files that take over the rest
    fingerprint: Callable[[Mapping[str, str]], str]
    identities: Identities
    ses_tenants: SesTenants
    manifests: Manifests
    keys: Keys
    secrets: Secrets
    state: Callable[[str], State]  # the tenant's standing
    enforce: Callable[[Manifest], Sequence[str]]  # what AWS does not show yet, in words; empty when complete
    offboarded: Callable[[Tenant], Offboarded | None] = lambda _tenant: None  # whose id or domain this was before


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What onboarding this tenant would do. ``skipped``: unchanged since the last apply, Terraform not started.

    ``has_password``: as far as the tenant's files need to know, see ``rotates``.
    """

    tenant: str
    changes: Changes
    files: Mapping[str, str]
    signing_zone: str
    state: State
    has_password: bool = False
    skipped: bool = False


class Onboarded(msgspec.Struct, frozen=True, kw_only=True):
    """What onboarding did."""

    manifest: Manifest
    changes: Changes
    minted: Minted | None
    name_servers: tuple[str, ...]
    enforcement_missing: tuple[str, ...] = ()


def plan_tenant(tenant: Tenant, shell: Shell, today: date, *, refresh: bool = False) -> Plan:
    """Render and plan. Nothing in AWS changes. Raises ReplacementRefusedError for a suspended tenant's replacement."""
    state = shell.state(tenant.id)
    zone = shell.identities.read(tenant.domain).signing_zone or DEFAULT_SIGNING_ZONE
    manifest = shell.manifests.read(tenant.id)
    if manifest is None:
        refuse_used_before(tenant, shell.offboarded(tenant))
    has_password = rotates(tenant, manifest, shell.secrets)
    files = shell.render(zone, has_password)
    known = Plan(
        tenant=tenant.id, changes=Changes(()), files=files, signing_zone=zone, state=state, has_password=has_password
    )
    if not refresh and _unchanged(tenant, manifest, shell.fingerprint(files), today):
        return msgspec.structs.replace(known, skipped=True)
    shell.root.write(files)
    orphans = shell.adopt(shell.root.state_list())
    if orphans:
        shell.root.write({**files, **orphans})
    plan = shell.root.plan()
    refuse_lifting(tenant.id, plan, state)
    return msgspec.structs.replace(known, changes=read_changes(plan))


def rotates(tenant: Tenant, manifest: Manifest | None, secrets: Secrets) -> bool:
    """Whether there is a password that AWS shall change by itself. AWS is asked only for tenants that want that.

    Setting the schedule makes Secrets Manager try the function, so it waits until there is a password.
    """
    if manifest is None or tenant.credentials.rotate_every_days is None:
        return False
    return any("AWSCURRENT" in stages for stages in secrets.stages(manifest.secret).values())


def _unchanged(tenant: Tenant, manifest: Manifest | None, fingerprint: str, today: date) -> bool:
    if manifest is None or manifest.fingerprint != fingerprint:
        return False
    return not refresh_due(tenant.id, manifest.refreshed, today)


def refresh_due(tenant_id: str, refreshed: str, today: date) -> bool:
    """Whether an unchanged tenant is compared with AWS today: on its day of the cycle, or when it is overdue."""
    if not refreshed:
        return True
    age = (today - date.fromisoformat(refreshed)).days
    its_day = sum(tenant_id.encode()) % REFRESH_CYCLE_DAYS == today.toordinal() % REFRESH_CYCLE_DAYS
    return age >= REFRESH_CYCLE_DAYS or (its_day and age > 0)


def refuse_lifting(tenant_id: str, plan: Mapping[str, Any], state: State) -> None:
    """A replaced configuration set or user starts enabled, so it must not happen to a suspended tenant (E2)."""
    if state.may_send:
        return
    lost = lifting(plan)
    if lost:
        raise ReplacementRefusedError(
            f"{tenant_id} is {state.value}, and this would replace {', '.join(lost)}: the new one would start enabled",
            hint=f"undo the change in {tenant_id}'s file, or reinstate it first",
        )


def apply_tenant(
    tenant: Tenant,
    platform: Platform,
    names: PlatformNames,
    plan: Plan,
    shell: Shell,
    now: datetime,
    *,
    credentials: bool = True,
) -> Onboarded:
    """Carry out ``plan`` and everything Terraform does not do; ``credentials`` False mints none. Idempotent."""
    its = names.tenant(tenant.id)
    old = shell.manifests.read(tenant.id)
    if old is not None and old.ses_tenant and _leaves_its_domain(plan):
        # SES deletes no identity that a tenant is bound to; the new one is bound below.
        shell.ses_tenants.release(old.ses_tenant, its.identity_arn(old.domain))
    if not plan.changes.empty:
        shell.root.apply()
    if not plan.skipped:
        plan = _correct_signing_zone(tenant, plan, shell)
    arn = _ensure_ses_tenant(tenant, its, shell) if tenant.ses_tenant else None
    outputs = {"queue_url": old.queue_url} if plan.skipped and old else shell.root.outputs()
    manifest = make_manifest(tenant, platform, its, queue_url=outputs["queue_url"], ses_tenant_arn=arn)
    refreshed = old.refreshed if plan.skipped and old else f"{now:%Y-%m-%d}"
    manifest = msgspec.structs.replace(manifest, fingerprint=shell.fingerprint(plan.files), refreshed=refreshed)
    if manifest != old:
        shell.manifests.write(manifest)
    minted = mint(manifest, shell.keys, shell.secrets, active=plan.state.may_send) if credentials else None
    try:
        manifest = _schedule_rotation(tenant, plan, manifest, shell)
    except InnkeeperError:
        shell.enforce(manifest)  # the first apply may have switched something on
        raise
    missing = tuple(shell.enforce(manifest))
    return Onboarded(
        manifest=manifest,
        changes=plan.changes,
        minted=minted,
        name_servers=tuple(outputs.get("name_servers") or ()),
        enforcement_missing=missing,
    )


def _leaves_its_domain(plan: Plan) -> bool:
    """Whether the e-mail identity goes, as it does when a tenant's domain changes."""
    return any(
        change.kind in ("replace", "destroy") and change.address == "aws_sesv2_email_identity.this"
        for change in plan.changes.all
    )


def _ensure_ses_tenant(tenant: Tenant, names: TenantNames, shell: Shell) -> str:
    tags = {"innkeeper:tenant": tenant.id, "innkeeper:platform": names.platform.prefix}
    resources = (names.identity_arn(tenant.domain), names.configuration_set_arn)
    return shell.ses_tenants.ensure(names.ses_tenant, resources, tags)


def _correct_signing_zone(tenant: Tenant, plan: Plan, shell: Shell) -> Plan:
    """SES names the DKIM zone only once the identity exists; Terraform cannot read it. Apply again if it differs."""
    zone = shell.identities.read(tenant.domain).signing_zone or plan.signing_zone
    if zone == plan.signing_zone:
        return plan
    files = shell.render(zone, plan.has_password)
    if tenant.dns is Dns.ROUTE53:
        _apply_again(tenant, plan, files, shell)
    return msgspec.structs.replace(plan, files=files, signing_zone=zone)


def _schedule_rotation(tenant: Tenant, plan: Plan, manifest: Manifest, shell: Shell) -> Manifest:
    """A tenant's first password was just minted: a short second apply lets AWS change it by itself from now on."""
    if plan.has_password or not rotates(tenant, manifest, shell.secrets):
        return manifest
    files = shell.render(plan.signing_zone, True)
    _apply_again(tenant, plan, files, shell)
    manifest = msgspec.structs.replace(manifest, fingerprint=shell.fingerprint(files))
    shell.manifests.write(manifest)
    return manifest


def _apply_again(tenant: Tenant, plan: Plan, files: Mapping[str, str], shell: Shell) -> None:
    shell.root.write(files)
    refuse_lifting(tenant.id, shell.root.plan(), plan.state)
    shell.root.apply()


def make_manifest(
    tenant: Tenant, platform: Platform, names: TenantNames, *, queue_url: str, ses_tenant_arn: str | None
) -> Manifest:
    """The tenant as the conduct loop will know it."""
    place = names.platform.place
    return Manifest(
        tenant=tenant.id,
        name=tenant.name,
        domain=tenant.domain,
        account=place.account,
        region=place.region,
        partition=place.partition,
        prefix=names.platform.prefix,
        configuration_set=names.configuration_set,
        topic_arn=names.topic_arn,
        queue_url=queue_url,
        user=names.user,
        secret=names.secret,
        ses_tenant=names.ses_tenant if tenant.ses_tenant else None,
        ses_tenant_arn=ses_tenant_arn,
        contacts=tenant.contacts,
        from_address=tenant.sender,
        from_name=tenant.from_name or tenant.name,
        profile=tenant.conduct.profile,
        overrides=tenant.conduct.overrides,
        operator=platform.operator.email,
        notices_from=platform.sender,
    )
