"""How the commands reach AWS and Terraform: the composition root of the CLI."""

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from provisioner.assets import asset
from provisioner.aws.archive import S3Archive
from provisioner.aws.clients import Clients, Pacer
from provisioner.aws.errors import call
from provisioner.aws.existing import AwsFinder
from provisioner.aws.session import caller, embedded, open_session, place
from provisioner.aws.settings import Settings
from provisioner.aws.wiring import Wiring
from provisioner.aws.zones import Route53Zones
from provisioner.cli.app import App, UnknownTenantError
from provisioner.cli.text import some
from provisioner.conduct import batches, documents
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest, Offboarded
from provisioner.model.names import PlatformNames
from provisioner.model.standing import State
from provisioner.model.tenant import Platform, Tenant
from provisioner.onboarding.adopt import adopt
from provisioner.onboarding.readers import require_readers
from provisioner.onboarding.registry import ArchiveRegistry
from provisioner.onboarding.tenant import Shell, rotates
from provisioner.render import (
    Backend,
    LocalBackend,
    S3Backend,
    TenantOptions,
    fingerprint,
    render_imports,
    render_tenant,
)
from provisioner.terraform.progress import Progress
from provisioner.tf import Installation, Terraform, find_installation, folder_hash


class Reach:
    """One AWS account and Region, one operator's folder."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.platform: Platform = app.platform
        self.session = open_session(self.platform.region, app.profile)
        # Only to find out where we are: what changes SES goes through the wiring's paced clients.
        self._first = Clients(self.session, region=self.platform.region, pacer=None)

    @functools.cached_property
    def names(self) -> PlatformNames:
        return PlatformNames(self.platform.name, place(self._first, self.platform.region))

    @functools.cached_property
    def settings(self) -> Settings:
        return Settings.for_platform(
            self.names,
            notices_from=self.platform.sender,
            policy=self.platform.policy,
            paced=not self.embedded,
            # The embedded queue hands out whatever there is at once; waiting for more would only cost time.
            **({"poll_seconds": 0} if self.embedded else {}),
        )

    @functools.cached_property
    def wiring(self) -> Wiring:
        pacer = None if self.embedded else Pacer()
        return Wiring(Clients(self.session, region=self.platform.region, pacer=pacer), self.settings)

    @property
    def clients(self) -> Clients:
        return self.wiring.clients

    @property
    def archive(self) -> S3Archive:
        return self.wiring.archive

    @property
    def outside(self) -> Outside:
        """The ports of the conduct loop."""
        return self.wiring.outside

    def installation_line(self) -> str:
        """Which Terraform runs, and where its provider comes from."""
        source = self.installation.mirror or "the registry"
        return f"Terraform {self.installation.binary.version}, provider hashicorp/aws from {source}"

    @functools.cached_property
    def installation(self) -> Installation:
        return find_installation()

    @property
    def embedded(self) -> bool:
        """Whether this is the sandbox: nothing there is worth a recovery window, and nothing answers DNS."""
        return embedded(self._first)

    @functools.cached_property
    def zones(self) -> Route53Zones:
        return Route53Zones(self.clients)

    def require_platform(self) -> None:
        """Raise InnkeeperError if the platform was not applied here."""
        found = call(self.clients["s3"].list_buckets)["Buckets"]
        if self.names.bucket not in {bucket["Name"] for bucket in found}:
            raise InnkeeperError(
                f"there is no platform {self.platform.name!r} in account {self.names.place.account}, "
                f"{self.platform.region}",
                hint="make it first: innkeeper platform",
            )

    def require_readers(self, tenant: Tenant) -> None:
        """Raise InnkeeperError if the policy of the tenant's secret would shut out whoever runs this."""
        if not self.embedded:  # there nobody is shut out, and the caller is no one in IAM
            require_readers(tenant, self.platform, self.names.place, caller(self._first))

    def manifest(self, tenant_id: str) -> Manifest:
        """The tenant's manifest. Raises InnkeeperError where it was never onboarded."""
        self.require_platform()
        try:
            return documents.read_manifest(self.archive, tenant_id)
        except documents.NoTenantError:
            raise not_onboarded((tenant_id,), tuple(documents.tenants(self.archive))) from None

    def state(self, tenant_id: str) -> State:
        """The tenant's state by its standing; good where it has none yet."""
        return documents.read_standing(self.archive, tenant_id)[0].state

    def backend(self, name: str) -> Backend:
        """Where the state of ``name`` (a tenant, or ``platform``) is kept."""
        store = self.platform.state
        if store.bucket:
            key = f"{self.platform.name}/{name}.tfstate"
            return S3Backend(bucket=store.bucket, key=key, region=self.platform.region)
        folder = (self.app.root / store.folder).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return LocalBackend(path=str(folder / f"{name}.tfstate"))

    def terraform(self, name: str, module: str, on_progress: Callable[[Progress], None] | None = None) -> Terraform:
        """Terraform for the root of ``name``; its folder is made anew by every run and may be deleted."""
        folder = (self.app.root / ".innkeeper" / "roots" / name).resolve()
        return Terraform(folder, self.installation, env=self._environment(), module=module_folder(module),
                         on_progress=on_progress)  # fmt: skip

    def _environment(self) -> Mapping[str, str]:
        environment = dict(self.app.environment)
        if self.app.profile:
            environment["AWS_PROFILE"] = self.app.profile
        return environment

    def render(self, tenant: Tenant, signing_zone: str, *, has_password: bool = False) -> dict[str, str]:
        """The files of a tenant's root."""
        options = TenantOptions(
            module_hash=folder_hash(module_folder("tenant")),
            dkim_signing_zone=signing_zone,
            secret_recovery_days=0 if self.embedded else 30,
            has_password=has_password,
        )
        return render_tenant(tenant, self.platform, self.names.place, backend=self.backend(tenant.id), options=options)

    def has_password(self, tenant: Tenant) -> bool:
        """Whether there is a password that AWS shall change by itself; asks AWS only for a tenant that wants that."""
        if tenant.credentials.rotate_every_days is None:
            return False
        self.require_platform()
        return rotates(tenant, _Manifests(self.archive).read(tenant.id), self.wiring.secrets)

    def shell(
        self,
        tenant: Tenant,
        enforce: Callable[[Manifest], Sequence[str]],
        on_progress: Callable[[Progress], None] | None = None,
        adopt_kinds: Sequence[str] = (),
    ) -> Shell:
        """Everything that onboarding ``tenant`` touches. ``adopt_kinds``: what may be taken over without our mark."""
        return Shell(
            root=self.terraform(tenant.id, "tenant", on_progress),
            render=lambda zone, has_password: self.render(tenant, zone, has_password=has_password),
            adopt=lambda state: self._orphans(tenant, state, adopt_kinds),
            fingerprint=fingerprint,
            identities=self.wiring.identities,
            ses_tenants=self.wiring.ses_tenants,
            manifests=_Manifests(self.archive),
            keys=self.wiring.keys,
            secrets=self.wiring.secrets,
            state=self.state,
            enforce=enforce,
            offboarded=lambda each: None if "offboarded" in adopt_kinds else self._offboarded(each),
        )

    def _offboarded(self, tenant: Tenant) -> Offboarded | None:
        registry = ArchiveRegistry(self.archive)
        return registry.of_tenant(tenant.id) or registry.of_domain(tenant.domain)

    def _orphans(self, tenant: Tenant, state: Sequence[str], kinds: Sequence[str]) -> dict[str, str]:
        found = adopt(tenant, self.names.tenant(tenant.id), AwsFinder(self.clients), state, allowed=kinds)
        return {"imports.tf": render_imports(found)} if found else {}


class _Manifests:
    def __init__(self, archive: S3Archive) -> None:
        self._archive = archive

    def read(self, tenant: str) -> Manifest | None:
        if self._archive.get(documents.manifest_key(tenant)) is None:
            return None
        return documents.read_manifest(self._archive, tenant)

    def write(self, manifest: Manifest) -> None:
        documents.write_manifest(self._archive, manifest)
        batches.add(self._archive, manifest.tenant)


def not_onboarded(unknown: Sequence[str], fleet: Sequence[str]) -> UnknownTenantError:
    """The error for names that were never onboarded."""
    return UnknownTenantError(
        f"not onboarded: {', '.join(map(repr, unknown))}",
        hint=f"known: {some(fleet, 20) or 'none'}; 'innkeeper onboard' makes one",
    )


def module_folder(name: str) -> Path:
    """The Terraform module ``tenant`` or ``platform``."""
    return asset("terraform") / "modules" / name


def iso(moment: datetime | None) -> str:
    """A time for people: minutes are enough."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"

