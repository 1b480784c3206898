"""What the use cases need from outside, as Protocols. ``provisioner/aws`` implements them; tests have fakes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from provisioner.model.manifest import Manifest


class Conflict(Exception):
    """A conditional write lost: somebody else wrote the object first. Read again and decide again."""


class Stored(msgspec.Struct, frozen=True):
    """An object's bytes and the tag that a conditional write must name."""

    body: bytes
    etag: str


class Archive(Protocol):
    """The feedback bucket. Keys are relative to it; prefixes end in ``/``."""

    def put_new(self, key: str, body: bytes) -> bool:
        """Store once. False if an object with exactly this content is already there; raises Conflict if another is."""
        ...

    def put_if(self, key: str, body: bytes, etag: str | None) -> str:
        """Store if the object still has ``etag`` (None: does not exist); its new tag. Raises Conflict."""
        ...

    def get(self, key: str) -> Stored | None:
        """The object, or None where there is none. Any other failure raises."""
        ...

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """Keys under ``prefix`` in order, those up to ``after`` left out; every page."""
        ...

    def tags(self, prefix: str, after: str = "") -> Iterator[tuple[str, str]]:
        """The same with each object's tag, as ``get`` gives it: whether many objects changed, without reading them."""
        ...


class Versions(Protocol):
    """What the bucket still holds of objects that were written over or deleted."""

    def old(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Key and id of every version but the current ones."""
        ...

    def read(self, key: str, version: str) -> bytes | None:
        """Its bytes; None where it is gone."""
        ...

    def remove(self, key: str, version: str) -> None:
        """For good. One that is gone already is no error."""
        ...


class Message(msgspec.Struct, frozen=True):
    """One message of a queue. ``receipt`` belongs to this receive only."""

    id: str
    receipt: str
    body: bytes
    sent: datetime


class FeedbackQueue(Protocol):
    """A tenant's queue, or the dead-letter queue."""

    def receive(self) -> list[Message]:
        """Up to ten messages, long polling; empty does not prove that the queue is."""
        ...

    def delete(self, messages: Sequence[Message]) -> list[Message]:
        """Delete; returns those that could not be deleted."""
        ...

    def depth(self) -> int:
        """Approximate number of waiting messages."""
        ...


class SendingState(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's levers as read from AWS, now."""

    set_enabled: bool
    denied: bool  # the suspended policy is attached to the user
    active_keys: tuple[str, ...]  # ids of the user's active access keys
    inactive_keys: tuple[str, ...] = ()
    tenant_enabled: bool | None = None  # None: no SES tenant
    aws_paused: bool = False  # AWS itself disabled the SES tenant


class Levers(Protocol):
    """The switches of one tenant, each idempotent. The field guide's order: set, deny, keys, SES tenant."""

    def read(self, tenant: Manifest) -> SendingState: ...
    def set_sending(self, tenant: Manifest, *, enabled: bool) -> None: ...
    def set_denied(self, tenant: Manifest, *, denied: bool) -> None: ...
    def set_key(self, tenant: Manifest, key: str, *, active: bool) -> None: ...
    def set_tenant(self, tenant: Manifest, *, enabled: bool) -> None: ...


class Blocklist(Protocol):
    """Blocked recipients of one tenant: the SES tenant's suppression list, and IAM Deny shards."""

    def suppressed(self, tenant: Manifest) -> frozenset[str]: ...
    def suppress(self, tenant: Manifest, recipient: str) -> None: ...
    def unsuppress(self, tenant: Manifest, recipient: str) -> None: ...
    def denied(self, tenant: Manifest) -> dict[int, tuple[str, ...]]:
        """Recipients per shard number, as attached and in force."""
        ...

    def write_shard(self, tenant: Manifest, shard: int, recipients: Sequence[str]) -> None:
        """Make shard ``shard`` deny exactly these (empty: detach and delete it)."""
        ...


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail of the platform itself: notices and reports."""

    message_id: str  # left side of the Message-ID
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    attachments: tuple[tuple[str, str, bytes], ...] = ()  # name, content type, content
    reply_to: str = ""  # where an answer goes; empty: to the sender


class Mailer(Protocol):
    """Sends the platform's own mail."""

    def send(self, mail: Mail) -> str:
        """Send; the id that SES gave it."""
        ...


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """The SES account as a whole. ``enforcement`` is SES's word: HEALTHY, PROBATION or SHUTDOWN."""

    sending_enabled: bool
    production: bool
    enforcement: str
    max_24_hours: float = 0.0
    sent_24_hours: float = 0.0
    max_per_second: float = 0.0


class AccountRates(msgspec.Struct, frozen=True, kw_only=True):
    """Amazon's own figures for the whole account, 0 to 1; None where it gives none yet."""

    bounce_rate: float | None = None
    complaint_rate: float | None = None


class Account(Protocol):
    """Reads the state of the SES account."""

    def read(self) -> AccountState: ...
    def rates(self, now: datetime) -> AccountRates: ...


class Probe(Protocol):
    """Shows from outside of the feedback whether a tenant sends, and lets it send something harmless."""

    def send(self, tenant: Manifest) -> str:
        """Mail the mailbox simulator as the tenant; the id that SES gave it."""
        ...

    def sends(self, tenants: Sequence[Manifest], since: datetime, until: datetime) -> dict[str, int]:
        """Mails of each tenant by SES's own count; without any, a tenant is left out."""
        ...


class AwsFinding(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An open finding of SES's advisor about a tenant or its domain. ``impact`` is SES's word: LOW or HIGH."""

    kind: str  # BOUNCE, COMPLAINT, FEEDBACK_3P, IP_LISTING, DKIM, SPF, DMARC, BIMI
    impact: str
    text: str


class AwsView(msgspec.Struct, frozen=True, kw_only=True):
    """What AWS itself says about a resource: whether it paused it, why, and its open findings."""

    paused: bool = False
    cause: str = ""
    findings: tuple[AwsFinding, ...] = ()


class Reputation(Protocol):
    """AWS's own view, by ARN of SES tenants and identities. A resource that is not named has nothing against it."""

    def read(self, arns: Sequence[str]) -> dict[str, AwsView]:
        """Of these resources; one that does not exist is left out."""
        ...

    def everything(self) -> dict[str, AwsView]:
        """Of all resources: some calls for the account, however many tenants there are."""
        ...


class Operator(Protocol):
    """Reaches the operator without SES: what cannot wait, and what SES itself may have stopped."""

    def tell(self, subject: str, text: str) -> None: ...


class AccessKey(msgspec.Struct, frozen=True):
    """An access key as IAM lists it."""

    id: str
    active: bool
    created: datetime


class NewKey(msgspec.Struct, frozen=True):
    """A key just created. The secret exists only here and in the derived password; repr hides it."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"NewKey(id={self.id!r}, secret=…)"


class Keys(Protocol):
    """The access keys of a tenant's IAM user (two at most)."""

    def list(self, user: str) -> tuple[AccessKey, ...]: ...
    def create(self, user: str) -> NewKey: ...
    def set_active(self, user: str, key: str, *, active: bool) -> None: ...
    def delete(self, user: str, key: str) -> None: ...
    def last_used(self, key: str) -> datetime | None: ...


class SecretVersion(msgspec.Struct, frozen=True):
    """One version of a secret and its stages (AWSCURRENT, AWSPENDING, AWSPREVIOUS)."""

    id: str
    value: bytes
    stages: tuple[str, ...]

    def __repr__(self) -> str:
        return f"SecretVersion(id={self.id!r}, stages={self.stages!r}, value=…)"


class Secrets(Protocol):
    """Secrets Manager: one secret per tenant."""

    def versions(self, name: str) -> tuple[SecretVersion, ...]: ...
    def stages(self, name: str) -> dict[str, tuple[str, ...]]:
        """The stages of every version by its id; of one that holds no value yet, too."""
        ...

    def get(self, name: str, stage: str = "AWSCURRENT") -> SecretVersion | None: ...
    def put(self, name: str, value: bytes, *, token: str, stages: tuple[str, ...]) -> str: ...
    def move_stage(self, name: str, stage: str, *, to: str | None, remove_from: str | None) -> None: ...
