"""The SES of the sandbox: plain values per account and Region, shared by handlers, SMTP endpoint and events.

Nothing of SES v2 lives on moto's own objects: its identities and configuration sets hold too little and answer wrongly.
Of moto only the place is used: the state hangs on its ``sesv2`` backend object, so every reset of moto empties it too.
IAM users and keys, SNS topics, SQS queues and Route 53 zones are moto's own and are read there.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

REASONS = ("BOUNCE", "COMPLAINT")
POLICY_ARN = "arn:{partition}:ses:{region}:aws:reputation-policy/{policy}"


@dataclass
class Suppressed:
    """One address on a suppression list, under the spelling that AWS keeps (only the domain in lower case)."""

    address: str
    reason: str  # BOUNCE or COMPLAINT
    updated: datetime
    message_id: str | None = None  # of the mail whose feedback put it there
    feedback_id: str | None = None


@dataclass
class Suppression:
    """Suppression settings of a level. None means: not set here, the next level decides."""

    reasons: tuple[str, ...] | None = None
    scope: str | None = None  # ACCOUNT or TENANT


@dataclass
class EventDestination:
    """Where a configuration set publishes events. ``targets`` holds the API's own members, as ``SnsDestination``."""

    name: str
    enabled: bool
    types: tuple[str, ...]  # the API's spelling: BOUNCE, DELIVERY_DELAY ...
    targets: dict[str, Any] = field(default_factory=dict)

    @property
    def topic_arn(self) -> str | None:
        """The SNS topic, if that is the target."""
        target = self.targets.get("SnsDestination")
        return str(target["TopicArn"]) if target else None


@dataclass
class ConfigurationSet:
    """A configuration set; option members are the API's own, empty when never set."""

    name: str
    arn: str
    sending_enabled: bool = True
    reputation_metrics: bool = False
    last_fresh_start: datetime | None = None
    suppression: Suppression = field(default_factory=Suppression)
    delivery: dict[str, Any] = field(default_factory=dict)
    tracking: dict[str, Any] = field(default_factory=dict)
    vdm: dict[str, Any] = field(default_factory=dict)
    archiving: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    destinations: dict[str, EventDestination] = field(default_factory=dict)


@dataclass
class MailFrom:
    """The custom MAIL FROM domain of an identity."""

    domain: str
    since: datetime  # start of the 72 h in which SES looks for the records
    behavior: str = "USE_DEFAULT_VALUE"  # or REJECT_MESSAGE
    status: str = "PENDING"


@dataclass
class Identity:
    """An e-mail identity. Statuses are as of the last look at the zone; ``verification.refresh`` looks."""

    name: str
    arn: str
    created: datetime
    dkim_tokens: tuple[str, ...] = ()
    signing_hosted_zone: str = ""
    signing_enabled: bool = True
    signing_origin: str = "AWS_SES"
    key_length: str = "RSA_2048_BIT"
    status: str = "PENDING"  # of the verification and of DKIM alike: Easy DKIM verifies the domain
    error: str | None = None  # VerificationInfo.ErrorType
    checked: datetime | None = None
    verified_at: datetime | None = None
    searching_since: datetime | None = None  # start of the 72 h in which SES looks for the records
    mail_from: MailFrom | None = None
    configuration_set: str | None = None
    feedback_forwarding: bool = True
    policies: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def is_domain(self) -> bool:
        """A domain identity covers its sub-domains; an address identity only itself."""
        return "@" not in self.name

    @property
    def verified(self) -> bool:
        """Tell whether it may send."""
        return self.status in ("SUCCESS", "TEMPORARY_FAILURE")


@dataclass
class Tenant:
    """An SES tenant; its suppression list too."""

    name: str
    id: str
    arn: str
    created: datetime
    policy_arn: str
    tags: dict[str, str] = field(default_factory=dict)
    customer_status: str = "ENABLED"  # ENABLED, DISABLED, REINSTATED
    customer_changed: datetime | None = None
    customer_cause: str | None = None
    aws_status: str = "ENABLED"
    aws_changed: datetime | None = None
    aws_cause: str | None = None
    suppression: Suppression = field(default_factory=Suppression)
    resources: dict[str, datetime] = field(default_factory=dict)  # ARN -> since when
    suppressed: dict[str, Suppressed] = field(default_factory=dict)

    @property
    def sending_status(self) -> str:
        """The aggregate: disabled if the customer or AWS disabled it."""
        statuses = (self.customer_status, self.aws_status)
        if "DISABLED" in statuses:
            return "DISABLED"
        return "REINSTATED" if "REINSTATED" in statuses else "ENABLED"


