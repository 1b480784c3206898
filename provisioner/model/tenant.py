"""Who the tenants are: the validated content of ``tenants/*.yaml`` and ``platform.yaml``."""

from enum import StrEnum
from typing import Any

import msgspec


class Dns(StrEnum):
    """Who answers for the tenant's domain."""

    ROUTE53 = "route53"  # a hosted zone of ours
    EXTERNAL = "external"  # the owner pastes the records we print


class Dmarc(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """DMARC policy, raised in phases as the reports stay clean."""

    policy: str = "none"  # none, quarantine, reject
    percent: int = 100
    reports: str | None = None  # address for aggregate reports


class Conduct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rules apply: a profile, and this tenant's own numbers on top of it."""

    profile: str = "standard"
    overrides: dict[str, Any] = {}


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may read the tenant's SMTP password, and whether it changes by itself."""

    reader_role: str | None = None  # ARN of the role that the site's host has
    rotate_every_days: int | None = None  # None: only when a person asks


class Tenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hosted site and its e-mail domain. ``file`` is where it was read from, for messages."""

    id: str
    name: str
    domain: str  # lower case, A-label form
    contacts: tuple[str, ...]  # at least one outside ``domain``
    dns: Dns = Dns.ROUTE53
    from_address: str = ""  # default wordpress@<domain>
    from_name: str = ""  # default: name
    mail_from: str = "bounce"  # label below ``domain`` used as the MAIL FROM domain
    dmarc: Dmarc = Dmarc()
    credentials: Credentials = Credentials()
    conduct: Conduct = Conduct()
    ses_tenant: bool = True
    source_ips: tuple[str, ...] = ()  # CIDRs the SMTP user may send from; empty: anywhere
    restrict_from: bool = False  # also bind ses:FromAddress (case sensitive) to from_address
    file: str = ""

    @property
    def mail_from_domain(self) -> str:
        return f"{self.mail_from}.{self.domain}"

    @property
    def sender(self) -> str:
        return self.from_address or f"wordpress@{self.domain}"


class Operator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person who runs the platform."""

    name: str
    email: str


class StateStore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where Terraform keeps its state: a folder (default), or an S3 bucket with a lock file."""

    bucket: str | None = None
    folder: str = ".innkeeper/state"


class DrillPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The drill that runs by itself: whether it does, and for whom (None: another tenant each month)."""

    monthly: bool = True
    tenant: str | None = None


class Platform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the tenants share: the validated content of ``platform.yaml``."""

    region: str
    operator: Operator
    sender: str  # address that notices and reports come from, on the platform's own domain
    sender_zone: bool = False  # True: write the sender domain's records into its existing Route 53 zone
    name: str = "innkeeper"  # prefix of every AWS name
    operators: tuple[str, ...] = ()  # ARNs of the roles and users that run Innkeeper; others read no password then
    state: StateStore = StateStore()
    runtime: str = "python3.13"  # of the Lambda functions
    drill: DrillPlan = DrillPlan()
    policy: dict[str, Any] = {}  # overrides for all tenants, before a tenant's own
    file: str = ""

    @property
    def sender_domain(self) -> str:
        return self.sender.rpartition("@")[2]