@dataclass
class Account:
    """Account settings of one Region. A new one is out of the SES sandbox, as any platform in use is."""

    production_access: bool = True
    sending_enabled: bool = True
    enforcement_status: str = "HEALTHY"  # PROBATION and SHUTDOWN are for tests to set
    max_24_hour_send: float = 50_000.0  # recipients; -1 means unlimited
    max_send_rate: float = 14.0  # recipients per second
    plan: str = "NONE"  # pay as you go
    signing_hosted_zone: str = "dkim.amazonses.com"  # of new domains; AWS also has Regions and cells of their own
    details: dict[str, Any] = field(default_factory=dict)
    vdm: dict[str, Any] = field(default_factory=dict)
    suppression: Suppression = field(default_factory=lambda: Suppression(REASONS, "ACCOUNT"))


@dataclass(frozen=True, kw_only=True)
class AcceptedMessage:
    """A mail that SES took: refusals happen before, suppression and delivery after."""

    message_id: str
    accepted_at: datetime
    source: str  # as sent; may be ``Name <a@b>``
    destinations: tuple[str, ...]  # all recipients, To, Cc, Bcc
    raw: bytes  # the whole message, SES's own X-SES-* headers still in it
    identity_arn: str
    configuration_set: str | None  # the effective one
    tenant: str | None = None
    tags: tuple[tuple[str, str], ...] = ()  # the sender's own message tags
    caller: str = "root"  # IAM user name
    source_ip: str = "127.0.0.1"
    operation: str = "SendEmail"  # or SendSmtpEmail, SendRawEmail
    tls_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class DeliveredMail:
    """A mail that left: one per recipient that was tried and took it."""

    message_id: str
    at: datetime
    recipient: str
    source: str
    raw: bytes  # without X-SES-* headers, with SES's Message-ID
    tenant: str | None = None
    configuration_set: str | None = None


@dataclass
class Recommendation:
    """A finding of SES's advisor about a resource."""

    resource: str  # ARN
    type: str
    impact: str
    description: str
    created: datetime
    status: str = "OPEN"  # OPEN, FIXED


@dataclass
class SesState:
    """All of SES in one account and Region. ``lock`` guards changes: the server answers in threads."""

    account: str
    region: str
    partition: str = "aws"
    tenants: dict[str, Tenant] = field(default_factory=dict)
    configuration_sets: dict[str, ConfigurationSet] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    suppressed: dict[str, Suppressed] = field(default_factory=dict)
    settings: Account = field(default_factory=Account)
    accepted: list[AcceptedMessage] = field(default_factory=list)
    mailbox: list[DeliveredMail] = field(default_factory=list)
    recommendations: list[Recommendation] = field(default_factory=list)  # nothing here watches: tests put them in
    announced: set[tuple[str, str, str]] = field(default_factory=set)  # DNS outside Route 53: (name, type, value)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def arn(self, kind: str, name: str) -> str:
        """``arn:aws:ses:REGION:ACCOUNT:KIND/NAME``."""
        return f"arn:{self.partition}:ses:{self.region}:{self.account}:{kind}/{name}"

    def identity_of(self, address: str) -> Identity | None:
        """Find the identity that decides for a bare address: itself, its domain, or the nearest parent domain."""
        local, _, domain = address.rpartition("@")
        domain = domain.lower().rstrip(".")
        own = self.identities.get(f"{local}@{domain}")
        if own is not None:
            return own
        labels = domain.split(".")
        parents = (".".join(labels[start:]) for start in range(len(labels) - 1))
        return next((self.identities[name] for name in parents if name in self.identities), None)

    def tenant_by_arn(self, arn: str) -> Tenant | None:
        """Find the tenant of that ARN."""
        return next((tenant for tenant in self.tenants.values() if tenant.arn == arn), None)


_KEY = "innkeeper_ses"  # attribute of moto's backend object; its reset clears the object's whole __dict__


def ses_state(account: str, region: str) -> SesState:
    """Return the state of SES in an account and Region; made when first asked for, emptied by every reset of moto."""
    from moto.sesv2.models import sesv2_backends  # noqa: PLC0415  moto is heavy; only a running sandbox pays

    backend = sesv2_backends[account][region]
    state: SesState = backend.__dict__.setdefault(_KEY, SesState(account, region, str(backend.partition)))
    return state
